package policy

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"naru"
)

// testSchema has a fact of every type.
func testSchema(t testing.TB) *Schema {
	t.Helper()
	codes := func(keys ...string) []Code {
		var list []Code
		for _, k := range keys {
			list = append(list, Code{Key: k})
		}
		return list
	}
	s, err := NewSchema(
		Field{Key: "a.yes", Type: Bool}, Field{Key: "a.no", Type: Bool}, Field{Key: "a.n", Type: Int, Max: 1000},
		Field{Key: "a.day", Type: Date}, Field{Key: "a.kind", Type: Enum, Codes: codes("k1", "k2", "k3")},
		Field{Key: "a.set", Type: Set, Codes: codes("s1", "s2", "s3", "s4")},
		Field{Key: "a.class", Type: Enum, Codes: codes("C", "S", "O")},
	)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// header begins a pack that is in force from 2020 on and cites one source.
const header = `key: %s
title: {ko: 가, en: a}
status: notice
in_force: {from: 2020-01-01}
sources: {S: {title: t, url: u}}
`

// rule writes a rule in one line; the rest are further fields.
func rule(id, when, outcome string, rest ...string) string {
	return fmt.Sprintf("  - {id: %s, when: '%s', outcome: %s, article: 제%s조, source: S, message: {ko: 가, en: a}%s}\n",
		id, when, outcome, id, strings.Join(append([]string{""}, rest...), ", "))
}

// pack writes a pack of rules.
func pack(key string, rules ...string) string {
	return fmt.Sprintf(header, key) + "rules:\n" + strings.Join(rules, "")
}

// files is a set of packs by key, with what else stands beside them by file name.
func files(byName map[string]string) fstest.MapFS {
	m := fstest.MapFS{"authorities.yaml": {Data: []byte("head:\n  - {to: 2020-12-31, ko: 장, en: head}\n  - {from: 2021-01-01, ko: 새 장, en: new head}\ncouncil:\n  - {ko: 협의체, en: council}\n")}}
	for name, text := range byName {
		if !strings.Contains(name, ".") {
			name += "/pack.yaml"
		}
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

// load reads packs that must be good.
func load(t testing.TB, byName map[string]string) *Instruments {
	t.Helper()
	s, err := Load(testSchema(t), files(byName))
	if err != nil {
		var e *naru.Error
		if errors.As(err, &e) {
			t.Fatal(e.Message, e.Problems, errors.Unwrap(err))
		}
		t.Fatal(err)
	}
	return s
}

// lawOn returns the law of a date.
func lawOn(t testing.TB, s *Instruments, d naru.Date) *Law {
	t.Helper()
	l, err := s.InForce(d)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// given makes facts out of key, value pairs.
func given(t testing.TB, s *Schema, pairs ...any) *Facts {
	t.Helper()
	var f Facts
	for i := 0; i < len(pairs); i += 2 {
		if err := s.Set(&f, pairs[i].(string), pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	return &f
}

// someFacts draws facts; each is known with the given odds out of four.
func someFacts(rng *rand.Rand, s *Schema, odds int) Facts {
	var f Facts
	for i, field := range s.Fields() {
		if rng.IntN(4) >= odds {
			continue
		}
		switch field.Type {
		case Bool:
			f.Put(i, rng.Int64N(2))
		case Int:
			f.Put(i, rng.Int64N(min(field.limit(), 8)))
		case Date:
			f.Put(i, 18000+rng.Int64N(8))
		case Enum:
			f.Put(i, rng.Int64N(int64(len(field.Codes))))
		case Set:
			f.Put(i, rng.Int64N(1<<len(field.Codes)))
		}
	}
	return f
}
