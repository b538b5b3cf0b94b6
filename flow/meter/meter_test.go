package meter_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/inventory"
	"naru/flow/meter"
	"naru/flow/provision"
	"naru/internal/testmoney"
	"naru/store"
)

var operator = testmoney.Operator

// hours lets an instance be used for whole hours from now on, and lets the time pass.
func hours(b *testmoney.Bed, id provision.InstanceID, n int) {
	for range n {
		b.Says(id, b.Now, "1.5", "0")
		b.Now = b.Now.Add(time.Hour)
	}
}

func reasons(g meter.GapsOut) string {
	var out []string
	for _, a := range g.Aside {
		out = append(out, a.Line+" "+a.Reason.Key)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func TestALineIsCountedOnceAndAChangedOneIsShown(t *testing.T) {
	t.Parallel()
	testmoney.Each(t, func(t *testing.T, b *testmoney.Bed) {
		id := b.Ready(t, b.Order(t, b.A, 1000, "1", "1"))
		hours(b, id, 3)
		if c := b.Collect(t); c.Read != 6 || c.Added != 6 || c.Aside != 0 || !c.Through.Equal(b.Now) {
			t.Fatalf("first collection: %+v", c)
		}
		if c := b.Collect(t); c.Read != 6 || c.Added != 0 || c.Repeated != 6 {
			t.Errorf("second collection: %+v", c)
		}
		changed := b.Said[0].Line
		b.Said[0].Quantity = "99"
		if c := b.Collect(t); c.Aside != 1 || c.Repeated != 5 {
			t.Errorf("collection with a changed line: %+v", c)
		}
		if c := b.Collect(t); c.Aside != 0 {
			t.Errorf("the changed line is set aside once: %+v", c)
		}
		list := testmoney.Do(t, b, operator, meter.ListUsage, meter.ListUsageIn{})
		i := slices.IndexFunc(list.Rows, func(u meter.Usage) bool { return u.Line == changed })
		if len(list.Rows) != 6 || list.Rows[i].Quantity.String() == "99" {
			t.Errorf("the first content did not stand: %+v", list.Rows)
		}
		g := testmoney.Do(t, b, operator, meter.Gaps, meter.MonthIn{Month: "2026-03"})
		if got := reasons(g); got != changed+" meter.line_changed" {
			t.Errorf("set aside: %s", got)
		}
	})
}

func TestLinesThatFitNothingAreSetAsideWithTheReason(t *testing.T) {
	t.Parallel()
	testmoney.Each(t, func(t *testing.T, b *testmoney.Bed) {
		id := b.Ready(t, b.Order(t, b.A, 1000, "1", "1"))
		good := meter.Reading{Line: "good", Instance: string(id), Meter: "gib", Unit: "GiB-h", Quantity: "1", From: b.Now, To: b.Now.Add(time.Hour)}
		with := func(line string, change func(*meter.Reading)) {
			r := good
			r.Line = line
			change(&r)
			b.Said = append(b.Said, r)
		}
		with("good", func(*meter.Reading) {})
		with("stranger", func(r *meter.Reading) { r.Instance = "ins_x" })
		with("float", func(r *meter.Reading) { r.Quantity = "1e3" })
		with("minus", func(r *meter.Reading) { r.Quantity = "-1" })
		with("early", func(r *meter.Reading) { r.From = r.From.Add(-24 * time.Hour) })
		with("future", func(r *meter.Reading) { r.To = r.To.Add(24 * time.Hour) })
		with("backwards", func(r *meter.Reading) { r.To = r.From.Add(-time.Second) })
		with("bare", func(r *meter.Reading) { r.Unit = "" })
		with("", func(*meter.Reading) {})
		b.Now = b.Now.Add(time.Hour)
		if c := b.Collect(t); c.Added != 1 || c.Aside != 8 {
			t.Errorf("collection: %+v", c)
		}
		want := " meter.no_line, backwards meter.backwards, bare meter.incomplete, early meter.outside_life, float meter.bad_quantity, " +
			"future meter.outside_life, minus meter.negative, stranger meter.unknown_instance"
		g := testmoney.Do(t, b, operator, meter.Gaps, meter.MonthIn{Month: "2026-03"})
		if got := reasons(g); got != want {
			t.Errorf("set aside: %s", got)
		}
	})
}

func TestASealWantsEveryStretchUsedOrExplained(t *testing.T) {
	t.Parallel()
	testmoney.Each(t, func(t *testing.T, b *testmoney.Bed) {
		id := b.Ready(t, b.Order(t, b.A, 1000, "1", "1"))
		hours(b, id, 2)
		from := b.Now
		b.Now = b.Now.Add(3 * time.Hour) // no usage
		to := b.Now
		hours(b, id, 1)
		b.Deleted(t, id)
		b.Collect(t)
		seal := func(early bool) error {
			_, err := op.Do(t.Context(), b.Runner, b.CallFor(operator), meter.SealMonth, meter.SealIn{Month: "2026-03", Early: early})
			return err
		}
		if err := seal(false); naru.KindOf(err) != naru.Conflict || !strings.Contains(err.Error(), "meter.not_over") {
			t.Errorf("a seal before the month ended: %v", err)
		}
		err := seal(true)
		var refusal *naru.Error
		if !errors.As(err, &refusal) || refusal.Message.Key != "meter.gaps_open" || len(refusal.Problems) != 2 {
			t.Fatalf("a seal over a gap of two meters: %v", err)
		}
		testmoney.Do(t, b, operator, meter.Explain, meter.ExplainIn{Instance: id, From: from, To: to.Add(-time.Second), Reason: "점검"})
		if err := seal(true); naru.KindOf(err) != naru.Conflict {
			t.Errorf("a seal over a gap that is explained but for a second: %v", err)
		}
		testmoney.Do(t, b, operator, meter.Explain, meter.ExplainIn{Instance: id, From: to.Add(-time.Second), To: to, Reason: "점검"})
		if err := seal(true); err != nil {
			t.Fatal(err)
		}
		if err := seal(true); naru.KindOf(err) != naru.Conflict {
			t.Errorf("a second seal of one month: %v", err)
		}
		seals := testmoney.Do(t, b, operator, meter.Seals, struct{}{})
		if len(seals.Rows) != 1 || seals.Rows[0].Lines != 6 || seals.Rows[0].Windows != 1 || !seals.Rows[0].Early || len(seals.Rows[0].Digest) != 64 {
			t.Errorf("seals: %+v", seals.Rows)
		}
	})
}

func TestAnInstanceWithoutAnyUsageHoldsUpTheSeal(t *testing.T) {
	t.Parallel()
	testmoney.Each(t, func(t *testing.T, b *testmoney.Bed) {
		b.Ready(t, b.Order(t, b.A, 1000, "1", "1"))
		b.Now = b.Now.Add(time.Second)
		in := meter.SealIn{Month: "2026-03", Early: true}
		if _, err := op.Do(t.Context(), b.Runner, b.CallFor(operator), meter.SealMonth, in); naru.KindOf(err) != naru.Conflict {
			t.Errorf("a seal without any usage: %v", err)
		}
	})
}

func TestUsageThatComesAfterTheSealIsLateAndKeepsItsDates(t *testing.T) {
	t.Parallel()
	testmoney.Each(t, func(t *testing.T, b *testmoney.Bed) {
		id := b.Ready(t, b.Order(t, b.A, 1000, "1", "1"))
		first := b.Now
		hours(b, id, 2)
		b.Collect(t)
		testmoney.Do(t, b, operator, meter.SealMonth, meter.SealIn{Month: "2026-03", Early: true})
		b.Said = append(b.Said, meter.Reading{Line: "late", Instance: string(id), Meter: "msg", Unit: "message", Quantity: "7", From: first, To: first.Add(time.Minute)})
		if c := b.Collect(t); c.Added != 1 || c.Late != 1 || c.Repeated != 4 {
			t.Errorf("collection: %+v", c)
		}
		april := testmoney.Do(t, b, operator, meter.ListUsage, meter.ListUsageIn{Filter: meter.Filter{Month: "2026-04"}})
		if len(april.Rows) != 1 || !april.Rows[0].Late || !april.Rows[0].From.Equal(first) {
			t.Errorf("charged in April: %+v", april.Rows)
		}
		// The rest of March, after the early seal, is asked for with April.
		from, _ := naru.Month("2026-04").Range()
		b.Now = from.Add(30 * 24 * time.Hour)
		g := testmoney.Do(t, b, operator, meter.Gaps, meter.MonthIn{Month: "2026-04"})
		if len(g.Gaps) != 2 || !g.Gaps[0].From.Equal(first.Add(2*time.Hour)) {
			t.Errorf("gaps of April: %+v", g)
		}
		if _, err := op.Do(t.Context(), b.Runner, b.CallFor(operator), meter.SealMonth, meter.SealIn{Month: "2026-05"}); naru.KindOf(err) != naru.Conflict {
			t.Errorf("a seal out of order: %v", err)
		}
	})
}

func TestAFaultOfTheProviderIsStatedAndTheNextAskingReachesBack(t *testing.T) {
	t.Parallel()
	testmoney.Each(t, func(t *testing.T, b *testmoney.Bed) {
		id := b.Ready(t, b.Order(t, b.A, 1000, "1", "1"))
		hours(b, id, 1)
		b.Fault = errors.New("connection refused")
		if c := b.Collect(t); c.Fault.Key != "meter.no_answer" || c.Added != 0 || !c.Through.IsZero() {
			t.Errorf("a failed collection: %+v", c)
		}
		b.Fault = nil
		if c := b.Collect(t); c.Fault.Key != "" || c.Added != 2 {
			t.Errorf("the next collection: %+v", c)
		}
	})
}

func TestProvidersAndInstitutionsSeeTheirOwnUsage(t *testing.T) {
	t.Parallel()
	testmoney.Each(t, func(t *testing.T, b *testmoney.Bed) {
		for _, of := range []inventory.InstitutionID{b.A, b.B} {
			id := b.Ready(t, b.Order(t, of, 1000, "1", "1"))
			b.Says(id, b.Now, "1", "0")
		}
		b.Now = b.Now.Add(time.Hour)
		b.Collect(t)
		count := func(a naru.Actor) int {
			return len(testmoney.Do(t, b, a, meter.ListUsage, meter.ListUsageIn{}).Rows)
		}
		officer := naru.Actor{User: "kim", Role: "officer", Institution: string(b.A)}
		own := naru.Actor{User: "park", Role: "provider", Provider: string(testmoney.Provider)}
		other := naru.Actor{User: "jo", Role: "provider", Provider: "prv_2"}
		if a, o, p, x := count(operator), count(officer), count(own), count(other); a != 4 || o != 2 || p != 4 || x != 0 {
			t.Errorf("operator %d, officer %d, provider %d, other provider %d", a, o, p, x)
		}
		in := meter.ListUsageIn{Filter: meter.Filter{Institution: b.B}}
		if _, err := op.Do(t.Context(), b.Runner, b.CallFor(officer), meter.ListUsage, in); naru.KindOf(err) != naru.NotFound {
			t.Errorf("another institution's usage: %v", err)
		}
	})
}

func TestEveryOperationFitsTheStore(t *testing.T) {
	t.Parallel()
	for _, o := range meter.Operations() {
		if err := o.Fits(&store.Tx{}); err != nil {
			t.Error(err)
		}
	}
}
