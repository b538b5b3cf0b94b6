package law_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"

	"naru"
	"naru/base/policy"
	"naru/flow/inventory"
	packs "naru/packs/law"
)

// dates are days on which different instruments are in force.
func dates() []naru.Date {
	return []naru.Date{
		"2015-09-28", "2016-07-05", "2017-03-02", "2019-03-01", "2020-01-06", "2020-07-01", "2021-08-02", "2022-01-03",
		"2022-06-01", "2023-06-01", "2024-05-01", "2025-10-01", "2026-03-01", "2026-10-01", "2028-01-01", "2031-01-01",
	}
}

// environment is CEL over the facts of the packs.
func environment(t *testing.T, set *policy.Instruments) *cel.Env {
	t.Helper()
	opts := []cel.EnvOption{ext.Sets()}
	for _, f := range set.Schema().Fields() {
		kind := map[policy.FieldType]*cel.Type{
			policy.Bool: cel.BoolType, policy.Int: cel.IntType, policy.Date: cel.StringType,
			policy.Enum: cel.StringType, policy.Set: cel.ListType(cel.StringType),
		}[f.Type]
		opts = append(opts, cel.Variable(f.Key, kind))
	}
	env, err := cel.NewEnv(opts...)
	if err != nil {
		t.Fatal(err)
	}
	return env
}

// program compiles a condition with CEL itself.
func program(t *testing.T, env *cel.Env, text string) cel.Program {
	t.Helper()
	checked, issues := env.Compile(text)
	if issues.Err() != nil {
		t.Fatal(text, issues.Err())
	}
	prg, err := env.Program(checked, cel.EvalOptions(cel.OptPartialEval))
	if err != nil {
		t.Fatal(text, err)
	}
	return prg
}

// programs compiles every rule and derivation of the packs.
func programs(t *testing.T, set *policy.Instruments) map[string]cel.Program {
	t.Helper()
	env := environment(t, set)
	out := make(map[string]cel.Program)
	for _, p := range set.Packs() {
		for _, r := range p.Rules {
			out[p.Key+"/"+r.ID] = program(t, env, r.When)
		}
		for _, d := range set.View(p, policy.FirstDay).Derived {
			out[p.Key+"/"+d.ID] = program(t, env, d.When)
		}
	}
	return out
}

// draw makes facts of a component; each is known three times out of four.
func draw(rng *rand.Rand, s *policy.Schema) policy.Facts {
	var f policy.Facts
	for i, field := range s.Fields() {
		if rng.IntN(4) == 0 {
			continue
		}
		switch field.Type {
		case policy.Bool:
			f.Put(i, rng.Int64N(2))
		case policy.Enum:
			f.Put(i, rng.Int64N(int64(len(field.Codes))))
		case policy.Set:
			f.Put(i, rng.Int64N(1<<len(field.Codes))&rng.Int64N(1<<len(field.Codes))&rng.Int64N(1<<len(field.Codes)))
		case policy.Int:
			f.Put(i, []int64{0, 1, 3, 4, 49_999, 50_000, 999_999, 1_000_000}[rng.IntN(8)]%max(field.Max, 1<<30))
		default:
			f.Put(i, rng.Int64N(20_000))
		}
	}
	return f
}

// TestVerdictsAgreeWithCELAndWithTheShortAnswer draws components and compares every
// reason of every verdict with what CEL says of the rule as it is written, and the
// outcomes with those that the bulk run stores.
func TestVerdictsAgreeWithCELAndWithTheShortAnswer(t *testing.T) {
	t.Parallel()
	set := load(t)
	prgs, schema := programs(t, set), set.Schema()
	rng := rand.New(rand.NewPCG(19, 23))
	compared, met := 0, make(map[string]bool)
	for _, date := range dates() {
		law, err := set.InForce(date)
		if err != nil {
			t.Fatal(err)
		}
		for range 150 {
			f := draw(rng, schema)
			v := law.Decide(&f)
			short := law.Outcomes(&f)
			full := withDerived(t, schema, f, &v)
			for _, r := range v.Pending {
				met[r.Pack] = true
				if says := ask(t, prgs[r.Pack+"/"+r.Rule], schema, &full); r.Truth == policy.True && says != types.True || says == types.False {
					t.Fatalf("%s %s: %s/%s is %s beside the verdict, %v in CEL", date, schema.Encode(&full), r.Pack, r.Rule, r.Truth, says)
				}
			}
			for i, venue := range v.Venues {
				if short[i] != venue.Outcome {
					t.Fatalf("%s %s at %s: bulk says %s, the verdict %s", date, schema.Encode(&f), venue.Venue, short[i], venue.Outcome)
				}
				for _, r := range venue.Reasons {
					compared++
					met[r.Pack] = true
					says := ask(t, prgs[r.Pack+"/"+r.Rule], schema, &full)
					if r.Truth == policy.True && says != types.True || says == types.False {
						t.Fatalf("%s %s: %s/%s is %s in the verdict, %v in CEL", date, schema.Encode(&full), r.Pack, r.Rule, r.Truth, says)
					}
				}
			}
		}
	}
	if compared < 20000 {
		t.Errorf("only %d reasons were compared", compared)
	}
	for key := range prgs {
		if pack, _, _ := strings.Cut(key, "/"); !met[pack] {
			t.Errorf("no reason of %s was compared", pack)
		}
	}
}

