// Package testmoney puts orders, instances and a provider that tells usage (시험용 정산
// 준비) on a fresh database, for tests of meter, account and report.
package testmoney

import (
	"context"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/inventory"
	"naru/flow/meter"
	"naru/flow/provision"
	"naru/internal/testdb"
	"naru/store"
)

// The people of the tests.
var (
	Operator = naru.Actor{User: "han", Role: "operator"}
	Ministry = naru.Actor{User: "choi", Role: "ministry"}
)

// Bed is a database with two institutions, one provider and a clock that tests move.
type Bed struct {
	*op.Runner
	DB   *store.DB
	Now  time.Time
	A, B inventory.InstitutionID
	// Meters are the two meters orders price, each with its unit.
	Meters [2]catalog.Meter
	// Source is asked for usage: the bed itself unless a test has a real broker.
	Source meter.Source
	// Said is what the bed answers as a provider; Fault makes it fail.
	Said  []meter.Reading
	Fault error

	systems map[inventory.InstitutionID]inventory.SystemID
	change  op.Op[any, func(context.Context, *op.Call, *store.Tx) error, int]
}

// Provider is the id of the one provider.
const Provider catalog.ProviderID = "prv_1"

// Each runs a test on every engine.
func Each(t *testing.T, test func(t *testing.T, b *Bed)) {
	t.Helper()
	testdb.Each(t, func(t *testing.T, db *store.DB) { test(t, New(t, db)) })
}

// New lays the bed.
func New(t testing.TB, db *store.DB) *Bed {
	t.Helper()
	b := &Bed{DB: db, Now: testdb.Noon, systems: map[inventory.InstitutionID]inventory.SystemID{}}
	b.Source, b.Meters = b, [2]catalog.Meter{{Name: "gib", Unit: "GiB-h"}, {Name: "msg", Unit: "message"}}
	b.Runner = op.NewRunner(db, func() time.Time { return b.Now }, naru.NewIDs(rand.Reader))
	b.change = op.Write("provision.settle", "inventory.edit", naru.Text{}, func(ctx context.Context, c *op.Call, tx any, f func(context.Context, *op.Call, *store.Tx) error) (int, error) {
		return 0, f(ctx, c, tx.(*store.Tx))
	})
	Do(t, b, Operator, inventory.ImportInstitutions, inventory.ImportInstitutionsIn{Source: "test", Rows: []inventory.InstitutionRow{
		{Row: 2, Code: "A1", Value: inventory.Institution{Name: "가 기관", Kind: "central"}},
		{Row: 3, Code: "B1", Value: inventory.Institution{Name: "나 기관", Kind: "local"}},
	}})
	Do(t, b, Operator, inventory.Import, inventory.ImportIn{Source: "test", Rows: []inventory.Row{
		{Row: 2, InstitutionCode: "A1", Code: "S1", Name: "하나", Facts: map[string]any{"system.site": "own", "system.yearly_cost": 1000}},
		{Row: 3, InstitutionCode: "B1", Code: "S2", Name: "둘", Facts: map[string]any{"system.site": "private", "system.yearly_cost": 250}},
	}})
	for _, r := range Do(t, b, Operator, inventory.ListSystems, inventory.ListSystemsIn{}).Rows {
		b.systems[r.Institution] = r.ID
		if r.Code == "S1" {
			b.A = r.Institution
		} else {
			b.B = r.Institution
		}
	}
	b.Change(t, b.offer)
	return b
}

// offer puts the provider with one service and plan on sale.
func (b *Bed) offer(ctx context.Context, c *op.Call, tx *store.Tx) error {
	c.Record([]string{string(Provider)})
	p := catalog.Provider{ID: Provider, Name: naru.Text{Ko: "공급"}, Venue: policy.Private, BrokerURL: "http://127.0.0.1:1", Synthetic: true}
	if err := tx.PutProvider(ctx, p); err != nil {
		return err
	}
	s := catalog.Service{ID: "svc_1", Provider: Provider, OSBID: "s", Slug: "objects", Name: naru.Text{Ko: "객체 저장소"}, Category: "object-storage"}
	if err := tx.PutServices(ctx, []catalog.Service{s}); err != nil {
		return err
	}
	return tx.PutPlans(ctx, []catalog.Plan{{ID: "pln_1", Service: "svc_1", OSBID: "p", Slug: "basic", Name: naru.Text{Ko: "기본"}}})
}

// Change writes behind the steps' operations, with an entry of provision.settle.
func (b *Bed) Change(t testing.TB, f func(context.Context, *op.Call, *store.Tx) error) {
	t.Helper()
	if _, err := op.Do(t.Context(), b.Runner, b.SystemCall("test"), b.change, f); err != nil {
		t.Fatal(err)
	}
}

// Do runs an operation and fails the test when it is refused.
func Do[S, In, Out any](t testing.TB, b *Bed, a naru.Actor, o op.Op[S, In, Out], in In) Out {
	t.Helper()
	out, err := op.Do(t.Context(), b.Runner, b.CallFor(a), o, in)
	if err != nil {
		t.Fatalf("%s: %v", o.Info().Name, err)
	}
	return out
}

