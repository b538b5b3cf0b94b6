package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"naru"
	"naru/base/policy"
	"naru/door/cli"
)

func policyExplainCommand(a *cli.App) *cobra.Command {
	c := &cobra.Command{
		Use: "explain PACK[/RULE]", Short: a.T("policy_explain_short"), Long: a.T("policy_explain_long"),
		Example: a.T("policy_explain_example"), Args: cobra.ExactArgs(1),
	}
	asOf := c.Flags().String("as-of", "", a.T("flag_as_of"))
	format := formatFlag(a, c)
	c.RunE = func(_ *cobra.Command, args []string) error {
		asJSON, err := format()
		if err != nil {
			return err
		}
		set, p, rule, err := named(args[0])
		if err != nil {
			return err
		}
		date, err := readingDay(set, p, naru.Date(*asOf))
		if err != nil {
			return err
		}
		v := set.View(p, date)
		if rule != "" {
			if !p.Has(rule) {
				return naru.NewError(naru.NotFound, "policy.no_rule", "pack", p.Key, "rule", rule)
			}
			v.Rules = slices.DeleteFunc(v.Rules, func(r policy.RuleView) bool { return r.ID != rule })
			v.Derived = slices.DeleteFunc(v.Derived, func(d policy.Conclusion) bool { return d.ID != rule })
		}
		if asJSON {
			return a.Print("json", v)
		}
		explainer{a}.view(&v, rule == "")
		return nil
	}
	return c
}

// named finds a pack by key or path, with the rule that may stand behind it.
func named(name string) (*policy.Instruments, *policy.Pack, string, error) {
	set, p, err := packAt(name)
	if err == nil || !strings.Contains(name, "/") {
		return set, p, "", err
	}
	i := strings.LastIndex(name, "/")
	set, p, other := packAt(name[:i])
	if other != nil {
		return nil, nil, "", err
	}
	return set, p, name[i+1:], nil
}

// readingDay is the date asked for, or else today, or the nearest day the pack is in force.
func readingDay(set *policy.Instruments, p *policy.Pack, asked naru.Date) (naru.Date, error) {
	if asked != "" {
		_, err := set.InForce(asked)
		return asked, err
	}
	today := naru.DateOf(time.Now())
	switch {
	case p.To != "" && p.To < today:
		return p.To, nil
	case p.From > today:
		return p.From, nil
	}
	return today, nil
}

// explainer prints a pack for a person.
type explainer struct{ *cli.App }

func (e explainer) line(indent int, text string) {
	fmt.Fprintln(e.Out, strings.Repeat("  ", indent)+text)
}

func (e explainer) text(t *naru.Text) string { return t.In(e.Lang) }

func (e explainer) word(key string) string { return e.Words.Text(e.Lang, key, nil) }

// note prints a labelled sentence, if there is one.
func (e explainer) note(indent int, key string, text string) {
	if text != "" {
		e.line(indent, e.T(key)+": "+text)
	}
}

func (e explainer) view(v *policy.View, whole bool) {
	e.line(0, v.Key+"  "+e.text(&v.Title))
	e.line(0, e.T("policy_status", "status", e.word("policy.status."+v.Status), "state", e.word("policy.state."+v.State), "date", string(v.AsOf)))
	e.note(0, "policy_from", string(v.From))
	e.note(0, "policy_to", string(v.To))
	e.note(0, "policy_announced", string(v.Announced))
	e.note(0, "policy_digest", v.Digest)
	e.note(0, "policy_note", e.text(&v.Note))
	if v.UnreadFrom != "" {
		e.note(0, "policy_unread", string(v.UnreadFrom)+" "+e.text(&v.UnreadWhy))
	}
	if whole {
		e.settings(v)
	}
	for i := range v.Derived {
		e.conclusion(&v.Derived[i])
	}
	for i := range v.Rules {
		e.rule(&v.Rules[i])
	}
}

func (e explainer) settings(v *policy.View) {
	if len(v.Settings) == 0 {
		return
	}
	e.line(0, "")
	e.line(0, e.T("policy_settings"))
	for _, s := range v.Settings {
		from := e.T("policy_unsourced")
		if i := slices.IndexFunc(v.Sources, func(c policy.Citation) bool { return c.Key == s.Source }); i >= 0 {
			from = v.Sources[i].Key + " " + v.Sources[i].Title
		}
		e.line(1, s.Key+" = "+s.Value)
		e.line(2, e.text(&s.Text))
		e.line(2, from)
	}
}

