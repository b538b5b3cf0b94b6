package store

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// group is jobs that share a transaction, with what they changed and have not yet
// written.
type group struct {
	w       *writer
	version int64 // of the database before it
	layer   *layer
	changed bool // something was written to the engine
	broken  bool // the engine may refuse all that follows
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

// get returns a remembered result as the job sees it.
func (r *running) get(key string) *entry {
	if e := r.layer.entries[key]; e != nil {
		return e
	}
	e := r.group.layer.entries[key]
	if e == nil {
		if e, _ = r.group.w.db.cache.get(key); e != nil && r.group.layer.hides(e) {
			return nil
		}
	}
	if e == nil || r.layer.hides(e) {
		return nil
	}
	return e
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
// commits. What was changed is what is remembered from then on.
func (g *group) end(ctx context.Context) error {
	w, version := g.w, g.version
	for t := range g.layer.tables {
		if remembers(t) {
			version = g.version + 1
		}
	}
	if !g.changed && !g.layer.waiting() && version == g.version {
		_, err := w.q.ExecContext(ctx, "ROLLBACK")
		w.db.cache.committed(g.layer, g.version) // what was read may stay
		return err
	}
	list := g.layer.statements(w.db.dialect, nil)
	entries, err := w.recordStatements(ctx, g.layer)
	if err != nil {
		return err
	}
	list = append(append(list, entries...), w.headStatements(version)...)
	w.db.cache.committing(version)
	if _, err := w.send(ctx, append(list, statement{query: "COMMIT"})); err != nil {
		w.record.loaded = false
		w.db.cache.aborted()
		return err
	}
	w.db.cache.committed(g.layer, version)
	w.db.recent.add(w.record.fresh)
	return nil
}
