package contract_test

import (
	"context"
	"testing"

	"naru"
	"naru/base/record"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/internal/testdb"
	"naru/store"
)

func TestOrderIsApprovedByASecondPersonAndHoldsBudget(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		b.budget(1000)
		o := do(b, b.officer, b.ops.Order, b.wish(600))
		if o.State != contract.Requested || o.Held != 0 || len(o.Prices) != 1 || o.Prices[0].Rate.String() != "100.5" || o.Track != "negotiated" || o.Basis.Certificate.Number != "C-1" {
			t.Fatalf("requested: %+v", o)
		}
		if m := b.money(); m.Held != 0 {
			t.Errorf("the budget is held before approval: %+v", m)
		}
		b.price("999", "2026-03-03") // prices of the order are frozen
		a := do(b, b.approver, b.ops.Approve, contract.DecideIn{ID: o.ID, Version: o.Version})
		if a.State != contract.Approved || a.Held != 600 || a.DecidedBy != "app" || a.Prices[0].Rate.String() != "100.5" {
			t.Errorf("approved: %+v", a)
		}
		if again := do(b, b.approver, b.ops.Approve, contract.DecideIn{ID: o.ID, Version: o.Version}); again.Version != a.Version {
			t.Errorf("approving twice made version %d of %d", again.Version, a.Version)
		}
		if m := b.money(); m.Held != 600 || m.Free() != 400 {
			t.Errorf("budget: %+v", m)
		}
		row := do(b, b.seller, b.ops.Get, contract.GetIn{ID: o.ID})
		if row.SystemName != "하나" || row.PlanName.Ko != "작은 것" || row.InstitutionName != "가 기관" || row.ProviderName.Ko != "가 회사" {
			t.Errorf("names: %+v", row)
		}
		e := do(b, b.officer, b.ops.End, contract.RefuseIn{ID: o.ID, Reason: "사업 종료"})
		if e.State != contract.Ended || e.Held != 0 || e.Reason != "사업 종료" {
			t.Errorf("ended: %+v", e)
		}
		if m := b.money(); m.Held != 0 || m.Free() != 1000 {
			t.Errorf("budget after the end: %+v", m)
		}
	})
}

func TestDecidingIsRefused(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		b.budget(500)
		o := do(b, b.officer, b.ops.Order, b.wish(600))
		twoHats := naru.Actor{User: "off", Role: "approver", Institution: string(b.inst)}
		_, err := try(b, twoHats, b.ops.Approve, contract.DecideIn{ID: o.ID})
		refused(t, err, naru.Denied, "contract.same_person")
		if last := lastEntry(t, db); last.Outcome != record.Denied || last.Detail["reason"] != "contract.same_person" || last.Subjects[0] != string(o.ID) || last.User != "off" {
			t.Errorf("the refusal is not in the record: %+v", last)
		}
		_, err = try(b, b.officer, b.ops.Approve, contract.DecideIn{ID: o.ID})
		refused(t, err, naru.Denied, "identity.no_permission")
		_, err = try(b, b.stranger, b.ops.Approve, contract.DecideIn{ID: o.ID})
		refused(t, err, naru.NotFound, "not_found")
		_, err = try(b, b.approver, b.ops.Approve, contract.DecideIn{ID: o.ID, Version: 7})
		refused(t, err, naru.Conflict, "contract.order_changed")
		_, err = try(b, b.approver, b.ops.Approve, contract.DecideIn{ID: o.ID})
		e := refused(t, err, naru.Exhausted, "contract.over_budget")
		if e.Message.Args["hold"] != "600" || e.Message.Args["free"] != "500" {
			t.Errorf("args: %v", e.Message.Args)
		}
		_, err = try(b, b.approver, b.ops.Reject, contract.RefuseIn{ID: o.ID})
		refused(t, err, naru.Invalid, "contract.reason_missing")
		r := do(b, b.approver, b.ops.Reject, contract.RefuseIn{ID: o.ID, Reason: "예산 부족"})
		if r.State != contract.Rejected || r.DecidedBy != "app" {
			t.Errorf("rejected: %+v", r)
		}
		b.budget(5000)
		_, err = try(b, b.approver, b.ops.Approve, contract.DecideIn{ID: o.ID})
		refused(t, err, naru.Conflict, "contract.wrong_state")
		_, err = try(b, b.officer, b.ops.End, contract.RefuseIn{ID: o.ID, Reason: "x"})
		refused(t, err, naru.Conflict, "contract.wrong_state")
	})
}

