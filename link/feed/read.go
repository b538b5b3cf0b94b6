package feed

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"naru"
	"naru/flow/inventory"
	packs "naru/packs/mapping"
	"naru/wire/mapping"
	"naru/wire/sheet"
)

// Mapping returns a mapping that ships with naru by name; "" is naru's own template.
func Mapping(name string) (*mapping.Mapping, error) {
	name = cmp.Or(name, "systems")
	data, err := fs.ReadFile(packs.Files, name+".yaml")
	if err != nil || strings.Contains(name, "/") {
		return nil, naru.NewError(naru.NotFound, "feed.no_mapping", "name", sheet.Cut(name), "names", strings.Join(Mappings(), ", "))
	}
	return ParseMapping(name, data)
}

// ParseMapping reads a mapping file of the caller's own.
func ParseMapping(name string, data []byte) (*mapping.Mapping, error) {
	m, err := mapping.Parse(name, data)
	if err != nil {
		return nil, naru.NewError(naru.Invalid, "feed.bad_mapping", "name", name, "detail", err.Error()).WithCause(err)
	}
	return m, nil
}

// Mappings returns the names of the mappings that ship.
func Mappings() []string {
	files, err := fs.Glob(packs.Files, "*.yaml")
	if err != nil {
		return nil // the pattern is a constant
	}
	for i := range files {
		files[i] = strings.TrimSuffix(files[i], ".yaml")
	}
	return files
}

// File is a spreadsheet to be read.
type File struct {
	Name string
	Size int64
	io.ReaderAt
	// Progress is told the rows read so far, now and then; its error ends the reading.
	Progress func(rows int) error
}

// Systems reads a file of information systems. Rows with faults come along with them;
// a file that cannot be read at all is an error.
func Systems(m *mapping.Mapping, f File) ([]inventory.Row, error) {
	var rows []inventory.Row
	err := each(m, f, "system", func(r mapping.Record, faults []naru.Problem) {
		rows = append(rows, systemRow(r, faults))
	})
	return rows, err
}

// Institutions reads a file of institutions. A row that the file itself spoils is left
// out and its problems are returned.
func Institutions(m *mapping.Mapping, f File) (rows []inventory.InstitutionRow, spoilt []naru.Problem, err error) {
	err = each(m, f, "institution", func(r mapping.Record, faults []naru.Problem) {
		if len(faults) > 0 {
			spoilt = append(spoilt, faults...)
			return
		}
		rows = append(rows, institutionRow(r))
	})
	return rows, spoilt, err
}

// each opens the file and hands over its records; faults of the heading row end it.
func each(m *mapping.Mapping, f File, table string, take func(mapping.Record, []naru.Problem)) error {
	if m.Table != table {
		return naru.NewError(naru.Invalid, "feed.other_table", "name", m.Name, "table", m.Table)
	}
	t, err := m.Open(f, f.Size, f.Name, sheet.Limits{})
	if err != nil {
		return broken(f.Name, sheet.AsFault(err))
	}
	count := 0
	for rec, faults := range m.Apply(t) {
		if count++; f.Progress != nil && count%500 == 0 {
			if err := f.Progress(count); err != nil {
				return err
			}
		}
		for i := range faults {
			if faults[i].Fatal {
				return broken(f.Name, &faults[i])
			}
		}
		bad := problems(faults)
		switch {
		case rec.Row == t.HeaderRow && rec.Values == nil:
			if len(bad) > 0 {
				return naru.NewError(naru.Invalid, "feed.bad_headings", "file", f.Name).WithProblems(bad)
			}
		default:
			take(rec, bad)
		}
	}
	return nil
}

// broken is the refusal of a whole file, with the place where reading ended.
func broken(name string, f *sheet.Fault) error {
	p := problem(*f)
	return naru.NewError(naru.Invalid, "feed.unreadable", "file", name).
		WithProblems([]naru.Problem{p}).WithCause(errors.New(f.Error()))
}

// problems keeps the faults that refuse a row. What only made a value unknown stays
// with the value: unknown facts are shown as such.
func problems(faults []sheet.Fault) []naru.Problem {
	var list []naru.Problem
	for _, f := range faults {
		if f.Refuses {
			list = append(list, problem(f))
		}
	}
	return list
}

func problem(f sheet.Fault) naru.Problem {
	return naru.Problem{
		Row: f.Row, Column: f.Column, Field: cmp.Or(f.Heading, f.Field),
		Message: naru.Message{Key: string(f.Code), Args: map[string]string{
			"value": f.Value, "want": f.Want, "heading": cmp.Or(f.Heading, f.Field, f.Column),
		}},
	}
}

func systemRow(r mapping.Record, faults []naru.Problem) inventory.Row {
	row := inventory.Row{
		Row: r.Row, Faults: faults, Facts: map[string]any{},
		InstitutionCode: cmp.Or(r.Value("institution.code").String(), r.Value("institution.name").String()),
		Code:            r.Value("system.code").String(),
		Name:            r.Value("system.name").String(),
		NameEn:          r.Value("system.name_en").String(),
		Component:       r.Value("component.name").String(),
		Links:           r.Value("component.links").List,
		Needs:           r.Value("system.needs").List,
		Synthetic:       r.Value("system.synthetic").Bool,
	}
	for field, v := range r.Values {
		if isFact(field) {
			row.Facts[field] = outside(v)
		}
	}
	return row
}

// isFact reports a field that is a typed fact and not a name of the row.
func isFact(field string) bool {
	switch field {
	case "system.code", "system.name", "system.name_en", "system.name_fr", "component.name", "component.links", "system.needs", "system.synthetic":
		return false
	}
	return strings.HasPrefix(field, "system.") || strings.HasPrefix(field, "component.")
}

// outside gives a value the form in which facts are set.
func outside(v mapping.Value) any {
	switch v.Type {
	case mapping.TypeInt:
		return v.Int
	case mapping.TypeBool:
		return v.Bool
	case mapping.TypeList:
		return v.List
	}
	return v.Text
}

func institutionRow(r mapping.Record) inventory.InstitutionRow {
	text := func(field string) string { return r.Value(field).String() }
	return inventory.InstitutionRow{
		Row: r.Row, Code: cmp.Or(text("institution.code"), text("institution.name")),
		ParentCode: cmp.Or(text("institution.parent"), text("institution.parent_name")),
		Value: inventory.Institution{
			Name: text("institution.name"), NameEn: text("institution.name_en"), Kind: text("institution.kind"),
			Ministry:  cmp.Or(text("institution.ministry_name"), text("institution.ministry")),
			Synthetic: r.Value("institution.synthetic").Bool,
			ValidFrom: naru.Date(text("institution.valid_from")), ValidTo: naru.Date(text("institution.valid_to")),
		},
	}
}

// itoa is for arguments of messages.
func itoa(n int) string { return strconv.Itoa(n) }
