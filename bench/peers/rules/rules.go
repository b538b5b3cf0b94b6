// Package rules gives every engine of the comparison the same law and the same rows: the
// rules of five instruments of packs/law as small trees read from their CEL, and systems
// drawn by a fixed seed.
package rules

import (
	"fmt"
	"io/fs"
	"testing/fstest"

	"naru"
	"naru/base/policy"
	"naru/flow/inventory"
	"naru/packs/law"
)

// Pack is one instrument as law of its own.
type Pack struct {
	Key   string
	Date  naru.Date
	Law   *policy.Law
	Rules []Rule
}

// Rule is a rule with the scope of its instrument: its condition, and that no rule takes
// the component out of the instrument.
type Rule struct {
	ID   string
	When string // CEL
	Cond Expr
}

// Five names the instruments of the comparison, each with a day on which it is in force.
func Five() map[string]naru.Date {
	return map[string]naru.Date{
		"GL2016": "2017-03-02", "INT2020": "2020-07-01", "CSAP2023": "2024-05-01", "N2SF1": "2026-03-01", "USE2025": "2026-03-01",
	}
}

// Load reads the five instruments in a fixed order.
func Load() (*policy.Schema, []Pack, error) {
	schema := inventory.Facts()
	reader, err := newReader(schema)
	if err != nil {
		return nil, nil, err
	}
	var packs []Pack
	for _, key := range []string{"GL2016", "INT2020", "CSAP2023", "N2SF1", "USE2025"} {
		set, err := policy.Load(schema, Only(law.Files, key))
		if err != nil {
			return nil, nil, fmt.Errorf("pack %s: %w", key, err)
		}
		p := Pack{Key: key, Date: Five()[key]}
		if p.Law, err = set.InForce(p.Date); err != nil {
			return nil, nil, err
		}
		source, err := set.Pack(key)
		if err != nil {
			return nil, nil, err
		}
		if p.Rules, err = reader.Rules(source, p.Date); err != nil {
			return nil, nil, err
		}
		packs = append(packs, p)
	}
	return schema, packs, nil
}

// Rules reads the rules of a pack that are valid on a date.
func (r *Reader) Rules(p *policy.Pack, date naru.Date) ([]Rule, error) {
	exits := ""
	for _, u := range p.Rules {
		if u.Outcome == policy.OutOfScope && date.Within(u.From, u.To) {
			exits += " && !(" + u.When + ")"
		}
	}
	var list []Rule
	for _, u := range p.Rules {
		if !date.Within(u.From, u.To) {
			continue
		}
		text := "(" + u.When + ")"
		if u.Outcome != policy.OutOfScope {
			text += exits
		}
		cond, err := r.Read(text)
		if err != nil {
			return nil, fmt.Errorf("%s/%s: %w", p.Key, u.ID, err)
		}
		list = append(list, Rule{ID: u.ID, When: text, Cond: cond})
	}
	return list, nil
}

// Only narrows the instruments to some folders, with the shared files beside them and
// without cases.
func Only(files fs.FS, keys ...string) fs.FS {
	m := fstest.MapFS{}
	names := []string{"authorities.yaml", "sources.yaml"}
	for _, key := range keys {
		names = append(names, key+"/pack.yaml")
	}
	for _, name := range names {
		if data, err := fs.ReadFile(files, name); err == nil { // what is absent, Load reports
			m[name] = &fstest.MapFile{Data: data}
		}
	}
	return m
}
