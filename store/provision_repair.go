package store

import (
	"context"

	"naru"
	"naru/flow/provision"
)

const inspectionColumns = `id, instance, binding, provider, institution, asked_by, asked_at, seen_at, found, status, broker_code, broker_words,
	service, plan, dashboard, fault`

func scanInspection(s scanner) (n provision.Inspection, err error) {
	var (
		asked, seen int64
		fault       string
	)
	if err := s.Scan(&n.ID, &n.Instance, &n.Binding, &n.Provider, &n.Institution, &n.AskedBy, &asked, &seen, &n.Found, &n.Status,
		&n.BrokerCode, &n.BrokerWords, &n.Service, &n.Plan, &n.Dashboard, &fault); err != nil {
		return n, err
	}
	n.AskedAt, n.SeenAt = instant(asked), instant(seen)
	return n, messageFrom(fault, &n.Fault)
}

// Inspection implements provision.Store.
func (tx *Tx) Inspection(ctx context.Context, id string) (provision.Inspection, error) {
	n, err := one(ctx, tx, scanInspection, `SELECT `+inspectionColumns+` FROM inspection WHERE id = $1`, id)
	return n, missing(err, "inspection", id)
}

// Inspections implements provision.Store: the newest first.
func (tx *Tx) Inspections(ctx context.Context, i provision.InstanceID, p naru.Page) (naru.List[provision.Inspection], error) {
	const q = `SELECT ` + inspectionColumns + ` FROM inspection WHERE instance = $1 AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3`
	rows, err := collect(ctx, tx, scanInspection, q, string(i), p.After, p.Size()+1)
	return page(rows, p, func(n provision.Inspection) string { return n.ID }), err
}

// PutInspection implements provision.Store.
func (tx *Tx) PutInspection(ctx context.Context, n provision.Inspection) error {
	const q = `INSERT INTO inspection (` + inspectionColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
		ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, found = excluded.found, status = excluded.status,
		broker_code = excluded.broker_code, broker_words = excluded.broker_words, service = excluded.service, plan = excluded.plan,
		dashboard = excluded.dashboard, fault = excluded.fault`
	return tx.exec(ctx, q, n.ID, string(n.Instance), string(n.Binding), string(n.Provider), string(n.Institution), n.AskedBy, micros(n.AskedAt),
		micros(n.SeenAt), string(n.Found), n.Status, n.BrokerCode, n.BrokerWords, n.Service, n.Plan, n.Dashboard, messageText(n.Fault))
}

const writeOffColumns = `id, instance, binding, provider, institution, state, reason, proposed_by, proposed_at, decided_by, decided_at`

func scanWriteOff(s scanner) (w provision.WriteOff, err error) {
	var proposed, decided int64
	err = s.Scan(&w.ID, &w.Instance, &w.Binding, &w.Provider, &w.Institution, &w.State, &w.Reason, &w.ProposedBy, &proposed, &w.DecidedBy, &decided)
	w.ProposedAt, w.DecidedAt = instant(proposed), instant(decided)
	return w, err
}

// WriteOff implements provision.Store.
func (tx *Tx) WriteOff(ctx context.Context, id provision.WriteOffID) (provision.WriteOff, error) {
	w, err := one(ctx, tx, scanWriteOff, `SELECT `+writeOffColumns+` FROM write_off WHERE id = $1`, string(id))
	return w, missing(err, "write_off", string(id))
}

// ProposedWriteOff implements provision.Store.
func (tx *Tx) ProposedWriteOff(ctx context.Context, i provision.InstanceID, b provision.BindingID) (provision.WriteOff, bool, error) {
	const q = `SELECT ` + writeOffColumns + ` FROM write_off WHERE instance = $1 AND binding = $2 AND state = 'proposed'`
	return maybe(collect(ctx, tx, scanWriteOff, q, string(i), string(b)))
}

// WriteOffs implements provision.Store: the newest first.
func (tx *Tx) WriteOffs(ctx context.Context, f provision.WriteOffFilter, p naru.Page) (naru.List[provision.WriteOff], error) {
	const q = `SELECT ` + writeOffColumns + ` FROM write_off WHERE ($1 = '' OR institution = $1) AND ($2 = '' OR provider = $2)
		AND ($3 = '' OR instance = $3) AND ($4 = '' OR state = $4) AND ($5 = '' OR id < $5) ORDER BY id DESC LIMIT $6`
	rows, err := collect(ctx, tx, scanWriteOff, q, string(f.Institution), string(f.Provider), string(f.Instance), string(f.State), p.After, p.Size()+1)
	return page(rows, p, func(w provision.WriteOff) string { return string(w.ID) }), err
}

// PutWriteOff implements provision.Store.
func (tx *Tx) PutWriteOff(ctx context.Context, w provision.WriteOff) error {
	const q = `INSERT INTO write_off (` + writeOffColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, decided_by = excluded.decided_by, decided_at = excluded.decided_at`
	return tx.exec(ctx, q, string(w.ID), string(w.Instance), string(w.Binding), string(w.Provider), string(w.Institution), string(w.State), w.Reason,
		w.ProposedBy, micros(w.ProposedAt), w.DecidedBy, micros(w.DecidedAt))
}
