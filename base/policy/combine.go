package policy

// ruling is what all rules together say of one component: the truth of every rule and
// the result at every venue. It is a value; making one allocates nothing.
type ruling struct {
	truth  [maxRules]kleene
	venues [numVenues]venueRuling
}

// venueRuling is the result at one venue.
type venueRuling struct {
	definite  rank // the strictest of the rules that surely apply
	potential rank // the strictest of those that may, or that are not verified
	out       bool // an instrument declared itself not applicable
	mayBeOut  bool // an instrument may do so
	outcome   Outcome
	because   Because
}

// dormant reports whether the rule waits for a choice that was not made yet (which
// service?): it is shown, and it decides nothing until then.
func (r *lawRule) dormant(f *Facts, k kleene) bool { return k == maybe && r.upon&^f.Known != 0 }

// rankNow is the rank of a fired rule: a conditional one whose conditions are all met
// already allows.
func (r *lawRule) rankNow(f *Facts) rank {
	if r.rank != conditional {
		return r.rank
	}
	for _, met := range r.met {
		if met == nil || met(f) != yes {
			return conditional
		}
	}
	return allowed
}

// rule decides every venue from facts to which derivations were added.
func (l *Law) rule(f *Facts, out *ruling) { l.ruleUnder(nil, f, out) }

// ruleUnder decides as rule does, with the exceptions that were granted.
func (l *Law) ruleUnder(lifts Exemptions, f *Facts, out *ruling) {
	out.venues = [numVenues]venueRuling{}
	for i := range l.rules {
		r := &l.rules[i]
		k := r.test(f)
		out.truth[i] = k
		if k != no && !r.dormant(f, k) {
			out.count(r, r.rankNow(f), k, lifts)
		}
	}
	for v := range out.venues {
		out.venues[v].settle()
	}
}

// count adds a rule that applies or may apply to the venues it bears on.
func (u *ruling) count(r *lawRule, now rank, k kleene, lifts Exemptions) {
	for v := range u.venues {
		w := &u.venues[v]
		at := r.venues[v]
		rank, sure := now, k == yes && !r.unclear
		lift := lifts.lifting(r, v)
		switch {
		case lift != nil:
			// who may lift the rule has seen its text: it no longer matters whether we did
			rank, sure = lift.rankUnder(), k == yes
		case r.Outcome == Required && !at:
			rank = forbidden
		case !at:
			continue
		case r.out:
			w.out, w.mayBeOut = w.out || sure, w.mayBeOut || !sure
			continue
		}
		switch {
		case sure:
			w.definite = max(w.definite, rank)
		case r.Outcome == Required && at && lift == nil:
			w.potential = max(w.potential, allowed) // it cannot make its own venue stricter
		case rank > silent:
			w.potential = max(w.potential, rank, allowed)
		}
	}
}

// settle turns the two ranks into the outcome: what may be stricter than the sure
// result leaves the venue undecided, and silence never allows.
func (w *venueRuling) settle() {
	switch {
	case w.potential > w.definite:
		w.outcome = CannotDecide
	case w.definite > silent:
		w.outcome = w.definite.outcome()
	case w.out:
		w.outcome = OutOfScope
	case w.mayBeOut:
		w.outcome = CannotDecide
	default:
		w.outcome, w.because = CannotDecide, Silence
	}
}

// Outcomes is the result at every venue in the order of Venues, without reasons: the
// cheap answer for a whole nation.
type Outcomes [numVenues]Outcome

// Outcomes decides a component at every venue without explaining. It allocates its own
// copy of the facts and nothing else.
func (l *Law) Outcomes(f *Facts) Outcomes { return l.OutcomesUnder(nil, f) }

// OutcomesUnder decides as Outcomes does, with the exceptions granted to the component.
func (l *Law) OutcomesUnder(lifts Exemptions, f *Facts) Outcomes {
	var u ruling
	g := *f
	l.derive(&g)
	l.ruleUnder(lifts.On(l.date), &g, &u)
	var o Outcomes
	for v := range u.venues {
		o[v] = u.venues[v].outcome
	}
	return o
}
