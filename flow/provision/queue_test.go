package provision_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/provision"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/internal/testroad"
	"naru/store"
)

// queued are the rows of the queue about a subject.
func queued[ID ~string](r *testroad.Road, id ID) (rows []op.TaskRow) {
	r.T.Helper()
	r.Store(func(ctx context.Context, tx *store.Tx) error {
		all, err := tx.Tasks(ctx, 1000)
		for _, row := range all {
			if row.Subject == string(id) {
				rows = append(rows, row)
			}
		}
		return err
	})
	return rows
}

// within runs at most so many tasks, and fails the test of a fault.
func within(r *testroad.Road, runner *op.Runner, tasks int) {
	r.T.Helper()
	if err := runner.Drain(r.T.Context(), op.Work{Handlers: provision.Handlers(r.Link), Report: r.Work.Report}, tasks); err != nil {
		r.T.Fatal(err)
	}
}

func TestADeletionTakesThePlaceOfThePollThatWaits(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		let := testbroker.Shut(t, r.Broker)
		i := create(r, "async")
		r.Drain()
		if now := get(r, i.ID); now.Next() != provision.Poll || len(queued(r, i.ID)) != 1 {
			t.Fatalf("before the deletion: %+v, %+v", now.Work, queued(r, i.ID))
		}
		remove := func() {
			testroad.Do(r, r.Officer(r.A), r.Ops.Delete, provision.DeleteIn{InstanceRef: ref(i.ID)})
		}
		remove()
		remove()
		if rows := queued(r, i.ID); len(rows) != 1 || rows[0].Due.After(r.Now()) {
			t.Errorf("after the deletion: %+v", rows)
		}
		r.Drain()
		if now := get(r, i.ID); now.State != provision.Deleting || now.Next() != provision.Poll || len(queued(r, i.ID)) != 1 {
			t.Errorf("the broker has not taken the deletion: %+v, %+v", now.Work, queued(r, i.ID))
		}
		let()
		until(r, i.ID, provision.Deleted)
		if rows := queued(r, i.ID); len(rows) != 0 {
			t.Errorf("left in the queue: %+v", rows)
		}
	})
}

func TestADeletionWaitsInTheRowOfTheCallUnderWay(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		i := create(r, "sync")
		b := &meanwhile{Broker: r.Link, at: provision.Put, during: func() {
			testroad.Do(r, r.Officer(r.A), r.Ops.Delete, provision.DeleteIn{InstanceRef: ref(i.ID)})
			if rows := queued(r, i.ID); len(rows) != 1 {
				t.Errorf("while the creation is under way: %+v", rows)
			}
		}}
		r.Work.Handlers = provision.Handlers(b)
		until(r, i.ID, provision.Deleted)
		if rows, left := queued(r, i.ID), held(r); len(rows) != 0 || len(left) != 0 {
			t.Errorf("left in the queue: %+v; at the broker: %+v", rows, left)
		}
	})
}

func TestAPollThatADeletionOvertookLeavesTheQueueWithItsAnswer(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		let := testbroker.Shut(t, r.Broker)
		i := create(r, "async")
		r.Drain()
		b := &meanwhile{Broker: r.Link, at: provision.Poll, during: func() {
			testroad.Do(r, r.Officer(r.A), r.Ops.Delete, provision.DeleteIn{InstanceRef: ref(i.ID)})
			within(r, r.Runner, 5)
			if now := get(r, i.ID); now.State != provision.Deleting || now.Next() != provision.Poll {
				t.Errorf("the deletion waits for the answer to a poll: %+v", now.Work)
			}
		}}
		r.Work.Handlers = provision.Handlers(b)
		for b.during != nil {
			r.Advance(time.Second)
			r.Drain()
		}
		if rows := queued(r, i.ID); len(rows) != 1 {
			t.Errorf("once the poll was answered: %+v", rows)
		}
		let()
		until(r, i.ID, provision.Deleted)
	})
}

// meanwhile is a broker during whose first call of a step something happens.
type meanwhile struct {
	provision.Broker
	at     provision.Step
	during func()
}

