package store

import "context"

// storing is a group on its way to the engine. Until it is done, the connection and the
// edge of the record belong to it.
type storing struct {
	*group
	done  chan struct{} // closed before those are answered that were stored together
	clean bool          // it was stored as a whole
	mark  int64         // the version of the database after it
}

// hand begins to store a group. It is nil when nothing is under way afterwards.
func (w *writer) hand(g *group) *storing {
	ctx := context.Background()
	_ = g.open(ctx) // the group keeps the error
	if g.stale {
		g = w.again(ctx, g)
	}
	switch {
	case g.failed != nil:
		g.answer(g.failed)
	case g.broken:
		g.rollback(ctx)
		g.apart(ctx, nil)
	default:
		s := &storing{group: g, done: make(chan struct{})}
		w.under.Go(func() { s.store(ctx) })
		return s
	}
	return nil
}

// again runs the jobs of a group once more, on what is stored.
func (w *writer) again(ctx context.Context, g *group) *group {
	next := w.group(nil)
	_ = next.open(ctx) // the group keeps the error
	for _, j := range g.jobs {
		next.add(j)
	}
	return next
}

// store writes a group and answers its jobs.
func (s *storing) store(ctx context.Context) {
	mark, err := s.end(ctx)
	if err == nil {
		s.mark, s.clean = mark, true
		close(s.done)
		s.answer(nil)
		return
	}
	defer close(s.done)
	s.undo(ctx)
	if !s.w.connected(ctx) { // they may be stored: run again they would be stored twice
		s.answer(err)
		return
	}
	s.apart(ctx, err)
}

// undo is rollback after an attempt to store.
func (g *group) undo(ctx context.Context) {
	g.rollback(ctx)
	g.w.record.loaded = false // whether the engine committed may be unknown
}

// apart runs the jobs of a group that cannot be stored together each in a transaction of
// its own, so that an error reaches only whom it belongs to.
func (g *group) apart(ctx context.Context, err error) {
	if len(g.jobs) == 1 {
		g.answer(err)
		return
	}
	for _, j := range g.jobs {
		j.done <- g.w.alone(ctx, j)
	}
}

// alone stores one job.
func (w *writer) alone(ctx context.Context, j job) error {
	g := w.group(nil)
	_ = g.open(ctx) // the group keeps the error
	g.add(j)
	switch {
	case g.failed != nil:
		return g.failed
	case g.broken:
		g.rollback(ctx)
		return g.answers[0]
	}
	if _, err := g.end(ctx); err != nil {
		g.undo(ctx)
		if g.answers[0] == nil {
			return err
		}
	}
	return g.answers[0]
}
