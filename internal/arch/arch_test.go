package arch

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// pkg is what go list tells about a package of naru.
type pkg struct {
	ImportPath string
	Dir        string
	Imports    []string
	GoFiles    []string
	Module     struct{ Dir string }
}

// path returns the package's place in the tree, "." for the root.
func (p pkg) path() string { return local(p.ImportPath) }

// local strips the module's name; what is not of naru comes back as "".
func local(importPath string) string {
	if importPath == "naru" {
		return "."
	}
	rest, ok := strings.CutPrefix(importPath, "naru/")
	if !ok {
		return ""
	}
	return rest
}

func listPackages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Imports,GoFiles,Module", "naru/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(p.ImportPath, "node_modules") {
			list = append(list, p)
		}
	}
	if len(list) < 15 {
		t.Fatalf("go list found %d packages only", len(list))
	}
	return list
}

// breach says why an import is against the rule, or "".
func breach(from, to string) string {
	rank, ok := rankOf(from)
	if !ok {
		return "" // TestEveryPackageIsOnTheMap says so
	}
	l := layers()[rank]
	inside := local(to)
	switch {
	case inside == "" && l.pure && slices.Contains(impure(), to):
		return "the outside world and chance come in through a port, the call or an argument"
	case inside == "":
		return ""
	case l.sees != nil && !matches(inside, l.sees):
		return "the layer " + l.name + " may import only " + strings.Join(l.sees, ", ")
	}
	lower, ok := rankOf(inside)
	switch {
	case strings.HasPrefix(inside, "internal/") && l.name != "internal" && l.name != "test" && l.name != "bench":
		return "internal packages are for tests"
	case !ok || lower < rank, lower == rank && l.peers:
		return ""
	case lower == rank:
		return "equals do not import each other; take a function or an interface from cmd"
	}
	return "an import points only to a lower rank; " + layers()[lower].name + " stands above " + l.name
}

func TestImportsPointOnlyToALowerRank(t *testing.T) {
	t.Parallel()
	for _, p := range listPackages(t) {
		for _, to := range p.Imports {
			if why := breach(p.path(), to); why != "" {
				t.Errorf("%s imports %s: %s", p.path(), to, why)
			}
		}
	}
}

func TestTheRuleFindsEveryKindOfBreach(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, to string }{
		{"door/rest", "naru/store"},
		{"door/rest", "naru/door/cli"},
		{"flow/inventory", "net/http"},
		{"flow/inventory", "naru/wire/osb"},
		{"flow/decide", "naru/locale"},
		{"flow/inventory", "naru/flow/decide"},
		{"broker/kit", "naru/flow/inventory"},
		{"wire/osb", "naru"},
		{"locale", "naru/base/op"},
		{"door/web", "naru/internal/testdb"},
		{".", "naru/base/op"},
		{"packs/law", "naru"},
		{"base/op", "math/rand/v2"},
		{"store", "naru/cmd/naru"},
		{"flow/meter", "database/sql"},
	} {
		if breach(c.from, c.to) == "" {
			t.Errorf("%s may import %s, and must not", c.from, c.to)
		}
	}
	for _, c := range []struct{ from, to string }{
		{"flow/decide", "naru/flow/inventory"},
		{"store", "naru/flow/report"},
		{"cmd/naru", "naru/door/web"},
		{"broker/objects", "naru/broker/kit"},
		{"base/op", "naru/base/record"},
		{"flow", "naru/flow/report"},
	} {
		if why := breach(c.from, c.to); why != "" {
			t.Errorf("%s must be free to import %s: %s", c.from, c.to, why)
		}
	}
}

func TestEveryPackageIsOnTheMap(t *testing.T) {
	t.Parallel()
	var paths []string
	for _, p := range listPackages(t) {
		paths = append(paths, p.path())
		if _, ok := rankOf(p.path()); !ok {
			t.Errorf("package %s is not on the map of internal/arch", p.path())
		}
	}
	for _, s := range steps() {
		if !slices.Contains(paths, "flow/"+s) {
			t.Errorf("step %s is on the map and not in the tree", s)
		}
	}
}
