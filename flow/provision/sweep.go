package provision

import (
	"context"
	"time"

	"naru/base/op"
)

// sweep puts what is stray back on the way to its deletion.
func sweep(ctx context.Context, c *op.Call, s Store, findings []Finding) error {
	for n := range findings {
		f := &findings[n]
		var err error
		switch {
		case f.Kind != Stray:
		case f.Binding != "":
			err = sweepBinding(ctx, c, s, f.Binding)
		default:
			err = sweepInstance(ctx, c, s, f.Instance)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func sweepInstance(ctx context.Context, c *op.Call, s Store, id InstanceID) error {
	i, err := s.Instance(ctx, id)
	if err != nil {
		return err
	}
	before := i.State
	i.Work = i.stray(c.Now)
	c.Record(i.subjects(), i.detail(before)...)
	c.EnqueueIn(string(i.Provider), TaskInstance, string(i.ID))
	return s.PutInstance(ctx, i)
}

func sweepBinding(ctx context.Context, c *op.Call, s Store, id BindingID) error {
	b, err := s.Binding(ctx, id)
	if err != nil {
		return err
	}
	i, err := s.Instance(ctx, b.Instance)
	if err != nil {
		return err
	}
	before := b.State
	b.Work = b.stray(c.Now)
	c.Record(b.subjects(i), b.detail(before)...)
	c.EnqueueIn(string(i.Provider), TaskBinding, string(b.ID))
	return s.PutBinding(ctx, b)
}

// stray sends what was thought gone, and is still held, to its deletion again.
func (w Work) stray(now time.Time) Work {
	fault := w.Fault
	next := w.enter(Deleting, now)
	if w.State == Failed {
		next = w.enter(Orphan, now)
	}
	next.Fault, next.NextAt = fault, now
	return next
}
