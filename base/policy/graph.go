package policy

import "slices"

// lit names one bit plane of a graph: twice its number, and one more when the plane is
// taken inverted. Number 0 is the plane without any bit.
type lit uint32

const (
	never  lit = 0
	always lit = 1
)

func (l lit) not() lit    { return l ^ 1 }
func (l lit) number() int { return int(l >> 1) }
func (l lit) mask() uint64 {
	return -uint64(l & 1) // all ones when inverted
}

// gate is one plane of a graph: the and of two others, or a leaf.
type gate struct {
	a, b lit
	leaf int // index into leaves plus one; 0 of an and
}

// leafKind says what of a column a leaf reads.
type leafKind uint8

const (
	leafKnown leafKind = iota // the fact is known
	leafCode                  // c: the code is the fact, or in it; of Bool that it is true
	leafEqual                 // the known number is c
	leafUpTo                  // the known number is at most c
)

// leaf is a plane read from a column.
type leaf struct {
	kind  leafKind
	field int
	c     int64
}

// graph is a set of boolean functions of a table's columns, each kept once: planes with
// one definition have one number, whichever rule, pack or version of a pack asks for
// them. That is what makes the next version of a pack cheap.
type graph struct {
	gates  []gate
	leaves []leaf
	byGate map[[2]lit]lit
	byLeaf map[leaf]lit
}

func newGraph() *graph {
	return &graph{gates: make([]gate, 1, 1024), byGate: make(map[[2]lit]lit), byLeaf: make(map[leaf]lit)}
}

// read returns the plane of a leaf.
func (g *graph) read(l leaf) lit {
	if p, known := g.byLeaf[l]; known {
		return p
	}
	g.leaves = append(g.leaves, l)
	p := g.add(gate{leaf: len(g.leaves)})
	g.byLeaf[l] = p
	return p
}

func (g *graph) add(n gate) lit {
	g.gates = append(g.gates, n)
	return lit(len(g.gates)-1) << 1
}

// and returns the plane of what is in all of them, folding what is known beforehand. It
// sorts the list, so that the order in which an author wrote does not count.
func (g *graph) and(list ...lit) lit {
	slices.Sort(list)
	p := always
	for _, q := range list {
		p = g.both(p, q)
	}
	return p
}

// or returns the plane of what is in any of them.
func (g *graph) or(list ...lit) lit {
	slices.Sort(list)
	p := always
	for _, q := range list {
		p = g.both(p, q.not())
	}
	return p.not()
}

func (g *graph) both(a, b lit) lit {
	if a > b {
		a, b = b, a
	}
	switch {
	case a == never, a == b.not():
		return never
	case a == always, a == b:
		return b
	}
	if p, folded := g.fold(a, b); folded {
		return p
	}
	if p, folded := g.fold(b, a); folded {
		return p
	}
	if p, known := g.byGate[[2]lit{a, b}]; known {
		return p
	}
	p := g.add(gate{a: a, b: b})
	g.byGate[[2]lit{a, b}] = p
	return p
}

// fold simplifies a and b where b is itself made of a: absorption and its relatives.
func (g *graph) fold(a, b lit) (lit, bool) {
	n := g.gates[b.number()]
	if n.leaf != 0 {
		return never, false
	}
	inverted := b&1 == 1
	switch other := n.a ^ n.b ^ a; {
	case !inverted && (n.a == a || n.b == a):
		return b, true // a and (a and x)
	case !inverted && (n.a == a.not() || n.b == a.not()):
		return never, true // a and (not a and x)
	case inverted && (n.a == a.not() || n.b == a.not()):
		return a, true // a and not (not a and x)
	case inverted && (n.a == a || n.b == a):
		return g.both(a, other.not()), true // a and not (a and x)
	}
	return never, false
}
