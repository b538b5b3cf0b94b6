package sheet

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"
)

const office = "기관코드,시스템명,비고\r\n1234567,민원24 포털,\"줄이\r\n둘이다, 쉼표\"\r\n\r\n0000001,똠방각하 쀍,=1+1\r\n"

func encoded(t testing.TB, e encoding.Encoding, s string) []byte {
	t.Helper()
	b, err := e.NewEncoder().Bytes([]byte(s))
	must(t, err)
	return b
}

// TestOneTableInEveryEncodingReadsTheSame holds the encodings in which Korean offices save CSV files.
func TestOneTableInEveryEncodingReadsTheSame(t *testing.T) {
	t.Parallel()
	want := []Row{
		{Number: 2, Cells: []Cell{{Kind: Text, Text: "1234567"}, {Kind: Text, Text: "민원24 포털"}, {Kind: Text, Text: "줄이\n둘이다, 쉼표"}}},
		{Number: 4, Cells: []Cell{{Kind: Text, Text: "0000001"}, {Kind: Text, Text: "똠방각하 쀍"}, {Kind: Text, Text: "=1+1"}}},
	}
	for _, c := range []struct {
		name, encoding string
		data           []byte
	}{
		{"UTF-8", "utf-8", []byte(office)},
		{"UTF-8 with a byte order mark", "utf-8", []byte("\xEF\xBB\xBF" + office)},
		{"CP949, whose letters EUC-KR lacks", "cp949", encoded(t, korean.EUCKR, office)},
		{"UTF-16 little endian", "utf-16", encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), office)},
		{"UTF-16 big endian", "utf-16", encoded(t, unicode.UTF16(unicode.BigEndian, unicode.UseBOM), office)},
		{"packed CP949", "cp949", []byte(gzipOf(t, string(encoded(t, korean.EUCKR, office))))},
		{"CP949 with the Korean far down", "cp949", encoded(t, korean.EUCKR, office)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			table := mustOpen(t, c.data, "a.csv")
			if table.Encoding != c.encoding || table.Headings[1].Name != "시스템명" {
				t.Errorf("read as %s, headings %v", table.Encoding, table.Headings)
			}
			sameRows(t, allRows(t, table), want)
		})
	}
}

func TestKoreanFarDownTheFileStillSettlesTheEncoding(t *testing.T) {
	t.Parallel()
	text := "code,name\n" + strings.Repeat("a,b\n", 5000) + "c,나루\n"
	table := mustOpen(t, encoded(t, korean.EUCKR, text), "a.csv")
	rows := allRows(t, table)
	if last := rows[len(rows)-1]; table.Encoding != "cp949" || last.Cells[1].Text != "나루" || last.Number != 5002 {
		t.Errorf("%s: last row %+v", table.Encoding, last)
	}
}

func TestFaultsOfATextFileNameTheirRow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, data string
		code       Code
		row        int
		column     string
	}{
		{"a quote inside a field", "a,b\n1,2\nx\"y,2\n", CodeCorrupt, 3, ""},
		{"a quote that is never closed", "a,b\n1,2\n\"x,2\n3,4\n", CodeCorrupt, 3, ""},
		{"text after a closing quote", "a,b\n\"x\"y,2\n", CodeCorrupt, 2, ""},
		{"a fault after a field of two lines keeps the row that the officer sees", "a,b\n\"x\ny\",2\nx\"y,2\n", CodeCorrupt, 3, ""},
		{"too few fields", "a,b,c\n1,2,3\n4,5\n", CodeShortRow, 3, ""},
		{"a value under no heading", "a,b\n1,2,3\n", CodeExtraCell, 2, "C"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sameFault(t, firstFault([]byte(c.data), "a.csv", Limits{}), c.code, c.row, c.column)
		})
	}
}

func TestAnUnclosedQuoteDoesNotSwallowAHugeFile(t *testing.T) {
	t.Parallel()
	data := "a,b\n\"x," + strings.Repeat("0123456789,\n", 1<<20)
	if got := firstFault([]byte(data), "a.csv", Limits{}); got == nil || got.Code != CodeTooLong || !got.Fatal {
		t.Errorf("got %v", got)
	}
}

func TestTabsMakeTSV(t *testing.T) {
	t.Parallel()
	table := mustOpen(t, []byte("코드\t이름, 약칭\na\tb\n"), "a.txt")
	if table.Format != "tsv" || len(table.Headings) != 2 {
		t.Errorf("%s %v", table.Format, table.Headings)
	}
}

// TestExportsComeBackAsTheyWere writes both formats and reads them again, texts that look like formulas included.
func TestExportsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	heads := []Head{{Name: "코드"}, {Name: "이름", Width: 30}, {Name: "값"}, {Name: "날"}, {Name: "예"}}
	cells := [][]Cell{
		{{Kind: Text, Text: "00123"}, {Kind: Text, Text: "=HYPERLINK(\"http://x\")"}, {Kind: Number, Text: "1234567890.25"}, {Kind: Day, Text: "2024-02-29"}, {Kind: Bool, Text: "true"}},
		{{Kind: Text, Text: "-1"}, {Kind: Text, Text: "@나루 + <&>\n둘째 줄"}, {Kind: Number, Text: "12345678901234567890.5"}, {Kind: Day, Text: "1900-01-01"}, {Kind: Bool, Text: "false"}},
		{{Kind: Text, Text: "+82"}, {}, {Kind: Number, Text: "-0.1"}, {}, {}},
	}
	for name, start := range map[string]func(*bytes.Buffer) (Writer, error){
		"a.csv":  func(b *bytes.Buffer) (Writer, error) { return WriteCSV(b, heads) },
		"a.xlsx": func(b *bytes.Buffer) (Writer, error) { return WriteXLSX(b, "내보내기", heads) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var buf bytes.Buffer
			w, err := start(&buf)
			must(t, err)
			for _, row := range cells {
				must(t, w.Row(row))
			}
			must(t, w.Close())
			rows := allRows(t, mustOpen(t, buf.Bytes(), name))
			if len(rows) != len(cells) {
				t.Fatalf("%d rows", len(rows))
			}
			for i, row := range rows {
				for j, got := range row.Cells {
					if want := cells[i][j].written(); got.Kind == Bad || got.Text != want {
						t.Errorf("row %d column %d is %+v, want %q", row.Number, j, got, want)
					}
				}
			}
		})
	}
}

func TestACSVExportNeverRunsAsAFormula(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	w, err := WriteCSV(&buf, []Head{{Name: "=cmd"}})
	must(t, err)
	for _, s := range []string{"=1", "+1", "-1", "@x", "\tx", "\rx"} {
		must(t, w.Row([]Cell{{Kind: Text, Text: s}}))
	}
	must(t, w.Close())
	for _, line := range strings.Split(strings.TrimPrefix(buf.String(), "\xEF\xBB\xBF"), "\r\n") {
		if line = strings.Trim(line, `"`); line != "" && formulaStart(line[0]) {
			t.Errorf("a spreadsheet program would run %q", line)
		}
	}
}
