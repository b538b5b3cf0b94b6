package locale_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"naru/locale"
)

// use is one place in the sources that names a message key.
type use struct {
	at     string
	key    string
	prefix bool     // key is followed by something computed
	args   []string // names given; nil when they are computed
}

// TestEveryKeyTheSourcesUseIsWorded reads the whole tree, so that a step cannot say
// something that no language has, nor leave a placeholder empty.
func TestEveryKeyTheSourcesUseIsWorded(t *testing.T) {
	t.Parallel()
	l, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	uses := usesIn(t, "..")
	if len(uses) < 20 {
		t.Fatalf("only %d uses were found: the reader of sources is broken", len(uses))
	}
	for _, u := range uses {
		switch {
		case u.prefix:
			if !slices.ContainsFunc(l.Keys("ko"), func(k string) bool { return strings.HasPrefix(k, u.key) }) {
				t.Errorf("%s: no text begins with %q", u.at, u.key)
			}
		case !l.Has(u.key):
			t.Errorf("%s: %q has no text; write it in locale/ko and locale/en", u.at, u.key)
		case u.args != nil && u.key != "not_found":
			for _, name := range l.Args("ko", u.key) {
				if !slices.Contains(u.args, name) {
					t.Errorf("%s: the text of %q wants {%s}, which is not given", u.at, u.key, name)
				}
			}
		}
	}
}

// usesIn parses every source file that is no test and collects the message keys.
func usesIn(t *testing.T, root string) []use {
	t.Helper()
	var uses []use
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || d.Name() == "testdata" || isModule(path)):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				uses = append(uses, usesOf(fset, call)...)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return uses
}

// isModule reports a folder that is a Go module of its own, such as tools.
func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

// usesOf reads naru.NewError(kind, key, pairs…) and naru.Msg(key, pairs…).
func usesOf(fset *token.FileSet, call *ast.CallExpr) []use {
	at := -1
	switch name(call.Fun) {
	case "NewError":
		at = 1
	case "Msg":
		at = 0
	}
	if at < 0 || at >= len(call.Args) {
		return nil
	}
	u := use{at: fset.Position(call.Pos()).String()}
	switch key := call.Args[at].(type) {
	case *ast.BasicLit:
		u.key = unquote(key)
	case *ast.BinaryExpr:
		lit, ok := leftmost(key).(*ast.BasicLit)
		if !ok {
			return nil
		}
		u.key, u.prefix = unquote(lit), true
	default:
		return nil
	}
	if !call.Ellipsis.IsValid() {
		u.args = literals(call.Args[at+1:])
	}
	return []use{u}
}

// literals returns every other argument, the names of the pairs.
func literals(args []ast.Expr) []string {
	names := []string{}
	for i := 0; i < len(args); i += 2 {
		if lit, ok := args[i].(*ast.BasicLit); ok {
			names = append(names, unquote(lit))
		}
	}
	return names
}

func leftmost(e ast.Expr) ast.Expr {
	for {
		b, ok := e.(*ast.BinaryExpr)
		if !ok {
			return e
		}
		e = b.X
	}
}

func name(fun ast.Expr) string {
	switch f := fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

func unquote(lit *ast.BasicLit) string {
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		return lit.Value
	}
	return s
}
