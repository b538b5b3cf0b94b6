package mapping

import (
	"bytes"
	"strings"

	"naru/wire/sheet"
)

// Heading gives the heading under which a field is written, for templates and exports.
func (c *Column) Heading() string {
	if len(c.Headings) == 0 {
		return c.Field
	}
	return c.Headings[0]
}

// Heads gives the headings of a table that this mapping reads back.
func (m *Mapping) Heads() []sheet.Head {
	heads := make([]sheet.Head, len(m.Columns))
	for i := range m.Columns {
		heads[i] = sheet.Head{Name: m.Columns[i].Heading()}
	}
	return heads
}

// Cells gives a record as a row under Heads, in the mapping's own words, so that reading it gives the record again.
func (m *Mapping) Cells(r Record) []sheet.Cell {
	cells := make([]sheet.Cell, len(m.Columns))
	for i := range m.Columns {
		cells[i] = m.Columns[i].cell(r.Value(m.Columns[i].Field))
	}
	return cells
}

// cell writes a value; numbers lose the heading's unit again.
func (c *Column) cell(v Value) sheet.Cell {
	switch v.Type {
	case "":
		return sheet.Cell{}
	case TypeInt:
		if c.Scale > 1 {
			v.Int /= c.Scale
		}
		return sheet.Cell{Kind: sheet.Number, Text: v.String()}
	case TypeDecimal:
		return sheet.Cell{Kind: sheet.Number, Text: v.Text}
	case TypeDate:
		return sheet.Cell{Kind: sheet.Day, Text: v.Text}
	case TypeBool:
		if len(c.word) == 0 {
			return sheet.Cell{Kind: sheet.Bool, Text: v.String()}
		}
	case TypeList:
		return sheet.Cell{Kind: sheet.Text, Text: c.join(v.List)}
	}
	return sheet.Cell{Kind: sheet.Text, Text: c.wordFor(v.String())}
}

// wordFor gives the source word of a code, or the text itself.
func (c *Column) wordFor(code string) string {
	if w, ok := c.word[code]; ok {
		return w
	}
	return code
}

func (c *Column) join(items []string) string {
	if len(items) == 0 {
		return c.noneAs
	}
	words := make([]string, len(items))
	for i, item := range items {
		words[i] = c.wordFor(item)
	}
	return strings.Join(words, string([]rune(c.Split)[0])+" ")
}

// Template gives an empty XLSX file with the mapping's headings, for officers to fill in.
func (m *Mapping) Template() ([]byte, error) {
	name := "Sheet1"
	if len(m.layout.Sheets) > 0 {
		name = m.layout.Sheets[0]
	}
	var buf bytes.Buffer
	w, err := sheet.WriteXLSX(&buf, name, m.Heads())
	if err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
