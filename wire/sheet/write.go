package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// Head is a column of a table to be written.
type Head struct {
	Name  string
	Width int // in characters; 0 fits the heading
}

// Writer writes one table, a row at a time. The zero Cell is an empty cell.
type Writer interface {
	// Row writes one row; it may be shorter than the headings.
	Row(cells []Cell) error
	// Close completes the file; what was written before is not valid without it.
	Close() error
}

// WriteCSV starts a CSV file in the form that spreadsheet programs open without asking: UTF-8 with a byte order mark,
// CRLF line ends. Texts that would run as formulas are guarded with an apostrophe (CSV injection); Open takes it off again.
func WriteCSV(w io.Writer, heads []Head) (Writer, error) {
	if _, err := w.Write(utf8BOM); err != nil {
		return nil, fmt.Errorf("csv: %w", err)
	}
	c := &csvWriter{w: csv.NewWriter(w)}
	c.w.UseCRLF = true
	names := make([]string, len(heads))
	for i, h := range heads {
		names[i] = guardFormula(h.Name)
	}
	return c, c.w.Write(names)
}

type csvWriter struct {
	w      *csv.Writer
	fields []string
}

func (c *csvWriter) Row(cells []Cell) error {
	c.fields = c.fields[:0]
	for _, cell := range cells {
		s := cell.written()
		if cell.Kind != Number {
			s = guardFormula(s)
		}
		c.fields = append(c.fields, s)
	}
	return c.w.Write(c.fields)
}

func (c *csvWriter) Close() error {
	c.w.Flush()
	return c.w.Error()
}

// written is the cell as a spreadsheet shows it.
func (c Cell) written() string {
	switch {
	case c.Kind == Bool && c.Text == "true":
		return "Y"
	case c.Kind == Bool:
		return "N"
	case c.Kind == Empty:
		return ""
	}
	return c.Text
}

// Workbook writes an XLSX file of one or more worksheets, each streamed: rows go to disk past 16 MB, not to memory.
type Workbook struct {
	out    io.Writer
	file   *excelize.File
	stream *excelize.StreamWriter
	styles workbookStyles
	row    int
	sheets int
}

type workbookStyles struct{ head, day int }

// NewWorkbook starts an XLSX file; Close writes it to w.
func NewWorkbook(w io.Writer) (*Workbook, error) {
	b := &Workbook{out: w, file: excelize.NewFile()}
	var err error
	b.styles.head, err = b.file.NewStyle(&excelize.Style{
		Font:      &excelize.Font{Bold: true},
		Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E6E8EA"}},
		Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true},
	})
	if err != nil {
		return nil, fmt.Errorf("heading style: %w", err)
	}
	format := "yyyy-mm-dd"
	if b.styles.day, err = b.file.NewStyle(&excelize.Style{CustomNumFmt: &format}); err != nil {
		return nil, fmt.Errorf("date style: %w", err)
	}
	return b, nil
}

// WriteXLSX starts an XLSX file with one worksheet.
func WriteXLSX(w io.Writer, name string, heads []Head) (Writer, error) {
	b, err := NewWorkbook(w)
	if err != nil {
		return nil, err
	}
	return b, b.Sheet(name, heads)
}

// Sheet completes the worksheet before and starts the next one.
func (b *Workbook) Sheet(name string, heads []Head) error {
	if err := b.flush(); err != nil {
		return err
	}
	var err error
	if b.sheets++; b.sheets == 1 {
		err = b.file.SetSheetName("Sheet1", name)
	} else {
		_, err = b.file.NewSheet(name)
	}
	if err != nil {
		return fmt.Errorf("worksheet %q: %w", name, err)
	}
	if b.stream, err = b.file.NewStreamWriter(name); err != nil {
		return fmt.Errorf("worksheet %q: %w", name, err)
	}
	return b.heading(heads)
}

// heading writes the heading row, bold and kept in view.
func (b *Workbook) heading(heads []Head) error {
	cells := make([]any, len(heads))
	for i, h := range heads {
		cells[i] = excelize.Cell{Value: h.Name, StyleID: b.styles.head}
		if err := b.stream.SetColWidth(i+1, i+1, headWidth(h)); err != nil {
			return fmt.Errorf("column %q: %w", h.Name, err)
		}
	}
	panes := &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}
	if err := b.stream.SetPanes(panes); err != nil {
		return fmt.Errorf("heading row: %w", err)
	}
	b.row = 1
	return b.stream.SetRow("A1", cells)
}

func headWidth(h Head) float64 {
	width := h.Width
	if width == 0 {
		width = len(h.Name) + 2 // a Hangul syllable is three bytes and two columns wide
	}
	return float64(min(max(width, 8), 60))
}

// Row writes one row of the current worksheet.
func (b *Workbook) Row(cells []Cell) error {
	values := make([]any, len(cells))
	for i, c := range cells {
		values[i] = b.value(c)
	}
	b.row++
	if err := b.stream.SetRow("A"+strconv.Itoa(b.row), values); err != nil {
		return fmt.Errorf("row %d: %w", b.row, err)
	}
	return nil
}

// value gives a cell its spreadsheet type. Numbers that a double cannot hold stay text, so that no digit is lost; texts are
// stored as texts and never run.
func (b *Workbook) value(c Cell) any {
	switch c.Kind {
	case Empty:
		return nil
	case Number:
		f, err := strconv.ParseFloat(c.Text, 64)
		if err == nil && len(strings.Trim(c.Text, "-0.")) <= 15 {
			return f
		}
	case Day:
		t, err := time.Parse(time.DateOnly, c.Text)
		if err == nil && t.Year() >= 1901 {
			return excelize.Cell{Value: t, StyleID: b.styles.day}
		}
	}
	return c.written()
}

func (b *Workbook) flush() error {
	if b.stream == nil {
		return nil
	}
	if err := b.stream.Flush(); err != nil {
		return fmt.Errorf("worksheet: %w", err)
	}
	return nil
}

// Close writes the file and removes what was kept on disk for it.
func (b *Workbook) Close() error {
	err := b.flush()
	if err == nil {
		err = b.file.Write(b.out)
	}
	if cerr := b.file.Close(); err == nil {
		err = cerr
	}
	return err
}
