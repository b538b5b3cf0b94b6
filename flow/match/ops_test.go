package match_test

import (
	"errors"
	"testing"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/catalog"
	"naru/flow/inventory"
	"naru/flow/law"
	"naru/flow/match"
	"naru/internal/testdb"
	"naru/store"
)

var operator = naru.Actor{User: "op", Role: "operator"}

// bed is a database with one system of one institution and one priced plan.
type bed struct {
	*op.Runner
	t         *testing.T
	ops       match.Ops
	officer   naru.Actor
	stranger  naru.Actor
	component inventory.ComponentID
	plan      catalog.Plan
}

func do[S, In, Out any](b *bed, a naru.Actor, o op.Op[S, In, Out], in In) Out {
	b.t.Helper()
	out, err := op.Do(b.t.Context(), b.Runner, b.CallFor(a), o, in)
	if err != nil {
		b.t.Fatalf("%s: %v", o.Info().Name, err)
	}
	return out
}

func newBed(t *testing.T, db *store.DB) *bed {
	t.Helper()
	b := &bed{Runner: testdb.Runner(db), t: t, ops: match.New(law.NewBook(testLaw(t)))}
	do(b, operator, inventory.ImportInstitutions, inventory.ImportInstitutionsIn{Source: "test", Rows: []inventory.InstitutionRow{
		{Row: 2, Code: "A1", Value: inventory.Institution{Name: "가 기관", Kind: "central"}},
		{Row: 3, Code: "B1", Value: inventory.Institution{Name: "나 기관", Kind: "local"}},
	}})
	list := do(b, operator, inventory.ListInstitutions, inventory.ListInstitutionsIn{})
	b.officer = naru.Actor{User: "off", Role: "officer", Institution: string(list.Rows[0].ID)}
	b.stranger = naru.Actor{User: "str", Role: "officer", Institution: string(list.Rows[1].ID)}
	do(b, b.officer, inventory.Import, inventory.ImportIn{Source: "test", Rows: []inventory.Row{
		{Row: 2, Code: "S1", Name: "하나", Facts: map[string]any{"component.personal_data": true, "component.info_kinds": []string{}}},
	}})
	row := do(b, b.officer, inventory.ListSystems, inventory.ListSystemsIn{}).Rows[0]
	b.component = do(b, b.officer, inventory.GetSystem, inventory.SystemIn{ID: row.ID}).Components[0].ID

	p := do(b, operator, catalog.Register, catalog.RegisterIn{Name: naru.Text{Ko: "가 회사"}, Venue: policy.Private})
	do(b, operator, catalog.Load, catalog.LoadIn{Provider: p.ID, Listing: catalog.Listing{Services: []catalog.ServiceOffer{{
		OSBID: "s1", Slug: "store", Name: naru.Text{Ko: "저장소"}, Category: "storage",
		Plans: []catalog.PlanOffer{{OSBID: "p1", Slug: "small", Name: naru.Text{Ko: "작은 것"}}},
	}}}})
	svc := do(b, operator, catalog.ListServices, catalog.ListServicesIn{}).Rows[0]
	do(b, operator, catalog.Certify, catalog.CertifyIn{Service: svc.ID, Certificate: catalog.Certificate{
		Scheme: catalog.CSAP, Type: "iaas", Tier: "middle", Number: "C-1", From: "2025-01-01", To: "2026-06-30",
	}})
	b.plan = do(b, operator, catalog.GetService, catalog.ServiceIn{ID: svc.ID}).Plans[0]
	b.plan = do(b, operator, catalog.SetPrices, catalog.SetPricesIn{Plan: b.plan.ID, Prices: []catalog.Price{
		{Meter: "storage", Unit: "GiB", Rate: naru.MustDecimal("100.5"), From: "2026-01-01"},
	}})
	return b
}

func TestCandidatesOfTheStoredCatalogue(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		in := match.In{Component: b.component, Category: "storage", Estimate: map[string]naru.Decimal{"storage": naru.MustDecimal("2")}}
		r := do(b, b.officer, b.ops.Candidates, in)
		if len(r.Fits) != 1 || r.Fits[0].Plan != b.plan.ID || r.Fits[0].Monthly.String() != "201" || r.AsOf != "2026-03-02" || r.Fits[0].ProviderName.Ko != "가 회사" {
			t.Fatalf("today: %+v", r)
		}
		if again := do(b, b.officer, b.ops.Candidates, in); again.InputDigest != r.InputDigest || again.ResultDigest != r.ResultDigest {
			t.Error("asking twice gives two digests")
		}
		in.AsOf = "2026-07-01"
		later := do(b, b.officer, b.ops.Candidates, in)
		if len(later.Excluded) != 1 || later.Excluded[0].Against[0].Key != "match.certificate_not_valid" {
			t.Errorf("after the certificate: %+v", later)
		}
		in.AsOf = "2025-12-31"
		before := do(b, b.officer, b.ops.Candidates, in)
		if len(before.Excluded) != 1 || before.Excluded[0].Against[0].Key != "match.no_price" {
			t.Errorf("before the price: %+v", before)
		}
	})
}

func TestCandidatesAreRefused(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		tests := map[string]struct {
			who  naru.Actor
			in   match.In
			kind naru.Kind
			key  string
		}{
			"a component of another institution": {b.stranger, match.In{Component: b.component}, naru.NotFound, "not_found"},
			"a component that is not there":      {b.officer, match.In{Component: "cmp_0"}, naru.NotFound, "not_found"},
			"a provider":                         {naru.Actor{User: "p", Role: "provider"}, match.In{Component: b.component}, naru.Denied, "identity.no_permission"},
			"a venue that is none":               {b.officer, match.In{Component: b.component, Venue: "moon"}, naru.Invalid, "match.bad_venue"},
			"an estimate below zero": {
				b.officer, match.In{Component: b.component, Estimate: map[string]naru.Decimal{"storage": naru.MustDecimal("-1")}}, naru.Invalid, "match.bad_estimate",
			},
			"a day before the record": {b.officer, match.In{Component: b.component, AsOf: "2014-01-01"}, naru.Invalid, "policy.before_record"},
		}
		for name, tt := range tests {
			_, err := op.Do(t.Context(), b.Runner, b.CallFor(tt.who), b.ops.Candidates, tt.in)
			var e *naru.Error
			if !errors.As(err, &e) || e.Kind != tt.kind || e.Message.Key != tt.key {
				t.Errorf("%s: %v, want %s %s", name, err, tt.kind, tt.key)
			}
		}
	})
}

func TestEveryOperationFitsTheStore(t *testing.T) {
	t.Parallel()
	for _, o := range match.New(nil).All() {
		if err := o.Fits(&store.Tx{}); err != nil {
			t.Error(err)
		}
	}
}
