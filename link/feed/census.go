package feed

import (
	"fmt"
	"slices"
	"strings"

	"naru/base/policy"
	"naru/flow/inventory"
)

// Count is what came out of a proportion in a nation.
type Count struct {
	Proportion
	Got   int64 `json:"got"`
	GotOf int64 `json:"got_of"` // 0 = it cannot be counted
}

// Census counts a nation by every line of the table. What is calibrated is counted with
// the law of its date.
func Census(g *Generator, law *policy.Instruments) ([]Count, error) {
	c := census{got: map[string][2]int64{}, rules: censusRules(), schema: law.Schema()}
	for _, p := range g.table {
		if p.Date == "" {
			continue
		}
		l, err := law.InForce(p.Date)
		if err != nil {
			return nil, fmt.Errorf("proportion %s: %w", p.Key, err)
		}
		c.laws = append(c.laws, datedLaw{p.Key, l})
	}
	kinds := map[string]string{}
	for _, row := range g.Institutions() {
		kinds[row.Code] = row.Value.Kind
		c.count("institutions."+row.Value.Kind, 1)
		c.count("estate.institutions", 1)
	}
	for lines := range g.Systems() {
		if err := c.system(&counted{kind: kinds[lines[0].InstitutionCode], lines: lines, facts: lines[0].Facts}); err != nil {
			return nil, err
		}
	}
	var list []Count
	for _, p := range Proportions() {
		n := c.got[p.Key]
		if strings.HasPrefix(p.Key, "institutions.") {
			n[1] = c.got["estate.institutions"][0]
		}
		list = append(list, Count{p, n[0], n[1]})
	}
	return list, nil
}

type datedLaw struct {
	key string
	law *policy.Law
}

// counted is one system as a census sees it.
type counted struct {
	kind  string
	lines []Line
	facts map[string]any // of its first line
}

func (s *counted) is(key string, value any) bool { return s.facts["system."+key] == value }

func (s *counted) cloud() bool {
	_, known := s.facts["component.service_certified"]
	return known || s.is("site", "own") || s.is("site", "private")
}

func (s *counted) room() bool { return s.is("site", "own") || s.is("site", "onsite") }

func (s *counted) group() int {
	for group := range 3 {
		if slices.Contains(kindsOf(group), s.kind) {
			return group
		}
	}
	return -1
}

// some reports a fact of any component.
func (s *counted) some(test func(facts map[string]any) bool) bool {
	return slices.ContainsFunc(s.lines, func(l Line) bool { return test(l.Facts) })
}

// grave reports information of the list that the plan of 2021 keeps in public centres.
func (s *counted) grave() bool {
	return s.some(func(f map[string]any) bool {
		kinds, _ := f["component.info_kinds"].([]string)
		return len(kinds) > 0
	})
}

func (s *counted) onsite() bool {
	return s.some(func(f map[string]any) bool {
		reasons, _ := f["component.onsite_reasons"].([]string)
		return len(reasons) > 0
	})
}

// open reports a system of open data only.
func (s *counted) open() bool {
	return !s.some(func(f map[string]any) bool { return f["component.open_only"] != true })
}

// needs reports a system that needs another one, of any institution or of its own.
func (s *counted) needs(foreign bool) bool {
	return slices.ContainsFunc(s.lines[0].Needs, func(need string) bool { return strings.Contains(need, "/") == foreign })
}

// incomplete reports a system that lacks a fact which every component has.
func (s *counted) incomplete() bool {
	return s.some(func(f map[string]any) bool {
		for _, key := range []string{"info_kinds", "onsite_reasons", "personal_data", "foi_items", "nonpublic_business", "open_only"} {
			if f["component."+key] == nil {
				return true
			}
		}
		return false
	})
}

// unknown reports a system that lacks what the plan of 2021 asks.
func (s *counted) unknown() bool {
	return s.some(func(f map[string]any) bool {
		_, kinds := f["component.info_kinds"]
		_, reasons := f["component.onsite_reasons"]
		return !kinds || !reasons
	})
}

// rule counts one line of the table: how many of those in of are in is.
type censusRule struct {
	key    string
	of, is func(*counted) bool
}

type census struct {
	got    map[string][2]int64
	rules  []censusRule
	laws   []datedLaw
	schema *policy.Schema
}

func (c *census) count(key string, of int64) {
	n := c.got[key]
	c.got[key] = [2]int64{n[0] + 1, n[1] + of}
}

func (c *census) system(s *counted) error {
	for i := range c.rules {
		r := &c.rules[i]
		if !r.of(s) {
			continue
		}
		n := c.got[r.key]
		n[1]++
		if r.is(s) {
			n[0]++
		}
		c.got[r.key] = n
	}
	for _, l := range c.laws {
		open, err := Eligible(l.law, s.kind, s.lines)
		if err != nil {
			return err
		}
		n := c.got[l.key]
		n[1]++
		if open {
			n[0]++
		}
		c.got[l.key] = n
	}
	return nil
}

// Eligible reports a system that may go to private cloud as a whole: the law allows,
// conditionally allows or requires it for every component.
func Eligible(law *policy.Law, kind string, lines []Line) (bool, error) {
	schema := law.Schema()
	at := slices.Index(policy.Venues(), policy.Private)
	for i := range lines {
		var f policy.Facts
		for key, v := range lines[i].Facts {
			if err := schema.Set(&f, key, v); err != nil {
				return false, fmt.Errorf("%s: %w", lines[i].Code, err)
			}
		}
		sys, part := inventory.System{}, inventory.Component{Facts: f}
		f = inventory.FactsOf(schema, kind, &sys, &part)
		switch law.Outcomes(&f)[at] {
		case policy.Allowed, policy.Conditional, policy.Required:
		default:
			return false, nil
		}
	}
	return true, nil
}
