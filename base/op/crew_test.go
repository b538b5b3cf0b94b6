package op_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"naru/base/op"
	"naru/internal/testdb"
	"naru/store"
)

// hand begins a call in the operation when it gets a seat, else leaves it to the queue.
var hand = op.Write("test.hand", "inventory.edit", doc, func(_ context.Context, c *op.Call, _ cell, n int64) (bool, error) {
	subject := fmt.Sprint("cell", n)
	c.Record([]string{subject})
	if !c.Seat("test.errand", "lane") {
		c.EnqueueIn("lane", "test.errand", subject)
		return false, nil
	}
	c.EnqueueNow("lane", "test.errand", subject, n)
	return true, nil
})

// probe tells whether there is a seat, and gives it back.
var probe = op.Write("test.probe", "inventory.edit", doc, func(_ context.Context, c *op.Call, _ cell, _ int64) (bool, error) {
	c.Record([]string{"probe"})
	return c.Seat("test.errand", "lane"), nil
})

// lined enqueues a number of tasks in a lane.
type lined struct {
	lane string
	n    int
}

var line = op.Write("test.line", "inventory.edit", doc, func(_ context.Context, c *op.Call, _ cell, in lined) (int, error) {
	c.Record([]string{in.lane})
	for i := range in.n {
		c.EnqueueIn(in.lane, "test.errand", fmt.Sprint(in.lane, i))
	}
	return 0, nil
})

// errands is a task that counts its parts.
type errands struct {
	prepared, called atomic.Int64
	call             func(ctx context.Context, subject int64)
	after            time.Duration // 0 = done
}

func (e *errands) handler() op.Handler {
	return op.Handle(op.Task[cell, int64, int64]{
		Name: "test.errand", Lease: time.Minute,
		Prepare: func(ctx context.Context, _ *op.Call, s cell, subject string) (int64, bool, error) {
			e.prepared.Add(1)
			v, err := s.Cursor(ctx, subject)
			return -1, v > 0, err
		},
		Call: func(ctx context.Context, what int64) int64 {
			e.called.Add(1)
			if e.call != nil {
				e.call(ctx, what)
			}
			return what
		},
		Settle: func(ctx context.Context, c *op.Call, s cell, subject string, what, _ int64) (op.Step, error) {
			if e.after > 0 {
				return op.Step{After: e.after}, nil
			}
			c.Record([]string{subject})
			return op.Step{Done: true}, s.SetCursor(ctx, subject, 100+what)
		},
	})
}

