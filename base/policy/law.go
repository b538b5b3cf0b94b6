package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"

	"naru"
)

// FirstDay is the first day the record reaches: the Cloud Computing Act entered into
// force (법률 제13234호, 2015-09-28).
const FirstDay naru.Date = "2015-09-28"

// Law is what is in force on one date, ready to decide: the packs' rules with the
// texts and names of that day. It is immutable and may be used by many goroutines.
type Law struct {
	schema  *Schema
	date    naru.Date
	packs   []PackRef
	texts   []*Pack // the same packs with everything they say
	rules   []lawRule
	derived []lawDerivation
	pending []lawRule // announced, evaluated beside and never mixed in
	sheet   func() *sheet
}

// lawRule is a rule of one pack on the date.
type lawRule struct {
	*Rule
	pack    *Pack
	cond    node // with the instrument's own scope: when and not out of scope
	test    test
	met     []test // of the conditions; nil where facts cannot tell
	upon    uint64 // facts that must be known before the rule speaks
	rank    rank
	venues  [numVenues]bool
	out     bool // takes its instrument out
	unclear bool // not verified on this date: it may bind, and never decides
	decides naru.Text
	message naru.Text
	except  naru.Text
	note    naru.Text
	wants   []naru.Text // texts of the conditions
	duties  []Duty
}

const numVenues = 5

type lawDerivation struct {
	*derivation
	pack *Pack
	test test
}

// InForce returns the law of a date. Before the record begins there is a clear
// refusal, because "no rule known" and "no rule" are different answers.
func (s *Instruments) InForce(date naru.Date) (*Law, error) {
	if _, ok := date.Days(); !ok {
		return nil, naru.NewError(naru.Invalid, "policy.bad_date", "date", string(date))
	}
	if date < FirstDay {
		return nil, naru.NewError(naru.Invalid, "policy.before_record", "date", string(date), "first", string(FirstDay))
	}
	return s.law(date, func(p *Pack) bool { return p.inForce(date) }), nil
}

// law assembles the chosen packs, and beside them what is announced on the date.
func (s *Instruments) law(date naru.Date, chosen func(*Pack) bool) *Law {
	l := &Law{schema: s.schema, date: date}
	for _, p := range s.packs {
		switch {
		case chosen(p):
			l.packs, l.texts = append(l.packs, p.Ref()), append(l.texts, p)
			l.rules = append(l.rules, s.rulesOf(p, date)...)
			for i := range p.derived {
				v := &p.derived[i]
				l.derived = append(l.derived, lawDerivation{derivation: v, pack: p, test: v.cond.compiled()})
			}
		case p.pending(date):
			l.pending = append(l.pending, s.rulesOf(p, date)...)
		}
	}
	l.sheet = sync.OnceValue(func() *sheet { return newSheet(l) })
	return l
}

// rulesOf prepares the rules of a pack that are valid on the date.
func (s *Instruments) rulesOf(p *Pack, date naru.Date) []lawRule {
	var exits []node
	for i := range p.Rules {
		if r := &p.Rules[i]; r.Outcome == OutOfScope && date.Within(r.From, r.To) {
			exits = append(exits, not(r.cond))
		}
	}
	var rules []lawRule
	for i := range p.Rules {
		if r := &p.Rules[i]; date.Within(r.From, r.To) {
			rules = append(rules, s.prepare(p, r, exits, date))
		}
	}
	return rules
}

