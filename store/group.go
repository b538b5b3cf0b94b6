package store

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// group is writes that share a transaction, with what they changed and have not yet
// written. As long as its jobs do with what is remembered, it has no transaction: they run
// on top of what the group before changed, and are run again when that was not stored
// after all, or when another process wrote in between.
type group struct {
	w       *writer
	before  *storing // while that is being stored, else nil
	base    int64    // version of the database its jobs go by, when none is
	layer   *layer
	jobs    []job
	answers []error // of those that were run

	opened  bool
	version int64       // of the database before it
	saved   recordState // as it was before it
	failed  error       // it cannot be opened
	stale   bool        // what its jobs saw is not what is stored
	changed bool        // something was written to the engine
	broken  bool        // the engine may refuse all that follows
}

// errStale ends a job that is going to run again.
var errStale = errors.New("run again on what is stored")

// group is a new one on top of what is being stored, or with nil, of what is stored.
func (w *writer) group(before *storing) *group {
	return &group{w: w, layer: newLayer(), before: before, base: w.db.cache.current()}
}

// add takes in a job and runs it.
func (g *group) add(j job) {
	g.jobs = append(g.jobs, j)
	if g.failed == nil && !g.stale && !g.broken {
		g.answers = append(g.answers, g.run(j))
	}
}

// open opens the transaction, once the group before is stored, and finds out whether
// another process wrote meanwhile.
func (g *group) open(ctx context.Context) error {
	switch {
	case g.failed != nil:
		return g.failed
	case g.stale:
		return errStale
	case g.opened:
		return nil
	}
	w, before := g.w, g.before
	if before != nil {
		<-before.done
		if g.stale = !before.clean; g.stale {
			return errStale
		}
		g.base = before.mark
	}
	g.saved = w.record
	if g.version, g.failed = w.begin(ctx); g.failed != nil {
		w.record.loaded = false
		return g.failed
	}
	g.opened, g.before = true, nil
	if len(g.jobs) > 0 && g.version != g.base {
		g.stale = true
		g.rollback(ctx)
		return errStale
	}
	return nil
}

// rollback ends a transaction of which nothing is kept.
func (g *group) rollback(ctx context.Context) {
	_, _ = g.w.q.ExecContext(ctx, "ROLLBACK") // the first error is the one that counts
	g.w.record = g.saved
}

// answer gives every job its own error, or one that concerns them all.
func (g *group) answer(all error) {
	for i, j := range g.jobs {
		err := all
		if i < len(g.answers) && g.answers[i] != nil {
			err = g.answers[i]
		}
		j.done <- err
	}
}

// running is the job that is being run.
type running struct {
	group  *group
	layer  *layer
	saved  bool        // it stands behind a savepoint
	before recordState // at the savepoint
	failed error       // what it put cannot be stored, whatever it makes of that
}

// run runs one job. A job that only puts rows needs no savepoint: when it fails, its
// rows are dropped. The caller's cancellation is not passed to the engine: it could
// break the connection that other writes share.
func (g *group) run(j job) error {
	if err := j.ctx.Err(); err != nil {
		return err
	}
	ctx := context.WithoutCancel(j.ctx)
	r, db := &running{group: g, layer: newLayer()}, g.w.db
	err := protect(func() error {
		return j.fn(ctx, &Tx{dialect: db.dialect, sealer: db.sealer, cache: db.cache, recent: db.recent, job: r})
	})
	if err == nil {
		err = r.failed
	}
	if g.broken {
		return err
	}
	if r.saved {
		if err != nil {
			g.w.record = r.before
			if _, rerr := g.w.q.ExecContext(ctx, "ROLLBACK TO SAVEPOINT job"); rerr != nil {
				g.broken = true
				return errors.Join(err, rerr)
			}
		}
		if _, rerr := g.w.q.ExecContext(ctx, "RELEASE SAVEPOINT job"); rerr != nil {
			g.broken = true
			return errors.Join(err, rerr)
		}
	}
	if err == nil {
		g.layer.merge(r.layer)
	}
	return err
}

