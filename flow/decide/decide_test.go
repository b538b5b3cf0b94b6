package decide_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/base/record"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/flow/law"
	"naru/internal/testdb"
	"naru/internal/testlaw"
	"naru/store"
)

var operator = naru.Actor{User: "op", Role: "operator"}

// bed is a database with two institutions, the real instruments and a runner.
type bed struct {
	*op.Runner
	t   testing.TB
	db  *store.DB
	ops decide.Ops
	set *policy.Instruments
	ids map[string]inventory.InstitutionID // by code
}

func newBed(t testing.TB, db *store.DB) *bed {
	t.Helper()
	set := testlaw.Shipped(t)
	b := &bed{Runner: testdb.Runner(db), t: t, db: db, ops: decide.New(law.NewBook(set)), set: set, ids: map[string]inventory.InstitutionID{}}
	b.institutions("local")
	list := do(b, operator, inventory.ListInstitutions, inventory.ListInstitutionsIn{})
	for _, i := range list.Rows {
		b.ids[i.Code] = i.ID
	}
	return b
}

// institutions writes the two institutions; the kind of the second can be changed.
func (b *bed) institutions(kind string) {
	b.t.Helper()
	do(b, operator, inventory.ImportInstitutions, inventory.ImportInstitutionsIn{Source: "test", Rows: []inventory.InstitutionRow{
		{Row: 2, Code: "A", Value: inventory.Institution{Name: "가 기관", Kind: "central"}},
		{Row: 3, Code: "B", Value: inventory.Institution{Name: "나 기관", Kind: kind}},
	}})
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

func (b *bed) officer(code string) naru.Actor {
	return naru.Actor{User: "officer", Role: "officer", Institution: string(b.ids[code])}
}

func (b *bed) importRows(rows ...inventory.Row) {
	b.t.Helper()
	for i := range rows {
		rows[i].Row = i + 2
	}
	do(b, operator, inventory.Import, inventory.ImportIn{Rows: rows, Source: "시험.xlsx"})
}

func (b *bed) follow() {
	b.t.Helper()
	if err := b.Drain(b.t.Context(), op.Work{Followers: []op.Follower{b.ops.Follower()}}, 10); err != nil {
		b.t.Fatal(err)
	}
}

func row(inst, code, component string, facts map[string]any) inventory.Row {
	return inventory.Row{InstitutionCode: inst, Code: code, Name: "시스템 " + code, Component: component, Facts: facts}
}

// staff is the internal system of an administrative agency of 2020, and front a part
// of it that may go elsewhere when it keeps no such information.
func hybrid() []inventory.Row {
	facts := func(kinds ...string) map[string]any {
		return map[string]any{
			"system.stage": "operating", "system.internal_business": false, "component.info_kinds": kinds,
			"component.onsite_reasons": []string{}, "component.personal_data": false, "component.security_service": false,
		}
	}
	return []inventory.Row{row("A", "H1", "누리집", facts()), row("A", "H1", "수사자료", facts("investigation"))}
}

func (b *bed) stored(e decide.Edition) []decide.Row {
	b.t.Helper()
	rows := do(b, operator, b.ops.List, decide.ListIn{Filter: decide.Filter{Edition: e}}).Rows
	slices.SortFunc(rows, func(x, y decide.Row) int { return strings.Compare(x.SystemCode, y.SystemCode) })
	return rows // by code, because ids of one instant have no order
}

func TestRunStoresWhatTheFullVerdictReplays(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		b.importRows(append(hybrid(), row("B", "S2", "", nil), row("B", "S3", "", map[string]any{"component.onsite_reasons": []string{"sensor_cctv"}}))...)
		for _, asOf := range []naru.Date{"", "2017-03-02", "2020-07-01", "2024-05-01"} {
			out := do(b, operator, b.ops.Run, decide.RunIn{AsOf: asOf})
			if out.Systems != 3 || out.Components != 4 || len(out.Packs) == 0 || out.Edition != decide.Edition(asOf) {
				t.Fatalf("run as of %q: %+v", asOf, out)
			}
			rows := b.stored(out.Edition)
			if len(rows) != 4 {
				t.Fatalf("as of %q: %d stored decisions, want 4", asOf, len(rows))
			}
			for _, r := range rows {
				v := do(b, operator, b.ops.System, decide.SystemIn{ID: r.System, AsOf: asOf})
				i := slices.IndexFunc(v.Components, func(c decide.ComponentOut) bool { return c.ID == r.Component })
				c := v.Components[i]
				if !c.Replays || c.Stored == nil || c.Stored.Facts != c.Verdict.FactsDigest || c.Stored.Law != v.Law || v.Law != out.Law {
					t.Errorf("as of %q %s does not replay: stored %+v, law %s, facts %s", asOf, r.SystemCode, c.Stored, v.Law, c.Verdict.FactsDigest)
				}
				if !reflect.DeepEqual(c.Open, r.Open) || v.Hybrid != r.Hybrid {
					t.Errorf("as of %q %s: open %v hybrid %v, stored %v %v", asOf, r.SystemCode, c.Open, v.Hybrid, r.Open, r.Hybrid)
				}
			}
			if again := do(b, operator, b.ops.Run, decide.RunIn{AsOf: asOf}); again.Result != out.Result || again.Law != out.Law {
				t.Errorf("as of %q: a second run over the same facts gave %s, first %s", asOf, again.Result, out.Result)
			}
		}
	})
}

