package main

import (
	"slices"
	"strconv"
	"strings"

	"naru/base/policy"
	"naru/flow/decide"
)

// verdictPrinter prints verdicts for a person, reasons and articles included.
type verdictPrinter struct{ explainer }

func (p verdictPrinter) system(out *decide.SystemOut) {
	packs := make([]string, len(out.Packs))
	for i, ref := range out.Packs {
		packs[i] = ref.Key
	}
	p.line(0, p.T("verdict_head", "date", string(out.AsOf), "packs", strings.Join(packs, ", ")))
	p.note(0, "verdict_law", out.Law)
	if len(out.Components) > 1 {
		key := "verdict_not_hybrid"
		if out.Hybrid {
			key = "verdict_hybrid"
		}
		p.line(0, p.T(key))
		p.note(0, "verdict_together", p.venues(out.Together))
	}
	for _, x := range out.Crossings {
		key := "verdict_crossing_may"
		if x.Must {
			key = "verdict_crossing_must"
		}
		p.line(0, p.T(key, "from", x.From, "to", x.To, "from_only", p.venues(x.FromOnly), "to_only", p.venues(x.ToOnly)))
	}
	for i := range out.Components {
		p.component(&out.Components[i])
	}
}

func (p verdictPrinter) venues(list []policy.Venue) string {
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = p.word("decide.venue." + string(v))
	}
	if len(words) == 0 {
		return p.T("verdict_nowhere")
	}
	return strings.Join(words, ", ")
}

func (p verdictPrinter) component(c *decide.ComponentOut) {
	p.line(0, "")
	p.line(0, p.T("verdict_component", "name", c.Name, "facts", strconv.Itoa(len(c.Facts)), "digest", c.Verdict.FactsDigest))
	for _, d := range c.Verdict.Derived {
		p.line(1, p.T("verdict_derived", "fact", p.word("fact."+d.Fact), "value", factValue(p.App, d.Fact, d.Value), "rule", d.Pack+"/"+d.Rule, "article", d.Article))
	}
	for i := range c.Verdict.Venues {
		p.venue(&c.Verdict.Venues[i])
	}
	if len(c.Verdict.Pending) > 0 {
		p.line(1, p.T("verdict_pending"))
		for i := range c.Verdict.Pending {
			p.reason(&c.Verdict.Pending[i])
		}
	}
}

func (p verdictPrinter) venue(v *policy.VenueVerdict) {
	p.line(1, p.word("decide.venue."+string(v.Venue))+": "+p.word("decide.outcome."+string(v.Outcome)))
	if v.Because != "" {
		p.line(2, p.word("policy.because."+string(v.Because)))
	}
	p.note(2, "verdict_decides", p.text(&v.Decides))
	for i := range v.Conditions {
		p.note(2, "policy_condition", p.text(&v.Conditions[i]))
	}
	for _, key := range v.Missing {
		p.note(2, "verdict_missing", p.word("fact."+key)+" ("+key+")")
	}
	if v.Certificate != nil {
		p.note(2, "policy_certificate", certificateWords(p.App, v.Certificate))
	}
	for i := range v.Duties {
		p.note(2, "policy_duty", dutyWords(p.App, &v.Duties[i]))
	}
	for _, r := range inOrder(v.Reasons) {
		p.reason(&r)
	}
}

// inOrder puts first what decided, then what else speaks of the venue, then obligations.
func inOrder(list []policy.Reason) []policy.Reason {
	place := func(r policy.Reason) int {
		switch {
		case r.Wins:
			return 0
		case r.Outcome != policy.Obligation && r.Would != policy.Obligation:
			return 1
		}
		return 2
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b policy.Reason) int { return place(a) - place(b) })
	return list
}

func (p verdictPrinter) reason(r *policy.Reason) {
	sign := "·"
	if r.Wins {
		sign = "▶"
	}
	outcome := r.Outcome
	if r.Would != "" {
		outcome = r.Would
	}
	p.line(2, sign+" "+r.Pack+"/"+r.Rule+" "+r.Article+" ["+p.word("policy.status."+r.Status)+"] "+
		p.word("decide.outcome."+string(outcome))+" ("+p.word("policy.truth."+string(r.Truth))+")")
	p.line(3, p.text(&r.Message))
	p.note(3, "verdict_note", p.text(&r.Note))
	p.note(3, "policy_exception", p.text(&r.Exception))
	for _, a := range r.Atoms {
		value := a.Value
		if value == "" {
			value = p.word("policy.truth.unknown")
		}
		p.line(3, a.Test+" | "+value+" | "+p.word("policy.truth."+string(a.Truth)))
	}
	if r.URL != "" {
		p.line(3, r.URL)
	}
}
