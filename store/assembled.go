package store

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// parts is what a result is put together from that is remembered as a whole.
type parts struct {
	tables map[string]bool // true = of some part of it only that the table was read is known
	tags   map[string]bool
	vague  bool // of some part it is not known what it was read from
}

// add notes a part; nil parts take none.
func (p *parts) add(e *entry) {
	if p == nil {
		return
	}
	p.vague = p.vague || len(e.tables) == 0
	for _, t := range e.tables {
		p.tables[t] = p.tables[t] || !e.tagged(t)
	}
	for _, t := range e.tags {
		p.tags[t] = true
	}
}

// read notes tables that a statement read outside of remembered results.
func (p *parts) read(tables []string) {
	if p == nil {
		return
	}
	for _, t := range tables {
		p.tables[t] = true
	}
}

// entry is the whole: it has tags of a table only when all its parts have.
func (p *parts) entry(v any) *entry {
	e := &entry{value: v, tables: slices.Sorted(maps.Keys(p.tables))}
	for t := range p.tags {
		if table, _, _ := strings.Cut(t, "/"); !p.tables[table] {
			e.tags = append(e.tags, t)
		}
	}
	return e
}

// Assembled implements provision.Store: a result of many remembered ones is remembered
// itself, until one of them changes. To a write it is put together anew.
func (tx *Tx) Assembled(ctx context.Context, key string, assemble func(context.Context) (any, error)) (any, error) {
	if tx.job != nil || tx.load != nil || tx.parts != nil {
		return assemble(ctx)
	}
	key = "assembled " + key
	e, err := tx.snap.get(ctx, key)
	if err != nil {
		return nil, err
	}
	if e != nil {
		return e.value, nil
	}
	p := &parts{tables: map[string]bool{}, tags: map[string]bool{}}
	tx.parts = p
	v, err := assemble(ctx)
	tx.parts = nil
	if err != nil {
		return nil, err
	}
	if len(p.tables) > 0 && !p.vague {
		tx.cache.keep(key, p.entry(v), tx.snap.version)
	}
	return v, nil
}
