package policy

import (
	"iter"
	"math/bits"
	"slices"
)

// Batch is what a law says of every row of a table: bit planes, a bit a row, from which
// outcomes, counts and differences are read. It does not change when the table does.
type Batch struct {
	law      *Law
	rows     int
	none     []uint64
	sure     [][]uint64 // by rule: surely applies
	may      [][]uint64 // by rule: applies or may apply
	outcomes [numVenues][numOutcomes][]uint64
	open     [numVenues][]uint64
}

// numOutcomes counts what a venue may come to: the ranks, of which the first stands for
// cannot decide, and out of scope.
const (
	outOfScope  = int(forbidden) + 1
	numOutcomes = outOfScope + 1
)

func outcomeAt(i int) Outcome {
	if i == outOfScope {
		return OutOfScope
	}
	return rank(i).outcome()
}

// Batch decides every row of a table: it gives what Outcomes gives row by row, by the
// same conditions and the same rules of combining. The schema of law and table must be
// the same. It takes at most two planes a rule and eight a venue, one bit a row each,
// which the table shares with other batches. Exceptions are of single components and are
// not in it: see OutcomesUnder.
func (l *Law) Batch(t *Table) *Batch {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.planes.prepare(t)
	w := newWeaving(t)
	w.derive(l)
	rules, venues := w.law(l)
	var roots []lit
	for _, r := range rules {
		roots = append(roots, r.sure, r.may)
	}
	for v := range venues {
		roots = append(append(roots, venues[v].is[:]...), venues[v].open)
	}
	t.compute(roots)
	kept := t.planes.kept
	b := &Batch{law: l, rows: t.rows, none: kept[never]}
	for _, r := range rules {
		b.sure, b.may = append(b.sure, kept[r.sure]), append(b.may, kept[r.may])
	}
	for v := range venues {
		for o, is := range venues[v].is {
			b.outcomes[v][o] = kept[is]
		}
		b.open[v] = kept[venues[v].open]
	}
	return b
}

// Law returns the law that was asked.
func (b *Batch) Law() *Law { return b.law }

// Len returns the number of rows.
func (b *Batch) Len() int { return b.rows }

// Outcome returns the outcomes of a row.
func (b *Batch) Outcome(row int) Outcomes {
	var out Outcomes
	for v := range b.outcomes {
		for o, plane := range b.outcomes[v] {
			if plane[row>>6]>>uint(row&63)&1 == 1 {
				out[v] = outcomeAt(o)
			}
		}
	}
	return out
}

// Mask returns the rows with an outcome at a venue, a bit a row; callers do not change it.
func (b *Batch) Mask(v Venue, o Outcome) []uint64 {
	at := slices.Index(Venues(), v)
	if at < 0 {
		return b.none
	}
	for i, plane := range b.outcomes[at] {
		if outcomeAt(i) == o {
			return plane
		}
	}
	return b.none
}

// Count counts the rows with an outcome at a venue.
func (b *Batch) Count(v Venue, o Outcome) int { return CountRows(b.Mask(v, o)) }

// Open returns the rows that may go to a venue, conditions included: what Permits says
// of a verdict. Callers do not change it.
func (b *Batch) Open(v Venue) []uint64 {
	if at := slices.Index(Venues(), v); at >= 0 {
		return b.open[at]
	}
	return b.none
}

// Fired returns the rows to which a rule of a pack surely applies, and those to which it
// may because facts are missing. Callers do not change the first.
func (b *Batch) Fired(pack, rule string) (sure, maybe []uint64, ok bool) {
	for i := range b.law.rules {
		if r := &b.law.rules[i]; r.pack.Key == pack && r.ID == rule {
			maybe = make([]uint64, len(b.may[i]))
			for w := range maybe {
				maybe[w] = b.may[i][w] &^ b.sure[i][w]
			}
			return b.sure[i], maybe, true
		}
	}
	return nil, nil, false
}

// Flips returns the rows of which two laws say different things at a venue. Both
// batches are of the same table.
func Flips(a, b *Batch, v Venue) []uint64 {
	flips := make([]uint64, len(a.none))
	at := slices.Index(Venues(), v)
	if at < 0 {
		return flips
	}
	for o := range a.outcomes[at] {
		before, after := a.outcomes[at][o], b.outcomes[at][o]
		for w := range flips {
			flips[w] |= before[w] ^ after[w]
		}
	}
	return flips
}

// Turns returns the rows to which a venue opens and closes when the law of b follows
// that of a.
func Turns(a, b *Batch, v Venue) (opened, closed []uint64) {
	before, after := a.Open(v), b.Open(v)
	opened, closed = make([]uint64, len(before)), make([]uint64, len(before))
	for w := range before {
		opened[w], closed[w] = after[w]&^before[w], before[w]&^after[w]
	}
	return opened, closed
}

// CountRows counts the rows of a mask.
func CountRows(mask []uint64) int {
	n := 0
	for _, w := range mask {
		n += bits.OnesCount64(w)
	}
	return n
}

// Rows yields the rows of a mask in order.
func Rows(mask []uint64) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, w := range mask {
			for ; w != 0; w &= w - 1 {
				if !yield(i*64 + bits.TrailingZeros64(w)) {
					return
				}
			}
		}
	}
}