func TestHybridSystem(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		b.importRows(hybrid()...)
		b.follow()
		id := b.stored(decide.Standing)[0].System
		v := do(b, operator, b.ops.System, decide.SystemIn{ID: id, AsOf: "2020-07-01"})
		if !v.Hybrid || !slices.Equal(v.Components[0].Open, []policy.Venue{"government", "private", "own", "onsite"}) ||
			!slices.Equal(v.Components[1].Open, []policy.Venue{"government", "own", "onsite"}) {
			t.Errorf("hybrid %v, open %v and %v", v.Hybrid, v.Components[0].Open, v.Components[1].Open)
		}
		if !slices.Equal(v.Together, []policy.Venue{"government", "own", "onsite"}) {
			t.Errorf("together %v, want what is open to both", v.Together)
		}
		private := v.Components[1].Verdict.At(policy.Private)
		if private.Outcome != policy.NotAllowed || !slices.ContainsFunc(private.Reasons, func(r policy.Reason) bool { return r.Article == "제10조제1항제2호" && r.Wins }) {
			t.Errorf("private: %+v, want not allowed by art. 10(1)2", private)
		}
	})
}

func TestFollowerDecidesWhatChanged(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		b.importRows(row("A", "S1", "웹", nil), row("A", "S1", "자료", nil), row("B", "S2", "", nil))
		b.follow()
		first := b.stored(decide.Standing)
		if len(first) != 3 {
			t.Fatalf("%d standing decisions after the import, want 3", len(first))
		}
		t.Run("an unchanged estate is not decided again", func(t *testing.T) {
			before := entries(t, db)
			b.importRows(row("A", "S1", "웹", nil), row("A", "S1", "자료", nil))
			b.follow()
			if got := entries(t, db)[len(before):]; len(got) != 1 || got[0].Op != "inventory.import" {
				t.Errorf("entries %+v, want the import alone", got)
			}
		})
		t.Run("a changed system is, and its lost component goes", func(t *testing.T) {
			b.importRows(row("A", "S1", "웹", map[string]any{"component.onsite_reasons": []string{"supercomputer"}}))
			b.follow()
			rows := b.stored(decide.Standing)
			if len(rows) != 2 || rows[0].Outcomes.OnSite != policy.OutOfScope || rows[0].Version != 2 {
				t.Errorf("standing decisions %+v, want S1 out of scope with one component", rows)
			}
			last := entries(t, db)
			e := last[len(last)-1]
			if e.Op != "decide" || e.Detail["systems"] != "1" || len(e.Detail["law"]) != 64 || len(e.Detail["result"]) != 64 {
				t.Errorf("entry %+v, want one of the follower with count and digests", e)
			}
		})
		t.Run("a changed kind of institution is a changed fact", func(t *testing.T) {
			b.institutions("private_school")
			b.follow()
			rows := b.stored(decide.Standing)
			if rows[1].Kind != "private_school" || rows[1].Outcomes.Government != policy.OutOfScope {
				t.Errorf("S2 %+v, want it out of scope as a private school's", rows[1])
			}
		})
	})
}

func TestOfficersSeeAndDecideTheirOwnOnly(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		b.importRows(row("A", "S1", "", nil), row("B", "S2", "", nil))
		do(b, operator, b.ops.Run, decide.RunIn{})
		of := b.officer("A")
		if rows := do(b, of, b.ops.List, decide.ListIn{}).Rows; len(rows) != 1 || rows[0].SystemCode != "S1" {
			t.Errorf("officer of A lists %+v", rows)
		}
		if s := do(b, of, b.ops.Summary, decide.SummaryIn{}); s.Components != 1 || len(s.Kinds) != 1 || s.Kinds[0].Kind != "central" {
			t.Errorf("officer of A counts %+v", s)
		}
		if out := do(b, of, b.ops.Run, decide.RunIn{}); out.Systems != 1 {
			t.Errorf("officer of A decided %d systems, want the own one", out.Systems)
		}
		if n := len(b.stored(decide.Standing)); n != 2 {
			t.Errorf("%d decisions stand after the officer's run, want both", n)
		}
		foreign := b.stored(decide.Standing)[1].System
		_, err := op.Do(t.Context(), b.Runner, b.CallFor(of), b.ops.System, decide.SystemIn{ID: foreign})
		wantKind(t, err, naru.NotFound)
		_, err = op.Do(t.Context(), b.Runner, b.CallFor(of), b.ops.List, decide.ListIn{Filter: decide.Filter{Institution: b.ids["B"]}})
		wantKind(t, err, naru.NotFound)
		_, err = op.Do(t.Context(), b.Runner, b.CallFor(of), b.ops.Run, decide.RunIn{Institution: b.ids["B"]})
		wantKind(t, err, naru.NotFound)
		_, err = op.Do(t.Context(), b.Runner, b.CallFor(naru.Actor{User: "audit", Role: "auditor"}), b.ops.Run, decide.RunIn{})
		wantKind(t, err, naru.Denied)
	})
}

