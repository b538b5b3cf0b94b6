package provision_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/provision"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/internal/testroad"
	"naru/store"
	"naru/wire/osb"
)

// running makes an instance of a plan that is ready.
func running(r *testroad.Road, slug string) provision.InstanceOut {
	r.T.Helper()
	return until(r, create(r, slug).ID, provision.Ready)
}

func update(r *testroad.Road, in provision.UpdateIn) provision.Updated {
	r.T.Helper()
	return testroad.Do(r, r.Officer(r.A), r.Ops.Update, in)
}

// atBroker is the plan the broker says an instance has.
func atBroker(r *testroad.Road, id provision.InstanceID) osb.GetInstanceResponse {
	r.T.Helper()
	got, err := r.Broker.Client.GetInstance(r.T.Context(), osb.GetInstanceRequest{InstanceID: string(id)})
	if err != nil {
		r.T.Fatal(err)
	}
	return got
}

// agree holds naru's record against the broker's.
func agree(r *testroad.Road, id provision.InstanceID, slug string) {
	r.T.Helper()
	i, there := get(r, id), atBroker(r, id)
	if plan := r.Plan(slug); i.Plan != plan.ID || there.PlanID != plan.OSBID {
		r.T.Errorf("naru says plan %s, the broker %s; want %s", i.PlanName.En, there.PlanID, slug)
	}
}

func ref(id provision.InstanceID) provision.InstanceRef { return provision.InstanceRef{ID: id} }

// spy keeps the requests that go to the brokers.
type spy struct {
	provision.Broker
	mu   sync.Mutex
	seen []provision.Request
}

func (s *spy) Call(ctx context.Context, q provision.Request) provision.Answer {
	s.mu.Lock()
	s.seen = append(s.seen, q)
	s.mu.Unlock()
	return s.Broker.Call(ctx, q)
}

func TestAPlanChangeMovesTheInstanceUnderTheNewOrder(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		i := running(r, "sync")
		next := r.Order("bigger", nil)
		got := update(r, provision.UpdateIn{InstanceRef: ref(i.ID), Plan: r.Plan("bigger").ID})
		if got.State != provision.Updating || got.Order != i.Order || got.Change.Order != next {
			t.Fatalf("asked for: %+v", got.Instance)
		}
		end := until(r, i.ID, provision.Ready)
		agree(r, i.ID, "bigger")
		if end.Order != next || end.Change.Running() || end.Change.Fault.Key != "" || !end.ReadyAt.Equal(i.ReadyAt) {
			t.Errorf("afterwards: %+v", end.Instance)
		}
		settled := r.Entries("provision.settle")
		if last := settled[len(settled)-1]; last["order_before"] != string(i.Order) || last["state"] != "ready" || last["from"] != "updating" {
			t.Errorf("the record says %+v", last)
		}
		again := update(r, provision.UpdateIn{InstanceRef: ref(i.ID), Plan: r.Plan("bigger").ID})
		if !again.Unchanged || r.Front.Forwarded("PATCH") != 1 {
			t.Errorf("the same again: %+v, %d calls", again.Unchanged, r.Front.Forwarded("PATCH"))
		}
		testroad.Do(r, r.Officer(r.A), r.Ops.Create, provision.CreateIn{Order: i.Order}) // the old order is free again
	})
}

