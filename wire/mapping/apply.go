package mapping

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"naru/wire/sheet"
)

// Record is one row read through a mapping. Fields that the file does not state are absent.
type Record struct {
	Row    int
	Values map[string]Value
}

// Value gives a field; unknown when the row does not state it.
func (r Record) Value(field string) Value { return r.Values[field] }

// Apply reads a table through the mapping, row by row, with what is wrong with each. A row whose faults are Refused is
// not to be taken. Faults of the heading row come first, with a Record of that row and no values, and when they refuse, no
// row follows; a fault that is Fatal ends the table.
func (m *Mapping) Apply(t *sheet.Table) iter.Seq2[Record, []sheet.Fault] {
	return func(yield func(Record, []sheet.Fault) bool) {
		a := &application{m: m, t: t}
		faults := a.bind()
		if !sheet.Refused(faults) {
			faults = append(faults, a.prepare()...)
		}
		if len(faults) > 0 && !yield(Record{Row: t.HeaderRow}, faults) || sheet.Refused(faults) {
			return
		}
		a.rows(yield)
	}
}

// application is one pass of a mapping over a table.
type application struct {
	m      *Mapping
	t      *sheet.Table
	cells  []int             // by mapping column: the table's column, or -1
	seen   []map[string]int  // by mapping column: unique values and their rows
	refs   []map[string]bool // by mapping column: what may be named
	consts map[string]Value
}

// bind finds the mapping's headings in the table.
func (a *application) bind() []sheet.Fault {
	places := map[string][]int{}
	for i, h := range a.t.Headings {
		key := sheet.Fold(h.Name)
		places[key] = append(places[key], i)
	}
	var faults []sheet.Fault
	used := map[string]bool{}
	a.consts = map[string]Value{}
	for i := range a.m.Columns {
		c := &a.m.Columns[i]
		at, fs := a.locate(c, places, used)
		a.cells = append(a.cells, at)
		faults = append(faults, fs...)
		if c.Const != "" {
			a.consts[c.Field] = c.constant()
		}
	}
	return append(faults, a.unknown(used)...)
}

// constant reads the value that every row has; for an enum it is the code itself.
func (c *Column) constant() Value {
	if c.Type == TypeEnum {
		return Value{Type: TypeEnum, Text: c.Const, Derived: c.Derived != ""}
	}
	v, _ := c.read(sheet.Cell{Kind: sheet.Text, Text: c.Const})
	return v
}

// locate finds the first of a column's headings that the table has.
func (a *application) locate(c *Column, places map[string][]int, used map[string]bool) (int, []sheet.Fault) {
	at := -1
	var faults []sheet.Fault
	for _, name := range c.Headings {
		key := sheet.Fold(name)
		found := places[key]
		if len(found) == 0 {
			continue
		}
		used[key] = true
		if at < 0 {
			at = found[0]
		}
		for _, i := range found[1:] {
			f := a.headingFault(sheet.CodeHeadingTwice, a.t.Headings[i])
			f.Want = a.t.Headings[found[0]].Column
			faults = append(faults, f)
		}
	}
	if at < 0 && c.Required && c.Const == "" {
		f := sheet.Fault{Code: sheet.CodeHeadingMissing, Row: a.t.HeaderRow, Heading: c.Headings[0], Field: c.Field, Refuses: true}
		f.Want = strings.Join(c.Headings, ", ")
		faults = append(faults, f)
	}
	return at, faults
}

// unknown reports headings that the mapping neither reads nor ignores.
func (a *application) unknown(used map[string]bool) []sheet.Fault {
	var faults []sheet.Fault
	for _, h := range a.t.Headings {
		key := sheet.Fold(h.Name)
		if key != "" && !a.m.unknown && !used[key] && !a.m.ignore[key] {
			faults = append(faults, a.headingFault(sheet.CodeHeadingUnknown, h))
		}
	}
	return faults
}

func (a *application) headingFault(code sheet.Code, h sheet.Heading) sheet.Fault {
	return sheet.Fault{Code: code, Row: a.t.HeaderRow, Column: h.Column, Heading: h.Name, Value: sheet.Cut(h.Name), Refuses: true}
}

// prepare collects what references may name, in a pass of its own so that a row may name a later one.
func (a *application) prepare() []sheet.Fault {
	a.seen = make([]map[string]int, len(a.m.Columns))
	a.refs = make([]map[string]bool, len(a.m.Columns))
	for i := range a.m.Columns {
		c := &a.m.Columns[i]
		if c.Unique {
			a.seen[i] = map[string]int{}
		}
		if !c.Ref.set() || a.cells[i] < 0 {
			continue
		}
		known, err := a.targets(c.Ref)
		if err != nil {
			return []sheet.Fault{*sheet.AsFault(err)}
		}
		a.refs[i] = known
	}
	return nil
}