func TestLawAndCertificateAreCheckedTwice(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		b.budget(10_000)
		lapses, closes := do(b, b.officer, b.ops.Order, b.wish(1)), do(b, b.officer, b.ops.Order, b.wish(2))
		b.certifyUntil("2026-03-10")
		b.days.Store(9) // 2026-03-11
		_, err := try(b, b.approver, b.ops.Approve, contract.DecideIn{ID: lapses.ID})
		if e := refused(t, err, naru.Conflict, "contract.not_fit"); e.Problems[0].Message.Key != "match.certificate_not_valid" {
			t.Errorf("problems: %+v", e.Problems)
		}
		wish := b.wish(3)
		wish.From = "2026-03-11"
		_, err = try(b, b.officer, b.ops.Order, wish)
		refused(t, err, naru.Conflict, "contract.not_fit")

		b.certifyUntil("2026-12-31")
		b.importSystem(map[string]any{"component.personal_data": true, "component.info_kinds": []string{"defence"}})
		_, err = try(b, b.approver, b.ops.Approve, contract.DecideIn{ID: closes.ID})
		if e := refused(t, err, naru.Conflict, "contract.not_fit"); e.Problems[0].Message.Key != "match.venue_closed" {
			t.Errorf("problems: %+v", e.Problems)
		}
		b.importSystem(map[string]any{})
		_, err = try(b, b.officer, b.ops.Order, wish)
		if e := refused(t, err, naru.Conflict, "contract.not_fit"); e.Problems[0].Message.Key != "match.fact_missing" {
			t.Errorf("problems: %+v", e.Problems)
		}
	})
}

func TestOrdersAreRefusedWithEveryFault(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		tests := map[string]struct {
			change func(*contract.OrderIn)
			key    string
			faults int
		}{
			"nothing given":           {func(in *contract.OrderIn) { *in = contract.OrderIn{System: b.system} }, "contract.order_refused", 4},
			"a beginning in the past": {func(in *contract.OrderIn) { in.From = "2026-03-01" }, "contract.order_refused", 1},
			"an end before the start": {func(in *contract.OrderIn) { in.From, in.To = "2026-05-01", "2026-04-30" }, "contract.order_refused", 1},
			"two budget years":        {func(in *contract.OrderIn) { in.To = "2027-01-01" }, "contract.order_refused", 1},
			"a hold of nothing":       {func(in *contract.OrderIn) { in.Hold = 0 }, "contract.order_refused", 1},
			"a hold beyond all":       {func(in *contract.OrderIn) { in.Hold = 1 << 62 }, "contract.order_refused", 1},
			"a track that is none":    {func(in *contract.OrderIn) { in.Track = "gift" }, "contract.unknown_track", 0},
			"a foreign component":     {func(in *contract.OrderIn) { in.Component = "cmp_0" }, "contract.unknown_component", 0},
		}
		for name, tt := range tests {
			in := b.wish(1)
			tt.change(&in)
			_, err := try(b, b.officer, b.ops.Order, in)
			if e := refused(t, err, naru.Invalid, tt.key); len(e.Problems) != tt.faults {
				t.Errorf("%s: %+v", name, e.Problems)
			}
		}
		_, err := try(b, b.approver, b.ops.Order, b.wish(1))
		refused(t, err, naru.Denied, "identity.no_permission")
		in := b.wish(1)
		in.Plan = "pln_0"
		_, err = try(b, b.officer, b.ops.Order, in)
		refused(t, err, naru.NotFound, "not_found")
		other := naru.Actor{User: "x", Role: "officer", Institution: b.stranger.Institution}
		_, err = try(b, other, b.ops.Order, b.wish(1))
		refused(t, err, naru.NotFound, "not_found")
	})
}

func TestTheSameRequestMakesOneOrder(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		in := b.wish(100)
		in.Key = "2026-민원-1"
		first := do(b, b.officer, b.ops.Order, in)
		if again := do(b, b.officer, b.ops.Order, in); again.ID != first.ID {
			t.Error("the same request made two orders")
		}
		in.Hold = 101
		_, err := try(b, b.officer, b.ops.Order, in)
		refused(t, err, naru.Conflict, "contract.key_taken")
		if list := do(b, b.officer, b.ops.Orders, contract.OrdersIn{}); len(list.Rows) != 1 {
			t.Errorf("%d orders", len(list.Rows))
		}
	})
}

