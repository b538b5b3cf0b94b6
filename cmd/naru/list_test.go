package main

import (
	"encoding/csv"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

func TestAListOfManyPagesIsOneTableWhoseCursorsCanBeCopied(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data, file := filepath.Join(dir, "data"), filepath.Join(dir, "n.xlsx")
	for _, args := range [][]string{
		{"nation", "--size", "12", "--out", file},
		{"--data", data, "inventory", "import", file, "--mapping", "institutions"},
		{"--data", data, "inventory", "import", file},
		{"--data", data, "decide", "run"},
	} {
		if code, _, errs := typed(t, "", args...); code != 0 {
			t.Fatalf("%v: exit %d\n%s", args, code, errs)
		}
	}
	code, out, errs := typed(t, "", "--data", data, "decide", "list", "--limit", "5", "--all", "-o", "csv")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if code != 0 || err != nil || len(rows) < 13 {
		t.Fatalf("exit %d, %d rows, %v\n%s", code, len(rows), err, errs)
	}
	seen := map[string]bool{}
	for _, r := range rows {
		if seen[r[0]] {
			t.Errorf("%s stands twice", r[0])
		}
		seen[r[0]] = true
	}
	_, _, errs = typed(t, "", "--data", data, "decide", "list", "--limit", "5")
	if !strings.Contains(errs, "--after") || strings.ContainsFunc(strings.TrimSpace(errs), unicode.IsControl) {
		t.Errorf("the cursor cannot be copied from a terminal: %q", errs)
	}
}
