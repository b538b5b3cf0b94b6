package mapping_test

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"naru/wire/mapping"
	"naru/wire/sheet"
)

const services = `
mapping: services
title: 서비스 목록
title_en: Services
table: system
source: { title: test, licence: none }
"null": ["모름"]
ignore: ["비고"]
columns:
  - { field: system.code, heading: ["관리번호", "ID"], required: true, unique: true }
  - { field: system.parent, heading: ["상위"], ref: { field: system.code } }
  - { field: system.name, heading: ["이름"], required: true }
  - { field: system.since, heading: ["개시일"], type: date }
  - { field: system.cost, heading: ["비용(천원)"], type: int, scale: 1000 }
  - { field: system.rate, heading: ["요율"], type: decimal }
  - { field: system.public, heading: ["대국민"], type: bool }
  - { field: system.stage, heading: ["단계"], type: enum, codes: { "신규": new, "운영": operating } }
  - { field: system.kinds, heading: ["종류"], type: list, none: ["없음"], codes: { "국방": defence, "외교": diplomacy } }
  - { field: system.note, heading: ["메모"], type: int, bad: unknown }
`

func parsed(t testing.TB) *mapping.Mapping {
	t.Helper()
	m, err := mapping.Parse("services.yaml", []byte(services))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// applied reads a CSV text through the mapping.
func applied(t testing.TB, text string) (records []mapping.Record, faults []sheet.Fault) {
	t.Helper()
	m := parsed(t)
	table, err := m.Open(strings.NewReader(text), int64(len(text)), "a.csv", sheet.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for rec, fs := range m.Apply(table) {
		faults = append(faults, fs...)
		if rec.Values != nil && !sheet.Refused(fs) {
			records = append(records, rec)
		}
	}
	return records, faults
}

const head = "관리번호,상위,이름,개시일,비용(천원),요율,대국민,단계,종류,메모\n"

func TestARowBecomesTypedFieldsAndWhatItDoesNotSayIsUnknown(t *testing.T) {
	t.Parallel()
	records, faults := applied(t, head+
		"A-1,,포털,2020년 1월 2일,\"1,500\",0.10,예,신규,\"국방, 외교\",3\n"+
		"A-2,A-1,창구,모름,,,,,없음,\n")
	if len(faults) > 0 || len(records) != 2 {
		t.Fatalf("%d records, faults %v", len(records), faults)
	}
	want := map[string]mapping.Value{
		"system.code": {Type: mapping.TypeText, Text: "A-1"}, "system.name": {Type: mapping.TypeText, Text: "포털"},
		"system.since": {Type: mapping.TypeDate, Text: "2020-01-02"}, "system.cost": {Type: mapping.TypeInt, Int: 1_500_000},
		"system.rate": {Type: mapping.TypeDecimal, Text: "0.10"}, "system.public": {Type: mapping.TypeBool, Bool: true},
		"system.stage": {Type: mapping.TypeEnum, Text: "new"}, "system.kinds": {Type: mapping.TypeList, List: []string{"defence", "diplomacy"}},
		"system.note": {Type: mapping.TypeInt, Int: 3},
	}
	if !reflect.DeepEqual(records[0].Values, want) {
		t.Errorf("got %+v\nwant %+v", records[0].Values, want)
	}
	fields := slices.Sorted(maps.Keys(records[1].Values))
	if fmt.Sprint(fields) != "[system.code system.kinds system.name system.parent]" || records[1].Value("system.kinds").List == nil {
		t.Errorf("the second row states %v, kinds %+v", fields, records[1].Value("system.kinds"))
	}
}

func TestEveryFaultOfARowNamesItsCell(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, row, column string
		code              sheet.Code
		refuses           bool
	}{
		{"a required cell is empty", "A-1,,,,,,,,,", "C", sheet.CodeRequired, true},
		{"an id stands twice", "A-0,,포털,,,,,,,", "A", sheet.CodeDuplicate, true},
		{"a reference names nothing", "A-1,A-9,포털,,,,,,,", "B", sheet.CodeDangling, true},
		{"a date is a guess", "A-1,,포털,20-01-02,,,,,,", "D", sheet.CodeNotDate, true},
		{"a day never was", "A-1,,포털,2023-02-29,,,,,,", "D", sheet.CodeNotDate, true},
		{"a number has its separator in the wrong place", "A-1,,포털,,\"1,50\",,,,,", "E", sheet.CodeNotInt, true},
		{"a number does not fit", "A-1,,포털,,9223372036854775807,,,,,", "E", sheet.CodeNotInt, true},
		{"a decimal has an exponent", "A-1,,포털,,,1e3,,,,", "F", sheet.CodeNotDecimal, true},
		{"a yes is a maybe", "A-1,,포털,,,,아마도,,,", "G", sheet.CodeNotBool, true},
		{"a code is not listed", "A-1,,포털,,,,,폐기,,", "H", sheet.CodeNotListed, true},
		{"one of several codes is not listed", "A-1,,포털,,,,,,\"국방, 농사\",", "I", sheet.CodeNotListed, true},
		{"a bad value that the mapping lets be unknown", "A-1,,포털,,,,,,,열", "J", sheet.CodeNotInt, false},
		{"white space around an id", "A-1 ,,포털,,,,,,,", "A", sheet.CodeSpaces, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			records, faults := applied(t, head+"A-0,,첫째,,,,,,,\n"+c.row+"\n")
			if len(faults) != 1 {
				t.Fatalf("faults %v", faults)
			}
			f := faults[0]
			if f.Code != c.code || f.Row != 3 || f.Column != c.column || f.Refuses != c.refuses || f.Heading == "" || f.Field == "" {
				t.Errorf("got %+v, want %s at row 3 column %s", f, c.code, c.column)
			}
			if taken := len(records) == 2; taken == c.refuses {
				t.Errorf("%d records taken", len(records))
			}
		})
	}
}

