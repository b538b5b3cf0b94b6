// Package testroad gives tests the road up to provisioning (제공 직전까지의 시험 환경): a database
// with two institutions, a certified service of a real broker over real HTTP behind a front that
// fails on demand, and approved orders, with a clock that only the test moves.
package testroad

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/broker/kit"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/inventory"
	"naru/flow/law"
	"naru/flow/provision"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/internal/testlaw"
	"naru/link/provider"
	"naru/store"
)

// Road is the environment.
type Road struct {
	*op.Runner
	T        testing.TB
	DB       *store.DB
	Law      *policy.Instruments
	Ops      provision.Ops
	Work     op.Work
	Broker   *testbroker.Broker
	Front    *testbroker.Front
	Link     *provider.Link
	Provider catalog.ProviderID
	Offer    catalog.Offer
	A, B     inventory.InstitutionID

	nanos *atomic.Int64
	rush  *atomic.Int64
	began *atomic.Pointer[time.Time]
	row   inventory.SystemID
	parts []inventory.ComponentID
	calls int
}

// Operator may do what nobody else has to in a test.
func Operator() naru.Actor { return naru.Actor{User: "op", Role: "operator"} }

// OneClock gives the broker the clock of the road, for tests of usage.
func OneClock(r *Road, c *kit.Config) { c.Now = r.Now }

// New builds the road on a fresh database, with the broker's certificate of the tier. The
// broker's configuration may be changed.
func New(t testing.TB, db *store.DB, change ...func(*Road, *kit.Config)) *Road {
	t.Helper()
	return NewWith(t, db, 10*time.Second, change...)
}

// NewWith is New with another limit for a call to the broker.
func NewWith(t testing.TB, db *store.DB, timeout time.Duration, change ...func(*Road, *kit.Config)) *Road {
	t.Helper()
	set := testlaw.Shipped(t)
	book := law.NewBook(set)
	r := &Road{T: t, DB: db, Law: set, Ops: provision.New(book), nanos: new(atomic.Int64), rush: new(atomic.Int64), began: new(atomic.Pointer[time.Time])}
	r.nanos.Store(testdb.Noon.UnixNano())
	var site kit.Config
	for _, f := range change {
		f(r, &site)
	}
	r.Broker = testbroker.Serve(t, testbroker.Folders, site)
	r.Front = testbroker.NewFront(t, r.Broker.URL)
	link := provider.New(provider.Config{Loopback: true, Timeout: timeout, Now: r.Now})
	t.Cleanup(link.Close)
	r.Link = link
	r.Ops = r.Ops.Watching(link)
	r.Work = op.Work{
		Followers: []op.Follower{provision.Follower()},
		Handlers:  append(provision.Handlers(link), catalog.SyncHandler(link), provision.RecheckHandler(book)),
		Report: func(where string, err error) {
			if !errors.Is(err, context.Canceled) { // the test is over
				t.Errorf("%s: %v", where, err)
			}
		},
	}
	r.Restart()
	r.institutions()
	r.system()
	r.service()
	return r
}

// Restart gives a new runner on the same database, as after a kill.
func (r *Road) Restart() { r.Runner = op.NewRunner(r.DB, r.Now, naru.NewIDs(rand.Reader)) }

// Now tells the test's time.
func (r *Road) Now() time.Time {
	now := time.Unix(0, r.nanos.Load()).UTC()
	if since := r.began.Load(); since != nil {
		now = now.Add(time.Duration(r.rush.Load()) * time.Since(*since))
	}
	return now
}

// rush is how much faster than the world the clock runs after Flow.
const rush = 20

// Flow lets the clock run by itself from now on, for tests that only watch from outside.
func (r *Road) Flow() { r.FlowBy(rush) }

// FlowBy is Flow with another speed. A call to the broker must end within half a minute of this clock.
func (r *Road) FlowBy(times int64) {
	now := time.Now()
	r.rush.Store(times)
	r.began.Store(&now)
}

// Advance moves the clock.
func (r *Road) Advance(d time.Duration) { r.nanos.Add(int64(d)) }

// Do runs an operation that must succeed.
func Do[S, In, Out any](r *Road, a naru.Actor, o op.Op[S, In, Out], in In) Out {
	r.T.Helper()
	out, err := op.Do(r.T.Context(), r.Runner, r.CallFor(a), o, in)
	if err != nil {
		r.T.Fatalf("%s: %v", o.Info().Name, err)
	}
	return out
}

// Drain runs the tasks that are due.
func (r *Road) Drain() {
	r.T.Helper()
	if err := r.Runner.Drain(r.T.Context(), r.Work, 200); err != nil {
		r.T.Fatal(err)
	}
}

// Officer is an officer of an institution.
func (r *Road) Officer(id inventory.InstitutionID) naru.Actor {
	return naru.Actor{User: "officer", Role: "officer", Institution: string(id)}
}

// Platform is a platform of institution A.
func (r *Road) Platform() naru.Actor {
	return naru.Actor{User: "platform-a", Role: "platform", Institution: string(r.A)}
}

func (r *Road) institutions() {
	r.T.Helper()
	Do(r, Operator(), inventory.ImportInstitutions, inventory.ImportInstitutionsIn{Source: "test", Rows: []inventory.InstitutionRow{
		{Row: 2, Code: "A", Value: inventory.Institution{Name: "가 기관", Kind: "central"}},
		{Row: 3, Code: "B", Value: inventory.Institution{Name: "나 기관", Kind: "central"}},
	}})
	list := Do(r, Operator(), inventory.ListInstitutions, inventory.ListInstitutionsIn{})
	r.A, r.B = list.Rows[0].ID, list.Rows[1].ID
}

