package plan

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/decide"
	"naru/flow/inventory"
)

// The first actions.
const (
	Alternate  = "alternate"   // a venue that the verdict opens, other than the lost one
	DRService  = "dr_service"  // the provider's own recovery service (고시 2025-79 제15조)
	Recertify  = "recertify"   // the service runs on, its certificate must be looked at
	WhoDecides = "who_decides" // no venue stands open until somebody decides
	FillFacts  = "facts"       // no verdict, because facts are missing
	NoVenue    = "no_venue"    // nothing else stands open: rebuild where it may stand
	WaitFor    = "wait_for"    // comes back with what it needs
)

// Hit is one system that is hit, in the order of what to do first.
type Hit struct {
	Rank            int                     `json:"rank"`
	System          inventory.SystemID      `json:"system"`
	Institution     inventory.InstitutionID `json:"institution"`
	InstitutionName string                  `json:"institution_name"`
	Kind            string                  `json:"kind"`
	Code            string                  `json:"code"`
	Name            string                  `json:"name"`
	Grade           int64                   `json:"grade"` // 0 = unknown
	Public          policy.Truth            `json:"public_facing"`
	Users           int64                   `json:"users"`          // 0 = unknown
	Needed          int                     `json:"needed"`         // systems in the caller's sight that need it
	Waiting         int                     `json:"waiting"`        // of them and of those that need them, hit through this one
	Pressing        int64                   `json:"pressing_grade"` // the most pressing grade among it and them; 0 = unknown
	Distance        int                     `json:"distance"`       // 0 = directly
	Path            []string                `json:"path,omitempty"`
	Action          string                  `json:"action"`
	Do              naru.Message            `json:"do"`
	Venues          []policy.Venue          `json:"venues,omitempty"`         // of an alternate
	Missing         []string                `json:"missing,omitempty"`        // of facts
	Decides         naru.Text               `json:"decides,omitzero"`         // of who_decides
	RTO             int64                   `json:"rto_minutes,omitempty"`    // stated; 0 = unknown
	Target          int64                   `json:"target_minutes,omitempty"` // announced, by grade; 0 = none
	Synthetic       bool                    `json:"synthetic"`
}

// Foreign stands in a path for a system of an institution the caller does not see.
const Foreign = "*"

// hits lists what is hit in the caller's sight: what is hit directly before what waits
// for it, then grade 1 first (or what a system of grade 1 waits for), then public-facing,
// then users, then how many wait for it and need it.
func (x *spread) hits(targets []Target) []Hit {
	var list []int32
	for i := range x.waves {
		if w := &x.waves[i]; w.level >= 0 && x.sees(w.Institution) {
			list = append(list, int32(i))
		}
	}
	slices.SortFunc(list, func(a, b int32) int {
		v, w := &x.waves[a], &x.waves[b]
		return cmp.Or(
			cmp.Compare(min(v.level, 1), min(w.level, 1)), cmp.Compare(v.pressing, w.pressing), cmp.Compare(publicRank(v.public), publicRank(w.public)),
			cmp.Compare(w.users, v.users), cmp.Compare(w.waiting, v.waiting), cmp.Compare(w.needed, v.needed), cmp.Compare(v.level, w.level), x.compareCodes(a, b),
		)
	})
	certified := x.certified()
	hits := make([]Hit, len(list))
	for n, i := range list {
		w := &x.waves[i]
		h := Hit{
			Rank: n + 1, System: w.ID, Institution: w.Institution, InstitutionName: w.InstitutionName, Kind: w.Kind, Code: w.Code, Name: w.Name,
			Grade: max(w.grade, 0), Public: w.public, Users: max(w.users, 0), Needed: w.needed, Waiting: w.waiting, Pressing: w.pressing % 5, Distance: w.level, Path: x.path(i),
			RTO: max(w.rto, 0), Synthetic: w.Synthetic,
		}
		_, target := judge(targets, w.traits)
		h.Target = target.RTO
		x.act(&h, w, certified)
		hits[n] = h
	}
	return hits
}

