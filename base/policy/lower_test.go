package policy

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
)

// writer writes random conditions that lower, in the spellings authors may choose.
type writer struct {
	rng    *rand.Rand
	schema *Schema
}

func (w writer) pick(list ...string) string { return list[w.rng.IntN(len(list))] }

func (w writer) expr(depth int) string {
	if depth == 0 || w.rng.IntN(4) == 0 {
		return w.atom()
	}
	switch w.rng.IntN(5) {
	case 0:
		return "!(" + w.expr(depth-1) + ")"
	case 1, 2:
		return "(" + w.expr(depth-1) + " && " + w.expr(depth-1) + ")"
	default:
		return "(" + w.expr(depth-1) + " || " + w.expr(depth-1) + ")"
	}
}

func (w writer) atom() string {
	sign := w.pick("==", "!=", "<", "<=", ">", ">=")
	equal := w.pick("==", "!=")
	kind, set := w.pick("k1", "k2", "k3"), w.pick("s1", "s2", "s3", "s4")
	day := fmt.Sprintf("%q", w.pick("2019-04-14", "2019-04-16", "2019-04-18", "2020-02-29"))
	switch w.rng.IntN(12) {
	case 0:
		return w.pick("a.yes", "a.no", "!a.yes", "true", "false")
	case 1:
		return "a.yes " + equal + w.pick(" true", " false")
	case 2:
		return fmt.Sprintf("a.n %s %d", sign, w.rng.IntN(8))
	case 3:
		return fmt.Sprintf("%d %s a.n", w.rng.IntN(8), sign)
	case 4:
		return "a.day " + sign + " " + day
	case 5:
		return day + " " + sign + " a.day"
	case 6:
		return fmt.Sprintf("a.kind %s %q", equal, kind)
	case 7:
		return fmt.Sprintf("a.kind in [%q, %q]", kind, w.pick("k1", "k2"))
	case 8:
		return fmt.Sprintf("%q in a.set", set)
	case 9:
		return fmt.Sprintf("sets.intersects(a.set, [%q, %q])", set, w.pick("s1", "s2"))
	case 10:
		return w.pick(fmt.Sprintf("a.set.exists(k, k in [%q, %q])", set, w.pick("s1", "s2")), fmt.Sprintf("a.set.exists(k, k == %q)", set))
	default:
		return "a.set " + equal + " []"
	}
}

// oracle evaluates a condition with cel.Program, unknown facts as CEL's own unknowns.
func oracle(t testing.TB, c *compiler, text string, f *Facts) Truth {
	t.Helper()
	checked, issues := c.env.Compile(text)
	if issues.Err() != nil {
		t.Fatal(text, issues.Err())
	}
	program, err := c.env.Program(checked, cel.EvalOptions(cel.OptPartialEval))
	if err != nil {
		t.Fatal(text, err)
	}
	var unknown []*cel.AttributePatternType
	for i, field := range c.schema.Fields() {
		if _, known := f.Get(i); !known {
			unknown = append(unknown, cel.AttributePattern(field.Key))
		}
	}
	vars, err := cel.PartialVars(c.schema.Map(f), unknown...)
	if err != nil {
		t.Fatal(err)
	}
	out, _, err := program.Eval(vars)
	switch {
	case types.IsUnknown(out):
		return Unknown
	case err != nil:
		t.Fatal(text, err)
	case out == types.True:
		return True
	}
	return False
}

func TestLoweredConditionsAgreeWithCEL(t *testing.T) {
	t.Parallel()
	s := testSchema(t)
	c, err := newCompiler(s)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(7, 11))
	seen := map[Truth]int{}
	for range 1200 {
		w := writer{rng: rng, schema: s}
		seen[agree(t, c, w.expr(1+rng.IntN(3)), rng)]++
	}
	for _, truth := range []Truth{True, False, Unknown} {
		if seen[truth] < 100 {
			t.Errorf("%s came out %d times only", truth, seen[truth])
		}
	}
}

// agree compares one condition over drawn facts, whole and with gaps, and over the
// boundary between them.
func agree(t testing.TB, c *compiler, text string, rng *rand.Rand) (truth Truth) {
	t.Helper()
	n, cerr := c.compile(text)
	if cerr != nil {
		t.Fatal(text, cerr)
	}
	for _, odds := range []int{4, 3, 2} {
		f := someFacts(rng, c.schema, odds)
		truth = n.eval(&f).truth()
		if run := n.compiled()(&f).truth(); run != truth {
			t.Fatalf("%s over %s is %s when compiled and %s when walked", text, c.schema.Encode(&f), run, truth)
		}
		if want := oracle(t, c, text, &f); truth != want {
			t.Fatalf("%s over %s is %s, CEL says %s", text, c.schema.Encode(&f), truth, want)
		}
	}
	return truth
}

