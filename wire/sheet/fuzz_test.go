package sheet

import (
	"testing"

	"github.com/xuri/excelize/v2"
)

// fuzzLimits keep one input cheap.
var fuzzLimits = Limits{Bytes: 1 << 20, Inflated: 4 << 20, Rows: 2000, Columns: 100, Cell: 1000}

// readAll reads a file to its end and checks what holds of any file: every error is a fault, every row has a cell for each
// heading and a number above the one before.
func readAll(t *testing.T, data []byte, name string) {
	table, err := openBytes(data, name, fuzzLimits)
	if err != nil {
		checkFatal(t, err)
		return
	}
	last := 0
	for row, err := range table.Rows() {
		if err != nil {
			checkFatal(t, err)
			return
		}
		if len(row.Cells) != len(table.Headings) || row.Number <= last && table.Format != "json" {
			t.Fatalf("row %d after %d has %d cells under %d headings", row.Number, last, len(row.Cells), len(table.Headings))
		}
		last = row.Number
		for _, c := range row.Cells {
			if c.Kind == Bad && c.Code == "" {
				t.Fatalf("row %d: a bad cell without a code: %+v", row.Number, c)
			}
		}
	}
}

func checkFatal(t *testing.T, err error) {
	t.Helper()
	if f := faultOf(err); !f.Fatal || !f.Refuses || f.Code == "" {
		t.Fatalf("not a fault that ends the file: %v", err)
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{office, "a,b\n\"x", "\xEF\xBB\xBFa\tb\n1\t2\n", "\xFF\xFEa\x00\n\x00", "a,b\n1\n,,,3\n", "\x1f\x8b\x08"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { readAll(t, data, "a.csv") })
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{`[{"a":1,"b":[1,"x"]}]`, `[{"a":null},{"c":true}]`, `[`, `{"a":[]}`, `[1,2]`, `[{"a":{"b":"c"}}]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { readAll(t, data, "a.json") })
}

// FuzzWorksheet puts the input where the worksheet stands in a workbook that is otherwise sound.
func FuzzWorksheet(f *testing.F) {
	workbook := workbookOf(f, func(x *excelize.File) { rowsOf(f, x, "Sheet1", []any{"a", "b"}, []any{"c", 1}) })
	for _, s := range []string{
		`<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2"><v>1.5</v></c></row></sheetData></worksheet>`,
		`<worksheet><sheetData><row><c t="inlineStr"><is><t>x</t></is></c></row></sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells></worksheet>`,
		`<worksheet><sheetData><row r="9"><c r="ZZZ9" t="b"><f>1</f><v>1</v></c></row>`, `<a b='c>'/>`, `<!DOCTYPE x>`, `<![CDATA[]]>`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, part string) {
		readAll(t, replacePart(t, workbook, "xl/worksheets/sheet1.xml", part), "a.xlsx")
	})
}

// FuzzContainer mangles the container itself.
func FuzzContainer(f *testing.F) {
	f.Add(workbookOf(f, func(x *excelize.File) { rowsOf(f, x, "Sheet1", []any{"a", "b"}, []any{"c", 1}) }))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) { readAll(t, data, "a.xlsx") })
}
