package provision_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"naru"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/inventory"
	"naru/flow/provision"
	"naru/internal/testdb"
	"naru/internal/testroad"
	"naru/store"
)

// recheckAll asks for the daily run.
func recheckAll(r *testroad.Road) {
	r.T.Helper()
	testroad.Do(r, testroad.Operator(), r.Ops.Recheck, provision.RecheckIn{})
	r.Drain()
}

// gone takes a plan out of the catalogue, or puts it back.
func gone(r *testroad.Road, slug string, is bool) {
	r.T.Helper()
	r.Store(func(ctx context.Context, tx *store.Tx) error {
		p := r.Plan(slug)
		p.Gone = is
		return tx.PutPlans(ctx, []catalog.Plan{p})
	})
}

// facts imports the system anew, with what is known of its open component.
func facts(r *testroad.Road, known bool) {
	r.T.Helper()
	of := map[string]any{
		"system.stage": "new", "system.internal_business": false, "component.foi_items": []string{"foi5"}, "component.info_kinds": []string{},
		"component.personal_data": false, "component.nonpublic_business": true, "component.onsite_reasons": []string{},
	}
	if !known {
		of = map[string]any{}
	}
	testroad.Do(r, testroad.Operator(), inventory.Import, inventory.ImportIn{Source: "test", Synthetic: true, Rows: []inventory.Row{
		{Row: 2, InstitutionCode: "A", Code: "S1", Name: "시험 시스템", Component: "열림", Facts: of},
		{Row: 3, InstitutionCode: "A", Code: "S1", Name: "시험 시스템", Component: "모름", Facts: map[string]any{}},
	}})
}

func TestEveryGroundThatIsNotMetAnyMoreIsADatedFinding(t *testing.T) {
	t.Parallel()
	tests := map[provision.FindingKind]struct {
		breaks, heals func(*testroad.Road, contract.OrderID)
	}{
		provision.OrderEnded: {
			func(r *testroad.Road, o contract.OrderID) {
				alterOrder(r, o, func(o *contract.Order) { o.State, o.Held = contract.Ended, 0 })
			},
			func(r *testroad.Road, o contract.OrderID) {
				alterOrder(r, o, func(o *contract.Order) { o.State, o.Held = contract.Approved, 5 })
			},
		},
		provision.Unfunded: {
			func(r *testroad.Road, o contract.OrderID) { alterOrder(r, o, func(o *contract.Order) { o.Held = 0 }) },
			func(r *testroad.Road, o contract.OrderID) { alterOrder(r, o, func(o *contract.Order) { o.Held = 1 }) },
		},
		provision.PlanGone: {
			func(r *testroad.Road, _ contract.OrderID) { gone(r, "sync", true) },
			func(r *testroad.Road, _ contract.OrderID) { gone(r, "sync", false) },
		},
		provision.Uncertified: {
			func(r *testroad.Road, _ contract.OrderID) { r.Certify("2026-03-01") },
			func(r *testroad.Road, _ contract.OrderID) { r.Certify("2026-12-31") },
		},
		provision.Unlawful: {
			func(r *testroad.Road, _ contract.OrderID) { facts(r, false) },
			func(r *testroad.Road, _ contract.OrderID) { facts(r, true) },
		},
	}
	for kind, tt := range tests {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			testdb.Each(t, func(t *testing.T, db *store.DB) {
				r := testroad.New(t, db)
				i := create(r, "sync")
				until(r, i.ID, provision.Ready)
				recheckAll(r)
				if f := findings(r, provision.FindingFilter{}); len(f) != 0 {
					t.Fatalf("while all is well: %+v", f)
				}
				tt.breaks(r, i.Order)
				recheckAll(r)
				recheckAll(r)
				f := findings(r, provision.FindingFilter{})
				if len(f) != 1 || f[0].Kind != kind || f[0].State != provision.FindingOpen || f[0].Instance != i.ID || f[0].Institution != r.A ||
					f[0].Order != i.Order || f[0].Why.Key == "" || f[0].Action == "" {
					t.Fatalf("what is not met: %+v", f)
				}
				usable(r, i.ID)
				tt.heals(r, i.Order)
				recheckAll(r)
				if f := findings(r, provision.FindingFilter{}); len(f) != 1 || f[0].State != provision.FindingEnded || f[0].EndedAt.IsZero() {
					t.Errorf("what is met again: %+v", f)
				}
			})
		})
	}
}

