package feed

import (
	"cmp"
	"slices"
	"strings"
)

// The three groups that the plan of 2021 counts.
const (
	groupCentral = iota
	groupLocal
	groupPublic
)

// kindsOf lists the kinds of institutions of a group.
func kindsOf(group int) []string {
	switch group {
	case groupCentral:
		return []string{"central", "constitutional"}
	case groupLocal:
		return []string{"local", "education_office"}
	}
	return []string{"public_corp", "quasi_government", "other_public", "local_corp", "special_corp", "public_school", "private_school", "other"}
}

// kindKeys lists all kinds in the order of the estate: the home institution's first.
func kindKeys() []string {
	return slices.Concat(kindsOf(groupCentral), kindsOf(groupLocal), kindsOf(groupPublic))
}

// administrative reports kinds that are administrative agencies rather than public institutions.
func administrative(kind string) bool { return !slices.Contains(kindsOf(groupPublic), kind) }

// cell is a group of systems that agree in kind and site; its systems are told apart by rank.
type cell struct {
	kind, site, centre string
	cloud              bool
	size               int
}

// block is the systems of one kind: a range of the estate, spread over cells.
type block struct {
	kind        string
	start, size int
	from, to    int // of the cells
	first, last int // of the institutions
	shuffle     shuffle
}

// layout says how many systems of each kind run where. The systems that are ready are
// the first of the estate and are not in the cells.
type layout struct {
	cells  []cell
	blocks []block
	ready  int
}

func newLayout(seed uint64, size int, t table) *layout {
	l := &layout{cells: make([]cell, 0, 64), ready: min(ready, size)}
	sites := siteCounts(size, t)
	byKind := map[string][]cell{}
	add := func(kind, site, centre string, n int) {
		byKind[kind] = append(byKind[kind], cell{kind, site, centre, site != "onsite", n})
	}
	room := apportion(sites["own"]+sites["onsite"], t.weights("room.central", "room.local", "room.public")[:3])
	own := apportion(sites["own"], room)
	cloud := apportion(sites["private"], t.weights("private.central", "private.local", "private.public")[:3])
	government := apportion(sites["government"], t.weights("government.central", "government.local", "government.public")[:3])
	var kinds []string
	var inCentres []int
	for group := range 3 {
		weights := groupWeights(group, t)
		list := kindsOf(group)
		for site, n := range map[string]int{"own": own[group], "onsite": room[group] - own[group], "private": cloud[group]} {
			for k, count := range apportion(n, weights) {
				add(list[k], site, "", count)
			}
		}
		kinds = append(kinds, list...)
		inCentres = append(inCentres, apportion(government[group], weights)...)
	}
	centres := centreCounts(size, inCentres, t)
	hosted := apportion(sites["hosted"], slices.Concat(centres...))
	for n, perKind := range centres {
		for k, count := range perKind {
			rest := hosted[n*len(kinds)+k]
			add(kinds[k], "government", centreKeys()[n], count-rest)
			byKind[kinds[k]] = append(byKind[kinds[k]], cell{kinds[k], "government", centreKeys()[n], false, rest})
		}
	}
	l.arrange(seed, byKind)
	return l
}

// centreKeys lists the government centres in the order of centreCounts.
func centreKeys() []string { return []string{"daejeon", "gwangju", "daegu", "other"} }

// siteCounts splits the estate as the survey of 2022 does; own cloud and server room
// together are the institution's own room, and a centre's hosting is what is left.
func siteCounts(size int, t table) map[string]int {
	base := t.count("estate.systems")
	room := t.row("site.room")
	inRoom := int((room.Count*int64(base)*2 + room.Of) / (2 * room.Of)) // rounded
	own, private := t.count("site.own"), t.count("site.private")
	nirs := t.count("site.nirs")
	n := apportion(size, []int{nirs, own, private, inRoom - own, base - inRoom - private - nirs})
	return map[string]int{"government": n[0] + n[4], "own": n[1], "private": n[2], "onsite": n[3], "hosted": n[4]}
}

// groupWeights returns how the systems of a group spread over its kinds.
func groupWeights(group int, t table) []int {
	switch group {
	case groupCentral:
		w := t.weights("kind.constitutional")
		return []int{w[1], w[0]}
	case groupLocal:
		w := t.weights("kind.education_office")
		return []int{w[1], w[0]}
	}
	var keys []string
	for _, kind := range kindsOf(groupPublic) {
		keys = append(keys, "kind."+kind)
	}
	return t.weights(keys...)[:len(keys)]
}

