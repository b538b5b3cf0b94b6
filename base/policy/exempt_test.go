package policy

import (
	"testing"

	"naru"
)

// grant is an exception for private cloud over all of 2020.
func grant(by string, conditions ...naru.Text) Exemption {
	return Exemption{
		ID: "exc_1", Pack: "P", Rules: []string{"bar", "hard", "ask", "must"}, By: by, Venue: Private,
		From: "2020-01-01", Until: "2020-12-31", Conditions: conditions,
	}
}

func TestAnExceptionLiftsWhatItsDeciderMayLiftAndNothingElse(t *testing.T) {
	t.Parallel()
	const byHead = `exception: {ko: 가, en: a, decides: head}`
	bar := rule("bar", "true", "not_allowed", "venues: [private]", byHead)
	open := rule("open", "true", "allowed", "venues: [private]")
	cases := map[string]struct {
		rules []string
		lifts Exemptions
		want  map[Venue]Outcome
	}{
		"the bar holds without an exception":            {[]string{bar, open}, nil, map[Venue]Outcome{Private: NotAllowed}},
		"a granted exception opens the venue":           {[]string{bar, open}, Exemptions{grant("head")}, map[Venue]Outcome{Private: Allowed}},
		"what was granted under conditions binds":       {[]string{bar, open}, Exemptions{grant("head", naru.Text{Ko: "분리", En: "apart"})}, map[Venue]Outcome{Private: Conditional}},
		"somebody else's decision lifts nothing":        {[]string{bar, open}, Exemptions{grant("council")}, map[Venue]Outcome{Private: NotAllowed}},
		"a bar without exception stands":                {[]string{bar, rule("hard", "true", "not_allowed", "venues: [private]")}, Exemptions{grant("head")}, map[Venue]Outcome{Private: NotAllowed}},
		"a bar that was not before the decider stands":  {[]string{bar, rule("other", "true", "not_allowed", "venues: [private]", byHead)}, Exemptions{grant("head")}, map[Venue]Outcome{Private: NotAllowed}},
		"a consultation that was decided is over":       {[]string{rule("ask", "true", "consult", "venues: [private]", "decides: head")}, Exemptions{grant("head")}, map[Venue]Outcome{Private: Allowed}},
		"a venue nobody speaks of stays undecided":      {[]string{rule("bar", "true", "not_allowed", "venues: [own]", byHead)}, Exemptions{grant("head")}, map[Venue]Outcome{Private: CannotDecide, Own: NotAllowed}},
		"a required venue is required no more":          {[]string{rule("must", "true", "required", "venues: [government]", byHead)}, Exemptions{grant("head")}, map[Venue]Outcome{Government: Allowed, Private: Allowed, Own: NotAllowed}},
		"a bar that may apply is lifted all the same":   {[]string{rule("bar", "a.yes", "not_allowed", "venues: [private]", byHead), open}, Exemptions{grant("head")}, map[Venue]Outcome{Private: Allowed}},
		"a text not read is lifted by who may lift it":  {[]string{rule("bar", "true", "not_allowed", "venues: [private]", byHead, "unverified: {ko: 나, en: b}")}, Exemptions{grant("head")}, map[Venue]Outcome{Private: Allowed}},
		"an exception of another pack has no effect":    {[]string{bar, open}, Exemptions{{Pack: "Q", Rules: []string{"bar"}, By: "head", Venue: Private}}, map[Venue]Outcome{Private: NotAllowed}},
		"an exception at another venue has no effect":   {[]string{bar, open}, Exemptions{{Pack: "P", Rules: []string{"bar"}, By: "head", Venue: Own}}, map[Venue]Outcome{Private: NotAllowed}},
		"an exception that has ended has no effect":     {[]string{bar, open}, Exemptions{{Pack: "P", Rules: []string{"bar"}, By: "head", Venue: Private, Until: "2020-05-31"}}, map[Venue]Outcome{Private: NotAllowed}},
		"an exception that has not begun has no effect": {[]string{bar, open}, Exemptions{{Pack: "P", Rules: []string{"bar"}, By: "head", Venue: Private, From: "2020-06-02"}}, map[Venue]Outcome{Private: NotAllowed}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			law := lawOn(t, load(t, map[string]string{"P": pack("P", c.rules...)}), "2020-06-01")
			v := law.DecideUnder(c.lifts, &Facts{})
			o := law.OutcomesUnder(c.lifts, &Facts{})
			for i, venue := range Venues() {
				if v.At(venue).Outcome != o[i] {
					t.Errorf("%s: explained %s, decided %s", venue, v.At(venue).Outcome, o[i])
				}
				if want, asked := c.want[venue]; asked && o[i] != want {
					t.Errorf("%s is %s, want %s", venue, o[i], want)
				}
			}
		})
	}
}

func TestALiftedRuleIsStillCitedWithItsException(t *testing.T) {
	t.Parallel()
	text := naru.Text{Ko: "분리", En: "apart"}
	law := lawOn(t, load(t, map[string]string{"P": pack("P",
		rule("bar", "true", "not_allowed", "venues: [private]", `exception: {ko: 가, en: a, opinion: council, decides: head}`))}), "2020-06-01")
	before, after := law.Decide(&Facts{}), law.DecideUnder(Exemptions{grant("head", text)}, &Facts{})
	if lift := before.At(Private).Reasons[0].Lift; lift == nil || lift.By != "head" || lift.Name.Ko != "장" || lift.OpinionName.En != "council" {
		t.Errorf("who may lift the bar: %+v", lift)
	}
	private := after.At(Private)
	if len(private.Reasons) != 1 || private.Reasons[0].Lifted == nil || private.Reasons[0].Lifted.ID != "exc_1" || !private.Reasons[0].Wins {
		t.Errorf("the lifted rule: %+v", private.Reasons)
	}
	if len(private.Conditions) != 1 || private.Conditions[0] != text {
		t.Errorf("conditions of the exception: %v", private.Conditions)
	}
}
