package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
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
	cache   *cache
	recent  *recent
	known   *knownIDs
	count   atomic.Int64
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
	db := &DB{dialect: d, read: read, write: write, sealer: sealer, recent: &recent{}}
	db.known = newKnownIDs(db)
	db.cache = newCache(db.known)
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
	db.writer = startWriter(db, conn)
	return nil
}

// Close stops the writer after the writes under way and closes the database.
func (db *DB) Close() error {
	db.writer.stop()
	db.known.reads.Wait()
	rerr := db.read.Close()
	if err := db.write.Close(); err != nil {
		return err
	}
	return rerr
}

// Engine names the engine for people: "sqlite" or "postgres".
func (db *DB) Engine() string { return db.dialect.name }

// Statements returns how many statements were sent to the engine since Open, those that
// begin and end transactions among them.
func (db *DB) Statements() int64 { return db.count.Load() }

// Read implements op.DB: fn sees one consistent snapshot. What this process remembers
// costs no statement; a transaction begins with the first thing it does not. fn is run
// again when what it remembered and what it read turn out to be of different versions.
// What another process on the same database wrote may be missing from memory until this
// process reads something it does not remember, which its followers do four times a
// second; a write is never based on it.
func (db *DB) Read(ctx context.Context, fn func(ctx context.Context, tx any) error) error {
	for attempt := 0; ; attempt++ {
		s := &snapshot{db: db, version: unknown, fresh: attempt > 1}
		err := fn(ctx, &Tx{dialect: db.dialect, sealer: db.sealer, cache: db.cache, recent: db.recent, snap: s})
		s.end()
		if !s.mixed {
			return db.dialect.translate(err)
		}
	}
}

// Write implements op.DB: fn runs in a transaction shared with other writes, which its
// failure does not touch, and returns once that transaction is durable. fn is run again
// when what it put cannot be stored together with what the others put. Cancelling ctx before fn
// starts prevents it; later the outcome is waited for, so that it is known.
func (db *DB) Write(ctx context.Context, fn func(ctx context.Context, tx op.Tx) error) error {
	return db.dialect.translate(db.writer.do(ctx, func(ctx context.Context, tx *Tx) error { return fn(ctx, tx) }))
}

// Tx is one transaction. It satisfies the Store of every step.
type Tx struct {
	dialect dialect
	sealer  *Sealer
	cache   *cache
	recent  *recent
	snap    *snapshot // of a read transaction, else nil
	job     *running  // of a write, else nil
	load    *load     // a result on its way into memory
	parts   *parts    // of one that is put together from others
}

// use gives the connection for a statement, once all that the statement has to see is there.
func (tx *Tx) use(ctx context.Context, query string, args ...any) (querier, error) {
	if err := checkTexts(args); err != nil {
		return nil, err
	}
	switch {
	case tx.load != nil:
		tx.load.note(tx.cache.tables(query))
	case tx.parts != nil:
		tx.parts.read(tx.cache.tables(query))
	}
	if tx.job != nil {
		return tx.job.ready(ctx, query)
	}
	return tx.snap.begin(ctx)
}

// failed passes on the error of a statement. One outside a savepoint has spoilt the
// transaction for the other writes too.
func (tx *Tx) failed(err error) error {
	if err != nil && tx.job != nil && !tx.job.saved && !errors.Is(err, sql.ErrNoRows) {
		tx.job.group.broken = true
		tx.job.failed = errors.Join(tx.job.failed, err) // also when the job makes nothing of it
	}
	return err
}

func (tx *Tx) exec(ctx context.Context, query string, args ...any) error {
	_, err := tx.affected(ctx, query, args...)
	return err
}

// affected runs a statement and returns how many rows it changed.
func (tx *Tx) affected(ctx context.Context, query string, args ...any) (int64, error) {
	q, err := tx.use(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	res, err := q.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, tx.failed(err)
	}
	return res.RowsAffected()
}

// remembered returns a result that need not be read.
func (tx *Tx) remembered(ctx context.Context, key string) (*entry, error) {
	if tx.job != nil {
		return tx.job.get(key), nil
	}
	return tx.snap.get(ctx, key)
}

// remember keeps a result that was read. One that came from nowhere would stay for ever.
func (tx *Tx) remember(key string, e *entry) {
	switch {
	case len(e.tables) == 0:
	case tx.job != nil:
		tx.job.layer.entries[key] = e
	case tx.snap.tx != nil:
		tx.cache.keep(key, e, tx.snap.version)
	}
}

// scanner reads the columns of one row.
type scanner interface{ Scan(dest ...any) error }

// collect runs a query and scans every row with one function.
func collect[T any](ctx context.Context, tx *Tx, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	q, err := tx.use(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, tx.failed(err)
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
	return out, tx.failed(rows.Err())
}

// one runs a query for a single row; a missing row is naru.NotFound after translate.
func one[T any](ctx context.Context, tx *Tx, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	q, err := tx.use(ctx, query, args...)
	if err != nil {
		var none T
		return none, err
	}
	v, err := scan(q.QueryRowContext(ctx, query, args...))
	return v, tx.failed(err)
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
	q, err := tx.use(ctx, query)
	if err != nil {
		return nil, nil, err
	}
	stmt, err := q.PrepareContext(ctx, query)
	if err != nil {
		return nil, nil, tx.failed(err)
	}
	run = func(args ...any) error {
		if _, err := tx.use(ctx, query, args...); err != nil { // something else may have been read or put meanwhile
			return err
		}
		_, err := stmt.ExecContext(ctx, args...)
		return tx.failed(err)
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
