package op

import (
	"context"
	"errors"
	"fmt"
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
	// TaskDue reports whether a task of the given names is due and not leased.
	TaskDue(ctx context.Context, now time.Time, names []string) (bool, error)
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
	// ClaimTask leases the next due task of the given names until a time.
	ClaimTask(ctx context.Context, now, until time.Time, names []string) (TaskRow, bool, error)
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
	err := r.db.Write(ctx, func(ctx context.Context, tx Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		return r.flush(ctx, tx, c)
	})
	if err == nil {
		r.signal()
	}
	return err
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
	rows := make([]TaskRow, len(c.tasks))
	for i, t := range c.tasks {
		rows[i] = TaskRow{ID: c.NewID("task"), Name: t.Name, Subject: t.Subject, Due: t.Due}
	}
	return tx.EnqueueTasks(ctx, rows)
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
		e.Subjects = []string{object}
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

// signal wakes the loops of followers and tasks.
func (r *Runner) signal() {
	for _, wake := range []chan struct{}{r.followWake, r.taskWake} {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}
