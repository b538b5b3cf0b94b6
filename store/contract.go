package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"naru"
	"naru/flow/contract"
	"naru/flow/inventory"
)

const orderColumns = `o.id, o.key, o.institution, o.system, o.component, o.provider, o.service, o.plan, o.track, o.purpose,
	o.valid_from, o.valid_to, o.hold, o.held, o.spent, o.prices, o.basis, o.state, o.reason, o.requested_by, o.decided_by,
	o.requested_at, o.decided_at, o.ended_at, o.synthetic, o.version`

// scanOrder reads an order and, behind its columns, what the caller adds.
func scanOrder(s scanner, more ...any) (o contract.Order, err error) {
	var (
		prices, basis             []byte
		requested, decided, ended int64
	)
	dest := []any{
		&o.ID, &o.Key, &o.Institution, &o.System, &o.Component, &o.Provider, &o.Service, &o.Plan, &o.Track, &o.Purpose,
		&o.From, &o.To, &o.Hold, &o.Held, &o.Spent, &prices, &basis, &o.State, &o.Reason, &o.RequestedBy, &o.DecidedBy,
		&requested, &decided, &ended, &o.Synthetic, &o.Version,
	}
	if err := s.Scan(append(dest, more...)...); err != nil {
		return o, err
	}
	o.RequestedAt, o.DecidedAt, o.EndedAt = instant(requested), instant(decided), instant(ended)
	if err := json.Unmarshal(prices, &o.Prices); err != nil {
		return o, fmt.Errorf("prices of %s: %w", o.ID, err)
	}
	err = json.Unmarshal(basis, &o.Basis)
	return o, err
}

// Order implements contract.Store.
func (tx *Tx) Order(ctx context.Context, id contract.OrderID) (contract.Order, error) {
	const q = `SELECT ` + orderColumns + ` FROM purchase o WHERE o.id = $1`
	o, err := cached(ctx, tx, "order "+string(id), nil, func(ctx context.Context) (contract.Order, error) {
		return one(ctx, tx, func(s scanner) (contract.Order, error) { return scanOrder(s) }, q, id)
	})
	o.Prices = slices.Clone(o.Prices)
	return o, missing(err, "order", string(id))
}

// OrderByKey implements contract.Store.
func (tx *Tx) OrderByKey(ctx context.Context, of inventory.InstitutionID, key string) (o contract.Order, ok bool, err error) {
	const q = `SELECT ` + orderColumns + ` FROM purchase o WHERE o.institution = $1 AND o.key = $2`
	rows, err := collect(ctx, tx, func(s scanner) (contract.Order, error) { return scanOrder(s) }, q, of, key)
	if err != nil || len(rows) == 0 {
		return o, false, err
	}
	return rows[0], true, nil
}

const orderRows = `SELECT ` + orderColumns + `, i.name, y.name, COALESCE(c.name, ''), v.name, v.name_en, s.name, s.name_en, p.name, p.name_en
	FROM purchase o JOIN institution i ON i.id = o.institution JOIN system y ON y.id = o.system LEFT JOIN component c ON c.id = o.component
	JOIN provider v ON v.id = o.provider JOIN service s ON s.id = o.service JOIN service_plan p ON p.id = o.plan`

func scanOrderRow(s scanner) (r contract.OrderRow, err error) {
	r.Order, err = scanOrder(s, &r.InstitutionName, &r.SystemName, &r.ComponentName, &r.ProviderName.Ko, &r.ProviderName.En,
		&r.ServiceName.Ko, &r.ServiceName.En, &r.PlanName.Ko, &r.PlanName.En)
	return r, err
}

// OrderRow implements contract.Store.
func (tx *Tx) OrderRow(ctx context.Context, id contract.OrderID) (contract.OrderRow, error) {
	r, err := one(ctx, tx, scanOrderRow, orderRows+` WHERE o.id = $1`, id)
	return r, missing(err, "order", string(id))
}

// Orders implements contract.Store. The newest comes first, as ids grow with time.
func (tx *Tx) Orders(ctx context.Context, f contract.Filter, p naru.Page) (naru.List[contract.OrderRow], error) {
	rows, err := collect(ctx, tx, scanOrderRow, orderRows+` WHERE ($1 = '' OR o.institution = $1) AND ($2 = '' OR o.system = $2)
		AND ($3 = '' OR o.provider = $3) AND ($4 = '' OR o.state = $4) AND ($5 = '' OR o.id < $5) ORDER BY o.id DESC LIMIT $6`,
		f.Institution, f.System, f.Provider, f.State, p.After, p.Size()+1)
	return page(rows, p, func(r contract.OrderRow) string { return string(r.ID) }), err
}

// PutOrder implements contract.Store. What an order is for never changes.
func (tx *Tx) PutOrder(ctx context.Context, o contract.Order) error {
	prices, err := json.Marshal(o.Prices)
	if err != nil {
		return fmt.Errorf("prices of %s: %w", o.ID, err)
	}
	basis, err := json.Marshal(o.Basis)
	if err != nil {
		return fmt.Errorf("basis of %s: %w", o.ID, err)
	}
	const q = `INSERT INTO purchase (id, key, institution, system, component, provider, service, plan, track, purpose, valid_from, valid_to,
		hold, held, spent, prices, basis, state, reason, requested_by, decided_by, requested_at, decided_at, ended_at, synthetic, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)
		ON CONFLICT (id) DO UPDATE SET held = excluded.held, spent = excluded.spent, basis = excluded.basis, state = excluded.state,
		reason = excluded.reason, decided_by = excluded.decided_by, decided_at = excluded.decided_at, ended_at = excluded.ended_at, version = excluded.version`
	return tx.exec(ctx, q, o.ID, o.Key, o.Institution, o.System, o.Component, o.Provider, o.Service, o.Plan, o.Track, o.Purpose,
		string(o.From), string(o.To), int64(o.Hold), int64(o.Held), int64(o.Spent), string(prices), string(basis), o.State, o.Reason,
		o.RequestedBy, o.DecidedBy, micros(o.RequestedAt), micros(o.DecidedAt), micros(o.EndedAt), o.Synthetic, o.Version)
}

// Payment implements contract.Payer.
func (tx *Tx) Payment(ctx context.Context, id contract.OrderID, ref string) (p contract.Payment, ok bool, err error) {
	const q = `SELECT from_hold, from_free, short FROM purchase_payment WHERE purchase = $1 AND ref = $2`
	rows, err := collect(ctx, tx, func(s scanner) (p contract.Payment, err error) {
		err = s.Scan(&p.FromHold, &p.FromFree, &p.Short)
		return p, err
	}, q, id, ref)
	if err != nil || len(rows) == 0 {
		return p, false, err
	}
	return rows[0], true, nil
}

// PutPayment implements contract.Payer.
func (tx *Tx) PutPayment(ctx context.Context, id contract.OrderID, ref string, p contract.Payment) error {
	const q = `INSERT INTO purchase_payment (purchase, ref, from_hold, from_free, short) VALUES ($1, $2, $3, $4, $5)`
	return tx.exec(ctx, q, id, ref, int64(p.FromHold), int64(p.FromFree), int64(p.Short))
}
