package policy

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"naru"
)

func TestBrokenPacksAreRefusedWithTheirPlace(t *testing.T) {
	t.Parallel()
	good := pack("P", rule("1", "a.yes", "allowed"))
	swap := func(old, with string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("the good pack has no %q", old)
		}
		return strings.Replace(good, old, with, 1)
	}
	block := func(when string) string {
		return strings.Replace(good, "  - {id: 1, when: 'a.yes', outcome: allowed, article: 제1조, source: S, message: {ko: 가, en: a}}",
			"  - id: \"1\"\n    when: |\n"+when+"\n    outcome: allowed\n    article: 제1조\n    source: S\n    message: {ko: 가, en: a}", 1)
	}
	for name, tt := range map[string]struct{ text, want string }{
		"an unknown fact":                 {swap("a.yes", "a.huh"), "P/pack.yaml:7:20: cel: undeclared reference to 'a'"},
		"an unknown fact in a block":      {block("      a.yes &&\n        a.huh"), "P/pack.yaml:10:9: cel:"},
		"bad CEL":                         {swap("a.yes", "a.yes &&"), "P/pack.yaml:7:28: cel: Syntax error"},
		"a code outside the list":         {swap("a.yes", `a.kind == "k9"`), "P/pack.yaml:7:30: bad_code: k9 is no code of a.kind"},
		"a condition that is no bool":     {swap("a.yes", "a.n"), "P/pack.yaml:7:20: not_bool: int"},
		"a condition on two facts":        {swap("a.yes", "a.yes == a.no"), "not_lowered:"},
		"an unknown field":                {swap("outcome: allowed", "outcome: allowed, colour: red"), "P/pack.yaml:7:46: unknown_field: colour"},
		"an unknown field of the pack":    {swap("status: notice", "status: notice\nstate: x"), "P/pack.yaml:4:1: unknown_field: state"},
		"a field that stands twice":       {swap("status: notice", "status: notice\nstatus: plan"), "P/pack.yaml:4:1: duplicate: status"},
		"a bad date":                      {swap("2020-01-01", "2020-02-30"), `P/pack.yaml:4:18: bad_value: date "2020-02-30"`},
		"an unknown status":               {swap("notice", "rumour"), "P/pack.yaml:3:9: bad_value: rumour"},
		"an unknown outcome":              {swap("allowed", "maybe"), "P/pack.yaml:7:37: bad_value: maybe"},
		"an unknown venue":                {swap("outcome: allowed", "outcome: allowed, venues: [moon]"), "P/pack.yaml:7:55: bad_value: moon"},
		"a rule without article":          {swap("article: 제1조, ", ""), "P/pack.yaml:7:5: no_citation:"},
		"a rule without source":           {swap(" source: S,", ""), "P/pack.yaml:7:5: no_citation:"},
		"an unknown source":               {swap("source: S,", "source: X,"), "P/pack.yaml:7:5: unknown_source: X"},
		"a rule without message":          {swap(", message: {ko: 가, en: a}", ""), "P/pack.yaml:7:5: missing_field: message"},
		"a message in one language":       {swap("message: {ko: 가, en: a}", "message: {ko: 가}"), "missing_field: en"},
		"an unknown role":                 {swap("message: {ko: 가, en: a}", `message: {ko: "{chief}", en: a}`), "unknown_role: chief"},
		"overlapping ids":                 {good + rule("1", "a.no", "allowed"), "P/pack.yaml:8:5: duplicate: 1"},
		"a condition without words":       {swap("allowed", "conditional"), "P/pack.yaml:7:5: missing_field: conditions"},
		"a consultation of nobody":        {swap("allowed", "consult"), "P/pack.yaml:7:5: missing_field: decides"},
		"an exception by nobody":          {swap("outcome: allowed", "outcome: not_allowed, exception: {ko: 가, en: a, opinion: head}"), "P/pack.yaml:7:61: missing_field: decides"},
		"an exception by a stranger":      {swap("outcome: allowed", "outcome: not_allowed, exception: {ko: 가, en: a, decides: chief}"), "P/pack.yaml:7:85: unknown_role: chief"},
		"an opinion on nothing":           {swap("outcome: allowed", "outcome: allowed, opinion: head"), "P/pack.yaml:7:5: bad_value: opinion"},
		"a decision on nothing":           {swap("outcome: allowed", "outcome: allowed, decides: head"), "P/pack.yaml:7:5: bad_value: opinion"},
		"a derivation with a rule's id":   {swap("rules:", "derive:\n  - {id: 1, fact: a.class, value: C, when: a.yes, article: 1, source: S, message: {ko: 가, en: a}}\nrules:"), "P/pack.yaml:9:5: duplicate: 1"},
		"a setting of no source":          {swap("rules:", "settings:\n  - {key: k, value: v, ko: 가, en: a}\nrules:"), "P/pack.yaml:7:5: no_citation: source or unsourced"},
		"a setting of an unknown source":  {swap("rules:", "settings:\n  - {key: k, value: v, ko: 가, en: a, source: X}\nrules:"), "P/pack.yaml:7:5: unknown_source: X"},
		"a setting that has and has none": {swap("rules:", "settings:\n  - {key: k, value: v, ko: 가, en: a, source: S, unsourced: true}\nrules:"), "P/pack.yaml:7:5: bad_value: k has a source"},
		"a setting that stands twice":     {swap("rules:", "settings:\n  - {key: k, value: v, ko: 가, en: a, source: S}\n  - {key: k, value: w, ko: 가, en: a, source: S}\nrules:"), "P/pack.yaml:8:5: duplicate: k"},
		"unsourced said by another word":  {swap("rules:", "settings:\n  - {key: k, value: v, ko: 가, en: a, unsourced: yes}\nrules:"), "P/pack.yaml:7:49: bad_value: yes is not true"},
		"a certificate by no setting":     {swap("outcome: allowed", "outcome: allowed, certificate: {scheme: CSAP, tier: low, higher: k}"), "P/pack.yaml:7:93: bad_value: k is no setting"},
		"required at two venues":          {swap("outcome: allowed", "outcome: required, venues: [own, ppp]"), "P/pack.yaml:7:5: bad_value: required"},
		"waiting for an unknown fact":     {swap("outcome: allowed", "outcome: allowed, upon: [a.huh]"), "P/pack.yaml:7:5: unknown_fact: a.huh"},
		"a condition beyond the bound":    {swap("a.yes", strings.Repeat("a.yes || ", 150)+"a.no"), "too_costly:"},
		"neither in force nor announced":  {swap("in_force: {from: 2020-01-01}\n", ""), "P/pack.yaml:1:1: missing_field: in_force or announced"},
		"another key than its folder":     {swap("key: P", "key: Q"), "P/pack.yaml:1:1: bad_value: key Q in folder P"},
		"no YAML":                         {"key: [", "P/pack.yaml:1:1: yaml:"},
		"two documents":                   {good + "---\nkey: Q\n", "yaml: second document"},
		"a list in place of a pack":       {"- a", "P/pack.yaml:1:1: bad_value: mapping expected"},
		"a derived code outside the list": {swap("rules:", "derive:\n  - {id: d, fact: a.class, value: Z, when: a.yes, article: 1, source: S, message: {ko: 가, en: a}}\nrules:"), "P/pack.yaml:7:5: bad_value:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Load(testSchema(t), files(map[string]string{"P": tt.text}))
			var e *naru.Error
			if !errors.As(err, &e) || e.Kind != naru.Invalid || len(e.Problems) == 0 {
				t.Fatalf("err = %v, want a refusal with problems", err)
			}
			cause := errors.Unwrap(err).Error()
			if !strings.Contains(cause, tt.want) {
				t.Errorf("faults:\n%s\nwant %s", cause, tt.want)
			}
			p := e.Problems[0]
			if p.Row < 1 || p.Field != "P/pack.yaml" || !strings.HasPrefix(p.Message.Key, "policy.fault.") {
				t.Errorf("problem %+v does not say where", p)
			}
		})
	}
}

func TestEveryFaultOfEveryFileIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Load(testSchema(t), files(map[string]string{
		"P": pack("P", rule("1", "a.huh", "allowed"), rule("2", "a.n", "allowed")), "Q": pack("Q", rule("1", "true", "maybe")),
		"P/cases.yaml": "- {name: c, date: 2020-13-01, facts: {a.kind: k9, a.huh: 1}, silent: [\"1\"]}\n",
	}))
	var e *naru.Error
	if !errors.As(err, &e) || len(e.Problems) != 6 {
		t.Fatalf("%v, want the six faults of three files", errors.Unwrap(err))
	}
}

func TestTwoVersionsOfOneInstrumentAreRefused(t *testing.T) {
	t.Parallel()
	_, err := Load(testSchema(t), files(map[string]string{
		"P": pack("P", rule("1", "a.yes", "allowed")), "P-2021": pack("P", rule("1", "a.no", "allowed")),
	}))
	if naru.KindOf(err) != naru.Invalid || !strings.Contains(errors.Unwrap(err).Error(), "P-2021/pack.yaml:1:1: bad_value: key P in folder P-2021") {
		t.Errorf("err = %v", err)
	}
}

func TestMoreRulesThanARulingHoldsAreRefused(t *testing.T) {
	t.Parallel()
	many := func(key string, n int) string {
		rules := make([]string, n)
		for i := range rules {
			rules[i] = rule(strconv.Itoa(i+1), "a.yes", "allowed")
		}
		return pack(key, rules...)
	}
	if _, err := Load(testSchema(t), files(map[string]string{"P": many("P", 300), "Q": many("Q", 212)})); err != nil {
		t.Error(errors.Unwrap(err))
	}
	_, err := Load(testSchema(t), files(map[string]string{"P": many("P", 300), "Q": many("Q", 213)}))
	if naru.KindOf(err) != naru.Invalid || !strings.Contains(errors.Unwrap(err).Error(), "Q/pack.yaml:1:1: too_costly: 513 rules") {
		t.Errorf("err = %v", errors.Unwrap(err))
	}
}

