package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"naru"
)

// dialect is everything SQLite and PostgreSQL disagree on. Nothing else may ask
// which engine it is.
type dialect struct {
	name       string
	open       func(dsn string) (read, write *sql.DB, err error)
	beginWrite []string // statements that open a write transaction for one writer
	beginRead  *sql.TxOptions
	// begin opens a write transaction and reads the head; send sends statements, the rest
	// of which is not run after one that failed. Both make as few round trips as they can.
	begin func(ctx context.Context, conn *sql.Conn) (size, version int64, err error)
	send  func(ctx context.Context, conn *sql.Conn, ready prepared, list []statement) (failed int, err error)
	// inserts puts rows, at least one, and deletes removes those with a key, in as few
	// statements as the engine takes well.
	inserts func(insert, after string, rows [][]any) []statement
	deletes func(table, key string, values []string) []statement
	kind    func(error) (naru.Kind, bool) // engine's error code to kind
}

// dialectOf chooses by the form of the address: "postgres://…" or a file's path.
func dialectOf(dsn string) dialect {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return postgres()
	}
	return embedded()
}

// embedded is SQLite in this process: WAL, full durability, one writing connection,
// a pool for reading.
func embedded() dialect {
	return dialect{
		name: "sqlite",
		open: func(path string) (read, write *sql.DB, err error) {
			base := "file:" + url.PathEscape(path) + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)" +
				"&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)&_pragma=temp_store(MEMORY)"
			write = sql.OpenDB(connector{base + "&_pragma=cache_size(-16000)"}) // an import touches many pages
			write.SetMaxOpenConns(1)
			read = sql.OpenDB(connector{base + "&_pragma=query_only(ON)"})
			read.SetMaxOpenConns(max(4, runtime.NumCPU()))
			read.SetMaxIdleConns(max(4, runtime.NumCPU()))
			return read, write, nil
		},
		beginWrite: []string{"BEGIN IMMEDIATE"},
		begin: func(ctx context.Context, conn *sql.Conn) (size, version int64, err error) {
			if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
				return 0, 0, err
			}
			err = conn.QueryRowContext(ctx, headQuery).Scan(&size, &version)
			return size, version, err
		},
		send: inTurn, inserts: insertValues, deletes: deleteIn,
		kind: func(err error) (naru.Kind, bool) {
			var e *sqlite.Error
			if !errors.As(err, &e) {
				return "", false
			}
			switch e.Code() & 0xff {
			case sqlite3.SQLITE_CONSTRAINT:
				return naru.Conflict, true
			case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
				return naru.Unavailable, true
			case sqlite3.SQLITE_FULL:
				return naru.Exhausted, true
			}
			return "", false
		},
	}
}

// connector opens SQLite connections without the driver's global name, so that
// nothing depends on registration order.
type connector struct{ dsn string }

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.Driver().Open(c.dsn) }
func (c connector) Driver() driver.Driver                        { return &sqlite.Driver{} }

// writeLock is the advisory lock that makes several naru processes on one PostgreSQL
// write one after the other, as the record's dense index needs anyway.
const writeLock = 0x6e617275 // "naru"

var takeLock = fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", writeLock)

// headQuery reads how far the database has come.
const headQuery = `SELECT size, version FROM record_head WHERE id = 1`

// onPostgres gives the driver's own connection, which can send several statements at once.
func onPostgres(conn *sql.Conn, do func(*pgx.Conn) error) error {
	return conn.Raw(func(c any) error {
		own, ok := c.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("%T is not a PostgreSQL connection", c)
		}
		return do(own.Conn())
	})
}

// beginTogether begins, takes the lock, and reads the head as it is behind the lock.
func beginTogether(ctx context.Context, conn *sql.Conn) (size, version int64, err error) {
	err = onPostgres(conn, func(c *pgx.Conn) error {
		results, err := c.PgConn().Exec(ctx, "BEGIN; "+takeLock+"; "+headQuery).ReadAll()
		if err != nil {
			return err
		}
		if len(results) != 3 || len(results[2].Rows) != 1 {
			return errors.New("there is no head")
		}
		row := results[2].Rows[0]
		if size, err = strconv.ParseInt(string(row[0]), 10, 64); err != nil {
			return err
		}
		version, err = strconv.ParseInt(string(row[1]), 10, 64)
		return err
	})
	return size, version, err
}

// sendTogether sends statements in one round trip. The driver prepares them by itself.
func sendTogether(ctx context.Context, conn *sql.Conn, _ prepared, list []statement) (failed int, err error) {
	if len(list) == 0 {
		return 0, nil
	}
	err = onPostgres(conn, func(c *pgx.Conn) error {
		var b pgx.Batch
		for _, s := range list {
			b.Queue(s.query, s.args...)
		}
		results := c.SendBatch(ctx, &b)
		for failed = range list {
			if _, err := results.Exec(); err != nil {
				_ = results.Close() // the first error counts
				return err
			}
		}
		failed = len(list)
		return results.Close()
	})
	return failed, err
}

func postgres() dialect {
	return dialect{
		name: "postgres",
		open: func(dsn string) (read, write *sql.DB, err error) {
			if _, err := url.Parse(dsn); err != nil {
				return nil, nil, errors.New("database address is no URL") // the text holds a password
			}
			drv := stdlib.GetDefaultDriver().(driver.DriverContext)
			conn, err := drv.OpenConnector(dsn)
			if err != nil {
				return nil, nil, errors.New("database address is malformed")
			}
			write = sql.OpenDB(conn)
			write.SetMaxOpenConns(1)
			read = sql.OpenDB(conn)
			read.SetMaxOpenConns(16)
			read.SetMaxIdleConns(16)
			return read, write, nil
		},
		beginWrite: []string{"BEGIN", takeLock},
		begin:      beginTogether, send: sendTogether, inserts: insertColumns, deletes: deleteAny,
		beginRead: &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
		kind: func(err error) (naru.Kind, bool) {
			var e *pgconn.PgError
			if !errors.As(err, &e) {
				return "", false
			}
			switch {
			case strings.HasPrefix(e.Code, "23"): // integrity constraint
				return naru.Conflict, true
			case strings.HasPrefix(e.Code, "40"), strings.HasPrefix(e.Code, "57P"): // rollback, shutdown
				return naru.Unavailable, true
			case strings.HasPrefix(e.Code, "53"): // out of resources
				return naru.Exhausted, true
			}
			return "", false
		},
	}
}

// translate turns an engine's error into a naru.Error where its kind is known, so
// that no driver type crosses the store's border.
func (d dialect) translate(err error) error {
	var known *naru.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	if errors.Is(err, sql.ErrNoRows) {
		return naru.NewError(naru.NotFound, "not_found").WithCause(err)
	}
	if kind, ok := d.kind(err); ok {
		return naru.NewError(kind, "store."+string(kind)).WithCause(err)
	}
	return err
}
