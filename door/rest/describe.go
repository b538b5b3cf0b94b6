package rest

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"naru/base/op"
	"naru/wire/api"
)

func config(version string) huma.Config {
	c := huma.Config{OpenAPI: &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "naru", Version: version,
			Description: "Hybrid-cloud broker for the public sector (나루). Errors are application/problem+json; their wording follows Accept-Language (ko, en).",
		},
		Components: &huma.Components{
			Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName),
			SecuritySchemes: map[string]*huma.SecurityScheme{
				"token": {Type: "http", Scheme: "bearer", Description: "the token of `naru login`"},
			},
		},
		Security: []map[string][]string{{"token": {}}},
	}}
	c.FieldsOptionalByDefault = true // an operation says itself, in words, what it misses
	return c
}

// schemaName names a type with its package, because steps use the same short nouns:
// inventory.System is InventorySystem, naru.List[inventory.SystemRow] is
// ListInventorySystemRow.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() == "" {
		return hint
	}
	base, args, generic := strings.Cut(t.Name(), "[")
	name := title(lastOf(t.PkgPath())) + base
	if t.PkgPath() == "naru" {
		name = base
	}
	if generic {
		pkg, arg, _ := strings.Cut(lastOf(strings.TrimSuffix(args, "]")), ".")
		name += title(pkg) + arg
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, name)
}

func lastOf(path string) string { return path[strings.LastIndex(path, "/")+1:] }

func title(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// describe writes the OpenAPI operation of a route.
func (s *server) describe(o op.Any, route api.Route, in *input) *huma.Operation {
	info := o.Info()
	step, _, _ := strings.Cut(info.Name, ".")
	spec := &huma.Operation{
		OperationID: info.Name, Method: route.Method, Path: route.Path, Tags: []string{step},
		Summary: info.Doc.En, Description: info.Doc.Ko + "\n\nPermission: `" + string(info.Permission) + "`.",
		Responses: map[string]*huma.Response{
			"200": {Description: "OK", Content: jsonOf(s.api.OpenAPI().Components.Schemas.Schema(info.Out, true, title(step)+"Out"))},
			"default": {Description: "A refusal", Content: map[string]*huma.MediaType{
				api.ProblemType: {Schema: s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[api.Problem](), true, "")},
			}},
		},
	}
	for _, name := range route.Params() {
		spec.Parameters = append(spec.Parameters, &huma.Param{Name: name, In: "path", Required: true, Schema: in.property(name)})
	}
	if route.Method != http.MethodGet {
		if len(in.schema.Properties) > len(route.Params()) {
			spec.RequestBody = &huma.RequestBody{Required: true, Content: jsonOf(in.ref)}
		}
		return spec
	}
	for _, name := range slices.Sorted(maps.Keys(in.schema.Properties)) {
		if !slices.Contains(route.Params(), name) {
			p := in.property(name)
			spec.Parameters = append(spec.Parameters, &huma.Param{Name: name, In: "query", Description: p.Description, Schema: p})
		}
	}
	return spec
}

func jsonOf(schema *huma.Schema) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{"application/json": {Schema: schema}}
}
