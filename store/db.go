package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"naru"
	"naru/base/op"
)

// DB is an open database: a pool for reading and one writer.
type DB struct {
	dialect dialect
	read    *sql.DB
	write   *sql.DB
	writer  *writer
	sealer  *Sealer
}

// Open opens the database at dsn, which is a file's path (SQLite) or a postgres://
// URL, applies the migrations that are missing and starts the writer. The sealer
// guards the secrets that some tables hold.
func Open(ctx context.Context, dsn string, sealer *Sealer) (*DB, error) {
	d := dialectOf(dsn)
	read, write, err := d.open(dsn)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", d.name, err)
	}
	db := &DB{dialect: d, read: read, write: write, sealer: sealer}
	if err := db.start(ctx); err != nil {
		read.Close()
		write.Close()
		return nil, fmt.Errorf("open %s: %w", d.name, err)
	}
	return db, nil
}

func (db *DB) start(ctx context.Context) error {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return err
	}
	if err := migrate(ctx, conn, db.dialect); err != nil {
		conn.Close()
		return err
	}
	db.writer = startWriter(conn, db.dialect, db.sealer)
	return nil
}

// Close stops the writer after the writes under way and closes the database.
func (db *DB) Close() error {
	db.writer.stop()
	rerr := db.read.Close()
	if err := db.write.Close(); err != nil {
		return err
	}
	return rerr
}

// Engine names the engine for people: "sqlite" or "postgres".
func (db *DB) Engine() string { return db.dialect.name }

// Read implements op.DB: fn sees one consistent snapshot.
func (db *DB) Read(ctx context.Context, fn func(ctx context.Context, tx any) error) error {
	tx, err := db.read.BeginTx(ctx, db.dialect.beginRead)
	if err != nil {
		return db.dialect.translate(err)
	}
	defer func() { _ = tx.Rollback() }() // nothing to keep
	return db.dialect.translate(fn(ctx, &Tx{q: tx, dialect: db.dialect, sealer: db.sealer}))
}

// Write implements op.DB: fn runs in a savepoint of a transaction shared with other
// writes, and returns once that transaction is durable. Cancelling ctx before fn
// starts prevents it; later the outcome is waited for, so that it is known.
func (db *DB) Write(ctx context.Context, fn func(ctx context.Context, tx op.Tx) error) error {
	return db.dialect.translate(db.writer.do(ctx, func(ctx context.Context, tx *Tx) error { return fn(ctx, tx) }))
}

// querier is what *sql.Conn and *sql.Tx share.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// Tx is one transaction. It satisfies the Store of every step.
type Tx struct {
	q       querier
	dialect dialect
	sealer  *Sealer
	record  *recordState // of the writer; nil in a read transaction
}

func (tx *Tx) exec(ctx context.Context, query string, args ...any) error {
	_, err := tx.q.ExecContext(ctx, query, args...)
	return err
}

// scanner reads the columns of one row.
type scanner interface{ Scan(dest ...any) error }

// collect runs a query and scans every row with one function.
func collect[T any](ctx context.Context, tx *Tx, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := tx.q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// one runs a query for a single row; a missing row is naru.NotFound after translate.
func one[T any](ctx context.Context, tx *Tx, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	return scan(tx.q.QueryRowContext(ctx, query, args...))
}

// micros and instant convert between time.Time and BIGINT microseconds since 1970 in
// UTC; the zero time is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// prepare readies one statement for many rows; done releases it.
func (tx *Tx) prepare(ctx context.Context, query string) (run func(args ...any) error, done func(), err error) {
	stmt, err := tx.q.PrepareContext(ctx, query)
	if err != nil {
		return nil, nil, err
	}
	run = func(args ...any) error {
		_, err := stmt.ExecContext(ctx, args...)
		return err
	}
	return run, func() { _ = stmt.Close() }, nil
}

// missing names the object that a look-up did not find.
func missing(err error, kind, id string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return notFound(kind, id)
	}
	return err
}

// notFound is the answer to a look-up of an object that is not there.
func notFound(kind, id string) error {
	return naru.NewError(naru.NotFound, "not_found", "kind", kind, "object", id)
}