// Order approves an order of an institution with a budget that holds it, priced in won
// per unit of the two meters.
func (b *Bed) Order(t testing.TB, of inventory.InstitutionID, hold naru.Money, gib, msg string) contract.OrderID {
	t.Helper()
	var id contract.OrderID
	b.Change(t, func(ctx context.Context, c *op.Call, tx *store.Tx) error {
		id = contract.OrderID(c.NewID("ord"))
		c.Record([]string{string(id)})
		o := contract.Order{
			ID: id, Key: string(id), Institution: of, System: b.systems[of], Provider: Provider, Service: "svc_1", Plan: "pln_1",
			From: "2026-01-01", To: "2026-12-31", Hold: hold, Held: hold, State: contract.Approved, Version: 1, RequestedAt: c.Now,
			Prices: []catalog.Price{
				{Meter: b.Meters[0].Name, Unit: b.Meters[0].Unit, Rate: naru.MustDecimal(gib), From: "2026-01-01"},
				{Meter: b.Meters[1].Name, Unit: b.Meters[1].Unit, Rate: naru.MustDecimal(msg), From: "2026-01-01"},
			},
		}
		budget, err := tx.Budget(ctx, of, 2026)
		if err != nil {
			return err
		}
		budget.Institution, budget.Year = of, 2026
		budget.Amount += hold
		budget.Held += hold
		budget.Version++
		if err := tx.PutBudget(ctx, budget); err != nil {
			return err
		}
		return tx.PutOrder(ctx, o)
	})
	return id
}

// Ready makes an instance of an order that is ready now.
func (b *Bed) Ready(t testing.TB, order contract.OrderID) provision.InstanceID {
	t.Helper()
	var id provision.InstanceID
	b.Change(t, func(ctx context.Context, c *op.Call, tx *store.Tx) error {
		id = provision.InstanceID(c.NewID("ins"))
		o, err := tx.Order(ctx, order)
		if err != nil {
			return err
		}
		c.Record([]string{string(id), string(order)}, "state", "ready")
		return tx.PutInstance(ctx, provision.Instance{
			ID: id, Order: order, Institution: o.Institution, System: o.System, Provider: Provider, Service: o.Service, Plan: o.Plan,
			CreatedAt: c.Now, ReadyAt: c.Now, Version: 1, Work: provision.Work{State: provision.Ready},
		})
	})
	b.Drain(t)
	return id
}

// Moved brings an instance under another order now, as a plan change does.
func (b *Bed) Moved(t testing.TB, id provision.InstanceID, to contract.OrderID) {
	t.Helper()
	b.Change(t, func(ctx context.Context, c *op.Call, tx *store.Tx) error {
		i, err := tx.Instance(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.PutTerm(ctx, provision.Term{Instance: id, Until: c.Now, Order: i.Order, Plan: i.Plan}); err != nil {
			return err
		}
		c.Record([]string{string(id), string(to)}, "state", "ready", "from", "updating", "order_before", string(i.Order))
		i.Order = to
		return tx.PutInstance(ctx, i)
	})
	b.Drain(t)
}

// Deleted ends an instance now.
func (b *Bed) Deleted(t testing.TB, id provision.InstanceID) {
	t.Helper()
	b.Change(t, func(ctx context.Context, c *op.Call, tx *store.Tx) error {
		i, err := tx.Instance(ctx, id)
		if err != nil {
			return err
		}
		c.Record([]string{string(id), string(i.Order)}, "state", "deleted")
		i.State, i.DeletedAt = provision.Deleted, c.Now
		return tx.PutInstance(ctx, i)
	})
	b.Drain(t)
}

// Usage implements meter.Source: the provider is the one thing outside, so it is played.
func (b *Bed) Usage(_ context.Context, _ catalog.Provider, from, to time.Time) ([]meter.Reading, error) {
	var out []meter.Reading
	for _, r := range b.Said {
		if !r.From.Before(from) && r.From.Before(to) {
			out = append(out, r)
		}
	}
	return out, b.Fault
}

// Says lets the provider tell one hour of both meters from an instant on.
func (b *Bed) Says(id provision.InstanceID, from time.Time, gib, msg string) {
	for name, quantity := range map[string]string{"gib": gib, "msg": msg} {
		unit := map[string]string{"gib": "GiB-h", "msg": "message"}[name]
		b.Said = append(b.Said, meter.Reading{
			Line: fmt.Sprintf("%s/%s/%d", id, name, from.Unix()), Instance: string(id), Meter: name, Unit: unit, Quantity: quantity,
			From: from, To: from.Add(time.Hour),
		})
	}
}

// Drain follows the record and runs the tasks that are due.
func (b *Bed) Drain(t testing.TB) {
	t.Helper()
	w := op.Work{Followers: []op.Follower{meter.Follower()}, Handlers: meter.Handlers(b.Source), Report: func(_ string, err error) { t.Error(err) }}
	if err := b.Runner.Drain(t.Context(), w, 100); err != nil {
		t.Fatal(err)
	}
}

// Collect asks the provider now and returns how it went.
func (b *Bed) Collect(t testing.TB) meter.Collection {
	t.Helper()
	Do(t, b, Operator, meter.Collect, meter.CollectIn{})
	b.Drain(t)
	return Do(t, b, Operator, meter.Collections, struct{}{}).Rows[0]
}