func TestWhileAnUpdateRunsBothOrdersAreTakenAndNothingElseIsChanged(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		i := running(r, "sync")
		watch := &spy{Broker: r.Link}
		r.Work.Handlers = provision.Handlers(watch)
		let := testbroker.Shut(t, r.Broker)
		next := r.Order("async", nil)
		in := provision.UpdateIn{InstanceRef: ref(i.ID), Order: next, Params: `{"a":2}`}
		first := update(r, in)
		for range 3 {
			r.Drain()
			r.Advance(5 * time.Second)
		}
		if again := update(r, in); !again.Existed || again.Change.ID != first.Change.ID {
			t.Errorf("the same while it runs: %+v", again)
		}
		for name, err := range map[string]error{
			"another update":               try(r, r.Officer(r.A), r.Ops.Update, provision.UpdateIn{InstanceRef: ref(i.ID), Params: `{"a":3}`}),
			"a binding":                    try(r, r.Officer(r.A), r.Ops.Bind, provision.BindIn{Instance: i.ID}),
			"an instance of the old order": try(r, r.Officer(r.A), r.Ops.Create, provision.CreateIn{Order: i.Order}),
			"an instance of the new order": try(r, r.Officer(r.A), r.Ops.Create, provision.CreateIn{Order: next}),
		} {
			if naru.KindOf(err) != naru.Conflict {
				t.Errorf("%s: %v, want a conflict", name, err)
			}
		}
		go let()
		until(r, i.ID, provision.Ready)
		agree(r, i.ID, "async")
		for _, q := range watch.seen {
			if q.Plan != r.Plan("sync").OSBID || q.Limit != 10*time.Minute {
				t.Errorf("%s names plan %s and waits %v; until it succeeded the plan is the old one", q.Step, q.Plan, q.Limit)
			}
		}
		if params := string(atBroker(r, i.ID).Parameters); params != `{"a":2}` || string(get(r, i.ID).Params) != "" && string(get(r, i.ID).Params) != params {
			t.Errorf("parameters: %s", params)
		}
	})
}

func TestAnUpdateTheProviderRefusesLeavesTheInstanceAsItWas(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		i := running(r, "bigger")
		r.Order("sync", nil)
		update(r, provision.UpdateIn{InstanceRef: ref(i.ID), Plan: r.Plan("sync").ID}) // folders do not shrink
		end := until(r, i.ID, provision.Ready)
		agree(r, i.ID, "bigger")
		if end.Order != i.Order || end.Change.Fault.Key != "provision.provider_refused" || end.Fault.Key != "" {
			t.Errorf("afterwards: %+v, %+v", end.Change, end.Work)
		}
	})
}

// Whatever happens to a PATCH, naru's record ends as the broker's.
func TestALostAnswerToAnUpdateIsFoundOut(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		mode  testbroker.Mode
		slug  string // of the new plan
		moved bool
	}{
		{"answers 500", testbroker.Error500, "bigger", true},
		{"answers 500 after the effect", testbroker.Error500After, "bigger", true},
		{"drops the answer after the effect", testbroker.Drop, "bigger", true},
		{"drops the answer of an asynchronous update", testbroker.Drop, "async", true},
		{"answers 201 with half a body", testbroker.Malformed201, "bigger", true},
		{"answers 200 without a body", testbroker.Empty200, "bigger", true},
		{"answers 204", testbroker.NoContent204, "bigger", true},
		{"answers with a page", testbroker.Garbage, "bigger", true},
		{"is busy", testbroker.Busy, "bigger", true},
		{"is down", testbroker.Down, "bigger", true},
		{"answers 410", testbroker.Gone410, "bigger", false},
		{"says that the operation failed", testbroker.FailedOperation, "bigger", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			testdb.Each(t, func(t *testing.T, db *store.DB) {
				r := testroad.New(t, db)
				i := running(r, "sync")
				next := r.Order(tt.slug, nil)
				r.Front.Set(tt.mode)
				update(r, provision.UpdateIn{InstanceRef: ref(i.ID), Order: next})
				r.Drain()
				r.Advance(1500 * time.Millisecond)
				r.Drain()
				if now := get(r, i.ID); !now.State.Live() {
					t.Fatalf("the instance is lost: %+v", now.Work)
				}
				r.Front.Set(testbroker.Pass)
				end := until(r, i.ID, provision.Ready)
				if tt.moved {
					agree(r, i.ID, tt.slug)
				} else {
					agree(r, i.ID, "sync")
				}
				if moved := end.Order == next; moved != tt.moved || moved == (end.Change.Fault.Key != "") {
					t.Errorf("order %s, change %+v", end.Order, end.Change)
				}
			})
		})
	}
}

func TestAnUpdateOfABrokerThatTellsNothingEndsAsUnknown(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]testbroker.Mode{"500 to everything": testbroker.Error500, "a page for everything": testbroker.Garbage} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := testroad.New(t, testdb.SQLite(t))
			i := running(r, "sync")
			r.Order("bigger", nil)
			r.Front.Set(mode)
			update(r, provision.UpdateIn{InstanceRef: ref(i.ID), Plan: r.Plan("bigger").ID})
			end := until(r, i.ID, provision.Ready)
			if end.Change.Fault.Key != "provision.update_unknown" || end.Order != i.Order {
				t.Errorf("afterwards: %+v", end.Change)
			}
		})
	}
}