func TestACaseMustNameARuleThatExists(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ file, text, want string }{
		"no rule at all":             {"P/cases.yaml", "- {name: c, date: 2020-06-01, facts: {}, expect: {own: allowed}}\n", "P/cases.yaml:1:3: missing_field: fires, silent or pending"},
		"a rule nobody has":          {"P/cases.yaml", "- {name: c, date: 2020-06-01, facts: {}, silent: [\"9\"]}\n", "P/cases.yaml:1:3: bad_value: 9 is no rule"},
		"a pack nobody has":          {"cases.yaml", "- {name: c, date: 2020-06-01, facts: {}, fires: [Q/1]}\n", "cases.yaml:1:3: bad_value: Q/1 is no rule"},
		"a rule the pack has not":    {"cases.yaml", "- {name: c, date: 2020-06-01, facts: {}, pending: [P/9]}\n", "cases.yaml:1:3: bad_value: P/9 is no rule"},
		"an id without its pack":     {"cases.yaml", "- {name: c, date: 2020-06-01, facts: {}, fires: [\"1\"]}\n", "cases.yaml:1:3: bad_value: 1 is no rule"},
		"an outcome that is no word": {"P/cases.yaml", "- {name: c, date: 2020-06-01, facts: {}, fires: [\"1\"], expect: {own: perhaps}}\n", "P/cases.yaml:1:70: bad_value: perhaps"},
		"a venue that is no place":   {"P/cases.yaml", "- {name: c, date: 2020-06-01, facts: {}, fires: [\"1\"], expect: {moon: allowed}}\n", "P/cases.yaml:1:71: bad_value: moon"},
	} {
		_, err := Load(testSchema(t), files(map[string]string{"P": pack("P", rule("1", "a.yes", "allowed")), tt.file: tt.text}))
		if naru.KindOf(err) != naru.Invalid || !strings.Contains(errors.Unwrap(err).Error(), tt.want) {
			t.Errorf("%s: %v, want %s", name, errors.Unwrap(err), tt.want)
		}
	}
}

func TestTwoInstrumentsMayNotConcludeTheSameFact(t *testing.T) {
	t.Parallel()
	text := func(key string) string {
		return strings.Replace(pack(key, rule("1", "true", "allowed")), "rules:", "derive:\n  - {id: d, fact: a.class, value: C, when: a.yes, article: 1, source: S, message: {ko: 가, en: a}}\nrules:", 1)
	}
	_, err := Load(testSchema(t), files(map[string]string{"P": text("P"), "Q": text("Q")}))
	if naru.KindOf(err) != naru.Invalid || !strings.Contains(errors.Unwrap(err).Error(), "a.class is derived by P") {
		t.Errorf("err = %v", err)
	}
}

// FuzzLoadNeverPanics reads any text as a pack: it loads or is refused.
func FuzzLoadNeverPanics(f *testing.F) {
	f.Add(pack("P", rule("1", "a.yes", "allowed")))
	f.Add("key: P\nrules: [{when: |\n  a\n\n  b}]")
	f.Add("a: &x [*x]")
	f.Add("? [1]\n: {}")
	s := testSchema(f)
	f.Fuzz(func(t *testing.T, text string) {
		set, err := Load(s, files(map[string]string{"P": text}))
		if err == nil {
			set.Test()
			return
		}
		if naru.KindOf(err) != naru.Invalid {
			t.Errorf("%q: %v", text, err)
		}
	})
}

func TestACaseThatDoesNotHoldIsReportedWithItsPlace(t *testing.T) {
	t.Parallel()
	set := load(t, map[string]string{
		"P": pack("P", rule("1", "a.yes", "allowed"), rule("2", "a.no", "not_allowed")),
		"P/cases.yaml": `- {name: right, date: 2020-06-01, facts: {a.yes: true, a.no: false}, expect: {private: allowed}, fires: ["1"], silent: ["2"]}
- {name: wrong, date: 2020-06-01, facts: {a.yes: true}, expect: {private: allowed}, fires: ["2"], silent: ["1"], missing: [a.n], tier: low}
`,
	})
	r := set.Test()
	if r.Cases != 2 || len(r.Failures) != 5 {
		t.Fatalf("report %+v, want five failures of the second case", r)
	}
	for _, f := range r.Failures {
		if f.Place != "P/cases.yaml:2:3" || f.Case != "wrong" {
			t.Errorf("failure %+v", f)
		}
	}
	if u := r.Uncovered(); len(u) != 2 || u[0].Silent != 0 || u[1].Fired != 0 {
		t.Errorf("uncovered %+v, want rule 1 that always fires and rule 2 that never does", u)
	}
}
