package inventory

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"naru"
	"naru/base/policy"
)

// Row is one line of an officer's sheet: one component of one system. Lines with the
// same institution and system code are components of one system. What the reader of
// the file refused comes along as Faults.
type Row struct {
	Row             int            `json:"row"`
	InstitutionCode string         `json:"institution_code"` // code or name
	Code            string         `json:"code"`
	Name            string         `json:"name"`
	NameEn          string         `json:"name_en,omitempty"`
	Component       string         `json:"component,omitempty"` // "" = the system as a whole
	Facts           map[string]any `json:"facts,omitempty"`     // outside form, by fact key
	Links           []string       `json:"links,omitempty"`     // components of the same system, by name
	Needs           []string       `json:"needs,omitempty"`     // systems by code, those of others as institution/code
	Synthetic       bool           `json:"synthetic,omitempty"` // the file marks it as an example
	Faults          []naru.Problem `json:"faults,omitempty"`
}

// Change says what an import does to one system.
type Change string

// The changes.
const (
	Added     Change = "added"
	Changed   Change = "changed"
	Unchanged Change = "unchanged"
	Refused   Change = "refused"
)

// Report is what an import did, or would do in a dry run. Rows counts lines of the
// file, the other figures count systems.
type Report struct {
	DryRun    bool           `json:"dry_run"`
	Rows      int            `json:"rows"`
	Added     int            `json:"added"`
	Changed   int            `json:"changed"`
	Unchanged int            `json:"unchanged"`
	Refused   int            `json:"refused"`
	Problems  []naru.Problem `json:"problems,omitempty"` // the first MaxProblems, in row order
	Problem   int            `json:"problem_count"`      // all of them
	Written   bool           `json:"written"`
}

// MaxProblems bounds how many single faults a report carries.
const MaxProblems = 500

// Known is what the store tells about a system that exists.
type Known struct {
	ID         SystemID
	Digest     string
	Version    int64
	Components map[string]ComponentID // by name
}

// Key names a system within the nation: institution and the institution's own code.
type Key struct {
	Institution InstitutionID
	Code        string
}

// plan is the outcome of comparing a file with what is stored; it is pure.
type plan struct {
	report Report
	put    []System
}

// draft is a system being put together from its rows.
type draft struct {
	system System
	rows   []int
	links  []mention
	needs  []mention
	bad    bool
}

// assemble groups rows into systems and checks every fact. It does not look at the
// store.
func assemble(schema *policy.Schema, rows []Row, resolve func(string) (InstitutionID, bool)) (map[Key]*draft, []naru.Problem) {
	var problems []naru.Problem
	drafts := make(map[Key]*draft, len(rows))
	for i := range rows {
		row := &rows[i]
		faults := slices.Clone(row.Faults)
		inst, ok := resolve(row.InstitutionCode)
		if !ok {
			faults = append(faults, naru.Problem{Field: "institution", Message: naru.Msg("inventory.unknown_institution", "value", clip(row.InstitutionCode))})
		}
		if row.Code == "" {
			faults = append(faults, naru.Problem{Field: "code", Message: naru.Msg("inventory.code_missing")})
		}
		key := Key{inst, row.Code}
		if !ok || row.Code == "" {
			key.Code = fmt.Sprintf("\x00%d", i) // a system of its own, refused
		}
		d := drafts[key]
		if d == nil {
			d = &draft{system: System{Institution: inst, Code: row.Code, Name: row.Name, NameEn: row.NameEn}}
			drafts[key] = d
		}
		faults = append(faults, d.add(schema, row)...)
		d.bad = d.bad || len(faults) > 0
		for _, f := range faults {
			f.Row = cmp.Or(f.Row, row.Row)
			problems = append(problems, f)
		}
	}
	for _, d := range drafts {
		faults := d.link()
		d.bad = d.bad || len(faults) > 0
		problems = append(problems, faults...)
	}
	return drafts, problems
}