// withDerived adds what the verdict says was concluded.
func withDerived(t *testing.T, s *policy.Schema, f policy.Facts, v *policy.Verdict) policy.Facts {
	t.Helper()
	for _, d := range v.Derived {
		var value any = d.Value
		if d.Value == "true" || d.Value == "false" {
			value = d.Value == "true"
		}
		if err := s.Set(&f, d.Fact, value); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func ask(t *testing.T, p cel.Program, s *policy.Schema, f *policy.Facts) ref.Val {
	t.Helper()
	var unknown []*cel.AttributePatternType
	for i, field := range s.Fields() {
		if _, known := f.Get(i); !known {
			unknown = append(unknown, cel.AttributePattern(field.Key))
		}
	}
	vars, err := cel.PartialVars(s.Map(f), unknown...)
	if err != nil {
		t.Fatal(err)
	}
	out, _, err := p.Eval(vars)
	if err != nil && !types.IsUnknown(out) {
		t.Fatal(err)
	}
	return out
}

// TestUnknownFactsAreNamedAndFillingThemDecides is the promise to officers: an answer
// that waits for facts says which, and none waits once everything is known.
func TestUnknownFactsAreNamedAndFillingThemDecides(t *testing.T) {
	t.Parallel()
	set := load(t)
	schema := set.Schema()
	rng := rand.New(rand.NewPCG(29, 31))
	asked := 0
	for _, date := range dates() {
		law, err := set.InForce(date)
		if err != nil {
			t.Fatal(err)
		}
		for range 200 {
			less, full := draw(rng, schema), draw(rng, schema)
			v := law.Decide(&less)
			for _, venue := range v.Venues {
				if (venue.Because == policy.MissingFacts) != (len(venue.Missing) > 0) {
					t.Fatalf("%s %s at %s: because %q, missing %v", date, schema.Encode(&less), venue.Venue, venue.Because, venue.Missing)
				}
				if (venue.Outcome == policy.CannotDecide) != (venue.Because != "") {
					t.Fatalf("%s at %s: %s because %q", date, venue.Venue, venue.Outcome, venue.Because)
				}
				for _, key := range venue.Missing {
					asked++
					if _, known := less.Get(schema.Index(key)); known {
						t.Fatalf("%s is named as missing and known", key)
					}
				}
			}
			full.Merge(&less)
			for i := range schema.Fields() { // nothing unknown any more
				if _, known := full.Get(i); !known {
					full.Put(i, 0)
				}
			}
			for _, venue := range func() []policy.VenueVerdict { w := law.Decide(&full); return w.Venues }() {
				if venue.Because == policy.MissingFacts {
					t.Fatalf("%s at %s: everything is known and %v is missing", date, venue.Venue, venue.Missing)
				}
			}
		}
	}
	if asked < 500 {
		t.Errorf("only %d facts were asked for", asked)
	}
}

func TestTheShortAnswerAllocatesItsCopyOfTheFactsOnly(t *testing.T) {
	set := load(t)
	law, err := set.InForce("2026-03-01")
	if err != nil {
		t.Fatal(err)
	}
	f := draw(rand.New(rand.NewPCG(1, 1)), set.Schema())
	if n := testing.AllocsPerRun(100, func() { law.Outcomes(&f) }); n > 1 {
		t.Errorf("%v allocations per decision", n)
	}
}

func BenchmarkOutcomes(b *testing.B) {
	set, err := policy.Load(inventory.Facts(), packs.Files)
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for _, date := range []naru.Date{"2020-07-01", "2026-03-01"} {
		law, err := set.InForce(date)
		if err != nil {
			b.Fatal(err)
		}
		list := make([]policy.Facts, 1000)
		for i := range list {
			list[i] = draw(rng, set.Schema())
		}
		b.Run(fmt.Sprintf("short/%s", date), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				law.Outcomes(&list[i%len(list)])
			}
		})
		b.Run(fmt.Sprintf("found/%s", date), func(b *testing.B) {
			var x policy.Finding
			for i := 0; b.Loop(); i++ {
				law.Find(&list[i%len(list)], &x)
			}
		})
		b.Run(fmt.Sprintf("full/%s", date), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				law.Decide(&list[i%len(list)])
			}
		})
	}
}
