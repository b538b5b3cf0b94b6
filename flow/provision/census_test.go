package provision_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"naru"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/meter"
	"naru/flow/provision"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/internal/testroad"
	"naru/store"
	"naru/wire/osb"
)

// census takes one and returns it.
func census(r *testroad.Road) provision.Census {
	r.T.Helper()
	r.Advance(time.Second)
	testroad.Do(r, testroad.Operator(), r.Ops.Census, provision.CensusIn{Provider: r.Provider})
	r.Drain()
	return testroad.Do(r, testroad.Operator(), r.Ops.Censuses, provision.CensusesIn{Provider: r.Provider}).Rows[0]
}

func findings(r *testroad.Road, f provision.FindingFilter) []provision.FindingRow {
	r.T.Helper()
	return testroad.Do(r, testroad.Operator(), r.Ops.Findings, provision.FindingsIn{FindingFilter: f}).Rows
}

// removeThere deletes an instance at the broker, behind naru's back.
func removeThere(r *testroad.Road, id provision.InstanceID) {
	r.T.Helper()
	plan := r.Plan("sync")
	if _, err := r.Broker.Client.Deprovision(r.T.Context(), osb.DeprovisionRequest{InstanceID: string(id), ServiceID: r.Offer.OSBID, PlanID: plan.OSBID}); err != nil {
		r.T.Fatal(err)
	}
}

// makeThere creates an instance at the broker that naru never asked for.
func makeThere(r *testroad.Road, id string) {
	r.T.Helper()
	in := osb.ProvisionRequest{InstanceID: id, ServiceID: r.Offer.OSBID, PlanID: r.Plan("sync").OSBID, OrganizationGUID: "o", SpaceGUID: "s"}
	if _, err := r.Broker.Client.Provision(r.T.Context(), in); err != nil {
		r.T.Fatal(err)
	}
}

// alter changes an instance behind the operations' back.
func alter(r *testroad.Road, id provision.InstanceID, change func(*provision.Instance)) {
	r.T.Helper()
	r.Store(func(ctx context.Context, tx *store.Tx) error {
		i, err := tx.Instance(ctx, id)
		if err != nil {
			return err
		}
		change(&i)
		return tx.PutInstance(ctx, i)
	})
}

func alterOrder(r *testroad.Road, id contract.OrderID, change func(*contract.Order)) {
	r.T.Helper()
	r.Store(func(ctx context.Context, tx *store.Tx) error {
		o, err := tx.Order(ctx, id)
		if err != nil {
			return err
		}
		change(&o)
		return tx.PutOrder(ctx, o)
	})
}

// billed tells usage of an instance until a moment, as meter would have taken it in or set
// it aside, and that usage is known until now.
func billed(r *testroad.Road, id string, to time.Time, aside bool) {
	r.T.Helper()
	r.Store(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.PutCollection(ctx, meter.Collection{Provider: r.Provider, Through: r.Now(), At: r.Now()}); err != nil || id == "" {
			return err
		}
		reading := meter.Reading{Line: "l-" + id + to.String(), Instance: id, Meter: "requests", Unit: "request", Quantity: "1", From: to.Add(-time.Hour), To: to}
		if aside {
			_, err := tx.PutAside(ctx, meter.Aside{Provider: r.Provider, Line: reading.Line, Digest: reading.Line, Month: naru.MonthOf(to), Reading: reading, SeenAt: r.Now()})
			return err
		}
		return tx.PutUsage(ctx, meter.Usage{
			Provider: r.Provider, Line: reading.Line, Instance: provision.InstanceID(id), Meter: "requests", Unit: "request", From: reading.From,
			To: to, Month: naru.MonthOf(to), SeenAt: r.Now(), Digest: reading.Line,
		})
	})
}

func kinds(c provision.Census) map[provision.InstanceID]provision.FindingKind {
	out := map[provision.InstanceID]provision.FindingKind{}
	for _, d := range c.Findings {
		out[d.Instance] = d.Kind
	}
	return out
}

