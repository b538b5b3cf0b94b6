package policy

import "math/bits"

// pair is a truth value of every row: where it is yes, and where it is yes or maybe.
type pair struct{ sure, may lit }

func (p pair) not() pair { return pair{sure: p.may.not(), may: p.sure.not()} }

// conclusion is a value that a derivation gives a fact, and the rows it gives it to.
type conclusion struct {
	value int64
	rows  lit
}

// weaving turns a law into planes of a table: the same nodes that the closures of a
// single decision are made of, and the combination of combine.go step by step.
type weaving struct {
	t         *Table
	g         *graph
	given     [MaxFields]lit // rows that know the fact as it was put
	known     [MaxFields]lit // with what was derived
	concluded [MaxFields][]conclusion
}

func newWeaving(t *Table) *weaving {
	w := &weaving{t: t, g: t.planes.graph}
	for i := range t.columns {
		w.given[i] = t.columns[i].status(w.g, i, t.rows)
	}
	w.known = w.given
	return w
}

// node is the truth of a condition.
func (w *weaving) node(n *node) pair {
	switch n.op {
	case opConst:
		if n.c == 0 {
			return pair{never, never}
		}
		return pair{always, always}
	case opAtom:
		return w.atom(n)
	case opNot:
		return w.node(&n.kids[0]).not()
	}
	sure, may := make([]lit, len(n.kids)), make([]lit, len(n.kids))
	for i := range n.kids {
		kid := w.node(&n.kids[i])
		sure[i], may[i] = kid.sure, kid.may
	}
	if n.op == opAnd {
		return pair{w.g.and(sure...), w.g.and(may...)}
	}
	return pair{w.g.or(sure...), w.g.or(may...)}
}

// atom is the truth of a test of one fact, given or derived.
func (w *weaving) atom(n *node) pair {
	sure := w.test(n)
	for _, c := range w.concluded[n.field] {
		var f Facts
		f.Put(n.field, c.value)
		if n.holds(&f) == yes {
			sure = w.g.or(sure, c.rows)
		}
	}
	p := pair{sure, w.g.or(sure, w.known[n.field].not())}
	if n.neg {
		return p.not()
	}
	return p
}

// test is where a fact was put and the bare test holds.
func (w *weaving) test(n *node) lit {
	c := &w.t.columns[n.field]
	switch {
	case w.given[n.field] == never:
		return never
	case n.kind == kindAny:
		return w.codes(c, n.field, uint64(n.c))
	case n.kind == kindIn:
		all := uint64(1)<<uint(len(c.codes)) - 1
		if mask := uint64(n.c) & all; 2*bits.OnesCount64(mask) <= len(c.codes) {
			return w.codes(c, n.field, mask)
		}
		return w.g.and(w.given[n.field], w.codes(c, n.field, all&^uint64(n.c)).not())
	case n.kind == kindEqual && c.typ == Bool && n.c == 1:
		return c.code(w.g, n.field, 0)
	case n.kind == kindEqual && c.typ == Bool:
		return w.g.and(w.given[n.field], c.code(w.g, n.field, 0).not())
	case n.kind == kindEqual:
		return w.g.read(leaf{kind: leafEqual, field: n.field, c: n.c})
	}
	return w.g.read(leaf{kind: leafUpTo, field: n.field, c: n.c})
}

func (w *weaving) codes(c *column, field int, mask uint64) lit {
	var list []lit
	for ; mask != 0; mask &= mask - 1 {
		list = append(list, c.code(w.g, field, uint(bits.TrailingZeros64(mask))))
	}
	return w.g.or(list...)
}

// derive is Law.derive over all rows: rules for one fact from strict to mild, a milder
// one only where every stricter one is known not to hold.
func (w *weaving) derive(l *Law) {
	var waiting [MaxFields]lit // rows where the fact is unknown and no stricter rule is undecided
	for i := range waiting {
		waiting[i] = w.given[i].not()
	}
	for i := range l.derived {
		d := &l.derived[i]
		p := w.node(&d.cond)
		rows := w.g.and(waiting[d.field], p.sure)
		waiting[d.field] = w.g.and(waiting[d.field], p.may.not())
		w.known[d.field] = w.g.or(w.known[d.field], rows)
		w.concluded[d.field] = append(w.concluded[d.field], conclusion{d.code, rows})
	}
}

