package inventory_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"naru"
	"naru/base/op"
	"naru/flow/inventory"
	"naru/internal/testdb"
	"naru/store"
)

var operator = naru.Actor{User: "op", Role: "operator"}

// bed is a database with two institutions and a runner on it.
type bed struct {
	*op.Runner
	t      *testing.T
	db     *store.DB
	a, b   inventory.InstitutionID
	office func(inventory.InstitutionID) naru.Actor
}

func newBed(t *testing.T, db *store.DB) *bed {
	t.Helper()
	b := &bed{Runner: testdb.Runner(db), t: t, db: db}
	in := inventory.ImportInstitutionsIn{Source: "test", Rows: []inventory.InstitutionRow{
		{Row: 2, Code: "A1", Value: inventory.Institution{Name: "가 기관", Kind: "central"}},
		{Row: 3, Code: "B1", ParentCode: "A1", Value: inventory.Institution{Name: "나 기관", Kind: "local"}},
	}}
	must(t)(op.Do(t.Context(), b.Runner, b.CallFor(operator), inventory.ImportInstitutions, in))
	list := must2(op.Do(t.Context(), b.Runner, b.CallFor(operator), inventory.ListInstitutions, inventory.ListInstitutionsIn{}))(t)
	b.a, b.b = list.Rows[0].ID, list.Rows[1].ID
	b.office = func(id inventory.InstitutionID) naru.Actor {
		return naru.Actor{User: "officer", Role: "officer", Institution: string(id)}
	}
	return b
}

func must(t *testing.T) func(any, error) {
	return func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

func must2[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (b *bed) importRows(a naru.Actor, skip bool, rows ...inventory.Row) (inventory.Report, error) {
	for i := range rows {
		rows[i].Row = i + 2
	}
	return op.Do(b.t.Context(), b.Runner, b.CallFor(a), inventory.Import, inventory.ImportIn{Rows: rows, Source: "시험.xlsx", SkipRefused: skip})
}

func row(inst, code, name string, facts map[string]any) inventory.Row {
	return inventory.Row{InstitutionCode: inst, Code: code, Name: name, Facts: facts}
}

func TestReimportTellsAddedChangedUnchanged(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		site := func(s string) map[string]any { return map[string]any{"system.site": s, "component.subjects": 10} }
		first := must2(b.importRows(operator, false, row("A1", "S1", "하나", site("own")), row("가 기관", "S2", "둘", nil)))(t)
		if first.Added != 2 || !first.Written {
			t.Fatalf("first import: %+v", first)
		}
		again := must2(b.importRows(operator, false, row("A1", "S1", "하나", site("private")), row("A1", "S2", "둘", nil), row("B1", "S1", "셋", nil)))(t)
		if again.Added != 1 || again.Changed != 1 || again.Unchanged != 1 || again.Refused != 0 {
			t.Errorf("second import: %+v", again)
		}
		list := must2(op.Do(t.Context(), b.Runner, b.CallFor(operator), inventory.ListSystems, inventory.ListSystemsIn{Filter: inventory.Filter{Query: "하나"}}))(t)
		if len(list.Rows) != 1 || list.Rows[0].Site != "private" {
			t.Fatalf("search for the changed system: %+v", list)
		}
		got := must2(op.Do(t.Context(), b.Runner, b.CallFor(operator), inventory.GetSystem, inventory.SystemIn{ID: list.Rows[0].ID}))(t)
		if got.Version != 2 || got.ComponentFacts[0]["component.subjects"] != int64(10) || got.SystemFacts["system.site"] != "private" {
			t.Errorf("the changed system: %+v", got)
		}
	})
}

func TestRefusedRowsStopTheImport(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rows []inventory.Row
		key  string
		row  int
	}{
		"an unknown institution":              {[]inventory.Row{row("ZZ", "S1", "하나", nil)}, "inventory.unknown_institution", 2},
		"a missing code":                      {[]inventory.Row{row("A1", "", "하나", nil)}, "inventory.code_missing", 2},
		"a missing name":                      {[]inventory.Row{row("A1", "S1", "", nil)}, "inventory.name_missing", 2},
		"a fact outside its code list":        {[]inventory.Row{row("A1", "S1", "하나", map[string]any{"system.site": "moon"})}, "inventory.bad_fact", 2},
		"an unknown fact":                     {[]inventory.Row{row("A1", "S1", "하나", map[string]any{"system.colour": "red"})}, "inventory.bad_fact", 2},
		"subjects without personal data":      {[]inventory.Row{row("A1", "S1", "하나", map[string]any{"component.personal_data": false, "component.subjects": 3})}, "inventory.people_without_data", 2},
		"a code that stands twice":            {[]inventory.Row{row("A1", "S1", "하나", nil), row("A1", "S1", "하나", nil)}, "inventory.duplicate", 3},
		"two names for one system":            {[]inventory.Row{row("A1", "S1", "하나", nil), row("A1", "S1", "둘", nil)}, "inventory.name_differs", 3},
		"components that contradict a system": {[]inventory.Row{comp("웹", "own"), comp("자료", "private")}, "inventory.fact_differs", 3},
	}
	db := testdb.SQLite(t)
	b := newBed(t, db)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			good := row("A1", "GOOD", "멀쩡한 시스템", nil)
			_, err := b.importRows(operator, false, append(slices.Clone(tt.rows), good)...)
			var refusal *naru.Error
			if !errors.As(err, &refusal) || refusal.Kind != naru.Invalid || len(refusal.Problems) == 0 {
				t.Fatalf("import: %v", err)
			}
			if p := refusal.Problems[0]; p.Message.Key != tt.key || p.Row != tt.row {
				t.Errorf("first problem is %+v, want %s in row %d", p, tt.key, tt.row)
			}
			list := must2(op.Do(t.Context(), b.Runner, b.CallFor(operator), inventory.ListSystems, inventory.ListSystemsIn{}))(t)
			if len(list.Rows) != 0 {
				t.Errorf("%d systems were imported by halves", len(list.Rows))
			}
		})
	}
}