func TestARowTellsAllItsFaultsAtOnce(t *testing.T) {
	t.Parallel()
	_, faults := applied(t, head+"A-1,A-9,,내일,많이,,,,,\n")
	codes := make([]string, 0, len(faults))
	for _, f := range faults {
		codes = append(codes, f.Column+" "+string(f.Code))
	}
	if got := fmt.Sprint(codes); got != "[B sheet.dangling C sheet.required D sheet.not_date E sheet.not_int]" {
		t.Error(got)
	}
}

func TestWrongHeadingsAreRefusedBeforeAnyRow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, head, want string }{
		{"a required heading is missing", "관리번호,상위\n", "sheet.heading_missing  이름"},
		{"a heading is misspelt", "관리번호,이름,개시\n", "sheet.heading_unknown C 개시"},
		{"a heading stands twice", "관리번호,이름,이 름\n", "sheet.heading_duplicate C 이 름"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			records, faults := applied(t, c.head+"A-1,x,y\n")
			if len(faults) != 1 || len(records) > 0 {
				t.Fatalf("%d records, faults %v", len(records), faults)
			}
			f := faults[0]
			if got := fmt.Sprint(f.Code, " ", f.Column, " ", f.Heading); got != c.want || f.Row != 1 || !f.Refuses {
				t.Errorf("got %q at row %d", got, f.Row)
			}
		})
	}
}

func TestHeadingsAreFoundInAnyOrderCaseAndSpacing(t *testing.T) {
	t.Parallel()
	records, faults := applied(t, "비고,\"이\n름\",id,대 국 민\nx,포털,A-1,N\n")
	if len(faults) > 0 || len(records) != 1 || records[0].Value("system.code").Text != "A-1" || !records[0].Value("system.public").Known() {
		t.Errorf("%v, faults %v", records, faults)
	}
}

// TestARecordComesBackFromItsExport writes records as XLSX and CSV and reads them through the same mapping.
func TestARecordComesBackFromItsExport(t *testing.T) {
	t.Parallel()
	records, faults := applied(t, head+
		"A-1,,=포털,2020-01-02,1500,12345678901234567890.10,예,신규,\"국방, 외교\",3\n"+"007,A-1,창구,,-2,,아니오,운영,없음,\n")
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	m := parsed(t)
	for name, start := range map[string]func(*bytes.Buffer) (sheet.Writer, error){
		"a.csv":  func(b *bytes.Buffer) (sheet.Writer, error) { return sheet.WriteCSV(b, m.Heads()) },
		"a.xlsx": func(b *bytes.Buffer) (sheet.Writer, error) { return sheet.WriteXLSX(b, "서비스", m.Heads()) },
	} {
		var buf bytes.Buffer
		w, err := start(&buf)
		if err != nil {
			t.Fatal(err)
		}
		for _, rec := range records {
			if err := w.Row(m.Cells(rec)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		table, err := m.Open(bytes.NewReader(buf.Bytes()), int64(buf.Len()), name, sheet.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		for rec, faults := range m.Apply(table) {
			if len(faults) > 0 || !reflect.DeepEqual(rec.Values, records[i].Values) {
				t.Errorf("%s: got %+v, faults %v\nwant %+v", name, rec.Values, faults, records[i].Values)
			}
			i++
		}
		if i != len(records) {
			t.Errorf("%s: %d rows", name, i)
		}
	}
}

func TestAMappingFileWithAMistakeSaysWhere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, from, to, want string }{
		{"an unknown key", "required: true, unique", "need: true, unique", "need"},
		{"an unknown type", "type: date", "type: day", "day"},
		{"a field that stands twice", "field: system.name", "field: system.code", "system.code"},
		{"a reference to no field", "ref: { field: system.code }", "ref: { field: system.id }", "system.id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(services, c.from, c.to, 1)
			_, err := mapping.Parse("services.yaml", []byte(text))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "services.yaml:") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(services))
	f.Add([]byte("mapping: x\ncolumns: [{field: a}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if m, err := mapping.Parse("x.yaml", data); (m == nil) == (err == nil) {
			t.Errorf("mapping %v, error %v", m, err)
		}
	})
}

func FuzzApply(f *testing.F) {
	f.Add(head + "A-1,,포털,2020-01-02,1,0.1,예,신규,국방,3\n")
	f.Add("id,이름\n,\n")
	f.Fuzz(func(t *testing.T, text string) {
		m := parsed(t)
		table, err := m.Open(strings.NewReader(text), int64(len(text)), "a.csv", sheet.Limits{})
		if err != nil {
			return
		}
		for rec, faults := range m.Apply(table) {
			if sheet.Refused(faults) || rec.Values == nil {
				continue
			}
			if !rec.Value("system.code").Known() || !rec.Value("system.name").Known() {
				t.Errorf("row %d is taken without what is required: %v", rec.Row, rec.Values)
			}
		}
	})
}
