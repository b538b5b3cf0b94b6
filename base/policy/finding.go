package policy

// Finding is a decision of one component with everything it rests on, before it is put
// into words: the outcome at every venue and which rules decided it, the truth of every
// rule and of every elementary condition, and what was concluded. It is a value of about
// 2 KB that may be used again; making one allocates nothing.
type Finding struct {
	law    *Law
	facts  Facts            // with what was derived
	by     [MaxFields]uint8 // which derivation concluded a fact, plus one
	holds  atomSet
	fails  atomSet
	sure   ruleSet // surely apply
	may    ruleSet // apply, or may
	asleep ruleSet // wait for a choice
	met    ruleSet // conditional, and all conditions are surely met

	certain ruleSet // surely apply, and are verified
	doubt   ruleSet // may apply, or are not verified, and wait for no choice
	venues  [numVenues]venueFinding
}

// venueFinding is the result at one venue.
type venueFinding struct {
	venueRuling
	wins ruleSet // what the outcome rests on
}

// Find decides a component at every venue into x, with all reasons.
func (l *Law) Find(f *Facts, x *Finding) {
	s := l.sheet()
	x.law, x.facts.Known = l, f.Known
	n := min(len(l.schema.fields), MaxFields)
	copy(x.facts.Value[:n], f.Value[:n])
	s.look(f, &x.holds, &x.fails)
	x.derive(s)
	x.rules(s)
	for v := range x.venues {
		if twin := s.venues[v].twin; twin > 0 {
			x.venues[v] = x.venues[twin-1]
			continue
		}
		x.venue(s, v)
	}
}

// derive is Law.derive on the sheet.
func (x *Finding) derive(s *sheet) {
	x.by = [MaxFields]uint8{}
	closed := x.facts.Known // given, concluded or left open by a stricter rule
	for i := range s.derivations {
		d := &x.law.derived[i]
		bit := uint64(1) << uint(d.field)
		if closed&bit != 0 {
			continue
		}
		k := s.derivations[i].ask(&x.facts, &x.holds, &x.fails)
		if k == no {
			continue
		}
		closed |= bit
		if k == yes {
			x.facts.Put(d.field, d.code)
			x.by[d.field] = uint8(i + 1)
			s.learn(d.field, d.code, &x.holds, &x.fails)
		}
	}
}

// rules finds the truth of every rule.
func (x *Finding) rules(s *sheet) {
	for word := range s.words {
		var sure, may uint64
		for i := range s.plain[word] {
			p := &s.plain[word][i]
			h, w := x.holds[p.word&(sheetWords-1)], x.fails[p.word&(sheetWords-1)]
			sure |= p.rules & unless(p.pos&^h|p.neg&^w)
			may |= p.rules & unless(p.pos&w|p.neg&h)
		}
		x.sure[word], x.may[word], x.asleep[word], x.met[word] = sure, may, 0, 0
	}
	for i := range s.conditions {
		c := &s.conditions[i]
		k := c.ask(&x.facts, &x.holds, &x.fails)
		sure, may := -uint64(k>>1), -uint64(min(k, 1))
		for w := range s.words {
			x.sure[w] |= c.rules[w] & sure
			x.may[w] |= c.rules[w] & may
		}
	}
	for _, i := range s.choosing {
		if x.may.has(i) && !x.sure.has(i) && x.law.rules[i].upon&^x.facts.Known != 0 {
			x.asleep.add(i)
		}
	}
	for word := range s.words {
		x.certain[word] = x.sure[word] &^ s.unclear[word]
		x.doubt[word] = x.may[word] &^ x.certain[word] &^ x.asleep[word]
		for i := range s.metPlain[word] {
			p := &s.metPlain[word][i]
			h, w := x.holds[p.word&(sheetWords-1)], x.fails[p.word&(sheetWords-1)]
			x.met[word] |= p.rules & unless(p.pos&^h|p.neg&^w)
		}
	}
	for i := range s.met {
		c := &s.met[i]
		if c.ask(&x.facts, &x.holds, &x.fails) == yes {
			for word := range s.words {
				x.met[word] |= c.rules[word]
			}
		}
	}
}

