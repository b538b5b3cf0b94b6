package policy

import (
	"slices"

	"naru"
)

// View is an instrument as a reader sees it on a date: what it says, since when, where
// that was read and what of it is configuration.
type View struct {
	PackRef
	AsOf       naru.Date    `json:"as_of"`
	State      string       `json:"state"` // in_force, announced, future, ended
	From       naru.Date    `json:"from,omitempty"`
	To         naru.Date    `json:"to,omitempty"`
	Announced  naru.Date    `json:"announced,omitempty"`
	Note       naru.Text    `json:"note"`
	UnreadFrom naru.Date    `json:"unread_from,omitempty"`
	UnreadWhy  naru.Text    `json:"unread_why"`
	Settings   []Setting    `json:"settings"`
	Derived    []Conclusion `json:"derived"`
	Rules      []RuleView   `json:"rules"`
	Sources    []Citation   `json:"sources"`
}

// RuleView is a rule with the names of its date, its condition as a tree, and the names
// of those who have a word in it.
type RuleView struct {
	Rule
	Clause        Clause     `json:"clause"`
	Met           []*Clause  `json:"met,omitempty"` // what tells that each condition is fulfilled; nil where facts cannot
	OpinionOf     *naru.Text `json:"opinion_of,omitempty"`
	DecidedBy     *naru.Text `json:"decided_by,omitempty"`
	ExceptedBy    *naru.Text `json:"excepted_by,omitempty"`
	SourceTitle   string     `json:"source_title"`
	SourceURL     string     `json:"source_url,omitempty"`
	NotVerified   bool       `json:"not_verified"` // on the date nothing definite may rest on it
	WhyUnverified *naru.Text `json:"why_unverified,omitempty"`
}

// Conclusion is a fact that the instrument lets conclude from others.
type Conclusion struct {
	ID        string    `json:"id"`
	Fact      string    `json:"fact"`
	Value     string    `json:"value"`
	When      string    `json:"when"`
	Clause    Clause    `json:"clause"`
	Article   string    `json:"article"`
	SourceURL string    `json:"source_url,omitempty"`
	Message   naru.Text `json:"message"`
}

// Citation is where a text was read.
type Citation struct {
	Key string `json:"key"`
	Source
}

// View shows a pack on a date; only the rules that are valid on it.
func (s *Instruments) View(p *Pack, date naru.Date) View {
	v := View{
		PackRef: p.Ref(), AsOf: date, State: p.State(date), From: p.From, To: p.To, Announced: p.Announced, Note: p.Note,
		UnreadFrom: p.Unread.From, UnreadWhy: p.Unread.Why, Settings: slices.Clone(p.Settings), Rules: []RuleView{}, Derived: []Conclusion{},
	}
	for i := range v.Settings {
		v.Settings[i].Text = p.names(v.Settings[i].Text, date)
	}
	for i := range p.derived {
		d := &p.derived[i]
		v.Derived = append(v.Derived, Conclusion{
			d.ID, d.Fact, d.Value, d.When, s.schema.clause(&d.cond), d.Article, p.sources[d.Source].URL, p.names(d.Message, date),
		})
	}
	for _, r := range p.RulesOn(date) {
		v.Rules = append(v.Rules, s.rule(p, r, date))
	}
	for _, key := range p.Sources() {
		v.Sources = append(v.Sources, Citation{key, p.sources[key]})
	}
	return v
}

func (s *Instruments) rule(p *Pack, r Rule, date naru.Date) RuleView {
	v := RuleView{Rule: r, Clause: r.Clause(s.schema), SourceTitle: p.sources[r.Source].Title, SourceURL: p.sources[r.Source].URL}
	name := func(role string) *naru.Text {
		if role == "" {
			return nil
		}
		t := p.nameOf(role, date)
		return &t
	}
	v.OpinionOf, v.DecidedBy, v.ExceptedBy = name(r.Opinion), name(r.Decides), name(r.ExceptionBy)
	for i := range r.Conditions {
		var met *Clause
		if c, told := r.Conditions[i].Clause(s.schema); told {
			met = &c
		}
		v.Met = append(v.Met, met)
	}
	switch {
	case !r.Unverified.IsZero():
		v.NotVerified, v.WhyUnverified = true, &r.Unverified
	case p.Unread.From != "" && date >= p.Unread.From:
		v.NotVerified, v.WhyUnverified = true, &p.Unread.Why
	}
	return v
}
