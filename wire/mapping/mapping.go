package mapping

import (
	"io"
	"strings"
	"time"

	"naru/wire/sheet"
)

// Mapping says how a table of one kind becomes records: which heading is which field, how its text is read, and what
// must hold between rows. It is written in YAML and read by Parse.
type Mapping struct {
	Name    string // the file's own name for itself
	Title   string // what the table is, in Korean
	TitleEn string
	Table   string // system, institution, provider, service, plan, authorization, …
	Source  Source // where files of this shape come from
	Columns []Column

	layout  sheet.Layout
	ignore  map[string]bool
	unknown bool // headings that are neither read nor ignored are let pass
}

// Source tells where the data comes from and on what terms, for wherever it is shown or passed on.
type Source struct {
	Title, Licence, Attribution, Note string
}

// Column reads one heading into one field.
type Column struct {
	Field    string
	Headings []string // the first that the table has is read
	Type     Type
	Required bool
	Unique   bool
	Ref      Ref
	Const    string // the value of every row, read as the column's type
	Split    string // characters between the parts of a list
	Scale    int64  // the heading's unit, such as 1000 for 천원
	Keep     bool   // a bad value makes the field unknown instead of refusing the row; it is reported all the same
	Derived  string // the written rule by which the field follows from the heading, when the file does not state it
	Note     string

	codes   map[string]string // folded source word to code
	word    map[string]string // code to the first source word for it
	none    map[string]bool   // folded words for a list known to be empty
	noneAs  string            // the first of them
	nulls   map[string]bool   // folded words that mean unknown
	layouts []dateLayout
}

// Ref demands that a value names something that exists: in a field of the same table, or under a heading of another
// worksheet or JSON path of the same file.
type Ref struct {
	Field   string
	Sheets  []string
	Path    string
	Heading string
}

func (r Ref) set() bool { return r.Field != "" || r.Heading != "" }

// isKey reports a column whose values identify things, where a stray space is worth telling.
func (c *Column) isKey() bool { return c.Unique || c.Ref.set() }

// dateLayout is a further form of date that the mapping of one file admits, such as MM/DD/YYYY.
type dateLayout string

// newDateLayout translates YYYY, MM, DD, hh, mm, ss into the reference time; false when year, month or day is missing.
func newDateLayout(s string) (dateLayout, bool) {
	if !strings.Contains(s, "YYYY") || !strings.Contains(s, "MM") || !strings.Contains(s, "DD") {
		return "", false
	}
	r := strings.NewReplacer("YYYY", "2006", "MM", "01", "DD", "02", "hh", "15", "mm", "04", "ss", "05")
	return dateLayout(r.Replace(s)), true
}

func (l dateLayout) parse(s string) (string, bool) {
	t, err := time.Parse(string(l), s)
	if err != nil {
		return "", false
	}
	return t.Format(time.DateOnly), true
}

// Open opens a file where this mapping's table is in it: its worksheet, heading row or JSON path.
func (m *Mapping) Open(r io.ReaderAt, size int64, name string, limits sheet.Limits) (*sheet.Table, error) {
	return m.layout.Open(r, size, name, limits)
}

// Column gives the column of a field; nil when the mapping has none.
func (m *Mapping) Column(field string) *Column {
	for i := range m.Columns {
		if m.Columns[i].Field == field {
			return &m.Columns[i]
		}
	}
	return nil
}
