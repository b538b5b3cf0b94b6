package teststand

import (
	"context"
	"strings"
	"testing"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/base/policy"
	"naru/broker/kit"
	"naru/flow/admission"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/flow/provision"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/link/provider"
)

// Serve registers a reference broker that answers over HTTP, prices its plans and lets
// tasks run until the test ends. It returns the first plan that is made at once.
func (s *Stand) Serve(t testing.TB) catalog.PlanID {
	t.Helper()
	b := testbroker.Serve(t, testbroker.Folders, kit.Config{SiteName: "stand", Venue: "government"})
	return s.serve(t, b, b.URL, "sync")
}

// ServeBehind is Serve with a front before the broker, which fails when it is told to.
func (s *Stand) ServeBehind(t testing.TB) (catalog.PlanID, *testbroker.Front) {
	t.Helper()
	b := testbroker.Serve(t, testbroker.Folders, kit.Config{SiteName: "stand", Venue: "government"})
	front := testbroker.NewFront(t, b.URL)
	return s.serve(t, b, front.URL, "sync"), front
}

// ServeProcess is Serve with a broker that is a process of its own, by its name in the Set
// of the test binary; it keeps its address over restarts. It returns the plan of a short name.
func (s *Stand) ServeProcess(t testing.TB, name, slug string) (catalog.PlanID, *testbroker.Broker) {
	t.Helper()
	b := testbroker.Start(t, name, kit.Config{SiteName: "stand", Venue: "government"})
	b.Config.Addr = strings.TrimPrefix(b.URL, "http://")
	return s.serve(t, b, b.URL, slug), b
}

func (s *Stand) serve(t testing.TB, b *testbroker.Broker, url, slug string) catalog.PlanID {
	t.Helper()
	link := provider.New(provider.Config{Loopback: true, Timeout: 2 * time.Minute})
	s.Provision = s.Provision.Watching(link)
	root := s.As(identity.Operator)
	p := Do(t, s, root, catalog.Register, catalog.RegisterIn{
		Name: naru.Text{Ko: "시험대 센터", En: "Stand Centre"}, Venue: policy.Government, Synthetic: true,
		BrokerURL: url, BrokerUser: b.Config.User, BrokerPassword: naru.NewSecret(b.Config.Password.Reveal()),
	})
	Do(t, s, root, catalog.Sync, catalog.ProviderIn{ID: p.ID})
	if err := s.Runner.Drain(t.Context(), op.Work{Handlers: []op.Handler{catalog.SyncHandler(link)}}, 100); err != nil {
		t.Fatal(err)
	}
	s.work(t, op.Work{
		Handlers: append(provision.Handlers(link), catalog.SyncHandler(link), admission.Handler(provider.Bench{Link: link, Now: func() time.Time { return testdb.Noon }})),
		Report:   func(where string, err error) { t.Logf("%s: %v", where, err) },
	})
	row := Do(t, s, root, catalog.ListServices, catalog.ListServicesIn{Filter: catalog.Filter{Provider: p.ID}}).Rows
	if len(row) == 0 {
		t.Fatal("the broker's catalogue was not taken over")
	}
	s.stock(t, root, row[0].ID, 0)
	for _, plan := range Do(t, s, root, catalog.GetService, catalog.ServiceIn{ID: row[0].ID}).Plans {
		if plan.Slug == slug {
			return plan.ID
		}
	}
	t.Fatalf("the broker has no plan %q", slug)
	return ""
}

// work runs tasks beside the pages until the test ends.
func (s *Stand) work(t testing.TB, w op.Work) {
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Runner.Run(ctx, w)
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
}

// Run orders a plan for the first component of the office's n-th system and asks for the
// service. What the broker makes of it is a task's work.
func (s *Stand) Run(t testing.TB, n int, plan catalog.PlanID) provision.InstanceID {
	t.Helper()
	return Do(t, s, s.As(identity.Officer), s.Provision.Create, provision.CreateIn{Order: s.Ordered(t, n, plan)}).ID
}

// Await waits until a service is in use.
func (s *Stand) Await(t testing.TB, id provision.InstanceID) {
	t.Helper()
	in := provision.InstanceRef{ID: id}
	testbroker.Eventually(t, string(id)+" in use", func() bool {
		return Do(t, s, s.As(identity.Officer), s.Provision.Instance, in).State == provision.Ready
	})
}

// Ordered orders a plan for the first component of the office's n-th system, and has it
// approved.
func (s *Stand) Ordered(t testing.TB, n int, plan catalog.PlanID) contract.OrderID {
	t.Helper()
	officer := s.As(identity.Officer)
	row := Do(t, s, officer, inventory.ListSystems, inventory.ListSystemsIn{}).Rows[n]
	component := Do(t, s, officer, s.Decide.System, decide.SystemIn{ID: row.ID}).Components[0].ID
	order := Do(t, s, officer, s.Contract.Order, contract.OrderIn{
		System: row.ID, Component: component, Plan: plan, From: "2026-03-02", To: "2026-12-31", Hold: 1_000_000, Purpose: "민원 첨부 자료 보관",
	})
	Do(t, s, s.As(identity.Approver), s.Contract.Approve, contract.DecideIn{ID: order.ID})
	return order.ID
}

// Resync takes over the catalogue of the provider that a plan is of, as it is now.
func (s *Stand) Resync(t testing.TB, plan catalog.PlanID) catalog.ProviderID {
	t.Helper()
	root := s.As(identity.Operator)
	for _, row := range Do(t, s, root, catalog.ListServices, catalog.ListServicesIn{}).Rows {
		offer := Do(t, s, root, catalog.GetService, catalog.ServiceIn{ID: row.ID})
		if _, ok := offer.Find(plan); ok {
			Do(t, s, root, catalog.Sync, catalog.ProviderIn{ID: row.Provider})
			return row.Provider
		}
	}
	t.Fatalf("nobody offers %s", plan)
	return ""
}

// PlanBeside returns another plan of a plan's service, by its short name.
func (s *Stand) PlanBeside(t testing.TB, plan catalog.PlanID, slug string) catalog.PlanID {
	t.Helper()
	root := s.As(identity.Operator)
	for _, row := range Do(t, s, root, catalog.ListServices, catalog.ListServicesIn{}).Rows {
		var found catalog.PlanID
		here := false
		for _, p := range Do(t, s, root, catalog.GetService, catalog.ServiceIn{ID: row.ID}).Plans {
			here = here || p.ID == plan
			if p.Slug == slug {
				found = p.ID
			}
		}
		if here && found != "" {
			return found
		}
	}
	t.Fatalf("no plan %q beside %s", slug, plan)
	return ""
}
