package teststand

import (
	"context"
	"testing"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/base/policy"
	"naru/broker/kit"
	"naru/flow/catalog"
	"naru/flow/provision"
	"naru/internal/testbroker"
	"naru/link/provider"
)

// Serve registers a reference broker that answers over HTTP, prices its plans and lets
// tasks run until the test ends. It returns the first plan that is made at once.
func (s *Stand) Serve(t testing.TB) catalog.PlanID {
	t.Helper()
	b := testbroker.Serve(t, testbroker.Folders, kit.Config{SiteName: "stand", Venue: "government"})
	link := provider.New(provider.Config{Loopback: true})
	root := s.As(identity.Operator)
	p := Do(t, s, root, catalog.Register, catalog.RegisterIn{
		Name: naru.Text{Ko: "시험대 센터", En: "Stand Centre"}, Venue: policy.Government, Synthetic: true,
		BrokerURL: b.URL, BrokerUser: b.Config.User, BrokerPassword: naru.NewSecret(b.Config.Password.Reveal()),
	})
	Do(t, s, root, catalog.Sync, catalog.ProviderIn{ID: p.ID})
	if err := s.Runner.Drain(t.Context(), op.Work{Handlers: []op.Handler{catalog.SyncHandler(link)}}, 100); err != nil {
		t.Fatal(err)
	}
	s.work(t, op.Work{
		Handlers: append(provision.Handlers(link), catalog.SyncHandler(link)),
		Report:   func(where string, err error) { t.Logf("%s: %v", where, err) },
	})
	row := Do(t, s, root, catalog.ListServices, catalog.ListServicesIn{Filter: catalog.Filter{Provider: p.ID}}).Rows
	if len(row) == 0 {
		t.Fatal("the broker's catalogue was not taken over")
	}
	s.stock(t, root, row[0].ID, 0)
	for _, plan := range Do(t, s, root, catalog.GetService, catalog.ServiceIn{ID: row[0].ID}).Plans {
		if plan.Slug == "sync" {
			return plan.ID
		}
	}
	t.Fatal("the broker has no plan that is made at once")
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
