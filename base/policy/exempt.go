package policy

import (
	"slices"

	"naru"
)

// Exemption is an exception that was granted (예외 승인): the person whom an instrument
// names decided that, for one component at one venue and for a time, its bar does not
// hold. It lifts the rules that were before that person, and only while the instrument
// leaves their exception or consultation to it; a bar that arises later, and what other
// instruments say, stands.
type Exemption struct {
	ID         string      `json:"id"`
	Pack       string      `json:"pack"`
	Rules      []string    `json:"rules"` // that were before who decided
	By         string      `json:"by"`    // role that decided, as the rule names it
	Venue      Venue       `json:"venue"`
	From       naru.Date   `json:"from"`
	Until      naru.Date   `json:"until"` // last day; from the next one the old verdict stands again
	Conditions []naru.Text `json:"conditions,omitempty"`
	Note       naru.Text   `json:"note"` // how it was decided
}

// Exemptions are those of one component.
type Exemptions []Exemption

// On keeps the exemptions that hold on a date.
func (e Exemptions) On(date naru.Date) Exemptions {
	var list Exemptions
	for i := range e {
		if date.Within(e[i].From, e[i].Until) {
			list = append(list, e[i])
		}
	}
	return list
}

// IDs names the exemptions in their order: what a stored decision keeps of them.
func (e Exemptions) IDs() []string {
	var ids []string
	for i := range e {
		ids = append(ids, e[i].ID)
	}
	return ids
}

// lifting returns the exemption that lifts the rule at a venue, if one does. A rule that
// requires one venue forbids all others, so an exemption for another venue lifts both
// that bar and the duty.
func (e Exemptions) lifting(r *lawRule, venue int) *Exemption {
	if len(e) == 0 || r.liftedBy() == "" || !r.venues[venue] && r.Outcome != Required {
		return nil
	}
	for i := range e {
		x := &e[i]
		if x.Pack != r.pack.Key || x.By != r.liftedBy() || !slices.Contains(x.Rules, r.ID) {
			continue
		}
		if Venues()[venue] == x.Venue || r.Outcome == Required && r.venues[venue] {
			return x
		}
	}
	return nil
}

// liftedBy is the role that may lift the rule for one component; "" if none may.
func (r *Rule) liftedBy() string {
	if r.Outcome == Consult {
		return r.Decides
	}
	return r.ExceptionBy
}

// rankUnder is the rank of a lifted rule: what was granted under conditions binds as a
// conditional rule does.
func (x *Exemption) rankUnder() rank {
	if len(x.Conditions) > 0 {
		return conditional
	}
	return allowed
}
