package plan_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"naru"
	"naru/base/policy"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/inventory"
	"naru/flow/plan"
	"naru/internal/testdb"
	"naru/store"
)

// daejeon is the estate of the rehearsal: exactly the 709 systems of the fire by grade,
// and around them what needs them, what stands in other centres, and what nobody placed.
func daejeon() []inventory.Row {
	var rows []inventory.Row
	at := func(inst, code, centre string, grade int, needs ...string) {
		more := map[string]any{"system.site": "government", "system.centre": centre, "system.grade": grade}
		if centre == "" {
			more["system.site"], more["system.centre"] = "onsite", nil
		}
		more["system.users"], more["system.public_facing"] = 1000+len(rows), len(rows)%3 == 0
		rows = append(rows, row(inst, code, more, needs...))
	}
	for grade, count := range plan.DaejeonFire().Grades {
		for i := range count {
			at([]string{"A", "C"}[i%2], fmt.Sprintf("D%d-%03d", grade+1, i), "daejeon", grade+1)
		}
	}
	at("B", "NEAR", "", 1, "A/D1-000")              // needs one that burns
	at("B", "TOP", "", 1, "C/D4-001")               // of grade 1, needs one of grade 4 that burns
	at("B", "FAR", "", 2, "NEAR")                   // needs that one
	at("B", "FARTHER", "gwangju", 3, "FAR", "SAFE") // and that one
	at("B", "SAFE", "daegu", 1)
	at("B", "CIRCLE", "", 4, "SAFE")
	rows = append(rows, row("B", "LOST", map[string]any{"system.site": "government"}), row("B", "NOSITE", map[string]any{"system.site": nil}))
	return rows
}

func key(s []plan.Slice) map[string][2]int {
	m := map[string][2]int{}
	for _, x := range s {
		m[x.Key] = [2]int{x.Direct, x.Through}
	}
	return m
}

func TestTheDaejeonFireIsRehearsed(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		b.load(daejeon()...)
		fire := plan.DaejeonFire()
		out := do(b, operator, b.ops.Blast, plan.BlastIn{Loss: fire.Loss, Page: naru.Page{Limit: 200}})
		if out.Direct != fire.Systems || out.Through != 4 || out.Systems != 713 || out.NotKnown != 2 || out.Name.Ko == "" {
			t.Errorf("%d directly, %d through others, %d in all, %d not known", out.Direct, out.Through, out.Systems, out.NotKnown)
		}
		want := map[string][2]int{"1": {40, 2}, "2": {68, 1}, "3": {261, 1}, "4": {340, 0}}
		if got := key(out.Grades); !reflect.DeepEqual(got, want) {
			t.Errorf("by grade %v, want %v", got, want)
		}
		if got := key(out.Ministries); got["가 부처"] != [2]int{355, 4} || got[""] != [2]int{354, 0} {
			t.Errorf("by ministry %v", got)
		}
		if got := key(out.Kinds); got["quasi_government"] != [2]int{0, 4} {
			t.Errorf("by kind %v", got)
		}
		checkOrder(t, out.Rows)
		all := hitsOf(b, operator, fire.Loss)
		if len(all) != 713 || all[0].Grade != 1 || all[0].Public != policy.True {
			t.Errorf("%d rows, the first is %+v", len(all), all[0])
		}
		by := map[string]plan.Hit{}
		for _, h := range all {
			by[h.Code] = h
		}
		if h := by["D1-000"]; h.Distance != 0 || h.Needed != 1 || h.Waiting != 3 || h.Action != plan.Alternate || !slices.Contains(h.Venues, policy.Private) || h.Do.Key != "plan.do.other_centre" || h.Target != 60 {
			t.Errorf("what burns: %+v", h)
		}
		if h := by["D4-001"]; h.Grade != 4 || h.Pressing != 1 || h.Rank > 41 || h.Waiting != 1 {
			t.Errorf("what a system of grade 1 waits for does not come with grade 1: %+v", h)
		}
		for code, path := range map[string][]string{
			"NEAR": {"시스템 D1-000"}, "TOP": {"시스템 D4-001"}, "FAR": {"시스템 D1-000", "시스템 NEAR"}, "FARTHER": {"시스템 D1-000", "시스템 NEAR", "시스템 FAR"},
		} {
			if h := by[code]; h.Distance != len(path) || !slices.Equal(h.Path, path) || h.Action != plan.WaitFor {
				t.Errorf("%s: %+v", code, h)
			}
		}
		for _, code := range []string{"SAFE", "CIRCLE", "LOST", "NOSITE"} {
			if h, hit := by[code]; hit {
				t.Errorf("%s is hit: %+v", code, h)
			}
		}
	})
}

