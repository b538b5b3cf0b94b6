package osb

import (
	"encoding/json"
	"reflect"
	"strings"
)

// Extensions are the fields of an object that the specification does not know, by name and byte for
// byte (section "Vendor Extension Fields"). They are read and written again with the object.
type Extensions map[string]json.RawMessage

// The plain forms have the fields without the methods, so that encoding does not call itself.
type (
	plainCatalog Catalog
	plainService Service
	plainPlan    Plan
)

// UnmarshalJSON reads a catalogue with its vendor fields.
func (c *Catalog) UnmarshalJSON(raw []byte) (err error) {
	c.Extensions, err = readExtended(raw, (*plainCatalog)(c))
	return err
}

// MarshalJSON writes a catalogue with its vendor fields.
func (c Catalog) MarshalJSON() ([]byte, error) {
	if c.Services == nil {
		c.Services = []Service{} // the field must be an array
	}
	return writeExtended(plainCatalog(c), c.Extensions)
}

// UnmarshalJSON reads a service with its vendor fields.
func (s *Service) UnmarshalJSON(raw []byte) (err error) {
	s.Extensions, err = readExtended(raw, (*plainService)(s))
	return err
}

// MarshalJSON writes a service with its vendor fields.
func (s Service) MarshalJSON() ([]byte, error) { return writeExtended(plainService(s), s.Extensions) }

// UnmarshalJSON reads a plan with its vendor fields.
func (p *Plan) UnmarshalJSON(raw []byte) (err error) {
	p.Extensions, err = readExtended(raw, (*plainPlan)(p))
	return err
}

// MarshalJSON writes a plan with its vendor fields.
func (p Plan) MarshalJSON() ([]byte, error) { return writeExtended(plainPlan(p), p.Extensions) }

// readExtended decodes into v, a pointer to a struct, and returns the fields v has no place for.
func readExtended(raw []byte, v any) (Extensions, error) {
	if err := json.Unmarshal(raw, v); err != nil {
		return nil, err
	}
	var all Extensions
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, err
	}
	t := reflect.TypeOf(v).Elem()
	for i := range t.NumField() {
		delete(all, fieldName(t.Field(i)))
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all, nil
}

func fieldName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// writeExtended encodes v and adds the vendor fields; a field of the specification is never replaced.
func writeExtended(v any, extensions Extensions) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil || len(extensions) == 0 {
		return raw, err
	}
	more := make(Extensions, len(extensions))
	for name, value := range extensions {
		more[name] = value
	}
	t := reflect.TypeOf(v)
	for i := range t.NumField() {
		delete(more, fieldName(t.Field(i)))
	}
	tail, err := json.Marshal(more)
	if err != nil || len(more) == 0 {
		return raw, err
	}
	if len(raw) == 2 { // an object without fields
		return tail, nil
	}
	raw[len(raw)-1] = ','
	return append(raw, tail[1:]...), nil
}
