package sheet

import (
	"bytes"
	"slices"
	"testing"
)

func TestWrittenJSONIsReadBack(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	w, err := WriteJSON(&buf, []Head{{Name: "이름 \"겹\""}, {Name: "수"}, {Name: "예"}, {Name: "날"}})
	if err != nil {
		t.Fatal(err)
	}
	rows := [][]Cell{
		{{Kind: Text, Text: "=하나,\n둘"}, {Kind: Number, Text: "12345678901234567"}, {Kind: Bool, Text: "true"}, {Kind: Day, Text: "2026-01-02"}},
		{{}, {Kind: Number, Text: "0"}},
	}
	for _, row := range rows {
		if err := w.Row(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	table, err := Open(bytes.NewReader(buf.Bytes()), int64(buf.Len()), "a.json", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for row, err := range table.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range row.Cells {
			got = append(got, table.Headings[i].Name+"="+c.Text)
		}
	}
	want := []string{"날=2026-01-02", "수=12345678901234567", "예=true", "이름 \"겹\"==하나,\n둘", "날=", "수=0", "예=", "이름 \"겹\"="}
	if !slices.Equal(got, want) {
		t.Errorf("read back %q, want %q", got, want)
	}
}