// hitsOf reads every page.
func hitsOf(b *bed, a naru.Actor, l plan.Loss) (all []plan.Hit) {
	for in := (plan.BlastIn{Loss: l, Page: naru.Page{Limit: 200}}); ; {
		out := do(b, a, b.ops.Blast, in)
		all = append(all, out.Rows...)
		if in.After = out.Next; in.After == "" {
			return all
		}
	}
}

func checkOrder(t *testing.T, rows []plan.Hit) {
	t.Helper()
	public := map[policy.Truth]int{policy.True: 0, policy.Unknown: 1, policy.False: 2}
	ordered := slices.IsSortedFunc(rows, func(a, b plan.Hit) int {
		switch {
		case (a.Distance > 0) != (b.Distance > 0):
			return min(a.Distance, 1) - min(b.Distance, 1)
		case a.Pressing != b.Pressing:
			return int(a.Pressing - b.Pressing)
		case a.Public != b.Public:
			return public[a.Public] - public[b.Public]
		case a.Users != b.Users:
			return int(b.Users - a.Users)
		}
		return b.Waiting - a.Waiting
	})
	if !ordered || len(rows) == 0 || rows[0].Rank != 1 {
		t.Error("the order of what to do first does not hold")
	}
}

func TestOfficersSeeOnlyWhatIsHitOfTheirs(t *testing.T) {
	t.Parallel()
	b := newBed(t, testdb.SQLite(t))
	b.load(daejeon()...)
	out := do(b, b.officer("B"), b.ops.Blast, plan.BlastIn{Loss: plan.DaejeonFire().Loss})
	if out.Systems != 4 || out.Direct != 0 || out.NotKnown != 2 || len(out.Rows) != 4 || len(out.Kinds) != 1 || len(out.Ministries) != 1 {
		t.Errorf("the officer of B sees %+v", out)
	}
	for _, h := range out.Rows {
		if h.Institution != b.ids["B"] || h.Path[0] != plan.Foreign {
			t.Errorf("the officer of B sees %+v", h)
		}
	}
	if out := do(b, b.officer("A"), b.ops.Blast, plan.BlastIn{Loss: plan.DaejeonFire().Loss}); out.Through != 0 || out.Rows[0].Needed != 0 || out.Rows[0].Waiting != 0 || out.Direct != 355 {
		t.Errorf("the officer of A counts what needs theirs elsewhere: %+v", out.Rows[0])
	}
	if kind := refused(b, b.officer("A"), b.ops.Blast, plan.BlastIn{Loss: plan.Loss{Kind: plan.LostRoom, Of: string(b.ids["B"])}}); kind != naru.NotFound {
		t.Errorf("a foreign room is %s", kind)
	}
	for name, l := range map[string]plan.Loss{"nothing": {}, "a planet": {Kind: "planet", Of: "mars"}, "nowhere": {Kind: plan.LostCentre, Of: "mars"}, "no centre": {Kind: plan.LostCentre}} {
		if kind := refused(b, operator, b.ops.Blast, plan.BlastIn{Loss: l}); kind != naru.Invalid {
			t.Errorf("%s lost is %s", name, kind)
		}
	}
	if kind := refused(b, operator, b.ops.Blast, plan.BlastIn{Loss: plan.Loss{Kind: plan.LostProvider, Of: "prv_none"}}); kind != naru.NotFound {
		t.Errorf("a provider that is not there is %s", kind)
	}
}

func TestARoomASiteAndWhoMustDecide(t *testing.T) {
	t.Parallel()
	b := newBed(t, testdb.SQLite(t))
	b.load(
		row("A", "R1", nil), row("A", "R2", map[string]any{"component.onsite_reasons": []string{"sensor_cctv"}}),
		row("B", "OTHER", nil, "A/R1"), row("A", "GOV", map[string]any{"system.site": "government", "system.centre": "daegu"}),
		inventory.Row{InstitutionCode: "A", Code: "R3", Name: "R3", Facts: map[string]any{"system.site": "onsite"}},
	)
	actions := map[string]string{}
	for _, h := range hitsOf(b, operator, plan.Loss{Kind: plan.LostRoom, Of: string(b.ids["A"])}) {
		actions[h.Code] = h.Action
		if h.Action == plan.FillFacts && len(h.Missing) == 0 {
			t.Errorf("%+v names no missing fact", h)
		}
	}
	want := map[string]string{"R1": plan.Alternate, "R2": plan.NoVenue, "R3": plan.FillFacts, "OTHER": plan.WaitFor}
	if !reflect.DeepEqual(actions, want) {
		t.Errorf("the room of A is lost: %v, want %v", actions, want)
	}
	for _, h := range hitsOf(b, operator, plan.Loss{Kind: plan.LostSite, Of: "government"}) {
		if h.Code != "GOV" || slices.Contains(h.Venues, policy.Government) {
			t.Errorf("every government centre is lost: %+v", h)
		}
	}
}

