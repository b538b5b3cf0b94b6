package policy

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"naru"
)

// The bounds of a whole set: a ruling holds the truth of every rule in one array, and
// the rule that concluded a fact in one byte.
const (
	maxRules   = 512
	maxDerived = 255
)

// Instruments is a whole collection of instruments: what was, is and will be in force.
type Instruments struct {
	schema      *Schema
	packs       []*Pack // by entry into force (announced ones last), then key
	authorities map[string][]authority
	sources     map[string]Source
	cases       []testCase // over all packs together
}

// Load reads a set: a folder per instrument with pack.yaml and cases.yaml, and beside
// them authorities.yaml, sources.yaml and cases.yaml for the whole. Every fault of
// every file is reported at once, each with file, line and column.
func Load(schema *Schema, fsys fs.FS) (*Instruments, error) {
	c, err := newCompiler(schema)
	if err != nil {
		return nil, err
	}
	r := &reader{compiler: c, sources: make(map[string]Source), authorities: make(map[string][]authority)}
	s := &Instruments{schema: schema, authorities: r.authorities, sources: r.sources}
	if err := r.shared(fsys); err != nil {
		return nil, err
	}
	dirs, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("packs: %w", err)
	}
	for _, dir := range dirs {
		if !dir.IsDir() {
			continue
		}
		p, err := r.folder(fsys, dir.Name())
		if err != nil {
			return nil, err
		}
		s.packs = append(s.packs, p)
	}
	if s.cases, err = r.cases(fsys, "cases.yaml"); err != nil {
		return nil, err
	}
	s.arrange()
	r.overlaps(s.packs)
	r.checkCases(s)
	return s, r.faults.err()
}

// shared reads the files all packs of the set draw on; each may be absent.
func (r *reader) shared(fsys fs.FS) error {
	if d, err := r.open(fsys, "authorities.yaml"); err != nil || d != nil {
		if err != nil {
			return err
		}
		r.readAuthorities(d)
	}
	d, err := r.open(fsys, "sources.yaml")
	if err == nil && d != nil {
		r.readSources(d, r.sources)(d.root)
	}
	return err
}

// folder reads one instrument; the folder's name is its key.
func (r *reader) folder(fsys fs.FS, dir string) (*Pack, error) {
	d, err := r.open(fsys, path.Join(dir, "pack.yaml"))
	if err != nil {
		return nil, err
	}
	if d == nil {
		r.faults.add(Fault{File: dir + "/pack.yaml", Line: 1, Column: 1, Key: "missing_field", Detail: "pack.yaml"})
		return &Pack{Key: dir}, nil
	}
	p := r.pack(d)
	if p.Key != dir {
		d.fault(d.root, "bad_value", "key "+p.Key+" in folder "+dir)
	}
	p.seal(r.authorities)
	p.text = d.source()
	if d, err = r.open(fsys, path.Join(dir, "cases.yaml")); err != nil || d == nil {
		return p, err
	}
	p.tests, p.cases = d.source(), r.caseList(d)
	return p, nil
}

// open parses a file; nil when there is none or nothing in it can be read.
func (r *reader) open(fsys fs.FS, name string) (*document, error) {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		if isAbsent(err) {
			return nil, nil
		}
		return nil, fmt.Errorf("pack file %s: %w", name, err)
	}
	d := parse(name, data, &r.faults)
	if d.root == nil {
		return nil, nil
	}
	return d, nil
}

// overlaps refuses two instruments that derive the same fact, and more rules in all
// than a ruling holds.
func (r *reader) overlaps(packs []*Pack) {
	owner := make(map[string]string)
	most := make(map[string][2]int) // rules and derivations of a key's largest version: two never bind together
	for _, p := range packs {
		most[p.Key] = [2]int{max(most[p.Key][0], len(p.Rules)), max(most[p.Key][1], len(p.derived))}
		rules, derived := 0, 0
		for _, n := range most {
			rules, derived = rules+n[0], derived+n[1]
		}
		if rules > maxRules || derived > maxDerived {
			r.faults.add(Fault{File: p.Key + "/pack.yaml", Line: 1, Column: 1, Key: "too_costly", Detail: fmt.Sprintf("%d rules and %d derivations in all packs", rules, derived)})
			return
		}
		for _, v := range p.derived {
			if other, taken := owner[v.Fact]; taken && other != p.Key {
				r.faults.add(Fault{File: p.Key + "/pack.yaml", Line: 1, Column: 1, Key: "duplicate", Detail: v.Fact + " is derived by " + other})
			}
			owner[v.Fact] = p.Key
		}
	}
}

// arrange puts the packs in the order of their entry into force.
func (s *Instruments) arrange() {
	order := func(p *Pack) string {
		if p.From == "" {
			return "9999" + string(p.Announced) + p.Key
		}
		return string(p.From) + p.Key
	}
	slices.SortFunc(s.packs, func(a, b *Pack) int { return strings.Compare(order(a), order(b)) })
}

// Packs returns the instruments in order of entry into force; callers do not change them.
func (s *Instruments) Packs() []*Pack { return s.packs }

// PackOn returns the version of an instrument that is in force on a date, else its
// latest.
func (s *Instruments) PackOn(key string, date naru.Date) (*Pack, error) {
	var latest *Pack
	for _, p := range s.packs {
		if p.Key != key {
			continue
		}
		if latest = p; p.inForce(date) {
			break
		}
	}
	if latest == nil {
		return nil, naru.NewError(naru.NotFound, "policy.no_pack", "pack", key)
	}
	return latest, nil
}

// Pack returns the instrument with a key.
func (s *Instruments) Pack(key string) (*Pack, error) {
	for _, p := range s.packs {
		if p.Key == key {
			return p, nil
		}
	}
	return nil, naru.NewError(naru.NotFound, "policy.no_pack", "pack", key)
}

// NameOf returns the name of an authority on a date; the role itself when it has none.
func (s *Instruments) NameOf(role string, date naru.Date) naru.Text {
	return nameOf(s.authorities[role], role, date)
}

// Schema returns the facts the set was checked against.
func (s *Instruments) Schema() *Schema { return s.schema }

// Source returns a source that the pack cites.
func (p *Pack) Source(key string) Source { return p.sources[key] }
