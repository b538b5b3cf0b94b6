package provision_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"naru"
	"naru/base/op"
	"naru/base/record"
	"naru/flow/contract"
	"naru/flow/provision"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/internal/testroad"
	"naru/store"
	"naru/wire/osb"
)

// create asks for an instance under a new order of a plan.
func create(r *testroad.Road, slug string) provision.Created {
	r.T.Helper()
	order := r.Order(slug, nil)
	return testroad.Do(r, r.Officer(r.A), r.Ops.Create, provision.CreateIn{Order: order, Params: `{"size": 1, "a":"b"}`})
}

func get(r *testroad.Road, id provision.InstanceID) provision.InstanceOut {
	r.T.Helper()
	return testroad.Do(r, testroad.Operator(), r.Ops.Instance, provision.InstanceRef{ID: id})
}

// until drains and moves the clock until the instance is in a state.
func until(r *testroad.Road, id provision.InstanceID, want provision.State) provision.InstanceOut {
	r.T.Helper()
	for range 600 {
		r.Drain()
		if i := get(r, id); i.State == want {
			return i
		}
		workedOff(r, id)
		r.Advance(5 * time.Second)
	}
	i := get(r, id)
	r.T.Fatalf("instance is %s (%+v), want %s", i.State, i.Work, want)
	return i
}

// workedOff lets a broker end what it has under way, for a moment: it works by the world's
// clock, which stands still beside the road's.
func workedOff(r *testroad.Road, id provision.InstanceID) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 40 {
		held, err := r.Broker.Client.ListInstances(r.T.Context(), osb.ListRequest{})
		if err != nil || !slices.ContainsFunc(held.Instances, func(s osb.InstanceSummary) bool {
			return s.InstanceID == string(id) && s.State != "ready" && s.State != "failed"
		}) {
			return
		}
		<-tick.C
	}
}

// untilBinding is until for a binding.
func untilBinding(r *testroad.Road, id provision.BindingID, want provision.State) provision.Binding {
	r.T.Helper()
	var b provision.Binding
	for range 200 {
		r.Drain()
		b = testroad.Do(r, testroad.Operator(), r.Ops.Binding, provision.BindingRef{ID: id})
		if b.State == want {
			return b
		}
		workedOff(r, b.Instance)
		if b.Phase == provision.Poll { // the list does not tell how far a binding is
			<-time.After(5 * time.Millisecond)
		}
		r.Advance(5 * time.Second)
	}
	r.T.Fatalf("binding is %s (%+v), want %s", b.State, b.Work, want)
	return b
}

// held is what the broker really holds.
func held(r *testroad.Road) []osb.InstanceSummary {
	r.T.Helper()
	got, err := r.Broker.Client.ListInstances(r.T.Context(), osb.ListRequest{})
	if err != nil {
		r.T.Fatal(err)
	}
	return got.Instances
}

func TestAnInstanceFromOrderToDeletion(t *testing.T) {
	t.Parallel()
	for _, slug := range []string{"sync", "async"} {
		t.Run(slug, func(t *testing.T) {
			t.Parallel()
			testdb.Each(t, func(t *testing.T, db *store.DB) {
				r := testroad.New(t, db)
				i := create(r, slug)
				if i.State != provision.Requested || len(held(r)) != 0 {
					t.Fatalf("before any task: %s, at the broker %+v", i.State, held(r))
				}
				ready := until(r, i.ID, provision.Ready)
				if there := held(r); len(there) != 1 || there[0].InstanceID != string(i.ID) {
					t.Fatalf("at the broker: %+v", there)
				}
				if ready.ReadyAt.IsZero() || !ready.NextAt.IsZero() || ready.SystemName != "시험 시스템" || ready.PlanName.En != slug || !ready.Synthetic {
					t.Errorf("ready: %+v", ready)
				}
				b := testroad.Do(r, r.Officer(r.A), r.Ops.Bind, provision.BindIn{Instance: i.ID})
				untilBinding(r, b.ID, provision.Ready)
				shown := testroad.Do(r, r.Officer(r.A), r.Ops.Credentials, provision.BindingRef{ID: b.ID})
				if !strings.Contains(string(shown.Credentials), `"key"`) {
					t.Errorf("credentials: %d bytes", len(shown.Credentials))
				}
				sealed(r, b.ID, string(shown.Credentials))
				if _, err := op.Do(t.Context(), r.Runner, r.CallFor(r.Officer(r.A)), r.Ops.Delete, provision.DeleteIn{InstanceRef: provision.InstanceRef{ID: i.ID}}); naru.KindOf(err) != naru.Conflict {
					t.Errorf("deletion while bound: %v", err)
				}
				testroad.Do(r, r.Officer(r.A), r.Ops.Delete, provision.DeleteIn{InstanceRef: provision.InstanceRef{ID: i.ID}, Unbind: true})
				gone := until(r, i.ID, provision.Deleted)
				if len(held(r)) != 0 || gone.DeletedAt.IsZero() || gone.Bindings[0].State != provision.Deleted {
					t.Errorf("after the deletion: %+v, at the broker %+v", gone, held(r))
				}
				again := testroad.Do(r, r.Officer(r.A), r.Ops.Delete, provision.DeleteIn{InstanceRef: provision.InstanceRef{ID: i.ID}})
				if again.State != provision.Deleted {
					t.Errorf("a second deletion: %+v", again)
				}
			})
		})
	}
}

