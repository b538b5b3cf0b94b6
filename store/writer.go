package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// maxGroup is how many writes share one commit at most.
const maxGroup = 256

// patience is how long a group waits at most until as many writes are in it as were under
// way at once lately: most of what a group costs is the same for few writes as for many.
const patience = 10 * time.Millisecond

// leastCrowd is how many writes wait for each other: fewer save less by it than they wait. One
// writer that is quick looks like two.
const leastCrowd = 8

// errStopped is the answer to a write after Close.
var errStopped = errors.New("store is closed")

// job is one write on its way: what to run and where the answer goes.
type job struct {
	ctx  context.Context
	fn   func(context.Context, *Tx) error
	done chan error
}

// writer owns the one writing connection, and takes another when the server ends it.
// While a group of writes is being stored, it runs those that come meanwhile on top of
// what that group changed, and stores them together once it is done: group commit, which
// makes full durability nearly free under load.
type writer struct {
	db     *DB
	conn   *sql.Conn // of whoever stores a group, and of the loop while nobody does
	q      querier   // conn, counted
	ready  prepared
	record recordState
	crowd  int // how many writes were under way at once lately
	jobs   chan job
	quit   chan struct{}
	under  sync.WaitGroup // groups that are being stored and answered
	once   sync.Once
	ended  chan struct{}
}

func startWriter(db *DB, conn *sql.Conn) *writer {
	w := &writer{
		db: db, conn: conn, q: counted{conn, &db.count}, ready: prepared{},
		jobs: make(chan job, maxGroup), quit: make(chan struct{}), ended: make(chan struct{}),
	}
	go w.loop()
	return w
}

// do hands a write over and waits for its outcome.
func (w *writer) do(ctx context.Context, fn func(context.Context, *Tx) error) error {
	j := job{ctx: ctx, fn: fn, done: make(chan error, 1)}
	select {
	case w.jobs <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.quit:
		return errStopped
	}
	select {
	case err := <-j.done:
		return err
	case <-w.ended:
		select { // the answer may have come with the end
		case err := <-j.done:
			return err
		default:
			return errStopped
		}
	}
}

// stop ends the loop after the group under way and closes the connection.
func (w *writer) stop() {
	w.once.Do(func() { close(w.quit) })
	<-w.ended
	w.ready.close()
	_ = w.conn.Close()
}

func (w *writer) loop() {
	defer close(w.ended)
	defer w.under.Wait()
	var before *storing
	for {
		g := w.collect(before)
		if g == nil {
			return
		}
		before = w.hand(g)
	}
}

// collect runs a group: the writes that come while the one before is being stored, or the
// next that come. It is nil at the end.
func (w *writer) collect(before *storing) *group {
	g := w.group(before)
	if before != nil {
		g.gather(before.done)
		w.crowd = max(w.crowd-1, len(before.jobs)+len(g.jobs))
	}
	if len(g.jobs) == 0 {
		select {
		case j := <-w.jobs:
			g = w.group(nil) // what is stored may have moved on meanwhile
			g.add(j)
		case <-w.quit:
			return nil
		}
	}
	if enough := min(w.crowd, maxGroup); !g.wait(enough) && len(g.jobs) < enough/2 {
		w.crowd /= 2 // the crowd has left: a few must not wait once for each of it
	}
	return g
}

// gather adds the writes that come until done, and none of those that answers bring about.
func (g *group) gather(done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		default:
		}
		select {
		case j := <-g.more():
			g.add(j)
		case <-done:
			return
		}
	}
}

// wait adds the writes that come until enough are in the group, but not for long and not
// in an open transaction, and then those that are there. It is false when that took too long.
func (g *group) wait(enough int) (came bool) {
	came = true
	var late <-chan time.Time
	if enough >= leastCrowd && len(g.jobs) < enough && !g.opened {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		late = timer.C
	}
	for late != nil && len(g.jobs) < enough && !g.opened {
		select {
		case j := <-g.more():
			g.add(j)
		case <-late:
			late, came = nil, false
		}
	}
	for {
		select {
		case j := <-g.more():
			g.add(j)
		default:
			return came
		}
	}
}

// more is where writes come from, nil for a full group.
func (g *group) more() <-chan job {
	if len(g.jobs) >= maxGroup {
		return nil
	}
	return g.w.jobs
}

// renewLimit is how long a new connection may take; writes wait meanwhile.
const renewLimit = 5 * time.Second

// connected reports whether the writing connection is still one.
func (w *writer) connected(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, renewLimit)
	defer cancel()
	return w.conn.PingContext(ctx) == nil
}

// renew takes another connection when the server has ended this one.
func (w *writer) renew(ctx context.Context) bool {
	if w.connected(ctx) {
		return false
	}
	w.ready.close()
	_ = w.conn.Close() // it is of no use any more
	limited, cancel := context.WithTimeout(ctx, renewLimit)
	defer cancel()
	conn, err := w.db.write.Conn(limited)
	if err != nil {
		return false // the next write tries again
	}
	w.conn, w.q, w.ready, w.record.loaded = conn, counted{conn, &w.db.count}, prepared{}, false
	return true
}

// begin opens a transaction and returns the version of the database before it.
func (w *writer) begin(ctx context.Context) (version int64, err error) {
	w.db.count.Add(int64(len(w.db.dialect.beginWrite)) + 1)
	size, version, err := w.db.dialect.begin(ctx, w.conn)
	if err != nil && w.renew(ctx) {
		size, version, err = w.db.dialect.begin(ctx, w.conn)
	}
	if err != nil {
		_, _ = w.q.ExecContext(ctx, "ROLLBACK") // there may be nothing to roll back
		return 0, fmt.Errorf("begin: %w", err)
	}
	w.record.found(size, version)
	w.db.cache.seen(version)
	return version, nil
}

// send sends statements together.
func (w *writer) send(ctx context.Context, list []statement) (failed int, err error) {
	w.db.count.Add(int64(len(list)))
	return w.db.dialect.send(ctx, w.conn, w.ready, list)
}

// protect turns a panic of one write into its error, so that it cannot take down the
// writes of others.
func protect(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a write: %v\n%s", p, debug.Stack())
		}
	}()
	return fn()
}
