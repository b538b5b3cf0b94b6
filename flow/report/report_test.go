package report_test

import (
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/account"
	"naru/flow/inventory"
	"naru/flow/meter"
	"naru/flow/report"
	"naru/internal/testmoney"
	"naru/store"
)

func share(t *testing.T, a report.Adoption, key string) report.Measure {
	t.Helper()
	for _, m := range a.Measures {
		if m.Key == key {
			return m
		}
	}
	t.Fatalf("no measure %s", key)
	return report.Measure{}
}

func TestAdoptionCountsByKindAndSite(t *testing.T) {
	t.Parallel()
	testmoney.Each(t, func(t *testing.T, b *testmoney.Bed) {
		testmoney.Do(t, b, testmoney.Operator, inventory.Import, inventory.ImportIn{Source: "test", Rows: []inventory.Row{
			{Row: 2, InstitutionCode: "A1", Code: "S3", Name: "셋", Facts: map[string]any{"system.site": "ppp"}},
			{Row: 3, InstitutionCode: "A1", Code: "S4", Name: "넷", Facts: map[string]any{"system.site": "onsite", "system.yearly_cost": 750}},
			{Row: 4, InstitutionCode: "A1", Code: "S5", Name: "다섯"},
		}})
		a := testmoney.Do(t, b, testmoney.Ministry, report.ByDate, report.In{})
		if len(a.Rows) != 3 || a.Rows[0].Kind != "central" || a.Rows[1].Kind != "local" || a.Rows[2].Kind != "total" {
			t.Fatalf("rows: %+v", a.Rows)
		}
		want := report.Row{
			Kind: "total", Institutions: 2, InstitutionsCloud: 2, InstitutionsPrivate: 2, Systems: 5, Private: 1, PPP: 1, Own: 1, OnSite: 1,
			SiteUnknown: 1, Cost: 2000, CostCloud: 1250, CostPrivate: 250, CostUnknown: 2,
		}
		if a.Rows[2] != want {
			t.Errorf("total:\n%+v, want\n%+v", a.Rows[2], want)
		}
		for key, want := range map[string]string{
			"institutions_private": "100.00", "systems_cloud": "60.00", "systems_private": "40.00", "budget_private": "12.50", "paid_private": "",
		} {
			if m := share(t, a, key); m.Share != want || m.Definition.Key == "" || m.Query.Key == "" {
				t.Errorf("%s: %+v, want %q", key, m, want)
			}
		}
		if m := share(t, a, "systems_cloud"); m.Unknown != 1 || len(m.Published) != 3 {
			t.Errorf("systems in the cloud: %+v", m)
		}
		local := testmoney.Do(t, b, testmoney.Ministry, report.ByDate, report.In{Kind: "local"})
		if m := share(t, local, "systems_private"); m.Share != "100.00" || m.Denominator != 1 {
			t.Errorf("systems of local governments: %+v", m)
		}
	})
}

func TestTheSameFactsGiveTheSameDigest(t *testing.T) {
	t.Parallel()
	testmoney.Each(t, func(t *testing.T, b *testmoney.Bed) {
		first := testmoney.Do(t, b, testmoney.Ministry, report.ByDate, report.In{AsOf: "2026-03-02"})
		b.Now = b.Now.Add(48 * time.Hour)
		again := testmoney.Do(t, b, testmoney.Operator, report.ByDate, report.In{AsOf: "2026-03-02"})
		if first.Digest == "" || first.Digest != again.Digest {
			t.Errorf("digests %s and %s", first.Digest, again.Digest)
		}
		testmoney.Do(t, b, testmoney.Operator, inventory.Import, inventory.ImportIn{Source: "test", Rows: []inventory.Row{
			{Row: 2, InstitutionCode: "A1", Code: "S1", Name: "하나", Facts: map[string]any{"system.site": "private"}},
		}})
		if moved := testmoney.Do(t, b, testmoney.Operator, report.ByDate, report.In{AsOf: "2026-03-02"}); moved.Digest == first.Digest {
			t.Error("a system moved and the digest did not")
		}
		for _, in := range []report.In{{AsOf: "2027-01-01"}, {AsOf: "yesterday"}, {Kind: "moon"}} {
			if _, err := op.Do(t.Context(), b.Runner, b.CallFor(testmoney.Operator), report.ByDate, in); naru.KindOf(err) != naru.Invalid {
				t.Errorf("%+v: %v", in, err)
			}
		}
	})
}

func TestOnlyApprovedStatementsCountAsPaid(t *testing.T) {
	t.Parallel()
	testmoney.Each(t, func(t *testing.T, b *testmoney.Bed) {
		id := b.Ready(t, b.Order(t, b.A, 1000, "100", "0"))
		b.Says(id, b.Now, "3", "0")
		b.Now = b.Now.Add(time.Hour)
		b.Collect(t)
		testmoney.Do(t, b, testmoney.Operator, meter.SealMonth, meter.SealIn{Month: "2026-03", Early: true})
		v := testmoney.Do(t, b, testmoney.Operator, account.Propose, account.MonthIn{Month: "2026-03"})
		before := testmoney.Do(t, b, testmoney.Ministry, report.ByDate, report.In{})
		testmoney.Do(t, b, testmoney.Ministry, account.Approve, account.ApproveIn{Month: v.Month, Digest: v.Digest})
		after := testmoney.Do(t, b, testmoney.Ministry, report.ByDate, report.In{})
		if x, y := share(t, before, "paid_private"), share(t, after, "paid_private"); x.Denominator != 0 || y.Numerator != 300 || y.Share != "100.00" {
			t.Errorf("paid before %+v, after %+v", x, y)
		}
	})
}

// TestPercentAgreesWithRationals compares random shares with exact rationals.
func TestPercentAgreesWithRationals(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 9))
	half := big.NewRat(1, 200)
	for range 5000 {
		d := rng.Int64N(1e15) + 1
		n := rng.Int64N(d + 1)
		got, ok := new(big.Rat).SetString(report.Percent(n, d))
		exact := new(big.Rat).Mul(big.NewRat(n, d), big.NewRat(100, 1))
		if !ok || new(big.Rat).Abs(exact.Sub(exact, got)).Cmp(half) > 0 {
			t.Fatalf("%d of %d is %q", n, d, report.Percent(n, d))
		}
	}
	for n, want := range map[int64]string{0: "0.00", 1: "0.12", 3: "0.38", 800: "100.00"} { // of 800: halves go to even
		if got := report.Percent(n, 800); got != want {
			t.Errorf("%d of 800 is %s, want %s", n, got, want)
		}
	}
	if report.Percent(1, 0) != "" {
		t.Error("a share of nothing is not a number")
	}
}

func TestEveryOperationFitsTheStore(t *testing.T) {
	t.Parallel()
	for _, o := range report.Operations() {
		if err := o.Fits(&store.Tx{}); err != nil {
			t.Error(err)
		}
	}
}
