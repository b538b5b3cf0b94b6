package op

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"naru/base/record"
)

// followBatch is how many entries followers read per transaction.
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

func (f Follower) wants(e record.Entry) bool {
	return e.Outcome == record.Done && slices.Contains(f.ops, e.Op)
}

// following is one process's followers with how far each has looked. What a follower
// looked at and did not want need not be looked at again, though its stored cursor,
// which alone counts for its effects, stays behind.
type following struct {
	followers []Follower
	looked    []int64
	failed    []bool // the last time; such a one reads for itself, so that it holds up nobody
	loaded    bool
}

func newFollowing(followers []Follower) *following {
	return &following{followers: followers, looked: make([]int64, len(followers)), failed: make([]bool, len(followers))}
}

// load reads the cursors once.
func (f *following) load(ctx context.Context, v View) error {
	if f.loaded {
		return nil
	}
	for i, one := range f.followers {
		from, err := v.Cursor(ctx, one.name)
		if err != nil {
			return err
		}
		f.looked[i] = from
	}
	f.loaded = true
	return nil
}

// from is where the shared reading begins: the least of those that did not fail.
func (f *following) from() (from int64, any bool) {
	for i := range f.followers {
		if !f.failed[i] && (!any || f.looked[i] < from) {
			from, any = f.looked[i], true
		}
	}
	return from, any
}

// followAll shows new entries to every follower, which are read once for all. It looks
// in a read transaction, so that idle followers write nothing. A follower that fails
// holds up only itself.
func (r *Runner) followAll(ctx context.Context, f *following) (more bool, err error) {
	if len(f.followers) == 0 {
		return false, nil
	}
	var entries []record.Entry
	var from int64
	err = r.db.Read(ctx, func(ctx context.Context, tx any) error {
		if err := f.load(ctx, tx.(View)); err != nil {
			return err
		}
		var any bool
		if from, any = f.from(); !any {
			return nil
		}
		var err error
		entries, err = tx.(View).EntriesFrom(ctx, from, followBatch)
		return err
	})
	if err != nil {
		return false, err
	}
	more = len(entries) == followBatch
	for i := range f.followers {
		ferr := r.show(ctx, f, i, entries, from+int64(len(entries)))
		more = more || (f.failed[i] && ferr == nil) // it may be far behind
		f.failed[i] = ferr != nil
		err = errors.Join(err, ferr)
	}
	return more, err
}

// show lets a follower work when one of the entries before next is for it, or when it
// failed and its turn came again.
func (r *Runner) show(ctx context.Context, f *following, i int, entries []record.Entry, next int64) error {
	one, looked := f.followers[i], &f.looked[i]
	news := func(e record.Entry) bool { return e.Index >= *looked && one.wants(e) }
	if !f.failed[i] && !slices.ContainsFunc(entries, news) {
		*looked = max(*looked, next)
		return nil
	}
	reached, err := r.step(ctx, one, *looked)
	if err == nil {
		*looked = max(*looked, reached)
	}
	return err
}

// step handles one batch of entries behind the cursor, or behind what was looked at if
// that is further, and returns how far it came.
func (r *Runner) step(ctx context.Context, f Follower, looked int64) (reached int64, err error) {
	c := r.newCall(r.SystemCall(f.name), f.name)
	err = r.transact(ctx, c, func(ctx context.Context, tx Tx) error {
		cursor, err := tx.Cursor(ctx, f.name)
		if err != nil {
			return err
		}
		reached = max(cursor, looked)
		entries, err := tx.EntriesFrom(ctx, reached, followBatch)
		if err != nil || len(entries) == 0 {
			return err
		}
		reached = entries[len(entries)-1].Index + 1
		return r.followEach(ctx, f, c, tx, entries)
	})
	return reached, err
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
