package policy

import (
	"fmt"
	"slices"
)

// Decide answers for one component at every venue, with every rule that fired or
// would have, its citation and the truth of each of its conditions.
func (l *Law) Decide(f *Facts) Verdict { return l.DecideUnder(nil, f) }

// DecideUnder answers as Decide does, with the exceptions granted to the component: those
// of them that hold on the date of the law.
func (l *Law) DecideUnder(lifts Exemptions, f *Facts) Verdict {
	e := explanation{law: l, lifts: lifts.On(l.date), said: make([]saying, len(l.rules))}
	e.find(f)
	v := Verdict{AsOf: l.date, Packs: l.packs, FactsDigest: l.schema.Digest(f), Derived: e.derivations()}
	v.Venues = make([]VenueVerdict, numVenues)
	for i, venue := range Venues() {
		e.venue(i, venue, &v.Venues[i])
	}
	v.Pending = e.pending()
	return v
}

// find decides: on the sheet, or rule by rule where exceptions lift some.
func (e *explanation) find(f *Facts) {
	l := e.law
	if len(e.lifts) > 0 {
		g := *f
		e.facts, e.by = &g, l.derive(&g)
		l.ruleUnder(e.lifts, &g, &e.ruling)
		return
	}
	var x Finding
	l.Find(f, &x)
	e.facts, e.by = &x.facts, x.by
	x.rule(&e.ruling)
}

// explanation is the work of explaining one ruling.
type explanation struct {
	law    *Law
	facts  *Facts // with what was derived
	by     [MaxFields]uint8
	lifts  Exemptions
	ruling ruling
	said   []saying // by rule
	values [MaxFields]string
}

// saying is what the facts make of a rule, said at every venue alike.
type saying struct {
	truth   Truth // "" while nobody asked
	atoms   []AtomTruth
	missing []string
	waits   uint64 // the unknown facts it waits for
}

// venue words the result at one venue.
func (e *explanation) venue(i int, venue Venue, v *VenueVerdict) {
	w := &e.ruling.venues[i]
	*v = VenueVerdict{Venue: venue, Outcome: w.outcome, Because: w.because, Reasons: make([]Reason, 0, e.bearers(i))}
	var missing uint64
	for n := range e.law.rules {
		r := &e.law.rules[n]
		lift := e.lifts.lifting(r, i)
		rank, bears := e.bearing(r, i, lift)
		if k := e.ruling.truth[n]; bears && k != no {
			said := e.rule(n, k)
			wins := w.decidedBy(rank, e.sure(r, k, lift), r)
			if wins && w.outcome == CannotDecide && k == maybe {
				wins = !r.dormant(e.facts, k)
				missing |= e.open(said.waits, wins)
			}
			v.Reasons = append(v.Reasons, e.law.sheet().said[n])
			reason := &v.Reasons[len(v.Reasons)-1]
			reason.Venue, reason.Wins, reason.Lifted = venue, wins, lift
			said.of(reason)
			e.merge(v, r, i, k)
			e.lifted(v, lift)
		}
	}
	if w.outcome == CannotDecide && w.because != Silence {
		v.Missing = e.law.schema.fieldKeys(missing)
		v.Because = Unverified
		if missing != 0 {
			v.Because = MissingFacts
		}
	}
}

// bearers counts the rules that have something to say at a venue.
func (e *explanation) bearers(venue int) int {
	n := 0
	for i := range e.law.rules {
		if r := &e.law.rules[i]; e.ruling.truth[i] != no && (r.venues[venue] || r.Outcome == Required) {
			n++
		}
	}
	return n
}

// rule finds what to say of a rule, once for all venues.
func (e *explanation) rule(n int, k kleene) *saying {
	said := &e.said[n]
	if said.truth == "" {
		*said = e.saying(&e.law.rules[n], k)
	}
	return said
}

