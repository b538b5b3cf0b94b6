package provision_test

import (
	"context"
	"testing"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/meter"
	"naru/flow/provision"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/internal/testroad"
	"naru/store"
)

// redirect registers another address, and a password, for the provider's broker.
func redirect(r *testroad.Road, url, password string) {
	r.T.Helper()
	r.Store(func(ctx context.Context, tx *store.Tx) error {
		p, err := tx.Provider(ctx, r.Provider)
		if err != nil {
			return err
		}
		p.BrokerURL = url
		if password != "" {
			p.BrokerPassword = naru.NewSecret(password)
		}
		return tx.PutProvider(ctx, p)
	})
}

// stuck is an instance whose deletion fails for good.
func stuck(r *testroad.Road) provision.InstanceID {
	r.T.Helper()
	i := create(r, "sync")
	until(r, i.ID, provision.Ready)
	r.Front.Set(testbroker.Error500)
	testroad.Do(r, r.Officer(r.A), r.Ops.Delete, provision.DeleteIn{InstanceRef: provision.InstanceRef{ID: i.ID}, Unbind: true})
	for range 6 {
		r.Drain()
		r.Advance(30 * time.Second)
	}
	if now := get(r, i.ID); now.State != provision.Deleting || now.Attempts < 3 {
		r.T.Fatalf("not stuck: %+v", now.Work)
	}
	return i.ID
}

func TestWhatIsInFlightIsShownWithItsNextAttemptAndRetriedNow(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		id := stuck(r)
		list := testroad.Do(r, testroad.Operator(), r.Ops.InFlight, provision.InFlightIn{}).Rows
		if len(list) != 1 {
			t.Fatalf("in flight: %+v", list)
		}
		f := list[0]
		if f.Instance != id || f.State != provision.Deleting || !f.Stuck || f.Trouble.Key != "provision.provider_refused" || !f.NextAt.After(r.Now()) ||
			f.InstitutionName != "가 기관" || f.ProviderName.Ko != "시험 클라우드" || f.Circuit != provision.CircuitClosed {
			t.Errorf("in flight: %+v", f)
		}
		if other := testroad.Do(r, r.Officer(r.B), r.Ops.InFlight, provision.InFlightIn{}).Rows; len(other) != 0 {
			t.Errorf("a stranger sees %+v", other)
		}
		r.Front.Set(testbroker.Pass)
		if got := testroad.Do(r, r.Officer(r.A), r.Ops.Retry, provision.RetryIn{Instance: id}); got.State != provision.Deleting {
			t.Errorf("retried: %+v", got)
		}
		r.Drain() // the clock stands still
		if now := get(r, id); now.State != provision.Deleted {
			t.Errorf("after the retry: %+v", now.Work)
		}
		if err := try(r, r.Officer(r.A), r.Ops.Retry, provision.RetryIn{Instance: id}); naru.KindOf(err) != naru.Conflict {
			t.Errorf("a retry of what is done: %v", err)
		}
		if err := try(r, r.Officer(r.B), r.Ops.Retry, provision.RetryIn{Instance: id}); naru.KindOf(err) != naru.NotFound {
			t.Errorf("a stranger's retry: %v", err)
		}
		if left := testroad.Do(r, testroad.Operator(), r.Ops.InFlight, provision.InFlightIn{}).Rows; len(left) != 0 {
			t.Errorf("still in flight: %+v", left)
		}
	})
}

func TestAnInspectionTellsWhatTheBrokerSays(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		i := create(r, "sync")
		until(r, i.ID, provision.Ready)
		look := func() provision.Inspection {
			n := testroad.Do(r, r.Officer(r.A), r.Ops.Inspect, provision.InspectIn{Instance: i.ID})
			r.Drain()
			r.Advance(time.Second)
			got := testroad.Do(r, r.Officer(r.A), r.Ops.Inspections, provision.InspectionsIn{Instance: i.ID}).Rows[0]
			if got.ID != n.ID || got.SeenAt.IsZero() || got.AskedBy != "officer" {
				t.Errorf("looked: %+v", got)
			}
			return got
		}
		if got := look(); got.Found != provision.FoundThere || got.Status != 200 || got.Plan != r.Plan("sync").OSBID {
			t.Errorf("what is there: %+v", got)
		}
		r.Front.Set(testbroker.Error500)
		if got := look(); got.Found != provision.FoundUnknown || got.Status != 500 || got.BrokerWords != "the broker fell over" || got.Fault.Key == "" {
			t.Errorf("a broker with a fault: %+v", got)
		}
		r.Front.Set(testbroker.Gone410)
		if got := look(); got.Found != provision.FoundNot {
			t.Errorf("what is gone: %+v", got)
		}
		if err := try(r, r.Officer(r.B), r.Ops.Inspect, provision.InspectIn{Instance: i.ID}); naru.KindOf(err) != naru.NotFound {
			t.Errorf("a stranger's look: %v", err)
		}
	})
}

