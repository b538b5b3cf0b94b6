package store

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// maxCached bounds how many results are remembered; a full memory is emptied.
const maxCached = 16_000

// cache remembers results of small reads as of one version of the database. What a
// result was read from is derived from the statements that read it, and what a
// statement changes from its own text, so that no writer can forget to say so.
type cache struct {
	mu      sync.RWMutex
	version int64 // of the database all entries belong to
	pending int64 // of a commit under way, 0 = none
	entries map[string]*entry
	byTag   map[string]map[string]bool // tag to keys
	coarse  map[string]int64           // how often a table was changed by who knows what
	any     map[string]int64           // how often it was changed at all

	texts sync.Map // statement to its tables
	known *knownIDs
}

// entry is one result. An entry with a tag of a table, which begins with its name, is
// dropped by changes with that tag and by those without any; an entry with no tag of
// it by every change of the table.
type entry struct {
	value  any
	tags   []string
	tables []string
	marks  []int64 // of the tables when it was kept, see watched
	fine   []bool  // whether it has a tag of each
}

func newCache(known *knownIDs) *cache {
	c := &cache{known: known}
	c.clear(0)
	return c
}

// clear forgets everything; the caller holds the lock or is the only one.
func (c *cache) clear(version int64) {
	c.version = version
	c.entries, c.byTag = map[string]*entry{}, map[string]map[string]bool{}
	c.coarse, c.any = map[string]int64{}, map[string]int64{}
	c.known.forget()
}

// watched is the count of changes that concern an entry of its n-th table.
func (c *cache) watched(e *entry, n int) int64 {
	if e.fine[n] {
		return c.coarse[e.tables[n]]
	}
	return c.any[e.tables[n]]
}

func (e *entry) tagged(table string) bool {
	return slices.ContainsFunc(e.tags, func(t string) bool { return strings.HasPrefix(t, table+"/") })
}

// get returns an entry that still holds, and the version it belongs to.
func (c *cache) get(key string) (*entry, int64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e := c.entries[key]
	if e == nil {
		return nil, c.version
	}
	for i := range e.tables {
		if e.marks[i] != c.watched(e, i) {
			return nil, c.version
		}
	}
	return e, c.version
}

// current is the version that what is remembered belongs to.
func (c *cache) current() int64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.version
}

// keep remembers a result that was read at a version, if that is still the one.
func (c *cache) keep(key string, e *entry, version int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if version == c.version {
		c.put(key, e)
	}
}

// put stores an entry; the caller holds the lock.
func (c *cache) put(key string, e *entry) {
	if len(c.entries) >= maxCached {
		clear(c.entries)
		clear(c.byTag)
	}
	c.drop(key)
	e.marks, e.fine = make([]int64, len(e.tables)), make([]bool, len(e.tables))
	for i, t := range e.tables {
		e.fine[i] = e.tagged(t)
		e.marks[i] = c.watched(e, i)
	}
	c.entries[key] = e
	for _, t := range e.tags {
		if c.byTag[t] == nil {
			c.byTag[t] = map[string]bool{}
		}
		c.byTag[t][key] = true
	}
}

func (c *cache) drop(key string) {
	e := c.entries[key]
	if e == nil {
		return
	}
	delete(c.entries, key)
	for _, t := range e.tags {
		if delete(c.byTag[t], key); len(c.byTag[t]) == 0 {
			delete(c.byTag, t)
		}
	}
}

// seen compares with the version a snapshot shows: a later one that this process did
// not make means that another process wrote.
func (c *cache) seen(version int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if version > c.version && version != c.pending {
		c.clear(version)
	}
}

// committing says that a commit to a version is about to begin.
func (c *cache) committing(version int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending = version
}

// aborted forgets everything, because it is not known what a failed commit did.
func (c *cache) aborted() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending = 0
	c.clear(-1) // the next look at the database tells the version
}

// committed takes over what a group of writes changed and read, unless a reader has seen
// by now what another process wrote after it.
func (c *cache) committed(l *layer, version int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending = 0; version < c.version {
		return
	}
	c.version = version
	for t, how := range l.tables {
		c.any[t]++
		if how == coarsely {
			c.coarse[t]++
		}
	}
	for t := range l.tags {
		for key := range c.byTag[t] {
			c.drop(key)
		}
	}
	for key, e := range l.entries {
		c.put(key, e)
	}
}

