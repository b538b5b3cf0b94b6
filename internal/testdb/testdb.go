// Package testdb gives tests a fresh database (시험용 저장소) on every engine: SQLite in
// a temporary folder, and PostgreSQL from the server binaries found on the machine.
package testdb

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"naru"
	"naru/base/op"
	"naru/store"
)

// Each runs a test once per engine, each with a fresh, migrated database.
func Each(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, SQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, Postgres(t))
	})
}

// SQLite opens a fresh database in the test's temporary folder.
func SQLite(t testing.TB) *store.DB {
	t.Helper()
	return open(t, SQLitePath(t))
}

// Postgres opens a fresh database on a PostgreSQL server that lives as long as the
// test program. Without server binaries the test is skipped, or fails when
// NARU_REQUIRE names postgres.
func Postgres(t testing.TB) *store.DB {
	t.Helper()
	return open(t, PostgresURL(t))
}

func open(t testing.TB, dsn string) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), dsn, Sealer(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Sealer returns a sealer with a random key.
func Sealer(t testing.TB) *store.Sealer {
	t.Helper()
	s, err := newSealer()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newSealer() (*store.Sealer, error) {
	key := make([]byte, store.SealKeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	return store.NewSealer(key)
}

// Noon is the instant fixed clocks of tests show.
var Noon = time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC) // 2026-03-02 12:00 in Seoul

// Runner returns a runner on a database whose clock stands at Noon.
func Runner(db *store.DB) *op.Runner {
	return op.NewRunner(db, func() time.Time { return Noon }, naru.NewIDs(rand.Reader))
}