// targets reads the values that a reference may name.
func (a *application) targets(ref Ref) (map[string]bool, error) {
	t, read := a.t, &Column{Type: TypeText}
	at := -1
	if ref.Field != "" {
		i := slices.IndexFunc(a.m.Columns, func(c Column) bool { return c.Field == ref.Field })
		at, read = a.cells[i], &a.m.Columns[i]
	} else {
		var err error
		if t, err = a.t.Other(sheet.Layout{Sheets: ref.Sheets, Path: ref.Path, HeaderRow: a.t.HeaderRow}); err != nil {
			return nil, err
		}
		at = slices.IndexFunc(t.Headings, func(h sheet.Heading) bool { return sheet.Fold(h.Name) == sheet.Fold(ref.Heading) })
	}
	if at < 0 {
		return nil, &sheet.Fault{Code: sheet.CodeHeadingMissing, Want: ref.Field + ref.Heading, Refuses: true, Fatal: true}
	}
	known := map[string]bool{}
	for row, err := range t.Rows() {
		if err != nil {
			return nil, err
		}
		if v, code := read.read(row.Cells[at]); code == "" && v.Known() {
			known[v.String()] = true
		}
	}
	return known, nil
}

func (a *application) rows(yield func(Record, []sheet.Fault) bool) {
	for row, err := range a.t.Rows() {
		if err != nil {
			f := sheet.AsFault(err)
			yield(Record{Row: f.Row}, []sheet.Fault{*f})
			return
		}
		rec, faults := a.record(&row)
		if !yield(rec, faults) {
			return
		}
	}
}

// record reads one row, all columns, so that the officer sees every fault of it at once.
func (a *application) record(row *sheet.Row) (Record, []sheet.Fault) {
	rec := Record{Row: row.Number, Values: make(map[string]Value, len(a.cells))}
	faults := slices.Clone(row.Faults)
	for i, at := range a.cells {
		c := &a.m.Columns[i]
		if at < 0 {
			if v, ok := a.consts[c.Field]; ok {
				rec.Values[c.Field] = v
			}
			continue
		}
		v, code, want := a.field(i, a.cell(c, row.Cells[at]), row.Number)
		if code != "" {
			faults = append(faults, a.fault(c, row, at, sheet.Fault{Code: code, Want: want, Refuses: !c.Keep}))
		} else if v.Known() && c.isKey() && row.Cells[at].Text != strings.TrimSpace(row.Cells[at].Text) {
			faults = append(faults, a.fault(c, row, at, sheet.Fault{Code: sheet.CodeSpaces}))
		}
		if v.Known() {
			rec.Values[c.Field] = v
		}
	}
	return rec, faults
}

// cell turns a bare number in a date column of a workbook that counts from 1904 into the day it means there.
func (a *application) cell(c *Column, cell sheet.Cell) sheet.Cell {
	if !a.t.Date1904 || c.Type != TypeDate || cell.Kind != sheet.Number {
		return cell
	}
	n, err := strconv.Atoi(cell.Text)
	if d, ok := sheet.SerialDate(n, true); ok && err == nil {
		return sheet.Cell{Kind: sheet.Day, Text: d}
	}
	return sheet.Cell{Kind: sheet.Bad, Code: sheet.CodeNotDate, Text: cell.Text}
}

// field reads a cell and checks it against the other rows.
func (a *application) field(i int, cell sheet.Cell, row int) (v Value, code sheet.Code, want string) {
	c := &a.m.Columns[i]
	v, code = c.read(cell)
	switch {
	case code == sheet.CodeNotListed:
		return v, code, c.words()
	case code != "":
		return v, code, ""
	case !v.Known() && c.Required:
		return v, sheet.CodeRequired, ""
	case !v.Known():
		return v, "", ""
	}
	if seen := a.seen[i]; seen != nil {
		key := v.String()
		if first, twice := seen[key]; twice {
			return v, sheet.CodeDuplicate, strconv.Itoa(first)
		}
		seen[key] = row
	}
	if missing := a.dangling(i, v); missing != "" {
		return Value{}, sheet.CodeDangling, missing
	}
	return v, "", ""
}

// dangling gives the parts of a reference that name nothing.
func (a *application) dangling(i int, v Value) string {
	known := a.refs[i]
	if known == nil {
		return ""
	}
	var missing []string
	for _, name := range refNames(v) {
		if !known[name] {
			missing = append(missing, name)
		}
	}
	return strings.Join(missing, ", ")
}

func refNames(v Value) []string {
	if v.Type == TypeList {
		return v.List
	}
	return []string{v.String()}
}

// fault completes a fault with the place of the cell.
func (a *application) fault(c *Column, row *sheet.Row, at int, f sheet.Fault) sheet.Fault {
	h := a.t.Headings[at]
	f.Row, f.Column, f.Heading, f.Field = row.Number, h.Column, h.Name, c.Field
	f.Value = sheet.Cut(row.Cells[at].Text)
	return f
}

// words lists a column's source words for a message, the first few of them.
func (c *Column) words() string {
	words := make([]string, 0, len(c.codes))
	for w := range c.codes {
		words = append(words, w)
	}
	slices.Sort(words)
	if len(words) > 12 {
		words = append(words[:12], "…")
	}
	return strings.Join(words, ", ")
}
