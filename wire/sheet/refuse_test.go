package sheet

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

func TestAFileThatIsNoTableIsRefusedByWhatItIs(t *testing.T) {
	t.Parallel()
	compound := "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"
	for _, c := range []struct {
		name, file, data string
		code             Code
	}{
		{"nothing at all", "a.xlsx", "", CodeEmpty},
		{"blank lines only", "a.csv", "\n\n  \n", CodeEmpty},
		{"a byte order mark only", "a.csv", "\xEF\xBB\xBF", CodeEmpty},
		{"an empty zip", "a.xlsx", "PK\x05\x06" + strings.Repeat("\x00", 18), CodeEmpty},
		{"a zip cut off", "a.xlsx", "PK\x03\x04 and no more", CodeCorrupt},
		{"a zip that holds no workbook", "a.xlsx", zipOf(t, map[string]string{"readme.txt": "hello"}), CodeUnsupported},
		{"the binary format before 2007", "a.xls", compound + strings.Repeat("\x00", 600), CodeOldXLS},
		{"a workbook under a password", "a.xlsx", compound + string(utf16le("EncryptedPackage")), CodeEncrypted},
		{"a web page named as a workbook", "a.xls", "<html><table><tr><td>1</td></tr></table></html>", CodeHTML},
		{"a page in PDF", "a.xlsx", "%PDF-1.7 ...", CodeUnsupported},
		{"a picture", "a.csv", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", CodeUnsupported},
		{"bytes in no encoding", "a.csv", "코드,이름\n\xff\xfe\xfd,x\n", CodeEncoding},
		{"gzip cut off", "a.csv.gz", gzipOf(t, strings.Repeat("code,name\n", 1000))[:40], CodeCorrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := firstFault([]byte(c.data), c.file, Limits{})
			if got == nil || got.Code != c.code || !got.Fatal || !got.Refuses {
				t.Errorf("got %+v, want %s", got, c.code)
			}
		})
	}
}

// unread is a file of any size that fails the test when it is read.
type unread struct{ t *testing.T }

func (u unread) ReadAt([]byte, int64) (int, error) {
	u.t.Error("a file over the limit was read")
	return 0, io.EOF
}

func TestAFileOf200MegabytesIsRefusedBeforeAByteIsRead(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int64{"a.xlsx": 200<<20 + 1, "a.csv": 1 << 40} {
		_, err := Open(unread{t}, size, name, Limits{})
		got := faultOf(err)
		if got.Code != CodeTooLarge || got.Value != fmt.Sprint(size) || got.Want != "<= 209715200" {
			t.Errorf("%s of %d bytes: %v", name, size, got)
		}
	}
	data := []byte("code,name\na,b\n")
	if got := firstFault(data, "a.csv", Limits{Bytes: int64(len(data))}); got != nil {
		t.Errorf("a file of just the limit: %v", got)
	}
}

func TestAZipBombIsRefused(t *testing.T) {
	t.Parallel()
	workbook := workbookOf(t, func(f *excelize.File) { rowsOf(t, f, "Sheet1", []any{"a"}, []any{"b"}) })
	cells := strings.Repeat(`<row><c t="inlineStr"><is><t>`+strings.Repeat("x", 4000)+`</t></is></c></row>`, 10_000) // 40 MB in 50 KB
	worksheet := `<worksheet><sheetData>` + cells + `</sheetData></worksheet>`
	for name, data := range map[string][]byte{
		"a worksheet that packs a thousandfold":      replacePart(t, workbook, "xl/worksheets/sheet1.xml", worksheet),
		"shared texts that pack a thousandfold":      replacePart(t, workbook, "xl/sharedStrings.xml", `<sst>`+strings.Repeat(`<si><t>x</t></si>`, 2_000_000)+`</sst>`),
		"a directory that lies about the true size":  lieAboutSize(t, replacePart(t, workbook, "xl/worksheets/sheet1.xml", worksheet), "xl/worksheets/sheet1.xml"),
		"a directory of more parts than a table has": []byte(zipOf(t, manyParts(90_000))),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := firstFault(data, "a.xlsx", Limits{})
			if got == nil || got.Code != CodeBomb && got.Code != CodeCorrupt || !got.Fatal {
				t.Errorf("got %v, want %s", got, CodeBomb)
			}
		})
	}
	packed := gzipOf(t, "code,name\n"+strings.Repeat("a,"+strings.Repeat("x", 1000)+"\n", 40_000))
	if got := firstFault([]byte(packed), "a.csv.gz", Limits{}); got == nil || got.Code != CodeBomb {
		t.Errorf("a packed text: %v, want %s", got, CodeBomb)
	}
}

