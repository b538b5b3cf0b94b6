package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"

	"naru"
	"naru/base/policy"
	"naru/flow/inventory"
)

// factsRow is one component of a file of facts.
type factsRow struct {
	Name  string   `json:"name"`
	Links []string `json:"links"` // components of the same file, by name
	Facts factMap  `json:"facts"`
}

// factMap is a JSON object of facts in which no key may stand twice: of two values one
// would be lost in silence.
type factMap map[string]any

// UnmarshalJSON reads the object key by key.
func (m *factMap) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return errors.Join(errors.New("an object of facts is expected"), err)
	}
	*m = factMap{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		var value any
		if err := dec.Decode(&value); err != nil {
			return err
		}
		name, _ := key.(string) // keys of JSON are text
		if _, twice := (*m)[name]; twice {
			return errors.New(name + " stands twice")
		}
		(*m)[name] = value
	}
	return nil
}

// readFacts reads the components of one system: a JSON object of facts is one component,
// a list of {"name", "facts", "links"} several. Every bad fact is refused with its row
// and its key; a fact that is null or absent is unknown.
func readFacts(schema *policy.Schema, data []byte) (inventory.System, error) {
	rows, err := factsRows(data)
	if err != nil {
		return inventory.System{}, naru.NewError(naru.Invalid, "policy.bad_facts_json").WithCause(err)
	}
	sys := inventory.System{Components: make([]inventory.Component, len(rows))}
	names := make(map[string]bool, len(rows))
	var problems []naru.Problem
	for i, row := range rows {
		c := &sys.Components[i]
		c.Name, c.Links = row.Name, row.Links
		if c.Name == "" {
			c.Name = strconv.Itoa(i + 1)
		}
		if names[c.Name] {
			problems = append(problems, naru.Problem{Row: i + 1, Column: "name", Message: naru.Msg("cli.facts_name_twice", "name", c.Name)})
		}
		names[c.Name] = true
		problems = append(problems, setFacts(schema, &c.Facts, i+1, row.Facts)...)
	}
	for i := range sys.Components {
		for _, link := range sys.Components[i].Links {
			if !names[link] || link == sys.Components[i].Name {
				problems = append(problems, naru.Problem{Row: i + 1, Column: "links", Message: naru.Msg("cli.facts_no_link", "name", link)})
			}
		}
	}
	if len(problems) > 0 {
		return sys, naru.NewError(naru.Invalid, "cli.facts_refused", "count", strconv.Itoa(len(problems))).WithProblems(problems)
	}
	return sys, nil
}

// setFacts reads the facts of one row and returns what is wrong with them.
func setFacts(schema *policy.Schema, f *policy.Facts, row int, facts map[string]any) []naru.Problem {
	var problems []naru.Problem
	for _, key := range slices.Sorted(maps.Keys(facts)) {
		if facts[key] == nil {
			continue // unknown, said aloud
		}
		var e *naru.Error
		if err := schema.Set(f, key, facts[key]); errors.As(err, &e) {
			problems = append(problems, naru.Problem{Row: row, Column: key, Message: e.Message})
		}
	}
	return problems
}

// factsRows reads either form of the file; nothing may stand behind it.
func factsRows(data []byte) ([]factsRow, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	var rows []factsRow
	var err error
	if first := bytes.TrimSpace(data); len(first) > 0 && first[0] == '[' {
		dec.DisallowUnknownFields()
		err = dec.Decode(&rows)
	} else {
		rows = make([]factsRow, 1)
		err = dec.Decode(&rows[0].Facts)
	}
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	if len(rows) == 0 || slices.ContainsFunc(rows, func(r factsRow) bool { return r.Facts == nil }) {
		return nil, errors.New("a component without facts")
	}
	return rows, nil
}
