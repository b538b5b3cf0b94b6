package policy

import (
	"math/bits"
	"sync"
)

// Table holds the facts of many components as columns, so that a law is asked of all of
// them at once. A fact that nobody knows costs nothing; otherwise a row costs one bit
// for "known" and, beyond it, one bit of a Bool, one bit per code of an Enum or a Set
// that occurs, and eight bytes of an Int or a Date. The schema of naru's inventory, all
// known, is about 95 bytes a row: 95 MB for a million systems.
//
// A table remembers the planes that laws had computed of it, each by its definition, so
// that the next law computes only what is new. It holds at most [maxPlanes] of them,
// one bit a row each, and forgets all when there are more. All methods may be called
// from many goroutines; a [Batch] answers for the table as it was when it was made.
type Table struct {
	schema *Schema
	rows   int

	mu      sync.Mutex
	columns []column
	planes  planes
}

// column holds one fact of every row. Its slices are nil until they are needed.
type column struct {
	typ     FieldType
	known   []uint64
	count   int        // rows that know it
	codes   [][]uint64 // Bool: one plane; Enum and Set: one per code
	numbers []int64    // Int and Date
}

// NewTable returns a table of rows about which nothing is known.
func (s *Schema) NewTable(rows int) *Table {
	t := &Table{schema: s, rows: rows, columns: make([]column, len(s.fields))}
	for i := range s.fields {
		c := &t.columns[i]
		c.typ = s.fields[i].Type
		switch c.typ {
		case Bool:
			c.codes = make([][]uint64, 1)
		case Enum, Set:
			c.codes = make([][]uint64, len(s.fields[i].Codes))
		}
	}
	t.planes.reset(t)
	return t
}

// Len returns the number of rows.
func (t *Table) Len() int { return t.rows }

// Schema returns the facts the rows are made of.
func (t *Table) Schema() *Schema { return t.schema }

// words is how many words a plane of the table has: whole blocks, so that no loop has a
// tail. Bits beyond the last row mean nothing inside and are never handed out.
func (t *Table) words() int {
	return (t.rows + blockRows - 1) / blockRows * blockWords
}

// Put replaces the facts of a row. What laws had computed of the row is computed again
// when the next law asks.
func (t *Table) Put(row int, f *Facts) {
	if row < 0 || row >= t.rows {
		panic("policy: row outside the table")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.columns {
		c := &t.columns[i]
		v, known := f.Get(i)
		if !known && c.known == nil {
			continue
		}
		if c.put(t, row, v, known) {
			t.planes.shape++
		}
	}
	t.planes.touch(row >> 6)
}

// put stores a fact and reports whether the column took another shape: laws fold away
// what is known of all rows or of none.
func (c *column) put(t *Table, row int, v int64, known bool) bool {
	if c.known == nil {
		c.known = make([]uint64, t.words())
		if c.codes == nil {
			c.numbers = make([]int64, (t.rows+63)&^63)
		}
	}
	word, at := row>>6, uint(row&63)
	before := c.count
	c.count -= int(c.known[word] >> at & 1)
	setBit(c.known, word, at, known)
	if known {
		c.count++
	}
	grown := false
	if c.codes == nil {
		if !known {
			v = 0
		}
		c.numbers[row] = v
	} else {
		grown = c.putCodes(t, row, v, known)
	}
	edge := func(n int) bool { return n == 0 || n == t.rows }
	return grown || before != c.count && (edge(before) || edge(c.count))
}

// putCodes stores a fact as its codes and reports whether one occurs for the first time.
func (c *column) putCodes(t *Table, row int, v int64, known bool) (grown bool) {
	word, at := row>>6, uint(row&63)
	has := c.has(v)
	if !known {
		has = 0
	}
	for i := range c.codes {
		on := has>>uint(i)&1 == 1
		if c.codes[i] == nil {
			if !on {
				continue
			}
			c.codes[i] = make([]uint64, t.words())
			grown = true
		}
		setBit(c.codes[i], word, at, on)
	}
	return grown
}

// has turns a value into the mask of the column's codes that it has.
func (c *column) has(v int64) uint64 {
	switch c.typ {
	case Bool:
		return uint64(bit(v == 1))
	case Enum:
		return 1 << uint(v&63)
	}
	return uint64(v)
}

func setBit(plane []uint64, word int, at uint, on bool) {
	plane[word] = plane[word]&^(1<<at) | uint64(bit(on))<<at
}

// Facts returns the facts of a row.
func (t *Table) Facts(row int) Facts {
	t.mu.Lock()
	defer t.mu.Unlock()
	var f Facts
	word, at := row>>6, uint(row&63)
	for i := range t.columns {
		c := &t.columns[i]
		if c.known == nil || c.known[word]>>at&1 == 0 {
			continue
		}
		if c.numbers != nil {
			f.Put(i, c.numbers[row])
			continue
		}
		var has uint64
		for code, plane := range c.codes {
			if plane != nil {
				has |= plane[word] >> at & 1 << uint(code)
			}
		}
		if c.typ == Enum {
			has = uint64(bits.TrailingZeros64(has))
		}
		f.Put(i, int64(has))
	}
	return f
}

// status tells what is known of a field's rows: by none never, by all always, else the
// plane itself.
func (c *column) status(g *graph, field, rows int) lit {
	switch c.count {
	case 0:
		return never
	case rows:
		return always
	}
	return g.read(leaf{kind: leafKnown, field: field})
}

// code returns the plane of the rows whose fact is, or has, a code.
func (c *column) code(g *graph, field int, code uint) lit {
	if int(code) >= len(c.codes) || c.codes[code] == nil {
		return never
	}
	return g.read(leaf{kind: leafCode, field: field, c: int64(code)})
}

// Forget drops what laws had computed of the table; the next law starts cold.
func (t *Table) Forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.planes.reset(t)
}