func TestAnUpdateThatNeverEndsCountsAsFailedAfterThePlansLimit(t *testing.T) {
	t.Parallel()
	r := testroad.New(t, testdb.SQLite(t))
	i := running(r, "sync")
	r.Order("async", nil)
	r.Front.Set(testbroker.NeverEnding)
	update(r, provision.UpdateIn{InstanceRef: ref(i.ID), Plan: r.Plan("async").ID})
	began := r.Now()
	end := until(r, i.ID, provision.Ready)
	if took := r.Now().Sub(began); end.Change.Fault.Key != "provision.update_unknown" || took < 10*time.Minute || took > 12*time.Minute {
		t.Errorf("after %v: %+v", took, end.Change)
	}
}

func TestAKillDuringAnUpdateIsRepaired(t *testing.T) {
	t.Parallel()
	for _, slug := range []string{"bigger", "async"} {
		t.Run(slug, func(t *testing.T) {
			t.Parallel()
			testdb.Each(t, func(t *testing.T, db *store.DB) {
				r := testroad.New(t, db)
				i := running(r, "sync")
				r.Order(slug, nil)
				update(r, provision.UpdateIn{InstanceRef: ref(i.ID), Plan: r.Plan(slug).ID})
				for _, moment := range []string{beforeCall, afterCall} {
					killed(r, i.ID, moment)
					if now := get(r, i.ID); now.State != provision.Updating || now.CallID == "" {
						t.Fatalf("after a kill %s: %+v", moment, now.Work)
					}
					r.Restart()
					r.Advance(3 * time.Minute)
				}
				until(r, i.ID, provision.Ready)
				agree(r, i.ID, slug)
				if there := held(r); len(there) != 1 {
					t.Errorf("at the broker: %+v", there)
				}
			})
		})
	}
}

func TestADeletionDuringAnUpdateEndsBoth(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		i := running(r, "sync")
		next := r.Order("async", nil)
		let := testbroker.Shut(t, r.Broker)
		update(r, provision.UpdateIn{InstanceRef: ref(i.ID), Order: next})
		r.Drain()
		testroad.Do(r, r.Officer(r.A), r.Ops.Delete, provision.DeleteIn{InstanceRef: ref(i.ID)})
		if err := try(r, r.Officer(r.A), r.Ops.Update, provision.UpdateIn{InstanceRef: ref(i.ID), Params: `{"a":3}`}); naru.KindOf(err) != naru.Conflict {
			t.Errorf("an update while it is deleted: %v", err)
		}
		go let()
		gone := until(r, i.ID, provision.Deleted)
		if gone.Change.Fault.Key != "provision.update_overtaken" || len(held(r)) != 0 {
			t.Errorf("afterwards: %+v, at the broker %+v", gone.Change, held(r))
		}
		if err := try(r, r.Officer(r.A), r.Ops.Update, provision.UpdateIn{InstanceRef: ref(i.ID), Params: `{"a":3}`}); naru.KindOf(err) != naru.NotFound {
			t.Errorf("an update of what is deleted: %v", err)
		}
		testroad.Do(r, r.Officer(r.A), r.Ops.Create, provision.CreateIn{Order: next}) // its order is free again
	})
}

// fixed makes the stored plans of the service say something else.
func fixed(r *testroad.Road, slug, from, to string) {
	r.T.Helper()
	r.Store(func(ctx context.Context, tx *store.Tx) error {
		p, err := tx.CatalogPlan(ctx, r.Plan(slug).ID)
		if err != nil {
			return err
		}
		wire := strings.Replace(string(p.Wire), from, to, 1)
		if wire == string(p.Wire) {
			r.T.Fatalf("the plan does not say %s: %s", from, wire)
		}
		p.Wire = []byte(wire)
		return tx.PutPlans(ctx, []catalog.Plan{p})
	})
}

