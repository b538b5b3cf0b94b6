package cli

import (
	"encoding/csv"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"

	"naru"
)

// rowsOf finds the rows of an answer: a page, a list, or the thing itself as one row.
func rowsOf(v reflect.Value) (rows reflect.Value, many bool) {
	switch {
	case isList(v.Type()):
		return v.FieldByName("Rows"), true
	case v.Kind() == reflect.Slice:
		return v, true
	}
	return v, false
}

func (a *App) printCSV(v reflect.Value) error {
	rows, many := rowsOf(v)
	w := csv.NewWriter(a.Out)
	t := rows.Type()
	if many {
		t = t.Elem()
	}
	cols := columns(t)
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.name
	}
	if !a.later { // one table, however many pages
		if err := w.Write(names); err != nil {
			return err
		}
	}
	one := func(row reflect.Value) error {
		cells := make([]string, len(cols))
		for i, c := range cols {
			cells[i] = guard(a.cell(row.FieldByIndex(c.index), false))
		}
		return w.Write(cells)
	}
	if !many {
		if err := one(rows); err != nil {
			return err
		}
	}
	for i := 0; many && i < rows.Len(); i++ {
		if err := one(rows.Index(i)); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// guard keeps a text from running as a formula in a spreadsheet program.
func guard(s string) string {
	if s != "" && strings.ContainsRune("=+@\t\r", rune(s[0])) || strings.HasPrefix(s, "-") && !isNumber(s) {
		return "'" + s
	}
	return s
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

func (a *App) printTable(v reflect.Value) error {
	rows, many := rowsOf(v)
	if !many {
		a.printOne(rows, "")
		return nil
	}
	if rows.Len() == 0 {
		fmt.Fprintln(a.Out, a.T("no_rows"))
		return nil
	}
	a.printRows(rows, "")
	return nil
}

// printRows aligns the scalar fields of rows in columns; columns that are empty in
// every row are left out.
func (a *App) printRows(rows reflect.Value, indent string) {
	if rows.Type().Elem().Kind() != reflect.Struct || isScalar(rows.Type().Elem()) {
		for i := range rows.Len() {
			fmt.Fprintln(a.Out, indent+a.cell(rows.Index(i), true))
		}
		return
	}
	cols := columns(rows.Type().Elem())
	grid := [][]string{make([]string, len(cols))}
	for i, c := range cols {
		grid[0][i] = a.label(c.name)
	}
	filled := make([]bool, len(cols))
	for r := range rows.Len() {
		line := make([]string, len(cols))
		for i, c := range cols {
			line[i] = clipped(a.shown(c, rows.Index(r).FieldByIndex(c.index)))
			filled[i] = filled[i] || line[i] != ""
		}
		grid = append(grid, line)
	}
	a.printGrid(grid, filled, indent)
}

func (a *App) printGrid(grid [][]string, filled []bool, indent string) {
	widths := make([]int, len(filled))
	for _, line := range grid {
		for i, cell := range line {
			widths[i] = max(widths[i], width(cell))
		}
	}
	for _, line := range grid {
		var b strings.Builder
		b.WriteString(indent)
		for i, cell := range line {
			if filled[i] {
				b.WriteString(cell + strings.Repeat(" ", widths[i]-width(cell)+2))
			}
		}
		fmt.Fprintln(a.Out, strings.TrimRight(b.String(), " "))
	}
}

// Grid prints rows in aligned columns, the first one being the headings; a column that
// is empty throughout is left out.
func (a *App) Grid(rows [][]string) {
	filled := make([]bool, len(rows[0]))
	for _, line := range rows {
		for i, cell := range line {
			filled[i] = filled[i] || cell != ""
		}
	}
	a.printGrid(rows, filled, "")
}

// printOne lists the fields of a thing, its lists beneath it.
func (a *App) printOne(v reflect.Value, indent string) {
	if v.Kind() != reflect.Struct || isScalar(v.Type()) {
		fmt.Fprintln(a.Out, indent+a.cell(v, true))
		return
	}
	cols, widest := columns(v.Type()), 0
	for _, c := range cols {
		widest = max(widest, width(a.label(c.name)))
	}
	for _, c := range cols {
		if text := a.shown(c, v.FieldByIndex(c.index)); text != "" {
			name := a.label(c.name)
			fmt.Fprintln(a.Out, indent+name+strings.Repeat(" ", widest-width(name)+2)+text)
		}
	}
	for _, f := range fieldsOf(v.Type()) {
		a.printNested(f, v.FieldByIndex(f.index), indent)
	}
}

func (a *App) printNested(f field, v reflect.Value, indent string) {
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if isScalar(v.Type()) {
		return
	}
	switch {
	case v.Kind() == reflect.Slice && v.Len() > 0:
		fmt.Fprintln(a.Out, indent+a.label(f.name)+":")
		if nested(v.Type().Elem()) {
			for i := range v.Len() {
				a.printOne(v.Index(i), indent+"  ")
			}
			return
		}
		a.printRows(v, indent+"  ")
	case v.Kind() == reflect.Struct && !v.IsZero():
		fmt.Fprintln(a.Out, indent+a.label(f.name)+":")
		a.printOne(v, indent+"  ")
	case v.Kind() == reflect.Map && v.Len() > 0:
		fmt.Fprintln(a.Out, indent+a.label(f.name)+":")
		for _, key := range sortedKeys(v) {
			fmt.Fprintln(a.Out, indent+"  "+a.label(key.String())+"  "+a.cell(v.MapIndex(key), true))
		}
	}
}

// nested reports a row type that has lists of its own, which a line cannot show.
func nested(t reflect.Type) bool {
	for _, f := range fieldsOf(t) {
		if f.typ.Kind() == reflect.Slice && f.typ.Elem().Kind() == reflect.Struct && !isScalar(f.typ.Elem()) {
			return true
		}
	}
	return false
}

// columns are the fields of a type that fit a cell.
func columns(t reflect.Type) []field {
	var cols []field
	for _, f := range fieldsOf(t) {
		if isScalar(f.typ) || f.typ.Kind() == reflect.Slice && isText(f.typ.Elem()) {
			cols = append(cols, f)
		}
	}
	return cols
}

// isScalar reports a type that prints as one cell.
func isScalar(t reflect.Type) bool {
	switch t {
	case reflect.TypeFor[naru.Text](), reflect.TypeFor[naru.Message](), reflect.TypeFor[time.Time]():
		return true
	}
	if isText(t) || isInt(t) {
		return true
	}
	switch t.Kind() {
	case reflect.Bool, reflect.Float64, reflect.Uint64, reflect.Uint32, reflect.Int:
		return true
	}
	return false
}

// label words a field's name; without a text it is shown as it is.
func (a *App) label(name string) string {
	for _, key := range []string{"cli.column." + name, "fact." + name} {
		if a.Words.Has(key) {
			return a.Words.Text(a.Lang, key, nil)
		}
	}
	return name
}

// width counts terminal columns: Hangul and other wide letters take two.
func width(s string) int {
	n := 0
	for _, r := range s {
		n++
		if unicode.In(r, unicode.Hangul, unicode.Han) || r >= 0xFF01 && r <= 0xFF60 {
			n++
		}
	}
	return n
}

// widest is how many letters of a cell a table shows; JSON and CSV show all.
const widest = 48

func clipped(s string) string {
	if r := []rune(s); len(r) > widest {
		return string(r[:widest-1]) + "…"
	}
	return s
}
