package plan_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"naru/flow/inventory"
	"naru/flow/plan"
	"naru/internal/testdb"
)

// nation is 17,243 systems of three institutions with a spread of facts and needs.
func nation() []inventory.Row {
	rng := rand.New(rand.NewPCG(3, 4))
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	rows := make([]inventory.Row, 0, 25_000)
	for i := range 17_243 {
		more := map[string]any{
			"system.stage": pick("new", "operating", "operating", "replacing"), "system.site": pick("onsite", "onsite", "own", "government", "private"),
			"system.useful_life_end": fmt.Sprintf("%d-05-06", 2020+rng.IntN(14)), "system.grade": 1 + rng.IntN(4), "system.users": rng.IntN(1e6),
			"system.public_facing": rng.IntN(2) == 0, "system.rto_minutes": rng.IntN(9000), "system.internal_business": rng.IntN(2) == 0,
		}
		if more["system.site"] == "government" {
			more["system.centre"] = pick("daejeon", "gwangju", "daegu")
		}
		if rng.IntN(3) == 0 {
			more["component.info_kinds"], more["component.csap_tier"], more["component.n2sf_class"] = nil, nil, nil
		}
		inst := pick("A", "B", "C")
		r := row(inst, fmt.Sprintf("S%05d", i), more)
		for range rng.IntN(3) {
			r.Needs = append(r.Needs, fmt.Sprintf("%s/HUB%02d", pick("A", "B", "C"), rng.IntN(40)))
		}
		rows = append(rows, r)
	}
	for n := range 40 {
		for _, inst := range []string{"A", "B", "C"} {
			rows = append(rows, row(inst, fmt.Sprintf("HUB%02d", n), map[string]any{"system.site": "government", "system.centre": "daejeon"}))
		}
	}
	return rows
}

// BenchmarkNation runs every operation over a nation on SQLite; each is to answer in
// well under a second.
func BenchmarkNation(b *testing.B) {
	bed := newBed(b, testdb.SQLite(b))
	bed.load(nation()...)
	b.Run("waves", func(b *testing.B) {
		for b.Loop() {
			do(bed, operator, bed.ops.Waves, plan.WavesIn{})
		}
	})
	b.Run("rows", func(b *testing.B) {
		for b.Loop() {
			do(bed, operator, bed.ops.Rows, plan.RowsIn{})
		}
	})
	b.Run("recovery", func(b *testing.B) {
		for b.Loop() {
			do(bed, operator, bed.ops.Recovery, plan.RecoveryIn{})
		}
	})
	b.Run("blast", func(b *testing.B) {
		for b.Loop() {
			do(bed, operator, bed.ops.Blast, plan.BlastIn{Loss: plan.DaejeonFire().Loss})
		}
	})
}