// sealed looks for the credentials in the table and in the record, where they must not be.
func sealed(r *testroad.Road, id provision.BindingID, plain string) {
	r.T.Helper()
	key := plain[strings.Index(plain, `:"`)+2 : len(plain)-2]
	err := r.DB.Read(r.T.Context(), func(ctx context.Context, v any) error {
		tx := v.(*store.Tx)
		secret, err := tx.Credentials(ctx, id)
		if err != nil || !strings.Contains(secret.Open(), plain) {
			r.T.Errorf("stored credentials differ: %v", err)
		}
		entries, err := tx.StoredEntries(ctx, 0, 10_000)
		for _, e := range entries {
			if strings.Contains(string(e.Leaf), key) {
				r.T.Errorf("entry %d holds the credentials", e.Index)
			}
		}
		return err
	})
	if err != nil {
		r.T.Fatal(err)
	}
	if shown := r.Entries("provision.credentials"); len(shown) != 1 || shown[0]["user"] != "officer" {
		r.T.Errorf("that they were shown: %+v", shown)
	}
}

func TestEveryGroundRefusesBeforeAnyCall(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		order  func(*testroad.Road, *contract.Order)
		before func(*testroad.Road)
		kind   naru.Kind
		key    string
	}{
		"an order nobody approved":       {func(_ *testroad.Road, o *contract.Order) { o.State = contract.Requested }, nil, naru.Denied, "provision.order_not_approved"},
		"an order that ended":            {func(_ *testroad.Road, o *contract.Order) { o.State = contract.Ended }, nil, naru.Denied, "provision.order_not_approved"},
		"an order that begins later":     {func(_ *testroad.Road, o *contract.Order) { o.From = "2026-03-03" }, nil, naru.Denied, "provision.order_not_covering"},
		"an order that is over":          {func(_ *testroad.Road, o *contract.Order) { o.To = "2026-03-01" }, nil, naru.Denied, "provision.order_not_covering"},
		"a hold that is used up":         {func(_ *testroad.Road, o *contract.Order) { o.Held = 0 }, nil, naru.Exhausted, "provision.no_hold"},
		"facts that are not known":       {func(r *testroad.Road, o *contract.Order) { o.Component = r.Unknown() }, nil, naru.Denied, "provision.law_forbids"},
		"a component that is gone":       {func(_ *testroad.Road, o *contract.Order) { o.Component = "cmp_gone" }, nil, naru.Conflict, "provision.component_unknown"},
		"a certificate that lapsed":      {nil, func(r *testroad.Road) { r.Certify("2026-03-01") }, naru.Denied, "provision.not_certified"},
		"an order of another plan":       {nil, nil, naru.Invalid, "provision.order_other_plan"},
		"parameters that are no object":  {nil, nil, naru.Invalid, "provision.params_not_object"},
		"two objects for one":            {nil, nil, naru.Invalid, "provision.params_not_object"},
		"an order of another officer's":  {nil, nil, naru.NotFound, "not_found"},
		"neither an order nor a plan":    {nil, nil, naru.Invalid, "provision.order_missing"},
		"an auditor, who may not create": {nil, nil, naru.Denied, "identity.no_permission"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := testroad.New(t, testdb.SQLite(t))
			if tt.before != nil {
				tt.before(r)
			}
			in := provision.CreateIn{Order: r.Order("sync", func(o *contract.Order) {
				if tt.order != nil {
					tt.order(r, o)
				}
			})}
			actor := r.Officer(r.A)
			switch name {
			case "an order of another plan":
				in.Plan = r.Plan("async").ID
			case "parameters that are no object":
				in.Params = `[1]`
			case "two objects for one":
				in.Params = `{}{}`
			case "an order of another officer's":
				actor = r.Officer(r.B)
			case "neither an order nor a plan":
				in.Order = ""
			case "an auditor, who may not create":
				actor = naru.Actor{User: "aud", Role: "auditor"}
			}
			calls := r.Front.Forwarded("PUT")
			_, err := op.Do(t.Context(), r.Runner, r.CallFor(actor), r.Ops.Create, in)
			var refusal *naru.Error
			if !errors.As(err, &refusal) || refusal.Kind != tt.kind || refusal.Message.Key != tt.key {
				t.Fatalf("refusal: %v, want %s %s", err, tt.kind, tt.key)
			}
			r.Drain()
			if r.Front.Forwarded("PUT") != calls {
				t.Error("the broker was called")
			}
			denials := r.Entries("provision.create")
			if tt.kind == naru.Denied && (len(denials) != 1 || denials[0]["outcome"] != string(record.Denied)) {
				t.Errorf("the denial is not in the record: %+v", denials)
			}
		})
	}
}

