package policy

import (
	"errors"
	"strings"
	"testing"

	"naru"
)

// version is a pack P in force from a day on that answers with an outcome.
func version(from, outcome string) string {
	return strings.Replace(pack("P", rule("1", "true", outcome, "venues: [private]")), "from: 2020-01-01", "from: "+from, 1)
}

func draft(t testing.TB, s *Instruments, text string) *Pack {
	t.Helper()
	p, err := s.Draft([]byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAVersionSucceedsAnotherOnItsFirstDay(t *testing.T) {
	t.Parallel()
	set := load(t, map[string]string{"P": version("2020-01-01", "allowed"), "Q": pack("Q", rule("1", "true", "allowed", "venues: [own]"))})
	second, third := draft(t, set, version("2021-01-01", "not_allowed")), draft(t, set, version("2022-01-01", "allowed"))
	next, err := set.With(third, second) // whatever order they come in
	if err != nil {
		t.Fatal(err)
	}
	for date, want := range map[naru.Date]Outcome{
		"2020-12-31": Allowed, "2021-01-01": NotAllowed, "2021-12-31": NotAllowed, "2022-01-01": Allowed, "2030-01-01": Allowed,
	} {
		l := lawOn(t, next, date)
		v := l.Decide(&Facts{})
		if got := v.At(Private).Outcome; got != want || len(l.Packs()) != 2 {
			t.Errorf("%s: private is %s under %d packs, want %s under two", date, got, len(l.Packs()), want)
		}
		if v.At(Own).Outcome != Allowed {
			t.Errorf("%s: the other instrument was touched", date)
		}
	}
	if l := lawOn(t, set, "2021-06-01"); l.Digest() != lawOn(t, set, "2020-06-01").Digest() {
		t.Error("the set that was added to has changed")
	}
	on, err := next.PackOn("P", "2021-06-01")
	if err != nil || on.Digest != second.Digest {
		t.Errorf("version on 2021-06-01: %v %v", on, err)
	}
	if latest, err := next.PackOn("P", "2019-01-01"); err != nil || latest.Digest != third.Digest {
		t.Errorf("before every version the latest is shown: %v %v", latest, err)
	}
	if _, err := next.PackOn("X", "2021-06-01"); naru.KindOf(err) != naru.NotFound {
		t.Errorf("an unknown pack: %v", err)
	}
}

func TestAPublishedVersionIsShownBesideTheLawUntilItBinds(t *testing.T) {
	t.Parallel()
	set := load(t, map[string]string{"P": version("2020-01-01", "allowed")})
	next, err := set.With(draft(t, set, version("2021-01-01", "not_allowed")).AnnouncedOn("2020-10-01"))
	if err != nil {
		t.Fatal(err)
	}
	for date, pending := range map[naru.Date]int{"2020-09-30": 0, "2020-10-01": 1, "2020-12-31": 1, "2021-01-01": 0} {
		v := lawOn(t, next, date).Decide(&Facts{})
		if len(v.Pending) != pending {
			t.Errorf("%s: %d pending reasons, want %d", date, len(v.Pending), pending)
		}
	}
}

func TestADraftIsRefusedWithItsPlace(t *testing.T) {
	t.Parallel()
	set := load(t, map[string]string{
		"P": version("2020-01-01", "allowed"),
		"Q": strings.Replace(pack("Q", rule("1", "true", "allowed")), "rules:", "derive:\n  - {id: d, fact: a.class, value: C, when: a.yes, article: 제1조, source: S, message: {ko: 가, en: a}}\nrules:", 1),
	})
	for name, c := range map[string]struct{ text, want string }{
		"a code outside its list": {pack("P", rule("1", `a.kind == "k9"`, "allowed")), "pack.yaml:7:"},
		"a source of nobody":      {strings.Replace(pack("P", rule("1", "true", "allowed")), "source: S", "source: Z", 1), "unknown_source"},
		"no text at all":          {"", "pack.yaml:1:1"},
	} {
		_, err := set.Draft([]byte(c.text), nil)
		if err == nil || !strings.Contains(errors.Unwrap(err).Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	double := draft(t, set, strings.Replace(pack("R", rule("1", "true", "allowed")), "rules:", "derive:\n  - {id: d, fact: a.class, value: S, when: a.no, article: 제1조, source: S, message: {ko: 가, en: a}}\nrules:", 1))
	if _, err := set.With(double); err == nil {
		t.Error("two instruments conclude one fact and nobody objects")
	}
	if _, err := set.Draft([]byte(version("2021-01-01", "allowed")), []byte("- {name: a, date: 2021-02-01, facts: {a.huh: 1}}")); err == nil {
		t.Error("a case with an unknown fact is taken")
	}
}
