package policy

import (
	"maps"
	"slices"

	"naru"
)

// Pack is one legal instrument as data: its rules with their citations, in force
// between two dates, or only announced.
type Pack struct {
	Key       string
	Title     naru.Text
	Status    string    // statute, notice, guideline, plan, draft
	From      naru.Date // first day in force; "" while only announced
	To        naru.Date // last day in force; "" = open
	Announced naru.Date // day of the announcement, of a pack not in force
	Note      naru.Text // what a reader of the pack must know
	Unread    unread    // from when on the text in force was not read
	Digest    string    // hex SHA-256 of the canonical form
	Settings  []Setting
	Rules     []Rule
	derived   []derivation
	cases     []testCase
	sources   map[string]Source

	authorities map[string][]authority // those its texts name
	form        []byte                 // see Canonical
	text, tests []byte                 // see Text
}

// unread marks the days whose text nobody read: rules still stand in the pack, and
// nothing definite may rest on them.
type unread struct {
	From naru.Date `json:"from,omitempty"`
	Why  naru.Text `json:"why"`
}

// Source is where the text of an instrument was read.
type Source struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

// Rule is one sentence of an instrument that says something of a component at some
// venues. Texts may name an authority as {role}; the name valid on the day of the
// decision stands in its place.
type Rule struct {
	ID          string           `json:"id"`
	When        string           `json:"when"` // CEL, as written
	From        naru.Date        `json:"from,omitempty"`
	To          naru.Date        `json:"to,omitempty"`
	Venues      []Venue          `json:"venues"`
	Outcome     Outcome          `json:"outcome"`
	Article     string           `json:"article"`
	Source      string           `json:"source"`
	Message     naru.Text        `json:"message"`
	Conditions  []Condition      `json:"conditions,omitempty"`
	Certificate *CertificateNeed `json:"certificate,omitempty"`
	Duties      []Duty           `json:"duties,omitempty"`
	Opinion     string           `json:"opinion,omitempty"` // role that gives an opinion before a consultation or an exception is decided
	Decides     string           `json:"decides,omitempty"` // role that decides a consultation
	Exception   naru.Text        `json:"exception"`
	ExceptionBy string           `json:"exception_by,omitempty"` // role that decides the exception
	Unverified  naru.Text        `json:"unverified"`             // the text was not read or sources conflict: no definite answer may rest on it
	Caveat      naru.Text        `json:"caveat"`                 // what to know beside it; the outcome stands
	Upon        []string         `json:"upon,omitempty"`

	cond node
}

// Condition is what a conditional rule asks for; Met tells from the facts that it is
// fulfilled already.
type Condition struct {
	Text naru.Text `json:"text"`
	Met  string    `json:"met,omitempty"` // CEL

	met node
}

// derivation concludes a fact that was not given, by an instrument's own words.
type derivation struct {
	ID      string    `json:"id"`
	Fact    string    `json:"fact"`
	Value   string    `json:"value"`
	When    string    `json:"when"`
	Article string    `json:"article"`
	Source  string    `json:"source"`
	Message naru.Text `json:"message"`

	field int
	code  int64
	cond  node
}

// rank orders outcomes by how far they bind: the highest that applies wins. A venue
// that is required counts as not allowed everywhere else.
type rank uint8

const (
	silent rank = iota
	allowed
	conditional
	required
	consult
	forbidden
)

// rankOf returns the rank of a rule's outcome at its own venue; outcomes that neither
// open nor close a venue are silent.
func rankOf(o Outcome) rank {
	switch o {
	case Allowed:
		return allowed
	case Conditional:
		return conditional
	case Required:
		return required
	case Consult:
		return consult
	case NotAllowed:
		return forbidden
	default:
		return silent
	}
}

// outcome is the inverse of rankOf.
func (r rank) outcome() Outcome {
	return [...]Outcome{CannotDecide, Allowed, Conditional, Required, Consult, NotAllowed}[r]
}

// inForce reports whether the instrument binds on the date.
func (p *Pack) inForce(d naru.Date) bool { return p.From != "" && d.Within(p.From, p.To) }

// pending reports whether the instrument was announced by the date and does not bind yet.
func (p *Pack) pending(d naru.Date) bool {
	return p.Announced != "" && p.Announced <= d && (p.From == "" || d < p.From)
}

// at reports whether the rule speaks of the venue itself.
func (r *Rule) at(v Venue) bool { return slices.Contains(r.Venues, v) }

// Text returns the files the pack was read from, pack.yaml and cases.yaml: what its next
// version begins as. Both are empty for a pack that was restored.
func (p *Pack) Text() (pack, cases []byte) { return p.text, p.tests }

// Has reports whether the pack has a rule or a derivation of that id.
func (p *Pack) Has(id string) bool {
	return slices.ContainsFunc(p.Rules, func(r Rule) bool { return r.ID == id }) ||
		slices.ContainsFunc(p.derived, func(v derivation) bool { return v.ID == id })
}

// Ref names the exact version of the pack.
func (p *Pack) Ref() PackRef {
	return PackRef{Key: p.Key, Title: p.Title, Status: p.Status, Digest: p.Digest}
}

// State says what the instrument is on a date: in_force, announced (known, not
// binding), future (not even announced) or ended.
func (p *Pack) State(d naru.Date) string {
	switch {
	case p.inForce(d):
		return "in_force"
	case p.pending(d):
		return "announced"
	case p.To != "" && p.To < d:
		return "ended"
	default:
		return "future"
	}
}

// Sources lists the keys of the sources the pack cites, sorted.
func (p *Pack) Sources() []string { return slices.Sorted(maps.Keys(p.sources)) }

// RulesOn returns the pack's rules that are valid on a date, with the names of
// authorities as of that date.
func (p *Pack) RulesOn(date naru.Date) []Rule {
	rules := []Rule{}
	for i := range p.Rules {
		r := p.Rules[i]
		if !date.Within(r.From, r.To) {
			continue
		}
		r.Message, r.Exception = p.names(r.Message, date), p.names(r.Exception, date)
		r.Unverified, r.Caveat = p.names(r.Unverified, date), p.names(r.Caveat, date)
		r.Conditions = slices.Clone(r.Conditions)
		for n := range r.Conditions {
			r.Conditions[n].Text = p.names(r.Conditions[n].Text, date)
		}
		r.Duties = slices.Clone(r.Duties)
		for n := range r.Duties {
			r.Duties[n].Text = p.names(r.Duties[n].Text, date)
		}
		rules = append(rules, r)
	}
	return rules
}
