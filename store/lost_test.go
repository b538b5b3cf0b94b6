package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"naru"
	"naru/base/op"
	"naru/base/record"
	"naru/flow/provision"
	"naru/internal/testdb"
	"naru/store"
)

const endSessions = `SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
	WHERE datname = current_database() AND pid <> pg_backend_pid()`

// TestTheWriterOutlivesItsConnection ends every session as a restart of the server does.
func TestTheWriterOutlivesItsConnection(t *testing.T) {
	t.Parallel()
	url := testdb.PostgresURL(t)
	db, err := store.Open(t.Context(), url, testdb.Sealer(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	write := func(n int) error {
		return db.Write(t.Context(), func(ctx context.Context, tx op.Tx) error {
			return tx.AppendEntries(ctx, []record.Entry{entry(n)})
		})
	}
	if err := write(1); err != nil {
		t.Fatal(err)
	}
	other, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(context.Background())
	if _, err := other.Exec(t.Context(), endSessions); err != nil {
		t.Fatal(err)
	}
	if err := write(2); err != nil {
		t.Errorf("nothing of it had left, so it could be stored by another connection: %v", err)
	}
	if err := write(3); err != nil {
		t.Errorf("the writer does not come back: %v", err)
	}
}

// tally is what became of the writes of a test.
type tally struct {
	sure, unsure [things]atomic.Int64
	mu           sync.Mutex
	seen         map[int64]int // entries by how often they were followed
}

// count writes until it has counted n times; an answer that was lost leaves open whether.
func (y *tally) count(db *store.DB, counter provision.Instance, first, n int) {
	for k := range n {
		c := (first + k) % things
		err := db.Write(context.Background(), counting(counter, c, first+k))
		switch {
		case err == nil:
			y.sure[c].Add(1)
		case errors.Is(err, errOnPurpose), naru.KindOf(err) == naru.Conflict:
		default:
			y.unsure[c].Add(1)
		}
	}
}

// follow takes the next entries behind a cursor, as a follower does.
func (y *tally) follow(db *store.DB) error {
	var got []record.Entry
	err := db.Write(context.Background(), func(ctx context.Context, tx op.Tx) error {
		from, err := tx.Cursor(ctx, "tally")
		if err != nil {
			return err
		}
		if got, err = tx.EntriesFrom(ctx, from, 50); err != nil || len(got) == 0 {
			return err
		}
		for n, e := range got {
			if e.Index != from+int64(n) {
				return fmt.Errorf("behind %d comes entry %d", from+int64(n)-1, e.Index)
			}
		}
		return tx.SetCursor(ctx, "tally", from+int64(len(got)))
	})
	if err == nil {
		y.mu.Lock()
		defer y.mu.Unlock()
		for _, e := range got {
			y.seen[e.Index]++
		}
	}
	return err
}

// TestSessionsThatEndTakeNothingWithThem ends all sessions again and again while two processes
// count and follow: what was answered is stored, nothing is stored twice or followed twice.
func TestSessionsThatEndTakeNothingWithThem(t *testing.T) {
	t.Parallel()
	url := testdb.PostgresURL(t)
	dbs := two(t, url)
	counter := counters(t, dbs[0])
	other, err := pgx.Connect(t.Context(), url)
	must(t, err)
	defer other.Close(context.Background())
	y := &tally{seen: map[int64]int{}}
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() { y.count(dbs[i%2], counter, i*100, 60) })
	}
	for _, db := range dbs {
		wg.Go(func() {
			for range 60 {
				_ = y.follow(db) // whoever lost its connection comes again
			}
		})
	}
	for range 12 {
		_, err := other.Exec(t.Context(), endSessions)
		must(t, err)
	}
	wg.Wait()
	for _, db := range dbs {
		_ = y.follow(db) // it may find that its connection has ended
		db.Forget()
		must(t, y.follow(db))
		must(t, db.Read(t.Context(), func(ctx context.Context, tx any) error {
			for c := range things {
				i, err := tx.(*store.Tx).Instance(ctx, instanceID(c))
				if n, sure, unsure := int64(i.Attempts), y.sure[c].Load(), y.unsure[c].Load(); err != nil || n < sure || n > sure+unsure {
					t.Errorf("counter %d is %d after %d counts and %d of which nobody knows, %v", c, n, sure, unsure, err)
				}
			}
			return nil
		}))
	}
	for index, n := range y.seen {
		if n > 1 {
			t.Errorf("entry %d was followed %d times", index, n)
		}
	}
}