func TestOneOrderCarriesOneInstance(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		i := create(r, "sync")
		_, err := op.Do(t.Context(), r.Runner, r.CallFor(r.Officer(r.A)), r.Ops.Create, provision.CreateIn{Order: i.Order})
		if naru.KindOf(err) != naru.Conflict {
			t.Errorf("a second instance of the order: %v", err)
		}
		until(r, i.ID, provision.Ready)
		testroad.Do(r, r.Officer(r.A), r.Ops.Delete, provision.DeleteIn{InstanceRef: provision.InstanceRef{ID: i.ID}})
		until(r, i.ID, provision.Deleted)
		testroad.Do(r, r.Officer(r.A), r.Ops.Create, provision.CreateIn{Order: i.Order})
	})
}

// A broker that fails leads to a stated state, and nothing of a failed creation is left there.
func TestABrokerThatFailsEndsInAStatedState(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		mode  testbroker.Mode
		slug  string
		state provision.State // while the broker fails
		fault string
		end   provision.State // once it works again
	}{
		{"answers 500", testbroker.Error500, "sync", provision.Orphan, "provision.provider_refused", provision.Failed},
		{"answers 500 after the effect", testbroker.Error500After, "sync", provision.Orphan, "provision.provider_refused", provision.Failed},
		{"drops the answer after the effect", testbroker.Drop, "sync", provision.Orphan, "provision.provider_silent", provision.Failed},
		{"answers 201 with half a body", testbroker.Malformed201, "sync", provision.Orphan, "provision.provider_malformed", provision.Failed},
		{"answers 200 without a body", testbroker.Empty200, "sync", provision.Orphan, "provision.provider_malformed", provision.Failed},
		{"answers 204", testbroker.NoContent204, "sync", provision.Orphan, "provision.provider_refused", provision.Failed},
		{"answers with a page", testbroker.Garbage, "sync", provision.Orphan, "provision.provider_malformed", provision.Failed},
		{"answers 410 to the creation", testbroker.Gone410, "sync", provision.Failed, "provision.provider_refused", provision.Failed},
		{"is busy", testbroker.Busy, "sync", provision.Creating, "", provision.Ready},
		{"says that the operation failed", testbroker.FailedOperation, "async", provision.Orphan, "provision.operation_failed", provision.Failed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			testdb.Each(t, func(t *testing.T, db *store.DB) {
				r := testroad.New(t, db)
				r.Front.Set(tt.mode)
				i := create(r, tt.slug)
				for range 3 {
					r.Drain()
					r.Advance(2 * time.Second)
				}
				r.Drain()
				now := get(r, i.ID)
				if now.State != tt.state || now.Fault.Key != tt.fault {
					t.Fatalf("while it fails: %s, %+v; want %s, %s", now.State, now.Fault, tt.state, tt.fault)
				}
				if !now.State.Settled() && !now.NextAt.After(r.Now()) {
					t.Errorf("no next attempt: %+v", now.Work)
				}
				r.Front.Set(testbroker.Pass)
				end := until(r, i.ID, tt.end)
				want := 0
				if tt.end == provision.Ready {
					want = 1
				}
				if got := held(r); len(got) != want {
					t.Errorf("at the broker: %+v, want %d", got, want)
				}
				if end.Fault.Key != tt.fault {
					t.Errorf("the reason is %+v, want %s", end.Fault, tt.fault)
				}
			})
		})
	}
}

