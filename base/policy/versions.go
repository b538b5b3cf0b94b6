package policy

import (
	"slices"

	"naru"
)

// With returns a set that holds the packs besides its own: instruments published after
// naru was built. A pack whose key the set knows is its next version: what stood before
// ends the day before the new one enters into force, so that every date keeps the
// version that was law on it. The set itself is not changed.
func (s *Instruments) With(packs ...*Pack) (*Instruments, error) {
	next := &Instruments{schema: s.schema, authorities: s.authorities, sources: s.sources, cases: s.cases}
	next.packs = slices.Clone(s.packs)
	for _, p := range packs {
		next.succeed(p)
	}
	next.arrange()
	var r reader
	r.overlaps(next.packs)
	return next, r.faults.err()
}

// succeed puts the pack among the versions of its key: each holds until the day before
// the next one begins, and of two that begin on one day the one given last is law.
func (s *Instruments) succeed(p *Pack) {
	kept := s.packs[:0]
	for _, old := range s.packs {
		switch {
		case old.Key != p.Key || p.From == "":
			kept = append(kept, old)
		case old.From == "" || old.From == p.From:
			// what was only announced, or began on the same day, is replaced
		case old.From < p.From:
			kept = append(kept, old.endedBefore(p.From))
		default:
			kept = append(kept, old)
			p = p.endedBefore(old.From)
		}
	}
	s.packs = append(kept, p)
}

// endedBefore returns the pack as it stands when another version begins on a day.
func (p *Pack) endedBefore(day naru.Date) *Pack {
	if p.To != "" && p.To < day {
		return p
	}
	ended := *p
	ended.To = day.AddDays(-1)
	return &ended
}

// AnnouncedOn returns the pack as published on a day: until it enters into force it is
// shown beside the law and never mixed in. Its digest is that of its text.
func (p *Pack) AnnouncedOn(day naru.Date) *Pack {
	if p.Announced != "" || p.From == "" || p.From <= day {
		return p
	}
	known := *p
	known.Announced = day
	return &known
}

// Draft reads a pack that is not part of the set, with the sources and the names of
// authorities of the set, and its cases. Every fault is reported with its file
// ("pack.yaml" or "cases.yaml"), line and column.
func (s *Instruments) Draft(pack, cases []byte) (*Pack, error) {
	c, err := newCompiler(s.schema)
	if err != nil {
		return nil, err
	}
	r := &reader{compiler: c, sources: s.sources, authorities: s.authorities}
	d := parse("pack.yaml", pack, &r.faults)
	if d.root == nil {
		return nil, r.faults.err()
	}
	p := r.pack(d)
	p.seal(r.authorities)
	p.text, p.tests = pack, cases
	if len(cases) > 0 {
		if d := parse("cases.yaml", cases, &r.faults); d.root != nil {
			p.cases = r.caseList(d)
			r.checkCases(&Instruments{packs: []*Pack{p}})
		}
	}
	return p, r.faults.err()
}

// Try runs the cases of a pack on that pack alone, as if nothing else were or became law.
func (s *Instruments) Try(p *Pack) Report {
	t := &trial{set: &Instruments{schema: s.schema, packs: []*Pack{p}}}
	t.openAll(p)
	for i := range p.cases {
		t.alone(p, &p.cases[i])
	}
	return t.done()
}
