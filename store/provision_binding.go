package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

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

func bindingKey(id provision.BindingID) string { return "binding " + string(id) }

func bindingTag(id provision.BindingID) string { return "binding/id=" + string(id) }

func bindingsKey(of provision.InstanceID) string { return "bindings " + string(of) }

// bindingsTags are those of the bindings of an instance, which a binding never leaves.
func bindingsTags(of provision.InstanceID) []string {
	return []string{"binding/instance=" + string(of)}
}

// Binding implements provision.Store.
func (tx *Tx) Binding(ctx context.Context, id provision.BindingID) (provision.Binding, error) {
	b, err := cached(ctx, tx, bindingKey(id), func(provision.Binding) []string { return []string{bindingTag(id)} }, func(ctx context.Context) (provision.Binding, error) {
		return one(ctx, tx, scanBinding, `SELECT `+bindingColumns+` FROM binding WHERE id = $1`, string(id))
	})
	return b, missing(err, "binding", string(id))
}

// BindingOf implements provision.Store.
func (tx *Tx) BindingOf(ctx context.Context, i provision.InstanceID, platformID string) (provision.Binding, bool, error) {
	list, err := tx.bindings(ctx, i)
	for _, b := range slices.Backward(list) {
		if b.PlatformID == platformID {
			return b, err == nil, err
		}
	}
	return provision.Binding{}, false, err
}

// Bindings implements provision.Store.
func (tx *Tx) Bindings(ctx context.Context, i provision.InstanceID) ([]provision.Binding, error) {
	list, err := tx.bindings(ctx, i)
	return slices.Clone(list), err
}

func (tx *Tx) bindings(ctx context.Context, i provision.InstanceID) ([]provision.Binding, error) {
	return cached(ctx, tx, bindingsKey(i), func([]provision.Binding) []string { return bindingsTags(i) }, func(ctx context.Context) ([]provision.Binding, error) {
		return collect(ctx, tx, scanBinding, `SELECT `+bindingColumns+` FROM binding WHERE instance = $1 ORDER BY id`, string(i))
	})
}

// BindingsAt implements provision.Store.
func (tx *Tx) BindingsAt(ctx context.Context, p catalog.ProviderID) ([]provision.Binding, error) {
	const q = `SELECT ` + bindingColumns + ` FROM binding WHERE instance IN (SELECT id FROM instance WHERE provider = $1) ORDER BY id`
	return collect(ctx, tx, scanBinding, q, string(p))
}

var bindingRows = bulk{
	table: "binding", key: "id", needs: []string{"instance"}, insert: `INSERT INTO binding (` + bindingColumns + `)`,
	after: `ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at, renew_before = excluded.renew_before, ready_at = excluded.ready_at, deleted_at = excluded.deleted_at,
		version = excluded.version, state = excluded.state, phase = excluded.phase, operation = excluded.operation,
		call_id = excluded.call_id, unsure = excluded.unsure, attempts = excluded.attempts, since = excluded.since,
		next_at = excluded.next_at, fault = excluded.fault, trouble = excluded.trouble`,
}

// PutBinding implements provision.Store. It raises the version.
func (tx *Tx) PutBinding(_ context.Context, b provision.Binding) error {
	args := []any{
		string(b.ID), string(b.Instance), string(b.Params), b.Digest, b.PlatformID, b.EndUser, b.RequestedBy,
		micros(b.CreatedAt), micros(b.ReadyAt), micros(b.DeletedAt), b.Version + 1,
	}
	args = append(append(args, workArgs(&b.Work)...), string(b.Predecessor), string(b.Resource), micros(b.ExpiresAt), micros(b.RenewBefore))
	return tx.keepBinding(b, args)
}

// keepBinding puts the row, and remembers it as it will be read.
func (tx *Tx) keepBinding(b provision.Binding, args []any) error {
	stored, err := scanBinding(argRow(args))
	if err != nil {
		return fmt.Errorf("binding %s: %w", b.ID, err)
	}
	list, known := peek[[]provision.Binding](tx, bindingsKey(b.Instance))
	tx.put(&bindingRows, append(bindingsTags(b.Instance), bindingTag(b.ID)), args...)
	tx.fill(bindingKey(b.ID), stored, []string{bindingTag(b.ID)}, "binding")
	if known {
		n, there := slices.BinarySearchFunc(list, b.ID, func(b provision.Binding, id provision.BindingID) int {
			return strings.Compare(string(b.ID), string(id))
		})
		list = slices.Clone(list)
		if there {
			list[n] = stored
		} else {
			list = slices.Insert(list, n, stored)
		}
		tx.fill(bindingsKey(b.Instance), list, bindingsTags(b.Instance), "binding")
	}
	return nil
}

var secretRows = bulk{
	table: "binding_secret", key: "binding", needs: []string{"binding"}, insert: `INSERT INTO binding_secret (binding, sealed)`,
	after: `ON CONFLICT (binding) DO UPDATE SET sealed = excluded.sealed`,
}

func secretTags(b provision.BindingID) []string {
	return []string{"binding_secret/binding=" + string(b)}
}

// PutCredentials implements provision.Store: sealed to the binding they belong to.
func (tx *Tx) PutCredentials(_ context.Context, b provision.BindingID, secret naru.Secret) error {
	if secret.IsZero() {
		tx.remove(&secretRows, secretTags(b), string(b))
		return nil
	}
	sealed, err := tx.sealer.Seal(string(b), secret)
	if err != nil {
		return err
	}
	tx.put(&secretRows, secretTags(b), string(b), sealed)
	tx.fill("secret "+string(b), sealed, secretTags(b), "binding_secret")
	return nil
}

// Credentials implements provision.Store. Only what is sealed is remembered.
func (tx *Tx) Credentials(ctx context.Context, b provision.BindingID) (naru.Secret, error) {
	sealed, err := cached(ctx, tx, "secret "+string(b), func([]byte) []string { return secretTags(b) }, func(ctx context.Context) ([]byte, error) {
		return one(ctx, tx, scanBytes, `SELECT sealed FROM binding_secret WHERE binding = $1`, string(b))
	})
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
