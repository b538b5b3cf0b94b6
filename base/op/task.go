package op

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// TaskRow is a task in the queue. Attempts counts the faults of naru's own in a row.
type TaskRow struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Subject     string    `json:"subject"`
	Lane        string    `json:"lane,omitempty"` // tasks of one lane share a limit of calls under way
	Due         time.Time `json:"due"`
	LeasedUntil time.Time `json:"leased_until,omitzero"` // a process is at it until then
	Attempts    int       `json:"attempts"`
	Fault       string    `json:"fault,omitempty"` // of the last attempt, for the operator
}

// Step is the outcome of settling a task.
type Step struct {
	Done  bool
	After time.Duration // when not done: wait this long, then prepare again
}

// Task is work outside the process in three parts. Prepare reads what to do in a
// transaction (skip when nothing is left to do); Call does it with no transaction
// open; Settle stores the outcome and the row in the queue in one transaction. A crash
// between any two parts runs Prepare again, so Call must be repeat-safe.
type Task[S, P, A any] struct {
	Name  string
	Lease time.Duration // longer than Call can take; [Runner.Run] leases for less and renews
	// Look, if there is one, is asked before Prepare and only reads: what to do, when
	// that can be told and done without storing that it begins. ok is false otherwise.
	Look    func(ctx context.Context, c *Call, s S, subject string) (what P, ok bool, err error)
	Prepare func(ctx context.Context, c *Call, s S, subject string) (what P, skip bool, err error)
	Call    func(ctx context.Context, what P) A
	Settle  func(ctx context.Context, c *Call, s S, subject string, what P, answer A) (Step, error)
}

// Handler is a task with its types erased.
type Handler struct {
	name  string
	lease time.Duration
	run   func(context.Context, *Runner, errand) error
}

// Name returns the name rows in the queue carry.
func (h Handler) Name() string { return h.name }

// Handle erases the types of a task for the runner.
func Handle[S, P, A any](t Task[S, P, A]) Handler { return Handler{t.Name, t.Lease, t.run} }

func (t Task[S, P, A]) run(ctx context.Context, r *Runner, e errand) error {
	what, handed := e.what.(P)
	if !handed {
		var skip bool
		var err error
		if what, skip, err = t.prepare(ctx, r, e); err != nil || skip {
			return err
		}
	}
	answer := t.Call(ctx, what)
	return r.taskTx(ctx, e, func(ctx context.Context, c *Call, tx Tx) error {
		step, err := t.Settle(ctx, c, tx.(S), e.row.Subject, what, answer)
		if err != nil {
			return err
		}
		return r.settleRow(ctx, tx, e.row, step)
	})
}

// prepare finds out what to do, by looking when that is enough.
func (t Task[S, P, A]) prepare(ctx context.Context, r *Runner, e errand) (what P, skip bool, err error) {
	row := e.row
	if t.Look != nil {
		var ok bool
		c := r.newCall(r.SystemCall(t.Name), t.Name)
		err := r.db.Read(ctx, func(ctx context.Context, tx any) (err error) {
			what, ok, err = t.Look(ctx, c, tx.(S), row.Subject)
			return err
		})
		if err != nil || ok {
			return what, false, err
		}
	}
	err = r.taskTx(ctx, e, func(ctx context.Context, c *Call, tx Tx) (err error) {
		what, skip, err = t.Prepare(ctx, c, tx.(S), row.Subject)
		if err != nil || !skip {
			return err
		}
		return tx.DeleteTask(ctx, row.ID)
	})
	return what, skip, err
}

// taskTx runs one part of a task in a write transaction; recording is optional
// because looking changes nothing. A process that lost the row stores nothing.
func (r *Runner) taskTx(ctx context.Context, e errand, fn func(context.Context, *Call, Tx) error) error {
	c := r.newCall(r.SystemCall(e.row.Name), e.row.Name)
	c.row = e.row.ID
	err := r.transact(ctx, c, func(ctx context.Context, tx Tx) error {
		if err := e.hold.check(ctx, tx, r.clock()); err != nil {
			return err
		}
		if err := fn(ctx, c, tx); err != nil || len(c.entries) == 0 {
			return err
		}
		return r.flush(ctx, tx, c)
	})
	if err == nil {
		r.awaited.call(e.row.Subject)
	}
	return err
}

