package op_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"naru/base/op"
	"naru/internal/testdb"
	"naru/store"
)

// started runs a crew, and returns how to ask it to stop and when it has.
func started(t *testing.T, r *op.Runner, w op.Work) (stop func(), stopped chan struct{}) {
	t.Helper()
	w.Report = func(where string, err error) {
		if !errors.Is(err, context.Canceled) { // of a call that was under way
			t.Error(where, err)
		}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	stopped = make(chan struct{})
	go func() {
		defer close(stopped)
		r.Run(ctx, w)
	}()
	for seat := false; !seat; { // until Run has begun
		var err error
		if seat, err = op.Do(t.Context(), r, r.CallFor(officer), probe, 0); err != nil {
			t.Fatal(err)
		}
	}
	return cancel, stopped
}

// free waits until no process holds the only row about a subject; the limit only ends a test that
// has failed.
func free(t *testing.T, r *op.Runner, db *store.DB, subject string) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	ok, err := r.Await(ctx, subject, func(context.Context) (bool, error) {
		for _, row := range tasksLeft(t, db) {
			if row.Subject == subject {
				return row.LeasedUntil.IsZero(), nil
			}
		}
		return false, nil
	})
	if err != nil || !ok {
		t.Fatalf("%s is held still: %+v, %v", subject, tasksLeft(t, db), err)
	}
}

func TestAProcessThatStopsLetsGoOfWhatItHasNotBegun(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r, _ := steppedRunner(db)
		begun, let := make(chan struct{}, 9), make(chan struct{})
		e := &errands{call: func(context.Context, int64) { // whatever becomes of its process
			begun <- struct{}{}
			<-let
		}}
		stop, stopped := started(t, r, op.Work{Handlers: []op.Handler{e.handler()}, Lane: 1})
		for n := range int64(2) {
			if handed, err := op.Do(t.Context(), r, r.CallFor(officer), hand, n+1); err != nil || !handed {
				t.Fatalf("handed over: %v, %v", handed, err)
			}
		}
		<-begun
		stop()
		free(t, r, db, "cell2")
		taker := &errands{}
		other := op.NewRunner(db, func() time.Time { return r.CallFor(officer).Now }, r.CallFor(officer).IDs)
		if err := other.Drain(t.Context(), op.Work{Handlers: []op.Handler{taker.handler()}}, 5); err != nil || taker.called.Load() != 1 {
			t.Errorf("another process made %d calls, %v; want the one that was not begun", taker.called.Load(), err)
		}
		close(let)
		<-stopped
		if got := read(t, db, "cell2"); got != 99 || e.called.Load() != 1 {
			t.Errorf("cell = %d, the process that stops called %d times", got, e.called.Load())
		}
		if left := tasksLeft(t, db); len(left) != 1 || left[0].Subject != "cell1" {
			t.Errorf("left in the queue: %+v", left)
		}
	})
}

func TestWhatIsHandedToAProcessThatHasStoppedIsFreeAtOnce(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r, _ := steppedRunner(db)
		e := &errands{}
		stop, stopped := started(t, r, op.Work{Handlers: []op.Handler{e.handler()}})
		late := op.Write("test.late", "inventory.edit", doc, func(_ context.Context, c *op.Call, _ cell, _ int64) (bool, error) {
			c.Record([]string{"cell1"})
			seat := c.Seat("test.errand", "lane")
			stop()
			<-stopped
			c.EnqueueNow("lane", "test.errand", "cell1", int64(1))
			return seat, nil
		})
		if seat, err := op.Do(t.Context(), r, r.CallFor(officer), late, 0); err != nil || !seat {
			t.Fatalf("a seat: %v, %v", seat, err)
		}
		if left := tasksLeft(t, db); len(left) != 1 || !left[0].LeasedUntil.IsZero() || e.called.Load() != 0 {
			t.Errorf("in the queue: %+v, called %d times", left, e.called.Load())
		}
	})
}
