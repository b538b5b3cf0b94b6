package policy

import (
	"cmp"
	"math/bits"
	"slices"
)

// sheetWords bounds the atoms that a sheet numbers; what reads more is left to closures.
const sheetWords = 4

// atomSet has a bit for each atom of a sheet, ruleSet one for each rule of a law.
type (
	atomSet [sheetWords]uint64
	ruleSet [maxRules / 64]uint64
)

func (s *ruleSet) has(i int) bool { return s[i>>6]>>uint(i&63)&1 == 1 }
func (s *ruleSet) add(i int)      { s[i>>6] |= 1 << uint(i&63) }

// sheet is a law laid out for one component: every distinct atom has a bit, a look-up
// tells from the value of a fact which of its atoms hold, and a condition is a few masks
// over those bits. It is made from the same nodes as the closures and the planes.
type sheet struct {
	field       [MaxFields]reading
	reads       [sheetWords]reads
	derivations []question
	plain       [maxRules / 64][]plain // by word of rules
	conditions  []condition            // those that are not plain
	metPlain    [maxRules / 64][]plain // that all conditions of conditional rules are met
	met         []condition
	words       int // of ruleSet in use
	unclear     ruleSet
	choosing    []int // rules that wait for a choice
	venues      [numVenues]bearing
	said        []Reason // by rule: what is said whatever the facts are
	pending     []Reason // the same of the announced rules
}

// reads are the fields whose atoms have bits in one word, by the way to look them up.
type reads struct {
	codes, sets, numbers uint64 // by value, code by code, by comparing
}

// reading tells which atoms of a field hold. They all have bits in one word.
type reading struct {
	word   int
	all    uint64
	byCode []uint64 // Bool, Enum: by value; Set: by code, to be joined
	number []numberTest
}

type numberTest struct {
	bit  uint64
	kind kind
	c    int64
}

// question is a condition as alternatives of masks. One that is too wide for that keeps
// its closure.
type question struct {
	alternatives []alternative
	test         test
}

// alternative holds when all its atoms do: part by part, a word each.
type alternative []part

type part struct {
	word     int
	pos, neg uint64
}

// condition is a question and the rules that ask it.
type condition struct {
	question
	rules ruleSet
}

// plain is a condition of one alternative whose atoms all have bits in one word, and the
// rules of one word that ask it: most rules of most laws.
type plain struct {
	part
	rules uint64
}

// bearing is which rules count at a venue: by rank, the strictest first, and those that
// take their instrument out.
type bearing struct {
	levels []level
	out    []level
	twin   int // an earlier venue with the very same rules, plus one
}

// level is the rules of one word that have a rank at a venue. What a rule that only may
// apply counts for differs in one case: a venue that is required is not made stricter by
// it. A conditional rule whose conditions are all met allows.
type level struct {
	rank                rank
	word                int
	definite, potential uint64
	ifMet, unlessMet    uint64
}

// counts are the rules of a mask that have the rank now.
func (l *level) counts(mask, met uint64) uint64 { return mask&^(l.unlessMet&met) | l.ifMet&met }

// newSheet lays a law out.
func newSheet(l *Law) *sheet {
	s := &sheet{words: (len(l.rules) + 63) / 64}
	b := sheetBuilder{sheet: s, schema: l.schema}
	for i := range l.derived {
		b.note(&l.derived[i].cond)
	}
	for i := range l.rules {
		b.note(&l.rules[i].cond)
		for n := range l.rules[i].Conditions {
			b.note(&l.rules[i].Conditions[n].met)
		}
	}
	b.number()
	for i := range l.derived {
		s.derivations = append(s.derivations, b.question(&l.derived[i].cond))
	}
	for i := range l.rules {
		b.rule(i, &l.rules[i])
		s.said = append(s.said, l.quote(&l.rules[i]))
	}
	for i := range l.pending {
		s.pending = append(s.pending, l.quote(&l.pending[i]))
	}
	s.conditions, s.met = separate(s.conditions, &s.plain), separate(s.met, &s.metPlain)
	for v := range s.venues {
		for u := range v {
			if slices.Equal(s.venues[u].levels, s.venues[v].levels) && slices.Equal(s.venues[u].out, s.venues[v].out) {
				s.venues[v].twin = u + 1
				break
			}
		}
	}
	return s
}

// rule enters a rule: its condition, shared with rules that ask the same, and the venues.
func (b *sheetBuilder) rule(i int, r *lawRule) {
	s := b.sheet
	s.conditions = b.asked(s.conditions, &r.cond, i)
	if r.rank == conditional {
		var all []node
		for n := range r.Conditions {
			all = append(all, r.Conditions[n].met)
		}
		if !slices.ContainsFunc(all, func(n node) bool { return n.isZero() }) {
			s.met = b.asked(s.met, &node{op: opAnd, kids: all}, i)
		}
	}
	if r.unclear {
		s.unclear.add(i)
	}
	if r.upon != 0 {
		s.choosing = append(s.choosing, i)
	}
	for v := range s.venues {
		s.venues[v].add(i, r, r.venues[v])
	}
}

