package store_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"naru/base/op"
	"naru/base/record"
	"naru/internal/testdb"
	"naru/store"
)

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
	const end = `SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`
	if _, err := other.Exec(t.Context(), end); err != nil {
		t.Fatal(err)
	}
	if err := write(2); err != nil {
		t.Errorf("nothing of it had left, so it could be stored by another connection: %v", err)
	}
	if err := write(3); err != nil {
		t.Errorf("the writer does not come back: %v", err)
	}
}
