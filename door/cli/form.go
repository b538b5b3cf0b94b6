package cli

import (
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"naru/base/op"
	"naru/wire/api"
)

// form is the input of one operation as arguments and flags.
type form struct {
	app    *App
	info   op.Info
	params []string // fields that stand in the path, which are arguments
	fields []field
}

// field is one JSON field of an input or an output type.
type field struct {
	name  string // in JSON
	doc   string
	typ   reflect.Type
	index []int
	file  bool // a text that fills a file: @FILE reads it
}

func newForm(a *App, info op.Info) *form {
	route, _ := api.Find(info.Name) // without one the call itself is refused
	return &form{app: a, info: info, fields: fieldsOf(info.In), params: route.Params()}
}

// fieldsOf flattens a struct as encoding/json does: embedded fields count as its own.
func fieldsOf(t reflect.Type) []field {
	var list []field
	if t.Kind() != reflect.Struct {
		return nil
	}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || f.Anonymous || name == "-" || hidden(t, f.Index) {
			continue
		}
		if name == "" {
			name = f.Name
		}
		list = append(list, field{name, f.Tag.Get("doc"), f.Type, f.Index, f.Tag.Get("file") != ""})
	}
	return list
}

// hidden reports a field that is reached through a named struct and not an embedded one.
func hidden(t reflect.Type, index []int) bool {
	for i := 1; i < len(index); i++ {
		f := t.FieldByIndex(index[:i])
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); !f.Anonymous || name != "" {
			return true
		}
	}
	return false
}

func (f *form) usage() string {
	words := make([]string, len(f.params))
	for i, p := range f.params {
		words[i] = strings.ToUpper(p)
	}
	return strings.Join(words, " ")
}

// flags declares a flag for every field that is no argument. Their values are read
// from the command line as text and typed by what the field is.
func (f *form) flags(set *pflag.FlagSet) {
	for _, fd := range f.fields {
		if slices.Contains(f.params, fd.name) {
			continue
		}
		name, doc := flagName(fd.name), f.doc(fd)
		switch {
		case isText(fd.typ):
			set.String(name, "", doc)
		case fd.typ.Kind() == reflect.Bool:
			set.Bool(name, false, doc)
		case isInt(fd.typ):
			set.Int64(name, 0, doc)
		case fd.typ.Kind() == reflect.Slice && isText(fd.typ.Elem()):
			set.StringSlice(name, nil, doc)
		case fd.typ.Kind() == reflect.Map && isText(fd.typ.Elem()):
			set.StringToString(name, nil, doc)
		default:
			set.String(name, "", doc+" "+f.app.T("flag_json"))
		}
	}
}

// reserved names of global flags: a field of the same name gets another flag.
func flagName(field string) string {
	switch name := dashed(field); name {
	case "url", "data", "output", "lang", "help", "all":
		return "in-" + name
	default:
		return name
	}
}

// doc is the help of a field in the language, from the texts or from the type.
func (f *form) doc(fd field) string {
	step, _, _ := strings.Cut(f.info.Name, ".")
	for _, key := range []string{"cli.field." + f.info.Name + "." + fd.name, "cli.field." + step + "." + fd.name, "cli.field." + fd.name} {
		if f.app.Words.Has(key) {
			return f.app.Words.Text(f.app.Lang, key, nil)
		}
	}
	return fd.doc
}

// read collects what was given into the JSON object of the input.
func (f *form) read(set *pflag.FlagSet, args []string) (map[string]any, error) {
	in := map[string]any{}
	for i, p := range f.params {
		in[p] = args[i]
	}
	for _, fd := range f.fields {
		flag := set.Lookup(flagName(fd.name))
		if flag == nil || !flag.Changed {
			continue
		}
		v, err := f.value(set, fd)
		if err != nil {
			return nil, Usage(fmt.Sprintf("--%s: %v", flag.Name, err))
		}
		in[fd.name] = v
	}
	return in, nil
}

func (f *form) value(set *pflag.FlagSet, fd field) (any, error) {
	name := flagName(fd.name)
	switch set.Lookup(name).Value.Type() {
	case "bool":
		return set.GetBool(name)
	case "int64":
		return set.GetInt64(name)
	case "stringSlice":
		return set.GetStringSlice(name)
	case "stringToString":
		return set.GetStringToString(name)
	}
	text, err := set.GetString(name)
	switch {
	case err != nil:
		return nil, err
	case fd.file:
		data, err := f.content(text)
		return string(data), err
	case isText(fd.typ):
		return text, nil
	}
	return f.document(text)
}

// content is a text given as itself, as @FILE, or as @- from standard input.
func (f *form) content(text string) ([]byte, error) {
	path, named := strings.CutPrefix(text, "@")
	switch {
	case !named:
		return []byte(text), nil
	case path == "-":
		return io.ReadAll(f.app.In)
	}
	return os.ReadFile(path)
}

// document reads JSON given as content.
func (f *form) document(text string) (any, error) {
	data, err := f.content(text)
	if err != nil {
		return nil, err
	}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, fmt.Errorf("JSON: %w", err)
	}
	return v, nil
}

func isText(t reflect.Type) bool {
	return t.Kind() == reflect.String || reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

func isInt(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return true
	}
	return false
}