// bearing returns the rank a rule has at a venue, and whether it bears on it at all.
func (e *explanation) bearing(r *lawRule, venue int, lift *Exemption) (rank, bool) {
	if lift != nil {
		return lift.rankUnder(), true
	}
	if r.venues[venue] {
		return r.rankNow(e.facts), true
	}
	return forbidden, r.Outcome == Required
}

func (e *explanation) sure(r *lawRule, k kleene, lift *Exemption) bool {
	return k == yes && (!r.unclear || lift != nil)
}

// lifted adds the conditions under which an exception was granted.
func (e *explanation) lifted(v *VenueVerdict, lift *Exemption) {
	if lift == nil || !v.Permits() {
		return
	}
	for _, text := range lift.Conditions {
		if !slices.Contains(v.Conditions, text) {
			v.Conditions = append(v.Conditions, text)
		}
	}
}

// decidedBy reports whether a rule of this rank is what the result rests on.
func (w *venueRuling) decidedBy(now rank, sure bool, r *lawRule) bool {
	switch {
	case w.outcome == OutOfScope:
		return r.out
	case w.outcome == CannotDecide:
		return !sure && (now > w.definite || r.out && !w.out && w.definite == silent)
	default:
		return sure && now == w.definite
	}
}

// open is the mask of unknown facts a rule waits for, with those that would let a
// derived fact be concluded.
func (e *explanation) open(waits uint64, counts bool) uint64 {
	if !counts {
		return 0
	}
	mask := waits
	for i := range e.law.derived {
		if d := &e.law.derived[i]; mask&(1<<uint(d.field)) != 0 {
			mask |= d.cond.missing(e.facts)
		}
	}
	return mask
}

// merge adds what a surely fired rule asks for: conditions not met, the certificate,
// duties, who decides. A venue that is closed asks for nothing.
func (e *explanation) merge(v *VenueVerdict, r *lawRule, venue int, k kleene) {
	if k != yes || !r.venues[venue] || v.Outcome == NotAllowed || v.Outcome == OutOfScope {
		return
	}
	for i, text := range r.wants {
		if met := r.met[i]; (met == nil || met(e.facts) != yes) && !slices.Contains(v.Conditions, text) {
			v.Conditions = append(v.Conditions, text)
		}
	}
	v.Certificate = v.Certificate.with(r.Certificate)
	for _, d := range r.duties {
		if !slices.ContainsFunc(v.Duties, func(o Duty) bool { return o.Key == d.Key && o.Pack == d.Pack }) {
			v.Duties = append(v.Duties, d)
		}
	}
	if v.Decides.IsZero() && v.Outcome == Consult && r.rank == consult {
		v.Decides = r.decides
	}
}

// quote is what is said of a rule whatever the facts are.
func (l *Law) quote(r *lawRule) Reason {
	out := Reason{
		Pack: r.pack.Key, Rule: r.ID, Outcome: r.Outcome,
		Article: r.Article, Title: r.pack.Title, Status: r.pack.Status, Source: r.Source,
		URL: r.pack.sources[r.Source].URL, Message: r.message, Exception: r.except, Note: r.note,
	}
	if r.unclear {
		out.Outcome, out.Would = CannotDecide, r.Outcome
	}
	if by := r.liftedBy(); by != "" {
		out.Lift = &Lift{By: by, Name: r.pack.nameOf(by, l.date), Opinion: r.Opinion}
		if r.Opinion != "" {
			out.Lift.OpinionName = r.pack.nameOf(r.Opinion, l.date)
		}
	}
	return out
}

// saying is what the facts make of a rule.
func (e *explanation) saying(r *lawRule, k kleene) saying {
	s := saying{truth: k.truth(), atoms: e.atoms(&r.cond)}
	if k == maybe {
		s.waits = r.cond.missing(e.facts)
		s.missing = e.law.schema.fieldKeys(s.waits)
	}
	return s
}

// of puts it into a reason.
func (s *saying) of(r *Reason) { r.Truth, r.Atoms, r.Missing = s.truth, s.atoms, s.missing }

