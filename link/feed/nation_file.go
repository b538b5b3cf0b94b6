package feed

import (
	"io"

	"naru/wire/sheet"
)

// WriteNation writes a nation as one workbook: its systems and its institutions, each on
// a worksheet that imports again, and before a reader believes any of it, a worksheet
// that says what it is. Every row is marked as an example, too.
func WriteNation(w io.Writer, g *Generator, note []string) error {
	systems, err := Mapping("")
	if err != nil {
		return err
	}
	institutions, err := Mapping("institutions")
	if err != nil {
		return err
	}
	book, err := sheet.NewWorkbook(w)
	if err != nil {
		return err
	}
	if err := book.Sheet("안내", []sheet.Head{{Name: note[0], Width: 60}}); err != nil {
		return err
	}
	for _, line := range note[1:] {
		if err := book.Row([]sheet.Cell{{Kind: sheet.Text, Text: line}}); err != nil {
			return err
		}
	}
	if err := book.Sheet("정보시스템", systems.Heads()); err != nil {
		return err
	}
	rows := &Writer{systems, book}
	for lines := range g.Systems() {
		if err := rows.Write(lines...); err != nil {
			return err
		}
	}
	if err := book.Sheet("기관", institutions.Heads()); err != nil {
		return err
	}
	for _, row := range g.Institutions() {
		if err := book.Row(institutions.Cells(institutionRecord(institutions, row))); err != nil {
			return err
		}
	}
	return book.Close()
}

// WriteSystems writes the systems of a nation as one table: format is "xlsx", "csv" or "json".
func (g *Generator) WriteSystems(w io.Writer, format string) error {
	out, err := NewWriter(w, format)
	if err != nil {
		return err
	}
	for lines := range g.Systems() {
		if err := out.Write(lines...); err != nil {
			return err
		}
	}
	return out.Close()
}