func TestACensusComparesOrdersLedgerListingAndBill(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		var made []provision.Created
		for range 7 {
			i := create(r, "sync")
			until(r, i.ID, provision.Ready)
			made = append(made, i)
		}
		fine, lost, stray, unordered, unbilled, dead, busy := made[0], made[1], made[2], made[3], made[4], made[5], made[6]
		testroad.Do(r, r.Officer(r.A), r.Ops.Delete, provision.DeleteIn{InstanceRef: provision.InstanceRef{ID: dead.ID}})
		until(r, dead.ID, provision.Deleted)
		removeThere(r, lost.ID)
		makeThere(r, "not-ours")
		alter(r, stray.ID, func(i *provision.Instance) { i.State, i.Since, i.DeletedAt = provision.Deleted, r.Now(), r.Now() })
		testroad.Do(r, r.Officer(r.A), r.Ops.Create, provision.CreateIn{Order: stray.Order}) // its order carries another by now
		r.Drain()
		alterOrder(r, unordered.Order, func(o *contract.Order) { o.State = contract.Ended })
		r.Advance(5 * 24 * time.Hour)
		for _, i := range []provision.Created{fine, lost, stray, unordered} {
			billed(r, string(i.ID), r.Now().Add(-time.Hour), false)
		}
		billed(r, string(busy.ID), r.Now().Add(-time.Hour), false)
		billed(r, string(dead.ID), r.Now().Add(-time.Hour), true)
		billed(r, "never-was", r.Now().Add(-time.Hour), true)
		r.Front.Set(testbroker.Slow)
		testroad.Do(r, r.Officer(r.A), r.Ops.Delete, provision.DeleteIn{InstanceRef: provision.InstanceRef{ID: busy.ID}}) // not settled
		r.Front.Set(testbroker.Pass)

		got := census(r)
		want := map[provision.InstanceID]provision.FindingKind{
			lost.ID: provision.Lost, stray.ID: provision.Stray, unordered.ID: provision.Unordered, unbilled.ID: provision.RunningNotBilled,
			dead.ID: provision.BilledNotRunning, "never-was": provision.BilledNotRunning, "not-ours": provision.Foreign,
		}
		seen := kinds(got)
		for id, kind := range want {
			if seen[id] != kind && !(id == stray.ID && seen[id] == provision.BilledNotRunning) {
				t.Errorf("%s is %q, want %q", id, seen[id], kind)
			}
		}
		if seen[fine.ID] != "" || got.Way != provision.ByListing || got.Fault.Key != "" || !got.Billed || got.Unseen != 0 {
			t.Errorf("census: %+v", got)
		}
		proposed := map[provision.FindingKind]provision.Action{
			provision.Lost: provision.ActReplace, provision.Stray: provision.ActDelete, provision.Unordered: provision.ActOrder,
			provision.RunningNotBilled: provision.ActMeter, provision.BilledNotRunning: provision.ActDispute, provision.Foreign: provision.ActAskProvider,
		}
		for _, f := range findings(r, provision.FindingFilter{Live: true}) {
			if f.Action != proposed[f.Kind] || f.FirstAt.IsZero() || f.ID == "" || f.Why.Key == "" {
				t.Errorf("finding: %+v", f)
			}
		}
		until(r, stray.ID, provision.Deleted)
		for _, h := range held(r) {
			if h.InstanceID == string(stray.ID) {
				t.Error("the stray is still there")
			}
		}
		if n := len(findings(r, provision.FindingFilter{Kind: provision.Foreign})); n != 1 {
			t.Errorf("%d foreign", n)
		}
		sights(r)
	})
}

// sights checks who sees the findings that are open now.
func sights(r *testroad.Road) {
	r.T.Helper()
	all := len(findings(r, provision.FindingFilter{}))
	see := func(a naru.Actor) int {
		return len(testroad.Do(r, a, r.Ops.Findings, provision.FindingsIn{}).Rows)
	}
	ministry := naru.Actor{User: "m", Role: "ministry"}
	if n := see(ministry); n != all {
		r.T.Errorf("the ministry sees %d of %d", n, all)
	}
	if n := see(naru.Actor{User: "seller", Role: "provider", Provider: string(r.Provider)}); n != all {
		r.T.Errorf("the provider sees %d of %d", n, all)
	}
	if n := see(naru.Actor{User: "rival", Role: "provider", Provider: "prv_other"}); n != 0 {
		r.T.Errorf("another provider sees %d", n)
	}
	if n := see(r.Officer(r.B)); n != 0 {
		r.T.Errorf("a stranger sees %d", n)
	}
	owner := testroad.Do(r, r.Officer(r.A), r.Ops.Findings, provision.FindingsIn{}).Rows
	if len(owner) == 0 || len(owner) >= all {
		r.T.Errorf("the owner sees %d of %d: what is nobody's is not its", len(owner), all)
	}
	in := provision.AcknowledgeIn{ID: owner[0].ID, Words: "we order it anew this week"}
	if err := try(r, r.Officer(r.B), r.Ops.Acknowledge, in); naru.KindOf(err) != naru.NotFound {
		r.T.Errorf("a stranger acknowledges: %v", err)
	}
	if f := testroad.Do(r, r.Officer(r.A), r.Ops.Acknowledge, in); f.State != provision.FindingAcknowledged || f.AcknowledgedBy != "officer" {
		r.T.Errorf("acknowledged: %+v", f)
	}
	in.Words = ""
	if err := try(r, ministry, r.Ops.Acknowledge, in); naru.KindOf(err) != naru.Invalid {
		r.T.Errorf("acknowledged without a word: %v", err)
	}
}

