package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"naru"
	"naru/base/op"
	"naru/base/record"
	"naru/flow/provision"
	"naru/internal/testdb"
	"naru/store"
)

// TestGroupsBuildOnEachOther has many writes count in the same rows, each on top of what
// the one before made of them, while others fail, or cannot be stored with the rest: no
// count is lost and none is made twice. Two processes do so at once too, as when a command
// runs beside a server.
func TestGroupsBuildOnEachOther(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		countTogether(t, testdb.SQLite(t))
	})
	t.Run("sqlite, two processes", func(t *testing.T) {
		t.Parallel()
		countTogether(t, two(t, filepath.Join(t.TempDir(), "naru.db"))...)
	})
	t.Run("postgres, two processes", func(t *testing.T) {
		t.Parallel()
		countTogether(t, two(t, testdb.PostgresURL(t))...)
	})
}

// two opens a database as two processes do.
func two(t *testing.T, dsn string) (dbs []*store.DB) {
	t.Helper()
	for range 2 {
		db, err := store.Open(t.Context(), dsn, testdb.Sealer(t))
		must(t, err)
		t.Cleanup(func() { _ = db.Close() })
		dbs = append(dbs, db)
	}
	return dbs
}

func countTogether(t *testing.T, dbs ...*store.DB) {
	t.Helper()
	const writers, rounds = 24, 20
	counter := counters(t, dbs[0])
	var size int64
	must(t, dbs[0].Read(t.Context(), func(ctx context.Context, tx any) (err error) {
		size, err = tx.(*store.Tx).RecordSize(ctx)
		return err
	}))
	var counted [things]atomic.Int64
	var refused atomic.Int64
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for n := range rounds {
				c := (i + n) % things
				err := dbs[i%len(dbs)].Write(t.Context(), counting(counter, c, i*rounds+n))
				switch {
				case err == nil:
					counted[c].Add(1)
				case errors.Is(err, errOnPurpose), naru.KindOf(err) == naru.Conflict:
					refused.Add(1)
				default:
					t.Errorf("write %d of %d: %v", n, i, err)
				}
			}
		})
	}
	wg.Wait()
	stored := 0
	for _, db := range dbs {
		db.Forget()
		must(t, db.Read(t.Context(), func(ctx context.Context, tx any) error {
			for c := range things {
				i, err := tx.(*store.Tx).Instance(ctx, instanceID(c))
				if want := counted[c].Load(); err != nil || int64(i.Attempts) != want || i.Version != want+1 {
					t.Errorf("counter %d is %d of version %d after %d counts: %v", c, i.Attempts, i.Version, want, err)
				}
				stored += i.Attempts
			}
			return nil
		}))
	}
	if refused.Load() == 0 || stored == 0 {
		t.Errorf("%d stored, %d refused: the test shows nothing", stored, refused.Load())
	}
	checkRecord(t, dbs[0], size+int64(stored/len(dbs)))
}

// counters makes the rows that are counted in, and returns what they are made from.
func counters(t *testing.T, db *store.DB) provision.Instance {
	t.Helper()
	w := newWorld(t, db)
	counter := provision.Instance{
		Order: w.orders[0], Institution: w.road.A, System: w.system(), Component: "c", Provider: w.road.Provider, Service: w.road.Offer.ID,
		Plan: w.plan.ID, CreatedAt: w.now, Work: provision.Work{State: provision.Failed, Since: w.now},
	}
	for n := range things {
		counter.ID = instanceID(n)
		must(t, db.Write(t.Context(), func(ctx context.Context, tx op.Tx) error { return tx.(*store.Tx).PutInstance(ctx, counter) }))
	}
	return counter
}

// counting makes a write that counts one further in a row. Some fail, and some put a
// second live instance of an order too, which the engine finds when the group is stored.
func counting(counter provision.Instance, c, n int) func(context.Context, op.Tx) error {
	return func(ctx context.Context, t op.Tx) error {
		tx := t.(*store.Tx)
		i, err := tx.Instance(ctx, instanceID(c))
		if err != nil {
			return err
		}
		i.Attempts++
		if err := tx.PutInstance(ctx, i); err != nil {
			return err
		}
		switch n % 11 {
		case 3:
			return errOnPurpose
		case 7:
			for _, id := range []string{"a", "b"} {
				second := counter
				second.ID, second.State = provision.InstanceID(fmt.Sprint("ins_x", n, id)), provision.Ready
				if err := tx.PutInstance(ctx, second); err != nil {
					return err
				}
			}
		}
		return tx.AppendEntries(ctx, []record.Entry{entry(n)})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
