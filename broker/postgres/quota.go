package postgres

import (
	"context"
	"fmt"

	"naru/broker/kit"
)

// stage is how a database stands to its quota.
type stage int

const (
	// unknown: the broker has not looked since its start.
	unknown stage = iota
	// within: everything goes.
	within
	// over: sessions begin read-only.
	over
	// shut: nobody gets in.
	shut
)

// stageOf tells what a size asks for. A quarter above the quota leaves room for what is written between two
// looks, and for the deletions that make room again.
func stageOf(size, quota int64) stage {
	switch {
	case size > quota+quota/4:
		return shut
	case size > quota:
		return over
	}
	return within
}

func (e *engine) size(ctx context.Context, i kit.Instance) (size int64, err error) {
	if err = e.server.db.QueryRowContext(ctx, "SELECT pg_database_size($1::text::name)", databaseOf(i)).Scan(&size); err != nil {
		return 0, fmt.Errorf("postgres: size: %w", err)
	}
	return size, nil
}

// Sample reads size and active time, and holds the database to its quota.
func (e *engine) Sample(ctx context.Context, i kit.Instance) error {
	size, err := e.size(ctx, i)
	if err != nil {
		return err
	}
	e.ledger.SetLevel(i.ID, meterStorage, size)
	if err := e.look(ctx, i); err != nil {
		return err
	}
	return e.enforce(ctx, i, size)
}

// look counts the active time since the last look; the first after a start only takes note, because the
// server's counters may be older than the broker. A crash of the server sets them to zero.
func (e *engine) look(ctx context.Context, i kit.Instance) error {
	e.looking.Lock()
	defer e.looking.Unlock()
	var active int64
	err := e.server.db.QueryRowContext(ctx, "SELECT active_time::bigint FROM pg_stat_database WHERE datname = $1", databaseOf(i)).Scan(&active)
	if err != nil {
		return fmt.Errorf("postgres: active time: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	t := e.seen[i.Key]
	if t.known && active > t.active {
		e.ledger.Add(i.ID, meterActive, active-t.active)
	}
	t.active, t.known = active, true
	e.seen[i.Key] = t
	return nil
}

// sessionEnd bounds the wait for one session to end, in milliseconds.
const sessionEnd = 10_000

// lastLook ends every session, since the server tells activity when a session ends, and counts what they
// did while the database is still there. A database that is gone was counted.
func (e *engine) lastLook(ctx context.Context, i kit.Instance) error {
	there, err := e.exists(ctx, "pg_database", "datname", databaseOf(i))
	if err != nil || !there {
		return err
	}
	err = run(
		ctx, e.server.db, "ALTER DATABASE "+databaseOf(i)+" ALLOW_CONNECTIONS false",
		fmt.Sprintf("SELECT pg_terminate_backend(pid, %d) FROM pg_stat_activity WHERE datname = '%s'", sessionEnd, databaseOf(i)),
	)
	if err != nil {
		return err
	}
	return e.look(ctx, i)
}

// enforce moves the database to the stage its size asks for. New sessions begin in it, so those that are
// open end.
func (e *engine) enforce(ctx context.Context, i kit.Instance, size int64) error {
	database, to := databaseOf(i), stageOf(size, i.Plan.QuotaBytes)
	e.mu.Lock()
	t := e.seen[i.Key]
	e.mu.Unlock()
	if t.stage == to {
		return nil
	}
	statements := []string{"ALTER DATABASE " + database + " RESET default_transaction_read_only", connections(i)}
	if to != within {
		statements[0] = "ALTER DATABASE " + database + " SET default_transaction_read_only = on"
	}
	if to == shut {
		statements[1] = "ALTER DATABASE " + database + " CONNECTION LIMIT 0"
	}
	if to != within && to > t.stage {
		statements = append(statements, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+database+"'")
	}
	if err := run(ctx, e.server.db, statements...); err != nil {
		return err
	}
	if to != within || t.stage != unknown {
		e.log.Info("database moved at its quota", "instance", i.ID, "bytes", size, "quota", i.Plan.QuotaBytes, "read_only", to != within, "shut", to == shut)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	t = e.seen[i.Key]
	t.stage = to
	e.seen[i.Key] = t
	return nil
}
