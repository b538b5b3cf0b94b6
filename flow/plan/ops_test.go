package plan_test

import (
	"slices"
	"testing"

	"naru"
	"naru/flow/inventory"
	"naru/flow/plan"
	"naru/internal/testdb"
	"naru/store"
)

func TestEveryOperationFitsTheStore(t *testing.T) {
	t.Parallel()
	for _, o := range plan.New(nil, plan.Config{}).All() {
		if err := o.Fits(&store.Tx{}); err != nil {
			t.Error(err)
		}
	}
}

func codes(rows []plan.Row, in func(plan.Row) bool) (list []string) {
	for _, r := range rows {
		if in(r) {
			list = append(list, r.Code)
		}
	}
	return list
}

func TestAPlanRestsOnStoredDecisions(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		b.load(
			row("A", "HUB", map[string]any{"system.useful_life_end": "2029-12-31"}),
			row("A", "NEW", map[string]any{"system.stage": "new", "system.grade": 1}, "HUB"),
			inventory.Row{InstitutionCode: "B", Code: "UND", Name: "시스템 UND", Facts: map[string]any{"system.stage": "new", "system.site": "onsite"}},
			row("B", "CCTV", map[string]any{"component.onsite_reasons": []string{"sensor_cctv"}}),
			row("C", "DONE", map[string]any{"system.site": "private"}),
		)
		rows := do(b, operator, b.ops.Rows, plan.RowsIn{Inputs: plan.Inputs{Budget: 1e9}}).Rows
		by := map[string]plan.Row{}
		for _, r := range rows {
			by[r.Code] = r
		}
		for code, want := range map[string]plan.State{"HUB": plan.Planned, "NEW": plan.Planned, "UND": plan.Undecided, "CCTV": plan.Exempt, "DONE": plan.Already} {
			if by[code].State != want {
				t.Errorf("%s is %s, want %s: %+v", code, by[code].State, want, by[code])
			}
		}
		if h := by["HUB"]; h.Year != 2026 || h.Why.Key != "plan.why.pulled" || h.Why.Args["system"] != "시스템 NEW" || h.Needed != 1 || len(h.Target) != 1 {
			t.Errorf("the hub: %+v", h)
		}
		if slices.Index(codes(rows, func(r plan.Row) bool { return r.Year > 0 }), "HUB") != 0 {
			t.Errorf("the hub does not come first: %+v", rows)
		}
		if u := by["UND"]; len(u.Missing) == 0 || u.Why.Key != "plan.why.undecided" {
			t.Errorf("an undecided system names no missing fact: %+v", u)
		}
		w := do(b, operator, b.ops.Waves, plan.WavesIn{})
		if w.From != 2026 || w.Years != 5 || w.Cost != plan.DerivedCost() || w.CostBasis != "derived" || w.BudgetBasis != "derived" ||
			w.Systems != 5 || w.Waves[0].Systems != 1 || w.Waves[1].Systems != 1 || len(w.Basis) != 1 || len(w.Rows) != 5 {
			t.Errorf("waves %+v", w)
		}
		if w := do(b, operator, b.ops.Waves, plan.WavesIn{Inputs: plan.Inputs{Budget: 2e8, Cost: 1e8}}); w.Waves[0].Systems != 2 || w.Waves[0].Cost != 2e8 || w.CostBasis != "given" {
			t.Errorf("with a budget for two: %+v", w.Waves[0])
		}
	})
}

func TestPlansAreKeptAndComputedAgain(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		b.load(row("A", "S1", nil), row("B", "S2", nil), row("A", "S3", map[string]any{"system.stage": "new"}))
		own := do(b, b.officer("A"), b.ops.Keep, plan.KeepIn{Name: " 가 부처 2026 ", Inputs: plan.Inputs{Budget: 1e9, Cost: 1e8}})
		if own.Name != "가 부처 2026" || own.Institution != b.ids["A"] || own.Systems != 2 || len(own.Digest) != 64 || own.Inputs.From != 2026 {
			t.Errorf("kept %+v", own)
		}
		nation := do(b, operator, b.ops.Keep, plan.KeepIn{Name: "전국"})
		if got := do(b, b.officer("A"), b.ops.Get, plan.GetIn{ID: own.ID}); !got.Replays || got.Now.Digest != own.Digest {
			t.Errorf("the same estate does not replay: %+v", got)
		}
		if list := do(b, b.officer("A"), b.ops.List, naru.Page{}).Rows; len(list) != 1 || list[0].ID != own.ID {
			t.Errorf("the officer lists %+v", list)
		}
		if list := do(b, operator, b.ops.List, naru.Page{}).Rows; len(list) != 2 || list[0].ID != nation.ID && list[1].ID != nation.ID {
			t.Errorf("the operator lists %+v", list)
		}
		if kind := refused(b, b.officer("A"), b.ops.Get, plan.GetIn{ID: nation.ID}); kind != naru.NotFound {
			t.Errorf("the nation's plan is %s to an officer", kind)
		}
		if kind := refused(b, b.officer("B"), b.ops.Get, plan.GetIn{ID: own.ID}); kind != naru.NotFound {
			t.Errorf("a foreign plan is %s to an officer", kind)
		}
		if kind := refused(b, b.officer("A"), b.ops.Keep, plan.KeepIn{Name: "가 부처 2026"}); kind != naru.Conflict {
			t.Errorf("a name that is taken is %s", kind)
		}
		if kind := refused(b, naru.Actor{User: "aud", Role: "auditor"}, b.ops.Keep, plan.KeepIn{Name: "감사"}); kind != naru.Denied {
			t.Errorf("an auditor's plan is %s", kind)
		}
		b.load(row("A", "S1", map[string]any{"system.useful_life_end": "2029-01-01"}))
		if got := do(b, b.officer("A"), b.ops.Get, plan.GetIn{ID: own.ID}); got.Replays || got.Digest != own.Digest {
			t.Errorf("a changed estate replays: %+v", got)
		}
	})
}

