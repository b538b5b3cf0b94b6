package rest

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"naru"
	"naru/base/op"
	"naru/wire/api"
)

// maxBody bounds a JSON body: fifty thousand rows of systems fit.
const maxBody = 128 << 20

// input reads the input of one operation out of path, query and body.
type input struct {
	registry huma.Registry
	route    api.Route
	typ      reflect.Type
	ref      *huma.Schema
	schema   *huma.Schema // ref, resolved
}

func newInput(a huma.API, o op.Any, route api.Route) *input {
	registry := a.OpenAPI().Components.Schemas
	in := &input{registry: registry, route: route, typ: o.Info().In}
	in.ref = registry.Schema(in.typ, true, "Input")
	in.schema = in.ref
	if in.ref.Ref != "" {
		in.schema = registry.SchemaFromRef(in.ref.Ref)
	}
	return in
}

// property returns the schema of a field; an unknown name is text.
func (in *input) property(name string) *huma.Schema {
	if p := in.schema.Properties[name]; p != nil {
		if p.Ref != "" {
			return in.registry.SchemaFromRef(p.Ref)
		}
		return p
	}
	return &huma.Schema{Type: huma.TypeString}
}

// decode returns a pointer to the operation's input.
func (in *input) decode(w http.ResponseWriter, r *http.Request) (any, error) {
	value := reflect.New(in.typ).Interface()
	if r.Method != http.MethodGet {
		if err := in.readBody(w, r, value); err != nil {
			return nil, err
		}
	}
	fields, err := in.plain(r)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, value); err != nil {
		return nil, unreadable(err)
	}
	return value, nil
}

// readBody checks the body against the schema, so that every fault is told at once,
// and decodes it. An empty body is an empty input.
func (in *input) readBody(w http.ResponseWriter, r *http.Request, value any) error {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return tooLarge(err, maxBody)
	}
	if len(data) == 0 {
		return nil
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return naru.NewError(naru.Invalid, "rest.not_json")
	}
	var loose any
	if err := json.Unmarshal(data, &loose); err != nil {
		return unreadable(err)
	}
	if err := in.check(loose); err != nil {
		return err
	}
	if err := json.Unmarshal(data, value); err != nil {
		return unreadable(err)
	}
	return nil
}

// plain reads what stands in the path, and in the query of a GET.
func (in *input) plain(r *http.Request) (map[string]any, error) {
	fields := map[string]any{}
	var problems []naru.Problem
	put := func(name, text string) {
		v, err := in.scalar(name, text)
		if err != nil {
			problems = append(problems, *err)
			return
		}
		fields[name] = v
	}
	for _, name := range in.route.Params() {
		put(name, r.PathValue(name))
	}
	query := url.Values{}
	if r.Method == http.MethodGet {
		query = r.URL.Query()
	}
	for name := range query {
		if in.schema.Properties[name] == nil {
			problems = append(problems, naru.Problem{Field: clip(name), Message: naru.Msg("rest.unexpected", "field", clip(name))})
			continue
		}
		put(name, query.Get(name))
	}
	if len(problems) > 0 {
		return nil, naru.NewError(naru.Invalid, "rest.bad_input").WithProblems(problems)
	}
	return fields, nil
}

// scalar reads one text of a path or a query as its field's type.
func (in *input) scalar(name, text string) (any, *naru.Problem) {
	var (
		v   any
		err error
	)
	kind := in.property(name).Type
	switch kind {
	case huma.TypeInteger:
		v, err = strconv.ParseInt(text, 10, 64)
	case huma.TypeBoolean:
		v, err = strconv.ParseBool(text)
	case huma.TypeString:
		return text, nil
	default: // a list or an object, written as JSON
		err = json.Unmarshal([]byte(text), &v)
	}
	if err != nil {
		return nil, &naru.Problem{Field: name, Message: naru.Msg("rest.expected", "field", name, "want", kind)}
	}
	return v, nil
}

// clip bounds what is repeated of a request.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

func unreadable(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return naru.NewError(naru.Invalid, "rest.expected", "field", wrong.Field, "want", wrong.Type.String())
	}
	return naru.NewError(naru.Invalid, "rest.bad_json").WithCause(err)
}

func tooLarge(err error, limit int64) error {
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		return naru.NewError(naru.Invalid, "rest.too_large", "limit", strconv.FormatInt(limit>>20, 10))
	}
	return naru.NewError(naru.Invalid, "rest.broken_off").WithCause(err)
}
