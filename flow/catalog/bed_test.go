package catalog_test

import (
	"context"
	"errors"
	"testing"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/catalog"
	"naru/internal/testdb"
	"naru/store"
)

var (
	operator = naru.Actor{User: "op", Role: "operator"}
	officer  = naru.Actor{User: "off", Role: "officer", Institution: "inst_1"}
	ministry = naru.Actor{User: "min", Role: "ministry"}
)

func seller(p catalog.ProviderID) naru.Actor {
	return naru.Actor{User: "seller", Role: "provider", Provider: string(p)}
}

// bed is a database with a runner on it.
type bed struct {
	*op.Runner
	t  *testing.T
	db *store.DB
}

func newBed(t *testing.T, db *store.DB) *bed { return &bed{testdb.Runner(db), t, db} }

// do runs an operation that must succeed.
func do[S, In, Out any](b *bed, a naru.Actor, o op.Op[S, In, Out], in In) Out {
	b.t.Helper()
	out, err := try(b, a, o, in)
	if err != nil {
		b.t.Fatalf("%s: %v", o.Info().Name, err)
	}
	return out
}

func try[S, In, Out any](b *bed, a naru.Actor, o op.Op[S, In, Out], in In) (Out, error) {
	return op.Do(b.t.Context(), b.Runner, b.CallFor(a), o, in)
}

// refused wants an error of a kind with a message key.
func refused(t *testing.T, err error, kind naru.Kind, key string) *naru.Error {
	t.Helper()
	var e *naru.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Message.Key != key {
		t.Fatalf("got %v, want %s %s", err, kind, key)
	}
	return e
}

func (b *bed) provider(name, url string, venue policy.Venue) catalog.Provider {
	return do(b, operator, catalog.Register, catalog.RegisterIn{
		Name: naru.Text{Ko: name}, Venue: venue, BrokerURL: url, BrokerUser: "naru", BrokerPassword: naru.NewSecret("열쇠-" + name),
	})
}

// site stands for the world outside: what brokers would answer, by provider.
type site struct {
	listing catalog.Listing
	err     error
	asked   []catalog.Provider
}

func (s *site) Catalog(_ context.Context, p catalog.Provider) (catalog.Listing, error) {
	s.asked = append(s.asked, p)
	return s.listing, s.err
}

// sync runs the task of a provider against a site.
func (b *bed) sync(p catalog.ProviderID, s *site) catalog.Provider {
	b.t.Helper()
	do(b, operator, catalog.Sync, catalog.ProviderIn{ID: p})
	work := op.Work{Handlers: []op.Handler{catalog.SyncHandler(s)}}
	if err := b.Drain(b.t.Context(), work, 10); err != nil {
		b.t.Fatal(err)
	}
	return do(b, operator, catalog.GetProvider, catalog.ProviderIn{ID: p})
}

func plan(id string) catalog.PlanOffer {
	return catalog.PlanOffer{OSBID: id, Slug: id, Name: naru.Text{Ko: "상품 " + id}, Quota: map[string]string{"bytes": "1048576"}, Wire: []byte(`{"id":"` + id + `"}`)}
}

func service(id, category string, plans ...catalog.PlanOffer) catalog.ServiceOffer {
	return catalog.ServiceOffer{
		OSBID: id, Slug: id, Name: naru.Text{Ko: "서비스 " + id, En: "Service " + id}, Category: category, Bindable: true,
		Meters: []catalog.Meter{{Name: "storage", Unit: "GiB-hour"}}, Plans: plans, Wire: []byte(`{"id":"` + id + `"}`),
	}
}

func listing(services ...catalog.ServiceOffer) catalog.Listing {
	return catalog.Listing{Services: services}
}

func (b *bed) services(a naru.Actor, f catalog.Filter) []catalog.ServiceRow {
	b.t.Helper()
	return do(b, a, catalog.ListServices, catalog.ListServicesIn{Filter: f}).Rows
}
