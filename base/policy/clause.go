package policy

import "math/bits"

// Clause is a condition as a tree that a door can put into words: tests of single facts
// joined by and, or, not. Test is the end of a message key "policy.clause.…".
type Clause struct {
	Test   string   `json:"test"` // and, or, not, always, never, yes, no, is, is_not, one_of, none_of, at_most, at_least, has_any, has_none, some, empty
	Fact   string   `json:"fact,omitempty"`
	Values []string `json:"values,omitempty"` // codes, or one number or date
	Parts  []Clause `json:"parts,omitempty"`
}

// Clause returns the rule's condition in naru's own form. A rule read with a schema has
// one; the schema must be that one.
func (r *Rule) Clause(s *Schema) Clause { return s.clause(&r.cond) }

// Clause returns what tells from the facts that the condition is fulfilled, and whether
// anything does.
func (c *Condition) Clause(s *Schema) (Clause, bool) { return s.clause(&c.met), c.Met != "" }

func (s *Schema) clause(n *node) Clause {
	switch n.op {
	case opConst:
		if n.c == 1 {
			return Clause{Test: "always"}
		}
		return Clause{Test: "never"}
	case opAtom:
		return s.atomClause(n)
	}
	c := Clause{Test: [...]string{opAnd: "and", opOr: "or", opNot: "not"}[n.op]}
	for i := range n.kids {
		c.Parts = append(c.Parts, s.clause(&n.kids[i]))
	}
	return c
}

// atomClause names the test of one fact, its negation turned into a word of its own.
func (s *Schema) atomClause(n *node) Clause {
	f := &s.fields[n.field]
	pick := func(yes, no string) string {
		if n.neg {
			return no
		}
		return yes
	}
	c := Clause{Fact: f.Key}
	switch {
	case f.Type == Bool && n.kind == kindEqual:
		c.Test = pick("yes", "no")
		if n.c == 0 {
			c.Test = pick("no", "yes")
		}
	case n.kind == kindUpTo:
		c.Test = pick("at_most", "at_least")
		c.Values = []string{s.literal(n.field, n.c+bit(n.neg))} // more than c is at least the next
	case n.kind == kindEqual:
		c.Test, c.Values = pick("is", "is_not"), []string{s.literal(n.field, n.c)}
	case n.kind == kindAny && n.c == 1<<len(f.Codes)-1:
		c.Test = pick("some", "empty")
	default:
		c.Values = f.named(n.c)
		c.Test = f.choice(n, len(c.Values), pick)
	}
	return c
}

// choice names the test of a fact with codes.
func (f *Field) choice(n *node, values int, pick func(yes, no string) string) string {
	switch {
	case n.kind == kindAny:
		return pick("has_any", "has_none")
	case values == 1:
		return pick("is", "is_not")
	default:
		return pick("one_of", "none_of")
	}
}

// named lists the codes of a mask in the order of the code list.
func (f *Field) named(mask int64) []string {
	list := make([]string, 0, bits.OnesCount64(uint64(mask)))
	for i, c := range f.Codes {
		if mask&(1<<i) != 0 {
			list = append(list, c.Key)
		}
	}
	return list
}

// literal is the outside form of a number of the field.
func (s *Schema) literal(field int, v int64) string {
	var f Facts
	f.Put(field, v)
	return asText(s.Outside(&f, field))
}
