package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"naru"
	"naru/flow/access"
)

const userColumns = `id, name, role, institution, provider, disabled, created_at, changed_at, password_until`

func scanUser(s scanner) (u access.User, err error) {
	var created, changed, until int64
	err = s.Scan(&u.ID, &u.Name, &u.Role, &u.Institution, &u.Provider, &u.Disabled, &created, &changed, &until)
	u.CreatedAt, u.ChangedAt, u.PasswordUntil = instant(created), instant(changed), instant(until)
	return u, err
}

// User implements access.Store.
func (tx *Tx) User(ctx context.Context, id string) (access.User, error) {
	u, err := cached(ctx, tx, "user "+id, nil, func(ctx context.Context) (access.User, error) {
		return one(ctx, tx, scanUser, `SELECT `+userColumns+` FROM account WHERE id = $1`, id)
	})
	return u, missing(err, "user", id)
}

// UserSecret implements access.Store.
func (tx *Tx) UserSecret(ctx context.Context, id string) (access.User, string, error) {
	u, err := tx.User(ctx, id)
	if err != nil {
		return u, "", err
	}
	phc, err := one(ctx, tx, scanText, `SELECT password FROM account WHERE id = $1`, id)
	return u, phc, err
}

// Users implements access.Store.
func (tx *Tx) Users(ctx context.Context, p naru.Page) (naru.List[access.User], error) {
	const q = `SELECT ` + userColumns + ` FROM account WHERE id > $1 ORDER BY id LIMIT $2`
	rows, err := collect(ctx, tx, scanUser, q, p.After, p.Size()+1)
	return page(rows, p, func(u access.User) string { return u.ID }), err
}

// PutUser implements access.Store.
func (tx *Tx) PutUser(ctx context.Context, u access.User, phc string) error {
	const q = `INSERT INTO account (id, name, role, institution, provider, password, disabled, created_at, changed_at, password_until)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role, institution = excluded.institution,
		provider = excluded.provider, password = excluded.password, disabled = excluded.disabled, changed_at = excluded.changed_at,
		password_until = excluded.password_until`
	return tx.exec(ctx, q, u.ID, u.Name, string(u.Role), u.Institution, u.Provider, phc, u.Disabled, micros(u.CreatedAt), micros(u.ChangedAt), micros(u.PasswordUntil))
}

// KnowsInstitution implements access.Store.
func (tx *Tx) KnowsInstitution(ctx context.Context, id string) (bool, error) {
	return tx.exists(ctx, `SELECT id FROM institution WHERE id = $1`, id)
}

// KnowsProvider implements access.Store.
func (tx *Tx) KnowsProvider(ctx context.Context, id string) (bool, error) {
	return tx.exists(ctx, `SELECT id FROM provider WHERE id = $1`, id)
}

// exists reports whether a query finds a row.
func (tx *Tx) exists(ctx context.Context, query string, args ...any) (bool, error) {
	_, err := one(ctx, tx, scanText, query, args...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

const sessionColumns = `digest, account, created_at, seen_at, expires, idle`

func scanSession(s scanner) (v access.Session, err error) {
	var created, seen, expires, idle int64
	err = s.Scan(&v.ID, &v.User, &created, &seen, &expires, &idle)
	v.CreatedAt, v.SeenAt, v.ExpiresAt, v.Idle = instant(created), instant(seen), instant(expires), time.Duration(idle)*time.Microsecond
	return v, err
}

// Session implements access.Store.
func (tx *Tx) Session(ctx context.Context, digest string) (access.Session, error) {
	v, err := one(ctx, tx, scanSession, `SELECT `+sessionColumns+` FROM session WHERE digest = $1`, digest)
	return v, missing(err, "session", digest)
}

// SessionsOf implements access.Store.
func (tx *Tx) SessionsOf(ctx context.Context, user string) ([]access.Session, error) {
	return collect(ctx, tx, scanSession, `SELECT `+sessionColumns+` FROM session WHERE account = $1 ORDER BY created_at, digest`, user)
}

// PutSession implements access.Store.
func (tx *Tx) PutSession(ctx context.Context, v access.Session) error {
	const q = `INSERT INTO session (digest, account, created_at, seen_at, expires, idle) VALUES ($1, $2, $3, $4, $5, $6)`
	return tx.exec(ctx, q, v.ID, v.User, micros(v.CreatedAt), micros(v.SeenAt), micros(v.ExpiresAt), v.Idle.Microseconds())
}

// TouchSession implements access.Store.
func (tx *Tx) TouchSession(ctx context.Context, digest string, now time.Time) error {
	return tx.exec(ctx, `UPDATE session SET seen_at = $1 WHERE digest = $2 AND seen_at < $1`, micros(now), digest)
}

// DropSession implements access.Store.
func (tx *Tx) DropSession(ctx context.Context, digest string) error {
	return tx.exec(ctx, `DELETE FROM session WHERE digest = $1`, digest)
}

// DropSessionsOf implements access.Store.
func (tx *Tx) DropSessionsOf(ctx context.Context, user, but string) error {
	return tx.exec(ctx, `DELETE FROM session WHERE account = $1 AND digest <> $2`, user, but)
}

// DropSessionsBefore implements access.Store.
func (tx *Tx) DropSessionsBefore(ctx context.Context, now time.Time) error {
	return tx.exec(ctx, `DELETE FROM session WHERE expires <= $1 OR seen_at + idle <= $1`, micros(now))
}

// SignInGuard implements access.Store.
func (tx *Tx) SignInGuard(ctx context.Context, key string) (access.Guard, error) {
	g, err := one(ctx, tx, func(s scanner) (g access.Guard, err error) {
		var last int64
		err = s.Scan(&g.Failures, &last)
		g.LastAt = instant(last)
		return g, err
	}, `SELECT failures, last_at FROM sign_in_guard WHERE name_digest = $1`, key)
	if errors.Is(err, sql.ErrNoRows) {
		return access.Guard{}, nil
	}
	return g, err
}

// PutSignInGuard implements access.Store.
func (tx *Tx) PutSignInGuard(ctx context.Context, key string, g access.Guard, before time.Time) error {
	if err := tx.exec(ctx, `DELETE FROM sign_in_guard WHERE last_at < $1`, micros(before)); err != nil {
		return err
	}
	if g.Failures == 0 {
		return tx.exec(ctx, `DELETE FROM sign_in_guard WHERE name_digest = $1`, key)
	}
	const q = `INSERT INTO sign_in_guard (name_digest, failures, last_at) VALUES ($1, $2, $3)
		ON CONFLICT (name_digest) DO UPDATE SET failures = excluded.failures, last_at = excluded.last_at`
	return tx.exec(ctx, q, key, g.Failures, micros(g.LastAt))
}
