package plan

import (
	"slices"

	"naru"
	"naru/base/policy"
	"naru/flow/decide"
)

// preference is the order in which open venues are proposed: certified private services
// first, because state bodies are to give them priority (클라우드컴퓨팅법 제20조제2항, in
// force since 2023-01-12; policy.md 10 A4), then the PPP zone, then a government centre.
// It is a proposal: every open venue is lawful.
func preference() []policy.Venue {
	return []policy.Venue{policy.Private, policy.PPP, policy.Government}
}

// target is where a system is proposed to go.
type target struct {
	venues []policy.Venue // distinct, in the order of preference
	parts  []policy.Venue // of each component; "" = stays where it is
	stays  int
	why    naru.Message
}

// propose chooses one venue that is open to every component that may move, or the best
// one for each when there is none: then the system is hybrid.
func propose(parts []Part) target {
	t := target{parts: make([]policy.Venue, len(parts))}
	common, required := cloudPlaces(), false
	for i := range parts {
		open, must := parts[i].venues()
		if open != 0 {
			common &= open
		}
		required = required || must
	}
	for i := range parts {
		open, _ := parts[i].venues()
		if open != 0 && common != 0 {
			open = common
		}
		v := first(open)
		t.parts[i] = v
		if v == "" {
			t.stays++
		} else if !slices.Contains(t.venues, v) {
			t.venues = append(t.venues, v)
		}
	}
	slices.SortFunc(t.venues, func(a, b policy.Venue) int { return slices.Index(preference(), a) - slices.Index(preference(), b) })
	why := "first"
	switch {
	case len(t.venues) > 1:
		why = "split"
	case required:
		why = "required"
	case len(common.Venues()) == 1 && unsure(parts):
		why = "only_now"
	case len(common.Venues()) == 1:
		why = "only"
	case common&decide.PlacesOf(policy.Private) != 0:
		why = "priority"
	}
	t.why = naru.Msg("plan.target." + why)
	return t
}

// unsure reports whether a cloud venue of a component that may move is undecided: with
// more facts it might open too.
func unsure(parts []Part) bool {
	return slices.ContainsFunc(parts, func(p Part) bool {
		return p.stand() == movable && slices.Contains(p.Cloud[:], policy.CannotDecide)
	})
}

// venues returns the cloud venues open to a component; one that an instrument requires
// leaves no other.
func (p *Part) venues() (open decide.Places, required bool) {
	if p.stand() != movable {
		return 0, false
	}
	open = p.Open & cloudPlaces()
	for i, v := range Clouds() {
		if p.Cloud[i] == policy.Required && open&decide.PlacesOf(v) != 0 {
			return decide.PlacesOf(v), true
		}
	}
	return open, false
}

func first(open decide.Places) policy.Venue {
	for _, v := range preference() {
		if open&decide.PlacesOf(v) != 0 {
			return v
		}
	}
	return ""
}
