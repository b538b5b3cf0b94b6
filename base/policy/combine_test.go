package policy

import (
	"slices"
	"testing"
)

func TestOutcomesCombineToTheStrictest(t *testing.T) {
	t.Parallel()
	const cond = `conditions: [{ko: 가, en: a, met: a.no}]`
	const unclear = `unverified: {ko: 가, en: a}`
	at := func(v string) string { return "venues: [" + v + "]" }
	for name, tt := range map[string]struct {
		rules   []string
		facts   []any
		want    Outcome
		because Because
		missing []string
	}{
		"silence allows nothing":                         {[]string{rule("1", "a.yes", "allowed")}, []any{"a.yes", false}, CannotDecide, Silence, nil},
		"an obligation opens nothing":                    {[]string{rule("1", "true", "obligation")}, nil, CannotDecide, Silence, nil},
		"allowed":                                        {[]string{rule("1", "true", "allowed")}, nil, Allowed, "", nil},
		"a condition is stricter than allowed":           {[]string{rule("1", "true", "allowed"), rule("2", "true", "conditional", cond)}, nil, Conditional, "", nil},
		"a condition that is met allows":                 {[]string{rule("2", "true", "conditional", cond)}, []any{"a.no", true}, Allowed, "", nil},
		"a condition known not to be met stays":          {[]string{rule("2", "true", "conditional", cond)}, []any{"a.no", false}, Conditional, "", nil},
		"consultation is stricter than a condition":      {[]string{rule("1", "true", "consult", "decides: head"), rule("2", "true", "conditional", cond)}, nil, Consult, "", nil},
		"a ban is the strictest":                         {[]string{rule("1", "true", "consult", "decides: head"), rule("2", "true", "not_allowed"), rule("3", "true", "allowed")}, nil, NotAllowed, "", nil},
		"required elsewhere is a ban here":               {[]string{rule("1", "true", "required", at("government")), rule("2", "true", "allowed")}, nil, NotAllowed, "", nil},
		"required here":                                  {[]string{rule("1", "true", "required", at("private")), rule("2", "true", "allowed")}, nil, Required, "", nil},
		"required and banned is banned":                  {[]string{rule("1", "true", "required", at("private")), rule("2", "true", "not_allowed")}, nil, NotAllowed, "", nil},
		"a rule of another venue says nothing":           {[]string{rule("1", "true", "not_allowed", at("government")), rule("2", "true", "allowed")}, nil, Allowed, "", nil},
		"a ban that may apply leaves it open":            {[]string{rule("1", "a.yes", "not_allowed"), rule("2", "true", "allowed")}, nil, CannotDecide, MissingFacts, []string{"a.yes"}},
		"a mild rule that may apply changes nothing":     {[]string{rule("1", "a.yes", "allowed"), rule("2", "true", "not_allowed")}, nil, NotAllowed, "", nil},
		"required elsewhere that may apply":              {[]string{rule("1", "a.yes", "required", at("government")), rule("2", "true", "allowed")}, nil, CannotDecide, MissingFacts, []string{"a.yes"}},
		"an unverified ban leaves it open":               {[]string{rule("1", "true", "not_allowed", unclear), rule("2", "true", "allowed")}, nil, CannotDecide, Unverified, nil},
		"an unverified permission allows nothing":        {[]string{rule("1", "true", "allowed", unclear)}, nil, CannotDecide, Unverified, nil},
		"an unverified ban beside a sure one":            {[]string{rule("1", "true", "not_allowed", unclear), rule("2", "true", "not_allowed")}, nil, NotAllowed, "", nil},
		"out of scope":                                   {[]string{rule("1", "a.yes", "out_of_scope"), rule("2", "true", "not_allowed")}, []any{"a.yes", true}, OutOfScope, "", nil},
		"in scope":                                       {[]string{rule("1", "a.yes", "out_of_scope"), rule("2", "true", "not_allowed")}, []any{"a.yes", false}, NotAllowed, "", nil},
		"scope unknown":                                  {[]string{rule("1", "a.yes", "out_of_scope"), rule("2", "true", "not_allowed")}, nil, CannotDecide, MissingFacts, []string{"a.yes"}},
		"surely out and perhaps out for a second reason": {[]string{rule("1", "a.yes", "out_of_scope"), rule("2", "a.no", "out_of_scope")}, []any{"a.yes", true}, OutOfScope, "", nil},
		"a rule upon a choice not made waits":            {[]string{rule("1", "a.no", "not_allowed", "upon: [a.no]"), rule("2", "true", "allowed")}, nil, Allowed, "", nil},
		"and speaks once it is made":                     {[]string{rule("1", "a.no", "not_allowed", "upon: [a.no]"), rule("2", "true", "allowed")}, []any{"a.no", true}, NotAllowed, "", nil},
		"only what can still matter is missing":          {[]string{rule("1", "a.yes && a.n > 5", "not_allowed"), rule("2", "a.no", "allowed")}, []any{"a.n", 9, "a.no", true}, CannotDecide, MissingFacts, []string{"a.yes"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := lawOn(t, load(t, map[string]string{"P": pack("P", tt.rules...)}), "2020-06-01")
			v := l.Decide(given(t, l.Schema(), tt.facts...))
			got := v.At(Private)
			if got.Outcome != tt.want || got.Because != tt.because || !slices.Equal(got.Missing, tt.missing) {
				t.Errorf("private is %s because %q missing %v, want %s %q %v", got.Outcome, got.Because, got.Missing, tt.want, tt.because, tt.missing)
			}
			if o := l.Outcomes(given(t, l.Schema(), tt.facts...)); o[1] != tt.want {
				t.Errorf("the short answer is %s, want %s", o[1], tt.want)
			}
		})
	}
}