func TestEveryGroundRefusesAnUpdateBeforeAnyCall(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		order  func(*testroad.Road, *contract.Order) // the new one; nil = none
		before func(*testroad.Road, provision.Instance)
		in     func(*testroad.Road, *provision.UpdateIn)
		kind   naru.Kind
		key    string
	}{
		"a plan without an order": {nil, nil, toPlan("bigger"), naru.Denied, "provision.no_order"},
		"an order nobody approved": {
			func(_ *testroad.Road, o *contract.Order) { o.State = contract.Requested }, nil, toOrder, naru.Denied, "provision.order_not_approved",
		},
		"an order that is over": {
			func(_ *testroad.Road, o *contract.Order) { o.To = "2026-03-01" }, nil, toOrder, naru.Denied, "provision.order_not_covering",
		},
		"a hold that is used up": {func(_ *testroad.Road, o *contract.Order) { o.Held = 0 }, nil, toOrder, naru.Exhausted, "provision.no_hold"},
		"an order of another component": {
			func(r *testroad.Road, o *contract.Order) { o.Component = r.Unknown() }, nil, toOrder, naru.Invalid, "provision.order_other_component",
		},
		"a certificate that lapsed": {
			func(*testroad.Road, *contract.Order) {}, func(r *testroad.Road, _ provision.Instance) { r.Certify("2026-03-01") }, toOrder,
			naru.Denied, "provision.not_certified",
		},
		"a plan the provider does not let go": {
			func(*testroad.Road, *contract.Order) {}, func(r *testroad.Road, _ provision.Instance) {
				fixed(r, "sync", `{`, `{"plan_updateable":false,`)
			}, toOrder, naru.Unavailable, "provision.plan_fixed",
		},
		"an order of another plan than named": {
			func(*testroad.Road, *contract.Order) {}, nil, func(r *testroad.Road, in *provision.UpdateIn) { toOrder(r, in); in.Plan = r.Plan("async").ID },
			naru.Invalid, "provision.order_other_plan",
		},
		"a version that is not the catalogue's": {
			nil, nil, func(_ *testroad.Road, in *provision.UpdateIn) { in.Maintenance = "7.0.0" }, naru.Conflict, "provision.maintenance_conflict",
		},
		"parameters under an order that ended": {
			nil, func(r *testroad.Road, i provision.Instance) {
				r.Store(func(ctx context.Context, tx *store.Tx) error {
					o, err := tx.Order(ctx, i.Order)
					o.State = contract.Ended
					return errors.Join(err, tx.PutOrder(ctx, o))
				})
			}, func(_ *testroad.Road, in *provision.UpdateIn) { in.Params = `{"a":9}` }, naru.Denied, "provision.order_not_approved",
		},
		"parameters that are no object": {
			nil, nil, func(_ *testroad.Road, in *provision.UpdateIn) { in.Params = `7` }, naru.Invalid, "provision.params_not_object",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := testroad.New(t, testdb.SQLite(t))
			i := running(r, "sync")
			in := provision.UpdateIn{InstanceRef: ref(i.ID)}
			if tt.order != nil {
				in.Order = r.Order("bigger", func(o *contract.Order) { tt.order(r, o) })
			}
			if tt.before != nil {
				tt.before(r, i.Instance)
			}
			tt.in(r, &in)
			err := try(r, r.Officer(r.A), r.Ops.Update, in)
			var refusal *naru.Error
			if !errors.As(err, &refusal) || refusal.Kind != tt.kind || refusal.Message.Key != tt.key {
				t.Fatalf("refusal: %v, want %s %s", err, tt.kind, tt.key)
			}
			r.Drain()
			if r.Front.Forwarded("PATCH") != 0 || get(r, i.ID).State != provision.Ready {
				t.Error("the broker was called, or the instance is not as it was")
			}
			check, err := op.Do(t.Context(), r.Runner, r.CallFor(r.Officer(r.A)), r.Ops.CheckUpdate, in)
			if check.Allowed || (err != nil && naru.KindOf(err) != tt.kind) {
				t.Errorf("the dry run says %+v, %v", check, err)
			}
		})
	}
}

func toPlan(slug string) func(*testroad.Road, *provision.UpdateIn) {
	return func(r *testroad.Road, in *provision.UpdateIn) { in.Plan = r.Plan(slug).ID }
}

func toOrder(*testroad.Road, *provision.UpdateIn) {}

