package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/bits"
	"slices"

	"naru"
)

// MaxFields bounds a schema, so that a row of facts is one word of known bits and a
// flat array, without allocation.
const MaxFields = 64

// FieldType is the type of a fact.
type FieldType string

// The types of facts.
const (
	Bool FieldType = "bool" // true or false
	Int  FieldType = "int"  // a whole number, not negative
	Date FieldType = "date" // a legal date, kept as days since 1970-01-01
	Enum FieldType = "enum" // one of a code list
	Set  FieldType = "set"  // any number of a code list of at most 62
)

// Code is one entry of a code list.
type Code struct {
	Key   string    `json:"key"`
	Label naru.Text `json:"label"`
}

// Field is one fact that rules may ask about.
type Field struct {
	Key   string    `json:"key"` // "institution.kind"
	Type  FieldType `json:"type"`
	Label naru.Text `json:"label"`           // heading in sheets and forms
	Codes []Code    `json:"codes,omitempty"` // of Enum and Set
	Unit  naru.Text `json:"unit"`
	Max   int64     `json:"max,omitempty"` // of Int; 0 means 2^40
	Note  string    `json:"note,omitempty"`
}

// code returns the position of a code, or -1.
func (f *Field) code(key string) int {
	return slices.IndexFunc(f.Codes, func(c Code) bool { return c.Key == key })
}

// Schema is the ordered list of facts that exist. Rules are checked against it and
// rows of facts are laid out by it.
type Schema struct {
	fields []Field
	index  map[string]int
	quoted []quoted
}

// NewSchema checks the fields and returns their schema.
func NewSchema(fields ...Field) (*Schema, error) {
	if len(fields) > MaxFields {
		return nil, fmt.Errorf("schema has %d fields, at most %d fit", len(fields), MaxFields)
	}
	s := &Schema{fields: fields, index: make(map[string]int, len(fields))}
	for i, f := range fields {
		if _, twice := s.index[f.Key]; twice {
			return nil, fmt.Errorf("field %s stands twice", f.Key)
		}
		if (f.Type == Enum || f.Type == Set) && (len(f.Codes) == 0 || len(f.Codes) > 62) {
			return nil, fmt.Errorf("field %s has %d codes, wants 1 to 62", f.Key, len(f.Codes))
		}
		s.index[f.Key] = i
		s.quoted = append(s.quoted, quote(&f))
	}
	return s, nil
}

// Fields returns the fields in order; callers do not change them.
func (s *Schema) Fields() []Field { return s.fields }

// Field returns the field with a key.
func (s *Schema) Field(key string) (Field, bool) {
	i, ok := s.index[key]
	if !ok {
		return Field{}, false
	}
	return s.fields[i], true
}

// Index returns the position of a field, or -1.
func (s *Schema) Index(key string) int {
	if i, ok := s.index[key]; ok {
		return i
	}
	return -1
}

// Facts is one row of facts laid out by a schema. A fact is known or unknown;
// unknown is never read as false, zero or empty. Values: Bool 0 or 1, Int itself,
// Date days since 1970-01-01, Enum the position of the code, Set a bit per code.
type Facts struct {
	Known uint64
	Value [MaxFields]int64
}

// Put makes the fact at position i known.
func (f *Facts) Put(i int, v int64) {
	f.Known |= 1 << uint(i)
	f.Value[i] = v
}

// Get returns the value at position i and whether it is known.
func (f *Facts) Get(i int) (int64, bool) {
	return f.Value[i], f.Known&(1<<uint(i)) != 0
}

// Merge overlays the known facts of g on f: institution, then system, then component.
func (f *Facts) Merge(g *Facts) {
	for known := g.Known; known != 0; known &= known - 1 {
		i := bits.TrailingZeros64(known)
		f.Put(i, g.Value[i])
	}
}

// Set reads a value in its outside form into f: bool, whole number, "2006-01-02",
// code, or list of codes. A value outside the code list or range is refused.
func (s *Schema) Set(f *Facts, key string, value any) error {
	i := s.Index(key)
	if i < 0 {
		return naru.NewError(naru.Invalid, "policy.unknown_fact", "fact", key)
	}
	v, ok := s.fields[i].parse(value)
	if !ok {
		return naru.NewError(naru.Invalid, "policy.bad_fact", "fact", key, "value", fmt.Sprintf("%.80v", value))
	}
	f.Put(i, v)
	return nil
}

// parse turns the outside form of a value into its number.
func (f *Field) parse(value any) (int64, bool) {
	switch f.Type {
	case Bool:
		b, ok := value.(bool)
		return bit(b), ok
	case Int:
		n, ok := whole(value)
		return n, ok && n >= 0 && n <= f.limit()
	case Date:
		s, ok := value.(string)
		if !ok {
			return 0, false
		}
		return naru.Date(s).Days()
	case Enum:
		s, ok := value.(string)
		i := f.code(s)
		return int64(i), ok && i >= 0
	case Set:
		return f.parseSet(value)
	}
	return 0, false
}

func (f *Field) parseSet(value any) (int64, bool) {
	var set int64
	add := func(key string) bool {
		i := f.code(key)
		if i >= 0 {
			set |= 1 << i
		}
		return i >= 0
	}
	switch list := value.(type) {
	case []string:
		for _, key := range list {
			if !add(key) {
				return 0, false
			}
		}
	case []any:
		for _, v := range list {
			key, ok := v.(string)
			if !ok || !add(key) {
				return 0, false
			}
		}
	default:
		return 0, false
	}
	return set, true
}

func (f *Field) limit() int64 {
	if f.Max > 0 {
		return f.Max
	}
	return 1 << 40
}

// Outside returns the outside form of the fact at position i: what Set reads and JSON
// shows. It is nil when the fact is unknown.
func (s *Schema) Outside(f *Facts, i int) any {
	v, known := f.Get(i)
	if !known {
		return nil
	}
	field := &s.fields[i]
	switch field.Type {
	case Bool:
		return v == 1
	case Date:
		return string(naru.DateFromDays(v))
	case Enum:
		return field.Codes[v].Key
	case Set:
		keys := make([]string, 0, bits.OnesCount64(uint64(v)))
		for c := range field.Codes {
			if v&(1<<c) != 0 {
				keys = append(keys, field.Codes[c].Key)
			}
		}
		return keys
	default:
		return v
	}
}

// Digest returns the hex SHA-256 of the encoded facts.
func (s *Schema) Digest(f *Facts) string {
	var room [1024]byte
	sum := sha256.Sum256(s.AppendEncode(room[:0], f))
	return hex.EncodeToString(sum[:])
}

func keys(m map[string]any) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func whole(value any) (int64, bool) {
	switch n := value.(type) {
	case int:
		return int64(n), true
	case int64:
		return n, true
	case float64:
		return int64(n), n == float64(int64(n))
	}
	return 0, false
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Map returns the known facts in their outside form by key.
func (s *Schema) Map(f *Facts) map[string]any {
	out := make(map[string]any)
	for i := range s.fields {
		if v := s.Outside(f, i); v != nil {
			out[s.fields[i].Key] = v
		}
	}
	return out
}