func (w *bearing) add(i int, r *lawRule, at bool) {
	word, bit := i>>6, uint64(1)<<uint(i&63)
	switch {
	case r.Outcome == Required && !at:
		l := w.level(forbidden, word)
		l.definite, l.potential = l.definite|bit, l.potential|bit
	case !at:
	case r.out:
		w.outs(word).definite |= bit
	case r.Outcome == Required:
		w.level(required, word).definite |= bit
		w.level(allowed, word).potential |= bit
	case r.rank > silent:
		l := w.level(r.rank, word)
		l.definite, l.potential = l.definite|bit, l.potential|bit
	}
	if at && r.rank == conditional {
		w.level(conditional, word).unlessMet |= bit
		w.level(allowed, word).ifMet |= bit
	}
}

// outs finds the rules of a word that take their instrument out, or makes a place.
func (w *bearing) outs(word int) *level {
	if n := len(w.out); n == 0 || w.out[n-1].word != word {
		w.out = append(w.out, level{word: word})
	}
	return &w.out[len(w.out)-1]
}

// level finds the level of a rank, or makes it in its order.
func (w *bearing) level(r rank, word int) *level {
	i, found := slices.BinarySearchFunc(w.levels, level{rank: r, word: word}, func(a, b level) int {
		return cmp.Or(cmp.Compare(b.rank, a.rank), cmp.Compare(a.word, b.word))
	})
	if !found {
		w.levels = slices.Insert(w.levels, i, level{rank: r, word: word})
	}
	return &w.levels[i]
}

// look marks which atoms hold and which fail, for all facts that are known.
func (s *sheet) look(f *Facts, holds, fails *atomSet) {
	for word := range s.reads {
		var is, all uint64
		reads := &s.reads[word]
		for rest := f.Known & reads.codes; rest != 0; rest &= rest - 1 {
			i := bits.TrailingZeros64(rest) & (MaxFields - 1)
			r := &s.field[i]
			is, all = is|r.code(f.Value[i]), all|r.all
		}
		for rest := f.Known & reads.sets; rest != 0; rest &= rest - 1 {
			i := bits.TrailingZeros64(rest) & (MaxFields - 1)
			r := &s.field[i]
			is, all = is|r.set(f.Value[i]), all|r.all
		}
		for rest := f.Known & reads.numbers; rest != 0; rest &= rest - 1 {
			i := bits.TrailingZeros64(rest) & (MaxFields - 1)
			r := &s.field[i]
			is, all = is|r.compare(f.Value[i]), all|r.all
		}
		holds[word], fails[word] = is, all&^is
	}
}

// learn marks the atoms of one more fact.
func (s *sheet) learn(field int, v int64, holds, fails *atomSet) {
	r, at := &s.field[field], uint64(1)<<uint(field)
	var is uint64
	switch reads := &s.reads[r.word]; {
	case reads.codes&at != 0:
		is = r.code(v)
	case reads.sets&at != 0:
		is = r.set(v)
	case reads.numbers&at != 0:
		is = r.compare(v)
	default:
		return
	}
	holds[r.word] |= is
	fails[r.word] |= r.all &^ is
}

func (r *reading) code(v int64) uint64 { return r.byCode[min(uint64(v), uint64(len(r.byCode)-1))] }

func (r *reading) set(v int64) uint64 {
	var is uint64
	for rest := uint64(v) & (1<<uint(len(r.byCode)) - 1); rest != 0; rest &= rest - 1 {
		is |= r.byCode[bits.TrailingZeros64(rest)]
	}
	return is
}

func (r *reading) compare(v int64) uint64 {
	var is uint64
	for i := range r.number {
		t := &r.number[i]
		if t.kind == kindEqual && v == t.c || t.kind == kindUpTo && v <= t.c {
			is |= t.bit
		}
	}
	return is
}

// separate moves the plain conditions to where they are asked without a loop each.
func separate(list []condition, to *[maxRules / 64][]plain) []condition {
	return slices.DeleteFunc(list, func(c condition) bool {
		if c.test != nil || len(c.alternatives) != 1 || len(c.alternatives[0]) > 1 {
			return false
		}
		p := plain{}
		if len(c.alternatives[0]) == 1 {
			p.part = c.alternatives[0][0]
		}
		for w := range to {
			if p.rules = c.rules[w]; p.rules != 0 {
				to[w] = append(to[w], p)
			}
		}
		return true
	})
}

// ask is the truth of a condition, given which atoms hold and which fail.
func (q *question) ask(f *Facts, holds, fails *atomSet) kleene {
	if q.test != nil {
		return q.test(f)
	}
	k := no
	for _, t := range q.alternatives {
		short, wrong := uint64(0), uint64(0)
		for _, p := range t {
			h, w := holds[p.word], fails[p.word]
			short |= p.pos&^h | p.neg&^w
			wrong |= p.pos&w | p.neg&h
		}
		switch {
		case short == 0:
			return yes
		case wrong == 0:
			k = maybe
		}
	}
	return k
}
