package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
)

// querier is what *sql.Conn and *sql.Tx share.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// counted counts what is sent to the engine.
type counted struct {
	querier
	n *atomic.Int64
}

func (c counted) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	c.n.Add(1)
	return c.querier.ExecContext(ctx, query, args...)
}

func (c counted) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	c.n.Add(1)
	return c.querier.QueryContext(ctx, query, args...)
}

func (c counted) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	c.n.Add(1)
	return c.querier.QueryRowContext(ctx, query, args...)
}

// unknown is the version of a snapshot nothing was read from yet.
const unknown = -1

// snapshot is what one read sees: remembered results of one version, and a transaction
// of the same version once something is not remembered.
type snapshot struct {
	db      *DB
	tx      *sql.Tx
	version int64
	fresh   bool // begin with the transaction: memory changed under earlier attempts
	mixed   bool
}

// begin opens the transaction.
func (s *snapshot) begin(ctx context.Context) (querier, error) {
	if s.tx != nil {
		return counted{s.tx, &s.db.count}, nil
	}
	tx, err := s.db.read.BeginTx(ctx, s.db.dialect.beginRead)
	if err != nil {
		return nil, err
	}
	s.tx = tx
	s.db.count.Add(1)
	q := counted{tx, &s.db.count}
	var version int64
	if err := q.QueryRowContext(ctx, `SELECT version FROM record_head WHERE id = 1`).Scan(&version); err != nil {
		return nil, fmt.Errorf("version: %w", err)
	}
	s.db.cache.seen(version)
	if s.version != unknown && s.version != version {
		s.mixed = true
		return nil, errMixed
	}
	s.version = version
	return q, nil
}

// get returns what is remembered as of the snapshot's version.
func (s *snapshot) get(ctx context.Context, key string) (*entry, error) {
	if s.fresh && s.tx == nil {
		if _, err := s.begin(ctx); err != nil {
			return nil, err
		}
	}
	e, version := s.db.cache.get(key)
	switch {
	case e == nil:
		return nil, nil
	case s.version == unknown:
		s.version = version
	case s.version == version:
	case s.tx != nil:
		return nil, nil
	default:
		s.mixed = true
		return nil, errMixed
	}
	return e, nil
}

func (s *snapshot) end() {
	if s.tx != nil {
		s.db.count.Add(1)
		_ = s.tx.Rollback() // nothing to keep
	}
}