func TestAFindingIsKeptWhileItLastsAndEnds(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		i := create(r, "sync")
		until(r, i.ID, provision.Ready)
		alterOrder(r, i.Order, func(o *contract.Order) { o.State = contract.Ended })
		census(r)
		first := findings(r, provision.FindingFilter{Instance: i.ID})
		r.Advance(6 * time.Hour)
		census(r)
		second := findings(r, provision.FindingFilter{Instance: i.ID})
		if len(first) != 1 || len(second) != 1 || first[0].ID != second[0].ID || !second[0].LastAt.After(first[0].LastAt) || second[0].FirstAt != first[0].FirstAt {
			t.Fatalf("seen twice: %+v, %+v", first, second)
		}
		r.Front.Set(testbroker.Garbage)
		if bad := census(r); bad.Fault.Key == "" || len(bad.Findings) != 0 {
			t.Errorf("a census of a liar: %+v", bad)
		}
		if f := findings(r, provision.FindingFilter{Instance: i.ID}); f[0].State != provision.FindingOpen {
			t.Errorf("a census with a fault ended a finding: %+v", f)
		}
		r.Front.Set(testbroker.Pass)
		alterOrder(r, i.Order, func(o *contract.Order) { o.State = contract.Approved })
		census(r)
		if f := findings(r, provision.FindingFilter{Instance: i.ID}); len(f) != 1 || f[0].State != provision.FindingEnded || f[0].EndedAt.IsZero() {
			t.Errorf("after it was put right: %+v", f)
		}
		if err := try(r, r.Officer(r.A), r.Ops.Acknowledge, provision.AcknowledgeIn{ID: first[0].ID, Words: "late"}); naru.KindOf(err) != naru.Conflict {
			t.Errorf("acknowledged after the end: %v", err)
		}
		var opened, ended int
		for _, e := range r.Entries("provision.count") {
			switch e["finding_state"] {
			case "open":
				opened++
			case "ended":
				ended++
			}
		}
		if opened != 1 || ended != 1 {
			t.Errorf("in the record: %d opened, %d ended", opened, ended)
		}
	})
}

func TestABrokerWithoutAListIsAskedOneByOne(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		r.Front.Set(testbroker.Listless)
		kept, lost, stray := create(r, "sync"), create(r, "sync"), create(r, "sync")
		for _, i := range []provision.Created{kept, lost, stray} {
			until(r, i.ID, provision.Ready)
		}
		b := testroad.Do(r, r.Officer(r.A), r.Ops.Bind, provision.BindIn{Instance: kept.ID})
		r.Drain()
		plan := r.Plan("sync")
		if _, err := r.Broker.Client.Unbind(t.Context(), osb.UnbindRequest{InstanceID: string(kept.ID), BindingID: string(b.ID), ServiceID: r.Offer.OSBID, PlanID: plan.OSBID}); err != nil {
			t.Fatal(err)
		}
		removeThere(r, lost.ID)
		alter(r, stray.ID, func(i *provision.Instance) { i.State, i.Since = provision.Deleted, r.Now() })
		makeThere(r, "not-ours")
		r.Advance(time.Minute)
		got := census(r)
		if got.Way != provision.ByFetch || got.Fault.Key != "" || got.Looked != 2 || got.Unseen != 0 || len(got.Findings) != 3 {
			t.Fatalf("census: %+v", got)
		}
		for _, d := range got.Findings {
			if want := map[provision.InstanceID]provision.FindingKind{kept.ID: provision.Lost, lost.ID: provision.Lost, stray.ID: provision.Stray}[d.Instance]; d.Kind != want {
				t.Errorf("%+v, want %s", d, want)
			}
			if d.Instance == kept.ID && d.Binding != b.ID {
				t.Errorf("the lost binding: %+v", d)
			}
		}
		until(r, stray.ID, provision.Deleted)
		if there := held(r); len(there) != 2 { // naru never saw the foreign one, and left it alone
			t.Errorf("at the broker: %+v", there)
		}
	})
}

func TestAProviderThatCannotBeCountedIsNeverClean(t *testing.T) {
	t.Parallel()
	r := testroad.New(t, testdb.SQLite(t))
	i := create(r, "sync")
	until(r, i.ID, provision.Ready)
	removeThere(r, i.ID)
	r.Front.Set(testbroker.Listless)
	r.Store(func(ctx context.Context, tx *store.Tx) error { // a service that promises no reading of single instances
		o, err := tx.Offer(ctx, r.Offer.ID)
		if err != nil {
			return err
		}
		o.Wire = []byte(`{"name":"plain"}`)
		return tx.PutServices(ctx, []catalog.Service{o.Service})
	})
	r.Advance(time.Minute)
	if got := census(r); got.Fault.Key != "provision.not_countable" || len(got.Findings) != 0 {
		t.Errorf("census: %+v", got)
	}
	if all := findings(r, provision.FindingFilter{}); len(all) != 0 {
		t.Errorf("findings: %+v", all)
	}
}

// A broker that lists what it holds twice, and under ids no database takes, is counted.
func TestAListOfNonsenseIsCounted(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		front := testbroker.NewFrontOver(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			long := strings.Repeat("가", 4000)
			_, _ = io.WriteString(w, `{"instances":[{"instance_id":"a"},{"instance_id":"a"},{"instance_id":"b\u0000c"},{"instance_id":"b\u0001c"},{"instance_id":"`+long+`"}]}`)
		}))
		redirect(r, front.URL, "")
		for range 2 {
			if c := census(r); c.Fault.Key != "" || c.Held != 5 {
				t.Fatalf("census: %+v", c)
			}
		}
		if f := findings(r, provision.FindingFilter{}); len(f) != 3 {
			t.Errorf("findings: %+v", f)
		}
	})
}
