package sheet

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Code names what is wrong with a file, a heading or a cell; doors translate it, so it is also a message key.
type Code string

// Codes of faults that end the reading of a file.
const (
	CodeEmpty         Code = "sheet.empty"          // no bytes, or no heading row
	CodeTooLarge      Code = "sheet.too_large"      // the file is over Limits.Bytes
	CodeBomb          Code = "sheet.bomb"           // inflates beyond Limits.Inflated or Limits.Ratio
	CodeTooManyRows   Code = "sheet.too_many_rows"  // more data rows than Limits.Rows
	CodeTooManyCols   Code = "sheet.too_many_cols"  // more headings than Limits.Columns
	CodeTooManyMerges Code = "sheet.too_many_merge" // more merged ranges than can be named
	CodeEncrypted     Code = "sheet.encrypted"      // a password protects the file
	CodeOldXLS        Code = "sheet.old_xls"        // the binary format before 2007
	CodeHTML          Code = "sheet.html"           // a web page or 2003 XML saved with a spreadsheet's name
	CodeUnsupported   Code = "sheet.unsupported"    // neither a spreadsheet nor text
	CodeEncoding      Code = "sheet.encoding"       // text in neither UTF-8, UTF-16 nor CP949
	CodeCorrupt       Code = "sheet.corrupt"        // the container or its XML, CSV or JSON is damaged
	CodeNoSheet       Code = "sheet.no_sheet"       // the worksheet asked for is not there
	CodeNoPath        Code = "sheet.no_path"        // the JSON path asked for is not there
)

// Codes of faults in the heading row.
const (
	CodeHeadingMissing Code = "sheet.heading_missing"   // a required heading is absent
	CodeHeadingTwice   Code = "sheet.heading_duplicate" // a heading that the mapping reads stands twice
	CodeHeadingUnknown Code = "sheet.heading_unknown"   // a heading that the mapping neither reads nor ignores
	CodeHeadingMerged  Code = "sheet.heading_merged"    // merged cells in the heading row
)

// Codes of faults in one data row.
const (
	CodeMerged     Code = "sheet.merged"      // the cell is part of a merged range
	CodeFormula    Code = "sheet.formula"     // the cell holds a formula; only values are accepted
	CodeErrorCell  Code = "sheet.error_cell"  // the cell shows #N/A, #REF! and the like
	CodeExtraCell  Code = "sheet.extra_cell"  // a value stands under no heading
	CodeShortRow   Code = "sheet.short_row"   // a text row has fewer fields than there are headings
	CodeTooLong    Code = "sheet.too_long"    // the text is longer than Limits.Cell
	CodeControl    Code = "sheet.control"     // the text holds control characters
	CodeRequired   Code = "sheet.required"    // a required cell is empty
	CodeNotInt     Code = "sheet.not_int"     // not a whole number that fits
	CodeNotDecimal Code = "sheet.not_decimal" // not a decimal number
	CodeNotBool    Code = "sheet.not_bool"    // not one of the words for yes and no
	CodeNotDate    Code = "sheet.not_date"    // not a date in an accepted form
	CodeNotListed  Code = "sheet.not_listed"  // not in the column's list of codes
	CodeDuplicate  Code = "sheet.duplicate"   // a unique value that an earlier row has already
	CodeDangling   Code = "sheet.dangling"    // names something that is not in the file
	CodeSpaces     Code = "sheet.spaces"      // white space around an id, which was taken off
)

// valueRunes is how much of an offending value a fault repeats: enough to find it, too little to leak a file into a log.
const valueRunes = 80

// Fault is one thing wrong, at the place where the officer finds it.
type Fault struct {
	Code    Code
	Row     int    // as the spreadsheet program numbers it; 0 when it is about the whole file
	Column  string // letters as the spreadsheet shows them; empty when it is about a row or the file
	Heading string // the heading over the cell, as written
	Field   string // the mapping's field, when one was being read
	Value   string // what stood there, cut to 80 runes
	Want    string // what was wanted: a limit, an earlier row, a code list
	Refuses bool   // the row is not taken; otherwise the value is unknown and the row stands
	Fatal   bool   // reading ended here
}

// Error tells the fault for logs and tests; users are told by the doors, from Code.
func (f *Fault) Error() string {
	s := string(f.Code)
	if f.Row > 0 {
		s += " at row " + strconv.Itoa(f.Row)
	}
	if f.Column != "" {
		s += " column " + f.Column
	}
	if f.Heading != "" && f.Heading != f.Column {
		s += fmt.Sprintf(" (%s)", f.Heading)
	}
	if f.Value != "" {
		s += fmt.Sprintf(": %q", f.Value)
	}
	if f.Want != "" {
		s += ", want " + f.Want
	}
	return s
}

// Refused reports whether any of the faults keeps its row from being taken.
func Refused(faults []Fault) bool {
	for i := range faults {
		if faults[i].Refuses {
			return true
		}
	}
	return false
}

// fatal makes a fault that ends the reading of the file.
func fatal(code Code, value, want string) *Fault {
	return &Fault{Code: code, Value: Cut(value), Want: want, Refuses: true, Fatal: true}
}

// fatalAt makes a fault that ends the reading of the file at a row.
func fatalAt(code Code, row int, value string) *Fault {
	f := fatal(code, value, "")
	f.Row = row
	return f
}

// Cut shortens a value to what a fault may repeat.
func Cut(s string) string {
	if len(s) <= valueRunes {
		return s
	}
	n := 0
	for i := range s {
		if n == valueRunes {
			return s[:i] + "…"
		}
		n++
	}
	if !utf8.ValidString(s) {
		return s[:valueRunes]
	}
	return s
}
