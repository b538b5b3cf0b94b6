package provision

import (
	"context"
	"fmt"

	"naru/base/op"
)

// dispatchBinding is dispatchInstance for a binding.
func dispatchBinding(ctx context.Context, c *op.Call, s Store, i Instance, b *Binding) error {
	lane := string(i.Provider)
	free := b.due(c.Now) && c.Seat(TaskBinding, lane)
	if free {
		b.Work = b.Begin(c.NewID("call"), c.Now)
	}
	if err := s.PutBinding(ctx, *b); err != nil {
		return err
	}
	r, err := b.request(ctx, s, i)
	if err != nil {
		return err
	}
	if !free {
		c.EnqueueIn(lane, TaskBinding, string(b.ID))
		return r.intend(ctx, c, s)
	}
	c.EnqueueNow(lane, TaskBinding, string(b.ID), r)
	return r.send(ctx, c, s)
}

// lookBinding is lookInstance for a binding.
func lookBinding(ctx context.Context, c *op.Call, s Store, subject string) (Request, bool, error) {
	b, err := s.Binding(ctx, BindingID(subject))
	if err != nil || !b.polls(c.Now) {
		return Request{}, false, err
	}
	i, err := s.Instance(ctx, b.Instance)
	if err != nil {
		return Request{}, false, err
	}
	r, err := b.request(ctx, s, i)
	r.Call = c.ID
	return r, err == nil, err
}

// request is the call that is due for the binding.
func (b *Binding) request(ctx context.Context, s Store, i Instance) (Request, error) {
	r, err := request(ctx, s, i, b.Work)
	r.Binding, r.Params, r.Resource, r.Predecessor, r.Wanted, r.Sync = b.ID, b.Params, b.Resource, b.Predecessor, nil, false
	return r, err
}

// prepareBinding is prepareInstance for a binding.
func prepareBinding(ctx context.Context, c *op.Call, s Store, subject string) (Request, bool, error) {
	b, err := s.Binding(ctx, BindingID(subject))
	if err != nil || b.State.Settled() {
		return Request{}, true, err
	}
	if busy, err := b.busy(ctx, c, s, TaskBinding, subject); err != nil || busy || b.early(c.Now) {
		return Request{Step: Wait, Instance: b.Instance, Binding: b.ID}, false, err
	}
	i, err := s.Instance(ctx, b.Instance)
	if err != nil {
		return Request{}, false, err
	}
	was := b.Work
	b.Work = b.Begin(c.ID, c.Now)
	if b.State != was.State {
		c.Record(b.subjects(i), b.detail(was.State)...)
	}
	if err := s.PutBinding(ctx, b); err != nil {
		return Request{}, false, err
	}
	r, err := b.request(ctx, s, i)
	if err != nil {
		return r, false, err
	}
	return r, false, r.open(ctx, c, s, was)
}

// settleBinding stores what the answer made of the binding, its credentials sealed.
func settleBinding(ctx context.Context, c *op.Call, s Store, r Request, a Answer) (op.Step, error) {
	b, err := s.Binding(ctx, r.Binding)
	if err != nil {
		return op.Step{}, err
	}
	i, err := s.Instance(ctx, b.Instance)
	if err != nil {
		return op.Step{}, err
	}
	was, before := b.Work, b.State
	step, stale := resume(&b.Work, r, c.Now)
	if stale && !r.Step.changes() && b.unchanged(was) {
		return spare(ctx, s, TaskBinding, string(b.ID), step)
	}
	if !stale {
		b.Limit = r.Limit
		a = checkContent(r, a)
		b.Work, step.After = b.SettleBinding(a, c.Now)
		step.Done = b.State.Settled()
	}
	if err := r.close(ctx, c, s, a, passage{was, b.Work}); err != nil {
		return step, err
	}
	if b.unchanged(was) {
		return step, nil
	}
	b.ReadyAt, b.DeletedAt = stamp(before, b.Work, c.Now, b.ReadyAt, b.DeletedAt)
	if b.State != before {
		c.Record(b.subjects(i), b.detail(before)...)
		if err := closeMoot(ctx, c, s, subject{i, &b}, was); err != nil {
			return step, err
		}
	}
	if b.State == Ready && before != Ready {
		b.ExpiresAt, b.RenewBefore = lifeOf(a.Content)
		if err := s.PutCredentials(ctx, b.ID, a.Content); err != nil {
			return step, fmt.Errorf("credentials of %s: %w", b.ID, err)
		}
	}
	if err := s.PutBinding(ctx, b); err != nil || b.State.Live() {
		return step, err
	}
	return step, i.wake(ctx, c, s)
}
