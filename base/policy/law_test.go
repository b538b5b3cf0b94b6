package policy

import (
	"strings"
	"testing"

	"naru"
)

func TestDatesOutsideTheRecordAreRefused(t *testing.T) {
	t.Parallel()
	set := load(t, map[string]string{"P": pack("P", rule("1", "true", "allowed"))})
	for date, key := range map[naru.Date]string{
		"2015-09-27": "policy.before_record", "1999-01-01": "policy.before_record", "2015-02-30": "policy.bad_date", "": "policy.bad_date", "today": "policy.bad_date",
	} {
		_, err := set.InForce(date)
		if naru.KindOf(err) != naru.Invalid || !strings.Contains(err.Error(), key) {
			t.Errorf("%q: %v, want %s", date, err, key)
		}
	}
	if _, err := set.InForce(FirstDay); err != nil {
		t.Errorf("the first day of the record: %v", err)
	}
}

func TestInstrumentsApplyFromTheirDayToTheirDay(t *testing.T) {
	t.Parallel()
	set := load(t, map[string]string{
		"OLD":  strings.Replace(pack("OLD", rule("1", "true", "not_allowed")), "from: 2020-01-01", "from: 2018-01-01, to: 2019-12-31", 1),
		"NEW":  pack("NEW", rule("1", "true", "allowed"), rule("2", "true", "not_allowed", "from: 2022-01-01", "to: 2022-12-31")),
		"PLAN": strings.Replace(pack("PLAN", rule("1", "true", "not_allowed")), "in_force: {from: 2020-01-01}", "announced: 2021-06-01", 1),
	})
	for date, want := range map[naru.Date]Outcome{
		"2017-12-31": CannotDecide, "2018-01-01": NotAllowed, "2019-12-31": NotAllowed, "2020-01-01": Allowed,
		"2021-12-31": Allowed, "2022-01-01": NotAllowed, "2022-12-31": NotAllowed, "2023-01-01": Allowed,
	} {
		l := lawOn(t, set, date)
		v := l.Decide(&Facts{})
		if got := v.At(Private).Outcome; got != want {
			t.Errorf("%s: %s, want %s", date, got, want)
		}
		announced := date >= "2021-06-01"
		if (len(v.Pending) > 0) != announced {
			t.Errorf("%s: %d announced rules are shown, want some: %t", date, len(v.Pending), announced)
		}
	}
	for _, c := range []struct {
		pack, state string
		date        naru.Date
	}{{"OLD", "ended", "2020-06-01"}, {"OLD", "in_force", "2019-01-01"}, {"NEW", "future", "2019-01-01"}, {"PLAN", "announced", "2021-06-01"}, {"PLAN", "future", "2021-05-31"}} {
		p, err := set.Pack(c.pack)
		if err != nil || p.State(c.date) != c.state {
			t.Errorf("%s on %s is %s, want %s (%v)", c.pack, c.date, p.State(c.date), c.state, err)
		}
	}
	if _, err := set.Pack("NONE"); naru.KindOf(err) != naru.NotFound {
		t.Errorf("a pack that does not exist: %v", err)
	}
}

func TestARuleNamesWhoGivesAnOpinionAndWhoDecides(t *testing.T) {
	t.Parallel()
	set := load(t, map[string]string{"P": pack("P",
		rule("1", "a.yes", "consult", "opinion: council, decides: head"),
		rule("2", "a.no", "not_allowed", `exception: {ko: 가, en: a, opinion: council, decides: head}`),
		rule("3", "a.no", "not_allowed", `exception: {ko: 가, en: a, decides: head}`))})
	p, err := set.Pack("P")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][3]string{{"council", "head", ""}, {"council", "", "head"}, {"", "", "head"}} {
		r := p.Rules[i]
		if got := [3]string{r.Opinion, r.Decides, r.ExceptionBy}; got != want {
			t.Errorf("rule %s: opinion, decides and exception by %q, want %q", r.ID, got, want)
		}
	}
	other := load(t, map[string]string{"P": pack("P",
		rule("1", "a.yes", "consult", "opinion: council, decides: head"),
		rule("2", "a.no", "not_allowed", `exception: {ko: 가, en: a, opinion: council, decides: council}`),
		rule("3", "a.no", "not_allowed", `exception: {ko: 가, en: a, decides: head}`))})
	if q, _ := other.Pack("P"); q.Digest == p.Digest {
		t.Error("who decides an exception does not change the digest")
	}
}

