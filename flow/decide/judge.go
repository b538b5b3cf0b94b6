package decide

import (
	"naru/base/policy"
	"naru/flow/inventory"
)

// Subject is a system with what a decision needs of its institution.
type Subject struct {
	Kind   string // institution.kind, "" = unknown
	System inventory.System
}

// Lifts are the exceptions that were granted, by component.
type Lifts map[inventory.ComponentID]policy.Exemptions

// Judge answers for every component of a system, with full reasons, in the order of
// its components. It is pure: match, provision and the doors ask it before they act.
func Judge(law *policy.Law, inst inventory.Institution, sys inventory.System, lifts Lifts) []policy.Verdict {
	verdicts := make([]policy.Verdict, len(sys.Components))
	for i := range sys.Components {
		f := inventory.FactsOf(law.Schema(), inst.Kind, &sys, &sys.Components[i])
		verdicts[i] = law.DecideUnder(lifts[sys.Components[i].ID], &f)
	}
	return verdicts
}

// outcomesOf shortens a verdict to its outcomes.
func outcomesOf(v *policy.Verdict) Outcomes {
	var o policy.Outcomes
	for i, venue := range policy.Venues() {
		o[i] = v.At(venue).Outcome
	}
	return OutcomesFrom(o)
}

// outcomes decides one component; only where an exception was granted rule by rule.
func (w *work) outcomes(lifts policy.Exemptions, f *policy.Facts) Outcomes {
	if len(lifts) > 0 {
		return OutcomesFrom(w.law.OutcomesUnder(lifts, f))
	}
	w.law.Find(f, &w.found)
	return OutcomesFrom(w.found.Outcomes())
}

// settled is a decision with the facts it was made from.
type settled struct {
	Decision
	facts policy.Facts
}

// settle decides a system without explaining: what a whole nation is decided with.
func (w *work) settle(s *Subject) []settled {
	sys := &s.System
	list := make([]settled, len(sys.Components))
	parts := make([]Outcomes, len(sys.Components))
	for i := range sys.Components {
		c := &sys.Components[i]
		d := &list[i]
		d.facts = inventory.FactsOf(w.law.Schema(), s.Kind, sys, c)
		lifts := w.lifts[c.ID].On(w.law.Date())
		parts[i] = w.outcomes(lifts, &d.facts)
		open, _ := parts[i].sides()
		d.Decision = Decision{
			Component: c.ID, System: sys.ID, Institution: sys.Institution, Kind: s.Kind, AsOf: w.law.Date(),
			Outcomes: parts[i], Open: open.Venues(), Law: w.digest, Facts: w.law.Schema().Digest(&d.facts), Exempt: lifts.IDs(),
			Version: sys.Version,
		}
	}
	_, hybrid := spread(parts)
	for i := range list {
		list[i].Hybrid = hybrid
	}
	return list
}