// layer is what a job, or the group it belongs to, changed and read and has not
// committed yet.
type layer struct {
	entries map[string]*entry
	tags    map[string]bool
	tables  map[string]int // coarsely or finely
	rows    map[*bulk]*pendingRows
	record  []pendingEntry
}

// How a table was changed: finely means that tags say which entries are concerned.
const (
	finely = 1 + iota
	coarsely
)

func newLayer() *layer {
	return &layer{entries: map[string]*entry{}, tags: map[string]bool{}, tables: map[string]int{}, rows: map[*bulk]*pendingRows{}}
}

// hides reports whether the layer changed what an entry from below was read from.
func (l *layer) hides(e *entry) bool {
	for _, t := range e.tables {
		if how := l.tables[t]; how == coarsely || (how == finely && !e.tagged(t)) {
			return true
		}
	}
	return slices.ContainsFunc(e.tags, func(t string) bool { return l.tags[t] })
}

// change notes that a table was changed, and drops what the layer itself had read of it.
func (l *layer) change(table string, tags []string) {
	how := finely
	if len(tags) == 0 {
		how = coarsely
	}
	l.tables[table] = max(l.tables[table], how)
	for _, t := range tags {
		l.tags[t] = true
	}
	for key, e := range l.entries {
		if !slices.Contains(e.tables, table) {
			continue
		}
		if how == coarsely || !e.tagged(table) || slices.ContainsFunc(e.tags, func(t string) bool { return slices.Contains(tags, t) }) {
			delete(l.entries, key)
		}
	}
}

// merge puts a job's layer on top of the group's.
func (l *layer) merge(job *layer) {
	for key, e := range l.entries {
		if job.hides(e) {
			delete(l.entries, key)
		}
	}
	for t, how := range job.tables {
		l.tables[t] = max(l.tables[t], how)
	}
	for t := range job.tags {
		l.tags[t] = true
	}
	for key, e := range job.entries {
		l.entries[key] = e
	}
	l.mergeRows(job)
}

// load is a result being read, with what it turns out to be read from.
type load struct{ tables []string }

func (l *load) note(tables []string) {
	for _, t := range tables {
		if !slices.Contains(l.tables, t) {
			l.tables = append(l.tables, t)
		}
	}
}

// errMixed ends a read whose remembered parts turned out to be of different versions;
// the read is run again.
var errMixed = errors.New("read again")

// cached returns a remembered result or loads it. Callers must not change what they get
// in place. tags names, for each table with fine changes, the rows the result hangs on:
// those in it, and the condition that rows have to meet to come into it.
func cached[T any](ctx context.Context, tx *Tx, key string, tags func(T) []string, read func(context.Context) (T, error)) (T, error) {
	var none T
	if tx.load != nil { // within another result, whose sources it would hide
		return read(ctx)
	}
	e, err := tx.remembered(ctx, key)
	if err != nil {
		return none, err
	}
	if e != nil {
		tx.parts.add(e)
		return e.value.(T), nil
	}
	tx.load = &load{}
	v, err := read(ctx)
	l := tx.load
	tx.load = nil
	if err != nil {
		return none, err
	}
	e = &entry{value: v, tables: l.tables}
	if tags != nil {
		e.tags = tags(v)
	}
	tx.remember(key, e)
	tx.parts.add(e)
	return v, nil
}

// peek returns a remembered result, if there is one, to a job.
func peek[T any](tx *Tx, key string) (v T, ok bool) {
	e := tx.job.get(key)
	if e == nil {
		return v, false
	}
	return e.value.(T), true
}

// fill remembers what a job knows without reading it, because it put it.
func (tx *Tx) fill(key string, v any, tags []string, table string) {
	tx.job.layer.entries[key] = &entry{value: v, tags: tags, tables: []string{table}}
}

var sources = regexp.MustCompile(`(?i)\b(?:from|join|into|update)\s+([a-z_]+)`)

// tables returns the tables that a statement names; for one that writes, the first is
// the one it changes.
func (c *cache) tables(query string) []string {
	if known, ok := c.texts.Load(query); ok {
		return known.([]string)
	}
	var out []string
	for _, m := range sources.FindAllStringSubmatch(query, -1) {
		if name := strings.ToLower(m[1]); name != "set" && name != "select" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	c.texts.Store(strings.Clone(query), out)
	return out
}

// writes reports whether a statement changes something.
func writes(query string) bool {
	head := strings.ToUpper(strings.TrimSpace(query)[:6])
	return head != "SELECT" && !strings.HasPrefix(head, "WITH")
}
