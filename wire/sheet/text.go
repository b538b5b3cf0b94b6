package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// openText opens CSV or TSV: tabs in the heading line and no more commas than tabs make it TSV.
func openText(p plain, lay Layout) (*Table, error) {
	t := &Table{Format: "csv", Encoding: p.encoding}
	s := &textScan{plain: p, comma: ',', header: lay.header()}
	if s.tabbed() {
		t.Format, s.comma = "tsv", '\t'
	}
	err := s.each(func(row int, fields []string) error {
		if row < s.header {
			return nil
		}
		var err error
		if t.Headings, err = headings(fields, p.limits); err != nil {
			return err
		}
		return errStop
	})
	switch {
	case err != nil && !errors.Is(err, errStop):
		return nil, err
	case t.Headings == nil:
		return nil, fatal(CodeEmpty, p.src.name, "headings")
	}
	s.heads = t.Headings
	t.scan = s.rows
	return t, nil
}

// textScan reads the records of a CSV or TSV file.
type textScan struct {
	plain
	comma  rune
	header int
	heads  []Heading
}

// tabbed decides by the name, else by the first line.
func (s *textScan) tabbed() bool {
	switch s.ext() {
	case ".tsv", ".tab":
		return true
	}
	line := s.head
	if s.encoding == "utf-16" {
		return moreTabs(line)
	}
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = line[:i]
	}
	return moreTabs(line)
}

// moreTabs reports tabs, and no more commas than them.
func moreTabs(line []byte) bool {
	tabs := bytes.Count(line, []byte("\t"))
	return tabs > 0 && tabs >= bytes.Count(line, []byte(","))
}

// each hands out the records with the row number that a spreadsheet program would show: blank lines count, line breaks
// inside a quoted field do not.
func (s *textScan) each(emit func(row int, fields []string) error) error {
	text, err := s.text()
	if err != nil {
		return err
	}
	guard := &recordGuard{r: text, limit: int64(s.limits.Cell)*4*16 + 1<<20}
	cr := csv.NewReader(guard)
	cr.Comma, cr.FieldsPerRecord, cr.ReuseRecord = s.comma, -1, true
	inner := 0
	for {
		fields, err := cr.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return csvFault(err, inner)
		}
		guard.since = 0
		line, _ := cr.FieldPos(0)
		if err := emit(line-inner, fields); err != nil {
			return err
		}
		for _, f := range fields {
			inner += strings.Count(f, "\n")
		}
	}
}

// csvFault says where a record is damaged.
func csvFault(err error, inner int) error {
	if pe, ok := errors.AsType[*csv.ParseError](err); ok {
		return fatalAt(CodeCorrupt, pe.StartLine-inner, pe.Err.Error())
	}
	return AsFault(err)
}

func (s *textScan) rows(emit func(*Row) error) error {
	row := &Row{Cells: make([]Cell, len(s.heads))}
	return s.each(func(number int, fields []string) error {
		if number <= s.header {
			return nil
		}
		row.Number, row.Faults = number, row.Faults[:0]
		s.fill(row, fields)
		if row.blank() {
			return nil
		}
		return emit(row)
	})
}

func (s *textScan) fill(row *Row, fields []string) {
	for i := range row.Cells {
		row.Cells[i] = Cell{}
		if i < len(fields) {
			row.Cells[i] = textCell(fields[i], s.limits)
		}
	}
	if len(fields) < len(row.Cells) && !row.blank() {
		row.Faults = append(row.Faults, Fault{
			Code: CodeShortRow, Row: row.Number, Refuses: true, Value: itoa(len(fields)), Want: itoa(len(row.Cells)),
		})
	}
	for i := len(row.Cells); i < len(fields); i++ {
		row.extra(i, fields[i])
	}
}

// extra reports a value under no heading; an empty cell there is none.
func (r *Row) extra(column int, text string) {
	if strings.TrimSpace(text) != "" {
		r.Faults = append(r.Faults, Fault{
			Code: CodeExtraCell, Row: r.Number, Column: ColumnName(column), Value: Cut(text), Refuses: true,
		})
	}
}

// textCell checks the characters of a text and undoes the guard that WriteCSV sets against formulas.
func textCell(s string, limits Limits) Cell {
	switch {
	case strings.TrimSpace(s) == "":
		return Cell{}
	case len(s) > limits.Cell && utf8.RuneCountInString(s) > limits.Cell:
		return Cell{Kind: Bad, Code: CodeTooLong, Text: s}
	case strings.ContainsFunc(s, forbidden):
		return Cell{Kind: Bad, Code: CodeControl, Text: s}
	}
	return Cell{Kind: Text, Text: unguard(s)}
}

// forbidden reports a control character that no text of an office holds and that databases refuse.
func forbidden(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t'
}

// recordGuard stops a record that never ends, as an unclosed quote makes it.
type recordGuard struct {
	r     io.Reader
	since int64 // bytes since the last whole record
	limit int64
}

func (g *recordGuard) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	if g.since += int64(n); g.since > g.limit {
		return 0, fatal(CodeTooLong, "", "record <= "+itoa(g.limit))
	}
	return n, err
}
