package store

import (
	"context"
	"encoding/json"
	"fmt"

	"naru"
	"naru/flow/catalog"
	"naru/flow/provision"
)

const bindingColumns = `id, instance, params, digest, platform_id, end_user, requested_by, created_at, ready_at, deleted_at, version, ` + workColumns +
	`, predecessor, resource, expires_at, renew_before`

func scanBinding(s scanner) (b provision.Binding, err error) {
	var (
		x                       workScan
		params, resource        string
		created, ready, deleted int64
		expires, renew          int64
	)
	dest := []any{&b.ID, &b.Instance, &params, &b.Digest, &b.PlatformID, &b.EndUser, &b.RequestedBy, &created, &ready, &deleted, &b.Version}
	dest = append(append(dest, x.into(&b.Work)...), &b.Predecessor, &resource, &expires, &renew)
	if err := s.Scan(dest...); err != nil {
		return b, err
	}
	b.Params, b.Resource = bytesOrNil(params), bytesOrNil(resource)
	b.ExpiresAt, b.RenewBefore = instant(expires), instant(renew)
	b.CreatedAt, b.ReadyAt, b.DeletedAt = instant(created), instant(ready), instant(deleted)
	return b, x.finish(&b.Work)
}

// Binding implements provision.Store.
func (tx *Tx) Binding(ctx context.Context, id provision.BindingID) (provision.Binding, error) {
	b, err := one(ctx, tx, scanBinding, `SELECT `+bindingColumns+` FROM binding WHERE id = $1`, string(id))
	return b, missing(err, "binding", string(id))
}

// BindingOf implements provision.Store.
func (tx *Tx) BindingOf(ctx context.Context, i provision.InstanceID, platformID string) (provision.Binding, bool, error) {
	const q = `SELECT ` + bindingColumns + ` FROM binding WHERE instance = $1 AND platform_id = $2 ORDER BY id DESC LIMIT 1`
	return maybe(collect(ctx, tx, scanBinding, q, string(i), platformID))
}

// Bindings implements provision.Store.
func (tx *Tx) Bindings(ctx context.Context, i provision.InstanceID) ([]provision.Binding, error) {
	return collect(ctx, tx, scanBinding, `SELECT `+bindingColumns+` FROM binding WHERE instance = $1 ORDER BY id`, string(i))
}

// BindingsAt implements provision.Store.
func (tx *Tx) BindingsAt(ctx context.Context, p catalog.ProviderID) ([]provision.Binding, error) {
	const q = `SELECT ` + bindingColumns + ` FROM binding WHERE instance IN (SELECT id FROM instance WHERE provider = $1) ORDER BY id`
	return collect(ctx, tx, scanBinding, q, string(p))
}

// PutBinding implements provision.Store. It raises the version.
func (tx *Tx) PutBinding(ctx context.Context, b provision.Binding) error {
	const q = `INSERT INTO binding (` + bindingColumns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
		ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at, renew_before = excluded.renew_before, ready_at = excluded.ready_at, deleted_at = excluded.deleted_at,
		version = excluded.version, state = excluded.state, phase = excluded.phase, operation = excluded.operation,
		call_id = excluded.call_id, unsure = excluded.unsure, attempts = excluded.attempts, since = excluded.since,
		next_at = excluded.next_at, fault = excluded.fault, trouble = excluded.trouble`
	args := []any{
		string(b.ID), string(b.Instance), string(b.Params), b.Digest, b.PlatformID, b.EndUser, b.RequestedBy,
		micros(b.CreatedAt), micros(b.ReadyAt), micros(b.DeletedAt), b.Version + 1,
	}
	args = append(append(args, workArgs(&b.Work)...), string(b.Predecessor), string(b.Resource), micros(b.ExpiresAt), micros(b.RenewBefore))
	return tx.exec(ctx, q, args...)
}

// PutCredentials implements provision.Store: sealed to the binding they belong to.
func (tx *Tx) PutCredentials(ctx context.Context, b provision.BindingID, secret naru.Secret) error {
	if secret.IsZero() {
		return tx.exec(ctx, `DELETE FROM binding_secret WHERE binding = $1`, string(b))
	}
	sealed, err := tx.sealer.Seal(string(b), secret)
	if err != nil {
		return err
	}
	const q = `INSERT INTO binding_secret (binding, sealed) VALUES ($1, $2) ON CONFLICT (binding) DO UPDATE SET sealed = excluded.sealed`
	return tx.exec(ctx, q, string(b), sealed)
}

// Credentials implements provision.Store.
func (tx *Tx) Credentials(ctx context.Context, b provision.BindingID) (naru.Secret, error) {
	sealed, err := one(ctx, tx, scanBytes, `SELECT sealed FROM binding_secret WHERE binding = $1`, string(b))
	if err != nil {
		return naru.Secret{}, missing(err, "credentials", string(b))
	}
	return tx.sealer.Unseal(string(b), sealed)
}

func scanBytes(s scanner) (b []byte, err error) {
	err = s.Scan(&b)
	return b, err
}

const censusColumns = `id, provider, at, held, known, findings, fault, way, looked, unseen, billed, through`

// PutCensus implements provision.Store.
func (tx *Tx) PutCensus(ctx context.Context, c provision.Census) error {
	findings, err := json.Marshal(c.Findings)
	if err != nil {
		return fmt.Errorf("census of %s: %w", c.Provider, err)
	}
	const q = `INSERT INTO census (` + censusColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`
	return tx.exec(ctx, q, c.ID, string(c.Provider), micros(c.At), c.Held, c.Known, string(findings), messageText(c.Fault), string(c.Way), c.Looked,
		c.Unseen, c.Billed, string(c.Through))
}

// Censuses implements provision.Store: the newest first.
func (tx *Tx) Censuses(ctx context.Context, of catalog.ProviderID, p naru.Page) (naru.List[provision.Census], error) {
	const q = `SELECT ` + censusColumns + ` FROM census
		WHERE ($1 = '' OR provider = $1) AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3`
	rows, err := collect(ctx, tx, scanCensus, q, string(of), p.After, p.Size()+1)
	return page(rows, p, func(c provision.Census) string { return c.ID }), err
}

func scanCensus(s scanner) (c provision.Census, err error) {
	var (
		at              int64
		findings, fault string
	)
	if err := s.Scan(&c.ID, &c.Provider, &at, &c.Held, &c.Known, &findings, &fault, &c.Way, &c.Looked, &c.Unseen, &c.Billed, &c.Through); err != nil {
		return c, err
	}
	c.At = instant(at)
	if err := json.Unmarshal([]byte(findings), &c.Findings); err != nil {
		return c, fmt.Errorf("census %s: %w", c.ID, err)
	}
	return c, messageFrom(fault, &c.Fault)
}
