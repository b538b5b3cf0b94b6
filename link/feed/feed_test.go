package feed_test

import (
	"bytes"
	"reflect"
	"testing"

	"naru/flow/inventory"
	"naru/link/feed"
)

// readBack writes lines in a format and reads the file through the template.
func readBack(t *testing.T, format string, lines []feed.Line) []inventory.Row {
	t.Helper()
	var buf bytes.Buffer
	w, err := feed.NewWriter(&buf, format)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(lines...); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	m, err := feed.Mapping("")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := feed.Systems(m, feed.File{Name: "systems." + format, Size: int64(buf.Len()), ReaderAt: bytes.NewReader(buf.Bytes())})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestAnExportedSystemIsReadBackWithItsLinksAndNeeds(t *testing.T) {
	t.Parallel()
	sys := inventory.SystemOut{
		System: inventory.System{Code: "S1", Name: "민원 포털", Institution: "inst_1", Components: []inventory.Component{
			{Name: "웹", Links: []string{"자료", "처리"}}, {Name: "자료"}, {Name: "처리"},
		}},
		InstitutionName: "가상기관",
		SystemFacts:     map[string]any{"system.site": "government", "system.centre": "daejeon"},
		ComponentFacts:  []map[string]any{{"component.open_only": true}, {}, {"component.foi_items": []string{"foi6"}}},
		Needed: []inventory.Need{
			{Institution: "inst_1", InstitutionCode: "A1", Code: "S2"}, {Institution: "inst_2", InstitutionCode: "B1", Code: "S3"},
		},
	}
	for _, format := range []string{"xlsx", "csv"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			rows := readBack(t, format, feed.Lines("A1", &sys))
			if len(rows) != 3 {
				t.Fatalf("%d rows", len(rows))
			}
			want := inventory.Row{
				Row: 2, InstitutionCode: "A1", Code: "S1", Name: "민원 포털", Component: "웹",
				Links: []string{"자료", "처리"}, Needs: []string{"S2", "B1/S3"},
				Facts: map[string]any{"system.site": "government", "system.centre": "daejeon", "component.open_only": true},
			}
			if !reflect.DeepEqual(rows[0], want) {
				t.Errorf("read back\n%+v, want\n%+v", rows[0], want)
			}
		})
	}
}
