package api

import (
	"slices"
	"strings"
)

// Route is where an operation is found. A {name} in the path is a field of its input.
type Route struct {
	Op     string
	Method string
	Path   string
}

// Prefix begins every path.
const Prefix = "/api"

// OpenAPIPath is where the description of the interface is served, in OpenAPI 3.1.
const OpenAPIPath = Prefix + "/openapi.json"

// ImportPath takes a file as its body and returns the report of the import; see the
// parameters of FileImport.
const ImportPath = Prefix + "/inventory/import/file"

// ExportPath returns the systems the caller sees as a spreadsheet that imports again.
const ExportPath = Prefix + "/inventory/export"

// Routes returns every route in the order of the steps.
func Routes() []Route {
	var list []Route
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) == 3 {
			list = append(list, Route{Op: f[0], Method: f[1], Path: Prefix + f[2]})
		}
	}
	return list
}

// Find returns the route of an operation.
func Find(op string) (Route, bool) {
	list := Routes()
	i := slices.IndexFunc(list, func(r Route) bool { return r.Op == op })
	if i < 0 {
		return Route{}, false
	}
	return list[i], true
}

// Params returns the names in braces of the path, in order.
func (r Route) Params() []string {
	var names []string
	for part := range strings.SplitSeq(r.Path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	return names
}

// table is one line per operation: name, method, path. Reads that take more than
// plain fields are posted, because a query string cannot carry them.
const table = `
inventory.import               POST /inventory/import
inventory.preview              POST /inventory/preview
inventory.import_institutions  POST /inventory/institutions/import
inventory.institutions         GET  /inventory/institutions
inventory.institution          GET  /inventory/institutions/{id}
inventory.systems              GET  /inventory/systems
inventory.system               GET  /inventory/systems/{id}
decide.run                     POST /decide/run
decide.system                  GET  /decide/systems/{id}
decide.list                    GET  /decide/decisions
decide.summary                 GET  /decide/summary
decide.instruments             GET  /decide/instruments
`
