package feed

import (
	"cmp"
	"math/bits"
	"slices"
)

// apportion splits total by weights into whole numbers that add up to it exactly: each
// gets its share rounded down, and what is left goes to the largest remainders.
func apportion(total int, weights []int) []int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	out := make([]int, len(weights))
	if sum == 0 {
		return out
	}
	order := make([]int, len(weights))
	left := total
	for i, w := range weights {
		order[i] = i
		out[i] = total * w / sum
		left -= out[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(total*weights[b]%sum, total*weights[a]%sum) })
	for _, i := range order[:left] {
		out[i]++
	}
	return out
}

// take lowers one count by n without going below zero; what is missing comes from the
// largest counts, so that the sum falls by n.
func take(counts []int, at, n int) {
	have := min(counts[at], n)
	counts[at] -= have
	for n -= have; n > 0; n-- {
		largest := 0
		for i := range counts {
			if counts[i] > counts[largest] {
				largest = i
			}
		}
		if counts[largest] == 0 {
			return
		}
		counts[largest]--
	}
}

// shuffle is a permutation of the numbers below size that needs no memory: a Feistel
// network, walked until it lands inside.
type shuffle struct {
	size uint64
	half uint
	key  uint64
}

func newShuffle(size int, key uint64) shuffle {
	half := (bits.Len64(uint64(max(size-1, 1))) + 1) / 2
	return shuffle{uint64(size), uint(half), key}
}

func (s shuffle) at(i int) int {
	x, mask := uint64(i), uint64(1)<<s.half-1
	for {
		left, right := x>>s.half, x&mask
		for round := range uint64(4) {
			left, right = right, left^(mix(s.key+round, right)&mask)
		}
		if x = left<<s.half | right; x < s.size {
			return int(x)
		}
	}
}

// mix is the finaliser of SplitMix64 over two numbers.
func mix(a, b uint64) uint64 {
	x := a*0x9e3779b97f4a7c15 + b + 0x632be59bd9b4e019
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// keyed makes a key of its own for a name.
func keyed(seed uint64, name string) uint64 {
	for _, b := range []byte(name) {
		seed = mix(seed, uint64(b))
	}
	return seed
}

// dice draws what is not drawn by quota, for one system at a time.
type dice struct{ key, count uint64 }

func (d *dice) n(below int) int {
	d.count++
	return int(mix(d.key, d.count) % uint64(below))
}

// chance is true in perMille of a thousand draws.
func (d *dice) chance(perMille int) bool { return d.n(1000) < perMille }

func pick[T any](d *dice, list ...T) T { return list[d.n(len(list))] }

// deck deals categories over the systems of some cells, so that each category comes out
// as often as it should, to the system.
type deck struct {
	shuffle
	offset []int // of a cell within the deck, -1 when it is not in it
	ends   []int // where the categories end, in the shuffled order
}

// deal returns the category of the system at rank of a cell; -1 when it is not in the deck.
func (d *deck) deal(cell, rank int) int {
	if d.offset[cell] < 0 {
		return -1
	}
	at := d.at(d.offset[cell] + rank)
	for c, end := range d.ends {
		if at < end {
			return c
		}
	}
	return len(d.ends) - 1
}
