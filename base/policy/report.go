package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Report is the outcome of the packs' own cases: every case that fails, and for every
// rule whether some case fires it and another leaves it silent.
type Report struct {
	Cases    int        `json:"cases"`
	Failures []Failure  `json:"failures,omitempty"`
	Rules    []Coverage `json:"rules"`
}

// Failure is a case that did not come out as its pack says.
type Failure struct {
	Place string `json:"place"` // file:line:column
	Case  string `json:"case"`
	Want  string `json:"want"`
	Got   string `json:"got"`
}

// Coverage says how the cases exercise one rule or derivation.
type Coverage struct {
	Pack   string `json:"pack"`
	Rule   string `json:"rule"`
	Fired  int    `json:"fired"`
	Silent int    `json:"silent"`
}

// Test runs every case: those in a pack's folder on that pack alone, those beside the
// packs on everything in force on the date.
func (s *Instruments) Test() Report {
	t := &trial{set: s}
	for _, p := range s.packs {
		t.openAll(p)
	}
	for _, p := range s.packs {
		for i := range p.cases {
			t.alone(p, &p.cases[i])
		}
	}
	for i := range s.cases {
		t.together(&s.cases[i])
	}
	return t.done()
}

// trial is one run of the cases.
type trial struct {
	set    *Instruments
	report Report
	order  []*Coverage
}

// openAll puts every rule and derivation of the pack under trial.
func (t *trial) openAll(p *Pack) {
	for i := range p.Rules {
		t.open(p.Key, p.Rules[i].ID)
	}
	for i := range p.derived {
		t.open(p.Key, p.derived[i].ID)
	}
}

// done returns the report with the coverage of every rule under trial.
func (t *trial) done() Report {
	for _, c := range t.order {
		t.report.Rules = append(t.report.Rules, *c)
	}
	return t.report
}

func (t *trial) open(pack, rule string) {
	t.order = append(t.order, &Coverage{Pack: pack, Rule: rule})
}

// alone runs a case on one pack as if nothing else were law; an announced pack is
// tried as if it were in force.
func (t *trial) alone(p *Pack, c *testCase) {
	law := t.set.law(c.date, func(q *Pack) bool { return q == p && (p.inForce(c.date) || p.From == "") })
	t.run(law, c, p.Key+"/")
}

func (t *trial) together(c *testCase) {
	law, err := t.set.InForce(c.date)
	if err != nil {
		t.fail(c, "a date on record", err.Error())
		return
	}
	t.run(law, c, "")
}

// run compares a verdict with what the case expects.
func (t *trial) run(law *Law, c *testCase, prefix string) {
	t.report.Cases++
	v := law.Decide(&c.facts)
	for _, venue := range Venues() {
		if want, asked := c.expect[venue]; asked {
			t.same(c, string(venue)+" "+string(want), string(venue)+" "+string(v.At(venue).Outcome))
		}
	}
	fired := t.cover(law, &v, c, prefix)
	for _, rule := range c.fires {
		t.holds(c, slices.Contains(fired, prefix+rule), rule+" fires", strings.Join(fired, " "))
	}
	for _, rule := range c.silent {
		t.holds(c, !slices.Contains(fired, prefix+rule), rule+" is silent", strings.Join(fired, " "))
	}
	for _, fact := range c.missing {
		t.holds(c, slices.Contains(v.Missing(), fact), fact+" is missing", strings.Join(v.Missing(), " "))
	}
	for _, key := range c.pending {
		held := slices.ContainsFunc(v.Pending, func(r Reason) bool { return r.Pack+"/"+r.Rule == key })
		t.holds(c, held, key+" is pending", fmt.Sprintf("%d pending", len(v.Pending)))
	}
	if c.tier != "" {
		got := "no certificate"
		if need := v.At(Private).Certificate; need != nil {
			got = need.Tier
		}
		t.same(c, c.tier, got)
	}
}

// cover notes for every rule under trial whether the case fired it, and returns those
// that fired as "PACK/id". A rule not in force on the date did not fire.
func (t *trial) cover(law *Law, v *Verdict, c *testCase, prefix string) []string {
	var fired []string
	g := c.facts
	law.derive(&g)
	for _, rules := range [][]lawRule{law.rules, law.pending} {
		for i := range rules {
			if rules[i].test(&g) == yes {
				fired = append(fired, rules[i].pack.Key+"/"+rules[i].ID)
			}
		}
	}
	for _, d := range v.Derived {
		fired = append(fired, d.Pack+"/"+d.Rule)
	}
	for _, w := range t.order {
		switch key := w.Pack + "/" + w.Rule; {
		case !strings.HasPrefix(key, prefix):
		case slices.Contains(fired, key):
			w.Fired++
		default:
			w.Silent++
		}
	}
	return fired
}

func (t *trial) same(c *testCase, want, got string) { t.holds(c, want == got, want, got) }

func (t *trial) holds(c *testCase, ok bool, want, got string) {
	if !ok {
		t.fail(c, want, got)
	}
}

func (t *trial) fail(c *testCase, want, got string) {
	place := fmt.Sprintf("%s:%d:%d", c.at.File, c.at.Line, c.at.Column)
	t.report.Failures = append(t.report.Failures, Failure{Place: place, Case: c.name, Want: want, Got: got})
}

// Uncovered lists the rules that no case fires, or that every case fires.
func (r *Report) Uncovered() []Coverage {
	var list []Coverage
	for _, c := range r.Rules {
		if c.Fired == 0 || c.Silent == 0 {
			list = append(list, c)
		}
	}
	return list
}
