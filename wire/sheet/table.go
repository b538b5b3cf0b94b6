package sheet

import (
	"errors"
	"iter"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Kind says what a cell holds, as far as the file itself says so.
type Kind uint8

// Kinds of cells. Text files hold only Empty and Text; JSON also has Bool, Number and List.
const (
	Empty  Kind = iota
	Text        // characters
	Number      // a number in plain decimal form
	Bool        // "true" or "false"
	Day         // a date, "2006-01-02"
	List        // Items holds the parts
	Bad         // cannot be read: see Code
)

// Cell is one value and what is wrong with it, if anything.
type Cell struct {
	Kind  Kind
	Code  Code     // for Bad
	Text  string   // the value; for Bad what stood there
	Items []string // for List
}

// Row is one data row; it is valid until the next one is read.
type Row struct {
	Number int     // as the spreadsheet program numbers it
	Cells  []Cell  // one per heading, in heading order
	Faults []Fault // what is wrong with the row as such: merged ranges, values under no heading
}

// Heading is one cell of the heading row.
type Heading struct {
	Name   string // as written, spaces and line breaks folded
	Column string // letters; in JSON the path again
}

// Table is a file opened for reading: its headings, and its rows as often as they are asked for.
type Table struct {
	Format    string // "xlsx", "csv", "tsv", "json"
	Sheet     string // the worksheet read
	Encoding  string // of text files: "utf-8", "utf-16" or "cp949"
	Date1904  bool   // the workbook counts its days from 1904
	HeaderRow int
	Headings  []Heading

	source source
	limits Limits
	scan   func(emit func(*Row) error) error
}

// errStop ends a scan because the consumer wants no more rows.
var errStop = errors.New("stop")

// Rows streams the data rows below the headings, empty ones left out. An error is a *Fault and ends the iteration.
func (t *Table) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		count := 0
		err := t.scan(func(r *Row) error {
			if count++; count > t.limits.Rows {
				f := fatalAt(CodeTooManyRows, r.Number, "")
				f.Want = "<= " + itoa(t.limits.Rows)
				return f
			}
			if !yield(*r, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(Row{}, AsFault(err))
		}
	}
}

// AsFault gives every reading error the one type that callers handle.
func AsFault(err error) *Fault {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	return fatal(CodeCorrupt, err.Error(), "")
}

// blank reports whether no cell of the row holds anything.
func (r *Row) blank() bool {
	for i := range r.Cells {
		if r.Cells[i].Kind != Empty {
			return false
		}
	}
	return len(r.Faults) == 0
}

// headings folds the cells of a heading row and leaves out the empty ones at its end.
func headings(cells []string, limits Limits) ([]Heading, error) {
	for len(cells) > 0 && foldSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	if len(cells) == 0 {
		return nil, fatal(CodeEmpty, "", "headings")
	}
	if len(cells) > limits.Columns {
		return nil, fatal(CodeTooManyCols, itoa(len(cells)), "<= "+itoa(limits.Columns))
	}
	hs := make([]Heading, len(cells))
	for i, c := range cells {
		hs[i] = Heading{Name: foldSpace(c), Column: ColumnName(i)}
	}
	return hs, nil
}

// Fold is how headings, worksheet names and codes are compared: Unicode composed (a file from macOS has Hangul in parts),
// case and white space ignored.
func Fold(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '\uFEFF' || r == '\u200B' {
			return -1
		}
		return r
	}, norm.NFC.String(s))
	return strings.ToLower(s)
}

// foldSpace trims a text and makes every run of white space, line breaks included, one space.
func foldSpace(s string) string { return strings.Join(strings.Fields(s), " ") }

// ColumnName gives the letters of a column counted from 0: A, B, …, Z, AA.
func ColumnName(i int) string {
	var b [8]byte
	n := len(b)
	for i++; i > 0; i = (i - 1) / 26 {
		n--
		b[n] = byte('A' + (i-1)%26)
	}
	return string(b[n:])
}
