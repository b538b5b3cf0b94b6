package policy

// A plane is computed in blocks, so that what one step leaves the next still finds in
// the first-level cache: 64 words, 4096 rows.
const (
	blockWords = 64
	blockRows  = blockWords * 64
)

type block [blockWords]uint64

// kernel is what a step does with two blocks. An and of inverted inputs or with an
// inverted result is one of six.
type kernel uint8

const (
	doAnd    kernel = iota // a and b
	doAndNot               // a and not b
	doNor                  // neither
	doNand                 // not both
	doOrNot                // b or not a
	doOr                   // a or b
)

// step computes one block from two. Places below the number of registers are registers,
// the others planes.
type step struct {
	do        kernel
	out, a, b int32
}

// program computes planes from planes, block by block.
type program struct {
	steps     []step
	registers int
	planes    [][]uint64
}

// run executes the program over all blocks of planes of so many words.
func (p *program) run(words int) {
	registers := make([]block, p.registers)
	at := make([]*block, p.registers+len(p.planes))
	for i := range registers {
		at[i] = &registers[i]
	}
	for from := 0; from < words; from += blockWords {
		for i, plane := range p.planes {
			at[p.registers+i] = (*block)(plane[from:])
		}
		for i := range p.steps {
			s := &p.steps[i]
			s.do.block(at[s.out], at[s.a], at[s.b])
		}
	}
}

func (k kernel) block(out, a, b *block) {
	switch k {
	case doAnd:
		for i := range out {
			out[i] = a[i] & b[i]
		}
	case doAndNot:
		for i := range out {
			out[i] = a[i] &^ b[i]
		}
	case doNor:
		for i := range out {
			out[i] = ^(a[i] | b[i])
		}
	case doNand:
		for i := range out {
			out[i] = ^(a[i] & b[i])
		}
	case doOrNot:
		for i := range out {
			out[i] = ^a[i] | b[i]
		}
	case doOr:
		for i := range out {
			out[i] = a[i] | b[i]
		}
	}
}

// assembly orders the gates that are needed into a program and reuses a register as
// soon as nobody needs what is in it.
type assembly struct {
	t       *Table
	uses    []int32 // by number: steps that still read it
	place   []int32 // by number: where it is, plus one
	flipped []bool  // by number: it is there inverted
	free    []int32
	roots   map[lit][]uint64
	program
}

// beyond marks places in planes until the number of registers is known.
const beyond = 1 << 24

// compute adds the planes of the literals to what the table remembers.
func (t *Table) compute(roots []lit) {
	p := &t.planes
	a := &assembly{t: t, roots: make(map[lit][]uint64)}
	for _, l := range roots {
		if _, have := p.kept[l]; !have {
			a.roots[l] = nil
		}
	}
	if len(a.roots) == 0 {
		return
	}
	size := len(p.graph.gates)
	a.uses, a.place, a.flipped = make([]int32, size), make([]int32, size), make([]bool, size)
	slab := make([]uint64, len(a.roots)*t.words())
	var order []lit
	for _, l := range roots {
		if plane, wanted := a.roots[l]; wanted && plane == nil {
			a.roots[l], slab = slab[:t.words():t.words()], slab[t.words():]
			order = append(order, l)
			a.count(l.number())
		}
	}
	for _, l := range order {
		a.root(l)
	}
	a.settle()
	a.run(t.words())
	last := t.rows / 64
	for l, plane := range a.roots {
		for w := last; w < len(plane); w++ {
			plane[w] &= t.rowsOf(w)
		}
		p.kept[l] = plane
	}
}

// count counts how often each needed gate is read.
func (a *assembly) count(n int) {
	a.uses[n]++
	if a.uses[n] > 1 || a.ready(n) {
		return
	}
	g := a.t.planes.graph.gates[n]
	a.count(g.a.number())
	a.count(g.b.number())
}

// ready places a number that is a plane already.
func (a *assembly) ready(n int) bool {
	if a.place[n] != 0 {
		return true
	}
	p := &a.t.planes
	l := lit(n) << 1
	if plane, kept := p.kept[l]; kept {
		a.put(n, plane, false)
	} else if plane, kept := p.kept[l.not()]; kept {
		a.put(n, plane, true)
	} else if i := p.graph.gates[n].leaf; i > 0 {
		a.put(n, a.t.plane(p.graph.leaves[i-1]), false)
	}
	return a.place[n] != 0
}

// put says that a number is, or will be, in a plane.
func (a *assembly) put(n int, plane []uint64, flipped bool) int32 {
	a.planes = append(a.planes, plane)
	a.place[n], a.flipped[n] = beyond+int32(len(a.planes)), flipped
	return a.place[n]
}

// root computes a literal into its own plane, from elsewhere when it stands somewhere already.
func (a *assembly) root(l lit) {
	n := l.number()
	if a.place[n] == 0 {
		a.emit(n)
	}
	if at := a.place[n]; at > beyond && &a.planes[at-beyond-1][0] == &a.roots[l][0] {
		return
	}
	from := a.place[n]
	do := doAnd // with itself
	if a.flipped[n] != (l&1 == 1) {
		do = doNor
	}
	a.planes = append(a.planes, a.roots[l])
	a.steps = append(a.steps, step{do, beyond + int32(len(a.planes)), from, from})
	a.used(n)
}

// emit writes the steps of a gate that is nowhere yet.
func (a *assembly) emit(n int) {
	g := a.t.planes.graph.gates[n]
	for _, l := range []lit{g.a, g.b} {
		if a.place[l.number()] == 0 {
			a.emit(l.number())
		}
	}
	x, y := g.a.number(), g.b.number()
	notX, notY := a.flipped[x] != (g.a&1 == 1), a.flipped[y] != (g.b&1 == 1)
	from := [2]int32{a.place[x], a.place[y]}
	if notX && !notY {
		from[0], from[1] = from[1], from[0]
	}
	a.used(x)
	a.used(y)
	flip := notX && notY // or is cheaper than nor
	l := lit(n) << 1
	if plane, root := a.roots[l]; root {
		flip = false
		a.put(n, plane, false)
	} else if plane, root := a.roots[l.not()]; root {
		flip = true
		a.put(n, plane, true)
	} else {
		a.place[n], a.flipped[n] = a.register(), flip
	}
	a.steps = append(a.steps, step{kernelFor(notX, notY, flip), a.place[n], from[0], from[1]})
}

func kernelFor(notX, notY, flip bool) kernel {
	do := doAnd
	switch {
	case notX && notY:
		do = doNor
	case notX || notY:
		do = doAndNot
	}
	if !flip {
		return do
	}
	return [...]kernel{doAnd: doNand, doAndNot: doOrNot, doNor: doOr}[do]
}

func (a *assembly) register() int32 {
	if last := len(a.free) - 1; last >= 0 {
		r := a.free[last]
		a.free = a.free[:last]
		return r
	}
	a.registers++
	return int32(a.registers)
}

// used frees a register when nobody reads it any more.
func (a *assembly) used(n int) {
	a.uses[n]--
	if a.uses[n] == 0 && a.place[n] < beyond {
		a.free = append(a.free, a.place[n])
	}
}

// settle turns places into indices: registers first, planes behind them.
func (a *assembly) settle() {
	at := func(place *int32) {
		if *place > beyond {
			*place += int32(a.registers) - beyond
		}
		*place--
	}
	for i := range a.steps {
		s := &a.steps[i]
		at(&s.out)
		at(&s.a)
		at(&s.b)
	}
}
