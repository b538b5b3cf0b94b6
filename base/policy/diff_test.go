package policy

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// edit loads a pack of one rule and setting, changed.
func edit(t testing.TB, changes ...string) *Pack {
	t.Helper()
	text := strings.Replace(pack("P", rule("1", "a.yes", "allowed"), rule("2", "a.no && a.n >= 3", "conditional", "conditions: [{ko: 나, en: b}]")),
		"rules:", "settings: [{key: k, value: v, ko: 가, en: a, unsourced: true}]\nrules:", 1)
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			t.Fatalf("no %q in the pack", changes[i])
		}
		text = strings.Replace(text, changes[i], changes[i+1], 1)
	}
	p, err := load(t, map[string]string{"P": text}).Pack("P")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestADiffNamesWhatChangedFieldByField(t *testing.T) {
	t.Parallel()
	first := rule("1", "a.yes", "allowed")
	for name, tt := range map[string]struct {
		changes []string
		want    []string // kind id change field old new
	}{
		"nothing":              {nil, nil},
		"a comment":            {[]string{"rules:", "# why\nrules:"}, nil},
		"a condition":          {[]string{"a.yes", "a.n >= 5"}, []string{"rule 1 changed when: a.yes -> a.n >= 5"}},
		"an outcome and venue": {[]string{"outcome: allowed", "outcome: not_allowed, venues: [private]"}, []string{"rule 1 changed outcome: allowed -> not_allowed", "rule 1 changed venues: government, private, ppp, own, onsite -> private"}},
		"a date":               {[]string{"{from: 2020-01-01}", "{from: 2020-01-01, to: 2024-12-31}"}, []string{"pack to:  -> 2024-12-31"}},
		"a rule taken away":    {[]string{first, ""}, []string{"rule 1 removed article: 제1조 -> "}},
		"a rule with another name": {[]string{"id: 1,", "id: 9,"}, []string{
			"rule 1 removed article: 제1조 -> ", "rule 9 added article:  -> 제1조",
		}},
		"a setting":           {[]string{"value: v", "value: w"}, []string{"setting k changed value: v -> w"}},
		"a condition's words": {[]string{"en: b", "en: c"}, []string{"rule 2 changed conditions.1.text.en: b -> c"}},
		"a source":            {[]string{"title: t", "title: s"}, []string{"pack sources.S.title: t -> s"}},
		"the order":           {[]string{first, "", "outcome: conditional", "outcome: conditional", "message: {ko: 가, en: a}, conditions: [{ko: 나, en: b}]}\n", "message: {ko: 가, en: a}, conditions: [{ko: 나, en: b}]}\n" + first}, []string{"rule 2 moved place: 2 -> 1"}},
	} {
		d := Compare(edit(t), edit(t, tt.changes...))
		var got []string
		for _, c := range d.Fields {
			got = append(got, "pack "+c.Field+": "+c.Old+" -> "+c.New)
		}
		for _, p := range d.Parts {
			for _, c := range p.Fields {
				if (p.Change == "added" || p.Change == "removed") && c.Field != "article" {
					continue
				}
				got = append(got, p.Kind+" "+p.ID+" "+p.Change+" "+c.Field+": "+c.Old+" -> "+c.New)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
		if same := d.Old.Digest == d.New.Digest; d.Empty() != same {
			t.Errorf("%s: the diff is empty: %v, the digests are the same: %v", name, d.Empty(), same)
		}
	}
}

// TestAClauseSaysWhatItsConditionSays evaluates the tree of a rule with a reader of its own.
func TestAClauseSaysWhatItsConditionSays(t *testing.T) {
	t.Parallel()
	s := testSchema(t)
	c, err := newCompiler(s)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(7, 7))
	for text, want := range map[string]string{
		"true": "always", "false": "never", "a.yes": "a.yes yes", "!a.yes": "not(a.yes yes)", "a.yes == false": "a.yes no", "a.yes != true": "a.yes no",
		"a.n >= 3": "a.n at_least 3", "a.n > 3": "a.n at_least 4", "a.n < 3": "a.n at_most 2", "a.n == 3": "a.n is 3", "a.n != 3": "a.n is_not 3",
		`a.kind == "k1"`: "a.kind is k1", `a.kind in ["k1", "k3"]`: "a.kind one_of k1,k3", `!(a.kind in ["k1", "k3"])`: "not(a.kind one_of k1,k3)",
		`a.kind != "k2"`: "a.kind is_not k2", `"s2" in a.set`: "a.set has_any s2", `sets.intersects(a.set, ["s1", "s4"])`: "a.set has_any s1,s4",
		"a.set == []": "a.set empty", "a.set != []": "a.set some", `a.day >= "2020-02-01"`: "a.day at_least 2020-02-01",
		`a.yes && (a.no || a.n <= 2)`: "and(a.yes yes; or(a.no yes; a.n at_most 2))",
	} {
		n, cerr := c.compile(text)
		if cerr != nil {
			t.Fatal(text, cerr)
		}
		clause := s.clause(&n)
		if got := spell(&clause); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
		for range 200 {
			f := someFacts(rng, s, 4)
			if got, want := holds(t, s, &clause, &f), n.eval(&f) == yes; got != want {
				t.Errorf("%s over %s: the clause says %v", text, s.Encode(&f), got)
			}
		}
	}
}

func spell(c *Clause) string {
	switch {
	case len(c.Parts) > 0:
		parts := make([]string, len(c.Parts))
		for i := range c.Parts {
			parts[i] = spell(&c.Parts[i])
		}
		return c.Test + "(" + strings.Join(parts, "; ") + ")"
	case c.Fact == "":
		return c.Test
	}
	return strings.TrimSpace(c.Fact + " " + c.Test + " " + strings.Join(c.Values, ","))
}

// holds reads a clause as a person would, over facts that are all known.
func holds(t *testing.T, s *Schema, c *Clause, f *Facts) bool {
	t.Helper()
	all, some := true, false
	for i := range c.Parts {
		part := holds(t, s, &c.Parts[i], f)
		all, some = all && part, some || part
	}
	value := s.Outside(f, max(s.Index(c.Fact), 0))
	text := asText(value)
	number, _ := f.Get(max(s.Index(c.Fact), 0))
	list, _ := value.([]string)
	shares := slices.ContainsFunc(list, func(k string) bool { return slices.Contains(c.Values, k) })
	switch c.Test {
	case "always", "never":
		return c.Test == "always"
	case "and", "or", "not":
		return c.Test == "and" && all || c.Test == "or" && some || c.Test == "not" && !some
	case "yes", "no":
		return (text == "true") == (c.Test == "yes")
	case "is", "one_of", "is_not", "none_of":
		return slices.Contains(c.Values, text) == (c.Test == "is" || c.Test == "one_of")
	case "has_any", "has_none":
		return shares == (c.Test == "has_any")
	case "some", "empty":
		return (len(list) > 0) == (c.Test == "some")
	case "at_most", "at_least":
		var bound Facts
		var v any = c.Values[0]
		if field, _ := s.Field(c.Fact); field.Type == Int {
			n := int64(0)
			for _, r := range c.Values[0] {
				n = n*10 + int64(r-'0')
			}
			v = n
		}
		if err := s.Set(&bound, c.Fact, v); err != nil {
			t.Fatal(err)
		}
		limit, _ := bound.Get(s.Index(c.Fact))
		return c.Test == "at_most" && number <= limit || c.Test == "at_least" && number >= limit
	}
	t.Fatalf("no test %q", c.Test)
	return false
}
