package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/base/record"
	"naru/flow/access"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/flow/law"
	"naru/flow/meter"
	"naru/flow/provision"
	"naru/internal/testdb"
	"naru/internal/testroad"
	"naru/store"
)

// world is what the operations of the test are about: few enough things that they meet
// often.
type world struct {
	road   *testroad.Road
	orders []contract.OrderID
	plan   catalog.Plan
	now    time.Time
	n      int
}

func newWorld(t *testing.T, db *store.DB) *world {
	t.Helper()
	w := &world{road: testroad.New(t, db), now: testdb.Noon}
	for range 3 {
		w.orders = append(w.orders, w.road.Order("sync", nil))
	}
	w.plan = w.road.Plan("sync")
	return w
}

const things = 4 // instances, bindings and users

func instanceID(n int) provision.InstanceID { return provision.InstanceID(fmt.Sprint("ins_", n)) }

func bindingID(n int) provision.BindingID { return provision.BindingID(fmt.Sprint("bnd_", n)) }

// all reads everything that is remembered, in every way it is read.
func (w *world) all(ctx context.Context, tx *store.Tx) map[string]any {
	out := map[string]any{}
	see := func(name string, v any, err error) {
		if err != nil {
			v = naru.KindOf(err)
		}
		out[name] = v
	}
	for n := range things {
		i, err := tx.Instance(ctx, instanceID(n))
		see(fmt.Sprint("instance ", n), i, err)
		row, err := tx.InstanceRow(ctx, instanceID(n))
		see(fmt.Sprint("row ", n), row, err)
		of, ok, err := tx.InstanceOf(ctx, "platform", fmt.Sprint("p", n%2))
		see(fmt.Sprint("of ", n%2, ok), of, err)
		list, err := tx.Bindings(ctx, instanceID(n))
		see(fmt.Sprint("bindings ", n), list, err)
		b, err := tx.Binding(ctx, bindingID(n))
		see(fmt.Sprint("binding ", n), b, err)
		b, ok, err = tx.BindingOf(ctx, instanceID(n), "b")
		see(fmt.Sprint("binding of ", n, ok), b, err)
		secret, err := tx.Credentials(ctx, bindingID(n))
		see(fmt.Sprint("secret ", n), secret, err)
		window, ok, err := tx.Window(ctx, instanceID(n))
		see(fmt.Sprint("window ", n, ok), window, err)
		user, err := tx.User(ctx, fmt.Sprint("user", n))
		see(fmt.Sprint("user ", n), user, err)
	}
	for _, id := range w.orders {
		o, err := tx.Order(ctx, id)
		see("order "+string(id), o, err)
		live, ok, err := tx.LiveInstance(ctx, id)
		see(fmt.Sprint("live ", id, ok), live, err)
	}
	orders, err := tx.OrdersInForce(ctx, w.road.A, "2026-03-02")
	see("orders", orders, err)
	p, err := tx.Provider(ctx, w.road.Provider)
	see("provider", p, err)
	offer, err := tx.Offer(ctx, w.road.Offer.ID)
	see("offer", offer, err)
	inst, err := tx.Institution(ctx, w.road.A)
	see("institution", inst, err)
	sys, err := tx.System(ctx, w.system())
	see("system", sys, err)
	lifts, err := tx.Lifts(ctx, "", w.system())
	see("lifts", lifts, err)
	mark, err := tx.PublishedMark(ctx)
	see("mark", mark, err)
	w.assembled(ctx, tx, see)
	return out
}

// assembled looks at results that are put together from others: from tagged ones, from
// others, and from a statement of its own.
func (w *world) assembled(ctx context.Context, tx *store.Tx, see func(string, any, error)) {
	whole, err := tx.Assembled(ctx, "catalogue", func(ctx context.Context) (any, error) {
		orders, err := tx.OrdersInForce(ctx, w.road.A, "2026-03-02")
		if err != nil {
			return nil, err
		}
		out := []any{orders}
		for _, o := range orders {
			live, ok, err := tx.LiveInstance(ctx, o.ID)
			if err != nil {
				return nil, err
			}
			out = append(out, live, ok)
		}
		offer, err := tx.Offer(ctx, w.road.Offer.ID)
		return append(out, offer), err
	})
	see("assembled catalogue", whole, err)
	for n := range things {
		row, err := tx.Assembled(ctx, fmt.Sprint("row ", n), func(ctx context.Context) (any, error) { return tx.InstanceRow(ctx, instanceID(n)) })
		see(fmt.Sprint("assembled row ", n), row, err)
		both, err := tx.Assembled(ctx, fmt.Sprint("both ", n), func(ctx context.Context) (any, error) {
			i, err := tx.Instance(ctx, instanceID(n))
			if err != nil {
				return nil, err
			}
			at, err := tx.InstancesAt(ctx, w.road.Provider)
			return []any{i, at}, err
		})
		see(fmt.Sprint("assembled both ", n), both, err)
	}
}