func TestTwoPeopleWriteADeletionOff(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		r.Work.Followers = append(r.Work.Followers, meter.Follower())
		ready := create(r, "sync")
		until(r, ready.ID, provision.Ready)
		officer, approver := r.Officer(r.A), naru.Actor{User: "approver", Role: "approver", Institution: string(r.A)}
		operator := testroad.Operator()
		in := provision.WriteOffIn{Instance: ready.ID, Reason: "the provider is bankrupt"}
		if err := try(r, officer, r.Ops.WriteOff, in); naru.KindOf(err) != naru.Conflict {
			t.Errorf("writing off what runs: %v", err)
		}
		id := stuck(r)
		in.Instance = id
		if err := try(r, officer, r.Ops.WriteOff, provision.WriteOffIn{Instance: id, Reason: " "}); naru.KindOf(err) != naru.Invalid {
			t.Errorf("without a reason: %v", err)
		}
		if err := try(r, approver, r.Ops.WriteOff, in); naru.KindOf(err) != naru.Denied {
			t.Errorf("an approver proposes: %v", err)
		}
		w := testroad.Do(r, operator, r.Ops.WriteOff, in)
		if err := try(r, officer, r.Ops.WriteOff, in); naru.KindOf(err) != naru.Conflict {
			t.Errorf("a second proposal: %v", err)
		}
		if err := try(r, operator, r.Ops.WriteOffConfirm, provision.DecideIn{ID: w.ID}); naru.KindOf(err) != naru.Denied {
			t.Errorf("the same person confirms: %v", err)
		}
		if err := try(r, naru.Actor{User: "x", Role: "approver", Institution: string(r.B)}, r.Ops.WriteOffConfirm, provision.DecideIn{ID: w.ID}); naru.KindOf(err) != naru.NotFound {
			t.Errorf("another institution confirms: %v", err)
		}
		testroad.Do(r, approver, r.Ops.WriteOffRefuse, provision.DecideIn{ID: w.ID})
		w = testroad.Do(r, officer, r.Ops.WriteOff, in)
		done := testroad.Do(r, approver, r.Ops.WriteOffConfirm, provision.DecideIn{ID: w.ID})
		if done.State != provision.WriteOffConfirmed || done.DecidedBy != "approver" {
			t.Errorf("confirmed: %+v", done)
		}
		if now := get(r, id); now.State != provision.WrittenOff || !now.State.Settled() || now.State.Live() || now.Trouble.Key == "" {
			t.Errorf("written off: %+v", now.Work)
		}
		r.Drain()
		r.Store(func(ctx context.Context, tx *store.Tx) error {
			w, ok, err := tx.Window(ctx, id)
			if !ok || w.ClosedAt.IsZero() || get(r, id).DeletedAt.IsZero() {
				t.Errorf("it is charged on: %+v", w)
			}
			return err
		})
		for _, k := range calls(r, id) {
			if k.State != provision.CallSettled {
				t.Errorf("a call stays open: %+v", k)
			}
		}
		found := findings(r, provision.FindingFilter{Instance: id})
		if len(found) != 1 || found[0].Kind != provision.LeftBehind || found[0].Action != provision.ActAskProvider {
			t.Fatalf("what stays: %+v", found)
		}
		again := testroad.Do(r, officer, r.Ops.Create, provision.CreateIn{Order: get(r, id).Order})
		r.Front.Set(testbroker.Pass)
		until(r, again.ID, provision.Ready)
		r.Advance(time.Minute)
		census(r)
		if found := findings(r, provision.FindingFilter{Instance: id, Live: true}); len(found) != 1 || get(r, id).State != provision.WrittenOff {
			t.Errorf("while the provider holds it: %+v", found)
		}
		removeThere(r, id)
		census(r)
		if found := findings(r, provision.FindingFilter{Instance: id}); len(found) != 1 || found[0].State != provision.FindingEnded {
			t.Errorf("once the provider removed it: %+v", found)
		}
		if list := testroad.Do(r, operator, r.Ops.WriteOffs, provision.WriteOffsIn{}).Rows; len(list) != 2 {
			t.Errorf("proposals: %+v", list)
		}
	})
}

