package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"naru"
	"naru/flow/catalog"
	"naru/flow/meter"
	"naru/flow/provision"
)

func scanWindow(s scanner) (w meter.Window, err error) {
	var opened, closed int64
	err = s.Scan(&w.Instance, &w.Order, &w.Institution, &w.Provider, &opened, &closed)
	w.OpenedAt, w.ClosedAt = instant(opened), instant(closed)
	return w, err
}

const windowColumns = `instance, order_id, institution, provider, opened_at, closed_at`

// Window implements meter.Store.
func (tx *Tx) Window(ctx context.Context, id provision.InstanceID) (meter.Window, bool, error) {
	return maybe(cached(ctx, tx, windowKey(id), func([]meter.Window) []string { return windowTags(id) }, func(ctx context.Context) ([]meter.Window, error) {
		return collect(ctx, tx, scanWindow, `SELECT `+windowColumns+` FROM usage_window WHERE instance = $1`, id)
	}))
}

// optional turns "no row" into ok = false.
func optional[T any](v T, err error) (T, bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return v, false, nil
	}
	return v, err == nil, err
}

// Windows implements meter.Store.
func (tx *Tx) Windows(ctx context.Context, s meter.Span) ([]meter.Window, error) {
	return collect(ctx, tx, scanWindow, `SELECT `+windowColumns+` FROM usage_window
		WHERE opened_at < $1 AND (closed_at = 0 OR closed_at > $2) ORDER BY instance`, micros(s.To), micros(s.From))
}

func windowKey(id provision.InstanceID) string { return "window " + string(id) }

func windowTags(id provision.InstanceID) []string {
	return []string{"usage_window/instance=" + string(id)}
}

var windowRows = bulk{
	table: "usage_window", key: "instance", insert: `INSERT INTO usage_window (` + windowColumns + `)`,
	after: `ON CONFLICT (instance) DO UPDATE SET closed_at = excluded.closed_at`,
}

// PutWindow implements meter.Store.
func (tx *Tx) PutWindow(_ context.Context, w meter.Window) error {
	args := []any{string(w.Instance), string(w.Order), string(w.Institution), string(w.Provider), micros(w.OpenedAt), micros(w.ClosedAt)}
	stored, err := scanWindow(argRow(args))
	if err != nil {
		return fmt.Errorf("window %s: %w", w.Instance, err)
	}
	before, known := peek[[]meter.Window](tx, windowKey(w.Instance))
	tx.put(&windowRows, windowTags(w.Instance), args...)
	if !known {
		return nil
	}
	if len(before) > 0 { // of one that is there only the end changes
		closed := stored.ClosedAt
		stored = before[0]
		stored.ClosedAt = closed
	}
	tx.fill(windowKey(w.Instance), []meter.Window{stored}, windowTags(w.Instance), "usage_window")
	return nil
}

// FirstUse implements meter.Store.
func (tx *Tx) FirstUse(ctx context.Context) (time.Time, bool, error) {
	const q = `SELECT COALESCE(MIN(at), 0) FROM (SELECT MIN(opened_at) AS at FROM usage_window UNION ALL SELECT MIN(from_at) AS at FROM usage_line) AS first`
	us, err := one(ctx, tx, func(s scanner) (n int64, err error) { err = s.Scan(&n); return n, err }, q)
	return instant(us), us != 0, err
}

const usageColumns = `provider, line, instance, order_id, institution, meter, unit, quantity, from_at, to_at, month, late, seen_at, digest`

func scanUsage(s scanner) (u meter.Usage, err error) {
	var (
		quantity       string
		from, to, seen int64
	)
	err = s.Scan(&u.Provider, &u.Line, &u.Instance, &u.Order, &u.Institution, &u.Meter, &u.Unit, &quantity, &from, &to, &u.Month, &u.Late, &seen, &u.Digest)
	if err != nil {
		return u, err
	}
	u.From, u.To, u.SeenAt = instant(from), instant(to), instant(seen)
	u.Quantity, err = naru.ParseDecimal(quantity)
	return u, err
}

