package law_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"naru"
	"naru/base/policy"
)

// turns are the days on which another set of instruments, or of rules in one, begins to
// apply, and some between.
func turns(set *policy.Instruments) []naru.Date {
	days := dates()
	add := func(from, to naru.Date) {
		days = append(days, from)
		if to != "" {
			days = append(days, to, to.AddDays(1))
		}
	}
	for _, p := range set.Packs() {
		add(p.From, p.To)
		add(p.Unread.From, "")
		for _, r := range p.Rules {
			add(r.From, r.To)
		}
	}
	days = slices.DeleteFunc(days, func(d naru.Date) bool { return d < policy.FirstDay })
	slices.Sort(days)
	return slices.Compact(days)
}

// gaps draws facts of which some are forgotten: odds of 8 stay.
func gaps(rng *rand.Rand, s *policy.Schema, odds int) policy.Facts {
	f := draw(rng, s)
	for i := range s.Fields() {
		if _, known := f.Get(i); !known && odds == 8 {
			f.Put(i, 0)
		} else if known && rng.IntN(8) >= odds {
			f.Value[i], f.Known = 0, f.Known&^(1<<uint(i))
		}
	}
	return f
}

// TestBatchesAndVerdictsAndCELAgreeOnEveryDay decides drawn components under the law of
// every day on which something begins or ends: columns, closures and verdicts give the
// same outcomes, and the rules fire in the columns as CEL says of their text.
func TestBatchesAndVerdictsAndCELAgreeOnEveryDay(t *testing.T) {
	t.Parallel()
	set := load(t)
	schema, env := set.Schema(), environment(t, set)
	rng := rand.New(rand.NewPCG(37, 41))
	var rows []policy.Facts
	for _, odds := range []int{0, 2, 4, 6, 7, 8} {
		for range 45 {
			rows = append(rows, gaps(rng, schema, odds))
		}
	}
	table := schema.NewTable(len(rows))
	for i := range rows {
		table.Put(i, &rows[i])
	}
	asked := make(map[string]cel.Program)
	seen, truths := make(map[policy.Outcome]int), make(map[string]int)
	for n, day := range turns(set) {
		law, err := set.InForce(day)
		if err != nil {
			t.Fatal(err)
		}
		b := law.Batch(table)
		for i := range rows {
			short, v := law.Outcomes(&rows[i]), law.Decide(&rows[i])
			if got := b.Outcome(i); got != short {
				t.Fatalf("%s %s: the batch says %v, the closures %v", day, schema.Encode(&rows[i]), got, short)
			}
			for k, venue := range v.Venues {
				if venue.Outcome != short[k] {
					t.Fatalf("%s %s at %s: the verdict says %s, the closures %s", day, schema.Encode(&rows[i]), venue.Venue, venue.Outcome, short[k])
				}
				seen[venue.Outcome]++
			}
			if (i+n)%9 == 0 { // CEL is slow: each row every ninth day
				full := withDerived(t, schema, rows[i], &v)
				fires(t, b, i, &full, func(text string) cel.Program {
					if asked[text] == nil {
						asked[text] = program(t, env, text)
					}
					return asked[text]
				}, truths)
			}
		}
	}
	for _, o := range []policy.Outcome{policy.Allowed, policy.Conditional, policy.Consult, policy.NotAllowed, policy.OutOfScope, policy.CannotDecide} {
		if seen[o] < 100 {
			t.Errorf("%s came out %d times only", o, seen[o])
		}
	}
	for _, truth := range []string{"true", "false", "unknown"} {
		if truths[truth] < 500 {
			t.Errorf("CEL said %s %d times only", truth, truths[truth])
		}
	}
}

// fires compares the rules of a batch on one row with CEL: the text of the rule, and
// that no rule takes the component out of the instrument.
func fires(t *testing.T, b *policy.Batch, row int, full *policy.Facts, ask3 func(string) cel.Program, truths map[string]int) {
	t.Helper()
	day := b.Law().Date()
	for _, p := range b.Law().Instruments() {
		exits := ""
		for _, r := range p.Rules {
			if r.Outcome == policy.OutOfScope && day.Within(r.From, r.To) {
				exits += " && !(" + r.When + ")"
			}
		}
		for _, r := range p.Rules {
			if !day.Within(r.From, r.To) {
				continue
			}
			text := "(" + r.When + ")"
			if r.Outcome != policy.OutOfScope {
				text += exits
			}
			sure, maybe, ok := b.Fired(p.Key, r.ID)
			if !ok {
				t.Fatalf("%s: %s/%s is not in the batch", day, p.Key, r.ID)
			}
			got := "false"
			switch at := uint64(1) << uint(row&63); {
			case sure[row>>6]&at != 0:
				got = "true"
			case maybe[row>>6]&at != 0:
				got = "unknown"
			}
			says := ask(t, ask3(text), b.Law().Schema(), full)
			want := fmt.Sprint(says.Value())
			if types.IsUnknown(says) {
				want = "unknown"
			}
			if truths[want]++; got != want {
				t.Fatalf("%s %s: %s/%s is %s in the batch, %s in CEL", day, b.Law().Schema().Encode(full), p.Key, r.ID, got, want)
			}
		}
	}
}

// TestOneChangedSystemIsDecidedAsInATableBuiltAnew puts rows again under the whole law.
func TestOneChangedSystemIsDecidedAsInATableBuiltAnew(t *testing.T) {
	t.Parallel()
	set := load(t)
	schema := set.Schema()
	rng := rand.New(rand.NewPCG(43, 47))
	rows := make([]policy.Facts, 1000)
	table := schema.NewTable(len(rows))
	for i := range rows {
		rows[i] = draw(rng, schema)
		table.Put(i, &rows[i])
	}
	for _, day := range dates() {
		law, err := set.InForce(day)
		if err != nil {
			t.Fatal(err)
		}
		law.Batch(table)
		for range 3 {
			i := rng.IntN(len(rows))
			rows[i] = gaps(rng, schema, rng.IntN(9))
			table.Put(i, &rows[i])
			anew := schema.NewTable(len(rows))
			for k := range rows {
				anew.Put(k, &rows[k])
			}
			changed, whole := law.Batch(table), law.Batch(anew)
			for _, v := range policy.Venues() {
				if n := policy.CountRows(policy.Flips(changed, whole, v)); n > 0 {
					t.Fatalf("%s at %s: %d rows differ from a table built anew", day, v, n)
				}
			}
		}
	}
}