func (b *meanwhile) Call(ctx context.Context, q provision.Request) provision.Answer {
	if q.Step == b.at && b.during != nil {
		during := b.during
		b.during = nil
		during()
	}
	return b.Broker.Call(ctx, q)
}

func TestAnInstanceSleepsUntilItsLastBindingIsGone(t *testing.T) {
	t.Parallel()
	gone := map[string]func(*testroad.Road, provision.InstanceID, provision.BindingID){
		"revoked at last": func(r *testroad.Road, _ provision.InstanceID, _ provision.BindingID) {
			r.Front.Set(testbroker.Pass)
			r.Advance(30 * time.Second)
		},
		"written off": func(r *testroad.Road, i provision.InstanceID, b provision.BindingID) {
			r.Advance(time.Hour) // the deletion of the instance is tried then too, and the binding lives still
			r.Drain()
			w := testroad.Do(r, r.Officer(r.A), r.Ops.WriteOff, provision.WriteOffIn{Instance: i, Binding: b, Reason: "the provider does not know it"})
			testroad.Do(r, testroad.Operator(), r.Ops.WriteOffConfirm, provision.DecideIn{ID: w.ID})
			r.Front.Set(testbroker.Pass)
		},
	}
	for name, end := range gone {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testdb.Each(t, func(t *testing.T, db *store.DB) {
				r := testroad.New(t, db)
				i := running(r, "sync").ID
				b := bound(r, i).ID
				r.Front.Set(testbroker.Error500)
				testroad.Do(r, r.Officer(r.A), r.Ops.Delete, provision.DeleteIn{InstanceRef: ref(i), Unbind: true})
				r.Drain()
				if rows := queued(r, i); len(rows) != 1 || rows[0].Due.Sub(r.Now()) < 5*time.Minute {
					t.Fatalf("while a binding lives: %+v at %v", rows, r.Now())
				}
				end(r, i, b)
				r.Drain() // the clock stands still
				if now := get(r, i); now.State != provision.Deleted {
					t.Errorf("once the last binding is gone: %+v, %+v", now.Work, queued(r, i))
				}
			})
		})
	}
}

// after is a database that does something once behind a write.
type after struct {
	op.DB
	writes int // still to come before it does
	do     func()
}

func (a *after) Write(ctx context.Context, fn func(context.Context, op.Tx) error) error {
	err := a.DB.Write(ctx, fn)
	if a.writes--; a.writes == 0 {
		a.do()
	}
	return err
}

// The last binding ends between the two moments at which the task of the instance looks: it
// must not sleep then, for nobody wakes it again.
func TestABindingThatEndsWhileItsInstanceFallsAsleepWakesIt(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		i := running(r, "sync").ID
		b := bound(r, i).ID
		r.Front.Set(testbroker.Error500)
		testroad.Do(r, r.Officer(r.A), r.Ops.Delete, provision.DeleteIn{InstanceRef: ref(i), Unbind: true})
		within(r, r.Runner, 2)
		if rows := queued(r, b); len(rows) != 1 || !rows[0].Due.After(r.Now()) {
			t.Fatalf("the binding was tried: %+v", rows)
		}
		testroad.Do(r, r.Officer(r.A), r.Ops.Retry, provision.RetryIn{Instance: i})
		r.Front.Set(testbroker.Pass)
		met := false
		slow := &after{DB: r.DB, writes: 2, do: func() { // claimed and prepared
			r.Advance(2 * time.Second)
			within(r, r.Runner, 1)
			now := testroad.Do(r, testroad.Operator(), r.Ops.Binding, provision.BindingRef{ID: b})
			met = now.State == provision.Deleted && get(r, i).CallID == ""
		}}
		within(r, op.NewRunner(slow, r.Now, naru.NewIDs(rand.Reader)), 1)
		if !met {
			t.Fatalf("the moment was missed: %+v", get(r, i).Work)
		}
		r.Drain()
		if now := get(r, i); now.State != provision.Deleted {
			t.Errorf("it sleeps: %+v, %+v", now.Work, queued(r, i))
		}
	})
}
