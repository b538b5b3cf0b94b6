package web

import (
	"net/url"
	"strings"

	"naru"
)

// fieldView is a labelled input.
type fieldView struct {
	ID, Name, Label, Type, Value, Hint, Fault string
	Autocomplete, Mode, Min, Max              string
	Required                                  bool
}

func (f fieldView) describedBy() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	if f.Fault != "" {
		ids = append(ids, f.ID+"-fault")
	}
	return strings.Join(ids, " ")
}

// option is one choice.
type option struct{ Value, Text string }

// withLang adds the choice of a language to an address of ours.
func withLang(path, lang string) string { return withQuery(path, "lang", lang) }

// withQuery sets one value in the query of an address of ours; "" removes it.
func withQuery(path, name, value string) string {
	u, err := url.Parse(path)
	if err != nil {
		return "/"
	}
	v := u.Query()
	if v.Del(name); value != "" {
		v.Set(name, value)
	}
	u.RawQuery = v.Encode()
	return u.String()
}

// Place says where a fault is.
func (p page) Place(f naru.Problem) string {
	switch {
	case f.Row > 0 && f.Column != "":
		return p.T("web.place", "row", grouped(int64(f.Row)), "column", f.Column)
	case f.Row > 0:
		return p.T("web.place_row", "row", grouped(int64(f.Row)))
	case f.Field != "":
		return p.Field(f.Field) + ":"
	}
	return ""
}

// Field names a field as its heading in the sheet; a heading stays as it is.
func (p page) Field(key string) string {
	if key == "" {
		return "–"
	}
	if f, ok := p.schema.Field(key); ok {
		return p.In(f.Label)
	}
	switch key {
	case "institution", "code", "name", "component", "links", "needs":
		return p.T("web.field." + key)
	}
	return key
}