func TestADocumentTypeIsRefusedSinceEntitiesMultiply(t *testing.T) {
	t.Parallel()
	workbook := workbookOf(t, func(f *excelize.File) { rowsOf(t, f, "Sheet1", []any{"a"}, []any{"b"}) })
	bomb := `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet><sheetData><row r="1"><c r="A1" t="str"><v>&b;</v></c></row></sheetData></worksheet>`
	if got := firstFault(replacePart(t, workbook, "xl/worksheets/sheet1.xml", bomb), "a.xlsx", Limits{}); got == nil || got.Code != CodeCorrupt {
		t.Errorf("got %v", got)
	}
}

func TestRowsColumnsAndCellsAreLimited(t *testing.T) {
	t.Parallel()
	text := "code,name\n" + strings.Repeat("a,b\n", 51)
	sameFault(t, firstFault([]byte(text), "a.csv", Limits{Rows: 50}), CodeTooManyRows, 52, "")
	sameFault(t, firstFault([]byte("a,b,c\n1,2,3\n"), "a.csv", Limits{Columns: 2}), CodeTooManyCols, 0, "")
	sameFault(t, firstFault([]byte("code,name\na,가나다라\n"), "a.csv", Limits{Cell: 3}), CodeTooLong, 2, "B")
	sameFault(t, firstFault([]byte("code,name\na,b\x07\n"), "a.csv", Limits{}), CodeControl, 2, "B")
	data := workbookOf(t, func(f *excelize.File) { rowsOf(t, f, "Sheet1", []any{"a"}, []any{1}, []any{2}, []any{3}) })
	sameFault(t, firstFault(data, "a.xlsx", Limits{Rows: 2}), CodeTooManyRows, 4, "")
}

// TestFiftyThousandRowsAreStreamed reads a big workbook and counts what reading takes. It is not parallel, since
// allocations are counted for the whole program.
func TestFiftyThousandRowsAreStreamed(t *testing.T) {
	var buf bytes.Buffer
	w, err := WriteXLSX(&buf, "정보시스템", []Head{{Name: "코드"}, {Name: "이름"}, {Name: "비용"}})
	must(t, err)
	for i := range 50_000 {
		must(t, w.Row([]Cell{{Kind: Text, Text: fmt.Sprintf("S-%05d", i)}, {Kind: Text, Text: strings.Repeat("가", 50)}, {Kind: Number, Text: fmt.Sprint(i)}}))
	}
	must(t, w.Close())
	table := mustOpen(t, buf.Bytes(), "a.xlsx")
	n := 0
	for row, err := range table.Rows() {
		must(t, err)
		if want := fmt.Sprintf("S-%05d", n); row.Number != n+2 || row.Cells[0].Text != want || row.Cells[2].Text != fmt.Sprint(n) {
			t.Fatalf("row %d is %+v", row.Number, row.Cells)
		}
		n++
	}
	if n != 50_000 {
		t.Errorf("%d rows", n)
	}
	perRow := testing.AllocsPerRun(1, func() {
		for range table.Rows() {
			n++
		}
	}) / 50_000
	if perRow > 8 {
		t.Errorf("%.1f allocations a row: rows are kept or copied", perRow)
	}
}

func zipOf(t testing.TB, parts map[string]string) string {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for name, text := range parts {
		w, err := z.Create(name)
		must(t, err)
		_, err = io.WriteString(w, text)
		must(t, err)
	}
	must(t, z.Close())
	return buf.String()
}

func manyParts(n int) map[string]string {
	parts := make(map[string]string, n)
	for i := range n {
		parts[fmt.Sprintf("xl/worksheets/a-part-with-a-long-name-%06d.xml", i)] = ""
	}
	return parts
}

func gzipOf(t testing.TB, text string) string {
	t.Helper()
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	_, err := io.WriteString(z, text)
	must(t, err)
	must(t, z.Close())
	return buf.String()
}

// replacePart copies a workbook with other text in one part.
func replacePart(t testing.TB, workbook []byte, name, text string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(workbook), int64(len(workbook)))
	must(t, err)
	var buf bytes.Buffer
	out := zip.NewWriter(&buf)
	for _, f := range z.File {
		if f.Name != name {
			must(t, out.Copy(f))
		}
	}
	w, err := out.Create(name)
	must(t, err)
	_, err = io.WriteString(w, text)
	must(t, err)
	must(t, out.Close())
	return buf.Bytes()
}

// lieAboutSize makes the directory promise a small part.
func lieAboutSize(t testing.TB, workbook []byte, name string) []byte {
	t.Helper()
	entry := bytes.LastIndex(workbook, []byte("PK\x01\x02"))
	for entry >= 0 && !bytes.HasPrefix(workbook[entry+46:], []byte(name)) {
		entry = bytes.LastIndex(workbook[:entry], []byte("PK\x01\x02"))
	}
	if entry < 0 {
		t.Fatal("part not found: ", name)
	}
	copy(workbook[entry+24:], []byte{0, 4, 0, 0}) // inflated size: 1024
	return workbook
}
