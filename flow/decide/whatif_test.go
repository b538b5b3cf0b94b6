package decide_test

import (
	"fmt"
	"testing"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/flow/law"
	"naru/internal/testdb"
	"naru/link/feed"
	"naru/store"
)

var ministry = naru.Actor{User: "m", Role: "ministry"}

// nation imports a small example nation.
func (b *bed) nation(size int) {
	b.t.Helper()
	n := feed.MakeNation(7, size)
	do(b, operator, inventory.ImportInstitutions, inventory.ImportInstitutionsIn{Rows: n.Institutions, Source: "test"})
	do(b, operator, inventory.Import, inventory.ImportIn{Rows: n.Rows(), Source: "test", Synthetic: true})
}

// wholly asks system by system whether every component may run in private cloud.
func (b *bed) wholly(asOf naru.Date) (open, systems int) {
	b.t.Helper()
	for page := (naru.Page{Limit: naru.MaxPage}); ; {
		list := do(b, operator, inventory.ListSystems, inventory.ListSystemsIn{Page: page})
		for _, s := range list.Rows {
			systems++
			v := do(b, operator, b.ops.System, decide.SystemIn{ID: s.ID, AsOf: asOf})
			all := true
			for _, c := range v.Components {
				at := c.Verdict.At(policy.Private)
				all = all && at.Permits()
			}
			if all {
				open++
			}
		}
		if page.After = list.Next; page.After == "" {
			return open, systems
		}
	}
}

func TestErasCountWhatEverySingleVerdictSays(t *testing.T) {
	t.Parallel()
	b := newBed(t, testdb.SQLite(t))
	b.nation(150)
	out := do(b, ministry, b.ops.Eras, decide.ErasIn{})
	if len(out.Eras) != 6 || !out.Synthetic {
		t.Fatalf("%d eras, synthetic %v", len(out.Eras), out.Synthetic)
	}
	shares := map[int]bool{}
	for _, e := range out.Eras {
		open, systems := b.wholly(e.AsOf)
		sum := 0
		for _, n := range e.Shares {
			sum += n
		}
		if e.Shares[decide.ShareOpen] != open || sum != systems || out.Systems != systems {
			t.Errorf("%s: %v of %d, single verdicts say %d of %d", e.AsOf, e.Shares, out.Systems, open, systems)
		}
		shares[open] = true
	}
	if len(shares) < 3 {
		t.Errorf("every era comes out alike: %v", shares)
	}
	if _, err := b.era("2015-09-27"); err == nil {
		t.Error("a date before the record is counted")
	}
}

func (b *bed) era(date naru.Date) (decide.ErasOut, error) {
	return op.Do(b.t.Context(), b.Runner, b.CallFor(ministry), b.ops.Eras, decide.ErasIn{Dates: []naru.Date{date}})
}

func TestWhatIfNamesWhoFlips(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		b.nation(120)
		in := decide.WhatIfIn{Against: "2017-03-02", AsOf: "2020-07-01", Page: naru.Page{Limit: 7}}
		first := do(b, ministry, b.ops.WhatIf, in)
		before, systems := b.wholly("2017-03-02")
		after, _ := b.wholly("2020-07-01")
		if first.Systems != systems || first.Before.Shares[decide.ShareOpen] != before || first.After.Shares[decide.ShareOpen] != after {
			t.Errorf("open %d to %d of %d, want %d to %d of %d", first.Before.Shares[decide.ShareOpen], first.After.Shares[decide.ShareOpen], first.Systems, before, after, systems)
		}
		if first.Opened-first.Closed != after-before || first.Opened == 0 {
			t.Errorf("opened %d, closed %d, but %d became %d", first.Opened, first.Closed, before, after)
		}
		moved := 0
		for _, m := range first.Moves {
			moved += m.Systems
		}
		if moved != first.Flipped {
			t.Errorf("moves sum to %d, flipped %d", moved, first.Flipped)
		}
		for _, g := range first.Groups {
			n, flipped := 0, 0
			for _, w := range g.Groups {
				n, flipped = n+w.Systems, flipped+w.Flipped
			}
			if n != systems || flipped != first.Flipped {
				t.Errorf("by %s: %d systems and %d flips, want %d and %d", g.By, n, flipped, systems, first.Flipped)
			}
		}
		seen := map[inventory.SystemID]bool{}
		for page := first; ; {
			for _, r := range page.Rows {
				if seen[r.ID] || r.Name == "" || r.Before == r.After || !r.Synthetic {
					t.Errorf("row %+v", r)
				}
				seen[r.ID] = true
			}
			if in.After = page.Next; in.After == "" {
				break
			}
			page = do(b, ministry, b.ops.WhatIf, in)
		}
		if len(seen) != first.Flipped {
			t.Errorf("pages name %d systems, %d flip", len(seen), first.Flipped)
		}
	})
}

// closing is a next version of nothing: a new instrument that closes private cloud to
// whatever serves the public.
const closing = `key: TRY
title: {ko: 시험, en: Try}
status: draft
in_force: {from: 2026-06-01}
sources: {T: {title: 시험}}
rules:
  - {id: "1", when: system.public_facing, venues: [private], outcome: not_allowed, article: 제1조, source: T, message: {ko: 가, en: a}}
`

func TestWhatIfTriesADraftWithoutMakingItLaw(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		b.nation(120)
		drafts := law.New(law.NewBook(b.set))
		d := do(b, ministry, drafts.Draft, law.DraftIn{Text: closing})
		out := do(b, ministry, b.ops.WhatIf, decide.WhatIfIn{Draft: d.Draft.ID})
		if out.Key != "TRY" || out.Before.AsOf != "2026-06-01" || out.Opened != 0 || out.Flipped == 0 || out.After.Law == out.Before.Law {
			t.Errorf("%+v", out)
		}
		text := do(b, ministry, b.ops.WhatIf, decide.WhatIfIn{Text: closing})
		if text.Flipped != out.Flipped {
			t.Errorf("the text flips %d, the draft %d", text.Flipped, out.Flipped)
		}
		if after, _ := b.wholly("2026-06-01"); after != out.Before.Shares[decide.ShareOpen] {
			t.Errorf("%d open by law, %d before the draft", after, out.Before.Shares[decide.ShareOpen])
		}
		for i := range 3 { // the estate moves, and the image with it
			b.importRows(row("A", fmt.Sprint("N", i), "", nil))
			if again := do(b, ministry, b.ops.WhatIf, decide.WhatIfIn{Text: closing}); again.Systems != out.Systems+i+1 {
				t.Errorf("%d systems after %d more, want %d", again.Systems, i+1, out.Systems+i+1)
			}
		}
		refused(b, b.officer("A"), b.ops.WhatIf, decide.WhatIfIn{Text: closing}, "identity.no_permission")
		refused(b, ministry, b.ops.WhatIf, decide.WhatIfIn{}, "decide.nothing_to_compare")
		refused(b, ministry, b.ops.WhatIf, decide.WhatIfIn{Text: closing, Venue: "moon"}, "decide.unknown_venue")
		refused(b, ministry, b.ops.WhatIf, decide.WhatIfIn{Text: "key: ["}, "policy.pack_refused")
		if mine := do(b, b.officer("A"), b.ops.Eras, decide.ErasIn{}); mine.Systems != 3 {
			t.Errorf("an officer counts %d systems, want the three of the own institution", mine.Systems)
		}
	})
}
