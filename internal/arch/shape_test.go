package arch

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

// The limits of the style sheet. Beyond them a reader loses the thread.
const (
	maxFile   = 400 // lines
	maxFunc   = 80  // lines
	maxParams = 5
)

// source is one parsed file of a package.
type source struct {
	name string
	data []byte
	fset *token.FileSet
	file *ast.File
}

// sources parses the files of a package that people wrote.
func sources(t *testing.T, p pkg) []source {
	t.Helper()
	var list []source
	for _, name := range p.GoFiles {
		full := filepath.Join(p.Dir, name)
		data, err := os.ReadFile(full)
		if err != nil {
			t.Fatal(err)
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, full, data, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if !ast.IsGenerated(file) {
			list = append(list, source{filepath.Join(p.path(), name), data, fset, file})
		}
	}
	return list
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	t.Parallel()
	for _, p := range listPackages(t) {
		var doc string
		for _, s := range sources(t, p) {
			doc += s.file.Doc.Text()
		}
		step := strings.HasPrefix(p.path(), "flow/")
		switch {
		case len(p.GoFiles) == 0:
		case len(strings.Fields(doc)) < 5:
			t.Errorf("package %s has no comment that says what it is for", p.path())
		case step && !strings.ContainsFunc(doc, func(r rune) bool { return unicode.Is(unicode.Hangul, r) }):
			t.Errorf("step %s names no Korean term in its comment", p.path())
		}
	}
}

func TestFilesAndFunctionsStayReadable(t *testing.T) {
	t.Parallel()
	for _, p := range listPackages(t) {
		for _, s := range sources(t, p) {
			if n := bytes.Count(s.data, []byte("\n")); n > maxFile {
				t.Errorf("%s has %d lines, limit %d", s.name, n, maxFile)
			}
			for _, d := range s.file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok {
					checkFunc(t, s, f)
				}
			}
		}
	}
}

func checkFunc(t *testing.T, s source, f *ast.FuncDecl) {
	t.Helper()
	if n := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1; n > maxFunc {
		t.Errorf("%s: %s has %d lines, limit %d", s.name, f.Name.Name, n, maxFunc)
	}
	if n := f.Type.Params.NumFields(); n > maxParams && !strings.HasSuffix(s.name, "_templ.go") {
		t.Errorf("%s: %s takes %d parameters, limit %d", s.name, f.Name.Name, n, maxParams)
	}
	if f.Recv == nil && f.Name.Name == "init" {
		t.Errorf("%s: no init: wiring stands in cmd/naru", s.name)
	}
}