func (e explainer) conclusion(d *policy.Conclusion) {
	e.line(0, "")
	e.line(0, d.ID+"  "+d.Article)
	e.line(1, e.T("policy_concludes", "fact", e.word("fact."+d.Fact), "value", factValue(e.App, d.Fact, d.Value)))
	e.condition(&d.Clause, d.When)
	e.line(1, e.text(&d.Message))
	e.line(1, d.SourceURL)
}

func (e explainer) condition(c *policy.Clause, written string) {
	e.note(1, "policy_when", clauseWords(e.App, c))
	e.line(2, written)
}

func (e explainer) rule(r *policy.RuleView) {
	e.line(0, "")
	e.line(0, r.ID+"  "+r.Article)
	e.condition(&r.Clause, r.When)
	venues := make([]string, len(r.Venues))
	for i, v := range r.Venues {
		venues[i] = e.word("decide.venue." + string(v))
	}
	e.line(1, strings.Join(venues, ", ")+": "+e.word("decide.outcome."+string(r.Outcome)))
	e.line(1, e.text(&r.Message))
	if r.From != "" || r.To != "" {
		e.line(1, e.T("policy_rule_dates", "from", string(r.From), "to", string(r.To)))
	}
	if r.NotVerified {
		e.note(1, "policy_not_verified", e.text(r.WhyUnverified))
	}
	e.note(1, "policy_caveat", e.text(&r.Caveat))
	e.asks(r)
	e.people(r)
	e.note(1, "policy_source", strings.TrimSpace(r.Source+" "+r.SourceTitle+" "+r.SourceURL))
}

// asks prints conditions, certificate and duties.
func (e explainer) asks(r *policy.RuleView) {
	for i := range r.Conditions {
		e.note(1, "policy_condition", e.text(&r.Conditions[i].Text))
		if r.Met[i] != nil {
			e.note(2, "policy_met", clauseWords(e.App, r.Met[i]))
		}
	}
	if r.Certificate != nil {
		e.note(1, "policy_certificate", certificateWords(e.App, r.Certificate))
	}
	for i := range r.Duties {
		e.note(1, "policy_duty", dutyWords(e.App, &r.Duties[i]))
	}
}

// people prints who has a word in the rule.
func (e explainer) people(r *policy.RuleView) {
	e.note(1, "policy_exception", e.text(&r.Exception))
	for _, p := range []struct {
		key  string
		name *naru.Text
	}{{"policy_opinion", r.OpinionOf}, {"policy_decides", r.DecidedBy}, {"policy_excepted_by", r.ExceptedBy}} {
		if p.name != nil {
			e.note(1, p.key, e.text(p.name))
		}
	}
}

// dutyWords says a duty with its deadline and its article.
func dutyWords(a *cli.App, d *policy.Duty) string {
	s := d.Text.In(a.Lang)
	when := ""
	if d.After != "" {
		when = a.Words.Text(a.Lang, "policy.after."+d.After, nil)
	}
	if d.Days > 0 {
		when = strings.TrimSpace(a.T("policy_days", "days", strconv.Itoa(d.Days)) + " " + when)
	}
	if when != "" {
		s += " [" + when + "]"
	}
	return s + " (" + d.Pack + " " + d.Article + ")"
}

// certificateWords says what a service must hold.
func certificateWords(a *cli.App, c *policy.CertificateNeed) string {
	parts := []string{c.Scheme}
	list := func(key string, types []string) {
		if len(types) == 0 {
			return
		}
		words := make([]string, len(types))
		for i, t := range types {
			words[i] = a.Words.Text(a.Lang, "policy.certificate."+t, nil)
		}
		parts = append(parts, strings.TrimSpace(a.T(key)+" "+strings.Join(words, ", ")))
	}
	if c.Tier != "" {
		parts = append(parts, a.Words.Text(a.Lang, "policy.tier."+c.Tier, nil))
	}
	list("policy_types", c.Types)
	list("policy_untiered", c.Untiered)
	list("policy_undecided", c.Undecided)
	return strings.Join(parts, "; ")
}
