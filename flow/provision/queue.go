package provision

import (
	"context"
	"fmt"

	"naru/base/op"
)

// makeWay sees to the row that what is under way has in the queue, when something else is
// wanted of it by now. The row of an open call stays and goes on with the wish: kept is true.
// One that waits goes, for the wish brings its own. One that a process is polling with ends
// when the answer is there, see spare.
func (w Work) makeWay(ctx context.Context, c *op.Call, s Store, task, subject string) (kept bool, err error) {
	switch {
	case w.State.Settled():
		return false, nil
	case w.CallID != "":
		return s.Hasten(ctx, task, subject, c.Now)
	}
	return false, s.Supersede(ctx, task, subject, c.Now)
}

// spare ends a row that found nothing to do when there is another one about its subject.
func spare(ctx context.Context, s Store, task, subject string, step op.Step) (op.Step, error) {
	rows, err := s.Queued(ctx, task, subject)
	step.Done = rows > 1
	return step, err
}

// sleepMost is how long an instance waits for its bindings at the longest. The end of the last
// one wakes it; this is for an end that nobody told of.
const sleepMost = retryMost

// sleep has the row of an instance wait for its bindings, unless the last one has gone since
// they were looked at.
func (i *Instance) sleep(ctx context.Context, s Store) (op.Step, error) {
	held, err := i.held(ctx, s)
	if err != nil || !held {
		return op.Step{}, err
	}
	return op.Step{After: sleepMost}, nil
}

// held reports whether bindings have to go before an instance that is to be deleted.
func (i *Instance) held(ctx context.Context, s Store) (bool, error) {
	if i.State != Deleting {
		return false, nil
	}
	bindings, err := s.Bindings(ctx, i.ID)
	return countLive(bindings) > 0, err
}

// wake makes the deletion of an instance due whose last binding has just gone.
func (i *Instance) wake(ctx context.Context, c *op.Call, s Store) error {
	if i.State != Deleting {
		return nil
	}
	held, err := i.held(ctx, s)
	if err != nil || held {
		return err
	}
	if _, err := s.Hasten(ctx, TaskInstance, string(i.ID), c.Now); err != nil {
		return fmt.Errorf("deletion of %s: %w", i.ID, err)
	}
	c.Wake()
	return nil
}