func (w *world) system() inventory.SystemID { return w.road.System() }

// instance changes an instance, or makes it.
func (w *world) instance(ctx context.Context, rng *rand.Rand, tx *store.Tx) error {
	n := rng.IntN(things)
	i, err := tx.Instance(ctx, instanceID(n))
	if err != nil {
		i = provision.Instance{
			ID: instanceID(n), Order: w.orders[rng.IntN(len(w.orders))], Institution: w.road.A, System: w.system(), Component: "c",
			Provider: w.road.Provider, Service: w.road.Offer.ID, Plan: w.plan.ID, Platform: "platform", PlatformID: fmt.Sprint("p", n%2),
			CreatedAt: w.now.Add(time.Nanosecond), // which is finer than what is stored
		}
	}
	states := []provision.State{provision.Requested, provision.Creating, provision.Ready, provision.Failed, provision.Deleted, provision.Orphan}
	i.Work = provision.Work{
		State: states[rng.IntN(len(states))], CallID: fmt.Sprint(rng.IntN(3)), Unsure: rng.IntN(2) == 0, Since: w.now, Attempts: rng.IntN(9),
		Fault: naru.Msg("k", "a", fmt.Sprint(rng.IntN(9))),
	}
	if live, ok, err := tx.LiveInstance(ctx, i.Order); err == nil && ok && live.ID != i.ID && i.State.Live() && rng.IntN(8) > 0 {
		i.State = provision.Failed // else it meets the index of live instances: a conflict
	}
	if i.Change = nil; rng.IntN(4) == 0 {
		i.Change = &provision.Change{ID: "c", Order: w.orders[rng.IntN(len(w.orders))], AskedAt: w.now}
	}
	if rng.IntN(6) == 0 { // what is updated moves to another order
		i.Order = w.orders[rng.IntN(len(w.orders))]
	}
	return tx.PutInstance(ctx, i)
}

func (w *world) binding(ctx context.Context, rng *rand.Rand, tx *store.Tx) error {
	n := rng.IntN(things)
	b, err := tx.Binding(ctx, bindingID(n))
	if err != nil {
		b = provision.Binding{ID: bindingID(n), Instance: instanceID(rng.IntN(things)), PlatformID: "b", Params: []byte(`{}`), CreatedAt: w.now}
	}
	b.State, b.NextAt = provision.Creating, w.now.Add(time.Duration(rng.IntN(9))*time.Second)
	if err := tx.PutBinding(ctx, b); err != nil {
		return err
	}
	var secret naru.Secret
	if rng.IntN(2) == 0 {
		secret = naru.NewSecret(fmt.Sprint("secret", rng.IntN(9)))
	}
	return tx.PutCredentials(ctx, b.ID, secret)
}

