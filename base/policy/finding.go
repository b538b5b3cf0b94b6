package policy

import "math/bits"

// Finding is a decision of one component with everything it rests on, before it is put
// into words: the outcome at every venue and which rules decided it, the truth of every
// rule and of every elementary condition, and what was concluded. It is a value of about
// 3 KB that may be used again; making one allocates nothing.
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
			if p.pos&^h|p.neg&^w == 0 {
				sure |= p.rules
			}
			if p.pos&w|p.neg&h == 0 {
				may |= p.rules
			}
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
	for w := range s.words {
		x.certain[w] = x.sure[w] &^ s.unclear[w]
		x.doubt[w] = x.may[w] &^ x.certain[w] &^ x.asleep[w]
		for rest := x.may[w] & s.conditional[w]; rest != 0; rest &= rest - 1 {
			i := w*64 + bits.TrailingZeros64(rest)
			if q := &s.met[i]; !q.none && q.ask(&x.facts, &x.holds, &x.fails) == yes {
				x.met.add(i)
			}
		}
	}
}

// venue is count and settle of combine.go on the sheet: the strictest rank among the
// rules that surely apply, that among those that may, and what follows.
func (x *Finding) venue(s *sheet, v int) {
	at := &s.venues[v]
	var w venueRuling
	for i := range at.levels {
		l := &at.levels[i]
		word := l.word & (len(x.met) - 1)
		if w.potential == silent && l.counts(l.potential, x.met[word])&x.doubt[word] != 0 {
			w.potential = l.rank
		}
		if l.counts(l.definite, x.met[word])&x.certain[word] != 0 {
			w.definite = l.rank
			break
		}
	}
	if w.definite == silent {
		for i := range at.out {
			l := &at.out[i]
			w.out = w.out || l.definite&x.certain[l.word] != 0
			w.mayBeOut = w.mayBeOut || l.definite&x.doubt[l.word] != 0
		}
	}
	w.settle()
	waits := x.wins(s, v, &w)
	if w.outcome == CannotDecide && w.because == "" {
		w.because = Unverified
		if waits != 0 {
			w.because = MissingFacts
		}
	}
	x.venues[v].venueRuling = w
}

// wins marks what the result at a venue rests on, and returns the rules among it that
// wait for facts.
func (x *Finding) wins(s *sheet, v int, w *venueRuling) (waits uint64) {
	at, wins := &s.venues[v], &x.venues[v].wins
	for word := range s.words {
		wins[word] = 0
	}
	for i := range at.levels {
		l := &at.levels[i]
		word := l.word & (len(wins) - 1)
		switch {
		case w.outcome == OutOfScope:
		case w.outcome == CannotDecide && l.rank > w.definite:
			wins[word] |= l.counts(l.definite, x.met[word]) & x.doubt[word]
		case w.outcome != CannotDecide && l.rank == w.definite:
			wins[word] |= l.counts(l.definite, x.met[word]) & x.certain[word]
		}
	}
	for i := range at.out {
		l := &at.out[i]
		switch {
		case w.outcome == OutOfScope:
			wins[l.word] |= l.definite & x.may[l.word]
		case w.outcome == CannotDecide && !w.out && w.definite == silent:
			wins[l.word] |= l.definite & x.doubt[l.word]
		}
	}
	for word := range s.words {
		waits |= wins[word] &^ x.sure[word]
	}
	return waits
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