func TestOrdersAreSeenByTheirOwnPeople(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		b.budget(1000)
		o := do(b, b.officer, b.ops.Order, b.wish(10))
		sees := map[string]struct {
			who  naru.Actor
			rows int
		}{
			"officer": {b.officer, 1}, "approver": {b.approver, 1}, "ministry": {ministry, 1}, "operator": {operator, 1},
			"provider": {b.seller, 1}, "another institution": {b.stranger, 0}, "another provider": {b.rival, 0},
		}
		for name, tt := range sees {
			if list := do(b, tt.who, b.ops.Orders, contract.OrdersIn{}); len(list.Rows) != tt.rows {
				t.Errorf("%s sees %d orders, want %d", name, len(list.Rows), tt.rows)
			}
			_, err := try(b, tt.who, b.ops.Get, contract.GetIn{ID: o.ID})
			if tt.rows == 0 {
				refused(t, err, naru.NotFound, "not_found")
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err := try(b, b.stranger, b.ops.Orders, contract.OrdersIn{Filter: contract.Filter{Institution: b.inst}})
		refused(t, err, naru.NotFound, "not_found")
		_, err = try(b, b.rival, b.ops.Orders, contract.OrdersIn{Filter: contract.Filter{Provider: catalog.ProviderID(b.seller.Provider)}})
		refused(t, err, naru.NotFound, "not_found")
		if list := do(b, b.stranger, b.ops.Budgets, contract.BudgetsIn{}); len(list.Rows) != 0 {
			t.Errorf("a foreign budget is seen: %+v", list.Rows)
		}
		_, err = try(b, b.stranger, b.ops.SetBudget, contract.BudgetIn{Institution: b.inst, Year: 2026, Amount: 1})
		refused(t, err, naru.NotFound, "not_found")
		_, err = try(b, b.stranger, b.ops.Reject, contract.RefuseIn{ID: o.ID, Reason: "x"})
		refused(t, err, naru.NotFound, "not_found")
		if list := do(b, ministry, b.ops.Orders, contract.OrdersIn{Filter: contract.Filter{State: contract.Approved}}); len(list.Rows) != 0 {
			t.Errorf("by state: %+v", list.Rows)
		}
	})
}

func TestBudgetsStayCovered(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		first := b.budget(1000)
		o := do(b, b.officer, b.ops.Order, b.wish(700))
		do(b, b.approver, b.ops.Approve, contract.DecideIn{ID: o.ID})
		_, err := try(b, b.approver, b.ops.SetBudget, contract.BudgetIn{Year: 2026, Amount: 699})
		if e := refused(t, err, naru.Conflict, "contract.budget_bound"); e.Message.Args["bound"] != "700" {
			t.Errorf("args: %v", e.Message.Args)
		}
		_, err = try(b, b.approver, b.ops.SetBudget, contract.BudgetIn{Year: 2026, Amount: 2000, Version: first.Version})
		refused(t, err, naru.Conflict, "contract.budget_changed")
		_, err = try(b, b.approver, b.ops.SetBudget, contract.BudgetIn{Year: 1, Amount: 1})
		refused(t, err, naru.Invalid, "contract.bad_year")
		_, err = try(b, b.approver, b.ops.SetBudget, contract.BudgetIn{Year: 2026, Amount: -1})
		refused(t, err, naru.Invalid, "contract.bad_amount")
		_, err = try(b, b.officer, b.ops.SetBudget, contract.BudgetIn{Year: 2026, Amount: 1})
		refused(t, err, naru.Denied, "identity.no_permission")
		b.budget(700)
	})
}

func TestEveryOperationFitsTheStore(t *testing.T) {
	t.Parallel()
	for _, o := range contract.New(contract.Config{}).All() {
		if err := o.Fits(&store.Tx{}); err != nil {
			t.Error(err)
		}
	}
}

func lastEntry(t *testing.T, db *store.DB) (last record.Entry) {
	t.Helper()
	err := db.Read(t.Context(), func(ctx context.Context, v any) error {
		entries, err := v.(*store.Tx).EntriesFrom(ctx, 0, 1000)
		last = entries[len(entries)-1]
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return last
}
