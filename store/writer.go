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

// gatherFor is how long a group waits for more writes while several come at once: about
// what a durable commit takes.
const gatherFor = 2 * time.Millisecond

// errStopped is the answer to a write after Close.
var errStopped = errors.New("store is closed")

// job is one write on its way: what to run and where the answer goes.
type job struct {
	ctx  context.Context
	fn   func(context.Context, *Tx) error
	done chan error
}

// writer owns the one writing connection, and takes another when the server ends it. It takes the writes that are waiting, runs
// one after the other, writes what they put for all of them at once, commits, and then
// answers all: group commit, which makes full durability nearly free under load.
type writer struct {
	db      *DB
	conn    *sql.Conn
	q       querier // conn, counted
	ready   prepared
	record  recordState
	jobs    chan job
	quit    chan struct{}
	crowded bool // the last group had several jobs
	once    sync.Once
	ended   chan struct{}
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
	_ = w.conn.Close()
}

func (w *writer) loop() {
	defer close(w.ended)
	group := make([]job, 0, maxGroup)
	for {
		select {
		case j := <-w.jobs:
			group = append(group[:0], j)
		case <-w.quit:
			return
		}
		group = w.gather(group)
		w.commit(group)
	}
}

// gather takes what else is waiting. A lone write does not wait for more; when the group
// before had several, more are on their way, and a moment's patience saves them a commit
// of their own.
func (w *writer) gather(group []job) []job {
	var patience <-chan time.Time
	if w.crowded {
		patience = time.After(gatherFor)
	}
	for len(group) < maxGroup {
		select {
		case j := <-w.jobs:
			group = append(group, j)
			continue
		default:
		}
		if patience == nil {
			break
		}
		select {
		case j := <-w.jobs:
			group = append(group, j)
		case <-patience:
			patience = nil
		}
	}
	w.crowded = len(group) > 1
	return group
}

// commit commits a group and answers every job. When its jobs cannot be stored together,
// each is run again in a transaction of its own, so that an error reaches only whom it
// belongs to.
func (w *writer) commit(jobs []job) {
	answers, apart := w.attempt(jobs)
	if apart && len(jobs) > 1 {
		for i := range jobs {
			alone, _ := w.attempt(jobs[i : i+1])
			answers[i] = alone[0]
		}
	}
	for i, j := range jobs {
		j.done <- answers[i]
	}
}

// attempt runs jobs in one transaction. apart is true when nothing was stored because
// of a statement that concerns all of them; every answer is then its error.
func (w *writer) attempt(jobs []job) (answers []error, apart bool) {
	ctx := context.Background()
	answers = make([]error, len(jobs))
	fail := func(err error) {
		for i := range answers {
			if answers[i] == nil {
				answers[i] = err
			}
		}
	}
	before := w.record
	g, err := w.begin(ctx)
	if err != nil {
		w.record.loaded = false
		fail(err)
		return answers, false
	}
	for i, j := range jobs {
		answers[i] = g.run(j)
		if g.broken {
			w.rollback(ctx, before)
			fail(answers[i])
			return answers, true
		}
	}
	if err := g.end(ctx); err != nil {
		w.rollback(ctx, before)
		w.record.loaded = false // whether the engine committed may be unknown
		fail(err)
		return answers, w.connected(ctx) // else they may be stored: run again they would be stored twice
	}
	return answers, false
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

// send sends statements together.
func (w *writer) send(ctx context.Context, list []statement) (failed int, err error) {
	w.db.count.Add(int64(len(list)))
	return w.db.dialect.send(ctx, w.conn, w.ready, list)
}

// rollback ends a transaction of which nothing is kept.
func (w *writer) rollback(ctx context.Context, before recordState) {
	_, _ = w.q.ExecContext(ctx, "ROLLBACK") // the first error is the one that counts
	w.record = before
}

// begin opens a transaction and finds out whether another process wrote meanwhile.
func (w *writer) begin(ctx context.Context) (*group, error) {
	g := &group{w: w, layer: newLayer()}
	w.db.count.Add(int64(len(w.db.dialect.beginWrite)) + 1)
	size, version, err := w.db.dialect.begin(ctx, w.conn)
	if err != nil && w.renew(ctx) {
		size, version, err = w.db.dialect.begin(ctx, w.conn)
	}
	if err != nil {
		_, _ = w.q.ExecContext(ctx, "ROLLBACK") // there may be nothing to roll back
		return nil, fmt.Errorf("begin: %w", err)
	}
	g.version = version
	w.record.found(size, g.version)
	w.db.cache.seen(g.version)
	return g, nil
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
