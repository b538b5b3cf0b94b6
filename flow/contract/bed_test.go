package contract_test

import (
	"crypto/rand"
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/inventory"
	"naru/flow/law"
	"naru/internal/testdb"
	"naru/store"
)

var (
	operator = naru.Actor{User: "op", Role: "operator"}
	ministry = naru.Actor{User: "min", Role: "ministry"}
)

// bed is a database with a system of each of two institutions and a certified, priced
// plan; its clock can be moved.
type bed struct {
	*op.Runner
	t                 testing.TB
	ops               contract.Ops
	days              atomic.Int64 // since testdb.Noon
	inst              inventory.InstitutionID
	officer, approver naru.Actor
	stranger          naru.Actor // approver of the other institution
	seller, rival     naru.Actor
	system            inventory.SystemID
	service           catalog.ServiceID
	plan              catalog.PlanID
}

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
func refused(t testing.TB, err error, kind naru.Kind, key string) *naru.Error {
	t.Helper()
	var e *naru.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Message.Key != key {
		t.Fatalf("got %v, want %s %s", err, kind, key)
	}
	return e
}

func newBed(t testing.TB, db *store.DB) *bed {
	t.Helper()
	set, err := policy.Load(inventory.Facts(), os.DirFS("../match/testdata/law"))
	if err != nil {
		t.Fatal(err)
	}
	b := &bed{t: t, ops: contract.New(contract.Config{Book: law.NewBook(set)})}
	b.Runner = op.NewRunner(db, func() time.Time { return testdb.Noon.AddDate(0, 0, int(b.days.Load())) }, naru.NewIDs(rand.Reader))
	do(b, operator, inventory.ImportInstitutions, inventory.ImportInstitutionsIn{Source: "test", Rows: []inventory.InstitutionRow{
		{Row: 2, Code: "A1", Value: inventory.Institution{Name: "가 기관", Kind: "central"}},
		{Row: 3, Code: "B1", Value: inventory.Institution{Name: "나 기관", Kind: "local"}},
	}})
	list := do(b, operator, inventory.ListInstitutions, inventory.ListInstitutionsIn{})
	b.inst = list.Rows[0].ID
	b.officer = naru.Actor{User: "off", Role: "officer", Institution: string(b.inst)}
	b.approver = naru.Actor{User: "app", Role: "approver", Institution: string(b.inst)}
	b.stranger = naru.Actor{User: "str", Role: "approver", Institution: string(list.Rows[1].ID)}
	b.system = b.importSystem(map[string]any{"component.personal_data": true, "component.info_kinds": []string{}})
	b.catalogue()
	return b
}

func (b *bed) importSystem(facts map[string]any) inventory.SystemID {
	do(b, b.officer, inventory.Import, inventory.ImportIn{Source: "test", Rows: []inventory.Row{{Row: 2, Code: "S1", Name: "하나", Facts: facts}}})
	return do(b, b.officer, inventory.ListSystems, inventory.ListSystemsIn{}).Rows[0].ID
}

func (b *bed) catalogue() {
	p := do(b, operator, catalog.Register, catalog.RegisterIn{Name: naru.Text{Ko: "가 회사"}, Venue: policy.Private})
	b.seller = naru.Actor{User: "sel", Role: "provider", Provider: string(p.ID)}
	b.rival = naru.Actor{User: "riv", Role: "provider", Provider: "prv_other"}
	do(b, operator, catalog.Load, catalog.LoadIn{Provider: p.ID, Listing: catalog.Listing{Services: []catalog.ServiceOffer{{
		OSBID: "s1", Slug: "store", Name: naru.Text{Ko: "저장소"}, Category: "storage",
		Plans: []catalog.PlanOffer{{OSBID: "p1", Slug: "small", Name: naru.Text{Ko: "작은 것"}}},
	}}}})
	b.service = do(b, operator, catalog.ListServices, catalog.ListServicesIn{}).Rows[0].ID
	b.certifyUntil("2026-12-31")
	b.plan = do(b, operator, catalog.GetService, catalog.ServiceIn{ID: b.service}).Plans[0].ID
	b.price("100.5", "2026-01-01")
}

func (b *bed) certifyUntil(to naru.Date) {
	do(b, operator, catalog.Certify, catalog.CertifyIn{Service: b.service, Certificate: catalog.Certificate{
		Scheme: catalog.CSAP, Type: "iaas", Tier: "middle", Number: "C-1", From: "2025-01-01", To: to,
	}})
}

func (b *bed) price(rate string, from naru.Date) {
	do(b, operator, catalog.SetPrices, catalog.SetPricesIn{Plan: b.plan, Prices: []catalog.Price{
		{Meter: "storage", Unit: "GiB", Rate: naru.MustDecimal(rate), From: from},
	}})
}

// wish is a good order.
func (b *bed) wish(hold naru.Money) contract.OrderIn {
	return contract.OrderIn{System: b.system, Plan: b.plan, From: "2026-03-02", To: "2026-12-31", Hold: hold, Purpose: "민원 자료를 둔다"}
}

func (b *bed) budget(amount naru.Money) contract.Budget {
	b.t.Helper()
	return do(b, b.approver, b.ops.SetBudget, contract.BudgetIn{Year: 2026, Amount: amount})
}

func (b *bed) money() contract.Budget {
	b.t.Helper()
	return do(b, b.approver, b.ops.Budgets, contract.BudgetsIn{}).Rows[0].Budget
}