// ready writes what a statement has to see, and sets the savepoint when the job must be
// able to undo something in the engine. A change is noted by the statement's own text.
func (r *running) ready(ctx context.Context, query string) (querier, error) {
	g, tables, change := r.group, r.group.w.db.cache.tables(query), writes(query)
	if err := g.open(ctx); err != nil {
		r.failed = err
		return nil, err
	}
	if change && len(tables) > 0 {
		r.layer.change(tables[0], nil)
	}
	own := r.layer.waits(tables) || (change && r.layer.waiting())
	if !r.saved && (change || own) {
		if err := g.flush(ctx, g.layer, nil); err != nil {
			r.failed = err
			return nil, err
		}
		if _, err := g.w.q.ExecContext(ctx, "SAVEPOINT job"); err != nil {
			g.broken, r.failed = true, err
			return nil, err
		}
		r.saved, r.before = true, g.w.record
	}
	if !r.saved && g.layer.waits(tables) {
		if err := g.flush(ctx, g.layer, tables); err != nil {
			r.failed = err
			return nil, err
		}
	}
	if change {
		g.changed, tables = true, nil
	}
	if own {
		if err := g.flush(ctx, r.layer, tables); err != nil {
			r.failed = err
			return nil, err
		}
	}
	return g.w.q, nil
}

// layers are what lies between a job and what is stored, its own changes first.
func (r *running) layers() (list [3]*layer, n int) {
	list[0], list[1], n = r.layer, r.group.layer, 2
	if before := r.group.before; before != nil {
		list[2], n = before.layer, 3
	}
	return list, n
}

// get returns a remembered result as the job sees it.
func (r *running) get(key string) *entry {
	list, n := r.layers()
	for i, l := range list[:n] {
		if e := l.entries[key]; e != nil {
			return shown(e, list[:i])
		}
	}
	e, _ := r.group.w.db.cache.get(key)
	return shown(e, list[:n])
}

// shown is a result unless one of the layers above it changed what it was read from.
func shown(e *entry, above []*layer) *entry {
	if e == nil || slices.ContainsFunc(above, func(l *layer) bool { return l.hides(e) }) {
		return nil
	}
	return e
}

// changes reports whether anything with a tag was changed and is not stored yet.
func (r *running) changes(tag string) bool {
	list, n := r.layers()
	return slices.ContainsFunc(list[:n], func(l *layer) bool { return l.tags[tag] })
}

// waiting reports whether anything waits to be written.
func (l *layer) waiting() bool { return len(l.rows)+len(l.record) > 0 }

// flush writes what waits in a layer for some tables, or for all.
func (g *group) flush(ctx context.Context, l *layer, tables []string) error {
	if !l.waiting() {
		return nil
	}
	g.changed = true
	list := l.statements(g.w.db.dialect, tables)
	if tables == nil || slices.ContainsFunc(tables, isRecord) {
		entries, err := g.w.recordStatements(ctx, l)
		if err != nil {
			g.broken = true
			return err
		}
		list = append(append(list, entries...), g.w.headStatements(g.w.record.version)...)
	}
	_, err := g.w.send(ctx, list)
	if err != nil && l == g.layer {
		g.broken = true // what was put by jobs that have succeeded
	}
	return err
}

func isRecord(table string) bool { return strings.HasPrefix(table, "record_") }

// remembers reports whether results are remembered that such a table is a part of.
func remembers(table string) bool { return !isRecord(table) && table != "task" }

// end writes what is left, with the mark that tells other processes to forget, and
// commits. What was changed is what is remembered from then on. It returns the version
// of the database after it.
func (g *group) end(ctx context.Context) (version int64, err error) {
	w := g.w
	version = g.version
	for t := range g.layer.tables {
		if remembers(t) {
			version = g.version + 1
		}
	}
	if !g.changed && !g.layer.waiting() && version == g.version {
		_, err := w.q.ExecContext(ctx, "ROLLBACK")
		w.db.cache.committed(g.layer, version) // what was read may stay
		return version, err
	}
	list := g.layer.statements(w.db.dialect, nil)
	entries, err := w.recordStatements(ctx, g.layer)
	if err != nil {
		return 0, err
	}
	list = append(append(list, entries...), w.headStatements(version)...)
	w.db.cache.committing(version)
	if _, err := w.send(ctx, append(list, statement{query: "COMMIT"})); err != nil {
		w.db.cache.aborted()
		return 0, err
	}
	w.db.cache.committed(g.layer, version)
	w.db.recent.add(w.record.fresh)
	return version, nil
}
