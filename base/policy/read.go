package policy

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"naru"
)

// reader turns the files of one set into packs; what it knows of shared sources and
// authorities checks every citation and role.
type reader struct {
	compiler    *compiler
	sources     map[string]Source
	authorities map[string][]authority
	faults      faults
}

// authority is one name of a role and the days it was valid.
type authority struct {
	From naru.Date `json:"from,omitempty"`
	To   naru.Date `json:"to,omitempty"`
	Name naru.Text `json:"name"`
}

func (r *reader) readSources(d *document, into map[string]Source) func(*yaml.Node) {
	return func(n *yaml.Node) {
		d.entries(n, func(key string, v *yaml.Node) {
			var s Source
			d.mapping(v, fields{"title": d.str(&s.Title), "url": d.str(&s.URL)}, "title")
			into[key] = s
		})
	}
}

func (r *reader) readAuthorities(d *document) {
	d.entries(d.root, func(role string, v *yaml.Node) {
		d.list(func(n *yaml.Node) {
			var a authority
			d.mapping(n, fields{"from": d.date(&a.From), "to": d.date(&a.To), "ko": d.str(&a.Name.Ko), "en": d.str(&a.Name.En)}, "ko", "en")
			r.authorities[role] = append(r.authorities[role], a)
		})(v)
	})
}

// pack reads pack.yaml.
func (r *reader) pack(d *document) *Pack {
	p := &Pack{sources: make(map[string]Source)}
	var rules, derive, settings *yaml.Node
	d.mapping(d.root, fields{
		"key": d.str(&p.Key), "title": d.text(&p.Title),
		"status": d.oneOf(&p.Status, "statute", "notice", "guideline", "plan", "draft"),
		"in_force": func(n *yaml.Node) {
			d.mapping(n, fields{"from": d.date(&p.From), "to": d.date(&p.To)}, "from")
		},
		"announced": d.date(&p.Announced), "note": d.text(&p.Note),
		"unread": func(n *yaml.Node) {
			d.mapping(n, fields{"from": d.date(&p.Unread.From), "ko": d.str(&p.Unread.Why.Ko), "en": d.str(&p.Unread.Why.En)}, "from", "ko", "en")
		},
		"sources":  r.readSources(d, p.sources),
		"settings": func(n *yaml.Node) { settings = n },
		"derive":   func(n *yaml.Node) { derive = n },
		"rules":    func(n *yaml.Node) { rules = n },
	}, "key", "title", "status", "rules")
	if p.From == "" && p.Announced == "" {
		d.fault(d.root, "missing_field", "in_force or announced")
	}
	if settings != nil {
		d.list(func(n *yaml.Node) { r.setting(d, p, n) })(settings)
	}
	if derive != nil {
		d.list(func(n *yaml.Node) { r.derivation(d, p, n) })(derive)
	}
	if rules != nil {
		d.list(func(n *yaml.Node) { r.rule(d, p, n) })(rules)
	}
	return p
}

// rule reads one rule, compiles its conditions and checks what a rule must have.
func (r *reader) rule(d *document, p *Pack, n *yaml.Node) {
	var u Rule
	d.mapping(n, fields{
		"id": d.str(&u.ID), "when": r.cel(d, &u.When, &u.cond), "from": d.date(&u.From), "to": d.date(&u.To),
		"venues": d.list(r.venue(d, &u)), "outcome": d.oneOf((*string)(&u.Outcome), outcomes()...),
		"article": d.str(&u.Article), "source": d.str(&u.Source), "message": r.sentence(d, &u.Message),
		"conditions": d.list(func(n *yaml.Node) { u.Conditions = append(u.Conditions, r.condition(d, n)) }),
		"certificate": func(n *yaml.Node) {
			u.Certificate = r.certificate(d, p, n)
		},
		"duties":  d.list(func(n *yaml.Node) { u.Duties = append(u.Duties, r.duty(d, n)) }),
		"opinion": r.role(d, &u.Opinion), "decides": r.role(d, &u.Decides),
		"exception":  func(n *yaml.Node) { r.exception(d, n, &u) },
		"unverified": r.sentence(d, &u.Unverified), "caveat": r.sentence(d, &u.Caveat), "upon": d.strs(&u.Upon),
	}, "id", "when", "outcome", "message")
	r.checkRule(d, p, n, &u)
	for i := range u.Duties {
		u.Duties[i].Pack = p.Key
		if u.Duties[i].Article == "" {
			u.Duties[i].Article = u.Article
		}
	}
	p.Rules = append(p.Rules, u)
}

// exception reads how a rule may be lifted for one component: in words, and by whom.
func (r *reader) exception(d *document, n *yaml.Node, u *Rule) {
	d.mapping(n, fields{
		"ko": d.str(&u.Exception.Ko), "en": d.str(&u.Exception.En),
		"opinion": r.role(d, &u.Opinion), "decides": r.role(d, &u.ExceptionBy),
	}, "ko", "en", "decides")
	r.checkRoles(d, n, u.Exception)
}

// checkRule refuses what the shape alone lets through: no citation, unknown source or
// fact, a repeated id, an outcome without what it needs.
func (r *reader) checkRule(d *document, p *Pack, n *yaml.Node, u *Rule) {
	r.checkCitation(d, p, n, u.Article, u.Source)
	r.checkID(d, p, n, u.ID)
	for _, key := range u.Upon {
		if r.compiler.schema.Index(key) < 0 {
			d.fault(n, "unknown_fact", key)
		}
	}
	if len(u.Venues) == 0 {
		u.Venues = Venues()
	}
	if u.Outcome == Conditional && len(u.Conditions) == 0 {
		d.fault(n, "missing_field", "conditions")
	}
	if u.Outcome == Consult && u.Decides == "" {
		d.fault(n, "missing_field", "decides")
	}
	if u.Outcome != Consult && u.Decides != "" || u.Opinion != "" && u.Decides == "" && u.ExceptionBy == "" {
		d.fault(n, "bad_value", "opinion and decides belong to a consultation or an exception")
	}
	if u.Outcome == Required && len(u.Venues) != 1 {
		d.fault(n, "bad_value", "required names one venue")
	}
}

