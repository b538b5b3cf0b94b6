package op

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/record"
)

// DB gives transactions. What fn receives offers the Stores of all steps; a write
// transaction is also a [Tx]. fn may be run again after a conflict.
type DB interface {
	Read(ctx context.Context, fn func(ctx context.Context, tx any) error) error
	Write(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
}

// View is what the runner itself needs of a read transaction.
type View interface {
	// EntriesFrom returns entries from an index on, at most limit.
	EntriesFrom(ctx context.Context, from int64, limit int) ([]record.Entry, error)
	// Cursor returns the index of the first entry a follower has not seen.
	Cursor(ctx context.Context, follower string) (int64, error)
	// DueTasks returns tasks that are due and not leased, the longest due first.
	DueTasks(ctx context.Context, now time.Time, q DueQuery) ([]TaskRow, error)
	// Lease returns until when a row is leased, zero when it is free or gone.
	Lease(ctx context.Context, id string) (time.Time, error)
	// LeasedFor returns the rows of a task on a subject that are leased now.
	LeasedFor(ctx context.Context, task, subject string, now time.Time) ([]string, error)
}

// DueQuery says which due tasks are wanted: of these names, outside these lanes.
type DueQuery struct {
	Names []string
	Full  []string // lanes to leave out
	Limit int
}

// Tx is what the runner itself needs of a write transaction.
type Tx interface {
	View
	// AppendEntries adds entries to the record, in order.
	AppendEntries(ctx context.Context, entries []record.Entry) error
	// EnqueueTasks adds rows to the queue of tasks.
	EnqueueTasks(ctx context.Context, tasks []TaskRow) error
	// SetCursor moves a follower on.
	SetCursor(ctx context.Context, follower string, next int64) error
	// ClaimTasks leases tasks until a time, and returns those that were due and free.
	ClaimTasks(ctx context.Context, ids []string, now, until time.Time) ([]TaskRow, error)
	// RenewTasks leases rows until a time that are still leased as they say, and returns
	// their ids.
	RenewTasks(ctx context.Context, held []TaskRow, until time.Time) ([]string, error)
	// UpdateTask stores the row's due time, attempts and last fault, and ends the lease.
	UpdateTask(ctx context.Context, t TaskRow) error
	// DeleteTask removes a settled task.
	DeleteTask(ctx context.Context, id string) error
}

// Clock tells the time; production gives time.Now, tests a fixed or stepped one.
type Clock func() time.Time

// Runner runs operations, followers and tasks on one database.
type Runner struct {
	db     DB
	rights identity.Table
	clock  Clock
	ids    *naru.IDs
	// One signal each for the two loops: something was committed.
	followWake, taskWake chan struct{}
	crew                 atomic.Pointer[crew] // while Run runs
	awaited              awaited
}

// NewRunner returns a runner. The ids source also names calls and tasks.
func NewRunner(db DB, clock Clock, ids *naru.IDs) *Runner {
	return &Runner{
		db: db, rights: identity.NewTable(), clock: clock, ids: ids,
		followWake: make(chan struct{}, 1), taskWake: make(chan struct{}, 1),
	}
}

// CallFor starts a call of an actor now.
func (r *Runner) CallFor(a naru.Actor) naru.Call {
	now := r.clock().UTC()
	return naru.Call{ID: r.ids.New("call", now), Now: now, Actor: a, IDs: r.ids}
}

// SystemCall starts a call of naru itself, for followers and tasks.
func (r *Runner) SystemCall(name string) naru.Call {
	return r.CallFor(naru.Actor{User: "naru/" + name, Role: string(identity.System)})
}

// write runs fn in a write transaction and flushes what the call collected.
func (r *Runner) write(ctx context.Context, c *Call, fn func(context.Context, any) error) error {
	return r.transact(ctx, c, func(ctx context.Context, tx Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		return r.flush(ctx, tx, c)
	})
}

// transact runs fn in a write transaction and, once that is durable, starts what was
// handed over and wakes who waits for it.
func (r *Runner) transact(ctx context.Context, c *Call, fn func(context.Context, Tx) error) error {
	err := r.db.Write(ctx, func(ctx context.Context, tx Tx) error {
		c.reset()
		return fn(ctx, tx)
	})
	if err != nil {
		c.reset()
		return err
	}
	if c.committed() {
		wake(r.taskWake)
	}
	if len(c.entries) > 0 {
		wake(r.followWake)
	}
	for _, e := range c.entries {
		for _, s := range e.Subjects {
			r.awaited.call(s)
		}
	}
	return nil
}

func (r *Runner) flush(ctx context.Context, tx Tx, c *Call) error {
	if len(c.entries) == 0 {
		return fmt.Errorf("%s changed something and recorded nothing", c.op)
	}
	if err := tx.AppendEntries(ctx, c.entries); err != nil {
		return err
	}
	if len(c.tasks) == 0 {
		return nil
	}
	return tx.EnqueueTasks(ctx, c.rows())
}

// asText is what a caller named, as far as a text can say it.
func asText(object string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(object, "\x00", "\ufffd"), "\ufffd")
}

// refused records a denial and returns the error the caller sees. An object of
// another institution is denied in the record but "not found" to the caller, so that
// its existence is not revealed. A fault of naru is passed through for the log.
func (r *Runner) refused(ctx context.Context, who naru.Call, name string, err error) error {
	if naru.KindOf(err) != naru.Denied {
		return err
	}
	e := record.NewEntry(&who, name, record.Denied)
	var reason *naru.Error
	errors.As(err, &reason)
	e.Detail = map[string]string{"reason": reason.Message.Key}
	if object := reason.Message.Args["object"]; object != "" {
		e.Subjects = []string{asText(object)}
	}
	werr := r.db.Write(ctx, func(ctx context.Context, tx Tx) error {
		return tx.AppendEntries(ctx, []record.Entry{e})
	})
	if werr != nil {
		return errors.Join(err, fmt.Errorf("denial of %s was not recorded: %w", name, werr))
	}
	if reason.Message.Key == identity.NotYours {
		return naru.NewError(naru.NotFound, "not_found", "object", reason.Message.Args["object"])
	}
	return err
}