func comp(name, site string) inventory.Row {
	r := row("A1", "S1", "하나", map[string]any{"system.site": site})
	r.Component = name
	return r
}

func TestSkipRefusedImportsTheRest(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		report := must2(b.importRows(operator, true, row("A1", "S1", "하나", nil), row("ZZ", "S2", "둘", nil)))(t)
		if report.Added != 1 || report.Refused != 1 || report.Problem != 1 {
			t.Errorf("report: %+v", report)
		}
	})
}

func TestOfficerSeesAndImportsOnlyTheirOwn(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		must(t)(b.importRows(operator, false, row("A1", "S1", "하나", nil), row("B1", "S1", "둘", nil)))
		foreign := must2(op.Do(t.Context(), b.Runner, b.CallFor(operator), inventory.ListSystems, inventory.ListSystemsIn{Filter: inventory.Filter{Institution: b.a}}))(t).Rows[0]

		officer := b.office(b.b)
		list := must2(op.Do(t.Context(), b.Runner, b.CallFor(officer), inventory.ListSystems, inventory.ListSystemsIn{}))(t)
		if len(list.Rows) != 1 || list.Rows[0].Institution != b.b {
			t.Errorf("the officer's list: %+v", list.Rows)
		}
		if _, err := op.Do(t.Context(), b.Runner, b.CallFor(officer), inventory.GetSystem, inventory.SystemIn{ID: foreign.ID}); naru.KindOf(err) != naru.NotFound {
			t.Errorf("a foreign system: %v, want not found", err)
		}
		if _, err := b.importRows(officer, false, row("A1", "S9", "남의 것", nil)); naru.KindOf(err) != naru.Invalid {
			t.Errorf("import into a foreign institution: %v", err)
		}
		if report, err := b.importRows(officer, false, row("", "S9", "내 것", nil)); err != nil || report.Added != 1 {
			t.Errorf("import without naming the own institution: %+v, %v", report, err)
		}
		auditor := naru.Actor{User: "aud", Role: "auditor"}
		if _, err := b.importRows(auditor, false, row("A1", "S9", "감사", nil)); naru.KindOf(err) != naru.Denied {
			t.Errorf("import by an auditor: %v, want denied", err)
		}
	})
}

func TestExamplesStayMarkedAndCanBeListedAlone(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		marked := row("A1", "S2", "둘", nil)
		marked.Synthetic = true // by its own file, whoever imports it
		must(t)(b.importRows(operator, false, row("A1", "S1", "하나", nil), marked))
		for only, want := range map[bool]int{false: 2, true: 1} {
			in := inventory.ListSystemsIn{Filter: inventory.Filter{Synthetic: only}}
			list := must2(op.Do(t.Context(), b.Runner, b.CallFor(operator), inventory.ListSystems, in))(t)
			if len(list.Rows) != want || only && (list.Rows[0].Code != "S2" || !list.Rows[0].Synthetic) {
				t.Errorf("only examples %t: %+v", only, list.Rows)
			}
		}
	})
}

func TestEveryOperationFitsTheStore(t *testing.T) {
	t.Parallel()
	for _, o := range inventory.Operations() {
		if err := o.Fits(&store.Tx{}); err != nil {
			t.Error(err)
		}
	}
}

func TestDenialsAreRecorded(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		_, err := b.importRows(naru.Actor{User: "aud", Role: "auditor"}, false)
		if naru.KindOf(err) != naru.Denied {
			t.Fatal(err)
		}
		err = db.Read(t.Context(), func(ctx context.Context, v any) error {
			entries, err := v.(*store.Tx).EntriesFrom(ctx, 0, 10)
			if err != nil {
				return err
			}
			last := entries[len(entries)-1]
			if got := fmt.Sprintln(last.Op, last.Outcome, last.User, last.Detail); got != "inventory.import denied aud map[reason:identity.no_permission]\n" {
				t.Errorf("the last entry is %s", got)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// BenchmarkImport20000 imports 20,000 systems of 200 institutions into SQLite.
func BenchmarkImport20000(bm *testing.B) {
	for bm.Loop() {
		db := testdb.SQLite(bm)
		r := testdb.Runner(db)
		var in inventory.ImportInstitutionsIn
		for i := range 200 {
			in.Rows = append(in.Rows, inventory.InstitutionRow{Row: i, Code: fmt.Sprint("I", i), Value: inventory.Institution{Name: fmt.Sprint("기관 ", i)}})
		}
		if _, err := op.Do(bm.Context(), r, r.CallFor(operator), inventory.ImportInstitutions, in); err != nil {
			bm.Fatal(err)
		}
		rows := make([]inventory.Row, 20_000)
		for i := range rows {
			rows[i] = row(fmt.Sprint("I", i%200), fmt.Sprint("S", i), fmt.Sprint("시스템 ", i), map[string]any{
				"system.site": "own", "system.grade": 3, "system.public_facing": true, "system.internal_business": false,
				"component.personal_data": true, "component.subjects": i, "component.pia": "none", "component.info_kinds": []string{"trial"},
			})
		}
		if _, err := op.Do(bm.Context(), r, r.CallFor(operator), inventory.Import, inventory.ImportIn{Rows: rows, Source: "bench"}); err != nil {
			bm.Fatal(err)
		}
	}
}
