package policy

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	"naru"
)

// quoted holds a field's name and codes as JSON writes them, so that a nation's facts
// are read and written without the general decoder.
type quoted struct {
	key   []byte // "institution.kind":
	codes [][]byte
}

func quote(f *Field) quoted {
	text := func(s string) []byte {
		q, _ := json.Marshal(s) // text always marshals
		return q
	}
	q := quoted{key: append(text(f.Key), ':')}
	for _, c := range f.Codes {
		q.codes = append(q.codes, text(c.Key))
	}
	return q
}

// Encode writes the known facts as one JSON object in schema order: the same facts
// always give the same bytes, so their digest can be compared for ever.
func (s *Schema) Encode(f *Facts) []byte { return s.AppendEncode(make([]byte, 0, 512), f) }

// AppendEncode appends what Encode returns to out.
func (s *Schema) AppendEncode(out []byte, f *Facts) []byte {
	out = append(out, '{')
	first := true
	for i := range s.fields {
		v, known := f.Get(i)
		if !known {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		out = s.appendValue(append(out, s.quoted[i].key...), i, v)
	}
	return append(out, '}')
}

// appendValue writes one value in its outside form.
func (s *Schema) appendValue(out []byte, i int, v int64) []byte {
	switch s.fields[i].Type {
	case Bool:
		return strconv.AppendBool(out, v == 1)
	case Date:
		return append(append(append(out, '"'), naru.DateFromDays(v)...), '"')
	case Enum:
		return append(out, s.quoted[i].codes[v]...)
	case Set:
		out = append(out, '[')
		for c, first := 0, true; c < len(s.quoted[i].codes); c++ {
			if v&(1<<c) == 0 {
				continue
			}
			if !first {
				out = append(out, ',')
			}
			first = false
			out = append(out, s.quoted[i].codes[c]...)
		}
		return append(out, ']')
	default:
		return strconv.AppendInt(out, v, 10)
	}
}

// Decode reads a JSON object of facts; unknown keys and values outside their code
// list are refused with the fact's key. What Encode wrote is read fast.
func (s *Schema) Decode(data []byte) (Facts, error) {
	var f Facts
	if s.decodeOwn(data, &f) {
		return f, nil
	}
	return s.decodeAny(data)
}

// decodeAny reads any JSON object, whatever its order and spacing.
func (s *Schema) decodeAny(data []byte) (Facts, error) {
	var f Facts
	var raw map[string]any
	if err := json.Unmarshal(data, &raw); err != nil {
		return f, naru.NewError(naru.Invalid, "policy.bad_facts_json").WithCause(err)
	}
	for _, key := range slices.Sorted(keys(raw)) {
		if raw[key] == nil {
			continue // null is unknown, said aloud
		}
		if err := s.Set(&f, key, raw[key]); err != nil {
			return f, err
		}
	}
	return f, nil
}

// decodeOwn reads exactly the form that Encode writes and reports whether it was that.
func (s *Schema) decodeOwn(data []byte, f *Facts) bool {
	rest, ok := bytes.CutPrefix(data, []byte{'{'})
	if !ok || string(rest) == "}" {
		return ok
	}
	for i := range s.fields {
		value, named := bytes.CutPrefix(rest, s.quoted[i].key)
		if !named {
			continue
		}
		v, after, read := s.readValue(value, i)
		if !read || len(after) == 0 {
			return false
		}
		f.Put(i, v)
		if after[0] == '}' {
			return len(after) == 1
		}
		if rest, ok = bytes.CutPrefix(after, []byte{','}); !ok {
			return false
		}
	}
	return false
}

// readValue reads one value as Encode writes it and returns what follows.
func (s *Schema) readValue(in []byte, i int) (v int64, rest []byte, ok bool) {
	switch s.fields[i].Type {
	case Bool:
		if rest, ok = bytes.CutPrefix(in, []byte("true")); ok {
			return 1, rest, true
		}
		rest, ok = bytes.CutPrefix(in, []byte("false"))
		return 0, rest, ok
	case Enum:
		for c, code := range s.quoted[i].codes {
			if rest, ok = bytes.CutPrefix(in, code); ok {
				return int64(c), rest, true
			}
		}
		return 0, nil, false
	case Set:
		return s.readSet(in, i)
	case Date:
		if len(in) < 12 || in[0] != '"' || in[11] != '"' {
			return 0, nil, false
		}
		v, ok = naru.Date(in[1:11]).Days()
		return v, in[12:], ok
	default:
		return s.readInt(in, i)
	}
}

// readSet reads a list of codes in the order of the code list.
func (s *Schema) readSet(in []byte, i int) (set int64, rest []byte, ok bool) {
	if rest, ok = bytes.CutPrefix(in, []byte("[]")); ok {
		return 0, rest, true
	}
	if rest, ok = bytes.CutPrefix(in, []byte{'['}); !ok {
		return 0, nil, false
	}
	for c, code := range s.quoted[i].codes {
		after, found := bytes.CutPrefix(rest, code)
		if !found || len(after) == 0 {
			continue
		}
		set |= 1 << c
		switch after[0] {
		case ']':
			return set, after[1:], true
		case ',':
			rest = after[1:]
		default:
			return 0, nil, false
		}
	}
	return 0, nil, false
}

// readInt reads a whole number without sign, fraction or leading zero.
func (s *Schema) readInt(in []byte, i int) (v int64, rest []byte, ok bool) {
	n := 0
	for n < len(in) && n < 16 && in[n] >= '0' && in[n] <= '9' {
		v = v*10 + int64(in[n]-'0')
		n++
	}
	if n == 0 || n == 16 || in[0] == '0' && n > 1 || v > s.fields[i].limit() {
		return 0, nil, false
	}
	return v, in[n:], true
}