// unless is all ones when there is none, without a branch that could be guessed wrongly.
func unless(any uint64) uint64 { return (any|-any)>>63 - 1 }

// venue is count and settle of combine.go on the sheet: the strictest rank among the
// rules that surely apply, that among those that may, and what follows.
func (x *Finding) venue(s *sheet, v int) {
	at, w, wins := &s.venues[v], venueRuling{}, &x.venues[v].wins
	for word := range s.words {
		wins[word] = 0
	}
	i := 0
	for ; i < len(at.levels); i++ {
		l := &at.levels[i]
		word := l.word & (len(wins) - 1)
		if w.potential == silent && l.counts(l.potential, x.met[word])&x.doubt[word] != 0 {
			w.potential = l.rank
		}
		if l.counts(l.definite, x.met[word])&x.certain[word] != 0 {
			w.definite = l.rank
			break
		}
	}
	switch {
	case w.potential > w.definite:
		x.waiting(s, v, &w)
	case w.definite > silent:
		for ; i < len(at.levels) && at.levels[i].rank == w.definite; i++ {
			l := &at.levels[i]
			wins[l.word] |= l.counts(l.definite, x.met[l.word]) & x.certain[l.word]
		}
	default:
		x.outside(s, v, &w)
	}
	w.settle()
	if w.because == "" && w.outcome == CannotDecide {
		w.because = x.because(s, v)
	}
	x.venues[v].venueRuling = w
}

// waiting marks what keeps a venue undecided: rules that may be stricter than the sure
// result.
func (x *Finding) waiting(s *sheet, v int, w *venueRuling) {
	at, wins := &s.venues[v], &x.venues[v].wins
	for i := range at.levels {
		l := &at.levels[i]
		if l.rank <= w.definite {
			break
		}
		wins[l.word] |= l.counts(l.definite, x.met[l.word]) & x.doubt[l.word]
	}
	if w.definite > silent {
		return
	}
	x.outside(s, v, w)
}

// outside finds whether the instruments reach the component at all, where no rule is
// sure, and marks those that say they do not.
func (x *Finding) outside(s *sheet, v int, w *venueRuling) {
	at, wins := &s.venues[v], &x.venues[v].wins
	for i := range at.out {
		l := &at.out[i]
		w.out = w.out || l.definite&x.certain[l.word] != 0
		w.mayBeOut = w.mayBeOut || l.definite&x.doubt[l.word] != 0
	}
	for i := range at.out {
		l := &at.out[i]
		switch {
		case !w.out:
			wins[l.word] |= l.definite & x.doubt[l.word]
		case w.potential == silent:
			wins[l.word] |= l.definite & x.may[l.word]
		}
	}
}

// because tells whether a venue is undecided for want of facts or of verified texts.
func (x *Finding) because(s *sheet, v int) Because {
	for word := range s.words {
		if x.venues[v].wins[word]&^x.sure[word] != 0 {
			return MissingFacts
		}
	}
	return Unverified
}

// Outcomes returns the result at every venue in the order of Venues.
func (x *Finding) Outcomes() Outcomes {
	var o Outcomes
	for v := range x.venues {
		o[v] = x.venues[v].outcome
	}
	return o
}

// truth is that of a rule.
func (x *Finding) truth(i int) kleene {
	switch {
	case x.sure.has(i):
		return yes
	case x.may.has(i):
		return maybe
	}
	return no
}

// rule gives the finding as a ruling, which verdicts are worded from.
func (x *Finding) rule(out *ruling) {
	for i := range x.law.rules {
		out.truth[i] = x.truth(i)
	}
	for v := range x.venues {
		out.venues[v] = x.venues[v].venueRuling
	}
}

// Facts returns the facts with what was concluded from them.
func (x *Finding) Facts() Facts { return x.facts }
