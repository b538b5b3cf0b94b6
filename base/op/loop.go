package op

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Work is what runs beside the doors: followers of the record and handlers of tasks.
type Work struct {
	Followers []Follower
	Handlers  []Handler
	Tasks     int                           // calls under way at once; 0 means 256
	Lane      int                           // calls under way at once in one lane; 0 means 16
	Report    func(where string, err error) // one place to log a fault; never nil
}

// idle is how long the loop sleeps when nothing wakes it: the latest a task that
// became due, or an entry of another process, waits.
const idle = 250 * time.Millisecond

// pace is the pause of the followers after they caught up. Under load they read many
// entries at once instead of one after every commit.
const pace = 50 * time.Millisecond

// claimPace is the pause of the queue after it was looked through: calls that end do not
// each look for the next.
const claimPace = 10 * time.Millisecond

// Run follows the record and works off tasks until ctx ends, then waits for what is
// under way. A fault is reported and tried again; it never ends the loop. One Run at a
// time takes what operations hand over (see [Call.EnqueueNow]).
func (r *Runner) Run(ctx context.Context, w Work) {
	c := newCrew(ctx, r, w)
	r.crew.Store(c)
	var wg sync.WaitGroup
	wg.Go(func() {
		f := newFollowing(w.Followers)
		turn{"follow", r.followWake, pace, w.Report}.loop(ctx, func() (bool, error) { return r.followAll(ctx, f) })
	})
	wg.Go(func() { turn{"task", r.taskWake, claimPace, w.Report}.loop(ctx, c.claim) })
	end := c.renewing(context.WithoutCancel(ctx))
	wg.Wait()
	r.crew.CompareAndSwap(c, nil)
	c.end()
	end()
}

// turn says when a loop works again: after a signal or the idle time, and not sooner
// than the pause.
type turn struct {
	where  string
	wake   <-chan struct{}
	pause  time.Duration
	report func(where string, err error)
}

// loop repeats a piece of work, at once while there is more.
func (t turn) loop(ctx context.Context, work func() (bool, error)) {
	for ctx.Err() == nil {
		more, err := work()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.report(t.where, err)
		}
		if more && err == nil {
			continue
		}
		if t.pause > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(t.pause):
			}
		}
		select {
		case <-ctx.Done():
		case <-t.wake:
		case <-time.After(idle):
		}
	}
}

// wake sends a signal that need not be received.
func wake(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// Drain follows the record and runs due tasks until nothing is left, at most limit
// rounds. Tests and the command line use it in place of Run.
func (r *Runner) Drain(ctx context.Context, w Work, limit int) error {
	b, f := newBench(w.Handlers, 0), newFollowing(w.Followers)
	for range limit {
		more, err := r.followAll(ctx, f)
		if err != nil {
			return err
		}
		rows, err := r.due(ctx, b, nil, 1)
		if err != nil {
			return err
		}
		if rows, err = r.claim(ctx, b, rows); err != nil {
			return err
		}
		for _, row := range rows {
			if err := r.run(ctx, b, errand{row: row, hold: b.hold(row)}); err != nil {
				return err
			}
		}
		if !more && len(rows) == 0 {
			return nil
		}
	}
	return nil
}