func TestAnOperationWithoutEndIsGivenUpAndCleanedUp(t *testing.T) {
	t.Parallel()
	r := testroad.New(t, testdb.SQLite(t))
	r.Front.Set(testbroker.NeverEnding)
	i := create(r, "async")
	for range 400 {
		r.Drain()
		if get(r, i.ID).State == provision.Orphan {
			break
		}
		r.Advance(30 * time.Second)
	}
	if now := get(r, i.ID); now.State != provision.Orphan || now.Fault.Key != "provision.too_slow" {
		t.Fatalf("after hours: %+v", now.Work)
	}
	r.Front.Set(testbroker.Pass)
	for range 400 { // the deletion that never ended is asked for again
		r.Drain()
		if get(r, i.ID).State == provision.Failed {
			return
		}
		r.Advance(time.Minute)
	}
	t.Errorf("never cleaned up: %+v", get(r, i.ID).Work)
}

func TestABrokerThatIsDownIsTriedAgainAndThenGivenUp(t *testing.T) {
	t.Parallel()
	r := testroad.New(t, testdb.SQLite(t))
	order := r.Order("sync", nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.Store(func(ctx context.Context, tx *store.Tx) error {
		p, err := tx.Provider(ctx, r.Provider)
		p.BrokerURL = "http://" + l.Addr().String()
		if err != nil {
			return err
		}
		return tx.PutProvider(ctx, p)
	})
	if err := l.Close(); err != nil { // nobody listens there any more
		t.Fatal(err)
	}
	i := testroad.Do(r, r.Officer(r.A), r.Ops.Create, provision.CreateIn{Order: order})
	r.Drain()
	if now := get(r, i.ID); now.State != provision.Creating || now.Trouble.Key != "provision.provider_unreachable" || now.Attempts != 1 {
		t.Fatalf("after the first try: %+v", now.Work)
	}
	end := until(r, i.ID, provision.Failed)
	if end.Fault.Key != "provision.provider_unreachable" || r.Now().Sub(testdb.Noon) < 10*time.Minute {
		t.Errorf("given up after %v: %+v", r.Now().Sub(testdb.Noon), end.Work)
	}
}

// A kill may come between any two parts: prepare done, answer lost, then a new runner.
func TestAKillAtAnyPointIsRepaired(t *testing.T) {
	t.Parallel()
	for _, slug := range []string{"sync", "async"} {
		t.Run(slug, func(t *testing.T) {
			t.Parallel()
			testdb.Each(t, func(t *testing.T, db *store.DB) {
				r := testroad.New(t, db)
				i := create(r, slug)
				killed(r, i.ID, beforeCall)
				if got := held(r); len(got) != 0 {
					t.Errorf("nothing was asked for, and at the broker: %+v", got)
				}
				r.Restart()
				r.Advance(3 * time.Minute) // the lease of the dead process runs out
				killed(r, i.ID, afterCall) // the call had its effect, the answer is lost
				if now := get(r, i.ID); now.State != provision.Creating || now.CallID == "" {
					t.Fatalf("after the kill: %+v", now.Work)
				}
				r.Restart()
				r.Advance(3 * time.Minute)
				until(r, i.ID, provision.Ready)
				if got := held(r); len(got) != 1 {
					t.Errorf("at the broker: %+v", got)
				}
				testroad.Do(r, r.Officer(r.A), r.Ops.Delete, provision.DeleteIn{InstanceRef: provision.InstanceRef{ID: i.ID}})
				killed(r, i.ID, afterCall)
				r.Restart()
				r.Advance(3 * time.Minute)
				until(r, i.ID, provision.Deleted)
				if got := held(r); len(got) != 0 {
					t.Errorf("at the broker: %+v", got)
				}
			})
		})
	}
}

// The moments of a kill, both between prepare and settle.
const (
	beforeCall = "before the call"
	afterCall  = "after the call, before its answer is stored"
)

// killed runs the due task as a process that dies at a moment: what it had committed stays,
// nothing that follows happens.
func killed(r *testroad.Road, id provision.InstanceID, moment string) {
	r.T.Helper()
	ctx, kill := context.WithCancel(r.T.Context())
	defer kill()
	handlers := provision.Handlers(&dying{Broker: r.Link, kill: kill, moment: moment})
	_ = r.Runner.Drain(ctx, op.Work{Handlers: handlers, Report: r.Work.Report}, 1) // it was killed
	if get(r, id).State.Settled() {
		r.T.Fatal("the kill came too late")
	}
}

// dying is a process that is killed around a call.
type dying struct {
	provision.Broker
	kill   func()
	moment string
}

func (d *dying) Call(ctx context.Context, q provision.Request) provision.Answer {
	defer d.kill()
	if d.moment == beforeCall {
		return provision.Answer{}
	}
	return d.Broker.Call(ctx, q)
}

func TestADeletionDuringTheCreationStopsIt(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		testbroker.Shut(t, r.Broker)
		i := create(r, "async")
		r.Drain()
		if now := get(r, i.ID); now.State != provision.Creating || now.Next() != provision.Poll {
			t.Fatalf("behind the gate: %+v", now.Work)
		}
		testroad.Do(r, r.Officer(r.A), r.Ops.Delete, provision.DeleteIn{InstanceRef: provision.InstanceRef{ID: i.ID}})
		until(r, i.ID, provision.Deleted)
		if got := held(r); len(got) != 0 {
			t.Errorf("at the broker: %+v", got)
		}
	})
}

func TestABindingThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]testbroker.Mode{"lost answer": testbroker.Drop, "500": testbroker.Error500After, "no body": testbroker.Empty200} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := testroad.New(t, testdb.SQLite(t))
			i := create(r, "sync")
			until(r, i.ID, provision.Ready)
			r.Front.Set(mode)
			b := testroad.Do(r, r.Officer(r.A), r.Ops.Bind, provision.BindIn{Instance: i.ID})
			r.Drain()
			ref := provision.BindingRef{ID: b.ID}
			if now := testroad.Do(r, r.Officer(r.A), r.Ops.Binding, ref); now.State != provision.Orphan || now.Fault.Key == "" {
				t.Fatalf("while it fails: %+v", now.Work)
			}
			if _, err := op.Do(t.Context(), r.Runner, r.CallFor(r.Officer(r.A)), r.Ops.Credentials, ref); naru.KindOf(err) != naru.Conflict {
				t.Errorf("credentials of a failed binding: %v", err)
			}
			r.Front.Set(testbroker.Pass)
			r.Advance(time.Hour)
			r.Drain()
			if now := testroad.Do(r, r.Officer(r.A), r.Ops.Binding, ref); now.State != provision.Failed {
				t.Errorf("at the end: %+v", now.Work)
			}
			if got := held(r); len(got) != 1 || len(got[0].BindingIDs) != 0 {
				t.Errorf("at the broker: %+v", got)
			}
		})
	}
}

func TestStrangersSeeNothing(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		i := create(r, "sync")
		until(r, i.ID, provision.Ready)
		b := testroad.Do(r, r.Officer(r.A), r.Ops.Bind, provision.BindIn{Instance: i.ID})
		r.Drain()
		stranger := r.Officer(r.B)
		ref, bref := provision.InstanceRef{ID: i.ID}, provision.BindingRef{ID: b.ID}
		asks := map[string]func() error{
			"get":     func() error { return try(r, stranger, r.Ops.Instance, ref) },
			"binding": func() error { return try(r, stranger, r.Ops.Binding, bref) },
			"delete": func() error {
				return try(r, stranger, r.Ops.Delete, provision.DeleteIn{InstanceRef: ref, Unbind: true})
			},
			"bind":        func() error { return try(r, stranger, r.Ops.Bind, provision.BindIn{Instance: i.ID}) },
			"unbind":      func() error { return try(r, stranger, r.Ops.Unbind, provision.UnbindIn{BindingRef: bref}) },
			"credentials": func() error { return try(r, stranger, r.Ops.Credentials, bref) },
			"list": func() error {
				return try(r, stranger, r.Ops.Instances, provision.ListIn{Filter: provision.Filter{Institution: r.A}})
			},
			"offers": func() error { return try(r, stranger, r.Ops.Offers, provision.OffersIn{Institution: r.A}) },
		}
		for name, ask := range asks {
			if err := ask(); naru.KindOf(err) != naru.NotFound {
				t.Errorf("%s by a stranger: %v, want not found", name, err)
			}
		}
		if list := testroad.Do(r, stranger, r.Ops.Instances, provision.ListIn{}); len(list.Rows) != 0 {
			t.Errorf("the stranger's list: %+v", list.Rows)
		}
		mine := naru.Actor{User: "seller", Role: "provider", Provider: string(r.Provider)}
		if list := testroad.Do(r, mine, r.Ops.Instances, provision.ListIn{}); len(list.Rows) != 1 {
			t.Errorf("the provider's list: %+v", list.Rows)
		}
		other := naru.Actor{User: "rival", Role: "provider", Provider: "prv_other"}
		if list := testroad.Do(r, other, r.Ops.Instances, provision.ListIn{}); len(list.Rows) != 0 {
			t.Errorf("another provider's list: %+v", list.Rows)
		}
		for _, a := range []naru.Actor{mine, testroad.Operator(), {User: "a", Role: "auditor"}} {
			if err := try(r, a, r.Ops.Credentials, bref); naru.KindOf(err) != naru.Denied {
				t.Errorf("credentials to a %s: %v, want denied", a.Role, err)
			}
		}
	})
}

