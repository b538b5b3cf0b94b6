package feed

import (
	"io"
	"strings"

	"naru"
	"naru/flow/inventory"
	"naru/wire/mapping"
	"naru/wire/sheet"
)

// Line is one component of a system to be written: names and facts in outside form.
type Line struct {
	InstitutionCode string
	InstitutionName string
	inventory.Row
}

// Lines returns the rows of one system, one per component, that Systems reads back.
func Lines(institutionCode string, s *inventory.SystemOut) []Line {
	lines := make([]Line, 0, len(s.Components))
	var needs []string
	for i := range s.Needed {
		needs = append(needs, s.Needed[i].Reference(s.Institution))
	}
	for i := range s.Components {
		facts := map[string]any{}
		for k, v := range s.SystemFacts {
			facts[k] = v
		}
		for k, v := range s.ComponentFacts[i] {
			facts[k] = v
		}
		lines = append(lines, Line{
			InstitutionCode: institutionCode, InstitutionName: s.InstitutionName,
			Row: inventory.Row{Code: s.Code, Name: s.Name, NameEn: s.NameEn, Component: s.Components[i].Name, Facts: facts, Links: s.Components[i].Links, Needs: needs, Synthetic: s.Synthetic},
		})
	}
	return lines
}

// Writer writes lines as a spreadsheet in the words of naru's own template.
type Writer struct {
	m   *mapping.Mapping
	out sheet.Writer
}

// NewWriter starts a table: format is "xlsx", "csv" or "json".
func NewWriter(w io.Writer, format string) (*Writer, error) {
	m, err := Mapping("")
	if err != nil {
		return nil, err
	}
	out, err := newTable(w, format, "정보시스템", m)
	if err != nil {
		return nil, err
	}
	return &Writer{m, out}, nil
}

func newTable(w io.Writer, format, name string, m *mapping.Mapping) (sheet.Writer, error) {
	switch format {
	case "csv":
		return sheet.WriteCSV(w, m.Heads())
	case "json":
		return sheet.WriteJSON(w, m.Heads())
	}
	return sheet.WriteXLSX(w, name, m.Heads())
}

// Write writes lines.
func (w *Writer) Write(lines ...Line) error {
	for _, l := range lines {
		if err := w.out.Row(w.m.Cells(w.record(l))); err != nil {
			return err
		}
	}
	return nil
}

// Close completes the file.
func (w *Writer) Close() error { return w.out.Close() }

func (w *Writer) record(l Line) mapping.Record {
	r := mapping.Record{Values: map[string]mapping.Value{}}
	text := func(field, value string) {
		if value != "" {
			r.Values[field] = mapping.Value{Type: mapping.TypeText, Text: value}
		}
	}
	text("institution.code", l.InstitutionCode)
	text("institution.name", l.InstitutionName)
	text("system.code", l.Code)
	text("system.name", l.Name)
	text("system.name_en", l.NameEn)
	text("component.name", l.Component)
	if l.Synthetic {
		r.Values["system.synthetic"] = mapping.Value{Type: mapping.TypeBool, Bool: true}
	}
	list := func(field string, items []string) {
		if len(items) > 0 {
			r.Values[field] = mapping.Value{Type: mapping.TypeList, List: items}
		}
	}
	list("component.links", l.Links)
	list("system.needs", l.Needs)
	for key, fact := range l.Facts {
		if c := w.m.Column(key); c != nil {
			r.Values[key] = value(c.Type, fact)
		}
	}
	return r
}

// value is the reverse of outside; numbers may come from JSON as floats.
func value(t mapping.Type, fact any) mapping.Value {
	switch v := fact.(type) {
	case bool:
		return mapping.Value{Type: mapping.TypeBool, Bool: v}
	case int64:
		return mapping.Value{Type: mapping.TypeInt, Int: v}
	case []string:
		return mapping.Value{Type: mapping.TypeList, List: v}
	case string:
		return mapping.Value{Type: t, Text: v}
	}
	return mapping.Value{}
}

// WriteInstitutions writes institutions as a table that Institutions reads: format is
// "xlsx", "csv" or "json".
func WriteInstitutions(w io.Writer, format string, rows []inventory.InstitutionRow) error {
	m, err := Mapping("institutions")
	if err != nil {
		return err
	}
	out, err := newTable(w, format, "기관", m)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := out.Row(m.Cells(institutionRecord(m, row))); err != nil {
			return err
		}
	}
	return out.Close()
}

func institutionRecord(m *mapping.Mapping, row inventory.InstitutionRow) mapping.Record {
	r := mapping.Record{Values: map[string]mapping.Value{}}
	for field, text := range map[string]string{
		"institution.code": row.Code, "institution.name": row.Value.Name, "institution.kind": row.Value.Kind,
		"institution.parent": row.ParentCode, "institution.ministry": row.Value.Ministry,
	} {
		if c := m.Column(field); c != nil && strings.TrimSpace(text) != "" {
			r.Values[field] = mapping.Value{Type: c.Type, Text: text}
		}
	}
	if row.Value.Synthetic {
		r.Values["institution.synthetic"] = mapping.Value{Type: mapping.TypeBool, Bool: true}
	}
	return r
}

// Refusal returns the refusal of a sheet whose rows are spoilt, or nil.
func Refusal(rows int, spoilt []naru.Problem) error {
	if len(spoilt) == 0 {
		return nil
	}
	return naru.NewError(naru.Invalid, "inventory.import_refused", "refused", itoa(len(spoilt)), "rows", itoa(rows)).WithProblems(spoilt)
}