// centreCounts spreads the systems of every kind in government centres over the centres.
func centreCounts(size int, inCentres []int, t table) [][]int {
	left := slices.Clone(inCentres)
	total := 0
	for _, n := range left {
		total += n
	}
	daejeon := min(apportion(size, t.weights("centre.daejeon"))[0], total)
	rest := total - daejeon
	var out [][]int
	for _, n := range []int{daejeon, rest * t.perMille("centre.gwangju") / 1000, rest * t.perMille("centre.daegu") / 1000} {
		part := apportion(n, left)
		for k := range part {
			left[k] -= part[k]
		}
		out = append(out, part)
	}
	return append(out, left)
}

// arrange puts the cells of each kind together, gives the home institution its ready
// systems, and lays the kinds out one after the other.
func (l *layout) arrange(seed uint64, byKind map[string][]cell) {
	for _, kind := range kindKeys() {
		slices.SortFunc(byKind[kind], cmpCell)
	}
	home := byKind["central"]
	at := slices.IndexFunc(home, func(c cell) bool { return c.site == "onsite" })
	for missing := l.ready - home[at].size; missing > 0; missing-- { // a nation of a handful of systems
		largest(byKind, &home[at]).size--
		home[at].size++
	}
	home[at].size -= l.ready
	start := 0
	for _, kind := range kindKeys() {
		b := block{kind: kind, start: start, from: len(l.cells)}
		for _, c := range byKind[kind] {
			if c.size > 0 {
				l.cells = append(l.cells, c)
				b.size += c.size
			}
		}
		b.to, b.shuffle = len(l.cells), newShuffle(b.size, keyed(seed, "kind "+kind))
		if kind == "central" {
			b.size += l.ready
		}
		start += b.size
		l.blocks = append(l.blocks, b)
	}
}

func cmpCell(a, b cell) int {
	if a.site == b.site && a.centre == b.centre && a.cloud {
		return -1
	}
	return cmp.Or(strings.Compare(a.site, b.site), strings.Compare(a.centre, b.centre))
}

func largest(byKind map[string][]cell, but *cell) *cell {
	var best *cell
	for _, kind := range kindKeys() {
		cells := byKind[kind]
		for i := range cells {
			if c := &cells[i]; c != but && (best == nil || c.size > best.size) {
				best = c
			}
		}
	}
	return best
}

// find returns the block of a system and its place in it.
func (l *layout) find(i int) (*block, int) {
	for b := range l.blocks {
		if at := i - l.blocks[b].start; at < l.blocks[b].size {
			return &l.blocks[b], at
		}
	}
	return nil, 0
}

// seat returns the cell and the rank of the system at a place of a block.
func (l *layout) seat(b *block, at int) (cellAt, rank int) {
	rank = b.shuffle.at(at)
	for c := b.from; c < b.to; c++ {
		if rank < l.cells[c].size {
			return c, rank
		}
		rank -= l.cells[c].size
	}
	return b.to - 1, 0
}

// share is one category of a deck with how many it should be dealt to.
type share struct {
	counts []int
	ready  int // the category of the systems that are ready, which are dealt by hand
}

// deck makes a deck over the cells that in accepts. The counts include the ready systems
// when the home's cell is among them.
func (l *layout) deck(key uint64, in func(*cell) bool, s func(size int) share) *deck {
	d := &deck{offset: make([]int, len(l.cells))}
	size := 0
	for i := range l.cells {
		d.offset[i] = -1
		if in(&l.cells[i]) {
			d.offset[i] = size
			size += l.cells[i].size
		}
	}
	extra := 0
	if in(&cell{kind: "central", site: "onsite"}) {
		extra = l.ready
	}
	cut := s(size + extra)
	take(cut.counts, cut.ready, extra)
	end := 0
	for _, n := range cut.counts {
		end += n
		d.ends = append(d.ends, end)
	}
	d.shuffle = newShuffle(max(size, 1), key)
	return d
}

// startOf is the number of the first system of a kind.
func (l *layout) startOf(kind string) int {
	for i := range l.blocks {
		if l.blocks[i].kind == kind {
			return l.blocks[i].start
		}
	}
	return 0
}
