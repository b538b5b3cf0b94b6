package policy

import (
	"math/bits"
)

// kleene is a truth value ordered so that and is min, or is max, not is yes minus.
type kleene uint8

const (
	no kleene = iota
	maybe
	yes
)

func (k kleene) truth() Truth { return [...]Truth{False, Unknown, True}[k] }

// op is the operation of a node.
type op uint8

const (
	opConst op = iota // value: kids none, c is 0 or 1
	opAtom
	opAnd
	opOr
	opNot
)

// kind is the test of an atom on one number.
type kind uint8

const (
	kindEqual kind = iota // v == c (Bool, Int, Date)
	kindUpTo              // v <= c (Int, Date)
	kindIn                // the code v is one of the bits of c (Enum)
	kindAny               // the set v shares a code with c (Set)
)

// node is a condition in naru's own form: elementary tests on one fact each, joined
// by and, or, not. It is what the author's CEL is lowered to; nothing else decides.
type node struct {
	op    op
	kind  kind
	field int
	c     int64
	neg   bool   // of an atom: holds when its test does not, as != and >= do
	text  string // the atom as the author wrote it
	kids  []node
}

// isZero reports whether no condition was given.
func (n *node) isZero() bool { return n.op == opConst && n.text == "" }

// test is a condition ready to run.
type test func(*Facts) kleene

// compiled turns the node into closures; running one allocates nothing.
func (n *node) compiled() test {
	switch n.op {
	case opConst:
		k := kleene(n.c * 2)
		return func(*Facts) kleene { return k }
	case opAtom:
		if n.neg {
			t := n.atom()
			return func(f *Facts) kleene { return yes - t(f) }
		}
		return n.atom()
	case opNot:
		t := n.kids[0].compiled()
		return func(f *Facts) kleene { return yes - t(f) }
	}
	tests := make([]test, len(n.kids))
	for i := range n.kids {
		tests[i] = n.kids[i].compiled()
	}
	if n.op == opAnd {
		return allOf(tests)
	}
	return anyOf(tests)
}

func allOf(tests []test) test {
	return func(f *Facts) kleene {
		k := yes
		for _, t := range tests {
			if k = min(k, t(f)); k == no {
				break
			}
		}
		return k
	}
}

func anyOf(tests []test) test {
	return func(f *Facts) kleene {
		k := no
		for _, t := range tests {
			if k = max(k, t(f)); k == yes {
				break
			}
		}
		return k
	}
}

// atom returns the bare test of one fact; an unknown fact makes it maybe.
func (n *node) atom() test {
	i, c, known := n.field, n.c, uint64(1)<<uint(n.field)
	switch n.kind {
	case kindEqual:
		return func(f *Facts) kleene { return known3(f.Known&known != 0, f.Value[i] == c) }
	case kindUpTo:
		return func(f *Facts) kleene { return known3(f.Known&known != 0, f.Value[i] <= c) }
	case kindIn:
		return func(f *Facts) kleene { return known3(f.Known&known != 0, c>>uint(f.Value[i]&63)&1 == 1) }
	default:
		return func(f *Facts) kleene { return known3(f.Known&known != 0, f.Value[i]&c != 0) }
	}
}

func known3(known, holds bool) kleene {
	switch {
	case !known:
		return maybe
	case holds:
		return yes
	}
	return no
}

// eval computes the truth without compiling, for explanations of single nodes.
func (n *node) eval(f *Facts) kleene {
	switch n.op {
	case opConst:
		return kleene(n.c * 2)
	case opAtom:
		k := n.holds(f)
		if n.neg {
			return yes - k
		}
		return k
	case opNot:
		return yes - n.kids[0].eval(f)
	}
	k := yes
	for i := range n.kids {
		kid := n.kids[i].eval(f)
		if n.op == opOr {
			kid = yes - kid // or is the not of and of nots
		}
		if k = min(k, kid); k == no {
			break
		}
	}
	if n.op == opOr {
		return yes - k
	}
	return k
}

// holds is the bare test of an atom on one fact.
func (n *node) holds(f *Facts) kleene {
	v, known := f.Get(n.field)
	switch n.kind {
	case kindEqual:
		return known3(known, v == n.c)
	case kindUpTo:
		return known3(known, v <= n.c)
	case kindIn:
		return known3(known, n.c>>uint(v&63)&1 == 1)
	default:
		return known3(known, v&n.c != 0)
	}
}

// missing collects, as a mask of fields, the unknown facts that could still change
// the node's truth: where an and is undecided, its undecided parts; where one part
// already settled it, nothing.
func (n *node) missing(f *Facts) uint64 {
	if n.eval(f) != maybe {
		return 0
	}
	if n.op == opAtom {
		return 1 << uint(n.field)
	}
	var mask uint64
	for i := range n.kids {
		mask |= n.kids[i].missing(f)
	}
	return mask
}

// size counts the nodes.
func (n *node) size() int {
	size := 1
	for i := range n.kids {
		size += n.kids[i].size()
	}
	return size
}

// atoms calls f for every atom in the order written.
func (n *node) atoms(f func(atom *node)) {
	if n.op == opAtom {
		f(n)
		return
	}
	for i := range n.kids {
		n.kids[i].atoms(f)
	}
}

// and joins conditions; no condition at all is true.
func and(kids ...node) node {
	if len(kids) == 1 {
		return kids[0]
	}
	return node{op: opAnd, kids: kids}
}

func not(n node) node { return node{op: opNot, kids: []node{n}} }

// fieldKeys names the fields of a mask in schema order.
func (s *Schema) fieldKeys(mask uint64) []string {
	if mask == 0 {
		return nil
	}
	keys := make([]string, 0, bits.OnesCount64(mask))
	for ; mask != 0; mask &= mask - 1 {
		keys = append(keys, s.fields[bits.TrailingZeros64(mask)].Key)
	}
	return keys
}