// changes are the writes of every step to what is remembered. Some are refused by the
// engine: a binding of no instance, a second live instance of an order.
func (w *world) changes() []func(context.Context, *rand.Rand, *store.Tx) error {
	r := w.road
	return []func(context.Context, *rand.Rand, *store.Tx) error{
		w.instance, w.instance, w.binding,
		func(ctx context.Context, rng *rand.Rand, tx *store.Tx) error {
			id := instanceID(rng.IntN(things))
			if _, err := tx.Instance(ctx, id); err != nil {
				return err // there is no use of what there is not
			}
			return tx.PutWindow(ctx, meter.Window{Instance: id, OpenedAt: w.now, ClosedAt: w.now.Add(time.Duration(rng.IntN(9)) * time.Second)})
		},
		func(ctx context.Context, rng *rand.Rand, tx *store.Tx) error {
			return tx.PutUser(ctx, access.User{ID: fmt.Sprint("user", rng.IntN(things)), Role: identity.Officer, Disabled: rng.IntN(2) == 0, ChangedAt: w.now}, "phc")
		},
		func(ctx context.Context, rng *rand.Rand, tx *store.Tx) error {
			o, err := tx.Order(ctx, w.orders[rng.IntN(len(w.orders))])
			if err != nil {
				return err
			}
			o.State = []contract.State{contract.Approved, contract.Requested}[rng.IntN(2)]
			o.Held = naru.Money(rng.IntN(1000))
			return tx.PutOrder(ctx, o)
		},
		func(ctx context.Context, rng *rand.Rand, tx *store.Tx) error {
			p, err := tx.Provider(ctx, r.Provider)
			if err != nil {
				return err
			}
			p.Name.Ko = fmt.Sprint("공급자", rng.IntN(9))
			return tx.PutProvider(ctx, p)
		},
		func(ctx context.Context, rng *rand.Rand, tx *store.Tx) error {
			o, err := tx.Offer(ctx, r.Offer.ID)
			if err != nil {
				return err
			}
			o.Service.Name.Ko = fmt.Sprint("서비스", rng.IntN(9))
			o.Plans[0].Gone = rng.IntN(2) == 0
			if err := tx.PutPlans(ctx, o.Plans[:1]); err != nil {
				return err
			}
			return tx.PutServices(ctx, []catalog.Service{o.Service})
		},
		func(ctx context.Context, rng *rand.Rand, tx *store.Tx) error {
			return tx.PutPrices(ctx, w.plan.ID, []catalog.Price{{Meter: "m", From: naru.Date(fmt.Sprintf("2026-01-%02d", 1+rng.IntN(9))), Unit: "u"}})
		},
		func(ctx context.Context, rng *rand.Rand, tx *store.Tx) error {
			c := catalog.Certificate{Scheme: catalog.CSAP, Type: "saas", Tier: "low", Number: fmt.Sprint(rng.IntN(3)), From: "2026-01-01", To: naru.Date(fmt.Sprintf("2026-12-%02d", 1+rng.IntN(28)))}
			return tx.PutCertificate(ctx, r.Offer.ID, c)
		},
		func(ctx context.Context, rng *rand.Rand, tx *store.Tx) error {
			i, err := tx.Institution(ctx, r.A)
			if err != nil {
				return err
			}
			i.Name = fmt.Sprint("기관", rng.IntN(9))
			return tx.PutInstitutions(ctx, []inventory.Institution{i})
		},
		func(ctx context.Context, rng *rand.Rand, tx *store.Tx) error {
			s, err := tx.System(ctx, w.system())
			if err != nil {
				return err
			}
			s.Name = fmt.Sprint("시스템", rng.IntN(9))
			return tx.PutSystems(ctx, []inventory.System{s})
		},
		func(ctx context.Context, rng *rand.Rand, tx *store.Tx) error {
			return tx.PutException(ctx, decide.Exception{
				ID: decide.ExceptionID(fmt.Sprint("exc_", rng.IntN(3))), System: w.system(), Institution: r.A, Component: "c", Venue: "private", Rule: "r",
				Rules: []string{"r"}, State: []decide.ExceptionState{"granted", "requested"}[rng.IntN(2)], From: "2026-01-01", Until: "2026-12-31", Law: "l",
			})
		},
		func(ctx context.Context, rng *rand.Rand, tx *store.Tx) error {
			d := law.Draft{ID: law.DraftID(fmt.Sprint("drf_", rng.IntN(3))), Key: "k", From: "2026-01-01", State: "published"}
			if err := tx.PutDraft(ctx, d); err != nil {
				return err
			}
			return tx.Mark(ctx, d.ID)
		},
	}
}

var errOnPurpose = errors.New("refused on purpose")

// change makes one random job: one or two changes, an entry or none, a failure or none,
// and looks at everything in between, as the job sees it.
func (w *world) change(rng *rand.Rand) func(context.Context, op.Tx) error {
	w.n++
	seed, fails := rng.Uint64(), rng.IntN(4) == 0
	n := w.n
	return func(ctx context.Context, t op.Tx) error {
		rng := rand.New(rand.NewPCG(seed, 1))
		tx, list := t.(*store.Tx), w.changes()
		for range 1 + rng.IntN(2) {
			if err := list[rng.IntN(len(list))](ctx, rng, tx); err != nil {
				return err
			}
			if rng.IntN(2) == 0 {
				w.all(ctx, tx)
			}
		}
		if fails {
			return errOnPurpose
		}
		if rng.IntN(2) == 0 {
			return tx.AppendEntries(ctx, []record.Entry{entry(n)})
		}
		return nil
	}
}