func TestAnotherInstrumentStaysInForceWhenOneIsOutOfScope(t *testing.T) {
	t.Parallel()
	set := load(t, map[string]string{
		"P": pack("P", rule("1", "a.yes", "out_of_scope"), rule("2", "true", "not_allowed")),
		"Q": pack("Q", rule("1", "true", "allowed")),
	})
	l := lawOn(t, set, "2020-06-01")
	if v := l.Decide(given(t, l.Schema(), "a.yes", true)); v.At(Private).Outcome != Allowed {
		t.Errorf("private is %s, want what the other instrument says", v.At(Private).Outcome)
	}
}

func TestStrictestOfTwoInstrumentsWinsAndTheLoserIsCited(t *testing.T) {
	t.Parallel()
	set := load(t, map[string]string{
		"P": pack("P", rule("1", "a.n >= 5", "not_allowed")), "Q": pack("Q", rule("9", "true", "allowed")),
	})
	l := lawOn(t, set, "2020-06-01")
	v := l.Decide(given(t, l.Schema(), "a.n", 7))
	private := v.At(Private)
	if len(private.Reasons) != 2 || !private.Reasons[0].Wins || private.Reasons[1].Wins {
		t.Fatalf("reasons %+v, want the ban as winner and the permission cited", private.Reasons)
	}
	r := private.Reasons[0]
	if r.Pack != "P" || r.Article != "제1조" || r.Source != "S" || r.URL != "u" || r.Status != "notice" || r.Message.Ko != "가" || r.Title.Ko != "가" {
		t.Errorf("citation %+v", r)
	}
	if len(r.Atoms) != 1 || r.Atoms[0] != (AtomTruth{Fact: "a.n", Test: "a.n >= 5", Value: "7", Truth: True}) {
		t.Errorf("atoms %+v, want the one test with the value it read", r.Atoms)
	}
	if len(v.Packs) != 2 || v.FactsDigest != l.Schema().Digest(given(t, l.Schema(), "a.n", 7)) || v.AsOf != "2020-06-01" {
		t.Errorf("verdict %+v names not what it rests on", v)
	}
}

const derived = `derive:
  - {id: c, fact: a.class, value: C, when: '"s1" in a.set', article: 제1조, source: S, message: {ko: 가, en: a}}
  - {id: s, fact: a.class, value: S, when: a.n >= 5, article: 제2조, source: S, message: {ko: 가, en: a}}
  - {id: o, fact: a.class, value: O, when: 'true', article: 제3조, source: S, message: {ko: 가, en: a}}
rules:
  - {id: ban, when: a.class == "C", outcome: not_allowed, article: 제4조, source: S, message: {ko: 가, en: a}}
  - {id: ok, when: a.class != "C", outcome: allowed, article: 제5조, source: S, message: {ko: 가, en: a}}
`