// path names the systems between the loss and a system, the lost one first.
func (x *spread) path(i int32) []string {
	var names []string
	for at := x.waves[i].via; at >= 0; at = x.waves[at].via {
		name := Foreign
		if x.sees(x.waves[at].Institution) {
			name = x.waves[at].Name
		}
		names = append(names, name)
	}
	slices.Reverse(names)
	return names
}

// certified are the systems whose every struck service keeps another valid certificate.
func (x *spread) certified() map[inventory.SystemID]bool {
	all := map[inventory.SystemID]bool{}
	for _, d := range x.deals {
		kept, seen := all[d.System]
		all[d.System] = d.Certified && (kept || !seen)
	}
	return all
}

// act proposes the first action for one system.
func (x *spread) act(h *Hit, w *wave, certified map[inventory.SystemID]bool) {
	switch {
	case w.level > 0:
		h.do(WaitFor, naru.Msg("plan.do.wait_for", "system", h.Path[len(h.Path)-1], "steps", strconv.Itoa(w.level)))
	case x.loss.Kind == LostCertificate:
		key := "plan.do.recertify"
		if certified[w.ID] {
			key = "plan.do.certified"
		}
		h.do(Recertify, naru.Msg(key))
	case x.loss.Kind == LostProvider || x.loss.Kind == LostService:
		h.Venues = openTo(w.Parts, "")
		h.do(DRService, naru.Msg("plan.do.dr_service"))
	default:
		x.relocate(h, w)
	}
}

// relocate proposes where a system that lost its place may run.
func (x *spread) relocate(h *Hit, w *wave) {
	lost := x.loss.venue()
	if h.Venues = openTo(w.Parts, lost); len(h.Venues) > 0 {
		key := "plan.do.alternate"
		if x.loss.Kind == LostCentre && slices.Contains(h.Venues, policy.Government) {
			key = "plan.do.other_centre"
		}
		h.do(Alternate, naru.Msg(key))
		return
	}
	switch stand(w.Parts) {
	case consult:
		h.do(WhoDecides, naru.Msg("plan.do.who_decides"))
	case undecided, unjudged:
		h.do(FillFacts, naru.Msg("plan.do.facts"))
	default:
		h.do(NoVenue, naru.Msg("plan.do.no_venue"))
	}
}

func (h *Hit) do(action string, m naru.Message) { h.Action, h.Do = action, m }

// openTo lists the cloud venues, but for the lost one, where every component that may
// move can run; when they have none in common, every venue open to one of them. Nothing
// is open while a component is undecided.
func openTo(parts []Part, lost policy.Venue) []policy.Venue {
	if stand(parts) != movable {
		return nil
	}
	common, some := cloudPlaces(), decide.Places(0)
	for i := range parts {
		open, _ := parts[i].venues()
		if open != 0 {
			common &= open
			some |= open
		}
	}
	if common != 0 {
		some = common
	}
	some &^= decide.PlacesOf(lost)
	var list []policy.Venue
	for _, v := range preference() {
		if some&decide.PlacesOf(v) != 0 {
			list = append(list, v)
		}
	}
	return list
}

// actionSlices counts the first actions, in the order of their urgency.
func actionSlices(hits []Hit) []Slice {
	t := tallies{}
	for i := range hits {
		t.add(hits[i].Action, hits[i].Distance)
	}
	return t.list(false)
}

// advise adds to the rows shown what only the full verdict tells.
func (d desk) advise(ctx context.Context, c *op.Call, s Store, rows []Hit) error {
	var ids []inventory.SystemID
	for i := range rows {
		if rows[i].Action == WhoDecides || rows[i].Action == FillFacts {
			ids = append(ids, rows[i].System)
		}
	}
	found, err := d.ask(ctx, c, s, "", ids)
	if err != nil {
		return err
	}
	for i := range rows {
		if a, ok := found[rows[i].System]; ok {
			rows[i].Missing, rows[i].Decides = a.missing, a.decides
		}
	}
	return nil
}

// Actions lists the first actions, the readiest first.
func Actions() []string {
	return []string{Alternate, DRService, Recertify, WhoDecides, FillFacts, NoVenue, WaitFor}
}
