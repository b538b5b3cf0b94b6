package plan_test

import (
	"testing"

	"naru"
	"naru/base/op"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/flow/law"
	"naru/flow/plan"
	"naru/internal/testdb"
	"naru/internal/testlaw"
	"naru/store"
)

var operator = naru.Actor{User: "op", Role: "operator"}

// bed is a database with three institutions, the real instruments and a runner.
type bed struct {
	*op.Runner
	t      testing.TB
	ops    plan.Ops
	decide decide.Ops
	book   *law.Book
	ids    map[string]inventory.InstitutionID // by code
}

func newBed(t testing.TB, db *store.DB) *bed {
	t.Helper()
	set := testlaw.Shipped(t)
	book := law.NewBook(set)
	b := &bed{Runner: testdb.Runner(db), t: t, ops: plan.New(book, plan.Config{}), decide: decide.New(book), book: book, ids: map[string]inventory.InstitutionID{}}
	do(b, operator, inventory.ImportInstitutions, inventory.ImportInstitutionsIn{Source: "test", Rows: []inventory.InstitutionRow{
		{Row: 2, Code: "A", Value: inventory.Institution{Name: "가 부처", Kind: "central"}},
		{Row: 3, Code: "B", Value: inventory.Institution{Name: "나 공단", Kind: "quasi_government", Ministry: "가 부처"}},
		{Row: 4, Code: "C", Value: inventory.Institution{Name: "다 시", Kind: "local"}},
	}})
	for _, i := range do(b, operator, inventory.ListInstitutions, inventory.ListInstitutionsIn{}).Rows {
		b.ids[i.Code] = i.ID
	}
	return b
}

// do runs an operation that must succeed.
func do[S, In, Out any](b *bed, a naru.Actor, o op.Op[S, In, Out], in In) Out {
	b.t.Helper()
	out, err := op.Do(b.t.Context(), b.Runner, b.CallFor(a), o, in)
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func refused[S, In, Out any](b *bed, a naru.Actor, o op.Op[S, In, Out], in In) naru.Kind {
	b.t.Helper()
	_, err := op.Do(b.t.Context(), b.Runner, b.CallFor(a), o, in)
	if err == nil {
		b.t.Fatal("it was not refused")
	}
	return naru.KindOf(err)
}

func (b *bed) officer(code string) naru.Actor {
	return naru.Actor{User: "officer", Role: "officer", Institution: string(b.ids[code])}
}

// load imports rows and decides them all.
func (b *bed) load(rows ...inventory.Row) {
	b.t.Helper()
	for i := range rows {
		rows[i].Row = i + 2
	}
	do(b, operator, inventory.Import, inventory.ImportIn{Rows: rows, Source: "시험.xlsx"})
	do(b, operator, b.decide.Run, decide.RunIn{})
}

// row is a system whose component may move anywhere by the law of 2026, unless told
// otherwise.
func row(inst, code string, more map[string]any, needs ...string) inventory.Row {
	facts := map[string]any{
		"system.stage": "operating", "system.site": "onsite", "system.useful_life_end": "2026-12-31", "system.internal_business": false,
		"system.public_facing": false, "component.info_kinds": []string{}, "component.onsite_reasons": []string{}, "component.personal_data": false,
		"component.foi_items": []string{}, "component.nonpublic_business": false, "component.open_only": true, "component.csap_tier": "low",
		"component.n2sf_class": "O", "component.nis_review": "passed", "component.safety_review": "passed", "component.security_service": false,
		"component.teaching": false, "component.service_certified": true,
	}
	for k, v := range more {
		if facts[k] = v; v == nil {
			delete(facts, k)
		}
	}
	return inventory.Row{InstitutionCode: inst, Code: code, Name: "시스템 " + code, Facts: facts, Needs: needs}
}
