package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"naru"
)

// canonical is a pack as its digest sees it: everything that can change a verdict or its
// words, in a fixed order, with the sources and names it draws on. Layout, comments and
// cases of the files do not count. A pack can be read back from it (see [Restore]), so
// that a verdict replays when the files have long changed.
type canonical struct {
	Key         string                 `json:"key"`
	Title       naru.Text              `json:"title"`
	Status      string                 `json:"status"`
	From        naru.Date              `json:"from,omitempty"`
	To          naru.Date              `json:"to,omitempty"`
	Announced   naru.Date              `json:"announced,omitempty"`
	Note        naru.Text              `json:"note"`
	Unread      unread                 `json:"unread"`
	Derived     []derivation           `json:"derived,omitempty"`
	Settings    []Setting              `json:"settings,omitempty"`
	Rules       []Rule                 `json:"rules"`
	Sources     map[string]Source      `json:"sources"`
	Authorities map[string][]authority `json:"authorities,omitempty"`
}

// seal fixes the pack's names of authorities, canonical form and digest.
func (p *Pack) seal(all map[string][]authority) {
	p.authorities = named(p, all)
	data, err := json.Marshal(canonical{
		p.Key, p.Title, p.Status, p.From, p.To, p.Announced, p.Note, p.Unread, p.derived, p.Settings, p.Rules, p.sources, p.authorities,
	})
	if err != nil {
		panic(fmt.Sprintf("policy: pack %s has no canonical form: %v", p.Key, err)) // plain data always marshals
	}
	sum := sha256.Sum256(data)
	p.form, p.Digest = data, hex.EncodeToString(sum[:])
}

// Canonical returns the bytes whose SHA-256 is the pack's digest; callers do not change
// them.
func (p *Pack) Canonical() []byte { return p.form }

// Restore reads a pack back from its canonical form. The form must be what Canonical
// gave: any other bytes would have another digest and are refused. Facts that the schema
// lost since are refused too, because the pack could not decide as it did.
func Restore(schema *Schema, form []byte) (*Pack, error) {
	c, err := newCompiler(schema)
	if err != nil {
		return nil, err
	}
	var v canonical
	if err := json.Unmarshal(form, &v); err != nil {
		return nil, fmt.Errorf("archived pack: %w", err)
	}
	p := &Pack{
		Key: v.Key, Title: v.Title, Status: v.Status, From: v.From, To: v.To, Announced: v.Announced, Note: v.Note,
		Unread: v.Unread, derived: v.Derived, Settings: v.Settings, Rules: v.Rules, sources: v.Sources,
	}
	if err := p.compile(c); err != nil {
		return nil, fmt.Errorf("archived pack %s: %w", v.Key, err)
	}
	p.seal(v.Authorities)
	if string(p.form) != string(form) {
		return nil, fmt.Errorf("archived pack %s does not read back to its own bytes", v.Key)
	}
	return p, nil
}

// Recall returns the law that exactly these packs made on a date: what a stored decision
// was made by. What was announced beside it is not recalled.
func Recall(schema *Schema, date naru.Date, packs []*Pack) *Law {
	s := &Instruments{schema: schema, packs: packs}
	return s.law(date, func(*Pack) bool { return true })
}

// compile makes the conditions of a pack read from its canonical form ready to run.
func (p *Pack) compile(c *compiler) error {
	into := func(n *node, text string) error {
		compiled, err := c.compile(text)
		if err != nil {
			return err
		}
		*n = compiled
		return nil
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		if err := into(&r.cond, r.When); err != nil {
			return fmt.Errorf("rule %s: %w", r.ID, err)
		}
		for n := range r.Conditions {
			if met := &r.Conditions[n]; met.Met != "" {
				if err := into(&met.met, met.Met); err != nil {
					return fmt.Errorf("rule %s: %w", r.ID, err)
				}
			}
		}
	}
	for i := range p.derived {
		d := &p.derived[i]
		if err := into(&d.cond, d.When); err != nil {
			return fmt.Errorf("derivation %s: %w", d.ID, err)
		}
		var f Facts
		if err := c.schema.Set(&f, d.Fact, worded(d.Value)); err != nil {
			return fmt.Errorf("derivation %s: %w", d.ID, err)
		}
		d.field = c.schema.Index(d.Fact)
		d.code = f.Value[d.field]
	}
	return nil
}

// named picks the authorities whose names stand in the pack's texts.
func named(p *Pack, all map[string][]authority) map[string][]authority {
	used := make(map[string][]authority)
	note := func(texts ...naru.Text) {
		for _, t := range texts {
			for role, names := range all {
				if strings.Contains(t.Ko+t.En, "{"+role+"}") {
					used[role] = names
				}
			}
		}
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		note(r.Message, r.Exception, r.Unverified, r.Caveat, naru.Text{Ko: "{" + r.Decides + "}{" + r.Opinion + "}{" + r.ExceptionBy + "}"})
		for _, c := range r.Conditions {
			note(c.Text)
		}
		for _, d := range r.Duties {
			note(d.Text)
		}
	}
	for _, v := range p.derived {
		note(v.Message)
	}
	for _, s := range p.Settings {
		note(s.Text)
	}
	return used
}
