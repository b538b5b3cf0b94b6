package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"naru"
	"naru/base/op"
	"naru/base/record"
	"naru/internal/testdb"
	"naru/store"
)

func entry(n int) record.Entry {
	return record.Entry{At: testdb.Noon, Op: "test.write", Outcome: record.Done, Call: fmt.Sprint("call", n), User: "u", Role: "r", Subjects: []string{fmt.Sprint("s", n)}}
}

// TestRecordUnderConcurrency writes from many goroutines, one in ten of them failing,
// and proves that the record is dense, ordered and has the root of its leaves.
func TestRecordUnderConcurrency(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		const writers, each = 16, 40
		refuse := errors.New("refused on purpose")
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					n := w*each + i
					err := db.Write(ctx, func(ctx context.Context, tx op.Tx) error {
						if err := tx.AppendEntries(ctx, []record.Entry{entry(n)}); err != nil {
							return err
						}
						if n%10 == 3 {
							return refuse
						}
						return nil
					})
					if want := n%10 == 3; errors.Is(err, refuse) != want || (!want && err != nil) {
						t.Errorf("write %d: %v", n, err)
					}
				}
			})
		}
		wg.Wait()
		checkRecord(t, db, writers*each*9/10)
	})
}

// checkRecord reads the whole record and compares it with its own head.
func checkRecord(t *testing.T, db *store.DB, want int64) {
	t.Helper()
	err := db.Read(context.Background(), func(ctx context.Context, v any) error {
		tx := v.(*store.Tx)
		size, err := tx.RecordSize(ctx)
		if err != nil {
			return err
		}
		if size != want {
			t.Errorf("record has %d entries, want %d", size, want)
		}
		stored, err := tx.StoredEntries(ctx, 0, int(size)+1)
		if err != nil {
			return err
		}
		var tree record.Tree
		for i, s := range stored {
			if s.Index != int64(i) {
				t.Fatalf("entry %d has index %d", i, s.Index)
			}
			tree, _ = tree.Append(hash(s))
		}
		loaded, err := tx.RecordTree(ctx, size)
		if err != nil {
			return err
		}
		if loaded.Root() != tree.Root() {
			t.Error("the tiles have another root than the leaves")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestWriteFailuresStayApart proves that a panic or an SQL fault of one write leaves
// the others of its group alone.
func TestWriteFailuresStayApart(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		faults := map[int]func(ctx context.Context, tx op.Tx) error{
			0: func(context.Context, op.Tx) error { panic("on purpose") },
			1: func(ctx context.Context, tx op.Tx) error {
				return tx.EnqueueTasks(ctx, []op.TaskRow{{ID: "same", Name: "n"}, {ID: "same", Name: "n"}})
			},
		}
		var wg sync.WaitGroup
		for n := range 40 {
			wg.Go(func() {
				err := db.Write(ctx, func(ctx context.Context, tx op.Tx) error {
					if err := tx.AppendEntries(ctx, []record.Entry{entry(n)}); err != nil {
						return err
					}
					if fault, ok := faults[n%4]; ok {
						return fault(ctx, tx)
					}
					return nil
				})
				if (err != nil) != (n%4 < 2) {
					t.Errorf("write %d: %v", n, err)
				}
				if n%4 == 1 && naru.KindOf(err) != naru.Conflict {
					t.Errorf("a duplicate key is %v, want conflict: %v", naru.KindOf(err), err)
				}
				if n%4 == 0 && !strings.Contains(fmt.Sprint(err), "panic in a write") {
					t.Errorf("a panic is reported as %v", err)
				}
			})
		}
		wg.Wait()
		checkRecord(t, db, 20)
	})
}

// TestTwoProcessesShareARecord opens one PostgreSQL database twice and lets both
// write: the record stays dense.
func TestTwoProcessesShareARecord(t *testing.T) {
	t.Parallel()
	url := testdb.PostgresURL(t)
	ctx := context.Background()
	var dbs [2]*store.DB
	for i := range dbs {
		db, err := store.Open(ctx, url, testdb.Sealer(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		dbs[i] = db
	}
	var wg sync.WaitGroup
	for n := range 100 {
		wg.Go(func() {
			err := dbs[n%2].Write(ctx, func(ctx context.Context, tx op.Tx) error {
				return tx.AppendEntries(ctx, []record.Entry{entry(n)})
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	checkRecord(t, dbs[0], 100)
}

func TestSealedSecretStaysWithItsObject(t *testing.T) {
	t.Parallel()
	s := testdb.Sealer(t)
	sealed, err := s.Seal("bnd_1", naru.NewSecret("열쇠"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Unseal("bnd_1", sealed); err != nil || got.Open() != "열쇠" {
		t.Errorf("unsealed %q, %v", got.Open(), err)
	}
	if _, err := s.Unseal("bnd_2", sealed); err == nil {
		t.Error("a sealed value was accepted for another object")
	}
}