// atoms lists the elementary conditions of a rule with the facts they read.
func (e *explanation) atoms(n *node) []AtomTruth {
	size := 0
	n.atoms(func(*node) { size++ })
	if size == 0 {
		return nil
	}
	list := make([]AtomTruth, 0, size)
	n.atoms(func(a *node) {
		t := AtomTruth{Fact: e.law.schema.fields[a.field].Key, Test: a.text, Truth: a.eval(e.facts).truth(), Value: e.value(a.field)}
		if by := e.by[a.field]; by > 0 {
			d := &e.law.derived[by-1]
			t.Derived = d.pack.Key + "/" + d.ID
		}
		list = append(list, t)
	})
	return list
}

// value is a fact in words, "" when unknown.
func (e *explanation) value(field int) string {
	if e.values[field] == "" {
		if v := e.law.schema.Outside(e.facts, field); v != nil {
			e.values[field] = fmt.Sprint(v)
		}
	}
	return e.values[field]
}

// derivations lists the concluded facts in schema order.
func (e *explanation) derivations() []Derived {
	var list []Derived
	for _, by := range e.by {
		if by == 0 {
			continue
		}
		d := &e.law.derived[by-1]
		list = append(list, Derived{
			Fact: d.Fact, Value: d.Value, Pack: d.pack.Key, Rule: d.ID, Article: d.Article,
			Source: d.Source, URL: d.pack.sources[d.Source].URL, Message: d.Message,
		})
	}
	return list
}

// pending lists what announced instruments would say.
func (e *explanation) pending() []Reason {
	var list []Reason
	for i := range e.law.pending {
		r := &e.law.pending[i]
		k := r.test(e.facts)
		if k == no {
			continue
		}
		reason, said := e.law.sheet().pending[i], e.saying(r, k)
		said.of(&reason)
		for _, reason.Venue = range r.Venues {
			list = append(list, reason)
		}
	}
	return list
}

// with merges two needs into the stricter: the higher tier with its readings of old
// certificates, and the types both accept.
func (c *CertificateNeed) with(d *CertificateNeed) *CertificateNeed {
	if c == nil || d == nil {
		if c == nil {
			return d
		}
		return c
	}
	if slices.Index(tiers(), d.Tier) > slices.Index(tiers(), c.Tier) {
		c, d = d, c
	}
	m := *c
	switch {
	case len(c.Types) == 0:
		m.Types = d.Types
	case len(d.Types) > 0:
		if m.Types = intersection(c.Types, d.Types); len(m.Types) == 0 {
			m.Types = []string{"none"} // an empty list would mean any
		}
	}
	if d.Tier == c.Tier {
		m.Untiered = intersection(c.Untiered, d.Untiered)
		m.Undecided = union(c.Undecided, d.Undecided)
		if d.Higher != c.Higher {
			m.Higher = higherUndecided
		}
	}
	return &m
}

// intersection keeps what two readings both accept; a side that says nothing agrees.
func intersection(a, b []string) []string {
	if len(a) == 0 || len(b) == 0 {
		return slices.Concat(a, b)
	}
	return slices.DeleteFunc(slices.Clone(a), func(t string) bool { return !slices.Contains(b, t) })
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// Missing reports which facts a component would need before every venue can be decided.
func (v *Verdict) Missing() []string {
	var keys []string
	for _, w := range v.Venues {
		for _, key := range w.Missing {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// Fired reports whether a rule of a pack surely applied somewhere.
func (v *Verdict) Fired(pack, rule string) bool {
	return slices.ContainsFunc(v.Venues, func(w VenueVerdict) bool {
		return slices.ContainsFunc(w.Reasons, func(r Reason) bool {
			return r.Pack == pack && r.Rule == rule && r.Truth == True
		})
	})
}

// Permits reports whether the venue is open as the facts stand, conditions included.
func (v VenueVerdict) Permits() bool {
	return v.Outcome == Allowed || v.Outcome == Conditional || v.Outcome == Required
}
