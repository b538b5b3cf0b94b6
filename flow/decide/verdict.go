package decide

import (
	"context"
	"fmt"
	"slices"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/inventory"
)

// SystemIn names a system and a date.
type SystemIn struct {
	ID   inventory.SystemID `json:"id" doc:"system id"`
	AsOf naru.Date          `json:"as_of,omitempty" doc:"date YYYY-MM-DD from 2015-09-28 on; empty for today"`
}

// SystemOut is the answer for a system on a date: a full verdict per component.
type SystemOut struct {
	ID              inventory.SystemID      `json:"id"`
	Code            string                  `json:"code"`
	Name            string                  `json:"name"`
	NameEn          string                  `json:"name_en,omitempty"`
	Institution     inventory.InstitutionID `json:"institution"`
	InstitutionName string                  `json:"institution_name"`
	InstitutionKind string                  `json:"institution_kind"`
	Synthetic       bool                    `json:"synthetic"`
	AsOf            naru.Date               `json:"as_of"`
	Law             string                  `json:"law"` // digest of the instruments in force
	Packs           []policy.PackRef        `json:"packs"`
	Together        []policy.Venue          `json:"together"`  // venues open to every component
	Hybrid          bool                    `json:"hybrid"`    // some venue is open to one component and closed to another
	Crossings       []Crossing              `json:"crossings"` // links between components that may end in different places
	Components      []ComponentOut          `json:"components"`
}

// ComponentOut is the answer for one component, beside what was stored of it for the
// same date, if anything.
type ComponentOut struct {
	ID      inventory.ComponentID `json:"id"`
	Name    string                `json:"name"`
	Open    []policy.Venue        `json:"open"`
	Missing []string              `json:"missing"` // fact keys
	Facts   map[string]any        `json:"facts"`   // known facts in their outside form
	Verdict policy.Verdict        `json:"verdict"`
	Stored  *Decision             `json:"stored,omitempty"`
	Replays bool                  `json:"replays"` // the stored decision came out again, digests and outcomes
}

// system decides one system with all reasons.
func (b bulk) system(ctx context.Context, c *op.Call, s Store, in SystemIn) (SystemOut, error) {
	sys, err := s.System(ctx, in.ID)
	if err != nil {
		return SystemOut{}, err
	}
	if err := identity.RequireSight(c.Actor, string(sys.Institution), string(in.ID)); err != nil {
		return SystemOut{}, err
	}
	inst, err := s.Institution(ctx, sys.Institution)
	if err != nil {
		return SystemOut{}, fmt.Errorf("institution of %s: %w", in.ID, err)
	}
	edition, date := editionOf(c, in.AsOf)
	inForce, err := b.book.InForce(ctx, s, date)
	if err != nil {
		return SystemOut{}, err
	}
	lifts, err := s.Lifts(ctx, "", in.ID)
	if err != nil {
		return SystemOut{}, fmt.Errorf("exceptions of %s: %w", in.ID, err)
	}
	stored, err := s.DecisionsOf(ctx, edition, in.ID)
	if err != nil {
		return SystemOut{}, fmt.Errorf("decisions of %s: %w", in.ID, err)
	}
	return explain(inForce, lifts, inst, sys, stored), nil
}

// explain puts the full verdicts beside what was stored.
func explain(law *policy.Law, lifts Lifts, inst inventory.Institution, sys inventory.System, stored []Decision) SystemOut {
	out := SystemOut{
		ID: sys.ID, Code: sys.Code, Name: sys.Name, NameEn: sys.NameEn, Institution: inst.ID, InstitutionName: inst.Name,
		InstitutionKind: inst.Kind, Synthetic: sys.Synthetic, AsOf: law.Date(), Law: law.Digest(), Packs: law.Packs(),
	}
	parts := make([]Outcomes, len(sys.Components))
	for i, v := range Judge(law, inst, sys, lifts) {
		c := &sys.Components[i]
		parts[i] = outcomesOf(&v)
		open, _ := parts[i].sides()
		facts := inventory.FactsOf(law.Schema(), inst.Kind, &sys, c)
		row := ComponentOut{ID: c.ID, Name: c.Name, Open: open.Venues(), Missing: v.Missing(), Facts: law.Schema().Map(&facts), Verdict: v}
		for n := range stored {
			if stored[n].Component == c.ID {
				row.Stored = &stored[n]
				row.Replays = stored[n].rests(out.Law, &v) && stored[n].Outcomes == parts[i]
			}
		}
		out.Components = append(out.Components, row)
	}
	together, hybrid := spread(parts)
	out.Together, out.Hybrid, out.Crossings = together.Venues(), hybrid, crossings(&sys, parts)
	return out
}

// rests reports whether the decision was made from the same law and facts. Its day may be
// an earlier one: a standing decision is renewed when something changes, not every day.
func (d *Decision) rests(law string, v *policy.Verdict) bool {
	return d.Law == law && d.Facts == v.FactsDigest
}

// Crossing is a link (연계) between two components of a system that need not end in the
// same place: where they part, the link crosses between venues and must be secured.
type Crossing struct {
	From     string         `json:"from"` // component names
	To       string         `json:"to"`
	Together []policy.Venue `json:"together"` // venues open to both
	FromOnly []policy.Venue `json:"from_only"`
	ToOnly   []policy.Venue `json:"to_only"`
	Must     bool           `json:"must"` // no venue is open to both: the link crosses for sure
}

// crossings lists the links of a system whose ends have different places open to them.
func crossings(sys *inventory.System, parts []Outcomes) []Crossing {
	list := []Crossing{}
	seen := make(map[[2]int]bool)
	for i := range sys.Components {
		for _, name := range sys.Components[i].Links {
			k := slices.IndexFunc(sys.Components, func(c inventory.Component) bool { return c.Name == name })
			if k < 0 || seen[[2]int{i, k}] || seen[[2]int{k, i}] {
				continue
			}
			seen[[2]int{i, k}] = true
			if x, parts := cross(&parts[i], &parts[k]); parts {
				x.From, x.To = sys.Components[i].Name, name
				list = append(list, x)
			}
		}
	}
	return list
}

// cross compares where two linked components may run, and whether they may part at all.
func cross(a, b *Outcomes) (Crossing, bool) {
	from, _ := a.sides()
	to, _ := b.sides()
	x := Crossing{Together: (from & to).Venues(), FromOnly: (from &^ to).Venues(), ToOnly: (to &^ from).Venues()}
	x.Must = from&to == 0 && from != 0 && to != 0
	return x, from != to && from != 0 && to != 0
}