// checkID refuses an id that another rule or derivation of the pack has already: a
// citation names one of them.
func (r *reader) checkID(d *document, p *Pack, n *yaml.Node, id string) {
	if p.Has(id) {
		d.fault(n, "duplicate", id)
	}
}

func (r *reader) checkCitation(d *document, p *Pack, n *yaml.Node, article, source string) {
	if article == "" || source == "" {
		d.fault(n, "no_citation", "article and source")
		return
	}
	if _, own := p.sources[source]; own {
		return
	}
	s, known := r.sources[source]
	if !known {
		d.fault(n, "unknown_source", source)
		return
	}
	p.sources[source] = s
}

func (r *reader) derivation(d *document, p *Pack, n *yaml.Node) {
	var v derivation
	d.mapping(n, fields{
		"id": d.str(&v.ID), "fact": d.str(&v.Fact), "value": d.str(&v.Value), "when": r.cel(d, &v.When, &v.cond),
		"article": d.str(&v.Article), "source": d.str(&v.Source), "message": r.sentence(d, &v.Message),
	}, "id", "fact", "value", "when", "message")
	r.checkCitation(d, p, n, v.Article, v.Source)
	r.checkID(d, p, n, v.ID)
	var f Facts
	if err := r.compiler.schema.Set(&f, v.Fact, worded(v.Value)); err != nil {
		d.fault(n, "bad_value", err.Error())
		return
	}
	v.field = r.compiler.schema.Index(v.Fact)
	v.code = f.Value[v.field]
	p.derived = append(p.derived, v)
}

// worded turns the words true and false into the truth values they name; every other
// word is a code or a date.
func worded(s string) any {
	switch s {
	case "true", "false":
		return s == "true"
	}
	return s
}

func (r *reader) condition(d *document, n *yaml.Node) Condition {
	var c Condition
	d.mapping(n, fields{"ko": d.str(&c.Text.Ko), "en": d.str(&c.Text.En), "met": r.cel(d, &c.Met, &c.met)}, "ko", "en")
	r.checkRoles(d, n, c.Text)
	return c
}

func (r *reader) certificate(d *document, p *Pack, n *yaml.Node) *CertificateNeed {
	var c CertificateNeed
	d.mapping(n, fields{
		"scheme": d.oneOf(&c.Scheme, "CSAP"), "types": d.strs(&c.Types), "untiered": d.strs(&c.Untiered), "undecided": d.strs(&c.Undecided),
		"tier": d.oneOf(&c.Tier, tiers()...), "higher": r.higher(d, p, &c),
	}, "scheme")
	for _, t := range slices.Concat(c.Types, c.Untiered, c.Undecided) {
		if !slices.Contains([]string{"iaas", "saas_standard", "saas_simple", "paas", "daas"}, t) {
			d.fault(n, "bad_value", t)
		}
	}
	return &c
}

func (r *reader) duty(d *document, n *yaml.Node) Duty {
	var u Duty
	d.mapping(n, fields{
		"key": d.str(&u.Key), "ko": d.str(&u.Text.Ko), "en": d.str(&u.Text.En), "days": d.days(&u.Days),
		"after":   d.oneOf(&u.After, "contract", "decision", "before_check", "before_end", "recommendation", "yearly"),
		"article": d.str(&u.Article),
	}, "key", "ko", "en")
	r.checkRoles(d, n, u.Text)
	return u
}

func (r *reader) venue(d *document, u *Rule) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v := Venue(n.Value)
		if !slices.Contains(Venues(), v) || u.at(v) {
			d.fault(n, "bad_value", n.Value)
			return
		}
		u.Venues = append(u.Venues, v)
	}
}

func (r *reader) role(d *document, dst *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		d.str(dst)(n)
		if _, ok := r.authorities[*dst]; !ok {
			d.fault(n, "unknown_role", *dst)
		}
	}
}

func (r *reader) sentence(d *document, dst *naru.Text) func(*yaml.Node) {
	return func(n *yaml.Node) {
		d.text(dst)(n)
		r.checkRoles(d, n, *dst)
	}
}

// checkRoles refuses a {role} that no authority has.
func (r *reader) checkRoles(d *document, n *yaml.Node, t naru.Text) {
	for _, s := range []string{t.Ko, t.En} {
		for rest := s; ; {
			_, after, open := strings.Cut(rest, "{")
			if !open {
				break
			}
			role, tail, closed := strings.Cut(after, "}")
			if _, known := r.authorities[role]; !closed || !known {
				d.fault(n, "unknown_role", role)
			}
			rest = tail
		}
	}
}

func (r *reader) cel(d *document, text *string, into *node) func(*yaml.Node) {
	return func(n *yaml.Node) {
		d.str(text)(n)
		if *text == "" {
			return
		}
		compiled, err := r.compiler.compile(n.Value)
		if err != nil {
			line, column := d.place(n, err.line, err.column)
			d.faults.add(Fault{File: d.file, Line: line, Column: column, Key: err.key, Detail: err.detail})
			return
		}
		*into = compiled
	}
}

func outcomes() []string {
	return []string{
		string(Allowed), string(Conditional), string(Consult), string(NotAllowed),
		string(Required), string(OutOfScope), string(Obligation),
	}
}

// tiers lists the certificate tiers from low to high.
func tiers() []string { return []string{"low", "middle", "high"} }
