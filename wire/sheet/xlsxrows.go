package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Bounds of a worksheet (ECMA-376; every program keeps them).
const (
	maxSheetRow    = 1_048_576
	maxSheetColumn = 16_384
)

// xlsxScan reads the rows of one worksheet.
type xlsxScan struct {
	book   *workbook
	part   string
	header int
	heads  []Heading
	merges []mergedRange // by first row
	limits Limits
}

// mergedRange is a block of cells shown as one, numbered from 1.
type mergedRange struct {
	row1, col1, row2, col2 int
	ref                    string
}

// open reads the merged ranges and the heading row.
func (s *xlsxScan) open() ([]Heading, error) {
	if err := s.loadMerges(); err != nil {
		return nil, err
	}
	var heads []Heading
	err := s.each(func(r *xlsxRow) error {
		if r.number < s.header {
			return nil
		}
		if r.number > s.header {
			return errStop
		}
		var err error
		heads, err = s.headings(r)
		return errors.Join(err, errStop)
	})
	switch {
	case err != nil && !errors.Is(err, errStop):
		return nil, err
	case err != nil && heads == nil:
		if f, ok := errors.AsType[*Fault](err); ok {
			return nil, f
		}
	}
	if heads == nil {
		return nil, fatal(CodeEmpty, "", "headings")
	}
	s.heads = heads
	return heads, nil
}

func (s *xlsxScan) headings(r *xlsxRow) ([]Heading, error) {
	texts := make([]string, len(r.cells))
	for i, c := range r.cells {
		if c.Kind == Bad {
			f := fatalAt(c.Code, r.number, c.Text)
			f.Column = ColumnName(i)
			return nil, f
		}
		texts[i] = c.Text
	}
	for _, m := range s.merges {
		if m.row1 <= s.header && m.row2 >= s.header && m.col1 <= len(texts) {
			f := fatalAt(CodeHeadingMerged, s.header, m.ref)
			f.Column = ColumnName(m.col1 - 1)
			return nil, f
		}
	}
	return headings(texts, s.limits)
}

// loadMerges finds the merged ranges, which a worksheet lists after its rows, so that each row can be judged when it is read.
func (s *xlsxScan) loadMerges() error {
	rc, err := s.book.zip.open(s.part)
	if err != nil {
		return err
	}
	defer rc.Close()
	r := bufio.NewReaderSize(rc, 64<<10)
	for {
		if err := skipToTag(r, "mergeCell"); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return partFault(err, s.part)
		}
		tag, err := r.ReadSlice('>')
		if err != nil {
			return partFault(noEOF(err), s.part)
		}
		if m, ok := parseRange(string((&xmlScanner{body: tag}).attr("ref"))); ok {
			s.merges = append(s.merges, m)
		}
		if len(s.merges) > maxMerges {
			return fatal(CodeTooManyMerges, "", "<= "+itoa(maxMerges))
		}
	}
	slices.SortFunc(s.merges, func(a, b mergedRange) int { return a.row1 - b.row1 })
	return nil
}

// skipToTag moves past the next "<" that opens the named element, whatever its prefix.
func skipToTag(r *bufio.Reader, name string) error {
	for {
		_, err := r.ReadSlice('<')
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return err
		}
		next, err := r.Peek(32)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if n := bytes.IndexAny(next, " \t\r\n/>"); n > 0 && string(localName(next[:n])) == name {
			return nil
		}
	}
}

func parseRange(ref string) (mergedRange, bool) {
	a, b, found := strings.Cut(ref, ":")
	if !found {
		return mergedRange{}, false
	}
	m := mergedRange{ref: ref}
	m.col1, m.row1 = parseAddress([]byte(a))
	m.col2, m.row2 = parseAddress([]byte(b))
	return m, m.row1 > 0 && m.row2 >= m.row1 && m.col1 > 0 && m.col2 >= m.col1
}

// parseAddress reads "AB12" as column 28, row 12; zeros when it is none.
func parseAddress(b []byte) (col, row int) {
	i := 0
	for ; i < len(b) && i < 4 && b[i] >= 'A' && b[i] <= 'Z'; i++ {
		col = col*26 + int(b[i]-'A') + 1
	}
	row, err := strconv.Atoi(string(b[i:]))
	if err != nil || col < 1 || col > maxSheetColumn || row < 1 || row > maxSheetRow {
		return 0, 0
	}
	return col, row
}

// rows emits the data rows.
func (s *xlsxScan) rows(emit func(*Row) error) error {
	row := &Row{Cells: make([]Cell, len(s.heads))}
	merges, next := []mergedRange{}, 0
	return s.each(func(r *xlsxRow) error {
		if r.number <= s.header {
			return nil
		}
		for ; next < len(s.merges) && s.merges[next].row1 <= r.number; next++ {
			merges = append(merges, s.merges[next])
		}
		merges = slices.DeleteFunc(merges, func(m mergedRange) bool { return m.row2 < r.number })
		row.Number, row.Faults = r.number, row.Faults[:0]
		clear(row.Cells)
		copy(row.Cells, r.cells)
		for i := len(row.Cells); i < len(r.cells); i++ {
			row.extra(i, r.cells[i].Text)
		}
		row.merged(merges)
		if row.blank() {
			return nil
		}
		return emit(row)
	})
}

// merged reports the ranges that take in cells of the row.
func (r *Row) merged(ranges []mergedRange) {
	for _, m := range ranges {
		if m.col1 <= len(r.Cells) {
			r.Faults = append(r.Faults, Fault{
				Code: CodeMerged, Row: r.Number, Column: ColumnName(m.col1 - 1), Value: m.ref, Refuses: true,
			})
		}
	}
}

// xlsxRow is a row as it stands in the worksheet; cells are by column from A.
type xlsxRow struct {
	number int
	cells  []Cell
}

// each reads the worksheet and hands out its rows in order.
func (s *xlsxScan) each(emit func(*xlsxRow) error) error {
	rc, err := s.book.zip.open(s.part)
	if err != nil {
		return err
	}
	defer rc.Close()
	p := &sheetParser{x: newXMLScanner(rc), book: s.book, limits: s.limits}
	for {
		more, err := p.nextRow()
		if err != nil {
			f, ok := errors.AsType[*Fault](err)
			if !ok {
				f = fatalAt(CodeCorrupt, p.row.number, err.Error())
			}
			return f
		}
		if !more {
			return nil
		}
		if err := emit(&p.row); err != nil {
			return err
		}
	}
}
