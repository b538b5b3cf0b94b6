package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"naru/base/op"
	"naru/base/record"
)

const (
	callers = 64  // at the same time
	writes  = 100 // of each
)

// groupCommit compares 64 callers that each write small transactions through naru's store, which commits them in groups,
// with the same callers on the same kind of file where every write is a transaction of its own. Both sync every commit.
func groupCommit(ctx context.Context, b *bed) (float64, error) {
	if err := b.ready(ctx); err != nil {
		return 0, err
	}
	grouped, err := together(func(n int) error {
		return b.db.Write(ctx, func(ctx context.Context, tx op.Tx) error {
			return tx.AppendEntries(ctx, []record.Entry{{At: time.Now().UTC(), Op: "bench.write", Outcome: record.Done, Call: fmt.Sprint(n), User: "bench", Role: "operator"}})
		})
	})
	if err != nil {
		return 0, err
	}
	single, err := singleCommits(ctx, filepath.Join(b.dir, "peer.db"))
	return single / grouped, err
}

// singleCommits is the peer: one connection, one transaction per write, as SQLite's own documentation advises.
func singleCommits(ctx context.Context, path string) (seconds float64, err error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		return 0, err
	}
	defer func() {
		if cerr := db.Close(); err == nil {
			err = cerr
		}
	}()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, "CREATE TABLE entry (n BIGINT PRIMARY KEY, at BIGINT, op TEXT, call_id TEXT)"); err != nil {
		return 0, err
	}
	return together(func(n int) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO entry VALUES ($1, $2, $3, $4)", n, time.Now().UnixMicro(), "bench.write", fmt.Sprint(n)); err != nil {
			_ = tx.Rollback() // the first error counts
			return err
		}
		return tx.Commit()
	})
}

// together runs the writes of all callers and gives the seconds that took.
func together(write func(n int) error) (float64, error) {
	var wg sync.WaitGroup
	var failed atomic.Pointer[error]
	start := time.Now()
	for c := range callers {
		wg.Go(func() {
			for i := range writes {
				if err := write(c*writes + i); err != nil {
					failed.Store(&err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return time.Since(start).Seconds(), nil
}
