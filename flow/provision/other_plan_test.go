package provision_test

import (
	"testing"
	"time"

	"naru/flow/provision"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/internal/testroad"
	"naru/store"
)

// An update that happened at the provider while every answer was lost ends as unknown, and
// the next census says that the two sides differ, until they agree again.
func TestACensusFindsAnotherPlanThanNaruKnows(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]testbroker.Mode{"by listing": testbroker.Pass, "by fetching": testbroker.Listless} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testdb.Each(t, func(t *testing.T, db *store.DB) {
				r := testroad.New(t, db)
				i, other := running(r, "sync"), running(r, "sync")
				r.Order("bigger", nil)
				r.Front.Set(testbroker.Error500After)
				in := provision.UpdateIn{InstanceRef: ref(i.ID), Plan: r.Plan("bigger").ID}
				update(r, in)
				if end := until(r, i.ID, provision.Ready); end.Change.Fault.Key != "provision.update_unknown" || end.Plan != i.Plan {
					t.Fatalf("afterwards: %+v", end.Change)
				}
				r.Front.Set(mode)
				r.Advance(time.Minute)
				for range 2 {
					if c := census(r); len(c.Findings) != 1 || c.Findings[0].Kind != provision.OtherPlan || c.Findings[0].Action != provision.ActAlign {
						t.Fatalf("census: %+v", c)
					}
				}
				found := findings(r, provision.FindingFilter{Kind: provision.OtherPlan})
				if len(found) != 1 || found[0].Instance != i.ID || found[0].Why.Args["there"] != r.Plan("bigger").Name.Ko {
					t.Fatalf("found: %+v", found)
				}
				if n := len(findings(r, provision.FindingFilter{Instance: other.ID})); n != 0 {
					t.Errorf("%d findings about the other one", n)
				}
				update(r, in) // the proposed action
				until(r, i.ID, provision.Ready)
				agree(r, i.ID, "bigger")
				r.Advance(time.Minute)
				census(r)
				if f := findings(r, provision.FindingFilter{Kind: provision.OtherPlan}); len(f) != 1 || f[0].State != provision.FindingEnded {
					t.Errorf("once they agree: %+v", f)
				}
			})
		})
	}
}

func TestAProposalIsMootOnceTheDeletionSucceeds(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		id := stuck(r)
		w := testroad.Do(r, r.Officer(r.A), r.Ops.WriteOff, provision.WriteOffIn{Instance: id, Reason: "the provider is silent"})
		r.Front.Set(testbroker.Pass)
		until(r, id, provision.Deleted)
		list := testroad.Do(r, testroad.Operator(), r.Ops.WriteOffs, provision.WriteOffsIn{WriteOffFilter: provision.WriteOffFilter{Instance: id}}).Rows
		if len(list) != 1 || list[0].State != provision.WriteOffMoot || list[0].DecidedAt.IsZero() {
			t.Errorf("proposals: %+v", list)
		}
		told := 0
		for _, e := range r.Entries("provision.settle") {
			if e["write_off"] == "moot" {
				told++
			}
		}
		if told != 1 {
			t.Errorf("%d entries say so", told)
		}
		if err := try(r, testroad.Operator(), r.Ops.WriteOffConfirm, provision.DecideIn{ID: w.ID}); err == nil {
			t.Error("a proposal that is moot was confirmed")
		}
	})
}