// system imports one with a component that may go to a certified private cloud of the middle
// tier and one whose facts are not known.
func (r *Road) system() {
	r.T.Helper()
	open := map[string]any{
		"system.stage": "new", "system.internal_business": false, "component.foi_items": []string{"foi5"}, "component.info_kinds": []string{},
		"component.personal_data": false, "component.nonpublic_business": true, "component.onsite_reasons": []string{},
	}
	row := func(n int, component string, facts map[string]any) inventory.Row {
		return inventory.Row{Row: n, InstitutionCode: "A", Code: "S1", Name: "시험 시스템", Component: component, Facts: facts}
	}
	Do(r, Operator(), inventory.Import, inventory.ImportIn{Source: "test", Synthetic: true, Rows: []inventory.Row{
		row(2, "열림", open), row(3, "모름", map[string]any{}),
	}})
	list := Do(r, Operator(), inventory.ListSystems, inventory.ListSystemsIn{})
	r.row = list.Rows[0].ID
	for _, c := range Do(r, Operator(), inventory.GetSystem, inventory.SystemIn{ID: r.row}).Components {
		r.parts = append(r.parts, c.ID)
	}
}

// service registers the broker's provider as a private cloud and certifies its service.
func (r *Road) service() {
	r.T.Helper()
	p := Do(r, Operator(), catalog.Register, catalog.RegisterIn{
		Name: naru.Text{Ko: "시험 클라우드"}, Venue: policy.Private, BrokerURL: r.Front.URL, Synthetic: true,
		BrokerUser: r.Broker.Config.User, BrokerPassword: naru.NewSecret(r.Broker.Config.Password.Reveal()),
	})
	r.Provider = p.ID
	Do(r, Operator(), catalog.Sync, catalog.ProviderIn{ID: p.ID})
	r.Drain()
	list := Do(r, Operator(), catalog.ListServices, catalog.ListServicesIn{})
	if len(list.Rows) != 1 {
		r.T.Fatalf("services: %+v", list.Rows)
	}
	r.Certify("2026-12-31")
	r.Offer = Do(r, Operator(), catalog.GetService, catalog.ServiceIn{ID: list.Rows[0].ID})
}

// Certify gives the service a certificate that is valid until a day, in place of the one before.
func (r *Road) Certify(to naru.Date) {
	r.T.Helper()
	list := Do(r, Operator(), catalog.ListServices, catalog.ListServicesIn{})
	Do(r, Operator(), catalog.Certify, catalog.CertifyIn{Service: list.Rows[0].ID, Certificate: catalog.Certificate{
		Scheme: catalog.CSAP, Type: "saas_standard", Tier: "high", Number: "T-1", From: "2026-01-01", To: to,
	}})
}

// Plan finds a plan of the service by its short name.
func (r *Road) Plan(slug string) catalog.Plan {
	r.T.Helper()
	for _, p := range r.Offer.Plans {
		if p.Slug == slug {
			return p
		}
	}
	r.T.Fatalf("no plan %s", slug)
	return catalog.Plan{}
}

// Order puts an approved order for a plan there, changed by the test.
func (r *Road) Order(slug string, change func(*contract.Order)) contract.OrderID {
	r.T.Helper()
	r.calls++
	o := contract.Order{
		ID: contract.OrderID(fmt.Sprintf("ord_%04d", r.calls)), Key: fmt.Sprint("k", r.calls), Institution: r.A, System: r.row, Component: r.parts[0],
		Provider: r.Provider, Service: r.Offer.ID, Plan: r.Plan(slug).ID, Track: "catalogue", From: "2026-03-01", To: "2026-12-31",
		Hold: 1_000_000, Held: 1_000_000, State: contract.Approved, RequestedBy: "officer", DecidedBy: "approver", Synthetic: true,
	}
	if change != nil {
		change(&o)
	}
	r.Store(func(ctx context.Context, tx *store.Tx) error { return tx.PutOrder(ctx, o) })
	return o.ID
}

// Unknown is the component whose facts are not known.
func (r *Road) Unknown() inventory.ComponentID { return r.parts[1] }

// Store writes behind the operations' back: what other steps would have written.
func (r *Road) Store(fn func(context.Context, *store.Tx) error) {
	r.T.Helper()
	if err := r.DB.Write(r.T.Context(), func(ctx context.Context, tx op.Tx) error { return fn(ctx, tx.(*store.Tx)) }); err != nil {
		r.T.Fatal(err)
	}
}

// Entries returns the record of an operation, the oldest first.
func (r *Road) Entries(name string) []map[string]string {
	r.T.Helper()
	var out []map[string]string
	err := r.DB.Read(r.T.Context(), func(ctx context.Context, tx any) error {
		entries, err := tx.(*store.Tx).EntriesFrom(ctx, 0, 10_000)
		for _, e := range entries {
			if e.Op == name {
				detail := map[string]string{"outcome": string(e.Outcome), "user": e.User}
				for k, v := range e.Detail {
					detail[k] = v
				}
				out = append(out, detail)
			}
		}
		return err
	})
	if err != nil {
		r.T.Fatal(err)
	}
	return out
}

// System is the one system of institution A.
func (r *Road) System() inventory.SystemID { return r.row }
