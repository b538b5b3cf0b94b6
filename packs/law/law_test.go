package law_test

import (
	"testing"

	"naru/base/policy"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/locale"
	"naru/packs/law"
)

func load(t *testing.T) *policy.Instruments {
	t.Helper()
	set, err := policy.Load(inventory.Facts(), law.Files)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestEveryCaseHoldsAndEveryRuleIsFiredByOneAndNotByAnother(t *testing.T) {
	t.Parallel()
	r := load(t).Test()
	for _, f := range r.Failures {
		t.Errorf("%s %s: want %s, got %s", f.Place, f.Case, f.Want, f.Got)
	}
	for _, c := range r.Uncovered() {
		t.Errorf("%s/%s: fired by %d cases, silent in %d", c.Pack, c.Rule, c.Fired, c.Silent)
	}
	if r.Cases < 60 {
		t.Errorf("only %d cases ran", r.Cases)
	}
}

func TestEveryFactVenueAndOutcomeIsWorded(t *testing.T) {
	t.Parallel()
	l, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	same := func(key, ko, en string) {
		if got := l.Text("ko", key, nil); got != ko {
			t.Errorf("%s in Korean is %q, the schema says %q", key, got, ko)
		}
		if got := l.Text("en", key, nil); got != en {
			t.Errorf("%s in English is %q, the schema says %q", key, got, en)
		}
	}
	for _, f := range inventory.Facts().Fields() {
		same("fact."+f.Key, f.Label.Ko, f.Label.En)
		for _, c := range f.Codes {
			same("code."+f.Key+"."+c.Key, c.Label.Ko, c.Label.En)
		}
	}
	keys := []string{
		"policy.because." + string(policy.MissingFacts), "policy.because." + string(policy.Unverified), "policy.because." + string(policy.Silence),
		"policy.truth." + string(policy.True), "policy.truth." + string(policy.False), "policy.truth." + string(policy.Unknown),
		"decide.outcome." + string(policy.Obligation),
	}
	for _, v := range policy.Venues() {
		keys = append(keys, "decide.venue."+string(v))
	}
	for _, o := range decide.Words() {
		keys = append(keys, "decide.outcome."+string(o))
	}
	for _, p := range load(t).Packs() {
		keys = append(keys, "policy.status."+p.Status, "policy.state."+p.State("2026-03-02"))
	}
	for _, key := range keys {
		if !l.Has(key) {
			t.Errorf("%s has no text", key)
		}
	}
}
