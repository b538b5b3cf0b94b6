package store

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"naru/base/op"
)

// TestNobodyWaitsInAnOpenTransaction has a write ask the engine for something while its group
// waits for more: from then on other processes wait for the group, which must not wait itself.
func TestNobodyWaitsInAnOpenTransaction(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "naru.db")
	synctest.Test(t, func(t *testing.T) {
		db, err := Open(t.Context(), path, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		db.writer.crowd = leastCrowd + 1 // read by the writer with the first job, not before
		put := func(ctx context.Context, tx op.Tx) error { return tx.DeleteTask(ctx, "none") }
		ask := func(ctx context.Context, tx op.Tx) error {
			_, err := tx.Lease(ctx, "none")
			return err
		}
		begun := time.Now()
		first := make(chan error)
		go func() { first <- db.Write(t.Context(), put) }()
		synctest.Wait() // the group waits for more
		if err := db.Write(t.Context(), ask); err != nil {
			t.Error(err)
		}
		if err := <-first; err != nil {
			t.Error(err)
		}
		if waited := time.Since(begun); waited > 0 {
			t.Errorf("the group waited %v with an open transaction", waited)
		}
	})
}

// TestFewWritersDoNotWait writes once where a few wrote at once before.
func TestFewWritersDoNotWait(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "naru.db")
	synctest.Test(t, func(t *testing.T) {
		db, err := Open(t.Context(), path, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		db.writer.crowd = leastCrowd - 1 // read by the writer with the first job, not before
		begun := time.Now()
		err = db.Write(t.Context(), func(ctx context.Context, tx op.Tx) error { return tx.DeleteTask(ctx, "none") })
		if waited := time.Since(begun); err != nil || waited > 0 {
			t.Errorf("a write waited %v for a few others, %v", waited, err)
		}
	})
}
