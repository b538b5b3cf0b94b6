package policy

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"naru"
)

// Setting is a figure or a choice that stands beside the rules of an instrument: with
// the source it was read in, or said to have none. What no source gives is thereby
// configuration that can be seen, compared and changed, and never an invented fact.
type Setting struct {
	Key       string    `json:"key"`
	Value     string    `json:"value"`
	Text      naru.Text `json:"text"`
	Source    string    `json:"source,omitempty"`
	Unsourced bool      `json:"unsourced,omitempty"`
}

// setting reads one setting; it has a source or says that it has none.
func (r *reader) setting(d *document, p *Pack, n *yaml.Node) {
	var s Setting
	d.mapping(n, fields{
		"key": d.str(&s.Key), "value": d.str(&s.Value), "ko": d.str(&s.Text.Ko), "en": d.str(&s.Text.En),
		"source": d.str(&s.Source), "unsourced": d.yes(&s.Unsourced),
	}, "key", "value", "ko", "en")
	r.checkRoles(d, n, s.Text)
	switch {
	case s.Unsourced && s.Source != "":
		d.fault(n, "bad_value", s.Key+" has a source and says that it has none")
	case !s.Unsourced && s.Source == "":
		d.fault(n, "no_citation", "source or unsourced: true")
	case !s.Unsourced:
		r.checkCitation(d, p, n, s.Key, s.Source)
	}
	if slices.ContainsFunc(p.Settings, func(o Setting) bool { return o.Key == s.Key }) {
		d.fault(n, "duplicate", s.Key)
	}
	p.Settings = append(p.Settings, s)
}

// yes reads a word that stands only to say yes.
func (d *document) yes(dst *bool) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || n.Value != "true" {
			d.fault(n, "bad_value", n.Value+" is not true")
			return
		}
		*dst = true
	}
}

// Setting returns the value of a setting of the pack, "" when there is none.
func (p *Pack) Setting(key string) string {
	for _, s := range p.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

// The readings of a certificate of a higher tier than the system's: no source settles it.
const (
	higherAccepted  = "accepted"
	higherUndecided = "undecided"
	higherRefused   = "refused"
)

// higher reads which setting of the pack says whether a higher tier suffices.
func (r *reader) higher(d *document, p *Pack, c *CertificateNeed) func(*yaml.Node) {
	return func(n *yaml.Node) {
		c.Higher = p.Setting(n.Value)
		if !slices.Contains([]string{higherAccepted, higherUndecided, higherRefused}, c.Higher) {
			d.fault(n, "bad_value", n.Value+" is no setting of value accepted, undecided or refused")
		}
	}
}
