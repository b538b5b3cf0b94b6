package op_test

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/base/record"
	"naru/internal/testdb"
	"naru/store"
)

// The tests keep a number in a follower's cursor: the smallest state a real store has.
type cell interface {
	Cursor(ctx context.Context, name string) (int64, error)
	SetCursor(ctx context.Context, name string, v int64) error
}

var (
	doc     = naru.Text{Ko: "시험", En: "test"}
	officer = naru.Actor{User: "kim", Role: "officer", Institution: "inst_a"}
	auditor = naru.Actor{User: "choi", Role: "auditor"}

	setCell = op.Write("test.set", "inventory.edit", doc, func(ctx context.Context, c *op.Call, s cell, v int64) (int64, error) {
		c.Record([]string{"cell"}, "value", "set")
		return v, s.SetCursor(ctx, "cell", v)
	})
	silent = op.Write("test.silent", "inventory.edit", doc, func(ctx context.Context, _ *op.Call, s cell, v int64) (int64, error) {
		return v, s.SetCursor(ctx, "cell", v)
	})
	foreign = op.Read("test.foreign", "inventory.read", doc, func(_ context.Context, c *op.Call, _ cell, _ int64) (int64, error) {
		return 0, identity.RequireSight(c.Actor, "inst_b", "sys_b")
	})
	oddly = op.Read("test.oddly", "inventory.read", doc, func(_ context.Context, c *op.Call, _ cell, _ int64) (int64, error) {
		return 0, identity.RequireSight(c.Actor, "inst_b", "sys\x00b\xff")
	})
	wantTask = op.Write("test.want", "inventory.edit", doc, func(_ context.Context, c *op.Call, _ cell, _ int64) (int64, error) {
		c.Record([]string{"cell"})
		c.Enqueue("test.work", "cell")
		return 0, nil
	})
)

// steppedRunner has a clock the test moves by hand.
func steppedRunner(db *store.DB) (*op.Runner, func(time.Duration)) {
	var mu sync.Mutex
	now := testdb.Noon
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	move := func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}
	return op.NewRunner(db, clock, naru.NewIDs(rand.Reader)), move
}

func TestDo(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testdb.Runner(db)
		if _, err := op.Do(t.Context(), r, r.CallFor(officer), setCell, 7); err != nil {
			t.Fatal(err)
		}
		if got := read(t, db, "cell"); got != 7 {
			t.Errorf("cell = %d after a write, want 7", got)
		}
		t.Run("a write that records nothing is undone", func(t *testing.T) {
			if _, err := op.Do(t.Context(), r, r.CallFor(officer), silent, 8); naru.KindOf(err) != naru.Internal {
				t.Errorf("err = %v, want an internal fault", err)
			}
			if got := read(t, db, "cell"); got != 7 {
				t.Errorf("cell = %d, want the 7 from before", got)
			}
		})
		t.Run("a missing permission is denied and recorded", func(t *testing.T) {
			if _, err := op.Do(t.Context(), r, r.CallFor(auditor), setCell, 9); naru.KindOf(err) != naru.Denied {
				t.Errorf("err = %v, want denied", err)
			}
			if e := last(t, db); e.Outcome != record.Denied || e.Op != "test.set" || e.User != "choi" {
				t.Errorf("last entry = %+v, want the denial of test.set for choi", e)
			}
		})
		t.Run("somebody else's object is not found for the caller and denied in the record", func(t *testing.T) {
			if _, err := op.Do(t.Context(), r, r.CallFor(officer), foreign, 0); naru.KindOf(err) != naru.NotFound {
				t.Errorf("err = %v, want not found", err)
			}
			if e := last(t, db); e.Outcome != record.Denied || !slices.Equal(e.Subjects, []string{"sys_b"}) {
				t.Errorf("last entry = %+v, want a denial about sys_b", e)
			}
		})
		t.Run("what somebody named is recorded as text, whatever was named", func(t *testing.T) {
			if _, err := op.Do(t.Context(), r, r.CallFor(officer), oddly, 0); naru.KindOf(err) != naru.NotFound {
				t.Errorf("err = %v, want not found", err)
			}
			if e := last(t, db); e.Outcome != record.Denied || !slices.Equal(e.Subjects, []string{"sys�b�"}) {
				t.Errorf("last entry = %+v, want a denial about what was named", e)
			}
		})
	})
}

func TestFollowerSeesEveryDoneEntryOnceInOrder(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testdb.Runner(db)
		var seen []int64
		f := op.Follow("test.follow", []string{"test.set"}, func(_ context.Context, _ *op.Call, _ cell, e record.Entry) error {
			seen = append(seen, e.Index)
			return nil
		})
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				_, _ = op.Do(t.Context(), r, r.CallFor(officer), setCell, int64(i))
				_, _ = op.Do(t.Context(), r, r.CallFor(auditor), setCell, int64(i)) // denied: not followed
			})
		}
		wg.Wait()
		for range 2 { // the second time there is nothing left
			if err := r.Drain(t.Context(), op.Work{Followers: []op.Follower{f}}, 100); err != nil {
				t.Fatal(err)
			}
		}
		if len(seen) != 40 || !slices.IsSorted(seen) || len(slices.Compact(slices.Clone(seen))) != 40 {
			t.Errorf("followed %v, want 40 different entries in order", seen)
		}
	})
}

