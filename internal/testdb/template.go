package testdb

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"naru/store"
)

// Most tests begin on a copy of a database that was migrated once, because migrating costs more than many of them
// do. What is copied was made by store.Open itself.

// SQLitePath copies a fresh, migrated database into the test's temporary folder and returns its path.
func SQLitePath(t testing.TB) string {
	t.Helper()
	data, err := migratedFile()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "naru.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// migratedFile is the content of a migrated SQLite database.
var migratedFile = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "naru-template-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "naru.db")
	if err := migrate(path); err != nil {
		return nil, err
	}
	if beside, err := filepath.Glob(path + "-*"); err != nil || len(beside) > 0 { // of a log not in the file yet
		return nil, fmt.Errorf("the closed database left %v: %w", beside, err)
	}
	return os.ReadFile(path)
})

// template makes the database that others are copied from, once per server and set of migrations, and returns its
// name. Several programs may share a server: one makes it while the others wait, and it has its name once it is whole.
func template(admin *sql.DB, url string) (name string, err error) {
	ctx := context.Background()
	if name, err = store.Schema(); err != nil {
		return "", err
	}
	name = "naru_template_" + name
	conn, err := admin.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(1)"); err != nil {
		return "", err
	}
	defer conn.ExecContext(ctx, "SELECT pg_advisory_unlock(1)") // else it is held until the program ends
	var made bool
	if err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&made); err != nil || made {
		return name, err
	}
	draft := name + "_draft"
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + draft, "CREATE DATABASE " + draft} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return "", err
		}
	}
	if err := migrate(named(url, draft)); err != nil {
		return "", err
	}
	_, err = conn.ExecContext(ctx, "ALTER DATABASE "+draft+" RENAME TO "+name)
	return name, err
}

// migrate opens an empty database for the first time.
func migrate(dsn string) error {
	sealer, err := newSealer()
	if err != nil {
		return err
	}
	db, err := store.Open(context.Background(), dsn, sealer)
	if err != nil {
		return err
	}
	return db.Close()
}
