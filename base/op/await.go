package op

import (
	"context"
	"slices"
	"sync"
	"time"
)

// lookAgain is how soon something another process settled is seen by who awaits it.
const lookAgain = 500 * time.Millisecond

// awaited holds those that wait for a subject to change.
type awaited struct {
	mu sync.Mutex
	by map[string][]chan struct{}
}

// enter begins to listen for a subject.
func (a *awaited) enter(subject string) chan struct{} {
	ch := make(chan struct{}, 1)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.by == nil {
		a.by = map[string][]chan struct{}{}
	}
	a.by[subject] = append(a.by[subject], ch)
	return ch
}

func (a *awaited) leave(subject string, ch chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	rest := slices.DeleteFunc(a.by[subject], func(c chan struct{}) bool { return c == ch })
	if a.by[subject] = rest; len(rest) == 0 {
		delete(a.by, subject)
	}
}

// call wakes who waits for a subject.
func (a *awaited) call(subject string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, ch := range a.by[subject] {
		wake(ch)
	}
}

// Await looks at a subject now, after every commit of this process that recorded
// something about it or settled its task, and twice a second because another process
// may have, until look says yes, look fails, or ctx ends, which is false without an error.
func (r *Runner) Await(ctx context.Context, subject string, look func(context.Context) (bool, error)) (bool, error) {
	changed := r.awaited.enter(subject)
	defer r.awaited.leave(subject, changed)
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		ok, err := look(ctx)
		if ok || (err != nil && ctx.Err() == nil) {
			return ok, err
		}
		select {
		case <-ctx.Done():
			return false, nil
		case <-changed:
		case <-tick.C:
		}
	}
}