func TestFactsAreConcludedFromStrictToMild(t *testing.T) {
	t.Parallel()
	set := load(t, map[string]string{"P": "key: P\ntitle: {ko: 가, en: a}\nstatus: notice\nin_force: {from: 2020-01-01}\nsources: {S: {title: t}}\n" + derived})
	l := lawOn(t, set, "2020-06-01")
	for name, tt := range map[string]struct {
		facts   []any
		value   string // concluded
		private Outcome
		missing []string
	}{
		"the strictest counts":                     {[]any{"a.set", []string{"s1"}, "a.n", 9}, "C", NotAllowed, nil},
		"the next when the stricter does not hold": {[]any{"a.set", []string{"s2"}, "a.n", 9}, "S", Allowed, nil},
		"the mildest at last":                      {[]any{"a.set", []string{}, "a.n", 1}, "O", Allowed, nil},
		"an unknown stricter one blocks the mild":  {[]any{"a.n", 9}, "", CannotDecide, []string{"a.set", "a.class"}},
		"a given fact is never overruled":          {[]any{"a.set", []string{"s1"}, "a.class", "O"}, "", Allowed, nil},
		"strict holds whatever the mild ones are":  {[]any{"a.set", []string{"s1"}}, "C", NotAllowed, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := l.Decide(given(t, l.Schema(), tt.facts...))
			got := ""
			if len(v.Derived) > 0 {
				got = v.Derived[0].Value
			}
			if p := v.At(Private); got != tt.value || p.Outcome != tt.private || !slices.Equal(p.Missing, tt.missing) {
				t.Errorf("concluded %q, private %s missing %v; want %q %s %v", got, p.Outcome, p.Missing, tt.value, tt.private, tt.missing)
			}
			if tt.value != "" && v.At(Private).Reasons[0].Atoms[0].Derived == "" {
				t.Errorf("the atom does not say that its fact was concluded: %+v", v.At(Private).Reasons[0].Atoms)
			}
		})
	}
}

func TestCertificateNeedsMergeToTheStricter(t *testing.T) {
	t.Parallel()
	need := func(tier string, types ...string) *CertificateNeed {
		return &CertificateNeed{Scheme: "CSAP", Tier: tier, Types: types}
	}
	for name, tt := range map[string]struct {
		a, b  *CertificateNeed
		tier  string
		types []string
	}{
		"any and a tier":     {need(""), need("middle", "iaas"), "middle", []string{"iaas"}},
		"two tiers":          {need("low"), need("high"), "high", nil},
		"only types of both": {need("low", "iaas", "paas"), need("middle", "paas", "daas"), "middle", []string{"paas"}},
		"no type of both":    {need("low", "iaas"), need("low", "daas"), "low", []string{"none"}},
		"nothing and a need": {nil, need("low"), "low", nil},
		"a need and nothing": {need("low"), nil, "low", nil},
	} {
		if got := tt.a.with(tt.b); got.Tier != tt.tier || !slices.Equal(got.Types, tt.types) {
			t.Errorf("%s: %+v, want %s %v", name, got, tt.tier, tt.types)
		}
	}
}

func TestCertificatesAreJudgedByTierOrByTheirOldType(t *testing.T) {
	t.Parallel()
	middle := CertificateNeed{Scheme: "CSAP", Tier: "middle", Higher: "accepted", Untiered: []string{"iaas", "saas_standard"}, Undecided: []string{"saas_simple"}}
	for name, tt := range map[string]struct {
		need               CertificateNeed
		scheme, kind, tier string
		want               Truth
	}{
		"the tier itself":                   {middle, "CSAP", "paas", "middle", True},
		"a higher tier":                     {middle, "CSAP", "iaas", "high", True},
		"a lower tier":                      {middle, "CSAP", "iaas", "low", False},
		"an old type that counts":           {middle, "CSAP", "iaas", "", True},
		"an old type that nobody mapped":    {middle, "CSAP", "paas", "", Unknown},
		"a type that is not asked for":      {CertificateNeed{Scheme: "CSAP", Types: []string{"iaas"}}, "CSAP", "daas", "high", False},
		"an old type the sources differ on": {middle, "CSAP", "saas_simple", "", Unknown},
		"the same type with a tier":         {middle, "CSAP", "saas_simple", "middle", Unknown},
		"another scheme":                    {middle, "ISMS", "iaas", "high", False},
		"any certificate of the scheme":     {CertificateNeed{Scheme: "CSAP"}, "CSAP", "daas", "", True},
		"a higher tier nobody settled":      {CertificateNeed{Scheme: "CSAP", Tier: "low"}, "CSAP", "iaas", "high", Unknown},
		"a higher tier left open":           {CertificateNeed{Scheme: "CSAP", Tier: "low", Higher: "undecided"}, "CSAP", "iaas", "middle", Unknown},
		"a higher tier refused":             {CertificateNeed{Scheme: "CSAP", Tier: "low", Higher: "refused"}, "CSAP", "iaas", "high", False},
		"a tier and no mapping":             {CertificateNeed{Scheme: "CSAP", Tier: "high"}, "CSAP", "iaas", "", Unknown},
	} {
		if got := tt.need.Accepts(tt.scheme, tt.kind, tt.tier); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
