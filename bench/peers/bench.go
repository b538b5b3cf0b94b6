package main

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"time"

	"naru/base/policy"
	"naru/bench/peers/hand"
	"naru/bench/peers/rules"
	"naru/packs/law"
)

// How many rows an engine takes at a time: enough to time, few enough to be left alone by
// other work of the machine. The cost of a row does not depend on how many there are, so
// it is scaled. The columns always take the whole estate at once.
const (
	handRows   = 10_000
	celRowsN   = 300
	opaRowsN   = 30
	wordedRows = 20

	bursts = 8 // in a round
)

// bench holds the engines and one estate at a time.
type bench struct {
	schema *policy.Schema
	packs  []rules.Pack
	cel    []celPack
	opa    *opa
	hand   []func(*hand.Row) uint64
	gapped []func(*hand.Row) (uint64, uint64)

	whole    *policy.Law // everything in force on a day
	wholeCEL celPack
	next     *policy.Law // with changed rules

	rows, gaps, at int
	table          *policy.Table
	best           map[string]float64 // ns per decision
	sink           uint64
}

func newBench(ctx context.Context, rows int) (*bench, error) {
	b := &bench{
		rows:   rows,
		hand:   []func(*hand.Row) uint64{hand.GL2016, hand.INT2020, hand.CSAP2023, hand.N2SF1, hand.USE2025},
		gapped: []func(*hand.Row) (uint64, uint64){hand.GL2016Gaps, hand.INT2020Gaps, hand.CSAP2023Gaps, hand.N2SF1Gaps, hand.USE2025Gaps},
	}
	var err error
	if b.schema, b.packs, err = rules.Load(); err != nil {
		return nil, err
	}
	reader, err := rules.NewReader(b.schema)
	if err != nil {
		return nil, err
	}
	for _, p := range b.packs {
		compiled, err := compile(reader.Env, p.Rules)
		if err != nil {
			return nil, fmt.Errorf("%s in CEL: %w", p.Key, err)
		}
		b.cel = append(b.cel, compiled)
	}
	if b.opa, err = newOPA(ctx, b.schema, b.packs); err != nil {
		return nil, err
	}
	return b, b.laws(reader)
}

// laws prepares all that is in force on one day, the same rules as CEL programs, and the
// next version of one of its instruments.
func (b *bench) laws(reader *rules.Reader) error {
	const day = "2026-03-01"
	set, err := policy.Load(b.schema, law.Files)
	if err != nil {
		return err
	}
	if b.whole, err = set.InForce(day); err != nil {
		return err
	}
	var all []rules.Rule
	for _, p := range set.Packs() {
		if p.State(day) != "in_force" {
			continue
		}
		list, err := reader.Rules(p, day)
		if err != nil {
			return err
		}
		all = append(all, list...)
	}
	if b.wholeCEL, err = compile(reader.Env, all); err != nil {
		return err
	}
	files, err := nextVersion(law.Files, "USE2025")
	if err != nil {
		return err
	}
	if set, err = policy.Load(b.schema, files); err != nil {
		return err
	}
	b.next, err = set.InForce(day)
	return err
}

// estate draws the systems into a table. Every row has its own seed, so that an engine
// can be given any part of them.
func (b *bench) estate(gaps int) error {
	b.gaps, b.at, b.best = gaps, 0, make(map[string]float64)
	b.table = b.schema.NewTable(b.rows)
	var spent time.Duration
	const part = 10_000
	list := make([]policy.Facts, 0, part)
	for at := 0; at < b.rows; at += len(list) {
		list = list[:0]
		for i := range min(part, b.rows-at) {
			list = append(list, b.draw(at+i))
		}
		start := time.Now()
		for i := range list {
			b.table.Put(at+i, &list[i])
		}
		spent += time.Since(start)
	}
	b.note("put", spent, b.rows)
	return nil
}

func (b *bench) draw(row int) policy.Facts {
	return rules.Draw(rand.New(rand.NewPCG(uint64(row), 7)), b.schema, b.gaps)
}

// part draws the next rows for the engines that work row by row. What instruments let
// conclude is added beforehand: only naru has to find that out by itself.
func (b *bench) part(n int) (at int, list []policy.Facts) {
	at = b.at % (b.rows - n + 1)
	b.at += n
	var x policy.Finding
	for i := range n {
		f := b.draw(at + i)
		for p := range b.packs {
			b.packs[p].Law.Find(&f, &x)
			f = x.Facts()
		}
		list = append(list, f)
	}
	return at, list
}

// note keeps the best time of an engine per decision.
func (b *bench) note(name string, spent time.Duration, decisions int) {
	ns := float64(spent.Nanoseconds()) / float64(decisions)
	if old, measured := b.best[name]; !measured || ns < old {
		b.best[name] = ns
	}
}

// round lets every engine have its turn.
func (b *bench) round(ctx context.Context) error {
	b.table.Forget()
	runtime.GC()
	batches := make([]*policy.Batch, len(b.packs))
	start := time.Now()
	for i := range b.packs {
		batches[i] = b.packs[i].Law.Batch(b.table)
	}
	b.note("columns", time.Since(start), b.rows*len(b.packs))
	want, err := masks(batches, b.packs)
	if err != nil {
		return err
	}
	for range bursts {
		for _, turn := range []func([]answers) error{
			b.handTurn, b.celTurn, b.lawTurn,
			func(want []answers) error { return b.opaTurn(ctx, want) },
		} {
			if err := turn(want); err != nil {
				return err
			}
		}
	}
	b.nextTurn()
	return nil
}

// answers are the planes of a pack's rules.
type answers struct{ sure, maybe [][]uint64 }

func masks(batches []*policy.Batch, packs []rules.Pack) ([]answers, error) {
	list := make([]answers, len(packs))
	for i, p := range packs {
		for _, r := range p.Rules {
			sure, maybe, ok := batches[i].Fired(p.Key, r.ID)
			if !ok {
				return nil, fmt.Errorf("%s/%s is not in the batch", p.Key, r.ID)
			}
			list[i].sure, list[i].maybe = append(list[i].sure, sure), append(list[i].maybe, maybe)
		}
	}
	return list, nil
}

// same compares what an engine says of a row with the batch.
func (a *answers) same(engine string, row int, sure, may uint64) error {
	for i := range a.sure {
		s, m := a.sure[i][row>>6]>>uint(row&63)&1, a.maybe[i][row>>6]>>uint(row&63)&1
		if sure>>uint(i)&1 != s || may>>uint(i)&1 != s|m {
			return fmt.Errorf("%s disagrees with the batch on row %d, rule %d", engine, row, i)
		}
	}
	return nil
}

func (b *bench) report() {
	known := "every fact known"
	if b.gaps > 0 {
		known = fmt.Sprintf("%d of 8 facts unknown", b.gaps)
	}
	fmt.Fprintf(os.Stderr, "%d systems, %s; ns per decision, best round:\n", b.rows, known)
	for _, name := range slices.Sorted(maps.Keys(b.best)) {
		fmt.Fprintf(os.Stderr, "  %-14s %10.1f\n", name, b.best[name])
	}
	for _, name := range []string{"cel-all", "law-cel-all", "opa"} {
		if _, measured := b.best[name]; !measured {
			b.best[name] = math.Inf(1) // these cannot do with gaps
		}
	}
}
