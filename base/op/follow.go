package op

import (
	"context"
	"fmt"
	"slices"

	"naru/base/record"
)

// followBatch is how many entries a follower reads per transaction.
const followBatch = 256

// Follower reacts to entries of some operations, each exactly once, in order.
type Follower struct {
	name string
	ops  []string
	run  func(context.Context, *Call, any, record.Entry) error
}

// Follow makes a follower: for every done entry of the given operations, run is
// called in a write transaction that also moves the follower's cursor. An effect must
// be recorded through the call as in any write.
func Follow[S any](name string, ops []string, run func(context.Context, *Call, S, record.Entry) error) Follower {
	return Follower{name, ops, func(ctx context.Context, c *Call, tx any, e record.Entry) error {
		s, ok := tx.(S)
		if !ok {
			return fmt.Errorf("follower %s: transaction lacks its store", name)
		}
		return run(ctx, c, s, e)
	}}
}

// Name returns the follower's name, which is also that of its cursor.
func (f Follower) Name() string { return f.name }

// Ops returns the operations whose entries it follows.
func (f Follower) Ops() []string { return f.ops }

// step handles one batch of entries; more is true when there may be others. It looks
// in a read transaction first, so that an idle follower writes nothing.
func (r *Runner) step(ctx context.Context, f Follower) (more bool, err error) {
	var wanted bool
	err = r.db.Read(ctx, func(ctx context.Context, tx any) error {
		entries, err := f.next(ctx, tx.(View))
		more = len(entries) == followBatch
		wanted = more || slices.ContainsFunc(entries, f.wants)
		return err
	})
	if err != nil || !wanted {
		return false, err
	}
	c := &Call{Call: r.SystemCall(f.name), op: f.name}
	err = r.db.Write(ctx, func(ctx context.Context, tx Tx) error {
		c.entries, c.tasks = nil, nil
		entries, err := f.next(ctx, tx)
		if err != nil || len(entries) == 0 {
			return err
		}
		return r.followEach(ctx, f, c, tx, entries)
	})
	return more, err
}

// next reads the entries behind the follower's cursor.
func (f Follower) next(ctx context.Context, v View) ([]record.Entry, error) {
	from, err := v.Cursor(ctx, f.name)
	if err != nil {
		return nil, err
	}
	return v.EntriesFrom(ctx, from, followBatch)
}

func (f Follower) wants(e record.Entry) bool {
	return e.Outcome == record.Done && slices.Contains(f.ops, e.Op)
}

func (r *Runner) followEach(ctx context.Context, f Follower, c *Call, tx Tx, entries []record.Entry) error {
	for _, e := range entries {
		if !f.wants(e) {
			continue
		}
		if err := f.run(ctx, c, tx, e); err != nil {
			return fmt.Errorf("follower %s at entry %d: %w", f.name, e.Index, err)
		}
	}
	if len(c.entries) > 0 {
		if err := r.flush(ctx, tx, c); err != nil {
			return err
		}
	}
	return tx.SetCursor(ctx, f.name, entries[len(entries)-1].Index+1)
}
