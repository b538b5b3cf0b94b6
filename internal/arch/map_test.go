package arch

import (
	"path"
	"slices"
)

// steps returns the packages of flow in the order of the mission: a step imports only
// steps before it. People (access) and reading the record (ledger) come first, because
// every other step may stand on them.
func steps() []string {
	return []string{
		"access", "ledger", "inventory", "catalog", "admission", "law", "decide", "plan", "match", "contract",
		"provision", "meter", "account", "report",
	}
}

// layer is a rank of the tree and the packages on it, as patterns of path.Match.
type layer struct {
	name     string
	packages []string
	// sees narrows what of naru the layer may import; nil means everything lower.
	sees []string
	// pure layers do no I/O and read no clock.
	pure bool
	// peers may import each other.
	peers bool
}

// layers returns the map of the tree from the bottom up.
func layers() []layer {
	list := []layer{
		{name: "root", packages: []string{"."}, pure: true},
		{name: "base", packages: []string{"base/*"}, pure: true, peers: true},
	}
	for _, s := range steps() {
		list = append(list, layer{name: "step " + s, packages: []string{"flow/" + s}, pure: true})
	}
	return append(list,
		layer{name: "flow", packages: []string{"flow"}, pure: true},
		layer{name: "wire", packages: []string{"wire/*", "wire/*/*"}, sees: []string{"wire/*"}, peers: true},
		layer{name: "locale", packages: []string{"locale"}, sees: []string{"."}},
		layer{name: "packs", packages: []string{"packs/*"}, sees: []string{}},
		layer{name: "outside", packages: []string{"store", "link/*", "door/*"}},
		layer{name: "brokers", packages: []string{"broker/*", "broker/*/*"}, sees: []string{"wire/osb", "broker/*"}, peers: true},
		layer{name: "assets", packages: []string{"web"}, sees: []string{}},
		layer{name: "cmd", packages: []string{"cmd/*"}, peers: true},
		layer{name: "internal", packages: []string{"internal/*"}, peers: true},
		layer{name: "test", packages: []string{"test/*"}},
		layer{name: "bench", packages: []string{"bench", "bench/*", "bench/*/*", "tools/*", "script/*"}, peers: true},
	)
}

// rankOf returns the position of a package on the map.
func rankOf(pkg string) (rank int, ok bool) {
	for i, l := range layers() {
		if matches(pkg, l.packages) {
			return i, true
		}
	}
	return 0, false
}

func matches(pkg string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(p, pkg)
		return ok && err == nil
	})
}

// impure returns what nothing up to flow may import: the outside world, and chance.
func impure() []string {
	return []string{"net", "net/http", "database/sql", "os", "os/exec", "log", "log/slog", "math/rand", "math/rand/v2"}
}
