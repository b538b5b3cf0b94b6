package policy

import (
	"math/bits"
	"slices"
)

// The bounds of what a table remembers: planes of one bit a row, and definitions.
const (
	maxPlanes = 2048
	maxGates  = 1 << 16
)

// planes is what a table remembers of the laws asked of it.
type planes struct {
	graph    *graph
	kept     map[lit][]uint64 // handed to batches, so replaced and never changed
	compared map[leaf][]uint64
	stale    map[int]struct{} // words with a row that was put since
	shape    int              // of the columns, counted up
	drawn    int              // the shape the graph was folded by
}

// reset forgets everything.
func (p *planes) reset(t *Table) {
	p.graph = newGraph()
	p.kept = make(map[lit][]uint64)
	p.compared = make(map[leaf][]uint64)
	p.stale = make(map[int]struct{})
	p.drawn = p.shape
	rest := make([]uint64, t.words())
	p.kept[never] = rest
	p.kept[always] = make([]uint64, t.words())
	for i := range p.kept[always] {
		p.kept[always][i] = t.rowsOf(i)
	}
}

// touch notes that a row of the word changed.
func (p *planes) touch(word int) {
	if len(p.graph.gates) > 1 {
		p.stale[word] = struct{}{}
	}
}

// prepare makes what is remembered true again before a law asks: after few changes by
// computing the changed words alone, otherwise by forgetting.
func (p *planes) prepare(t *Table) {
	switch {
	case p.shape != p.drawn, len(p.kept)+len(p.compared) > maxPlanes, len(p.graph.gates) > maxGates, len(p.stale) > t.words()/8+1:
		p.reset(t)
	case len(p.stale) > 0:
		p.renew(t)
	}
}

// renew computes the stale words of every plane. A plane that differs is replaced by a
// copy, because batches made before still show it.
func (p *planes) renew(t *Table) {
	value := make([]uint64, len(p.graph.gates))
	copied := make(map[lit]bool)
	for word := range p.stale {
		for n := 1; n < len(value); n++ {
			switch g := p.graph.gates[n]; g.leaf {
			case 0:
				value[n] = (value[g.a.number()] ^ g.a.mask()) & (value[g.b.number()] ^ g.b.mask())
			default:
				value[n] = t.word(p.graph.leaves[g.leaf-1], word)
			}
		}
		for l, plane := range p.compared {
			plane[word] = value[p.graph.byLeaf[l].number()]
		}
		for l, plane := range p.kept {
			now := (value[l.number()] ^ l.mask()) & t.rowsOf(word)
			if plane[word] == now {
				continue
			}
			if !copied[l] {
				plane = slices.Clone(plane)
				p.kept[l], copied[l] = plane, true
			}
			plane[word] = now
		}
	}
	clear(p.stale)
}

// rowsOf is the mask of the bits of a word that are rows.
func (t *Table) rowsOf(word int) uint64 {
	switch left := t.rows - word*64; {
	case left >= 64:
		return ^uint64(0)
	case left <= 0:
		return 0
	default:
		return 1<<uint(left) - 1
	}
}

// word reads 64 rows of a leaf.
func (t *Table) word(l leaf, word int) uint64 {
	c := &t.columns[l.field]
	switch l.kind {
	case leafKnown:
		return c.known[word]
	case leafCode:
		return c.codes[l.c][word]
	}
	if word*64 >= len(c.numbers) {
		return 0
	}
	if n := (*[64]int64)(c.numbers[word*64:]); l.kind == leafEqual {
		return equalWord(n, l.c) & c.known[word]
	} else {
		return upToWord(n, l.c) & c.known[word]
	}
}

// plane returns the whole plane of a leaf: a column's own, or one compared once.
func (t *Table) plane(l leaf) []uint64 {
	switch l.kind {
	case leafKnown:
		return t.columns[l.field].known
	case leafCode:
		return t.columns[l.field].codes[l.c]
	}
	if plane, known := t.planes.compared[l]; known {
		return plane
	}
	plane := make([]uint64, t.words())
	for w := range plane {
		plane[w] = t.word(l, w)
	}
	t.planes.compared[l] = plane
	return plane
}

// equalWord compares 64 numbers with c, without a branch.
func equalWord(n *[64]int64, c int64) uint64 {
	differs := func(v int64) uint64 {
		x := uint64(v ^ c)
		return (x | -x) >> 63
	}
	var w uint64
	for i := 0; i < 64; i += 8 {
		v := (*[8]int64)(n[i:])
		w |= (differs(v[0]) | differs(v[1])<<1 | differs(v[2])<<2 | differs(v[3])<<3 |
			differs(v[4])<<4 | differs(v[5])<<5 | differs(v[6])<<6 | differs(v[7])<<7) << uint(i)
	}
	return ^w
}

// upToWord compares 64 numbers with c, without a branch: the borrow of c - v says that
// v is above, over the whole range of int64.
func upToWord(n *[64]int64, c int64) uint64 {
	const top = 1 << 63
	limit := uint64(c) ^ top
	above := func(v int64) uint64 {
		_, borrow := bits.Sub64(limit, uint64(v)^top, 0)
		return borrow
	}
	var w uint64
	for i := 0; i < 64; i += 8 {
		v := (*[8]int64)(n[i:])
		w |= (above(v[0]) | above(v[1])<<1 | above(v[2])<<2 | above(v[3])<<3 |
			above(v[4])<<4 | above(v[5])<<5 | above(v[6])<<6 | above(v[7])<<7) << uint(i)
	}
	return ^w
}