// tally collects where rules bear on a venue, as venueRuling does of one row.
type tally struct {
	definite, potential [outOfScope][]lit // by rank
	out, mayBeOut       []lit
}

// venueLits is the result at a venue: where each outcome is, and where it is open.
type venueLits struct {
	is   [numOutcomes]lit
	open lit
}

// law is Law.rule over all rows: the truth of every rule, and every venue settled.
func (w *weaving) law(l *Law) ([]pair, [numVenues]venueLits) {
	truth := make([]pair, len(l.rules))
	var tallies [numVenues]tally
	for i := range l.rules {
		r := &l.rules[i]
		truth[i] = w.node(&r.cond)
		w.count(&tallies, r, truth[i])
	}
	var venues [numVenues]venueLits
	for v := range tallies {
		venues[v] = w.settle(&tallies[v])
	}
	return truth, venues
}

// count adds a rule to the venues it bears on, as ruling.count does; a dormant rule
// counts nowhere, and a conditional one whose conditions are all met allows.
func (w *weaving) count(tallies *[numVenues]tally, r *lawRule, k pair) {
	sure, speaks := k.sure, k.may
	for upon := r.upon; upon != 0; upon &= upon - 1 {
		known := w.known[bits.TrailingZeros64(upon)]
		speaks = w.g.and(speaks, w.g.or(k.sure, known))
	}
	if r.unclear {
		sure = never
	}
	doubtful := w.g.and(speaks, sure.not())
	met := w.met(r)
	for v := range tallies {
		t := &tallies[v]
		switch at := r.venues[v]; {
		case r.Outcome == Required && !at:
			w.add(t, forbidden, sure, doubtful)
		case !at:
		case r.out:
			t.out, t.mayBeOut = append(t.out, sure), append(t.mayBeOut, doubtful)
		case r.Outcome == Required:
			t.definite[required] = append(t.definite[required], sure)
			t.potential[allowed] = append(t.potential[allowed], doubtful)
		case r.rank == conditional:
			w.add(t, conditional, w.g.and(sure, met.not()), w.g.and(doubtful, met.not()))
			w.add(t, allowed, w.g.and(sure, met), w.g.and(doubtful, met))
		default:
			w.add(t, r.rank, sure, doubtful)
		}
	}
}

// add notes where a rule applies and where it may, unless it is silent.
func (w *weaving) add(t *tally, r rank, sure, doubtful lit) {
	if r > silent {
		t.definite[r] = append(t.definite[r], sure)
		t.potential[r] = append(t.potential[r], doubtful)
	}
}

// met is where all conditions of a rule are surely met.
func (w *weaving) met(r *lawRule) lit {
	if r.rank != conditional {
		return never
	}
	met := always
	for i := range r.Conditions {
		n := &r.Conditions[i].met
		if n.isZero() {
			return never
		}
		met = w.g.and(met, w.node(n).sure)
	}
	return met
}

// settle is venueRuling.settle over all rows, from the strictest rank down.
func (w *weaving) settle(t *tally) venueLits {
	var v venueLits
	stricter := never // a definite rank above
	above := never    // a potential rank at or above, none of which is definite
	may := never
	var sure [outOfScope]lit
	for r := forbidden; r > silent; r-- {
		here := w.g.or(t.definite[r]...)
		sure[r] = w.g.and(here, stricter.not())
		stricter = w.g.or(stricter, here)
		may = w.g.or(may, w.g.or(t.potential[r]...))
		above = w.g.or(above, w.g.and(may, stricter.not()))
	}
	decided := never
	for r := forbidden; r > silent; r-- {
		v.is[r] = w.g.and(sure[r], above.not())
		decided = w.g.or(decided, v.is[r])
	}
	v.is[outOfScope] = w.g.and(w.g.or(t.out...), stricter.not(), above.not())
	v.is[silent] = w.g.or(decided, v.is[outOfScope]).not()
	v.open = w.g.or(v.is[allowed], v.is[conditional], v.is[required])
	return v
}
