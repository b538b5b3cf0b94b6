package decide_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"naru/base/op"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/internal/testdb"
)

// estate makes rows of systems with about one and a half components each and a
// spread of facts, some unknown; a fixed seed makes runs comparable.
func estate(systems int) []inventory.Row {
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	var rows []inventory.Row
	for i := range systems {
		own := map[string]any{
			"system.stage": pick("new", "operating", "replacing"), "system.internal_business": rng.IntN(2) == 0,
			"system.public_facing": rng.IntN(2) == 0, "system.grade": 1 + rng.IntN(4), "system.yearly_cost": rng.IntN(1e9),
		}
		for c := range 1 + i%2 {
			personal := rng.IntN(2) // no personal data, no data subjects
			facts := map[string]any{
				"component.onsite_reasons": []string{}, "component.personal_data": personal == 1, "component.subjects": personal * rng.IntN(2_000_000),
				"component.sensitive_subjects": personal * rng.IntN(100_000), "component.security_service": false,
			}
			for k, v := range own {
				facts[k] = v
			}
			if rng.IntN(3) > 0 {
				facts["component.info_kinds"] = []string{pick("trade", "investigation", "system_log", "life_safety")}
				facts["component.foi_items"] = []string{pick("foi1", "foi5", "foi6")}
			}
			if rng.IntN(2) == 0 {
				facts["component.open_only"] = rng.IntN(2) == 0
			}
			rows = append(rows, row(pick("A", "B"), fmt.Sprintf("S%d", i), fmt.Sprintf("부분 %d", c), facts))
		}
		for n := len(rows) - i%2; n < len(rows); n++ {
			rows[n].InstitutionCode = rows[n-1].InstitutionCode
		}
	}
	return rows
}

// BenchmarkDecideNation decides 20,000 systems on SQLite, storing included; the goal
// is under one second.
func BenchmarkDecideNation(b *testing.B) {
	bed := newBed(b, testdb.SQLite(b))
	bed.importRows(estate(20_000)...)
	var out decide.RunOut
	for b.Loop() {
		out = do(bed, operator, bed.ops.Run, decide.RunIn{})
	}
	b.ReportMetric(float64(out.Components), "components")
}

// BenchmarkDecideSystem explains one system out of many.
func BenchmarkDecideSystem(b *testing.B) {
	bed := newBed(b, testdb.SQLite(b))
	bed.importRows(estate(1000)...)
	do(bed, operator, bed.ops.Run, decide.RunIn{})
	id := bed.stored(decide.Standing)[0].System
	for b.Loop() {
		do(bed, operator, bed.ops.System, decide.SystemIn{ID: id})
	}
}

// BenchmarkListDecisions reads the rarest page and the summary at 20,000 systems.
func BenchmarkListDecisions(b *testing.B) {
	bed := newBed(b, testdb.SQLite(b))
	bed.importRows(estate(20_000)...)
	do(bed, operator, bed.ops.Run, decide.RunIn{})
	b.Run("page", func(b *testing.B) {
		for b.Loop() {
			do(bed, operator, bed.ops.List, decide.ListIn{Filter: decide.Filter{Venue: "private", Outcome: "required"}})
		}
	})
	b.Run("summary", func(b *testing.B) {
		for b.Loop() {
			do(bed, operator, bed.ops.Summary, decide.SummaryIn{})
		}
	})
	b.Run("follow", func(b *testing.B) {
		work := op.Work{Followers: []op.Follower{bed.ops.Follower()}}
		for b.Loop() {
			bed.importRows(row("A", "NEW", "", map[string]any{"system.yearly_cost": rand.IntN(1e9)}))
			if err := bed.Drain(b.Context(), work, 10); err != nil {
				b.Fatal(err)
			}
		}
	})
}