func FuzzLowerAgreesWithCEL(f *testing.F) {
	for seed := range uint64(16) {
		f.Add(seed, seed*31)
	}
	s := testSchema(f)
	c, err := newCompiler(s)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, a, b uint64) {
		rng := rand.New(rand.NewPCG(a, b))
		agree(t, c, writer{rng: rng, schema: s}.expr(4), rng)
	})
}

// FuzzCompileNeverPanics feeds any text as a condition: it is lowered or refused with
// a place inside it.
func FuzzCompileNeverPanics(f *testing.F) {
	for _, text := range []string{"a.yes", "a.n > ", "a.set.exists(k, k in ['s1'])", "\n\na.kind == 'zz'", "1 + a.n == 2", "[1].all(x, x > 0)", "((((", "a.day == '2020-02-30'"} {
		f.Add(text)
	}
	c, err := newCompiler(testSchema(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, cerr := c.compile(text)
		switch {
		case cerr == nil && n.size() > maxNodes:
			t.Errorf("%q lowered to %d parts", text, n.size())
		case cerr != nil && (cerr.line < 0 || cerr.column < 0 || cerr.line > strings.Count(text, "\n")+1):
			t.Errorf("%q refused at %d:%d", text, cerr.line, cerr.column)
		}
	})
}

func TestConditionsThatDoNotLowerAreRefused(t *testing.T) {
	t.Parallel()
	c, err := newCompiler(testSchema(t))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"a.unknown":                           "cel",
		"a.n +":                               "cel",
		"a.n == 'x'":                          "cel",
		"a.n":                                 "not_bool",
		"a.kind":                              "not_bool",
		"a.n + 1 > 2":                         "not_lowered",
		"a.yes == a.no":                       "not_lowered",
		"a.kind < 'k2'":                       "not_lowered",
		"a.kind.startsWith('k')":              "not_lowered",
		"a.kind in []":                        "not_lowered",
		"a.set == ['s1']":                     "not_lowered",
		"a.set.all(k, k == 's1')":             "not_lowered",
		"a.set.exists(k, k == 's1' || a.yes)": "not_lowered",
		"size(a.set) > 1":                     "not_lowered",
		"a.kind == 'k9'":                      "bad_code",
		"'s9' in a.set":                       "bad_code",
		"a.n == 1001":                         "bad_code",
		"a.n > -1":                            "bad_code",
		"a.day > '2020-02-30'":                "bad_code",
		strings.Repeat("a.yes && ", 200) + "a.no": "too_costly",
	} {
		if _, cerr := c.compile(text); cerr == nil || cerr.key != want {
			t.Errorf("%.40s: %v, want %s", text, cerr, want)
		}
	}
}

// form writes a node without the author's words.
func form(n node) string {
	out := fmt.Sprint(n.op, n.kind, n.field, n.c, n.neg)
	for _, kid := range n.kids {
		out += "(" + form(kid) + ")"
	}
	return out
}

func TestOneConditionInTwoSpellingsIsTheSame(t *testing.T) {
	t.Parallel()
	c, err := newCompiler(testSchema(t))
	if err != nil {
		t.Fatal(err)
	}
	for a, b := range map[string]string{
		"a.n >= 5":                          "5 <= a.n",
		"a.n < 5":                           "a.n <= 4",
		"a.kind == 'k1'":                    "a.kind in ['k1']",
		"'s1' in a.set":                     "a.set.exists(k, k == 's1')",
		"sets.intersects(a.set, ['s1'])":    "'s1' in a.set",
		"a.yes && a.no && a.n == 1":         "a.yes && (a.no && a.n == 1)",
		"a.yes == true":                     "a.yes",
		"a.set.exists(k, k in ['s2','s1'])": "sets.intersects(['s1', 's2'], a.set)",
	} {
		x, err1 := c.compile(a)
		y, err2 := c.compile(b)
		if err1 != nil || err2 != nil {
			t.Error(a, err1, b, err2)
			continue
		}
		if form(x) != form(y) {
			t.Errorf("%s lowers to %s, %s to %s", a, form(x), b, form(y))
		}
	}
}
