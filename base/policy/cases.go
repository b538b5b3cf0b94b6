package policy

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"naru"
)

// testCase is one case of a pack in its own words: on a date, with these facts, the
// venues answer so and these rules fire. Cases are data beside the law they test.
type testCase struct {
	name    string
	date    naru.Date
	facts   Facts
	expect  map[Venue]Outcome
	fires   []string // rule ids; "PACK/id" in the cases of the whole set
	silent  []string
	missing []string // facts named by some venue
	pending []string
	tier    string // certificate tier asked for at the private venue
	at      Fault  // place, for a failure
}

func isAbsent(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// cases reads a file of cases; none when it is absent.
func (r *reader) cases(fsys fs.FS, name string) ([]testCase, error) {
	d, err := r.open(fsys, name)
	if err != nil || d == nil {
		return nil, err
	}
	return r.caseList(d), nil
}

// caseList reads the cases of a parsed file.
func (r *reader) caseList(d *document) (cases []testCase) {
	d.list(func(n *yaml.Node) { cases = append(cases, r.testCase(d, n)) })(d.root)
	return cases
}

func (r *reader) testCase(d *document, n *yaml.Node) testCase {
	c := testCase{expect: make(map[Venue]Outcome), at: Fault{File: d.file, Line: n.Line, Column: n.Column}}
	var note string
	d.mapping(n, fields{
		"name": d.str(&c.name), "note": d.str(&note), "date": d.date(&c.date),
		"facts":  func(n *yaml.Node) { r.facts(d, n, &c.facts) },
		"expect": func(n *yaml.Node) { r.expectations(d, n, c.expect) },
		"fires":  d.strs(&c.fires), "silent": d.strs(&c.silent), "missing": d.strs(&c.missing),
		"pending": d.strs(&c.pending), "tier": d.oneOf(&c.tier, tiers()...),
	}, "name", "date", "facts")
	if len(c.fires)+len(c.silent)+len(c.pending) == 0 {
		d.fault(n, "missing_field", "fires, silent or pending")
	}
	return c
}

func (r *reader) facts(d *document, n *yaml.Node, f *Facts) {
	d.entries(n, func(key string, v *yaml.Node) {
		value := outside(v)
		if value == nil {
			return // said to be unknown
		}
		if err := r.compiler.schema.Set(f, key, value); err != nil {
			d.fault(v, "bad_value", err.Error())
		}
	})
}

func (r *reader) expectations(d *document, n *yaml.Node, into map[Venue]Outcome) {
	d.entries(n, func(venue string, v *yaml.Node) {
		var outcome string
		d.oneOf(&outcome, append(outcomes(), string(CannotDecide))...)(v)
		if !slices.Contains(Venues(), Venue(venue)) {
			d.fault(v, "bad_value", venue+" is no venue")
		}
		into[Venue(venue)] = Outcome(outcome)
	})
}

// checkCases refuses a case that names a rule nobody has: it would hold for ever.
func (r *reader) checkCases(s *Instruments) {
	check := func(c *testCase, has func(id string) bool) {
		for _, id := range slices.Concat(c.fires, c.silent, c.pending) {
			if !has(id) {
				at := c.at
				at.Key, at.Detail = "bad_value", id+" is no rule"
				r.faults.add(at)
			}
		}
	}
	for _, p := range s.packs {
		for i := range p.cases {
			check(&p.cases[i], func(id string) bool { return p.Has(strings.TrimPrefix(id, p.Key+"/")) })
		}
	}
	for i := range s.cases {
		check(&s.cases[i], s.hasRule)
	}
}

// hasRule reports whether some pack has the rule "PACK/id".
func (s *Instruments) hasRule(key string) bool {
	pack, id, _ := strings.Cut(key, "/")
	return slices.ContainsFunc(s.packs, func(p *Pack) bool { return p.Key == pack && p.Has(id) })
}