func TestOnlyWhoProposedAWriteOffWithdrawsItWhileItWaits(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		id := stuck(r)
		officer, approver := r.Officer(r.A), naru.Actor{User: "approver", Role: "approver", Institution: string(r.A)}
		in := provision.WriteOffIn{Instance: id, Reason: "the provider is silent"}
		w := testroad.Do(r, officer, r.Ops.WriteOff, in)
		decide := provision.DecideIn{ID: w.ID}
		for name, who := range map[string]naru.Actor{
			"an operator who did not propose it": testroad.Operator(),
			"an approver":                        approver,
		} {
			if err := try(r, who, r.Ops.WriteOffWithdraw, decide); naru.KindOf(err) != naru.Denied {
				t.Errorf("%s withdraws: %v", name, err)
			}
		}
		if err := try(r, naru.Actor{User: "officer", Role: "officer", Institution: string(r.B)}, r.Ops.WriteOffWithdraw, decide); naru.KindOf(err) != naru.NotFound {
			t.Errorf("another institution withdraws: %v", err)
		}
		got := testroad.Do(r, officer, r.Ops.WriteOffWithdraw, decide)
		if got.State != provision.WriteOffWithdrawn || got.DecidedBy != "officer" || !got.DecidedAt.Equal(r.Now()) {
			t.Errorf("withdrawn: %+v", got)
		}
		if e := r.Entries("provision.write_off_withdraw"); len(e) != 4 || e[2]["outcome"] != "denied" || e[3]["write_off"] != "withdrawn" {
			t.Errorf("in the record: %+v", e)
		}
		for name, o := range map[string]op.Op[provision.Store, provision.DecideIn, provision.WriteOff]{
			"withdrawn twice": r.Ops.WriteOffWithdraw, "confirmed": r.Ops.WriteOffConfirm, "refused": r.Ops.WriteOffRefuse,
		} {
			who := approver
			if name == "withdrawn twice" {
				who = officer
			}
			if err := try(r, who, o, decide); naru.KindOf(err) != naru.Conflict {
				t.Errorf("what was withdrawn is %s: %v", name, err)
			}
		}
		if now := get(r, id); now.State != provision.Deleting {
			t.Errorf("the deletion does not go on: %+v", now.Work)
		}
		again := testroad.Do(r, officer, r.Ops.WriteOff, in)
		testroad.Do(r, approver, r.Ops.WriteOffConfirm, provision.DecideIn{ID: again.ID})
		if err := try(r, officer, r.Ops.WriteOffWithdraw, provision.DecideIn{ID: again.ID}); naru.KindOf(err) != naru.Conflict {
			t.Errorf("what was confirmed is withdrawn: %v", err)
		}
	})
}

// A clock that goes back must not hold up an operation, nor a lease.
func TestAClockThatGoesBackFreezesNothing(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		i := create(r, "async")
		r.Advance(72 * time.Hour) // the clock is wrong
		killed(r, i.ID, afterCall)
		r.Restart()
		r.Advance(-72 * time.Hour)
		until(r, i.ID, provision.Ready)
		if took := r.Now().Sub(testdb.Noon); took > 10*time.Minute {
			t.Errorf("it took %v", took)
		}
		r.Front.Set(testbroker.Error500)
		r.Advance(48 * time.Hour)
		testroad.Do(r, r.Officer(r.A), r.Ops.Delete, provision.DeleteIn{InstanceRef: provision.InstanceRef{ID: i.ID}})
		for range 5 {
			r.Drain()
			r.Advance(30 * time.Second)
		}
		r.Advance(-48 * time.Hour)
		r.Front.Set(testbroker.Pass)
		began := r.Now()
		until(r, i.ID, provision.Deleted)
		if took := r.Now().Sub(began); took > 5*time.Minute {
			t.Errorf("after the clock went back it took %v", took)
		}
	})
}
