package inventory_test

import (
	"errors"
	"slices"
	"testing"

	"naru"
	"naru/base/op"
	"naru/flow/inventory"
	"naru/internal/testdb"
	"naru/store"
)

// tied is a row of a component with its links and needs.
func tied(inst, code, component string, links, needs []string) inventory.Row {
	r := row(inst, code, "시스템 "+code, nil)
	r.Component, r.Links, r.Needs = component, links, needs
	return r
}

func (b *bed) system(code string) inventory.SystemOut {
	b.t.Helper()
	list := must2(op.Do(b.t.Context(), b.Runner, b.CallFor(operator), inventory.ListSystems, inventory.ListSystemsIn{Filter: inventory.Filter{Query: code}}))(b.t)
	if len(list.Rows) != 1 {
		b.t.Fatalf("%d systems are called %s", len(list.Rows), code)
	}
	return must2(op.Do(b.t.Context(), b.Runner, b.CallFor(operator), inventory.GetSystem, inventory.SystemIn{ID: list.Rows[0].ID}))(b.t)
}

func TestLinksAndNeedsAreKeptAndAChangeOfThemIsAChange(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		rows := func(links []string, needs ...string) []inventory.Row {
			return []inventory.Row{
				tied("A1", "S1", "웹, 앱", nil, []string{"S2"}), tied("A1", "S1", "자료", links, needs),
				tied("A1", "S2", "", nil, []string{"S1"}), // a circle, and forward
				tied("B1", "S3", "", nil, nil),
			}
		}
		first := must2(b.importRows(operator, false, rows([]string{"웹", "앱"}, "S2", "B1/S3")...))(t)
		if first.Added != 3 {
			t.Fatalf("first import: %+v", first)
		}
		got, other := b.system("S1"), b.system("S3")
		if !slices.Equal(got.Components[1].Links, []string{"웹, 앱"}) || len(got.Components[0].Links) != 0 {
			t.Errorf("components: %+v", got.Components)
		}
		if len(got.Needs) != 2 || len(got.Needed) != 2 || got.Needed[1].ID != other.ID || got.Needed[1].Reference(got.Institution) != "B1/S3" ||
			got.Needed[0].Reference(got.Institution) != "S2" {
			t.Errorf("needs %v: %+v", got.Needs, got.Needed)
		}
		again := must2(b.importRows(operator, false, rows([]string{"웹", "앱"}, "나 기관/S3")...))(t)
		if again.Unchanged != 3 {
			t.Errorf("the same in other words: %+v", again)
		}
		changed := must2(b.importRows(operator, false, rows(nil, "S2")...))(t)
		if got = b.system("S1"); changed.Changed != 1 || got.Version != 2 || len(got.Components[1].Links) != 0 || len(got.Needs) != 1 {
			t.Errorf("fewer links and needs: %+v, %+v", changed, got.System)
		}
	})
}

func TestLinksAndNeedsThatLeadNowhereAreRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rows []inventory.Row
		want []string // keys of the problems
		row  int      // of the first
	}{
		"a link to a component that the system does not have": {
			[]inventory.Row{tied("A1", "S1", "웹", []string{"자료"}, nil), tied("A1", "S2", "자료", nil, nil)},
			[]string{"inventory.unknown_link"},
			2,
		},
		"a link to the component itself": {[]inventory.Row{tied("A1", "S1", "웹", []string{"웹"}, nil)}, []string{"inventory.own_link"}, 2},
		"a need that nobody knows":       {[]inventory.Row{tied("A1", "S1", "", nil, []string{"S9"})}, []string{"inventory.unknown_need"}, 2},
		"a need of an institution that does not have it": {
			[]inventory.Row{tied("A1", "S1", "", nil, nil), tied("A1", "S2", "", nil, []string{"B1/S1"})},
			[]string{"inventory.unknown_need"},
			3,
		},
		"a system that needs itself": {[]inventory.Row{tied("A1", "S1", "", nil, []string{"A1/S1"})}, []string{"inventory.own_need"}, 2},
		"a chain of needs that ends in a refused system": {
			[]inventory.Row{tied("A1", "S1", "", nil, []string{"S2"}), tied("A1", "S2", "", nil, []string{"S3"}), tied("A1", "S3", "", nil, []string{"S9"})},
			[]string{"inventory.refused_need", "inventory.refused_need", "inventory.unknown_need"},
			2,
		},
	}
	db := testdb.SQLite(t)
	b := newBed(t, db)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := b.importRows(operator, false, tt.rows...)
			var refusal *naru.Error
			if !errors.As(err, &refusal) {
				t.Fatalf("import: %v", err)
			}
			var keys []string
			for _, p := range refusal.Problems {
				keys = append(keys, p.Message.Key)
			}
			if !slices.Equal(keys, tt.want) || refusal.Problems[0].Row != tt.row || refusal.Problems[0].Field == "" {
				t.Errorf("problems %+v, want %v from row %d", refusal.Problems, tt.want, tt.row)
			}
		})
	}
}

func TestANeedOfAStoredSystemOutlivesARefusedRowOfIt(t *testing.T) {
	t.Parallel()
	b := newBed(t, testdb.SQLite(t))
	must(t)(b.importRows(operator, false, tied("B1", "S3", "", nil, nil)))
	bad := tied("B1", "S3", "", nil, []string{"S9"})
	report := must2(b.importRows(operator, true, tied("A1", "S1", "", nil, []string{"B1/S3"}), bad))(t)
	if report.Added != 1 || report.Refused != 1 {
		t.Errorf("report %+v", report)
	}
	officer := b.office(b.a)
	own := tied("", "S2", "", nil, []string{"B1/S3"})
	if report, err := b.importRows(officer, false, own); err != nil || report.Added != 1 {
		t.Errorf("an officer's need of another institution's system: %+v, %v", report, err)
	}
}