func TestNamesAreThoseOfTheDate(t *testing.T) {
	t.Parallel()
	set := load(t, map[string]string{"P": pack("P", strings.Replace(rule("1", "true", "consult", "decides: head"), "ko: 가, en: a", `ko: "{head}이 정한다", en: "the {head} decides"`, 1))})
	for date, want := range map[naru.Date][2]string{"2020-12-31": {"장", "the head decides"}, "2021-01-01": {"새 장", "the new head decides"}} {
		v := lawOn(t, set, date).Decide(&Facts{})
		private := v.At(Private)
		if private.Decides.Ko != want[0] || private.Reasons[0].Message.En != want[1] || private.Reasons[0].Message.Ko != want[0]+"이 정한다" {
			t.Errorf("%s: %s decides, %+v", date, private.Decides.Ko, private.Reasons[0].Message)
		}
	}
	p, _ := set.Pack("P")
	if r := p.RulesOn("2020-06-01"); len(r) != 1 || r[0].Message.Ko != "장이 정한다" {
		t.Errorf("rules on a date: %+v", r)
	}
}

func TestALawKnowsThatItTurnedOnTheDaysOfItsRulesAndTexts(t *testing.T) {
	t.Parallel()
	begins := pack("P", rule("1", "true", "not_allowed", "from: 2020-06-10", "to: 2020-06-20"))
	set := load(t, map[string]string{"P": strings.Replace(begins, "rules:", "unread: {from: 2021-12-09, ko: 안 읽음, en: not read}\nrules:", 1)})
	for name, c := range map[string]struct {
		day, date naru.Date
		want      bool
	}{
		"nothing begins or ends between":   {"2020-06-10", "2020-06-20", false},
		"the rule begins on the date":      {"2020-06-09", "2020-06-10", true},
		"the rule began on the day itself": {"2020-06-10", "2020-06-11", false},
		"the rule ended the day before":    {"2020-06-20", "2020-06-21", true},
		"the text is not read any more":    {"2021-12-08", "2021-12-09", true},
		"it was not read before":           {"2021-12-09", "2026-03-02", false},
	} {
		if got := lawOn(t, set, c.date).TurnedSince(c.day); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestFromTheDayATextWasNotReadNothingRestsOnIt(t *testing.T) {
	t.Parallel()
	text := strings.Replace(pack("P", rule("1", "true", "not_allowed")), "rules:", "unread: {from: 2021-12-09, ko: 안 읽음, en: not read}\nrules:", 1)
	set := load(t, map[string]string{"P": text})
	before, after := lawOn(t, set, "2021-12-08").Decide(&Facts{}), lawOn(t, set, "2021-12-09").Decide(&Facts{})
	if before.At(Private).Outcome != NotAllowed {
		t.Errorf("while the text is known: %s", before.At(Private).Outcome)
	}
	got := after.At(Private)
	if got.Outcome != CannotDecide || got.Because != Unverified || got.Reasons[0].Would != NotAllowed || got.Reasons[0].Note.Ko != "안 읽음" {
		t.Errorf("afterwards: %+v", got)
	}
}

func TestDigestsFollowWhatTheLawSaysAndNothingElse(t *testing.T) {
	t.Parallel()
	digest := func(text string) string {
		return lawOn(t, load(t, map[string]string{"P": text}), "2020-06-01").Digest()
	}
	base := pack("P", rule("1", "a.n >= 5", "not_allowed"))
	if digest(base) != digest("# a comment\n"+strings.ReplaceAll(base, ", outcome:", ",   outcome:")) {
		t.Error("layout changed the digest")
	}
	for name, text := range map[string]string{
		"a number": strings.Replace(base, ">= 5", ">= 6", 1), "an article": strings.Replace(base, "제1조", "제2조", 1),
		"a word": strings.Replace(base, "ko: 가, en: a}}", "ko: 나, en: a}}", 1), "a day": strings.Replace(base, "2020-01-01", "2020-01-02", 1),
		"a source": strings.Replace(base, "url: u", "url: v", 1),
	} {
		if text == base || digest(text) == digest(base) {
			t.Errorf("%s changed and the digest did not", name)
		}
	}
}