// running runs the work until the test ends.
func running(t *testing.T, r *op.Runner, w op.Work) {
	t.Helper()
	if w.Report == nil {
		w.Report = func(where string, err error) {
			if t.Context().Err() == nil {
				t.Error(where, err)
			}
		}
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var wg sync.WaitGroup
	wg.Go(func() { r.Run(ctx, w) })
	t.Cleanup(func() { stop(); wg.Wait() })
	for seat := false; !seat; { // until Run has begun
		var err error
		if seat, err = op.Do(t.Context(), r, r.CallFor(officer), probe, 0); err != nil {
			t.Fatal(err)
		}
	}
}

// awaitCell waits until a cell is set.
func awaitCell(t *testing.T, r *op.Runner, db *store.DB, subject string) (v int64) {
	t.Helper()
	ok, err := r.Await(t.Context(), subject, func(context.Context) (bool, error) {
		v = read(t, db, subject)
		return v > 0, nil
	})
	if !ok || err != nil {
		t.Fatalf("%s was not settled: %v", subject, err)
	}
	return v
}

func tasksLeft(t *testing.T, db *store.DB) (rows []op.TaskRow) {
	t.Helper()
	err := db.Read(t.Context(), func(ctx context.Context, tx any) (err error) {
		rows, err = tx.(*store.Tx).Tasks(ctx, 10_000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestAHandedOverCallNeedsNoPrepare(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r, _ := steppedRunner(db)
		e := &errands{}
		if handed, err := op.Do(t.Context(), r, r.CallFor(officer), hand, 1); err != nil || handed {
			t.Fatalf("a seat without a scheduler: %v, %v", handed, err)
		}
		if err := r.Drain(t.Context(), op.Work{Handlers: []op.Handler{e.handler()}}, 5); err != nil || e.prepared.Load() != 1 {
			t.Fatalf("prepared %d times, %v; want once, as an ordinary row", e.prepared.Load(), err)
		}
		running(t, r, op.Work{Handlers: []op.Handler{e.handler()}})
		if handed, err := op.Do(t.Context(), r, r.CallFor(officer), hand, 2); err != nil || !handed {
			t.Fatalf("a seat with a scheduler: %v, %v", handed, err)
		}
		if got := awaitCell(t, r, db, "cell2"); got != 102 || e.prepared.Load() != 1 {
			t.Errorf("cell = %d, prepared %d times; want what was handed over, unprepared", got, e.prepared.Load())
		}
		if left := tasksLeft(t, db); len(left) != 0 {
			t.Errorf("left in the queue: %+v", left)
		}
	})
}

// leased writes a row as a process leaves it that dies while it calls.
func leased(t *testing.T, db *store.DB, id, subject string, until time.Time) {
	t.Helper()
	err := db.Write(t.Context(), func(ctx context.Context, tx op.Tx) error {
		return tx.EnqueueTasks(ctx, []op.TaskRow{{ID: id, Name: "test.errand", Subject: subject, Lane: "lane", Due: testdb.Noon, LeasedUntil: until}})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestACallOfADeadProcessIsPreparedAnew(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r, move := steppedRunner(db)
		leased(t, db, "task_dead", "cell1", testdb.Noon.Add(15*time.Second))
		taker := &errands{}
		work := op.Work{Handlers: []op.Handler{taker.handler()}}
		if err := r.Drain(t.Context(), work, 5); err != nil || taker.called.Load() != 0 {
			t.Fatalf("a leased call was made %d times by another process, %v", taker.called.Load(), err)
		}
		move(16 * time.Second)
		if err := r.Drain(t.Context(), work, 5); err != nil || taker.prepared.Load() != 1 {
			t.Errorf("after the lease: prepared %d times, %v", taker.prepared.Load(), err)
		}
	})
}

// slowly runs a crew whose calls of "cell1" wait until they are let go.
func slowly(t *testing.T, r *op.Runner, report func(string, error)) (e *errands, begun, let chan struct{}) {
	t.Helper()
	begun, let = make(chan struct{}, 9), make(chan struct{})
	e = &errands{call: func(ctx context.Context, _ int64) {
		begun <- struct{}{}
		select {
		case <-let:
		case <-ctx.Done():
		}
	}}
	running(t, r, op.Work{Handlers: []op.Handler{e.handler()}, Report: report})
	if handed, err := op.Do(t.Context(), r, r.CallFor(officer), hand, 1); err != nil || !handed {
		t.Fatalf("a seat with a scheduler: %v, %v", handed, err)
	}
	<-begun
	return e, begun, let
}

func TestALeaseIsRenewedWhileItsProcessLives(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r, move := steppedRunner(db)
		e, _, let := slowly(t, r, nil)
		for range 3 {
			for _, step := range []time.Duration{10 * time.Second, 2 * time.Hour, -3 * time.Hour} { // a clock that jumps, too
				move(step)
				_, err := r.Await(t.Context(), "cell1", func(context.Context) (bool, error) {
					left := tasksLeft(t, db)[0].LeasedUntil.Sub(r.CallFor(officer).Now)
					return left > 10*time.Second && left <= 15*time.Second, nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		taker := &errands{}
		other := op.NewRunner(db, func() time.Time { return r.CallFor(officer).Now }, r.CallFor(officer).IDs)
		if err := other.Drain(t.Context(), op.Work{Handlers: []op.Handler{taker.handler()}}, 5); err != nil || taker.prepared.Load() != 0 {
			t.Errorf("another process took it: prepared %d times, %v", taker.prepared.Load(), err)
		}
		close(let)
		if got := awaitCell(t, r, db, "cell1"); got != 101 || e.called.Load() != 1 || e.prepared.Load() != 0 {
			t.Errorf("cell = %d, called %d times, prepared %d times", got, e.called.Load(), e.prepared.Load())
		}
	})
}

func TestAProcessThatLostItsLeaseDoesNotSettle(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r, move := steppedRunner(db)
		lost := make(chan error, 9)
		_, _, let := slowly(t, r, func(_ string, err error) { lost <- err })
		id := tasksLeft(t, db)[0].ID
		move(16 * time.Second)
		err := db.Write(t.Context(), func(ctx context.Context, tx op.Tx) error { // another process takes it
			held, err := tx.Lease(ctx, id)
			if err != nil {
				return err
			}
			_, err = tx.RenewTasks(ctx, []op.TaskRow{{ID: id, LeasedUntil: held}}, testdb.Noon.Add(time.Minute))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		close(let)
		if err := <-lost; err == nil || read(t, db, "cell1") != 0 {
			t.Errorf("it settled all the same: %v", err)
		}
		if left := tasksLeft(t, db); len(left) != 1 || !left[0].LeasedUntil.Equal(testdb.Noon.Add(time.Minute)) || left[0].Attempts != 0 {
			t.Errorf("the row of the other process: %+v", left)
		}
	})
}

func TestASlowLaneHoldsUpOnlyItself(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r, _ := steppedRunner(db)
		var under, most atomic.Int64
		slow := op.Handle(op.Task[cell, string, int]{
			Name: "test.errand", Lease: time.Minute,
			Prepare: func(_ context.Context, _ *op.Call, _ cell, subject string) (string, bool, error) {
				return subject, false, nil
			},
			Call: func(ctx context.Context, subject string) int {
				if subject[0] == 's' {
					most.Store(max(most.Load(), under.Add(1)))
					<-ctx.Done()
				}
				return 0
			},
			Settle: func(ctx context.Context, c *op.Call, s cell, subject, _ string, _ int) (op.Step, error) {
				c.Record([]string{subject})
				return op.Step{Done: true}, s.SetCursor(ctx, subject, 1)
			},
		})
		if _, err := op.Do(t.Context(), r, r.CallFor(officer), line, lined{"slow", 100}); err != nil {
			t.Fatal(err)
		}
		if _, err := op.Do(t.Context(), r, r.CallFor(officer), line, lined{"fast", 1}); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { r.Run(ctx, op.Work{Handlers: []op.Handler{slow}, Lane: 3, Report: func(string, error) {}}) })
		awaitCell(t, r, db, "fast0")
		if got := most.Load(); got > 3 {
			t.Errorf("%d calls under way in one lane, want at most 3", got)
		}
		leased := 0
		for _, row := range tasksLeft(t, db) {
			if !row.LeasedUntil.IsZero() {
				leased++
			}
		}
		if leased > 3 {
			t.Errorf("%d rows of a full lane were claimed, want at most 3", leased)
		}
		stop()
		wg.Wait()
	})
}

func TestThousandsOfWaitingTasksAreRowsAndNotGoroutines(t *testing.T) {
	t.Parallel()
	db := testdb.SQLite(t)
	r, _ := steppedRunner(db)
	e := &errands{after: time.Hour}
	const many = 1000
	if _, err := op.Do(t.Context(), r, r.CallFor(officer), line, lined{"polls", many}); err != nil {
		t.Fatal(err)
	}
	most := 0
	var mu sync.Mutex
	e.call = func(context.Context, int64) {
		mu.Lock()
		defer mu.Unlock()
		most = max(most, runtime.NumGoroutine())
	}
	before := runtime.NumGoroutine()
	running(t, r, op.Work{Handlers: []op.Handler{e.handler()}})
	_, err := r.Await(t.Context(), "polls0", func(context.Context) (bool, error) {
		for _, row := range tasksLeft(t, db) {
			if !row.Due.After(testdb.Noon) {
				return false, nil
			}
		}
		return true, nil
	})
	mu.Lock()
	defer mu.Unlock()
	if err != nil || most-before > 500 { // other tests run beside this one
		t.Errorf("%d goroutines for %d tasks, %v", most-before, many, err)
	}
}

// TestWhatIsHandedOverDoesNotStarveTheQueue: more callers than a lane has places, each of
// whom asks again at once, must not keep polls and repeats in the queue for ever.
func TestWhatIsHandedOverDoesNotStarveTheQueue(t *testing.T) {
	t.Parallel()
	db := testdb.SQLite(t)
	r, _ := steppedRunner(db)
	const callers, enough = 6, 150
	var next, queuedAt atomic.Int64
	over := make(chan struct{})
	e := &errands{}
	e.call = func(_ context.Context, what int64) {
		if what < 0 { // from the queue
			queuedAt.CompareAndSwap(0, next.Load())
			return
		}
		n := next.Add(1)
		if n == enough {
			close(over)
		}
		if n >= enough || queuedAt.Load() > 0 {
			return
		}
		if _, err := op.Do(t.Context(), r, r.CallFor(officer), hand, 1000+n); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	}
	running(t, r, op.Work{Handlers: []op.Handler{e.handler()}, Lane: 2})
	for n := range int64(callers) {
		if _, err := op.Do(t.Context(), r, r.CallFor(officer), hand, 1+n); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := op.Do(t.Context(), r, r.CallFor(officer), line, lined{"lane", 1}); err != nil {
		t.Fatal(err)
	}
	_, err := r.Await(t.Context(), "lane0", func(context.Context) (bool, error) {
		select {
		case <-over:
			return true, nil
		default:
			return queuedAt.Load() > 0, nil
		}
	})
	if at := queuedAt.Load(); err != nil || at == 0 || at >= enough {
		t.Errorf("after %d calls that were handed over the queue's had not begun, %v", next.Load(), err)
	}
}
