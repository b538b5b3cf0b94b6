package kit

import (
	"context"
	"errors"
	"fmt"

	"naru/wire/osb"
)

// job is a background operation that runs.
type job struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// start runs the operation the record asks for in the background. The record is on disk already.
func (b *Broker) start(r record) {
	b.launch(r.ID, func(ctx context.Context) {
		err := b.perform(ctx, r)
		if ctx.Err() != nil {
			return
		}
		if err := b.finish(r, err); err != nil {
			b.log.Error("operation not recorded", "instance", r.ID, "operation", r.Operation.Kind, "error", err)
		}
	})
}

// launch runs work in the background under a key. Work that still runs under it is stopped first: a
// deletion overtakes a creation.
func (b *Broker) launch(key string, work func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	j := &job{cancel: cancel, done: make(chan struct{})}
	b.jobsMu.Lock()
	defer b.jobsMu.Unlock()
	if b.halted { // the intent is on disk: the next start resumes it
		cancel()
		return
	}
	previous := b.jobs[key]
	b.jobs[key] = j
	b.running.Go(func() {
		defer close(j.done)
		defer cancel()
		if previous != nil {
			previous.cancel()
			<-previous.done
		}
		work(ctx)
		b.forget(key, j)
	})
}

// halt stops all background operations and waits for them; the next start resumes them.
func (b *Broker) halt() {
	b.jobsMu.Lock()
	b.halted = true
	for _, j := range b.jobs {
		j.cancel()
	}
	b.jobsMu.Unlock()
	b.running.Wait()
}

func (b *Broker) forget(id string, j *job) {
	b.jobsMu.Lock()
	defer b.jobsMu.Unlock()
	if b.jobs[id] == j {
		delete(b.jobs, id)
	}
}

// perform does the work of the record's operation on the engine; it changes no record.
func (b *Broker) perform(ctx context.Context, r record) error {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	switch r.Phase {
	case creating:
		if err := b.ledger.Open(r.ID); err != nil {
			return err
		}
		return b.create(ctx, r)
	case updating:
		return b.resize(ctx, r)
	case deleting:
		if err := b.lastSample(ctx, r); err != nil {
			return err
		}
		if err := b.engine.Destroy(ctx, b.instance(r)); err != nil {
			return err
		}
		return b.ledger.Close(r.ID)
	}
	return fmt.Errorf("instance %q: nothing to do in phase %s", r.ID, r.Phase)
}

// resize gives the instance its new limits. What was used until now becomes lines of its own first, so
// that no line lies under two plans.
func (b *Broker) resize(ctx context.Context, r record) error {
	if err := b.engine.Sample(ctx, b.instance(r)); err != nil {
		b.log.Warn("usage not measured before the change", "instance", r.ID, "error", err)
	}
	if err := b.ledger.Cut(r.ID); err != nil {
		return err
	}
	target := r
	target.PlanID = r.Operation.PlanID
	return b.engine.Resize(ctx, b.instance(target))
}

// lastSample measures an instance before it is removed and puts that on disk, so that a kill in the middle of
// the removal loses nothing. An instance that cannot be measured (half removed, never made) must still be
// removable: Destroy counts the rest, and fails when it cannot.
func (b *Broker) lastSample(ctx context.Context, r record) error {
	if err := b.engine.Sample(ctx, b.instance(r)); err != nil {
		b.log.Warn("usage not measured before the deletion", "instance", r.ID, "error", err)
	}
	return b.ledger.Settle(r.ID)
}

// create makes the instance, or leaves nothing behind.
func (b *Broker) create(ctx context.Context, r record) error {
	err := b.engine.Create(ctx, b.instance(r))
	if err == nil {
		return nil
	}
	undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), stepTimeout)
	defer cancel()
	if left := errors.Join(b.engine.Destroy(undo, b.instance(r)), b.ledger.Close(r.ID)); left != nil {
		return leftover{errors.Join(err, left)}
	}
	return err
}

// leftover is a failed creation that could not be undone: the record must stay.
type leftover struct{ error }

func (l leftover) Unwrap() error { return l.error }

// finish records how an operation ended; it does nothing when another has overtaken it.
func (b *Broker) finish(r record, cause error) error {
	unlock, err := b.locks.lock(context.Background(), r.ID)
	if err != nil {
		return err
	}
	defer unlock()
	held, ok := b.states.get(r.ID)
	if !ok || held.Operation.ID != r.Operation.ID {
		return nil
	}
	return b.states.put(b.ended(held, cause))
}

// ended is the record after its operation.
func (b *Broker) ended(r record, cause error) record {
	r.Operation.EndedAt = b.now().UTC()
	r.Operation.State = osb.Succeeded
	if cause != nil {
		r.Operation.State = osb.Failed
		r.Operation.Description = b.explain(r, cause)
	}
	switch {
	case r.Phase == updating:
		if cause == nil {
			r.PlanID = r.Operation.PlanID
			r.Maintained = b.catalogue.maintenance
			if r.Operation.Parameters != nil {
				r.Parameters = r.Operation.Parameters
			}
		}
		r.Phase = ready
	case cause != nil:
		r.Phase = failed
	case r.Phase == creating:
		r.Phase = ready
	case r.Phase == deleting:
		r.Phase = deleted
		r.Bindings = nil
	}
	return r
}

// explain gives a platform the words of a refusal, and of anything else only that it went wrong.
func (b *Broker) explain(r record, cause error) string {
	var refusal *osb.Error
	if errors.As(cause, &refusal) {
		return refusal.Description
	}
	b.log.Error("operation failed", "instance", r.ID, "operation", r.Operation.Kind, "error", cause)
	return fmt.Sprintf("%s failed at the broker; it may be tried again", r.Operation.Kind)
}
