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

// Judge answers for every component of a system, with full reasons, in the order of
// its components. It is pure: match, provision and the doors ask it before they act.
func Judge(law *policy.Law, inst inventory.Institution, sys inventory.System) []policy.Verdict {
	verdicts := make([]policy.Verdict, len(sys.Components))
	for i := range sys.Components {
		f := inventory.FactsOf(law.Schema(), inst.Kind, &sys, &sys.Components[i])
		verdicts[i] = law.Decide(&f)
	}
	return verdicts
}

// outcomesOf shortens a verdict to its outcomes.
func outcomesOf(v *policy.Verdict) Outcomes {
	var o policy.Outcomes
	for i, venue := range policy.Venues() {
		o[i] = v.At(venue).Outcome
	}
	return outcomesFrom(o)
}

// settle decides a system without explaining: what a whole nation is decided with.
func settle(law *policy.Law, lawDigest string, s *Subject) []Decision {
	sys := &s.System
	list := make([]Decision, len(sys.Components))
	parts := make([]Outcomes, len(sys.Components))
	for i := range sys.Components {
		c := &sys.Components[i]
		f := inventory.FactsOf(law.Schema(), s.Kind, sys, c)
		parts[i] = outcomesFrom(law.Outcomes(&f))
		open, _ := parts[i].sides()
		list[i] = Decision{
			Component: c.ID, System: sys.ID, Institution: sys.Institution, Kind: s.Kind, AsOf: law.Date(),
			Outcomes: parts[i], Open: open.Venues(), Law: lawDigest, Facts: law.Schema().Digest(&f), Version: sys.Version,
		}
	}
	_, hybrid := spread(parts)
	for i := range list {
		list[i].Hybrid = hybrid
	}
	return list
}
