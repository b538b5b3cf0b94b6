package policy

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// agrees compares what is found on the sheet with what the closures say.
func agrees(t testing.TB, law *Law, f *Facts, x *Finding) {
	t.Helper()
	law.Find(f, x)
	g := *f
	by := law.derive(&g)
	var u ruling
	law.rule(&g, &u)
	if x.by != by || x.facts != g {
		t.Fatalf("%s: concluded %s by %v, want %s by %v", law.schema.Encode(f), law.schema.Encode(&x.facts), x.by, law.schema.Encode(&g), by)
	}
	e := explanation{law: law, facts: &g, by: by, ruling: u, said: make([]saying, len(law.rules))}
	for i := range law.rules {
		if got, want := x.truth(i), u.truth[i]; got != want {
			t.Fatalf("%s: rule %s is %s, want %s", law.schema.Encode(f), law.rules[i].ID, got.truth(), want.truth())
		}
	}
	for i, venue := range Venues() {
		w := &u.venues[i]
		var v VenueVerdict
		e.venue(i, venue, &v)
		if got := &x.venues[i]; got.outcome != w.outcome || got.because != v.Because {
			t.Fatalf("%s at %s: %s because %q, want %s because %q", law.schema.Encode(f), venue, got.outcome, got.because, v.Outcome, v.Because)
		}
		for _, r := range v.Reasons {
			n := 0
			for law.rules[n].ID != r.Rule || law.rules[n].pack.Key != r.Pack {
				n++
			}
			if x.venues[i].wins.has(n) != r.Wins {
				t.Fatalf("%s at %s (%s): rule %s wins %t, want %t", law.schema.Encode(f), venue, v.Outcome, r.Rule, !r.Wins, r.Wins)
			}
		}
	}
}

func TestFindingsAreWhatTheClosuresSay(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 14))
	s := testSchema(t)
	var x Finding
	for round := range 14 {
		rules := 9
		if round%7 == 0 {
			rules = 70 // several words of rules
		}
		law := lawOn(t, load(t, map[string]string{"P": lawText(rng, s, "P", rules), "Q": undivided(lawText(rng, s, "Q", rules))}), "2020-06-01")
		for range 400 {
			f := someFacts(rng, s, rng.IntN(5))
			agrees(t, law, &f, &x)
		}
	}
}

// undivided drops the derivations of a pack, which only one pack may have.
func undivided(text string) string {
	head, rest, _ := strings.Cut(text, "derive:\n")
	_, rules, _ := strings.Cut(rest, "rules:\n")
	return head + "rules:\n" + rules
}

func TestFindingAllocatesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 15))
	s := testSchema(t)
	law := lawOn(t, load(t, map[string]string{"P": lawText(rng, s, "P", 40)}), "2020-06-01")
	f := someFacts(rng, s, 3)
	var x Finding
	if n := testing.AllocsPerRun(100, func() { law.Find(&f, &x) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
