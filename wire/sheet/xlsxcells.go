package sheet

import (
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
)

var errAddress = errors.New("cell address")

// sheetParser turns the XML of a worksheet into rows.
type sheetParser struct {
	x      *xmlScanner
	book   *workbook
	limits Limits
	row    xlsxRow
	done   bool
	value  []byte
}

// nextRow reads up to the end of the next row; false is the end of the rows.
func (p *sheetParser) nextRow() (bool, error) {
	for !p.done {
		err := p.x.next()
		switch {
		case errors.Is(err, io.EOF):
			return false, io.ErrUnexpectedEOF // a worksheet ends with its own end tag
		case err != nil:
			return false, err
		case p.x.kind == xmlStart && string(p.x.name) == "row":
			return true, p.readRow()
		case p.x.kind == xmlEnd && (string(p.x.name) == "sheetData" || string(p.x.name) == "worksheet"):
			p.done = true
		}
	}
	return false, nil
}

func (p *sheetParser) readRow() error {
	number := p.row.number + 1
	if r := p.x.attr("r"); r != nil {
		n, err := strconv.Atoi(string(r))
		if err != nil || n < number || n > maxSheetRow {
			return errAddress
		}
		number = n
	}
	p.row.number, p.row.cells = number, p.row.cells[:0]
	for {
		if err := p.x.next(); err != nil {
			return noEOF(err)
		}
		switch name := string(p.x.name); {
		case p.x.kind == xmlEnd && name == "row":
			return nil
		case p.x.kind == xmlStart && name == "c":
			if err := p.readCell(); err != nil {
				return err
			}
		}
	}
}

// readCell takes one cell and puts it in its column.
func (p *sheetParser) readCell() error {
	column := len(p.row.cells) + 1
	if r := p.x.attr("r"); r != nil {
		col, row := parseAddress(r)
		if col < column || row != p.row.number {
			return errAddress
		}
		column = col
	}
	if column > maxSheetColumn {
		return errAddress
	}
	kind := string(p.x.attr("t"))
	style, err := strconv.Atoi(string(p.x.attr("s")))
	day := err == nil && style >= 0 && style < len(p.book.days) && p.book.days[style]
	formula, err := p.readValue()
	if err != nil {
		return err
	}
	for len(p.row.cells) < column-1 {
		p.row.cells = append(p.row.cells, Cell{})
	}
	p.row.cells = append(p.row.cells, p.cell(kind, day, formula))
	return nil
}

// readValue gathers what stands in a cell element and reports whether there is a formula.
func (p *sheetParser) readValue() (formula bool, err error) {
	p.value = p.value[:0]
	var rich richText
	inValue := false
	for {
		if err := p.x.next(); err != nil {
			return false, noEOF(err)
		}
		switch name := string(p.x.name); {
		case p.x.kind == xmlText && inValue:
			p.value = append(p.value, p.x.text...)
		case p.x.kind == xmlEnd && name == "c":
			return formula, nil
		case p.x.kind != xmlText && name == "v":
			inValue = p.x.kind == xmlStart
		case p.x.kind == xmlStart && name == "f":
			formula = true
		default:
			p.value = rich.take(p.x, p.value)
		}
	}
}

// cell reads the gathered value by the cell's type (ECMA-376 18.18.11).
func (p *sheetParser) cell(kind string, day, formula bool) Cell {
	raw := string(p.value)
	switch {
	case formula:
		return Cell{Kind: Bad, Code: CodeFormula, Text: raw}
	case raw == "":
		return Cell{}
	}
	switch kind {
	case "s":
		text, ok := p.book.strings.get(strings.TrimSpace(raw))
		if !ok {
			return Cell{Kind: Bad, Code: CodeCorrupt, Text: raw}
		}
		return xlsxText(text, p.limits)
	case "inlineStr", "str":
		return xlsxText(raw, p.limits)
	case "b":
		return Cell{Kind: Bool, Text: map[bool]string{true: "true", false: "false"}[raw == "1" || raw == "true"]}
	case "e":
		return Cell{Kind: Bad, Code: CodeErrorCell, Text: raw}
	case "d":
		if d, ok := ParseDate(raw); ok {
			return Cell{Kind: Day, Text: d}
		}
		return Cell{Kind: Bad, Code: CodeNotDate, Text: raw}
	}
	if day {
		return dayCell(raw, p.book.date1904)
	}
	return numberCell(raw)
}

// xlsxText checks a text cell; here no guard against formulas is undone, since a text in XLSX never runs.
func xlsxText(s string, limits Limits) Cell {
	c := textCell(s, limits)
	if c.Kind == Text {
		c.Text = s
	}
	return c
}

// dayCell reads a serial day number in a cell formatted as a date.
func dayCell(raw string, date1904 bool) Cell {
	f, err := strconv.ParseFloat(strings.TrimSpace(raw), 64)
	if err != nil {
		return Cell{Kind: Bad, Code: CodeNotDate, Text: raw}
	}
	d, ok := SerialDate(int(math.Floor(min(max(f, -1), 1e7))), date1904)
	if !ok {
		return Cell{Kind: Bad, Code: CodeNotDate, Text: raw}
	}
	return Cell{Kind: Day, Text: d}
}

// numberCell writes a number in plain decimal form. Spreadsheets keep numbers as binary doubles and may write 0.1 as
// 0.10000000000000001; the shortest decimal that is the same double is what the office typed.
func numberCell(raw string) Cell {
	raw = strings.TrimSpace(raw)
	if plainInteger(raw) {
		return Cell{Kind: Number, Text: raw}
	}
	f, err := strconv.ParseFloat(raw, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) || math.Abs(f) > 1e30 {
		return Cell{Kind: Bad, Code: CodeNotDecimal, Text: raw}
	}
	return Cell{Kind: Number, Text: strconv.FormatFloat(f, 'f', -1, 64)}
}

// plainInteger reports digits with at most a minus sign, in a length that a double holds exactly.
func plainInteger(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	return digits != "" && len(digits) <= 15 && strings.Trim(digits, "0123456789") == ""
}