func (w *world) read(t *testing.T, db *store.DB) (out map[string]any) {
	t.Helper()
	err := db.Read(t.Context(), func(ctx context.Context, tx any) error {
		out = w.all(ctx, tx.(*store.Tx))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func compare(t *testing.T, when string, got, want map[string]any) {
	t.Helper()
	for name := range want {
		if !reflect.DeepEqual(got[name], want[name]) {
			t.Fatalf("%s: %s is remembered as\n%+v\nand stored as\n%+v", when, name, got[name], want[name])
		}
	}
}

// TestWhatIsRememberedIsWhatIsStored runs random writes, alone and in groups, some of
// which fail, and compares what is remembered with what the engine holds after each.
func TestWhatIsRememberedIsWhatIsStored(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		for step := range 200 {
			seed := rand.Uint64()
			rng := rand.New(rand.NewPCG(seed, 0))
			var wg sync.WaitGroup
			for range 1 + rng.IntN(5) {
				job := w.change(rng)
				wg.Go(func() { _ = db.Write(t.Context(), job) }) // some fail
			}
			wg.Go(func() { w.read(t, db) })
			wg.Wait()
			got := w.read(t, db)
			if rng.IntN(2) == 0 {
				db.Forget()
			}
			fresh := w.read(t, db)
			compare(t, fmt.Sprintf("step %d, seed %d", step, seed), got, fresh)
			db.Forget()
			compare(t, fmt.Sprintf("step %d, seed %d, read again", step, seed), got, w.read(t, db))
		}
	})
}

// TestAnotherProcessIsNoticed lets two processes write to one database: a write is never
// based on what the other has changed, and a read that asks the engine shows it.
func TestAnotherProcessIsNoticed(t *testing.T) {
	t.Parallel()
	url := testdb.PostgresURL(t)
	sealer := testdb.Sealer(t)
	var dbs [2]*store.DB
	for i := range dbs {
		db, err := store.Open(t.Context(), url, sealer)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		dbs[i] = db
	}
	w := newWorld(t, dbs[0])
	rng := rand.New(rand.NewPCG(1, 2))
	for step := range 60 {
		_ = dbs[step%2].Write(t.Context(), w.change(rng)) // some fail
		for _, db := range dbs {
			err := db.Read(t.Context(), func(ctx context.Context, tx any) error {
				_, err := tx.(*store.Tx).RecordSize(ctx) // it asks the engine
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		got := w.read(t, dbs[1-step%2])
		dbs[0].Forget()
		compare(t, fmt.Sprint("step ", step), got, w.read(t, dbs[0]))
	}
	var wg sync.WaitGroup
	const each = 50
	for _, db := range dbs {
		for range each {
			wg.Go(func() {
				err := db.Write(t.Context(), func(ctx context.Context, t op.Tx) error {
					tx := t.(*store.Tx)
					o, err := tx.Order(ctx, w.orders[0])
					if err != nil {
						return err
					}
					o.Version++
					return tx.PutOrder(ctx, o)
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	var o contract.Order
	before := int64(0) // the road puts orders with version 0
	err := dbs[0].Read(t.Context(), func(ctx context.Context, tx any) (err error) {
		o, err = tx.(*store.Tx).Order(ctx, w.orders[0])
		return err
	})
	if err != nil || o.Version != before+2*each {
		t.Errorf("version %d after %d writes, %v: a write was based on what had changed", o.Version, 2*each, err)
	}
}

// TestReadingWhatIsRememberedCostsNoStatement counts.
func TestReadingWhatIsRememberedCostsNoStatement(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		rng := rand.New(rand.NewPCG(3, 4))
		for range 60 { // some meet the index of live instances
			_ = db.Write(t.Context(), func(ctx context.Context, tx op.Tx) error { return w.instance(ctx, rng, tx.(*store.Tx)) })
		}
		read := func() int64 {
			before := db.Statements()
			err := db.Read(t.Context(), func(ctx context.Context, v any) error {
				tx := v.(*store.Tx)
				_, err := tx.InstanceRow(ctx, instanceID(0))
				if err != nil {
					return err
				}
				_, err = tx.Bindings(ctx, instanceID(0))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return db.Statements() - before
		}
		read()
		if n := read(); n != 0 {
			t.Errorf("%d statements for what is remembered", n)
		}
		err := db.Write(t.Context(), func(ctx context.Context, tx op.Tx) error {
			i, err := tx.(*store.Tx).Instance(ctx, instanceID(0))
			if err != nil {
				return err
			}
			i.Attempts++
			return tx.(*store.Tx).PutInstance(ctx, i)
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := read(); n != 0 {
			t.Errorf("%d statements after this process changed an instance itself", n)
		}
	})
}