// UsageDigest implements meter.Store.
func (tx *Tx) UsageDigest(ctx context.Context, p catalog.ProviderID, line string) (string, bool, error) {
	return optional(one(ctx, tx, scanText, `SELECT digest FROM usage_line WHERE provider = $1 AND line = $2`, p, line))
}

// Usage implements meter.Store. The order is by provider and line.
func (tx *Tx) Usage(ctx context.Context, f meter.Filter, p naru.Page) (naru.List[meter.Usage], error) {
	provider, line, _ := strings.Cut(p.After, "/")
	const q = `SELECT ` + usageColumns + ` FROM usage_line WHERE ($1 = '' OR institution = $1) AND ($2 = '' OR provider = $2)
		AND ($3 = '' OR instance = $3) AND ($4 = '' OR month = $4) AND (provider, line) > ($5, $6) ORDER BY provider, line LIMIT $7`
	rows, err := collect(ctx, tx, scanUsage, q, f.Institution, f.Provider, f.Instance, f.Month, provider, line, p.Size()+1)
	return page(rows, p, func(u meter.Usage) string { return string(u.Provider) + "/" + u.Line }), err
}

// UsageOfMonth implements meter.Months.
func (tx *Tx) UsageOfMonth(ctx context.Context, m naru.Month, p catalog.ProviderID, line string, limit int) ([]meter.Usage, error) {
	const q = `SELECT ` + usageColumns + ` FROM usage_line WHERE month = $1 AND (provider, line) > ($2, $3) ORDER BY provider, line LIMIT $4`
	return collect(ctx, tx, scanUsage, q, m, p, line, limit)
}

// Coverage implements meter.Store.
func (tx *Tx) Coverage(ctx context.Context, id provision.InstanceID, s meter.Span) ([]meter.Covered, error) {
	return collect(ctx, tx, func(r scanner) (c meter.Covered, err error) {
		var from, to int64
		err = r.Scan(&c.Meter, &from, &to)
		c.From, c.To = instant(from), instant(to)
		return c, err
	}, `SELECT meter, from_at, to_at FROM usage_line WHERE instance = $1 AND from_at < $2 AND to_at >= $3 ORDER BY from_at`, id, micros(s.To), micros(s.From))
}

// PutUsage implements meter.Store. A line is written once; a second one is a conflict.
func (tx *Tx) PutUsage(ctx context.Context, u meter.Usage) error {
	return tx.exec(ctx, `INSERT INTO usage_line (`+usageColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		u.Provider, u.Line, u.Instance, u.Order, u.Institution, u.Meter, u.Unit, u.Quantity.String(), micros(u.From), micros(u.To),
		u.Month, u.Late, micros(u.SeenAt), u.Digest)
}

const asideColumns = `provider, digest, line, month, reason, reading, seen_at, dismissed_by, why`

func scanAside(s scanner) (a meter.Aside, err error) {
	var (
		reason, reading string
		seen            int64
	)
	if err := s.Scan(&a.Provider, &a.Digest, &a.Line, &a.Month, &reason, &reading, &seen, &a.DismissedBy, &a.Why); err != nil {
		return a, err
	}
	a.SeenAt = instant(seen)
	if err := messageFrom(reason, &a.Reason); err != nil {
		return a, err
	}
	return a, fromJSON(reading, &a.Reading)
}

// fromJSON and toJSON keep a value that is never searched by its parts in one column.
func fromJSON(text string, v any) error {
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return fmt.Errorf("stored value: %w", err)
	}
	return nil
}

func toJSON(v any) (string, error) {
	raw, err := json.Marshal(v)
	return string(raw), err
}

// PutAside implements meter.Store.
func (tx *Tx) PutAside(ctx context.Context, a meter.Aside) (bool, error) {
	reading, err := toJSON(a.Reading)
	if err != nil {
		return false, err
	}
	n, err := tx.affected(ctx, `INSERT INTO usage_aside (`+asideColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
		a.Provider, a.Digest, a.Line, a.Month, messageText(a.Reason), reading, micros(a.SeenAt), a.DismissedBy, a.Why)
	return n > 0, err
}

