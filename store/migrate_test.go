package store_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"

	"naru/base/op"
	"naru/base/record"
	"naru/internal/testdb"
	"naru/store"
)

// TestProcessesThatStartAtOnceMigrateOnce opens an empty database from several sides, and then once more.
func TestProcessesThatStartAtOnceMigrateOnce(t *testing.T) {
	t.Parallel()
	for engine, empty := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "naru.db") },
		"postgres": func(t *testing.T) string { return testdb.EmptyPostgresURL(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			dsn := empty(t)
			var beside sync.WaitGroup
			for n := range 4 {
				beside.Go(func() { openAndWrite(t, dsn, n) })
			}
			beside.Wait()
			checkRecord(t, openAndWrite(t, dsn, 4), 5)
		})
	}
}

func openAndWrite(t *testing.T, dsn string, n int) *store.DB {
	db, err := store.Open(t.Context(), dsn, testdb.Sealer(t))
	if err != nil {
		t.Error(err)
		return nil
	}
	t.Cleanup(func() { _ = db.Close() })
	err = db.Write(t.Context(), func(ctx context.Context, tx op.Tx) error {
		return tx.AppendEntries(ctx, []record.Entry{entry(n)})
	})
	if err != nil {
		t.Error(err)
	}
	return db
}