// add puts one row into the draft of its system.
func (d *draft) add(schema *policy.Schema, row *Row) (faults []naru.Problem) {
	d.rows = append(d.rows, row.Row)
	if row.Name == "" {
		faults = append(faults, naru.Problem{Field: "name", Message: naru.Msg("inventory.name_missing")})
	} else if row.Name != d.system.Name {
		faults = append(faults, naru.Problem{Field: "name", Message: naru.Msg("inventory.name_differs", "first", clip(d.system.Name), "row", fmt.Sprint(d.rows[0]))})
	}
	name := cmp.Or(row.Component, row.Name)
	if slices.ContainsFunc(d.system.Components, func(c Component) bool { return c.Name == name }) {
		return append(faults, naru.Problem{Field: "component", Message: naru.Msg("inventory.duplicate", "code", clip(row.Code), "component", clip(name), "row", fmt.Sprint(d.rows[0]))})
	}
	d.system.Synthetic = d.system.Synthetic || row.Synthetic
	own, part, bad := split(schema, row.Facts)
	faults = append(faults, bad...)
	if contradicts(schema, &part) {
		faults = append(faults, naru.Problem{Field: "component.personal_data", Message: naru.Msg("inventory.people_without_data")})
	}
	if len(d.system.Components) == 0 {
		d.system.Facts = own
	} else if at := differs(schema, &d.system.Facts, &own); at != "" {
		faults = append(faults, naru.Problem{Field: at, Message: naru.Msg("inventory.fact_differs", "fact", at, "row", fmt.Sprint(d.rows[0]))})
	}
	d.system.Components = append(d.system.Components, Component{Name: name, Facts: part})
	if len(row.Links) > 0 {
		d.links = append(d.links, mention{row.Row, name, row.Links})
	}
	if len(row.Needs) > 0 {
		d.needs = append(d.needs, mention{row.Row, name, row.Needs})
	}
	return faults
}

// contradicts reports a component that is said to hold no personal data and yet has data
// subjects: whichever rule is asked, one of the two would decide wrongly.
func contradicts(schema *policy.Schema, f *policy.Facts) bool {
	if holds, known := f.Get(schema.Index("component.personal_data")); !known || holds != 0 {
		return false
	}
	for _, key := range []string{"component.subjects", "component.sensitive_subjects", "component.linked_subjects"} {
		if n, known := f.Get(schema.Index(key)); known && n > 0 {
			return true
		}
	}
	return false
}

// split parses the facts of a row into those of the system and those of the component.
func split(schema *policy.Schema, facts map[string]any) (system, component policy.Facts, faults []naru.Problem) {
	for _, key := range slices.Sorted(maps.Keys(facts)) {
		target := &component
		if len(key) > 7 && key[:7] == "system." {
			target = &system
		}
		if err := schema.Set(target, key, facts[key]); err != nil {
			faults = append(faults, naru.Problem{Field: key, Message: naru.Msg("inventory.bad_fact", "fact", key, "value", clip(fmt.Sprint(facts[key])))})
		}
	}
	return system, component, faults
}

// differs returns the first fact that both know and say differently, or "".
func differs(schema *policy.Schema, a, b *policy.Facts) string {
	for i, f := range schema.Fields() {
		x, kx := a.Get(i)
		y, ky := b.Get(i)
		if kx && ky && x != y {
			return f.Key
		}
	}
	return ""
}

// compare decides for every draft whether it is added, changed, unchanged or refused.
func compare(schema *policy.Schema, order []Key, drafts map[Key]*draft, known map[Key]Known) plan {
	var p plan
	for _, key := range order {
		d := drafts[key]
		old, exists := known[key]
		switch {
		case d.bad:
			p.report.Refused++
		case !exists:
			p.report.Added++
			p.put = append(p.put, d.system)
		case old.Digest == d.system.Digest(schema):
			p.report.Unchanged++
		default:
			p.report.Changed++
			d.system.Version = old.Version
			for i := range d.system.Components {
				c := &d.system.Components[i]
				c.ID = old.Components[c.Name]
			}
			p.put = append(p.put, d.system)
		}
	}
	return p
}

// sortedKeys orders drafts by the first row they came from, so that ids follow the
// file's order.
func sortedKeys(drafts map[Key]*draft) []Key {
	keys := slices.Collect(maps.Keys(drafts))
	slices.SortFunc(keys, func(a, b Key) int {
		return cmp.Or(cmp.Compare(drafts[a].rows[0], drafts[b].rows[0]), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Institution, b.Institution))
	})
	return keys
}

// clip bounds a value quoted in a problem.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