func TestOfficersPlanTheirOwnOnly(t *testing.T) {
	t.Parallel()
	b := newBed(t, testdb.SQLite(t))
	b.load(row("A", "S1", nil, "B/S2"), row("B", "S2", nil))
	w := do(b, b.officer("A"), b.ops.Waves, plan.WavesIn{})
	if w.Systems != 1 || len(w.Rows) != 1 || w.Institution != b.ids["A"] {
		t.Errorf("the officer of A plans %+v", w)
	}
	if kind := refused(b, b.officer("A"), b.ops.Waves, plan.WavesIn{Inputs: plan.Inputs{Institution: b.ids["B"]}}); kind != naru.NotFound {
		t.Errorf("a foreign institution is %s", kind)
	}
	for name, in := range map[string]plan.WavesIn{
		"a first year before the law":    {Inputs: plan.Inputs{From: 1999}},
		"more years than can be planned": {Inputs: plan.Inputs{Years: 21}},
		"a negative budget":              {Inputs: plan.Inputs{Budget: -1}},
		"a cost that would overflow":     {Inputs: plan.Inputs{Cost: 1e13}},
		"an unknown state":               {Filter: plan.Filter{State: "lost"}},
	} {
		if kind := refused(b, operator, b.ops.Waves, in); kind != naru.Invalid {
			t.Errorf("%s is %s", name, kind)
		}
	}
}

func TestPagesOfAPlanAreTheWholePlan(t *testing.T) {
	t.Parallel()
	b := newBed(t, testdb.SQLite(t))
	var rows []inventory.Row
	for i := range 23 {
		rows = append(rows, row("A", string(rune('a'+i)), map[string]any{"system.grade": 1 + i%4}))
	}
	b.load(rows...)
	all := do(b, operator, b.ops.Rows, plan.RowsIn{}).Rows
	var got []plan.Row
	for in := (plan.WavesIn{Page: naru.Page{Limit: 5}}); ; {
		w := do(b, operator, b.ops.Waves, in)
		got = append(got, w.Rows...)
		if in.After = w.Following; in.After == "" {
			break
		}
	}
	same := func(a, b plan.Row) bool { return a.System == b.System && a.Year == b.Year }
	if len(all) != 23 || !slices.EqualFunc(all, got, same) {
		t.Errorf("%d rows in pages, %d at once", len(got), len(all))
	}
}

func TestRecoveryIsComparedWithTheAnnouncedTargets(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		state := func(grade, rto any) map[string]any {
			return map[string]any{"system.grade": grade, "system.rto_minutes": rto}
		}
		b.load(
			row("A", "G1-60", state(1, 60)), row("A", "G1-61", state(1, 61)), row("A", "G2-720", state(2, 720)), row("B", "G3-9000", state(3, 9000)),
			row("B", "G3-?", state(3, nil)), row("B", "?-10", state(nil, 10)), row("C", "G4-1", state(4, 1)),
		)
		out := do(b, operator, b.ops.Recovery, plan.RecoveryIn{})
		want := map[string]plan.Result{
			"G1-60": plan.Meets, "G1-61": plan.Misses, "G2-720": plan.Meets, "G3-9000": plan.Misses, "G3-?": plan.Unknown, "?-10": plan.Unknown, "G4-1": plan.NoTarget,
		}
		for _, r := range out.Rows {
			if r.Result != want[r.Code] {
				t.Errorf("%s %s, want %s", r.Code, r.Result, want[r.Code])
			}
		}
		if out.InForce || len(out.Rows) != 7 || out.Rows[0].Code != "G1-61" || out.Rows[1].Code != "G3-9000" {
			t.Errorf("recovery %+v", out)
		}
		if g := out.Grades; len(g) != 5 || g[0] != (plan.ResultCount{Key: "1", Systems: 2, Meets: 1, Misses: 1}) || g[4] != (plan.ResultCount{Systems: 1, Unknown: 1}) {
			t.Errorf("grades %+v", g)
		}
		if i := out.Institutions; len(i) != 3 || i[0].Name != "나 공단" || i[0].Misses != 1 || i[0].Unknown != 2 {
			t.Errorf("institutions %+v", i)
		}
		if own := do(b, b.officer("A"), b.ops.Recovery, plan.RecoveryIn{Result: plan.Misses}); len(own.Rows) != 1 || own.Grades[0].Systems != 2 || len(own.Institutions) != 1 {
			t.Errorf("the officer of A sees %+v", own)
		}
		if kind := refused(b, operator, b.ops.Recovery, plan.RecoveryIn{Result: "maybe"}); kind != naru.Invalid {
			t.Errorf("an unknown result is %s", kind)
		}
	})
}