// AsideBy implements meter.Store.
func (tx *Tx) AsideBy(ctx context.Context, p catalog.ProviderID, digest string) (meter.Aside, error) {
	a, err := one(ctx, tx, scanAside, `SELECT `+asideColumns+` FROM usage_aside WHERE provider = $1 AND digest = $2`, p, digest)
	return a, missing(err, "reading", digest)
}

// AsideOf implements meter.Store.
func (tx *Tx) AsideOf(ctx context.Context, m naru.Month) ([]meter.Aside, error) {
	return collect(ctx, tx, scanAside, `SELECT `+asideColumns+` FROM usage_aside WHERE month <= $1 AND dismissed_by = '' ORDER BY provider, line, digest`, m)
}

// DismissAside implements meter.Store.
func (tx *Tx) DismissAside(ctx context.Context, a meter.Aside) error {
	return tx.exec(ctx, `UPDATE usage_aside SET dismissed_by = $1, why = $2 WHERE provider = $3 AND digest = $4`, a.DismissedBy, a.Why, a.Provider, a.Digest)
}

// Explanations implements meter.Store.
func (tx *Tx) Explanations(ctx context.Context, id provision.InstanceID) ([]meter.Explanation, error) {
	return collect(ctx, tx, func(s scanner) (e meter.Explanation, err error) {
		var from, to, at int64
		err = s.Scan(&e.Instance, &e.Meter, &from, &to, &e.Reason, &e.By, &at)
		e.From, e.To, e.At = instant(from), instant(to), instant(at)
		return e, err
	}, `SELECT instance, meter, from_at, to_at, reason, by_user, at FROM usage_explanation WHERE instance = $1 ORDER BY from_at, at`, id)
}

// PutExplanation implements meter.Store.
func (tx *Tx) PutExplanation(ctx context.Context, e meter.Explanation) error {
	return tx.exec(ctx, `INSERT INTO usage_explanation (instance, meter, from_at, to_at, reason, by_user, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		e.Instance, e.Meter, micros(e.From), micros(e.To), e.Reason, e.By, micros(e.At))
}

// scanState reads a value kept as JSON.
func scanState[T any](s scanner) (v T, err error) {
	text, err := scanText(s)
	if err != nil {
		return v, err
	}
	return v, fromJSON(text, &v)
}

// Collection implements meter.Store.
func (tx *Tx) Collection(ctx context.Context, p catalog.ProviderID) (meter.Collection, error) {
	v, ok, err := optional(one(ctx, tx, scanState[meter.Collection], `SELECT state FROM usage_collection WHERE provider = $1`, p))
	if !ok {
		v.Provider = p
	}
	return v, err
}

// Collections implements meter.Store.
func (tx *Tx) Collections(ctx context.Context) ([]meter.Collection, error) {
	return collect(ctx, tx, scanState[meter.Collection], `SELECT state FROM usage_collection ORDER BY provider`)
}

// PutCollection implements meter.Store.
func (tx *Tx) PutCollection(ctx context.Context, v meter.Collection) error {
	return tx.putState(ctx, `INSERT INTO usage_collection (provider, state) VALUES ($1, $2) ON CONFLICT (provider) DO UPDATE SET state = excluded.state`, string(v.Provider), v)
}

// putState stores a value as JSON under a key.
func (tx *Tx) putState(ctx context.Context, query, key string, v any) error {
	text, err := toJSON(v)
	if err != nil {
		return err
	}
	return tx.exec(ctx, query, key, text)
}

// LastSeal implements meter.Store.
func (tx *Tx) LastSeal(ctx context.Context) (meter.Seal, bool, error) {
	return optional(one(ctx, tx, scanState[meter.Seal], `SELECT state FROM usage_seal ORDER BY month DESC LIMIT 1`))
}

// Seals implements meter.Store.
func (tx *Tx) Seals(ctx context.Context) ([]meter.Seal, error) {
	return collect(ctx, tx, scanState[meter.Seal], `SELECT state FROM usage_seal ORDER BY month DESC`)
}

// PutSeal implements meter.Store. A month is sealed once.
func (tx *Tx) PutSeal(ctx context.Context, v meter.Seal) error {
	return tx.putState(ctx, `INSERT INTO usage_seal (month, state) VALUES ($1, $2)`, string(v.Month), v)
}