// prepare binds a rule to the date: names of the day, scope of its instrument.
func (s *Instruments) prepare(p *Pack, r *Rule, exits []node, date naru.Date) lawRule {
	say := func(t naru.Text) naru.Text { return p.names(t, date) }
	l := lawRule{
		Rule: r, pack: p, cond: r.cond, rank: rankOf(r.Outcome), out: r.Outcome == OutOfScope,
		message: say(r.Message), except: say(r.Exception), note: say(r.Caveat),
	}
	switch {
	case !r.Unverified.IsZero():
		l.unclear, l.note = true, say(r.Unverified)
	case p.Unread.From != "" && date >= p.Unread.From:
		l.unclear, l.note = true, p.Unread.Why
	}
	if !l.out && len(exits) > 0 {
		l.cond = and(append([]node{r.cond}, exits...)...)
	}
	l.test = l.cond.compiled()
	for i, v := range Venues() {
		l.venues[i] = r.at(v)
	}
	for _, key := range r.Upon {
		l.upon |= 1 << uint(s.schema.Index(key))
	}
	if r.Decides != "" {
		l.decides = p.nameOf(r.Decides, date)
	}
	for i := range r.Conditions {
		l.wants = append(l.wants, say(r.Conditions[i].Text))
		var met test
		if !r.Conditions[i].met.isZero() {
			met = r.Conditions[i].met.compiled()
		}
		l.met = append(l.met, met)
	}
	for _, d := range r.Duties {
		d.Text = say(d.Text)
		l.duties = append(l.duties, d)
	}
	return l
}

// nameOf returns the name of a role on a date: authorities are renamed, and a verdict
// of 2017 must not name a ministry of 2026.
func (p *Pack) nameOf(role string, date naru.Date) naru.Text {
	return nameOf(p.authorities[role], role, date)
}

func nameOf(names []authority, role string, date naru.Date) naru.Text {
	for _, a := range names {
		if date.Within(a.From, a.To) {
			return a.Name
		}
	}
	return naru.Text{Ko: role, En: role}
}

// names replaces each {role} in a text by the name valid on the date.
func (p *Pack) names(t naru.Text, date naru.Date) naru.Text {
	if !strings.Contains(t.Ko, "{") && !strings.Contains(t.En, "{") {
		return t
	}
	for role := range p.authorities {
		name := p.nameOf(role, date)
		t.Ko = strings.ReplaceAll(t.Ko, "{"+role+"}", name.Ko)
		t.En = strings.ReplaceAll(t.En, "{"+role+"}", name.En)
	}
	return t
}

// Date returns the date the law is of.
func (l *Law) Date() naru.Date { return l.date }

// Schema returns the facts the law asks for.
func (l *Law) Schema() *Schema { return l.schema }

// Packs names the exact versions of the instruments in force.
func (l *Law) Packs() []PackRef { return l.packs }

// Instruments returns the packs in force, in the order of Packs; callers do not change them.
func (l *Law) Instruments() []*Pack { return l.texts }

// derive adds to f the facts that instruments let conclude and returns which rule
// concluded each field (index into l.derived plus one). Rules for one fact stand from
// strict to mild: a milder one counts only when every stricter one is known not to hold.
func (l *Law) derive(f *Facts) (by [MaxFields]uint8) {
	var open uint64 // fields a stricter rule left undecided
	given := f.Known
	for i := range l.derived {
		d := &l.derived[i]
		bit := uint64(1) << uint(d.field)
		if (given|f.Known|open)&bit != 0 {
			continue
		}
		switch d.test(f) {
		case yes:
			f.Put(d.field, d.code)
			by[d.field] = uint8(i + 1)
		case maybe:
			open |= bit
		}
	}
	return by
}

// TurnedSince reports whether a rule of the instruments in force began or ended, or the
// text of one was no longer read, after a day and by the law's own date: then laws of one
// digest answer otherwise on the two days.
func (l *Law) TurnedSince(day naru.Date) bool {
	turns := func(on naru.Date) bool { return on > day && on <= l.date }
	for _, p := range l.texts {
		if turns(p.Unread.From) {
			return true
		}
		for i := range p.Rules {
			r := &p.Rules[i]
			if turns(r.From) || r.To != "" && turns(r.To.AddDays(1)) {
				return true
			}
		}
	}
	return false
}

// Digest is the SHA-256 over the exact versions of all instruments in force: two laws
// of one digest answer alike on a date.
func (l *Law) Digest() string {
	h := sha256.New()
	for _, p := range l.packs {
		fmt.Fprintln(h, p.Key, p.Digest)
	}
	return hex.EncodeToString(h.Sum(nil))
}
