package cli

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"naru"
	"naru/flow/contract"
	"naru/locale"
)

func TestAYearIsPrintedWithoutSeparators(t *testing.T) {
	t.Parallel()
	words, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	budget := contract.Budget{Institution: "ins_1", Year: 2026, Amount: 500_000_000}
	for name, answer := range map[string]any{"one": budget, "many": naru.List[contract.Budget]{Rows: []contract.Budget{budget}}} {
		var out bytes.Buffer
		a := &App{Deps: Deps{Words: words, Out: &out}, Lang: "en"}
		if err := a.printTable(reflect.ValueOf(answer)); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); !strings.Contains(got, "2026") || strings.Contains(got, "2,026") || !strings.Contains(got, "500,000,000") {
			t.Errorf("%s: year and amount are printed as\n%s", name, got)
		}
	}
}
