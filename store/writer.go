package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// maxGroup is how many writes share one commit at most.
const maxGroup = 256

// errStopped is the answer to a write after Close.
var errStopped = errors.New("store is closed")

// job is one write on its way: what to run and where the answer goes.
type job struct {
	ctx  context.Context
	fn   func(context.Context, *Tx) error
	done chan error
}

// writer owns the one writing connection. It takes the writes that are waiting,
// runs each in a savepoint, commits them together, and then answers all: group
// commit, which makes full durability nearly free under load.
type writer struct {
	conn    *sql.Conn
	dialect dialect
	sealer  *Sealer
	record  *recordState
	jobs    chan job
	quit    chan struct{}
	once    sync.Once
	ended   chan struct{}
}

func startWriter(conn *sql.Conn, d dialect, s *Sealer) *writer {
	w := &writer{
		conn: conn, dialect: d, sealer: s, record: &recordState{},
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

// gather takes what else is waiting, without waiting for more.
func (w *writer) gather(group []job) []job {
	for len(group) < maxGroup {
		select {
		case j := <-w.jobs:
			group = append(group, j)
		default:
			return group
		}
	}
	return group
}

// commit runs a group in one transaction and answers every job. When the commit
// itself fails, every job that had succeeded gets that error.
func (w *writer) commit(group []job) {
	ctx := context.Background()
	before := *w.record
	answers := make([]error, len(group))
	err := w.begin(ctx)
	if err == nil {
		succeeded := false
		for i, j := range group {
			answers[i] = w.run(j)
			succeeded = succeeded || answers[i] == nil
		}
		err = w.end(ctx, succeeded)
	}
	if err != nil {
		*w.record = before
		w.record.stale()
	}
	for i, j := range group {
		if answers[i] == nil {
			answers[i] = err
		}
		j.done <- answers[i]
	}
}

func (w *writer) begin(ctx context.Context) error {
	for _, stmt := range w.dialect.beginWrite {
		if _, err := w.conn.ExecContext(ctx, stmt); err != nil {
			_, _ = w.conn.ExecContext(ctx, "ROLLBACK") // there may be nothing to roll back
			return fmt.Errorf("begin: %w", err)
		}
	}
	w.record.checkAtNextUse()
	return nil
}

func (w *writer) end(ctx context.Context, commit bool) error {
	if commit {
		_, err := w.conn.ExecContext(ctx, "COMMIT")
		if err == nil {
			return nil
		}
		_, _ = w.conn.ExecContext(ctx, "ROLLBACK") // the commit's error is the one that counts
		return fmt.Errorf("commit: %w", err)
	}
	_, err := w.conn.ExecContext(ctx, "ROLLBACK")
	return err
}

// run runs one job in a savepoint. The caller's cancellation is not passed to the
// engine: it could break the connection that other writes share.
func (w *writer) run(j job) (err error) {
	if err := j.ctx.Err(); err != nil {
		return err
	}
	ctx := context.WithoutCancel(j.ctx)
	if _, err := w.conn.ExecContext(ctx, "SAVEPOINT job"); err != nil {
		return err
	}
	before := *w.record
	err = protect(func() error {
		return j.fn(ctx, &Tx{q: w.conn, dialect: w.dialect, sealer: w.sealer, record: w.record})
	})
	if err == nil {
		_, err = w.conn.ExecContext(ctx, "RELEASE SAVEPOINT job")
		return err
	}
	*w.record = before
	if _, rerr := w.conn.ExecContext(ctx, "ROLLBACK TO SAVEPOINT job"); rerr != nil {
		return errors.Join(err, rerr)
	}
	_, rerr := w.conn.ExecContext(ctx, "RELEASE SAVEPOINT job")
	return errors.Join(err, rerr)
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
