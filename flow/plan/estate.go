package plan

import (
	"slices"
	"strings"

	"naru"
	"naru/base/policy"
	"naru/flow/decide"
	"naru/flow/inventory"
)

// Subject is a system as planning sees it: its facts and what the standing decisions
// say of its components.
type Subject struct {
	ID              inventory.SystemID
	Institution     inventory.InstitutionID
	InstitutionCode string
	InstitutionName string
	Kind            string
	Ministry        string
	Code            string
	Name            string
	Synthetic       bool
	Facts           policy.Facts
	Parts           []Part // empty = not decided yet
}

// Part is a component with its standing decision.
type Part struct {
	ID    inventory.ComponentID
	Open  decide.Places
	Cloud [3]policy.Outcome // at the venues of Clouds, in their order
}

// Need is one edge: a system that works only with another one.
type Need struct {
	System, Needs inventory.SystemID
}

// Clouds lists the venues that count as a cloud to move to.
func Clouds() []policy.Venue { return []policy.Venue{policy.Government, policy.Private, policy.PPP} }

// cloudPlaces is the set of those venues.
func cloudPlaces() decide.Places { return decide.PlacesOf(Clouds()...) }

// Basis is which decisions a computation rests on.
type Basis struct {
	AsOf naru.Date `json:"as_of"` // date of the decisions
	Law  string    `json:"law"`   // digest of the instruments they rest on
}

// unknown marks a number that nobody entered.
const unknown = int64(-1)

// traits are the facts of a system that planning asks about; "" and unknown are facts
// nobody entered.
type traits struct {
	stage, site, centre string
	life                naru.Date
	grade, users        int64
	rto, rpo            int64
	public              policy.Truth
}

// lens reads traits from facts by the positions of one schema.
type lens struct {
	schema *policy.Schema
	at     map[string]int
}

func newLens(s *policy.Schema) lens {
	l := lens{schema: s, at: map[string]int{}}
	for i, f := range s.Fields() {
		if name, ok := strings.CutPrefix(f.Key, "system."); ok {
			l.at[name] = i
		}
	}
	return l
}

func (l lens) read(f *policy.Facts) traits {
	t := traits{
		stage: l.word(f, "stage"), site: l.word(f, "site"), centre: l.word(f, "centre"), life: naru.Date(l.word(f, "useful_life_end")),
		grade: l.number(f, "grade"), users: l.number(f, "users"), rto: l.number(f, "rto_minutes"), rpo: l.number(f, "rpo_minutes"),
		public: policy.Unknown,
	}
	switch l.number(f, "public_facing") {
	case 0:
		t.public = policy.False
	case 1:
		t.public = policy.True
	}
	if t.grade < 1 {
		t.grade = unknown
	}
	return t
}

func (l lens) number(f *policy.Facts, name string) int64 {
	if i, ok := l.at[name]; ok {
		if v, known := f.Get(i); known {
			return v
		}
	}
	return unknown
}

func (l lens) word(f *policy.Facts, name string) string {
	i, ok := l.at[name]
	if !ok {
		return ""
	}
	s, _ := l.schema.Outside(f, i).(string)
	return s
}

// standing is what the decisions of all its components say of a system's move.
type standing string

const (
	movable   standing = "movable"   // some component has an open cloud venue, and nothing is undecided
	undecided standing = "undecided" // some component waits for facts or for a text
	consult   standing = "consult"   // some component waits for somebody's decision
	closed    standing = "closed"    // no cloud venue stands open to any component
	exempt    standing = "exempt"    // the duty to move reaches no component that could move
	unjudged  standing = "unjudged"  // no decision stands
)

// stand sums the parts up. What is undecided comes first: half a system is not moved
// while it is not known where the other half may go.
func stand(parts []Part) standing {
	if len(parts) == 0 {
		return unjudged
	}
	for _, s := range []standing{undecided, consult, movable, exempt} {
		if slices.ContainsFunc(parts, func(p Part) bool { return p.stand() == s }) {
			return s
		}
	}
	return closed
}

// stand of one component. What an instrument leaves out of its scope (통합기준 제8조제2항,
// 제7조제2항: control of plants, sensors, what the law fixes to a place) has no duty to
// move, even where a private cloud stands open to it.
func (p *Part) stand() standing {
	switch {
	case slices.Contains(p.Cloud[:], policy.OutOfScope):
		return exempt
	case p.Open&cloudPlaces() != 0:
		return movable
	case slices.Contains(p.Cloud[:], policy.CannotDecide):
		return undecided
	case slices.Contains(p.Cloud[:], policy.Consult):
		return consult
	}
	return closed
}

// inCloud reports whether a site is one of the clouds already.
func inCloud(site string) bool { return slices.Contains(Clouds(), policy.Venue(site)) }
