package provision_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"naru/flow/catalog"
	"naru/flow/provision"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/internal/testroad"
	"naru/store"
	"naru/wire/osb"
)

// changed asks for another plan and returns how that ended.
func changed(r *testroad.Road, id provision.InstanceID, slug string) provision.InstanceOut {
	r.T.Helper()
	update(r, provision.UpdateIn{InstanceRef: ref(id), Plan: r.Plan(slug).ID})
	r.Drain()
	return until(r, id, provision.Ready)
}

func TestAnUpdateOverItsTimeIsSettledByWhatTheProviderShows(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		mode  testbroker.Mode
		while func(r *testroad.Road, id provision.InstanceID) // the update is accepted
		has   string                                          // the plan afterwards
		fault string
		found provision.FindingKind
	}{
		{"the new plan is taken over", testbroker.Dawdle, nil, "async", "", ""},
		{"the old plan stays", testbroker.NeverEnding, func(r *testroad.Road, _ provision.InstanceID) {
			r.Front.Set(testbroker.Dawdle)
		}, "sync", "provision.update_too_slow", ""},
		{"a third plan is found at once", testbroker.Dawdle, func(r *testroad.Road, id provision.InstanceID) {
			move(r, id, "async", "bigger")
		}, "sync", "provision.update_too_slow", provision.OtherPlan},
		{"a broker that does not know the instance leaves it in doubt", testbroker.NeverEnding, nil, "sync", "provision.update_unknown", provision.PlanUnsure},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			testdb.Each(t, func(t *testing.T, db *store.DB) {
				r := testroad.New(t, db)
				i := running(r, "sync")
				next := r.Order("async", nil)
				r.Front.Set(tt.mode)
				update(r, provision.UpdateIn{InstanceRef: ref(i.ID), Plan: r.Plan("async").ID})
				r.Drain()
				workedOff(r, i.ID)
				if tt.while != nil {
					tt.while(r, i.ID)
				}
				end := until(r, i.ID, provision.Ready)
				if end.Plan != r.Plan(tt.has).ID || end.Change.Fault.Key != tt.fault || (end.Order == next) != (tt.has == "async") {
					t.Errorf("afterwards: plan %s, order %s, change %+v", end.PlanName.En, end.Order, end.Change)
				}
				found := findings(r, provision.FindingFilter{Instance: i.ID})
				switch {
				case tt.found == "" && len(found) > 0:
					t.Errorf("found: %+v", found)
				case tt.found != "" && (len(found) != 1 || found[0].Kind != tt.found || found[0].Action != provision.ActAlign || found[0].Order != i.Order):
					t.Errorf("found: %+v, want %s", found, tt.found)
				}
			})
		})
	}
}

// move gives an instance another plan at the broker, behind naru's back.
func move(r *testroad.Road, id provision.InstanceID, from, to string) {
	r.T.Helper()
	if there := atBroker(r, id); there.PlanID != r.Plan(from).OSBID {
		r.T.Fatalf("the broker has %+v, want %s", there, from)
	}
	in := osb.UpdateRequest{InstanceID: string(id), ServiceID: r.Offer.OSBID, PlanID: r.Plan(to).OSBID}
	if got, err := r.Broker.Client.Update(r.T.Context(), in); err != nil || got.Async {
		r.T.Fatalf("%+v, %v", got, err)
	}
}

// mute has the catalogue say that the service shows no instances.
func mute(r *testroad.Road) {
	r.T.Helper()
	r.Store(func(ctx context.Context, tx *store.Tx) error {
		o, err := tx.Offer(ctx, r.Offer.ID)
		if err != nil {
			return err
		}
		wire := strings.Replace(string(o.Wire), `"instances_retrievable":true`, `"instances_retrievable":false`, 1)
		if wire == string(o.Wire) {
			r.T.Fatalf("the service says %s", wire)
		}
		o.Wire = []byte(wire)
		return tx.PutServices(ctx, []catalog.Service{o.Service})
	})
}

func TestABrokerThatShowsNoInstancesIsNotAskedAndLeavesThePlanInDoubt(t *testing.T) {
	t.Parallel()
	r := testroad.New(t, testdb.SQLite(t))
	i := running(r, "sync")
	r.Order("async", nil)
	mute(r)
	watch := &spy{Broker: r.Link}
	r.Work.Handlers = provision.Handlers(watch)
	r.Front.Set(testbroker.Dawdle)
	if end := changed(r, i.ID, "async"); end.Change.Fault.Key != "provision.update_unknown" || end.Plan != i.Plan {
		t.Errorf("afterwards: %+v", end.Change)
	}
	for _, q := range watch.seen {
		if q.Step == provision.Fetch {
			t.Errorf("it was asked all the same: %+v", q)
		}
	}
	if found := findings(r, provision.FindingFilter{Kind: provision.PlanUnsure, Live: true}); len(found) != 1 {
		t.Errorf("found: %+v", found)
	}
}

func TestAnUpdateThatTheBrokerIsStillAtWhenItsTimeIsOverIsInDoubtUntilACensusTells(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		i, began := running(r, "sync"), r.Now()
		r.Order("async", nil)
		let := testbroker.Shut(t, r.Broker)
		update(r, provision.UpdateIn{InstanceRef: ref(i.ID), Plan: r.Plan("async").ID})
		end := get(r, i.ID)
		for end.State == provision.Updating && r.Now().Sub(began) < time.Hour { // the broker's gate is shut: nothing to wait for there
			r.Drain()
			r.Advance(15 * time.Second)
			end = get(r, i.ID)
		}
		if took := r.Now().Sub(began); end.Change.Fault.Key != "provision.update_unknown" || took > 11*time.Minute {
			t.Errorf("after %v: %+v", took, end.Change)
		}
		if found := findings(r, provision.FindingFilter{Instance: i.ID}); len(found) != 1 || found[0].Kind != provision.PlanUnsure {
			t.Fatalf("found: %+v", found)
		}
		let()
		workedOff(r, i.ID)
		r.Advance(time.Minute)
		census(r)
		for _, f := range findings(r, provision.FindingFilter{Instance: i.ID}) {
			if want := f.Kind == provision.PlanUnsure; want != (f.State == provision.FindingEnded) {
				t.Errorf("after the census: %+v", f.Finding)
			}
		}
		update(r, provision.UpdateIn{InstanceRef: ref(i.ID), Plan: r.Plan("async").ID})
		until(r, i.ID, provision.Ready)
		agree(r, i.ID, "async")
		if found := findings(r, provision.FindingFilter{Instance: i.ID, Live: true}); len(found) != 0 {
			t.Errorf("once the change succeeded: %+v", found)
		}
	})
}

func TestADoubtEndsWithTheInstance(t *testing.T) {
	t.Parallel()
	r := testroad.New(t, testdb.SQLite(t))
	i := running(r, "sync")
	r.Order("bigger", nil)
	r.Front.Set(testbroker.Error500)
	changed(r, i.ID, "bigger")
	if found := findings(r, provision.FindingFilter{Kind: provision.PlanUnsure, Live: true}); len(found) != 1 {
		t.Fatalf("found: %+v", found)
	}
	r.Front.Set(testbroker.Pass)
	testroad.Do(r, r.Officer(r.A), r.Ops.Delete, provision.DeleteIn{InstanceRef: ref(i.ID)})
	until(r, i.ID, provision.Deleted)
	r.Drain()
	if found := findings(r, provision.FindingFilter{Kind: provision.PlanUnsure, Live: true}); len(found) != 0 {
		t.Errorf("after the deletion: %+v", found)
	}
}
