package focus_test

import (
	"bytes"
	"compress/gzip"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"naru/wire/focus"
)

func row() focus.Row {
	return focus.Row{
		"BilledCost": "-0.049", "BillingAccountId": "inst_1", "BillingCurrency": "KRW", "BillingPeriodStart": "2026-02-28T15:00:00Z",
		"BillingPeriodEnd": "2026-03-31T15:00:00Z", "ChargeCategory": "Adjustment", "ChargePeriodStart": "2026-02-28T15:00:00Z",
		"ChargePeriodEnd": "2026-03-31T15:00:00Z", "ContractedCost": "-0.049", "EffectiveCost": "-0.049", "InvoiceIssuerName": "공급",
		"ListCost": "-0.049", "ProviderName": "공급", "PublisherName": "공급", "ServiceCategory": "Storage", "ServiceName": "저장소",
	}
}

func TestRowsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	odd := row()
	odd["ChargeDescription"] = "한 줄\n\"둘\", 셋"
	var file bytes.Buffer
	if err := focus.Write(&file, []focus.Row{row(), odd}); err != nil {
		t.Fatal(err)
	}
	back, err := focus.Read(&file)
	if err != nil || len(back) != 2 || !maps.Equal(back[0], row()) || !maps.Equal(back[1], odd) {
		t.Errorf("read back %v, %v", back, err)
	}
}

func TestFormulasAreDisarmedAndNegativeCostsAreNot(t *testing.T) {
	t.Parallel()
	r := row()
	r["ChargeDescription"] = "=HYPERLINK(1)"
	var file bytes.Buffer
	if err := focus.Write(&file, []focus.Row{r}); err != nil {
		t.Fatal(err)
	}
	if got := file.String(); !strings.Contains(got, "'=HYPERLINK") || !strings.Contains(got, ",-0.049,") {
		t.Errorf("wrote %s", got)
	}
}

func TestRowsThatAreNotFocusAreRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(focus.Row){
		"a missing cost":            func(r focus.Row) { delete(r, "BilledCost") },
		"a cost with an exponent":   func(r focus.Row) { r["BilledCost"] = "1e3" },
		"an unknown charge":         func(r focus.Row) { r["ChargeCategory"] = "Gift" },
		"an unknown service":        func(r focus.Row) { r["ServiceCategory"] = "Ferry" },
		"an unknown class":          func(r focus.Row) { r["ChargeClass"] = "Guess" },
		"a column that is not ours": func(r focus.Row) { r["Mood"] = "good" },
	} {
		r := row()
		change(r)
		if err := focus.Write(&bytes.Buffer{}, []focus.Row{r}); err == nil {
			t.Errorf("%s was written", name)
		}
	}
}

// TestRealFile reads the sample that the specification's authors published.
func TestRealFile(t *testing.T) {
	t.Parallel()
	f, err := os.Open(filepath.Join(dataDir(t), "focus-billing", "focus-1.0-part.csv.gz"))
	if err != nil {
		t.Skip("the sample is not here: ", err)
	}
	defer f.Close()
	text, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := focus.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	providers, sum := map[string]int{}, new(big.Rat)
	for i, r := range rows {
		providers[r["ProviderName"]]++
		cost, ok := new(big.Rat).SetString(r["BilledCost"])
		if !ok {
			t.Fatalf("row %d: cost %q", i+1, r["BilledCost"])
		}
		sum.Add(sum, cost)
	}
	// The sum that is published with the file was made in floats: 15.333939640690016.
	if len(rows) != 705 || providers["AWS"] != 661 || sum.FloatString(12) != "15.333939640690" {
		t.Errorf("%d rows, %v, billed %s", len(rows), providers, sum.FloatString(15))
	}
}

// dataDir finds the real data: NARU_DATA, or shared/data above this folder.
func dataDir(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("NARU_DATA"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != "/"; dir = filepath.Dir(dir) {
		if found := filepath.Join(dir, "shared", "data"); isDir(found) {
			return found
		}
	}
	return ""
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func FuzzRead(f *testing.F) {
	f.Add("a,b\n1,2\n")
	f.Add(strings.Join(focus.Columns(), ",") + "\n\"x\n")
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := focus.Read(strings.NewReader(text))
		for _, r := range rows {
			for name := range r {
				if !strings.Contains(text, name) {
					t.Errorf("column %s is not in the file, %v", name, err)
				}
			}
		}
	})
}
