package decide

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/inventory"
	"naru/flow/law"
)

// WhatIfIn asks what would become of the estate: under a draft, under a text, or under
// the law of another date.
type WhatIfIn struct {
	Draft   law.DraftID  `json:"draft,omitempty" doc:"draft to try"`
	Text    string       `json:"text,omitempty" file:"yes" doc:"pack.yaml to try, @FILE reads it; instead of a draft"`
	Against naru.Date    `json:"against,omitempty" doc:"without a draft: the earlier date whose law is compared with that of as_of"`
	AsOf    naru.Date    `json:"as_of,omitempty" doc:"date YYYY-MM-DD; empty for the draft's first day in force, or today"`
	Venue   policy.Venue `json:"venue,omitempty" doc:"government, private, ppp, own or onsite; empty for private"`

	Institution inventory.InstitutionID `json:"institution,omitempty" doc:"one institution; empty for all the caller sees"`
	naru.Page                           // of the flipped systems
}

// WhatIfOut is who would flip, in numbers and by name. Systems are counted, and the facts
// are those of now; exceptions that were granted are left out of the count.
type WhatIfOut struct {
	Key    string    `json:"key,omitempty"` // of the instrument tried
	Title  naru.Text `json:"title"`
	Digest string    `json:"digest,omitempty"`

	Before  Side         `json:"before"`
	After   Side         `json:"after"`
	Venue   policy.Venue `json:"venue"`
	Systems int          `json:"systems"`
	Opened  int          `json:"opened"`  // systems wholly open that were not
	Closed  int          `json:"closed"`  // systems wholly open no more
	Flipped int          `json:"flipped"` // systems that stand otherwise in any way
	Moves   []Move       `json:"moves"`
	Groups  []Grouping   `json:"groups"` // by ministry, institution kind and system grade

	Synthetic bool         `json:"synthetic"` // example data is among the systems
	Rows      []FlipSystem `json:"flips"`     // the flipped systems, in the order of ids
	Next      string       `json:"next,omitempty"`
}

// Side is one of the two laws compared.
type Side struct {
	AsOf   naru.Date        `json:"as_of"`
	Law    string           `json:"law"` // digest
	Packs  []policy.PackRef `json:"packs"`
	Shares map[Share]int    `json:"shares"` // systems
}

// Move counts systems that go from one share to another.
type Move struct {
	From    Share `json:"from"`
	To      Share `json:"to"`
	Systems int   `json:"systems"`
}

// Grouping counts by one thing.
type Grouping struct {
	By     string  `json:"by"` // ministry, kind or grade
	Groups []Group `json:"groups"`
}

// Group is one line of a grouping.
type Group struct {
	Key     string `json:"key"` // name of the ministry, code of the kind, the grade ("" = unknown)
	Systems int    `json:"systems"`
	Before  int    `json:"before"` // wholly open
	After   int    `json:"after"`
	Opened  int    `json:"opened"`
	Closed  int    `json:"closed"`
	Flipped int    `json:"flipped"`
}

// FlipSystem is a system that would stand otherwise.
type FlipSystem struct {
	ID              inventory.SystemID      `json:"id"`
	Code            string                  `json:"code"`
	Name            string                  `json:"name"`
	Institution     inventory.InstitutionID `json:"institution"`
	InstitutionName string                  `json:"institution_name"`
	Ministry        string                  `json:"ministry"`
	Kind            string                  `json:"kind"`
	Grade           int64                   `json:"grade"` // 0 = unknown
	Before          Share                   `json:"before"`
	After           Share                   `json:"after"`
	Synthetic       bool                    `json:"synthetic"`
}

// think compares two laws over the whole estate.
type think struct {
	bulk
	estate *estate
}

func (t think) whatif(ctx context.Context, c *op.Call, s Store, in WhatIfIn) (WhatIfOut, error) {
	scope, err := inventory.Within(c.Actor, in.Institution)
	if err != nil {
		return WhatIfOut{}, err
	}
	in.Venue = cmp.Or(in.Venue, policy.Private)
	if PlacesOf(in.Venue) == 0 {
		return WhatIfOut{}, naru.NewError(naru.Invalid, "decide.unknown_venue", "venue", string(in.Venue))
	}
	out := WhatIfOut{Venue: in.Venue}
	before, after, err := t.laws(ctx, c, s, in, &out)
	if err != nil {
		return WhatIfOut{}, err
	}
	now, err := t.estate.at(ctx, s)
	if err != nil {
		return WhatIfOut{}, err
	}
	out.Before, out.After = sideOf(before), sideOf(after)
	n := newComparison(now, now.batch(before), now.batch(after), in.Venue)
	n.all(scope, &out)
	return out, n.rows(ctx, s, in.Page, &out)
}

