package op

import (
	"context"
	"fmt"
	"time"
)

// NewTask is a wish to run a task on a subject at a time.
type NewTask struct {
	Name, Subject string
	Due           time.Time
}

// TaskRow is a task in the queue.
type TaskRow struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Subject  string    `json:"subject"`
	Due      time.Time `json:"due"`
	Attempts int       `json:"attempts"`
	Fault    string    `json:"fault,omitempty"` // of the last attempt, for the operator
}

// Step is the outcome of settling a task.
type Step struct {
	Done  bool
	After time.Duration // when not done: wait this long, then prepare again
}

// Task is work outside the process in three parts. Prepare reads what to do in a
// transaction (skip when nothing is left to do); Call does it with no transaction
// open; Settle stores the outcome in a transaction. A crash between any two parts
// runs Prepare again, so Call must be repeat-safe.
type Task[S, P, A any] struct {
	Name    string
	Lease   time.Duration // longer than Call can take
	Prepare func(ctx context.Context, c *Call, s S, subject string) (what P, skip bool, err error)
	Call    func(ctx context.Context, what P) A
	Settle  func(ctx context.Context, c *Call, s S, subject string, what P, answer A) (Step, error)
}

// Handler is a task with its types erased.
type Handler struct {
	name  string
	lease time.Duration
	run   func(context.Context, *Runner, TaskRow) (Step, error)
}

// Name returns the name rows in the queue carry.
func (h Handler) Name() string { return h.name }

// Handle erases the types of a task for the runner.
func Handle[S, P, A any](t Task[S, P, A]) Handler {
	return Handler{t.Name, t.Lease, func(ctx context.Context, r *Runner, row TaskRow) (Step, error) {
		var (
			what P
			skip bool
			step Step
		)
		err := r.taskTx(ctx, t.Name, func(ctx context.Context, c *Call, tx any) (err error) {
			what, skip, err = t.Prepare(ctx, c, tx.(S), row.Subject)
			return err
		})
		if err != nil || skip {
			return Step{Done: skip}, err
		}
		answer := t.Call(ctx, what)
		err = r.taskTx(ctx, t.Name, func(ctx context.Context, c *Call, tx any) (err error) {
			step, err = t.Settle(ctx, c, tx.(S), row.Subject, what, answer)
			return err
		})
		return step, err
	}}
}

// taskTx runs one part of a task in a write transaction; recording is optional
// because looking changes nothing.
func (r *Runner) taskTx(ctx context.Context, name string, fn func(context.Context, *Call, any) error) error {
	c := &Call{Call: r.SystemCall(name), op: name}
	err := r.db.Write(ctx, func(ctx context.Context, tx Tx) error {
		c.entries, c.tasks = nil, nil
		if err := fn(ctx, c, tx); err != nil {
			return err
		}
		if len(c.entries) == 0 {
			return nil
		}
		return r.flush(ctx, tx, c)
	})
	if err == nil {
		r.signal()
	}
	return err
}

// The backoff of a task that failed for a reason of naru's own: doubling from one
// second to ten minutes, for ever. A task is never given up silently.
const (
	backoffFirst = time.Second
	backoffMost  = 10 * time.Minute
)

// bench is the set of handlers by name with the names the queue is asked for.
type bench struct {
	handlers map[string]Handler
	names    []string
	lease    time.Duration
}

func newBench(handlers []Handler) bench {
	b := bench{handlers: make(map[string]Handler, len(handlers)), lease: time.Minute}
	for _, h := range handlers {
		b.handlers[h.name] = h
		b.names = append(b.names, h.name)
		b.lease = max(b.lease, h.lease)
	}
	return b
}

// claim leases the next due task; ok is false when none is due. It looks in a read
// transaction first, so that an idle queue writes nothing.
func (r *Runner) claim(ctx context.Context, b bench) (row TaskRow, ok bool, err error) {
	if len(b.names) == 0 {
		return row, false, nil
	}
	now := r.clock().UTC()
	err = r.db.Read(ctx, func(ctx context.Context, tx any) (err error) {
		ok, err = tx.(View).TaskDue(ctx, now, b.names)
		return err
	})
	if err != nil || !ok {
		return row, false, err
	}
	err = r.db.Write(ctx, func(ctx context.Context, tx Tx) (err error) {
		row, ok, err = tx.ClaimTask(ctx, now, now.Add(b.lease), b.names)
		return err
	})
	return row, ok, err
}

// work runs a claimed task and stores what became of it.
func (r *Runner) work(ctx context.Context, b bench, row TaskRow) error {
	step, fault := b.handlers[row.Name].run(ctx, r, row)
	if err := r.settleRow(ctx, row, step, fault); err != nil {
		return err
	}
	if fault != nil {
		return fmt.Errorf("task %s on %s: %w", row.Name, row.Subject, fault)
	}
	return nil
}

func (r *Runner) settleRow(ctx context.Context, row TaskRow, step Step, fault error) error {
	ctx = context.WithoutCancel(ctx) // the outcome is known: keep it even when stopping
	return r.db.Write(ctx, func(ctx context.Context, tx Tx) error {
		if step.Done && fault == nil {
			return tx.DeleteTask(ctx, row.ID)
		}
		wait := step.After
		row.Attempts++
		row.Fault = ""
		if fault != nil {
			row.Fault = fmt.Sprintf("%.500s", fault.Error())
			wait = min(backoffMost, backoffFirst<<min(row.Attempts-1, 10))
		}
		row.Due = r.clock().UTC().Add(wait)
		return tx.UpdateTask(ctx, row)
	})
}
