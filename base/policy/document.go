package policy

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"naru"
)

// maxFile bounds one file of a pack: instruments are pages, not books.
const maxFile = 1 << 20

// document reads one YAML file strictly: an unknown, missing or repeated field is a
// fault with its place. It walks the nodes itself, because the place of every value
// is needed long after decoding, when a condition does not compile.
type document struct {
	file   string
	lines  [][]byte
	root   *yaml.Node
	faults *faults
}

// parse reads the file's only YAML document; a file that is no YAML is one fault.
func parse(file string, data []byte, faults *faults) *document {
	d := &document{file: file, lines: bytes.Split(data, []byte("\n")), faults: faults}
	if len(data) > maxFile {
		faults.add(Fault{File: file, Line: 1, Column: 1, Key: "too_large", Detail: strconv.Itoa(len(data))})
		return d
	}
	var doc, second yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&doc); err != nil {
		faults.add(Fault{File: file, Line: lineOf(err), Column: 1, Key: "yaml", Detail: err.Error()})
		return d
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		faults.add(Fault{File: file, Line: max(second.Line, 1), Column: 1, Key: "yaml", Detail: "second document"})
		return d
	}
	d.root = doc.Content[0]
	return d
}

var yamlLine = regexp.MustCompile(`line (\d+)`)

// lineOf finds the line in an error of the YAML scanner, which gives it in words only.
func lineOf(err error) int {
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		n, _ := strconv.Atoi(m[1]) // digits by the pattern; 0 on overflow is no line
		return n
	}
	return 1
}

// source returns the bytes of the file.
func (d *document) source() []byte { return bytes.Join(d.lines, []byte("\n")) }

func (d *document) fault(n *yaml.Node, key, detail string) {
	d.faults.add(Fault{File: d.file, Line: n.Line, Column: n.Column, Key: key, Detail: detail})
}

// fields says how each field of a mapping is read.
type fields map[string]func(*yaml.Node)

// mapping reads the fields of a node and refuses unknown, repeated and missing ones.
func (d *document) mapping(n *yaml.Node, known fields, required ...string) {
	if n.Kind != yaml.MappingNode {
		d.fault(n, "bad_value", "mapping expected")
		return
	}
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		read, ok := known[name.Value]
		switch {
		case !ok:
			d.fault(name, "unknown_field", name.Value)
		case seen[name.Value]:
			d.fault(name, "duplicate", name.Value)
		default:
			read(value)
		}
		seen[name.Value] = true
	}
	for _, name := range required {
		if !seen[name] {
			d.fault(n, "missing_field", name)
		}
	}
}

// entries reads a mapping whose names are free, such as sources by key.
func (d *document) entries(n *yaml.Node, each func(name string, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		d.fault(n, "bad_value", "mapping expected")
		return
	}
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i]
		if seen[name.Value] {
			d.fault(name, "duplicate", name.Value)
			continue
		}
		seen[name.Value] = true
		each(name.Value, n.Content[i+1])
	}
}

func (d *document) list(each func(*yaml.Node)) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.SequenceNode {
			d.fault(n, "bad_value", "list expected")
			return
		}
		for _, item := range n.Content {
			each(item)
		}
	}
}

func (d *document) str(dst *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || strings.TrimSpace(n.Value) == "" {
			d.fault(n, "bad_value", "text expected")
			return
		}
		*dst = strings.TrimSpace(n.Value)
	}
}

func (d *document) strs(dst *[]string) func(*yaml.Node) {
	return d.list(func(n *yaml.Node) {
		var s string
		d.str(&s)(n)
		if slices.Contains(*dst, s) {
			d.fault(n, "duplicate", s)
		}
		*dst = append(*dst, s)
	})
}

// oneOf reads a word out of a closed list.
func (d *document) oneOf(dst *string, words ...string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || !slices.Contains(words, n.Value) {
			d.fault(n, "bad_value", n.Value+" is not one of "+strings.Join(words, ", "))
			return
		}
		*dst = n.Value
	}
}

// text reads a sentence in both languages; Korean is never optional.
func (d *document) text(dst *naru.Text) func(*yaml.Node) {
	return func(n *yaml.Node) {
		d.mapping(n, fields{"ko": d.str(&dst.Ko), "en": d.str(&dst.En)}, "ko", "en")
	}
}

func (d *document) date(dst *naru.Date) func(*yaml.Node) {
	return func(n *yaml.Node) {
		date, err := naru.ParseDate(n.Value)
		if err != nil {
			d.fault(n, "bad_value", err.Error())
			return
		}
		*dst = date
	}
}

func (d *document) days(dst *int) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, err := strconv.Atoi(n.Value)
		if err != nil || v <= 0 || v > 36500 {
			d.fault(n, "bad_value", "number of days expected")
			return
		}
		*dst = v
	}
}

// place returns the position in the file of a line and column (both from 0) inside a
// scalar: text on one line, or a literal block that starts on the next.
func (d *document) place(n *yaml.Node, line, column int) (int, int) {
	switch {
	case n.Style&yaml.LiteralStyle != 0:
		if n.Line < len(d.lines) { // the node's line is that of the bar; the text starts below
			first := d.lines[n.Line]
			column += len(first) - len(bytes.TrimLeft(first, " "))
		}
		return n.Line + 1 + line, column + 1
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		return n.Line + line, n.Column + column + 1
	default:
		return n.Line + line, n.Column + column
	}
}

// outside turns a node into the outside form of a fact: bool, whole number, text or
// list of texts; nil for null.
func outside(n *yaml.Node) any {
	switch {
	case n.Kind == yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			list[i] = item.Value
		}
		return list
	case n.Tag == "!!null":
		return nil
	case n.Tag == "!!bool":
		return n.Value == "true"
	case n.Tag == "!!int":
		if v, err := strconv.ParseInt(n.Value, 10, 64); err == nil {
			return v
		}
	}
	return n.Value
}
