package decide

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"naru"
	"naru/base/policy"
	"naru/flow/inventory"
)

// Edition names a stored set of decisions: "" is the standing one, which follows the
// facts; a date is the set that somebody asked for as of that date.
type Edition string

// Standing is the edition that is kept up to date.
const Standing Edition = ""

// Decision is what is kept of a verdict (판정): the outcome at every venue and the
// digests of what it rests on. Reasons are not kept, because they are computed again
// from the same law and facts.
type Decision struct {
	Component   inventory.ComponentID   `json:"component"`
	System      inventory.SystemID      `json:"system"`
	Institution inventory.InstitutionID `json:"institution"`
	Kind        string                  `json:"kind"` // of the institution when it was decided
	AsOf        naru.Date               `json:"as_of"`
	Outcomes    Outcomes                `json:"outcomes"`
	Open        []policy.Venue          `json:"open"`   // where the component may run as the facts stand
	Hybrid      bool                    `json:"hybrid"` // of its system: its components may not all go to the same places
	Law         string                  `json:"law"`    // digest of the instruments in force
	Facts       string                  `json:"facts"`  // digest of the facts
	Exempt      []string                `json:"exempt"` // exceptions it rests on, by id
	Version     int64                   `json:"version"`
	DecidedAt   time.Time               `json:"decided_at"`
}

// Outcomes is the outcome at every venue.
type Outcomes struct {
	Government policy.Outcome `json:"government"`
	Private    policy.Outcome `json:"private"`
	PPP        policy.Outcome `json:"ppp"`
	Own        policy.Outcome `json:"own"`
	OnSite     policy.Outcome `json:"onsite"`
}

// OutcomesFrom names the outcomes that stand in the order of policy.Venues.
func OutcomesFrom(o policy.Outcomes) Outcomes {
	return Outcomes{Government: o[0], Private: o[1], PPP: o[2], Own: o[3], OnSite: o[4]}
}

// list returns the outcomes in the order of policy.Venues.
func (o *Outcomes) list() policy.Outcomes {
	return policy.Outcomes{o.Government, o.Private, o.PPP, o.Own, o.OnSite}
}

// At returns the outcome at a venue.
func (o *Outcomes) At(v policy.Venue) policy.Outcome {
	for i, venue := range policy.Venues() {
		if venue == v {
			return o.list()[i]
		}
	}
	return policy.CannotDecide
}

// Places is a set of venues, a bit per venue in the order of policy.Venues.
type Places uint8

// PlacesOf is the set of the venues; an unknown one adds nothing.
func PlacesOf(venues ...policy.Venue) (p Places) {
	for i, venue := range policy.Venues() {
		if slices.Contains(venues, venue) {
			p |= 1 << i
		}
	}
	return p
}

// Venues lists the set in the order of policy.Venues.
func (p Places) Venues() []policy.Venue {
	list := make([]policy.Venue, 0, len(policy.Venues()))
	for i, v := range policy.Venues() {
		if p&(1<<i) != 0 {
			list = append(list, v)
		}
	}
	return list
}

// sides splits the venues into those that stand open and those that are surely closed
// to a component; the rest waits for facts, a text or somebody's decision.
func (o *Outcomes) sides() (open, closed Places) {
	for i, outcome := range o.list() {
		switch outcome {
		case policy.Allowed, policy.Conditional, policy.Required:
			open |= 1 << i
		case policy.NotAllowed, policy.OutOfScope:
			closed |= 1 << i
		}
	}
	return open, closed
}

// spread compares the places of a system's components: the venues open to all of
// them, and whether the system is hybrid, that is some venue stands open to one
// component and is surely closed to another.
func spread(parts []Outcomes) (together Places, hybrid bool) {
	if len(parts) == 0 {
		return 0, false
	}
	var some, shut Places
	together = 1<<len(policy.Venues()) - 1
	for i := range parts {
		open, closed := parts[i].sides()
		together &= open
		some |= open
		shut |= closed
	}
	return together, some&shut != 0
}

// tally sums up a run: how many were decided and a digest over every result, so that
// the record binds the whole set in one entry.
type tally struct {
	Systems, Components, Hybrid int
	hash                        [sha256.Size]byte
}

// add counts the decisions of one system and extends the digest as a chain.
func (t *tally) add(list []Decision) {
	t.Systems++
	t.Components += len(list)
	line := make([]byte, 0, 256)
	for i := range list {
		d := &list[i]
		line = append(append(append(append(line[:0], t.hash[:]...), d.Component...), ' '), d.Facts...)
		for _, o := range d.Outcomes.list() {
			line = append(append(line, ' '), o...)
		}
		t.hash = sha256.Sum256(line)
	}
	if len(list) > 0 && list[0].Hybrid {
		t.Hybrid++
	}
}

func (t *tally) digest() string { return hex.EncodeToString(t.hash[:]) }

// List returns the outcomes in the order of policy.Venues.
func (o Outcomes) List() []policy.Outcome { l := o.list(); return l[:] }
