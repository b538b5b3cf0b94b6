package provider

import (
	"bytes"
	"encoding/json"

	"naru/flow/catalog"
)

// catalogue is a catalogue as its broker wrote it. The client's types know the fields of
// the specification only; vendor fields of services and plans are kept from here.
type catalogue []writtenService

type writtenService struct {
	fields map[string]json.RawMessage
	plans  []json.RawMessage
}

// written reads the bytes of a catalogue that the client found valid; nil when it cannot.
func written(raw []byte) catalogue {
	var body struct {
		Services []map[string]json.RawMessage `json:"services"`
	}
	if json.Unmarshal(raw, &body) != nil {
		return nil
	}
	var out catalogue
	for _, fields := range body.Services {
		s := writtenService{fields: fields}
		if json.Unmarshal(fields["plans"], &s.plans) != nil {
			return nil
		}
		delete(fields, "plans")
		delete(fields, "dashboard_client") // holds a secret that nobody behind naru needs
		out = append(out, s)
	}
	return out
}

// keep gives an offer the broker's own words, where they can be found.
func (c catalogue) keep(i int, o *catalog.ServiceOffer) {
	if i >= len(c) || len(c[i].plans) != len(o.Plans) {
		return
	}
	raw, err := json.Marshal(c[i].fields)
	if err != nil {
		return
	}
	o.Wire = raw
	for n := range o.Plans {
		var plain bytes.Buffer
		if json.Compact(&plain, c[i].plans[n]) == nil {
			o.Plans[n].Wire = plain.Bytes()
		}
	}
}