func TestADryRunOfAnUpdateNamesEveryCheckAndChangesNothing(t *testing.T) {
	t.Parallel()
	r := testroad.New(t, testdb.SQLite(t))
	i := running(r, "sync")
	next := r.Order("bigger", nil)
	got := testroad.Do(r, r.Officer(r.A), r.Ops.CheckUpdate, provision.UpdateIn{InstanceRef: ref(i.ID), Plan: r.Plan("bigger").ID})
	var names []string
	for _, c := range got.Checks {
		names = append(names, c.Name)
	}
	if want := "state updateable maintenance ordered paid on_offer lawful certified"; strings.Join(names, " ") != want || !got.Allowed || got.Order != next {
		t.Errorf("dry run: %+v, want the checks %s", got, want)
	}
	if now := get(r, i.ID); now.State != provision.Ready || now.Change != nil {
		t.Errorf("the dry run changed it: %+v", now.Instance)
	}
}

func TestParametersAndVersionChangeUnderTheSameOrder(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		i := running(r, "sync")
		if i.Maintenance != "1.0.0" {
			t.Fatalf("version after the creation: %q", i.Maintenance)
		}
		r.Store(func(ctx context.Context, tx *store.Tx) error { // as one made before the provider's last release
			old := i.Instance
			old.Maintenance = "0.9.0"
			return tx.PutInstance(ctx, old)
		})
		update(r, provision.UpdateIn{InstanceRef: ref(i.ID), Params: `{"size":5}`, Maintenance: "1.0.0"})
		end := until(r, i.ID, provision.Ready)
		there := atBroker(r, i.ID)
		if end.Maintenance != "1.0.0" || end.Order != i.Order || string(there.Parameters) != `{"size":5}` || there.MaintenanceInfo.Version != "1.0.0" {
			t.Errorf("afterwards: %+v; at the broker %+v", end.Instance, there)
		}
	})
}

func TestACatalogueThatIsOldIsReadAgain(t *testing.T) {
	t.Parallel()
	r := testroad.New(t, testdb.SQLite(t))
	fixed(r, "sync", `"version":"1.0.0"`, `"version":"0.5.0"`)
	i := create(r, "sync")
	if end := until(r, i.ID, provision.Failed); end.Fault.Key != "provision.maintenance_stale" {
		t.Errorf("the fault: %+v", end.Fault)
	}
	r.Drain()
	running(r, "sync")
}

// patches are the rows of the journal about updates of an instance, the newest first.
func patches(r *testroad.Road, id provision.InstanceID) (out []provision.BrokerCall) {
	r.T.Helper()
	for _, k := range testroad.Do(r, testroad.Operator(), r.Ops.Calls, provision.CallsIn{CallFilter: provision.CallFilter{Instance: id}}).Rows {
		if k.Step == provision.Patch {
			out = append(out, k)
		}
	}
	return out
}

func TestEveryUpdateStandsInTheJournalAndIsSettledThere(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		from  string
		to    string
		mode  testbroker.Mode
		calls int
		code  provision.Code
	}{
		{"one that the provider made", "sync", "bigger", testbroker.Pass, 1, provision.CodeDone},
		{"one that the provider makes later", "sync", "async", testbroker.Pass, 1, provision.CodeDone},
		{"one that the provider refused", "bigger", "sync", testbroker.Pass, 1, provision.CodeRejected},
		{"one that failed at the provider", "sync", "async", testbroker.FailedOperation, 1, provision.CodeFailed},
		{"one of which nobody knows", "sync", "bigger", testbroker.Error500, 3, provision.CodeUnknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			testdb.Each(t, func(t *testing.T, db *store.DB) {
				r := testroad.New(t, db)
				i := running(r, tt.from)
				r.Order(tt.to, nil)
				r.Front.Set(tt.mode)
				update(r, provision.UpdateIn{InstanceRef: ref(i.ID), Plan: r.Plan(tt.to).ID})
				until(r, i.ID, provision.Ready)
				rows := patches(r, i.ID)
				if len(rows) != tt.calls {
					t.Fatalf("calls: %+v", rows)
				}
				for _, k := range rows {
					if k.State != provision.CallSettled || k.Code != tt.code || k.Digest != rows[0].Digest {
						t.Errorf("%s, %s; want settled, %s", k.State, k.Code, tt.code)
					}
				}
			})
		})
	}
}
