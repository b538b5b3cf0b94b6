package policy

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Diff is what changed from one version of an instrument to another, field by field. It
// is empty exactly when both have the same digest.
type Diff struct {
	Old    PackRef  `json:"old"`
	New    PackRef  `json:"new"`
	Fields []Change `json:"fields,omitempty"` // of the pack itself: title, status, dates, sources
	Parts  []Part   `json:"parts,omitempty"`  // rules, derivations and settings
}

// Part is a rule, a derivation or a setting that one version has and the other has not,
// or that both have in another form.
type Part struct {
	Kind   string   `json:"kind"` // rule, derivation, setting
	ID     string   `json:"id"`
	Change string   `json:"change"` // added, removed, changed, moved
	Fields []Change `json:"fields,omitempty"`
}

// Change is one field with its two values; "" is a field that is not there.
type Change struct {
	Field string `json:"field"`
	Old   string `json:"old,omitempty"`
	New   string `json:"new,omitempty"`
}

// Empty reports that both versions say the same.
func (d *Diff) Empty() bool { return len(d.Fields)+len(d.Parts) == 0 }

// Compare returns what changed from one pack to another. It compares the canonical
// forms, so that nothing that can change a verdict or its words is left out.
func Compare(from, to *Pack) Diff {
	d := Diff{Old: from.Ref(), New: to.Ref()}
	a, b := from.tree(), to.tree()
	for _, list := range []struct{ field, kind, name string }{
		{"rules", "rule", "id"}, {"derived", "derivation", "id"}, {"settings", "setting", "key"},
	} {
		d.Parts = append(d.Parts, compareParts(list.kind, list.name, a[list.field], b[list.field])...)
		delete(a, list.field)
		delete(b, list.field)
	}
	d.Fields = compareFields(flatten(a), flatten(b))
	return d
}

// tree is the canonical form as plain values.
func (p *Pack) tree() map[string]any {
	var v map[string]any
	if err := json.Unmarshal(p.form, &v); err != nil {
		panic(fmt.Sprintf("policy: canonical form of %s: %v", p.Key, err)) // naru wrote it
	}
	return v
}

// compareParts compares two lists of things that have a name.
func compareParts(kind, name string, a, b any) []Part {
	before, was := byName(name, a)
	after, is := byName(name, b)
	var parts []Part
	for _, id := range was {
		if _, kept := after[id]; !kept {
			parts = append(parts, Part{Kind: kind, ID: id, Change: "removed", Fields: compareFields(before[id], nil)})
		}
	}
	for _, id := range is {
		old, known := before[id]
		if !known {
			parts = append(parts, Part{Kind: kind, ID: id, Change: "added", Fields: compareFields(nil, after[id])})
		} else if fields := compareFields(old, after[id]); len(fields) > 0 {
			parts = append(parts, Part{Kind: kind, ID: id, Change: "changed", Fields: fields})
		}
	}
	return append(parts, moved(kind, was, is, before, after)...)
}

// moved names the first thing both have whose place among the others changed: the order
// of derivations decides, and the order of rules is that of the reasons.
func moved(kind string, was, is []string, before, after map[string]map[string]string) []Part {
	was = slices.DeleteFunc(slices.Clone(was), func(id string) bool { return after[id] == nil })
	is = slices.DeleteFunc(slices.Clone(is), func(id string) bool { return before[id] == nil })
	for i, id := range is {
		if was[i] != id {
			at := slices.Index(was, id)
			return []Part{{Kind: kind, ID: id, Change: "moved", Fields: []Change{{Field: "place", Old: strconv.Itoa(at + 1), New: strconv.Itoa(i + 1)}}}}
		}
	}
	return nil
}

// byName flattens the things of a list and returns their names in order.
func byName(name string, list any) (map[string]map[string]string, []string) {
	things, _ := list.([]any) // absent when there is none
	by, order := make(map[string]map[string]string), make([]string, 0, len(things))
	for _, thing := range things {
		fields := flatten(thing)
		id := fields[name]
		delete(fields, name)
		by[id] = fields
		order = append(order, id)
	}
	return by, order
}

func compareFields(a, b map[string]string) []Change {
	all := maps.Clone(a)
	if all == nil {
		all = make(map[string]string)
	}
	maps.Copy(all, b)
	var list []Change
	for _, field := range slices.Sorted(maps.Keys(all)) {
		if a[field] != b[field] {
			list = append(list, Change{Field: field, Old: a[field], New: b[field]})
		}
	}
	return list
}

// flatten names every value by its path: "message.ko", "duties.1.days"; a list of words
// is one value.
func flatten(v any) map[string]string {
	out := make(map[string]string)
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, item := range v {
				walk(join(path, key), item)
			}
		case []any:
			if words, ok := listed(v); ok {
				out[path] = words
				return
			}
			for i, item := range v {
				walk(join(path, strconv.Itoa(i+1)), item)
			}
		default:
			if s := asText(v); s != "" {
				out[path] = s
			}
		}
	}
	walk("", v)
	return out
}

// listed writes a list of words on one line; a list of things is none.
func listed(list []any) (string, bool) {
	words := make([]string, len(list))
	for i, item := range list {
		word, ok := item.(string)
		if !ok {
			return "", false
		}
		words[i] = word
	}
	return strings.Join(words, ", "), true
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// asText writes one value as text; nothing is "".
func asText(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}
