package sheet

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
)

// jsonElement bounds one element of the outermost array, which is held in memory whole.
const jsonElement = 16 << 20

// jsonDepth bounds how deep the fields of one object are flattened.
const jsonDepth = 16

// openJSON opens an array of objects as a table. The path names the keys on the way to it; an array met on the way is
// walked through, and the fields of its elements are headed "key/field". Fields of objects are headed "outer.inner".
func openJSON(p plain, lay Layout) (*Table, error) {
	t := &Table{Format: "json", Encoding: p.encoding}
	s := &jsonScan{plain: p}
	if lay.Path != "" {
		s.path = strings.Split(lay.Path, ".")
	}
	names := map[string]bool{}
	err := s.each(func(_ int, fields map[string]Cell) error {
		for name := range fields {
			names[name] = true
		}
		if len(names) > p.limits.Columns {
			return fatal(CodeTooManyCols, itoa(len(names)), "<= "+itoa(p.limits.Columns))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for name := range names {
		t.Headings = append(t.Headings, Heading{Name: name, Column: name})
	}
	slices.SortFunc(t.Headings, func(a, b Heading) int { return strings.Compare(a.Name, b.Name) })
	t.scan = func(emit func(*Row) error) error { return s.rows(t.Headings, emit) }
	return t, nil
}

// jsonScan streams the objects at a path.
type jsonScan struct {
	plain
	path []string
}

func (s *jsonScan) rows(heads []Heading, emit func(*Row) error) error {
	row := &Row{Cells: make([]Cell, len(heads))}
	return s.each(func(number int, fields map[string]Cell) error {
		row.Number = number
		for i := range heads {
			row.Cells[i] = fields[heads[i].Name]
		}
		if row.blank() {
			return nil
		}
		return emit(row)
	})
}

// each hands out every object at the path, numbered from 1, as flat fields.
func (s *jsonScan) each(emit func(int, map[string]Cell) error) error {
	text, err := s.text()
	if err != nil {
		return err
	}
	guard := &recordGuard{r: text, limit: jsonElement}
	dec := json.NewDecoder(guard)
	dec.UseNumber()
	rest, err := s.enter(dec, guard)
	if err != nil {
		return jsonFault(err)
	}
	e := &jsonExpand{limits: s.limits, emit: emit}
	for dec.More() {
		var v any
		if err := dec.Decode(&v); err != nil {
			return jsonFault(err)
		}
		guard.since = 0
		if err := e.expand(v, rest, map[string]Cell{}); err != nil {
			return err
		}
	}
	_, err = dec.Token()
	return jsonFault(err)
}

// enter moves to the first array on the path and gives the keys below it.
func (s *jsonScan) enter(dec *json.Decoder, guard *recordGuard) ([]string, error) {
	for i := 0; ; i++ {
		tok, err := dec.Token()
		if err != nil {
			return nil, err
		}
		switch tok {
		case json.Delim('['):
			if i == 0 {
				return append([]string{""}, s.path...), nil
			}
			return s.path[i-1:], nil
		case json.Delim('{'):
			if i == len(s.path) {
				return nil, fatal(CodeNoPath, strings.Join(s.path, "."), "array")
			}
			if err := seekKey(dec, guard, s.path[i]); err != nil {
				return nil, err
			}
		default:
			return nil, fatal(CodeNoPath, strings.Join(s.path, "."), "array")
		}
	}
}

// seekKey reads an object up to the value of a key.
func seekKey(dec *json.Decoder, guard *recordGuard, key string) error {
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return err
		}
		if tok == key {
			return nil
		}
		if err := skipValue(dec, guard); err != nil {
			return err
		}
	}
	return fatal(CodeNoPath, key, "")
}

// skipValue reads past one value of any size without keeping it.
func skipValue(dec *json.Decoder, guard *recordGuard) error {
	for depth := 0; ; {
		tok, err := dec.Token()
		if err != nil {
			return err
		}
		guard.since = 0
		switch tok {
		case json.Delim('['), json.Delim('{'):
			depth++
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// jsonExpand turns one element of the outermost array into the rows below it.
type jsonExpand struct {
	limits Limits
	emit   func(int, map[string]Cell) error
	count  int
}

// expand walks the rest of the path; rest[0] is the key of the array that v came from, when the path goes on.
func (e *jsonExpand) expand(v any, rest []string, outer map[string]Cell) error {
	obj, ok := v.(map[string]any)
	if !ok {
		return fatal(CodeNoPath, strings.Join(rest, "."), "array of objects")
	}
	if len(rest) <= 1 {
		e.count++
		e.flatten(outer, "", obj, 0)
		return e.emit(e.count, outer)
	}
	own := map[string]Cell{}
	e.flatten(own, "", obj, 0)
	inner, _ := obj[rest[1]].([]any)
	for _, item := range inner {
		fields := make(map[string]Cell, len(own)+len(outer))
		for k, c := range outer {
			fields[k] = c
		}
		for k, c := range own {
			if k != rest[1] {
				fields[rest[0]+"/"+k] = c
			}
		}
		if err := e.expand(item, rest[1:], fields); err != nil {
			return err
		}
	}
	return nil
}

// flatten adds an object's fields under dotted names.
func (e *jsonExpand) flatten(into map[string]Cell, prefix string, obj map[string]any, depth int) {
	for k, v := range obj {
		if inner, ok := v.(map[string]any); ok && depth < jsonDepth {
			e.flatten(into, prefix+k+".", inner, depth+1)
			continue
		}
		into[prefix+k] = e.cell(v)
	}
}

func (e *jsonExpand) cell(v any) Cell {
	switch v := v.(type) {
	case nil:
		return Cell{}
	case string:
		return textCell(v, e.limits)
	case bool:
		if v {
			return Cell{Kind: Bool, Text: "true"}
		}
		return Cell{Kind: Bool, Text: "false"}
	case json.Number:
		return numberCell(v.String())
	case []any:
		return e.list(v)
	}
	return Cell{Kind: Bad, Code: CodeUnsupported, Text: "{…}"}
}

// list takes an array of plain values; one of objects is a table of its own and cannot be a cell.
func (e *jsonExpand) list(vs []any) Cell {
	if len(vs) == 0 {
		return Cell{}
	}
	c := Cell{Kind: List}
	for _, v := range vs {
		item := e.cell(v)
		if item.Kind == Bad || item.Kind == List {
			return Cell{Kind: Bad, Code: CodeUnsupported, Text: "[…]"}
		}
		if item.Kind != Empty {
			c.Items = append(c.Items, item.Text)
		}
	}
	if len(c.Items) == 0 {
		return Cell{}
	}
	c.Text = strings.Join(c.Items, ", ")
	return c
}

// jsonFault makes a syntax error the fault of a damaged file.
func jsonFault(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF):
		return fatal(CodeCorrupt, io.ErrUnexpectedEOF.Error(), "json")
	}
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	return fatal(CodeCorrupt, err.Error(), "json")
}
