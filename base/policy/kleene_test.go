package policy

import (
	"math/rand/v2"
	"testing"
)

// term is a node whose truth is fixed: a Bool fact that is false, unknown or true.
func term(k kleene, field int, f *Facts) node {
	if k != maybe {
		f.Put(field, int64(k/2))
	}
	return node{op: opAtom, kind: kindEqual, field: field, c: 1}
}

func TestKleeneLaws(t *testing.T) {
	t.Parallel()
	or := func(kids ...node) node { return node{op: opOr, kids: kids} }
	all := []kleene{no, maybe, yes}
	for _, a := range all {
		for _, b := range all {
			for _, c := range all {
				var f Facts
				x, y, z := term(a, 0, &f), term(b, 1, &f), term(c, 2, &f)
				same := func(law string, l, r node) {
					if got, want := l.eval(&f), r.eval(&f); got != want {
						t.Errorf("%s fails for %v %v %v: %v and %v", law, a.truth(), b.truth(), c.truth(), got.truth(), want.truth())
					}
				}
				same("and is commutative", and(x, y), and(y, x))
				same("or is commutative", or(x, y), or(y, x))
				same("and is associative", and(and(x, y), z), and(x, and(y, z)))
				same("or is associative", or(or(x, y), z), or(x, or(y, z)))
				same("and distributes over or", and(x, or(y, z)), or(and(x, y), and(x, z)))
				same("or distributes over and", or(x, and(y, z)), and(or(x, y), or(x, z)))
				same("de Morgan", not(and(x, y)), or(not(x), not(y)))
				same("double negation", not(not(x)), x)
				same("absorption", or(x, and(x, y)), x)
			}
		}
	}
}

func TestTruthTable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ a, b, and, or kleene }{
		{no, no, no, no},
		{no, maybe, no, maybe},
		{no, yes, no, yes},
		{maybe, maybe, maybe, maybe},
		{maybe, yes, maybe, yes},
		{yes, yes, yes, yes},
	} {
		var f Facts
		x, y := term(c.a, 0, &f), term(c.b, 1, &f)
		both, either := and(x, y), node{op: opOr, kids: []node{x, y}}
		if got := both.eval(&f); got != c.and {
			t.Errorf("%s and %s = %s, want %s", c.a.truth(), c.b.truth(), got.truth(), c.and.truth())
		}
		if got := either.eval(&f); got != c.or {
			t.Errorf("%s or %s = %s, want %s", c.a.truth(), c.b.truth(), got.truth(), c.or.truth())
		}
	}
}

// TestMoreKnowledgeNeverTurnsAnAnswer is what makes unknown facts safe: a definite
// truth stays when further facts become known, and the facts named as missing are
// enough to reach one.
func TestMoreKnowledgeNeverTurnsAnAnswer(t *testing.T) {
	t.Parallel()
	s := testSchema(t)
	c, err := newCompiler(s)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 5))
	undecided := 0
	for range 3000 {
		text := writer{rng: rng, schema: s}.expr(3)
		n, cerr := c.compile(text)
		if cerr != nil {
			t.Fatal(text, cerr)
		}
		less, full := someFacts(rng, s, 2), someFacts(rng, s, 4)
		full.Merge(&less)
		before, after := n.eval(&less), n.eval(&full)
		if before != maybe && before != after {
			t.Fatalf("%s was %s and became %s with more facts", text, before.truth(), after.truth())
		}
		if before != maybe {
			if n.missing(&less) != 0 {
				t.Fatalf("%s is decided and names missing facts", text)
			}
			continue
		}
		undecided++
		filled := less
		for i := range s.Fields() {
			if n.missing(&less)&(1<<uint(i)) != 0 {
				filled.Put(i, full.Value[i])
			}
		}
		if n.missing(&less)&less.Known != 0 || n.eval(&filled) == maybe {
			t.Fatalf("%s: the facts named as missing (%v) do not decide it", text, s.fieldKeys(n.missing(&less)))
		}
	}
	if undecided < 500 {
		t.Errorf("only %d of the draws were undecided", undecided)
	}
}
