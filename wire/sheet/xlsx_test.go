package sheet

import (
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

func TestAWorkbookIsReadCellByCell(t *testing.T) {
	t.Parallel()
	day := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
	data := workbookOf(t, func(f *excelize.File) {
		rowsOf(t, f, "Sheet1",
			[]any{"기관코드", " 정보\n시스템명 ", "이용자", "개시일", "대국민", ""},
			[]any{"0012345", "민원 <&> \"포털\"\n2행", 1234567, day, true},
			[]any{nil, "", nil, nil, nil},
			[]any{"A", "B", 0.1, "2020. 1. 2.", false},
			[]any{"C", nil, -1.5e10})
	})
	table := mustOpen(t, data, "a.xlsx")
	want := []Heading{{"기관코드", "A"}, {"정보 시스템명", "B"}, {"이용자", "C"}, {"개시일", "D"}, {"대국민", "E"}}
	if len(table.Headings) != len(want) {
		t.Fatalf("headings %v, want %v", table.Headings, want)
	}
	for i := range want {
		if table.Headings[i] != want[i] {
			t.Errorf("heading %d is %v, want %v", i, table.Headings[i], want[i])
		}
	}
	sameRows(t, allRows(t, table), []Row{
		{Number: 2, Cells: []Cell{{Kind: Text, Text: "0012345"}, {Kind: Text, Text: "민원 <&> \"포털\"\n2행"}, {Kind: Number, Text: "1234567"}, {Kind: Day, Text: "2024-02-29"}, {Kind: Bool, Text: "true"}}},
		{Number: 4, Cells: []Cell{{Kind: Text, Text: "A"}, {Kind: Text, Text: "B"}, {Kind: Number, Text: "0.1"}, {Kind: Text, Text: "2020. 1. 2."}, {Kind: Bool, Text: "false"}}},
		{Number: 5, Cells: []Cell{{Kind: Text, Text: "C"}, {}, {Kind: Number, Text: "-15000000000"}, {}, {}}},
	})
}

func sameRows(t *testing.T, got, want []Row) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d: %v", len(got), len(want), got)
	}
	for i := range want {
		if got[i].Number != want[i].Number || len(got[i].Faults) > 0 || len(got[i].Cells) != len(want[i].Cells) {
			t.Fatalf("row %d is %+v, want %+v", i, got[i], want[i])
		}
		for j := range want[i].Cells {
			g, w := got[i].Cells[j], want[i].Cells[j]
			if g.Kind != w.Kind || g.Text != w.Text {
				t.Errorf("row %d cell %d is %+v, want %+v", got[i].Number, j, g, w)
			}
		}
	}
}

func TestRichTextAndPhoneticGuidesGiveThePlainText(t *testing.T) {
	t.Parallel()
	data := workbookOf(t, func(f *excelize.File) {
		rowsOf(t, f, "Sheet1", []any{"이름"})
		err := f.SetCellRichText("Sheet1", "A2", []excelize.RichTextRun{{Text: "굵은 ", Font: &excelize.Font{Bold: true}}, {Text: "글"}})
		if err != nil {
			t.Fatal(err)
		}
	})
	if rows := allRows(t, mustOpen(t, data, "a.xlsx")); rows[0].Cells[0].Text != "굵은 글" {
		t.Errorf("got %q", rows[0].Cells[0].Text)
	}
	var rich richText
	x := newXMLScanner(strings.NewReader("<si><t>東京</t><rPh><t>トウキョウ</t></rPh><t>_x000D_!</t></si>"))
	var got []byte
	for x.next() == nil {
		got = rich.take(x, got)
	}
	if string(got) != "東京\r!" {
		t.Errorf("got %q", got)
	}
}