func try[S, In, Out any](r *testroad.Road, a naru.Actor, o op.Op[S, In, Out], in In) error {
	_, err := op.Do(r.T.Context(), r.Runner, r.CallFor(a), o, in)
	return err
}

func TestACensusFindsAndSweeps(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		kept, lost, stray := create(r, "sync"), create(r, "sync"), create(r, "sync")
		for _, i := range []provision.Created{kept, lost, stray} {
			until(r, i.ID, provision.Ready)
		}
		plan := r.Plan("sync")
		client := r.Broker.Client
		if _, err := client.Deprovision(t.Context(), osb.DeprovisionRequest{InstanceID: string(lost.ID), ServiceID: r.Offer.OSBID, PlanID: plan.OSBID}); err != nil {
			t.Fatal(err)
		}
		r.Store(func(ctx context.Context, tx *store.Tx) error { // as after a restore of an old copy of the broker
			i, err := tx.Instance(ctx, stray.ID)
			i.State, i.Since = provision.Deleted, r.Now()
			if err != nil {
				return err
			}
			return tx.PutInstance(ctx, i)
		})
		foreign := osb.ProvisionRequest{InstanceID: "not-ours", ServiceID: r.Offer.OSBID, PlanID: plan.OSBID, OrganizationGUID: "o", SpaceGUID: "s"}
		if _, err := client.Provision(t.Context(), foreign); err != nil {
			t.Fatal(err)
		}
		r.Advance(time.Minute)
		testroad.Do(r, testroad.Operator(), r.Ops.Census, provision.CensusIn{Provider: r.Provider})
		r.Drain()
		got := testroad.Do(r, testroad.Operator(), r.Ops.Censuses, provision.CensusesIn{}).Rows[0]
		kinds := map[provision.InstanceID]provision.FindingKind{}
		for _, f := range got.Findings {
			kinds[f.Instance] = f.Kind
		}
		if got.Held != 3 || got.Known != 2 || len(kinds) != 3 || kinds[lost.ID] != provision.Lost || kinds[stray.ID] != provision.Stray || kinds["not-ours"] != provision.Foreign {
			t.Fatalf("census: %+v", got)
		}
		until(r, stray.ID, provision.Deleted)
		if there := held(r); len(there) != 2 {
			t.Errorf("after the sweep: %+v", there)
		}
		r.Front.Set(testbroker.Garbage)
		r.Advance(time.Minute)
		testroad.Do(r, testroad.Operator(), r.Ops.Census, provision.CensusIn{Provider: r.Provider})
		r.Drain()
		if bad := testroad.Do(r, testroad.Operator(), r.Ops.Censuses, provision.CensusesIn{Provider: r.Provider}).Rows[0]; bad.Fault.Key == "" || len(bad.Findings) != 0 {
			t.Errorf("a census of a liar: %+v", bad)
		}
	})
}

func TestEveryOperationFitsTheStore(t *testing.T) {
	t.Parallel()
	for _, o := range provision.New(nil).All() {
		if err := o.Fits(&store.Tx{}); err != nil {
			t.Error(err)
		}
	}
}
