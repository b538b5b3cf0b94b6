package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// migrations are applied in the order of their names, each once, each in its own
// transaction, the same text on both engines. A migration only adds.
//
//go:embed migrate/*.sql
var migrations embed.FS

// Schema tells sets of migrations apart, for those who keep a migrated database: it changes with every name and text.
func Schema() (string, error) {
	names, err := fs.Glob(migrations, "migrate/*.sql")
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, name := range names {
		text, err := migrations.ReadFile(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d\n%s", name, len(text), text)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

// migrate applies what is missing. Two processes that start at once on PostgreSQL
// wait for each other at the write lock.
func migrate(ctx context.Context, conn *sql.Conn, d dialect) error {
	names, err := fs.Glob(migrations, "migrate/*.sql")
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, stmt := range d.beginWrite {
		if _, err := conn.ExecContext(ctx, stmt); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
	}
	if err := applyMissing(ctx, conn, names); err != nil {
		_, _ = conn.ExecContext(ctx, "ROLLBACK") // the first error is the one that counts
		return err
	}
	_, err = conn.ExecContext(ctx, "COMMIT")
	return err
}

func applyMissing(ctx context.Context, conn *sql.Conn, names []string) error {
	const table = `CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY)`
	if _, err := conn.ExecContext(ctx, table); err != nil {
		return err
	}
	for _, path := range names {
		name := strings.TrimSuffix(strings.TrimPrefix(path, "migrate/"), ".sql")
		var n int
		if err := conn.QueryRowContext(ctx, `SELECT COUNT(*) FROM migration WHERE name = $1`, name).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		if err := apply(ctx, conn, path); err != nil {
			return fmt.Errorf("migration %s: %w", name, err)
		}
		if _, err := conn.ExecContext(ctx, `INSERT INTO migration (name) VALUES ($1)`, name); err != nil {
			return err
		}
	}
	return nil
}

// apply runs the statements of one file, separated by a semicolon at a line's end.
func apply(ctx context.Context, conn *sql.Conn, path string) error {
	text, err := migrations.ReadFile(path)
	if err != nil {
		return err
	}
	for stmt := range strings.SplitSeq(string(text), ";\n") {
		if strings.TrimSpace(stmt) == "" {
			continue
		}
		if _, err := conn.ExecContext(ctx, stmt); err != nil {
			return err
		}
	}
	return nil
}