// laws finds the two laws to compare.
func (t think) laws(ctx context.Context, c *op.Call, s Store, in WhatIfIn, out *WhatIfOut) (before, after *policy.Law, err error) {
	if in.Draft == "" && in.Text == "" {
		if in.Against == "" {
			return nil, nil, naru.NewError(naru.Invalid, "decide.nothing_to_compare")
		}
		if before, err = t.book.InForce(ctx, s, in.Against); err == nil {
			after, err = t.book.InForce(ctx, s, cmp.Or(in.AsOf, c.Today()))
		}
		return before, after, err
	}
	if in.Draft != "" {
		d, err := s.Draft(ctx, in.Draft)
		if err != nil {
			return nil, nil, err
		}
		in.Text = d.Text
	}
	set, err := t.book.Instruments(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	p, err := set.Draft([]byte(in.Text), nil)
	if err != nil {
		return nil, nil, err
	}
	next, err := set.With(p)
	if err != nil {
		return nil, nil, err
	}
	out.Key, out.Title, out.Digest = p.Key, p.Title, p.Digest
	date := cmp.Or(in.AsOf, max(p.From, c.Today()))
	if before, err = t.book.InForce(ctx, s, date); err == nil {
		after, err = next.InForce(date)
	}
	return before, after, err
}

func sideOf(l *policy.Law) Side {
	return Side{AsOf: l.Date(), Law: l.Digest(), Packs: l.Packs(), Shares: make(map[Share]int)}
}

// comparison is of two laws over an image.
type comparison struct {
	now           *image
	before, after masks
	flipped       []int // systems, by their place in the image
	shares        [][2]Share
}

func newComparison(now *image, before, after *policy.Batch, v policy.Venue) *comparison {
	return &comparison{now: now, before: masksOf(before, v), after: masksOf(after, v)}
}

// all counts every system of the scope.
func (n *comparison) all(scope inventory.InstitutionID, out *WhatIfOut) {
	by := []*grouped{newGrouped("ministry"), newGrouped("kind"), newGrouped("grade")}
	moves := make(map[[2]Share]int)
	for i := range n.now.systems {
		p := &n.now.systems[i]
		inst := &n.now.institutions[p.institution]
		if scope != "" && inst.ID != scope {
			continue
		}
		was, is := n.before.share(p), n.after.share(p)
		out.Systems++
		out.Synthetic = out.Synthetic || p.synthetic
		out.Before.Shares[was]++
		out.After.Shares[is]++
		keys := [3]string{n.now.ministry(p.institution), inst.Kind, gradeKey(p.grade)}
		for k := range by {
			by[k].add(keys[k], was, is)
		}
		if was != is {
			moves[[2]Share{was, is}]++
			n.flipped, n.shares = append(n.flipped, i), append(n.shares, [2]Share{was, is})
		}
	}
	for _, g := range by {
		out.Groups = append(out.Groups, g.sorted())
	}
	out.Flipped = len(n.flipped)
	out.Moves = []Move{}
	for _, from := range Shares() {
		for _, to := range Shares() {
			if k := moves[[2]Share{from, to}]; k > 0 {
				out.Moves = append(out.Moves, Move{from, to, k})
				out.Opened += only(to == ShareOpen, k)
				out.Closed += only(from == ShareOpen, k)
			}
		}
	}
}

func only(when bool, n int) int {
	if when {
		return n
	}
	return 0
}

func gradeKey(grade int64) string {
	if grade == 0 {
		return ""
	}
	return fmt.Sprint(grade)
}

// grouped counts by one key.
type grouped struct {
	by    string
	index map[string]int
	list  []Group
}

func newGrouped(by string) *grouped { return &grouped{by: by, index: make(map[string]int)} }

func (g *grouped) add(key string, was, is Share) {
	i, ok := g.index[key]
	if !ok {
		i = len(g.list)
		g.index[key] = i
		g.list = append(g.list, Group{Key: key})
	}
	w := &g.list[i]
	w.Systems++
	w.Before += only(was == ShareOpen, 1)
	w.After += only(is == ShareOpen, 1)
	w.Opened += only(is == ShareOpen && was != is, 1)
	w.Closed += only(was == ShareOpen && was != is, 1)
	w.Flipped += only(was != is, 1)
}

// sorted puts the most flips first, then the most systems; grades in their order.
func (g *grouped) sorted() Grouping {
	slices.SortFunc(g.list, func(a, b Group) int {
		if g.by == "grade" {
			return cmp.Compare(cmp.Or(a.Key, "unknown"), cmp.Or(b.Key, "unknown")) // behind every number
		}
		return cmp.Or(cmp.Compare(b.Flipped, a.Flipped), cmp.Compare(b.Systems, a.Systems), cmp.Compare(a.Key, b.Key))
	})
	return Grouping{By: g.by, Groups: g.list}
}

// rows names one page of the flipped systems.
func (n *comparison) rows(ctx context.Context, s Estate, page naru.Page, out *WhatIfOut) error {
	out.Rows = []FlipSystem{}
	var ids []inventory.SystemID
	for k, i := range n.flipped {
		p := &n.now.systems[i]
		if string(p.id) <= page.After {
			continue
		}
		if len(ids) == page.Size() {
			out.Next = string(ids[len(ids)-1])
			break
		}
		inst := &n.now.institutions[p.institution]
		ids = append(ids, p.id)
		out.Rows = append(out.Rows, FlipSystem{
			ID: p.id, Institution: inst.ID, InstitutionName: inst.Name, Ministry: n.now.ministry(p.institution), Kind: inst.Kind,
			Grade: p.grade, Before: n.shares[k][0], After: n.shares[k][1],
		})
	}
	names, err := s.SystemNames(ctx, ids)
	if err != nil {
		return fmt.Errorf("names of systems: %w", err)
	}
	for i := range out.Rows {
		r := &out.Rows[i]
		name := names[r.ID]
		r.Code, r.Name, r.Synthetic = name.Code, name.Name, name.Synthetic
	}
	return nil
}
