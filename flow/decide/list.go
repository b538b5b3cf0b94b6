package decide

import (
	"context"
	"slices"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/inventory"
)

// Filter narrows a list of decisions. A venue with an outcome asks for that outcome
// there; an outcome alone asks for it anywhere; a venue alone for what is open there.
type Filter struct {
	Edition     Edition                 `json:"edition,omitempty" doc:"empty for the standing decisions, or the date of a run"`
	Institution inventory.InstitutionID `json:"institution,omitempty"`
	Venue       policy.Venue            `json:"venue,omitempty" doc:"government, private, ppp, own or onsite"`
	Outcome     policy.Outcome          `json:"outcome,omitempty" doc:"allowed, conditional, consult, not_allowed, required, out_of_scope or cannot_decide"`
	Hybrid      bool                    `json:"hybrid,omitempty" doc:"only hybrid systems"`
}

// Open is the mask of venues a decision must have one of, 0 for any.
func (f Filter) Open() Places {
	if f.Outcome != "" {
		return 0
	}
	return PlacesOf(f.Venue)
}

// Row is one line of a list of decisions.
type Row struct {
	Decision
	InstitutionName string `json:"institution_name"`
	SystemCode      string `json:"system_code"`
	SystemName      string `json:"system_name"`
	ComponentName   string `json:"component_name"`
	Synthetic       bool   `json:"synthetic"`
}

// ListIn narrows the list of decisions.
type ListIn struct {
	Filter
	naru.Page
}

func list(ctx context.Context, c *op.Call, s Store, in ListIn) (naru.List[Row], error) {
	scope, err := inventory.Within(c.Actor, in.Institution)
	if err != nil {
		return naru.List[Row]{}, err
	}
	in.Institution = scope
	if in.Venue != "" && PlacesOf(in.Venue) == 0 {
		return naru.List[Row]{}, naru.NewError(naru.Invalid, "decide.unknown_venue", "venue", string(in.Venue))
	}
	if in.Outcome != "" && !slices.Contains(Words(), in.Outcome) {
		return naru.List[Row]{}, naru.NewError(naru.Invalid, "decide.unknown_outcome", "outcome", string(in.Outcome))
	}
	return s.Decisions(ctx, in.Filter, in.Page)
}

// Words lists the outcomes a decision can have, from mildest to strictest, then those
// that decide nothing.
func Words() []policy.Outcome {
	return []policy.Outcome{
		policy.Allowed, policy.Conditional, policy.Required, policy.Consult, policy.NotAllowed,
		policy.OutOfScope, policy.CannotDecide,
	}
}

// SummaryIn says which set to count.
type SummaryIn struct {
	Edition     Edition                 `json:"edition,omitempty" doc:"empty for the standing decisions, or the date of a run"`
	Institution inventory.InstitutionID `json:"institution,omitempty" doc:"one institution; empty for all the caller sees"`
}

// Tally is a group of components that were decided alike.
type Tally struct {
	Kind       string
	AsOf       naru.Date
	Law        string
	Outcomes   Outcomes
	Components int64
	Hybrid     int64 // components of hybrid systems
}

// SummaryOut counts stored decisions.
type SummaryOut struct {
	Edition    Edition       `json:"edition"`
	AsOf       []naru.Date   `json:"as_of"` // dates the decisions are of, ascending
	Laws       []string      `json:"laws"`  // digests of the law they rest on
	Components int64         `json:"components"`
	Hybrid     int64         `json:"hybrid"` // components that belong to hybrid systems
	Venues     []VenueCount  `json:"venues"`
	Kinds      []KindSummary `json:"kinds"`
}

// VenueCount counts the outcomes at one venue.
type VenueCount struct {
	Venue    policy.Venue             `json:"venue"`
	Open     int64                    `json:"open"`
	Outcomes map[policy.Outcome]int64 `json:"outcomes"`
}

// KindSummary counts the decisions of one kind of institution.
type KindSummary struct {
	Kind       string       `json:"kind"`
	Components int64        `json:"components"`
	Hybrid     int64        `json:"hybrid"`
	Venues     []VenueCount `json:"venues"`
}

func summary(ctx context.Context, c *op.Call, s Store, in SummaryIn) (SummaryOut, error) {
	scope, err := inventory.Within(c.Actor, in.Institution)
	if err != nil {
		return SummaryOut{}, err
	}
	groups, err := s.Tally(ctx, in.Edition, scope)
	if err != nil {
		return SummaryOut{}, err
	}
	return count(in.Edition, groups), nil
}

// count adds the groups up, as a whole and per kind of institution.
func count(e Edition, groups []Tally) SummaryOut {
	out := SummaryOut{Edition: e, Venues: noVenues(), Kinds: []KindSummary{}, AsOf: []naru.Date{}, Laws: []string{}}
	byKind := make(map[string]*KindSummary)
	for i := range groups {
		g := &groups[i]
		k := byKind[g.Kind]
		if k == nil {
			k = &KindSummary{Kind: g.Kind, Venues: noVenues()}
			byKind[g.Kind] = k
		}
		out.Components += g.Components
		out.Hybrid += g.Hybrid
		k.Components += g.Components
		k.Hybrid += g.Hybrid
		g.into(out.Venues)
		g.into(k.Venues)
		out.AsOf = append(out.AsOf, g.AsOf)
		out.Laws = append(out.Laws, g.Law)
	}
	slices.Sort(out.AsOf)
	slices.Sort(out.Laws)
	out.AsOf, out.Laws = slices.Compact(out.AsOf), slices.Compact(out.Laws)
	for _, code := range append(inventory.InstitutionKinds(), policy.Code{}) {
		if k := byKind[code.Key]; k != nil {
			out.Kinds = append(out.Kinds, *k)
		}
	}
	return out
}

func noVenues() []VenueCount {
	list := make([]VenueCount, 0, len(policy.Venues()))
	for _, v := range policy.Venues() {
		list = append(list, VenueCount{Venue: v, Outcomes: make(map[policy.Outcome]int64)})
	}
	return list
}

func (g *Tally) into(venues []VenueCount) {
	open, _ := g.Outcomes.sides()
	outcomes := g.Outcomes.list()
	for i := range venues {
		venues[i].Outcomes[outcomes[i]] += g.Components
		if open&PlacesOf(venues[i].Venue) != 0 {
			venues[i].Open += g.Components
		}
	}
}
