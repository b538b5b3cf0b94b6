package policy

import "slices"

// maxTerms bounds the alternatives of one condition on a sheet.
const maxTerms = 16

// sheetBuilder numbers the atoms of a law and writes conditions as masks.
type sheetBuilder struct {
	sheet  *sheet
	schema *Schema
	atoms  [MaxFields][]node       // distinct, by field
	place  [MaxFields]map[bare]int // bit, over all words; absent when there was no room
}

// bare is an atom without its sign.
type bare struct {
	kind kind
	c    int64
}

// note collects the atoms of a condition.
func (b *sheetBuilder) note(n *node) {
	n.atoms(func(a *node) {
		same := func(o node) bool { return o.kind == a.kind && o.c == a.c }
		if !slices.ContainsFunc(b.atoms[a.field], same) {
			b.atoms[a.field] = append(b.atoms[a.field], *a)
		}
	})
}

// number gives each field's atoms neighbouring bits of one word. A field for which no
// word has room keeps its atoms unnumbered.
func (b *sheetBuilder) number() {
	var used [sheetWords]int
	for field, atoms := range b.atoms {
		word := slices.IndexFunc(used[:], func(n int) bool { return n+len(atoms) <= 64 })
		if len(atoms) == 0 || word < 0 {
			continue
		}
		typ := b.schema.fields[field].Type
		r := reading{word: word}
		b.place[field] = make(map[bare]int)
		for i, a := range atoms {
			at := used[word] + i
			b.place[field][bare{a.kind, a.c}] = word*64 + at
			r.all |= 1 << uint(at)
			if typ == Int || typ == Date {
				r.number = append(r.number, numberTest{1 << uint(at), a.kind, a.c})
			}
		}
		b.codes(&r, field, used[word])
		used[word] += len(atoms)
		b.sheet.field[field] = r
		switch typ {
		case Bool, Enum:
			b.sheet.reads[word].codes |= 1 << uint(field)
		case Set:
			b.sheet.reads[word].sets |= 1 << uint(field)
		default:
			b.sheet.reads[word].numbers |= 1 << uint(field)
		}
	}
}

// codes fills the look-up of a field with codes by asking every atom about every code.
func (b *sheetBuilder) codes(r *reading, field, first int) {
	f, atoms := &b.schema.fields[field], b.atoms[field]
	size := len(f.Codes)
	if f.Type == Bool {
		size = 2
	}
	for code := range size {
		v := int64(code)
		if f.Type == Set {
			v = 1 << uint(code)
		}
		var facts Facts
		facts.Put(field, v)
		var is uint64
		for i := range atoms {
			if atoms[i].holds(&facts) == yes {
				is |= 1 << uint(first+i)
			}
		}
		r.byCode = append(r.byCode, is)
	}
}

// question writes a condition as masks, or keeps its closure when that gets too wide.
func (b *sheetBuilder) question(n *node) question {
	terms, ok := b.terms(n, false)
	if !ok {
		return question{test: n.compiled()}
	}
	return question{alternatives: terms}
}

// asked enters that a rule asks a condition, which rules that ask the same share.
func (b *sheetBuilder) asked(list []condition, n *node, rule int) []condition {
	q := b.question(n)
	same := slices.IndexFunc(list, func(c condition) bool { return c.equal(&q) })
	if same < 0 {
		same = len(list)
		list = append(list, condition{question: q})
	}
	list[same].rules.add(rule)
	return list
}

// terms distributes a condition into alternatives; Kleene logic allows that (the laws
// are tested), and negation only turns and into or.
func (b *sheetBuilder) terms(n *node, negated bool) ([]alternative, bool) {
	switch n.op {
	case opConst:
		if (n.c == 1) != negated {
			return []alternative{{}}, true
		}
		return nil, true
	case opNot:
		return b.terms(&n.kids[0], !negated)
	case opAtom:
		at, numbered := b.place[n.field][bare{n.kind, n.c}]
		p := part{word: at / 64, pos: 1 << uint(at%64)}
		if n.neg != negated {
			p.pos, p.neg = 0, p.pos
		}
		return []alternative{{p}}, numbered
	}
	if (n.op == opOr) != negated {
		var any []alternative
		for i := range n.kids {
			more, ok := b.terms(&n.kids[i], negated)
			if any = append(any, more...); !ok || len(any) > maxTerms {
				return nil, false
			}
		}
		return any, true
	}
	all := []alternative{{}}
	for i := range n.kids {
		more, ok := b.terms(&n.kids[i], negated)
		if !ok || len(all)*len(more) > maxTerms {
			return nil, false
		}
		var longer []alternative
		for _, head := range all {
			for _, tail := range more {
				longer = append(longer, head.with(tail))
			}
		}
		all = longer
	}
	return all, true
}

// with is both terms in one.
func (t alternative) with(u alternative) alternative {
	out := slices.Clone(t)
	for _, p := range u {
		i := slices.IndexFunc(out, func(o part) bool { return o.word == p.word })
		if i < 0 {
			out = append(out, p)
			continue
		}
		out[i].pos |= p.pos
		out[i].neg |= p.neg
	}
	return out
}

// equal reports whether two questions are the same masks.
func (q *question) equal(o *question) bool {
	return q.test == nil && o.test == nil && slices.EqualFunc(q.alternatives, o.alternatives, func(a, b alternative) bool { return slices.Equal(a, b) })
}