func TestFaultsOfAWorkbookNameTheirCell(t *testing.T) {
	t.Parallel()
	head := []any{"코드", "이름", "비용"}
	for _, c := range []struct {
		name   string
		build  func(t *testing.T, f *excelize.File)
		code   Code
		row    int
		column string
	}{
		{"a formula is refused though it has a value", func(t *testing.T, f *excelize.File) {
			rowsOf(t, f, "Sheet1", head, []any{"a", "b", 1}, []any{"c", "d", 2})
			must(t, f.SetCellFormula("Sheet1", "C3", "SUM(C2)"))
		}, CodeFormula, 3, "C"},
		{"a formula in the heading row is refused", func(t *testing.T, f *excelize.File) {
			rowsOf(t, f, "Sheet1", head)
			must(t, f.SetCellFormula("Sheet1", "B1", `"이"&"름"`))
		}, CodeFormula, 1, "B"},
		{"merged cells in the heading row are refused", func(t *testing.T, f *excelize.File) {
			rowsOf(t, f, "Sheet1", head, []any{"a", "b", 1})
			must(t, f.MergeCell("Sheet1", "B1", "C1"))
		}, CodeHeadingMerged, 1, "B"},
		{"merged cells over data rows are refused in the first of them", func(t *testing.T, f *excelize.File) {
			rowsOf(t, f, "Sheet1", head, []any{"a", "b", 1}, []any{"c", "d", 2}, []any{"e", "f", 3})
			must(t, f.MergeCell("Sheet1", "A3", "A4"))
		}, CodeMerged, 3, "A"},
		{"an error cell is refused", func(t *testing.T, f *excelize.File) {
			rowsOf(t, f, "Sheet1", head, []any{"a", "b", "x"})
			must(t, f.SetCellFormula("Sheet1", "C2", "NA()"))
		}, CodeFormula, 2, "C"},
		{"a value under no heading is refused", func(t *testing.T, f *excelize.File) {
			rowsOf(t, f, "Sheet1", head, []any{"a", "b", 1, nil, "메모"})
		}, CodeExtraCell, 2, "E"},
		{"an empty worksheet has no headings", func(*testing.T, *excelize.File) {}, CodeEmpty, 0, ""},
		{"a day that never was is refused", func(t *testing.T, f *excelize.File) {
			rowsOf(t, f, "Sheet1", head, []any{"a", "b", 60})
			style, err := f.NewStyle(&excelize.Style{NumFmt: 14})
			must(t, err)
			must(t, f.SetCellStyle("Sheet1", "C2", "C2", style))
		}, CodeNotDate, 2, "C"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			data := workbookOf(t, func(f *excelize.File) { c.build(t, f) })
			sameFault(t, firstFault(data, "a.xlsx", Limits{}), c.code, c.row, c.column)
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAMergedTitleAboveTheHeadingsIsNoFault(t *testing.T) {
	t.Parallel()
	data := workbookOf(t, func(f *excelize.File) {
		rowsOf(t, f, "Sheet1", []any{"정보시스템 현황(2026)"}, []any{}, []any{"코드", "이름"}, []any{"a", "b"})
		must(t, f.MergeCell("Sheet1", "A1", "B1"))
	})
	table, err := Layout{HeaderRow: 3}.Open(strings.NewReader(string(data)), int64(len(data)), "a.xlsx", Limits{})
	must(t, err)
	rows := allRows(t, table)
	if len(rows) != 1 || rows[0].Number != 4 || table.HeaderRow != 3 {
		t.Errorf("rows %+v", rows)
	}
}

func TestErrorValuesAreToldFromText(t *testing.T) {
	t.Parallel()
	p := &sheetParser{book: &workbook{}, limits: Limits{}.withDefaults(), value: []byte("#N/A")}
	if c := p.cell("e", false, false); c.Kind != Bad || c.Code != CodeErrorCell || c.Text != "#N/A" {
		t.Errorf("error cell: %+v", c)
	}
	if c := p.cell("str", false, false); c.Kind != Text {
		t.Errorf("a text that looks like an error: %+v", c)
	}
}

func TestTheWorksheetIsChosenByNameAndHiddenOnesAreLeft(t *testing.T) {
	t.Parallel()
	data := workbookOf(t, func(f *excelize.File) {
		rowsOf(t, f, "Sheet1", []any{"숨김"})
		for _, name := range []string{"정보 시스템", "기관"} {
			_, err := f.NewSheet(name)
			must(t, err)
			rowsOf(t, f, name, []any{name + " 제목"})
		}
		f.SetActiveSheet(1)
		must(t, f.SetSheetVisible("Sheet1", false))
	})
	for wanted, sheet := range map[string]string{"": "정보 시스템", "기관": "기관", "정보시스템": "정보 시스템"} {
		lay := Layout{}
		if wanted != "" {
			lay.Sheets = []string{"없는 것", wanted}
		}
		table, err := lay.Open(strings.NewReader(string(data)), int64(len(data)), "a.xlsx", Limits{})
		must(t, err)
		if table.Sheet != sheet {
			t.Errorf("wanted %q: read %q, want %q", wanted, table.Sheet, sheet)
		}
	}
	_, err := Layout{Sheets: []string{"없음"}}.Open(strings.NewReader(string(data)), int64(len(data)), "a.xlsx", Limits{})
	sameFault(t, faultOf(err), CodeNoSheet, 0, "")
}

func TestDateFormatsAreToldFromNumberFormats(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		`yyyy-mm-dd`: true, `yyyy"년" m"월" d"일"`: true, `[$-412]yyyy/m/d;@`: true, `d-mmm-yy`: true,
		`General`: false, `#,##0`: false, `0.00%`: false, `#,##0"day"`: false, `[Red]0`: false, `hh:mm:ss`: false, `0_d`: false,
	} {
		if dateFormat(code) != want {
			t.Errorf("%q shows a day: %v, want %v", code, !want, want)
		}
	}
}

// TestEveryCellReadsAsAnotherReaderSaysIt compares with excelize, which is written by other people from the same standard.
func TestEveryCellReadsAsAnotherReaderSaysIt(t *testing.T) {
	t.Parallel()
	data := workbookOf(t, func(f *excelize.File) {
		rows := [][]any{{"a", "b", "c", "d"}}
		for i := range 300 {
			rows = append(rows, []any{i * 7919, float64(i) / 8, strings.Repeat("가&<", i%5) + "x", i%2 == 0})
		}
		rowsOf(t, f, "Sheet1", rows...)
	})
	other, err := excelize.OpenReader(strings.NewReader(string(data)))
	must(t, err)
	defer other.Close()
	want, err := other.GetRows("Sheet1", excelize.Options{RawCellValue: true})
	must(t, err)
	for _, r := range allRows(t, mustOpen(t, data, "a.xlsx")) {
		for i, c := range r.Cells {
			w := want[r.Number-1][i]
			if c.Kind == Bool {
				w = map[string]string{"1": "true", "0": "false"}[w]
			}
			if c.Text != w {
				t.Fatalf("row %d column %d: %q, want %q", r.Number, i, c.Text, w)
			}
		}
	}
}
