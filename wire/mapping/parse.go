package mapping

import (
	"fmt"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"

	"naru/wire/sheet"
)

// Error is a mistake in a mapping file, at its place.
type Error struct {
	Name         string
	Line, Column int
	Reason       string
}

// Error gives the place as editors read it.
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.Name, e.Line, e.Column, e.Reason)
}

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`)

// Parse reads a mapping file. It is strict: unknown and repeated keys, anchors, a column without heading or
// constant, a code list that the type has no use for are errors with line and column.
func Parse(name string, data []byte) (*Mapping, error) {
	p := &parser{name: name}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, &Error{Name: name, Line: 1, Column: 1, Reason: err.Error()}
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, &Error{Name: name, Line: 1, Column: 1, Reason: "empty"}
	}
	m := &Mapping{}
	if err := p.mapping(doc.Content[0], m); err != nil {
		return nil, err
	}
	return m, nil
}

// parser walks the YAML tree; each key has its own reader.
type parser struct {
	name  string
	nulls []string
}

type keyReaders map[string]func(*yaml.Node) error

func (p *parser) fail(n *yaml.Node, format string, args ...any) error {
	return &Error{Name: p.name, Line: n.Line, Column: n.Column, Reason: fmt.Sprintf(format, args...)}
}

// object reads a YAML mapping strictly.
func (p *parser) object(n *yaml.Node, keys keyReaders) error {
	if n.Kind != yaml.MappingNode || n.Anchor != "" {
		return p.fail(n, "want a mapping")
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		read := keys[k.Value]
		switch {
		case k.Kind != yaml.ScalarNode || read == nil:
			return p.fail(k, "unknown key %q", k.Value)
		case seen[k.Value]:
			return p.fail(k, "key %q twice", k.Value)
		}
		seen[k.Value] = true
		if err := read(v); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) mapping(n *yaml.Node, m *Mapping) error {
	columns := []*yaml.Node(nil)
	ignore := []string(nil)
	err := p.object(n, keyReaders{
		"mapping":          p.text(&m.Name),
		"title":            p.text(&m.Title),
		"title_en":         p.text(&m.TitleEn),
		"table":            p.text(&m.Table),
		"source":           func(n *yaml.Node) error { return p.source(n, &m.Source) },
		"sheet":            p.texts(&m.layout.Sheets),
		"path":             p.text(&m.layout.Path),
		"header_row":       p.positive(&m.layout.HeaderRow),
		"null":             p.texts(&p.nulls),
		"unknown_headings": p.choice(&m.unknown, "refuse", "ignore"),
		"ignore":           p.texts(&ignore),
		"columns":          p.nodes(&columns),
	})
	switch {
	case err != nil:
		return err
	case m.Name == "" || m.Table == "" || m.Title == "":
		return p.fail(n, "mapping, title and table are required")
	case len(columns) == 0:
		return p.fail(n, "no columns")
	}
	m.ignore = folded(ignore)
	for _, c := range columns {
		if err := p.column(c, m); err != nil {
			return err
		}
	}
	return p.checkRefs(n, m)
}

func (p *parser) source(n *yaml.Node, s *Source) error {
	return p.object(n, keyReaders{
		"title": p.text(&s.Title), "licence": p.text(&s.Licence), "attribution": p.text(&s.Attribution), "note": p.text(&s.Note),
	})
}

func (p *parser) column(n *yaml.Node, m *Mapping) error {
	c := Column{Type: TypeText, Split: ",;\n", codes: map[string]string{}, word: map[string]string{}}
	var kind string
	var codes *yaml.Node // read last: their form depends on type and split
	nulls, layouts, none := p.nulls, []string(nil), []string(nil)
	err := p.object(n, keyReaders{
		"field": p.text(&c.Field), "heading": p.texts(&c.Headings), "type": p.text(&kind),
		"required": p.boolean(&c.Required), "unique": p.boolean(&c.Unique),
		"bad":   p.choice(&c.Keep, "refuse", "unknown"),
		"codes": p.node(&codes),
		"null":  p.texts(&nulls), "none": p.texts(&none), "split": p.text(&c.Split), "const": p.text(&c.Const),
		"layouts": p.texts(&layouts), "derived": p.text(&c.Derived), "note": p.text(&c.Note),
		"scale": func(n *yaml.Node) error { return p.scale(n, &c.Scale) },
		"ref":   func(n *yaml.Node) error { return p.ref(n, &c.Ref) },
	})
	if err != nil {
		return err
	}
	if kind != "" {
		c.Type = Type(kind)
	}
	if codes != nil {
		if err := p.codes(codes, &c); err != nil {
			return err
		}
	}
	c.nulls, c.none = folded(nulls), folded(none)
	if len(none) > 0 {
		c.noneAs = none[0]
	}
	for _, s := range layouts {
		l, ok := newDateLayout(s)
		if !ok {
			return p.fail(n, "layout %q: want YYYY, MM and DD", s)
		}
		c.layouts = append(c.layouts, l)
	}
	if err := p.checkColumn(n, &c, m); err != nil {
		return err
	}
	m.Columns = append(m.Columns, c)
	return nil
}

// checkColumn refuses a column that could not do what it says.
func (p *parser) checkColumn(n *yaml.Node, c *Column, m *Mapping) error {
	switch c.Type {
	case TypeText, TypeInt, TypeDecimal, TypeBool, TypeDate, TypeEnum, TypeList:
	default:
		return p.fail(n, "unknown type %q", c.Type)
	}
	switch {
	case !fieldName.MatchString(c.Field):
		return p.fail(n, "field %q: want lower-case words joined by dots", c.Field)
	case m.Column(c.Field) != nil:
		return p.fail(n, "field %q twice", c.Field)
	case (len(c.Headings) == 0) == (c.Const == ""):
		return p.fail(n, "field %q: want either heading or const", c.Field)
	case c.Type == TypeEnum && len(c.codes) == 0 && c.Const == "":
		return p.fail(n, "field %q: enum without codes", c.Field)
	case len(c.codes) > 0 && (c.Type == TypeInt || c.Type == TypeDecimal || c.Type == TypeDate):
		return p.fail(n, "field %q: type %s has no codes", c.Field, c.Type)
	case len(c.layouts) > 0 && c.Type != TypeDate:
		return p.fail(n, "field %q: layouts are for dates", c.Field)
	case c.Scale != 0 && c.Type != TypeInt:
		return p.fail(n, "field %q: scale is for int", c.Field)
	case c.Type == TypeList && (c.Unique || c.Split == ""):
		return p.fail(n, "field %q: a list is not unique and needs split", c.Field)
	case len(c.none) > 0 && c.Type != TypeList:
		return p.fail(n, "field %q: none is for lists", c.Field)
	}
	if c.Type == TypeBool {
		for word, code := range c.codes {
			if code != "true" && code != "false" {
				return p.fail(n, "field %q: code of %q: want true or false", c.Field, word)
			}
		}
	}
	if c.Const != "" {
		if _, code := c.read(sheet.Cell{Kind: sheet.Text, Text: c.Const}); code != "" && c.Type != TypeEnum {
			return p.fail(n, "field %q: const %q is no %s", c.Field, c.Const, c.Type)
		}
	}
	return nil
}

func (p *parser) ref(n *yaml.Node, r *Ref) error {
	err := p.object(n, keyReaders{
		"field": p.text(&r.Field), "sheet": p.texts(&r.Sheets), "path": p.text(&r.Path), "heading": p.text(&r.Heading),
	})
	if err != nil {
		return err
	}
	other := len(r.Sheets) > 0 || r.Path != ""
	if (r.Field != "") == (r.Heading != "") || other != (r.Heading != "") {
		return p.fail(n, "ref: want field, or heading with sheet or path")
	}
	return nil
}

// checkRefs makes sure that a reference within the table names a field that it has.
func (p *parser) checkRefs(n *yaml.Node, m *Mapping) error {
	for i := range m.Columns {
		if f := m.Columns[i].Ref.Field; f != "" && m.Column(f) == nil {
			return p.fail(n, "field %q: ref to unknown field %q", m.Columns[i].Field, f)
		}
	}
	return nil
}

func (p *parser) codes(n *yaml.Node, c *Column) error {
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		return p.fail(n, "want codes as word: code")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind != yaml.ScalarNode || v.Kind != yaml.ScalarNode || v.Value == "" {
			return p.fail(k, "want codes as word: code")
		}
		key := c.codeKey(k.Value)
		if _, twice := c.codes[key]; twice {
			return p.fail(k, "code word %q twice", k.Value)
		}
		c.codes[key] = v.Value
		if _, known := c.word[v.Value]; !known {
			c.word[v.Value] = k.Value
		}
	}
	return nil
}

func (p *parser) scale(n *yaml.Node, into *int64) error {
	v, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil || v < 1 || v > 1e12 {
		return p.fail(n, "want a unit from 1 to 10^12")
	}
	*into = v
	return nil
}

func folded(words []string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[sheet.Fold(w)] = true
	}
	return set
}