func wantKind(t *testing.T, err error, kind naru.Kind) {
	t.Helper()
	if naru.KindOf(err) != kind {
		t.Errorf("err = %v, want %s", err, kind)
	}
}

func TestListFiltersAndPages(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		rows := hybrid()
		for i := range 7 {
			rows = append(rows, row("B", fmt.Sprintf("P%d", i), "", map[string]any{"component.onsite_reasons": []string{"sensor_cctv"}}))
		}
		b.importRows(rows...)
		do(b, operator, b.ops.Run, decide.RunIn{AsOf: "2020-07-01"})
		tests := map[string]struct {
			filter decide.Filter
			want   int
		}{
			"everything":                       {decide.Filter{}, 9},
			"an outcome at a venue":            {decide.Filter{Venue: "private", Outcome: "not_allowed"}, 1},
			"an outcome anywhere":              {decide.Filter{Outcome: "out_of_scope"}, 7},
			"what is open at a venue":          {decide.Filter{Venue: "private"}, 1},
			"hybrid systems":                   {decide.Filter{Hybrid: true}, 2},
			"one institution":                  {decide.Filter{Institution: b.ids["A"]}, 2},
			"an edition that nobody asked for": {decide.Filter{Edition: "2016-01-01"}, 0},
		}
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				if tt.filter.Edition == "" {
					tt.filter.Edition = "2020-07-01"
				}
				var got []decide.Row
				for in := (decide.ListIn{Filter: tt.filter, Page: naru.Page{Limit: 2}}); ; {
					page := do(b, operator, b.ops.List, in)
					got = append(got, page.Rows...)
					if in.After = page.Next; page.Next == "" {
						break
					}
				}
				if len(got) != tt.want {
					t.Errorf("%d rows, want %d: %+v", len(got), tt.want, got)
				}
			})
		}
		s := do(b, operator, b.ops.Summary, decide.SummaryIn{Edition: "2020-07-01"})
		if s.Components != 9 || s.Hybrid != 2 || s.Venues[1].Outcomes[policy.NotAllowed] != 1 || s.Venues[1].Open != 1 ||
			s.Venues[1].Outcomes[policy.OutOfScope] != 7 || len(s.Kinds) != 2 || s.Kinds[0].Components != 2 {
			t.Errorf("summary %+v", s)
		}
		for _, bad := range []decide.Filter{{Venue: "moon"}, {Outcome: "maybe"}} {
			_, err := op.Do(t.Context(), b.Runner, b.CallFor(operator), b.ops.List, decide.ListIn{Filter: bad})
			wantKind(t, err, naru.Invalid)
		}
	})
}

func TestDatesBeforeTheRecordAreRefused(t *testing.T) {
	t.Parallel()
	b := newBed(t, testdb.SQLite(t))
	b.importRows(row("A", "S1", "", nil))
	_, err := op.Do(t.Context(), b.Runner, b.CallFor(operator), b.ops.Run, decide.RunIn{AsOf: "2015-09-27"})
	wantKind(t, err, naru.Invalid)
	_, err = op.Do(t.Context(), b.Runner, b.CallFor(operator), b.ops.Instruments, decide.InstrumentsIn{AsOf: "2015-02-30"})
	wantKind(t, err, naru.Invalid)
}

func TestInstrumentsOfADate(t *testing.T) {
	t.Parallel()
	b := newBed(t, testdb.SQLite(t))
	list := do(b, operator, b.ops.Instruments, decide.InstrumentsIn{AsOf: "2017-03-02"})
	state := map[string]string{}
	for _, i := range list {
		state[i.Key] = i.State
		for _, r := range i.Rules {
			if r.Article == "" || !slices.ContainsFunc(i.URLs, func(c decide.Citation) bool { return c.Key == r.Source }) {
				t.Errorf("%s/%s stands without its source", i.Key, r.ID)
			}
		}
	}
	if state["GL2016"] != "in_force" || state["INT2020"] != "future" {
		t.Errorf("states in 2017: %v", state)
	}
	if p := list[slices.IndexFunc(list, func(i decide.Instrument) bool { return i.Key == "GL2016" })]; p.Rules[0].Message.Ko == "" ||
		slices.ContainsFunc(p.Rules, func(r policy.Rule) bool { return r.Message.Ko != "" && r.Message.Ko[0] == '{' }) {
		t.Errorf("names of authorities are not filled in: %+v", p.Rules[0].Message)
	}
}

func TestEveryOperationFitsTheStore(t *testing.T) {
	t.Parallel()
	db := testdb.SQLite(t)
	b := newBed(t, db)
	err := db.Write(t.Context(), func(_ context.Context, tx op.Tx) error {
		for _, o := range b.ops.All() {
			if err := o.Fits(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func entries(t *testing.T, db *store.DB) []record.Entry {
	t.Helper()
	var list []record.Entry
	err := db.Read(t.Context(), func(ctx context.Context, tx any) (err error) {
		list, err = tx.(op.View).EntriesFrom(ctx, 0, 1000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
