package op

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"
)

// Work is what runs beside the doors: followers of the record and handlers of tasks.
type Work struct {
	Followers []Follower
	Handlers  []Handler
	Tasks     int                           // how many tasks may be under way at once; 0 means 8
	Report    func(where string, err error) // one place to log a fault; never nil
}

// idle is how long the loop sleeps when nothing wakes it: the latest a task that
// became due, or an entry of another process, waits.
const idle = 250 * time.Millisecond

// Run follows the record and works off tasks until ctx ends, then waits for what is
// under way. A fault is reported and tried again; it never ends the loop.
func (r *Runner) Run(ctx context.Context, w Work) {
	var wg sync.WaitGroup
	wg.Go(func() {
		r.loop(ctx, w, "follow", r.followWake, func() (bool, error) { return r.followAll(ctx, w.Followers) })
	})
	b, slots := newBench(w.Handlers), make(chan struct{}, cmp.Or(w.Tasks, 8))
	wg.Go(func() {
		r.loop(ctx, w, "task", r.taskWake, func() (bool, error) {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return false, nil
			}
			row, ok, err := r.claim(ctx, b)
			if err != nil || !ok {
				<-slots
				return false, err
			}
			wg.Go(func() {
				defer func() { <-slots }()
				if err := r.work(ctx, b, row); err != nil {
					w.Report("task", err)
				}
			})
			return true, nil
		})
	})
	wg.Wait()
}

// loop repeats a piece of work: at once while there is more, else after a signal or
// the idle time.
func (r *Runner) loop(ctx context.Context, w Work, where string, wake <-chan struct{}, work func() (bool, error)) {
	for ctx.Err() == nil {
		more, err := work()
		if err != nil && !errors.Is(err, context.Canceled) {
			w.Report(where, err)
		}
		if more && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-wake:
		case <-time.After(idle):
		}
	}
}

// Drain follows the record and runs due tasks until nothing is left, at most limit
// rounds. Tests and the command line use it in place of Run.
func (r *Runner) Drain(ctx context.Context, w Work, limit int) error {
	b := newBench(w.Handlers)
	for range limit {
		more, err := r.followAll(ctx, w.Followers)
		if err != nil {
			return err
		}
		row, ok, err := r.claim(ctx, b)
		if err != nil {
			return err
		}
		if ok {
			if err := r.work(ctx, b, row); err != nil {
				return err
			}
		}
		if !more && !ok {
			return nil
		}
	}
	return nil
}

// followAll gives every follower one batch. A follower that fails holds up only
// itself.
func (r *Runner) followAll(ctx context.Context, followers []Follower) (more bool, err error) {
	for _, f := range followers {
		again, ferr := r.step(ctx, f)
		more = more || again
		err = errors.Join(err, ferr)
	}
	return more, err
}