func TestALostProviderServiceOrCertificateIsFoundThroughContracts(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		b.load(row("A", "USES", map[string]any{"system.grade": 1}), row("B", "NEEDS", nil, "A/USES"), row("A", "OTHER", nil))
		deal := b.buy("USES")
		for _, l := range []plan.Loss{
			{Kind: plan.LostProvider, Of: string(deal.Provider)}, {Kind: plan.LostService, Of: string(deal.Service)}, {Kind: plan.LostCertificate, Of: "CERT-1"},
		} {
			out := do(b, operator, b.ops.Blast, plan.BlastIn{Loss: l})
			if out.Direct != 1 || out.Through != 1 || out.Orders != 1 || out.Components != 1 || len(out.Deals) != 1 || out.Deals[0].Order != string(deal.ID) ||
				out.Deals[0].ComponentName == "" || out.Rows[0].Code != "USES" || out.Name.Ko == "" {
				t.Errorf("%s lost: %+v", l.Kind, out)
			}
			action := map[string]string{plan.LostProvider: plan.DRService, plan.LostService: plan.DRService, plan.LostCertificate: plan.Recertify}[l.Kind]
			if h := out.Rows[0]; h.Action != action || l.Kind == plan.LostCertificate && h.Do.Key != "plan.do.certified" {
				t.Errorf("%s lost, first action %+v", l.Kind, h)
			}
			if own := do(b, b.officer("B"), b.ops.Blast, plan.BlastIn{Loss: l}); own.Direct != 0 || own.Through != 1 || own.Orders != 0 || len(own.Deals) != 0 {
				t.Errorf("%s lost, the officer of B sees %+v", l.Kind, own)
			}
		}
		do(b, b.officer("A"), b.contract().End, contract.RefuseIn{ID: deal.ID, Reason: "끝"})
		if out := do(b, operator, b.ops.Blast, plan.BlastIn{Loss: plan.Loss{Kind: plan.LostProvider, Of: string(deal.Provider)}}); out.Systems != 0 || out.Orders != 0 {
			t.Errorf("an ended order still ties a system to its provider: %+v", out)
		}
	})
}

func (b *bed) contract() contract.Ops { return contract.New(contract.Config{Book: b.book}) }

// buy registers a provider with one service that holds two certificates, and orders it
// for a system of A.
func (b *bed) buy(code string) contract.Order {
	b.t.Helper()
	p := do(b, operator, catalog.Register, catalog.RegisterIn{Name: naru.Text{Ko: "한빛클라우드", En: "Hanbit"}, Venue: policy.Private})
	do(b, operator, catalog.Load, catalog.LoadIn{Provider: p.ID, Listing: catalog.Listing{Services: []catalog.ServiceOffer{{
		OSBID: "s", Slug: "objects", Name: naru.Text{Ko: "저장소", En: "Objects"}, Region: "KR", Meters: []catalog.Meter{{Name: "storage", Unit: "GiB-hour"}},
		Plans: []catalog.PlanOffer{{OSBID: "p", Slug: "small", Name: naru.Text{Ko: "소형", En: "Small"}}},
	}}}})
	svc := do(b, operator, catalog.ListServices, catalog.ListServicesIn{}).Rows[0].ID
	for _, number := range []string{"CERT-1", "CERT-2"} {
		do(b, operator, catalog.Certify, catalog.CertifyIn{Service: svc, Certificate: catalog.Certificate{
			Scheme: catalog.CSAP, Type: "iaas", Tier: "high", Number: number, From: "2025-01-01", To: "2029-12-31",
		}})
	}
	offer := do(b, operator, catalog.GetService, catalog.ServiceIn{ID: svc})
	do(b, operator, catalog.SetPrices, catalog.SetPricesIn{Plan: offer.Plans[0].ID, Prices: []catalog.Price{
		{Meter: "storage", Unit: "GiB-hour", Rate: naru.DecimalOf(1), From: "2025-01-01"},
	}})
	approver := naru.Actor{User: "approver", Role: "approver", Institution: string(b.ids["A"])}
	buying := b.contract()
	do(b, approver, buying.SetBudget, contract.BudgetIn{Year: 2026, Amount: 1e8})
	row := do(b, operator, inventory.ListSystems, inventory.ListSystemsIn{Filter: inventory.Filter{Query: code}}).Rows[0]
	sys := do(b, operator, inventory.GetSystem, inventory.SystemIn{ID: row.ID})
	order := do(b, b.officer("A"), buying.Order, contract.OrderIn{
		System: row.ID, Component: sys.Components[0].ID, Plan: offer.Plans[0].ID, From: "2026-03-02", To: "2026-12-31", Hold: 1e6, Purpose: "시험",
	})
	return do(b, approver, buying.Approve, contract.DecideIn{ID: order.ID})
}