func TestFollowerThatFailsChangesNothingAndGoesOnLater(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testdb.Runner(db)
		broken := true
		f := op.Follow("test.sum", []string{"test.set"}, func(ctx context.Context, c *op.Call, s cell, _ record.Entry) error {
			n, err := s.Cursor(ctx, "sum")
			if err != nil {
				return err
			}
			c.Record([]string{"sum"})
			if err := s.SetCursor(ctx, "sum", n+1); err != nil {
				return err
			}
			if broken {
				return errors.New("broken on purpose")
			}
			return nil
		})
		w := op.Work{Followers: []op.Follower{f}}
		_, _ = op.Do(t.Context(), r, r.CallFor(officer), setCell, 1)
		if err := r.Drain(t.Context(), w, 3); err == nil {
			t.Fatal("the follower's fault was swallowed")
		}
		if got := read(t, db, "sum"); got != 0 {
			t.Errorf("sum = %d although the follower failed, want 0", got)
		}
		broken = false
		if err := r.Drain(t.Context(), w, 10); err != nil {
			t.Fatal(err)
		}
		if got := read(t, db, "sum"); got != 1 {
			t.Errorf("sum = %d, want 1", got)
		}
	})
}

// worker is a task that counts its parts and can be told to die between them.
type worker struct {
	prepared, called int
	settle           func(n int) (op.Step, error)
}

func (w *worker) handler() op.Handler {
	return op.Handle(op.Task[cell, int64, int64]{
		Name: "test.work", Lease: time.Minute,
		Prepare: func(ctx context.Context, _ *op.Call, s cell, subject string) (int64, bool, error) {
			w.prepared++
			v, err := s.Cursor(ctx, subject)
			return v, v > 0, err // already settled: nothing left to do
		},
		Call: func(context.Context, int64) int64 { w.called++; return 41 },
		Settle: func(ctx context.Context, c *op.Call, s cell, subject string, what, answer int64) (op.Step, error) {
			step, err := w.settle(w.called)
			if err != nil || !step.Done {
				return step, err
			}
			c.Record([]string{subject})
			return step, s.SetCursor(ctx, subject, what+answer+1)
		},
	})
}

func TestTaskSurvivesFaultsAndWaits(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r, move := steppedRunner(db)
		w := &worker{settle: func(n int) (op.Step, error) {
			switch n {
			case 1:
				return op.Step{}, errors.New("died before settling")
			case 2:
				return op.Step{After: 5 * time.Second}, nil
			}
			return op.Step{Done: true}, nil
		}}
		work := op.Work{Handlers: []op.Handler{w.handler()}}
		_, _ = op.Do(t.Context(), r, r.CallFor(officer), wantTask, 0)
		if err := r.Drain(t.Context(), work, 5); err == nil {
			t.Fatal("the fault of the first attempt was not reported")
		}
		for i, wait := range []time.Duration{0, time.Second, 4 * time.Second, time.Second} {
			move(wait)
			if err := r.Drain(t.Context(), work, 5); err != nil {
				t.Fatal(err)
			}
			if want := []int{1, 2, 2, 3}[i]; w.called != want {
				t.Errorf("after waiting step %d the task was called %d times, want %d", i, w.called, want)
			}
		}
		if got := read(t, db, "cell"); got != 42 {
			t.Errorf("cell = %d, want 42", got)
		}
		move(time.Hour)
		if err := r.Drain(t.Context(), work, 5); err != nil || w.prepared != 3 {
			t.Errorf("a settled task ran again: prepared %d times, err %v", w.prepared, err)
		}
	})
}

func TestTaskOfADeadProcessIsTakenOver(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r, move := steppedRunner(db)
		_, _ = op.Do(t.Context(), r, r.CallFor(officer), wantTask, 0)
		claim := func() (ok bool) { // what a process does just before it dies
			err := db.Write(t.Context(), func(ctx context.Context, tx op.Tx) error {
				now := r.CallFor(officer).Now
				due, err := tx.DueTasks(ctx, now, op.DueQuery{Names: []string{"test.work"}, Limit: 5})
				if err != nil || len(due) == 0 {
					return err
				}
				rows, err := tx.ClaimTasks(ctx, []string{due[0].ID}, now, now.Add(time.Minute))
				ok = len(rows) == 1
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		if !claim() || claim() {
			t.Fatal("a leased task must be given out exactly once")
		}
		move(time.Minute)
		w := &worker{settle: func(int) (op.Step, error) { return op.Step{Done: true}, nil }}
		if err := r.Drain(t.Context(), op.Work{Handlers: []op.Handler{w.handler()}}, 5); err != nil || w.called != 1 {
			t.Errorf("called %d times, err %v; want once after the lease ended", w.called, err)
		}
	})
}

func TestRunWorksUntilItIsStopped(t *testing.T) {
	t.Parallel()
	db := testdb.SQLite(t)
	r := op.NewRunner(db, time.Now, naru.NewIDs(rand.Reader))
	done := make(chan struct{})
	w := &worker{settle: func(int) (op.Step, error) { defer close(done); return op.Step{Done: true}, nil }}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		r.Run(ctx, op.Work{Handlers: []op.Handler{w.handler()}, Report: func(where string, err error) { t.Error(where, err) }})
	})
	_, _ = op.Do(t.Context(), r, r.CallFor(officer), wantTask, 0)
	<-done // the test's own deadline ends a loop that never works
	stop()
	running.Wait()
	if got := read(t, db, "cell"); got != 42 {
		t.Errorf("cell = %d after Run ended, want 42", got)
	}
}

func read(t *testing.T, db *store.DB, name string) (v int64) {
	t.Helper()
	err := db.Read(t.Context(), func(ctx context.Context, tx any) (err error) {
		v, err = tx.(op.View).Cursor(ctx, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func last(t *testing.T, db *store.DB) record.Entry {
	t.Helper()
	var e []record.Entry
	err := db.Read(t.Context(), func(ctx context.Context, tx any) (err error) {
		e, err = tx.(op.View).EntriesFrom(ctx, 0, 1000)
		return err
	})
	if err != nil || len(e) == 0 {
		t.Fatal("no entries", err)
	}
	return e[len(e)-1]
}
