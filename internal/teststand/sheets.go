package teststand

import (
	"context"
	"io"

	"naru"
	"naru/base/op"
	"naru/door/web"
	"naru/flow/inventory"
	"naru/packs/mapping"
	wiremapping "naru/wire/mapping"
	"naru/wire/sheet"
)

// sheets reads and writes files by the template's mapping.
func sheets(r *op.Runner) web.Sheets {
	return web.Sheets{Read: read, Template: template, Export: func(ctx context.Context, who naru.Call, f inventory.Filter, w io.Writer) error {
		m, err := systemsMapping()
		if err != nil {
			return err
		}
		out, err := sheet.WriteXLSX(w, "정보시스템", m.Heads())
		if err != nil {
			return err
		}
		list, err := op.Do(ctx, r, who, inventory.ListSystems, inventory.ListSystemsIn{Filter: f, Page: naru.Page{Limit: naru.MaxPage}})
		if err != nil {
			return err
		}
		for _, row := range list.Rows {
			cells := []sheet.Cell{{Kind: sheet.Text, Text: string(row.Institution)}, {Kind: sheet.Text, Text: row.InstitutionName}, {Kind: sheet.Text, Text: row.Code}, {Kind: sheet.Text, Text: row.Name}}
			if err := out.Row(cells); err != nil {
				return err
			}
		}
		return out.Close()
	}}
}

func systemsMapping() (*wiremapping.Mapping, error) {
	data, err := mapping.Files.ReadFile("systems.yaml")
	if err != nil {
		return nil, err
	}
	return wiremapping.Parse("systems.yaml", data)
}

func template(w io.Writer) error {
	m, err := systemsMapping()
	if err != nil {
		return err
	}
	data, err := m.Template()
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

func read(_ context.Context, file io.ReaderAt, size int64, name string, progress func(int)) ([]inventory.Row, error) {
	m, err := systemsMapping()
	if err != nil {
		return nil, err
	}
	t, err := m.Open(file, size, name, sheet.Limits{})
	if err != nil {
		return nil, refused([]sheet.Fault{*sheet.AsFault(err)})
	}
	var rows []inventory.Row
	for rec, faults := range m.Apply(t) {
		if rec.Values == nil {
			return nil, refused(faults)
		}
		rows = append(rows, rowOf(rec, faults))
		progress(len(rows))
	}
	return rows, nil
}

func refused(faults []sheet.Fault) error {
	return naru.NewError(naru.Invalid, "web.import.refused_file").WithProblems(problems(faults))
}

func rowOf(rec wiremapping.Record, faults []sheet.Fault) inventory.Row {
	row := inventory.Row{
		Row: rec.Row, InstitutionCode: rec.Value("institution.code").Text, Code: rec.Value("system.code").Text, Name: rec.Value("system.name").Text,
		Component: rec.Value("component.name").Text, Links: rec.Value("component.links").List, Needs: rec.Value("system.needs").List,
		Facts: map[string]any{}, Faults: problems(faults),
	}
	schema := inventory.Facts()
	for key, v := range rec.Values {
		if schema.Index(key) < 0 {
			continue
		}
		switch v.Type {
		case wiremapping.TypeInt:
			row.Facts[key] = v.Int
		case wiremapping.TypeBool:
			row.Facts[key] = v.Bool
		case wiremapping.TypeList:
			row.Facts[key] = v.List
		default:
			row.Facts[key] = v.Text
		}
	}
	return row
}

func problems(faults []sheet.Fault) []naru.Problem {
	var out []naru.Problem
	for _, f := range faults {
		if f.Refuses {
			out = append(out, naru.Problem{Row: f.Row, Column: f.Column, Field: f.Heading, Message: naru.Msg(string(f.Code), "value", f.Value, "want", f.Want, "heading", f.Heading)})
		}
	}
	return out
}