// usable shows that a finding is no outage: what exists is read, used, bound, unbound.
func usable(r *testroad.Road, id provision.InstanceID) {
	r.T.Helper()
	if now := get(r, id); now.State != provision.Ready {
		r.T.Errorf("a finding changed the instance: %+v", now.Work)
	}
	b := testroad.Do(r, r.Officer(r.A), r.Ops.Bind, provision.BindIn{Instance: id})
	r.Drain()
	testroad.Do(r, r.Officer(r.A), r.Ops.Credentials, provision.BindingRef{ID: b.ID})
	testroad.Do(r, r.Officer(r.A), r.Ops.Unbind, provision.UnbindIn{BindingRef: provision.BindingRef{ID: b.ID}})
	r.Drain()
}

func TestAChangeHasOnlyWhatItTouchesCheckedAgain(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		i := create(r, "sync")
		until(r, i.ID, provision.Ready)
		before := len(r.Entries("provision.recheck"))
		testroad.Do(r, testroad.Operator(), inventory.Import, inventory.ImportIn{Source: "test", Synthetic: true, Rows: []inventory.Row{
			{Row: 2, InstitutionCode: "B", Code: "S9", Name: "다른 시스템", Component: "하나", Facts: map[string]any{}},
		}})
		r.Drain()
		if n := len(r.Entries("provision.recheck")); n != before {
			t.Errorf("another institution's import had %d entries of re-checks", n-before)
		}
		r.Certify("2026-03-01") // nobody asks for a re-check: the entry does
		r.Drain()
		if f := findings(r, provision.FindingFilter{Live: true}); len(f) != 1 || f[0].Kind != provision.Uncertified {
			t.Fatalf("after the certificate ran out: %+v", f)
		}
		facts(r, false)
		r.Drain()
		if f := findings(r, provision.FindingFilter{Live: true}); len(f) != 1 && len(f) != 2 {
			t.Errorf("after the facts changed: %+v", f)
		}
		testroad.Do(r, r.Officer(r.A), r.Ops.Delete, provision.DeleteIn{InstanceRef: provision.InstanceRef{ID: i.ID}})
		until(r, i.ID, provision.Deleted)
		r.Drain()
		if f := findings(r, provision.FindingFilter{Live: true}); len(f) != 0 {
			t.Errorf("after the instance was deleted: %+v", f)
		}
	})
}

// The calendar alone ends an order: the daily run says so.
func TestTheDailyRunSeesWhatTheCalendarChanged(t *testing.T) {
	t.Parallel()
	r := testroad.New(t, testdb.SQLite(t))
	order := r.Order("sync", func(o *contract.Order) { o.To = "2026-03-05" })
	i := testroad.Do(r, r.Officer(r.A), r.Ops.Create, provision.CreateIn{Order: order})
	until(r, i.ID, provision.Ready)
	r.Advance(5 * 24 * time.Hour)
	recheckAll(r)
	f := findings(r, provision.FindingFilter{Live: true})
	if len(f) != 1 || f[0].Kind != provision.OrderEnded || f[0].Why.Key != "provision.order_not_covering" {
		t.Fatalf("after the last day: %+v", f)
	}
	if c := census(r); len(c.Findings) != 0 { // said already
		t.Errorf("the census says it again: %+v", c.Findings)
	}
}

// More than one batch: every instance is looked at, in transactions of bounded size.
func TestARecheckGoesOnInBatches(t *testing.T) {
	t.Parallel()
	r := testroad.New(t, testdb.SQLite(t))
	const many = 120
	first := create(r, "sync")
	until(r, first.ID, provision.Ready)
	r.Store(func(ctx context.Context, tx *store.Tx) error {
		i, err := tx.Instance(ctx, first.ID)
		if err != nil {
			return err
		}
		for n := range many {
			i.ID, i.Order = provision.InstanceID(fmt.Sprintf("ins_zz%04d", n)), contract.OrderID(fmt.Sprintf("ord_zz%04d", n))
			o, err := tx.Order(ctx, first.Order)
			if err != nil {
				return err
			}
			o.ID, o.Key, o.Held = i.Order, fmt.Sprint("zz", n), 0
			if err := tx.PutOrder(ctx, o); err != nil {
				return err
			}
			if err := tx.PutInstance(ctx, i); err != nil {
				return err
			}
		}
		return nil
	})
	recheckAll(r)
	list := testroad.Do(r, testroad.Operator(), r.Ops.Findings, provision.FindingsIn{Page: naru.Page{Limit: 200}}).Rows
	if len(list) != many {
		t.Errorf("%d findings, want %d", len(list), many)
	}
}