// settleRow stores in the transaction of an outcome what becomes of the row.
func (r *Runner) settleRow(ctx context.Context, tx Tx, row TaskRow, step Step) error {
	if step.Done {
		return tx.DeleteTask(ctx, row.ID)
	}
	row.Attempts, row.Fault = 0, ""
	row.Due = r.clock().UTC().Add(step.After)
	return tx.UpdateTask(ctx, row)
}

// The backoff of a task that failed for a reason of naru's own: doubling from one
// second to ten minutes, for ever. A task is never given up silently.
const (
	backoffFirst = time.Second
	backoffMost  = 10 * time.Minute
)

// postpone puts a row off whose attempt failed.
func (r *Runner) postpone(ctx context.Context, e errand, fault error) error {
	row := e.row
	ctx = context.WithoutCancel(ctx) // keep it even when stopping
	row.Attempts++
	row.Fault = fmt.Sprintf("%.500s", fault.Error())
	row.Due = r.clock().UTC().Add(min(backoffMost, backoffFirst<<min(row.Attempts-1, 10)))
	return r.db.Write(ctx, func(ctx context.Context, tx Tx) error {
		if err := e.hold.check(ctx, tx, r.clock()); err != nil {
			return err
		}
		return tx.UpdateTask(ctx, row)
	})
}

// bench is the set of handlers by name with the names the queue is asked for.
type bench struct {
	handlers map[string]Handler
	names    []string
	short    time.Duration // the lease of all, when it is renewed
}

func newBench(handlers []Handler, short time.Duration) bench {
	b := bench{handlers: make(map[string]Handler, len(handlers)), short: short}
	for _, h := range handlers {
		b.handlers[h.name] = h
		b.names = append(b.names, h.name)
	}
	return b
}

// lease is how long a process may be at a task before another takes it over.
func (b bench) lease(name string) time.Duration {
	if b.short > 0 {
		return b.short
	}
	return max(b.handlers[name].lease, time.Minute)
}

// due reads the tasks that are due, outside the lanes that are full.
func (r *Runner) due(ctx context.Context, b bench, full []string, limit int) (rows []TaskRow, err error) {
	if len(b.names) == 0 {
		return nil, nil
	}
	err = r.db.Read(ctx, func(ctx context.Context, tx any) (err error) {
		rows, err = tx.(View).DueTasks(ctx, r.clock().UTC(), DueQuery{Names: b.names, Full: full, Limit: limit})
		return err
	})
	return rows, err
}

// claim leases rows in one transaction and returns those that were still to be had.
func (r *Runner) claim(ctx context.Context, b bench, rows []TaskRow) (claimed []TaskRow, err error) {
	if len(rows) == 0 {
		return nil, nil
	}
	byLease := map[time.Duration][]string{}
	for _, row := range rows {
		lease := b.lease(row.Name)
		byLease[lease] = append(byLease[lease], row.ID)
	}
	now := r.clock().UTC()
	err = r.db.Write(ctx, func(ctx context.Context, tx Tx) error {
		claimed = nil
		for lease, ids := range byLease {
			got, err := tx.ClaimTasks(ctx, ids, now, leaseEnd(now, lease))
			if err != nil {
				return err
			}
			claimed = append(claimed, got...)
		}
		return nil
	})
	return claimed, err
}

// run runs a task of this process's and stores what became of it.
func (r *Runner) run(ctx context.Context, b bench, e errand) error {
	if e.hold.gone() {
		return nil // it stood in line without a lease, and another process is at it
	}
	fault := b.handlers[e.row.Name].run(ctx, r, e)
	if fault == nil {
		return nil
	}
	if err := r.postpone(ctx, e, fault); err != nil && !errors.Is(fault, errLost) {
		return err
	}
	return fmt.Errorf("task %s on %s: %w", e.row.Name, e.row.Subject, fault)
}
