package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync/atomic"

	"github.com/jackc/pgx/v5/stdlib"

	"naru/internal/testdb"
)

// engine gives the address of a fresh database and the peer's commit on the same engine: one INSERT and COMMIT, by as
// many clients as there are.
func (b *bed) engine(ctx context.Context, name string) (database string, commit func(context.Context, int, int) error, err error) {
	if name == "sqlite" {
		path := filepath.Join(b.dir, "insert-and-commit.db")
		commit, err = inserts(ctx, "sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate", 1)
		return "", commit, err
	}
	_ = stdlib.GetDefaultDriver() // keeps the driver's registration visible
	t := &frame{ctx: ctx, dir: b.dir}
	err = caught(func() error {
		database = testdb.DurableURL(t)
		return nil
	})
	if err != nil {
		return "", nil, err
	}
	commit, err = inserts(ctx, "pgx", database, mutators)
	return database, commit, err
}

// inserts is the peer: rows of the size of a small entry, prepared, each a transaction of its own.
func inserts(ctx context.Context, driver, dsn string, connections int) (func(context.Context, int, int) error, error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	if _, err := db.ExecContext(ctx, `CREATE TABLE bench_insert (n BIGINT PRIMARY KEY, filler TEXT NOT NULL)`); err != nil {
		return nil, err
	}
	put, err := db.PrepareContext(ctx, `INSERT INTO bench_insert (n, filler) VALUES ($1, $2)`)
	if err != nil {
		return nil, err
	}
	var n atomic.Int64
	return func(ctx context.Context, client, _ int) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if _, err := tx.StmtContext(ctx, put).ExecContext(ctx, n.Add(1), fmt.Sprintf("%084d", client)); err != nil {
			_ = tx.Rollback() // the first error counts
			return err
		}
		return tx.Commit()
	}, nil
}
