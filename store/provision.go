package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"naru"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/inventory"
	"naru/flow/provision"
)

// workColumns are the columns both tables share, in the order of workArgs.
const workColumns = `state, phase, operation, call_id, unsure, attempts, since, next_at, fault, trouble`

func workArgs(w *provision.Work) []any {
	return []any{
		string(w.State), string(w.Phase), w.Operation, w.CallID, w.Unsure, w.Attempts, micros(w.Since), micros(w.NextAt),
		messageText(w.Fault), messageText(w.Trouble),
	}
}

// workScan holds the columns that need a conversion until they were read.
type workScan struct {
	since, next    int64
	fault, trouble string
}

func (x *workScan) into(w *provision.Work) []any {
	return []any{&w.State, &w.Phase, &w.Operation, &w.CallID, &w.Unsure, &w.Attempts, &x.since, &x.next, &x.fault, &x.trouble}
}

func (x *workScan) finish(w *provision.Work) error {
	w.Since, w.NextAt = instant(x.since), instant(x.next)
	if err := messageFrom(x.fault, &w.Fault); err != nil {
		return err
	}
	return messageFrom(x.trouble, &w.Trouble)
}

// messageText is a message as JSON, "" for none.
func messageText(m naru.Message) string {
	if m.Key == "" {
		return ""
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return "" // strings always marshal
	}
	return string(raw)
}

func messageFrom(text string, m *naru.Message) error {
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), m); err != nil {
		return fmt.Errorf("stored message: %w", err)
	}
	return nil
}

const instanceColumns = `id, order_id, institution, system, component, provider, service, plan, params, digest,
	platform, platform_id, end_user, dashboard, requested_by, created_at, ready_at, deleted_at, synthetic, version, ` + workColumns +
	`, next_order, maintenance, label, metadata, change_state`

// instanceScan reads an instance, with further columns behind it.
func instanceScan(s scanner, i *provision.Instance, more ...any) error {
	var (
		x                       workScan
		params                  string
		next, metadata, change  string
		created, ready, deleted int64
	)
	dest := []any{
		&i.ID, &i.Order, &i.Institution, &i.System, &i.Component, &i.Provider, &i.Service, &i.Plan, &params, &i.Digest,
		&i.Platform, &i.PlatformID, &i.EndUser, &i.Dashboard, &i.RequestedBy, &created, &ready, &deleted, &i.Synthetic, &i.Version,
	}
	dest = append(append(dest, x.into(&i.Work)...), &next, &i.Maintenance, &i.Label, &metadata, &change)
	if err := s.Scan(append(dest, more...)...); err != nil {
		return err
	}
	i.Params, i.Metadata = bytesOrNil(params), bytesOrNil(metadata)
	if err := changeFrom(change, i); err != nil {
		return err
	}
	i.CreatedAt, i.ReadyAt, i.DeletedAt = instant(created), instant(ready), instant(deleted)
	return x.finish(&i.Work)
}

func bytesOrNil(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

func scanInstance(s scanner) (i provision.Instance, err error) {
	err = instanceScan(s, &i)
	return i, err
}

// Instance implements provision.Store.
func (tx *Tx) Instance(ctx context.Context, id provision.InstanceID) (provision.Instance, error) {
	i, err := one(ctx, tx, scanInstance, `SELECT `+instanceColumns+` FROM instance WHERE id = $1`, string(id))
	return i, missing(err, "instance", string(id))
}

// maybe turns the first row of a query, if there is one, into a value.
func maybe[T any](rows []T, err error) (v T, ok bool, e error) {
	if err != nil || len(rows) == 0 {
		return v, false, err
	}
	return rows[0], true, nil
}

// InstanceOf implements provision.Store. Ids sort by time, so the last is the newest.
func (tx *Tx) InstanceOf(ctx context.Context, platform, platformID string) (provision.Instance, bool, error) {
	const q = `SELECT ` + instanceColumns + ` FROM instance WHERE platform = $1 AND platform_id = $2 ORDER BY id DESC LIMIT 1`
	return maybe(collect(ctx, tx, scanInstance, q, platform, platformID))
}

// LiveInstance implements provision.Store.
func (tx *Tx) LiveInstance(ctx context.Context, of contract.OrderID) (provision.Instance, bool, error) {
	const q = `SELECT ` + instanceColumns + ` FROM instance WHERE order_id = $1 AND state NOT IN ('failed', 'deleted', 'written_off') LIMIT 1`
	if i, ok, err := maybe(collect(ctx, tx, scanInstance, q, string(of))); ok || err != nil {
		return i, ok, err
	}
	const next = `SELECT ` + instanceColumns + ` FROM instance WHERE next_order = $1 AND next_order <> '' LIMIT 1`
	return maybe(collect(ctx, tx, scanInstance, next, string(of)))
}

// OrdersInForce implements provision.Store.
func (tx *Tx) OrdersInForce(ctx context.Context, of inventory.InstitutionID, on naru.Date) ([]contract.Order, error) {
	const q = `SELECT ` + orderColumns + ` FROM purchase o WHERE o.institution = $1 AND o.state = $2 AND o.valid_from <= $3 AND o.valid_to >= $3 ORDER BY o.id`
	return collect(ctx, tx, func(s scanner) (contract.Order, error) { return scanOrder(s) }, q, of, string(contract.Approved), string(on))
}

// InstancesAt implements provision.Store.
func (tx *Tx) InstancesAt(ctx context.Context, p catalog.ProviderID) ([]provision.Instance, error) {
	return collect(ctx, tx, scanInstance, `SELECT `+instanceColumns+` FROM instance WHERE provider = $1 ORDER BY id`, string(p))
}

// PutInstance implements provision.Store. It raises the version.
func (tx *Tx) PutInstance(ctx context.Context, i provision.Instance) error {
	const q = `INSERT INTO instance (` + instanceColumns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
		$21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35)
		ON CONFLICT (id) DO UPDATE SET order_id = excluded.order_id, plan = excluded.plan, params = excluded.params,
		next_order = excluded.next_order, maintenance = excluded.maintenance, label = excluded.label, metadata = excluded.metadata,
		change_state = excluded.change_state, dashboard = excluded.dashboard, ready_at = excluded.ready_at, deleted_at = excluded.deleted_at,
		version = excluded.version, state = excluded.state, phase = excluded.phase, operation = excluded.operation,
		call_id = excluded.call_id, unsure = excluded.unsure, attempts = excluded.attempts, since = excluded.since,
		next_at = excluded.next_at, fault = excluded.fault, trouble = excluded.trouble`
	change, err := changeText(&i)
	if err != nil {
		return err
	}
	next := ""
	if i.Change.Running() {
		next = string(i.Change.Order)
	}
	args := []any{
		string(i.ID), string(i.Order), string(i.Institution), string(i.System), string(i.Component), string(i.Provider), string(i.Service),
		string(i.Plan), string(i.Params), i.Digest, i.Platform, i.PlatformID, i.EndUser, i.Dashboard, i.RequestedBy,
		micros(i.CreatedAt), micros(i.ReadyAt), micros(i.DeletedAt), i.Synthetic, i.Version + 1,
	}
	args = append(append(args, workArgs(&i.Work)...), next, i.Maintenance, i.Label, string(i.Metadata), change)
	return tx.exec(ctx, q, args...)
}

// rowQuery reads instances with the names of what they belong to.
const rowQuery = `SELECT i.` + `%s, n.name, s.name, p.name, p.name_en, v.name, v.name_en, l.name, l.name_en
	FROM instance i JOIN institution n ON n.id = i.institution JOIN system s ON s.id = i.system
	JOIN provider p ON p.id = i.provider JOIN service v ON v.id = i.service JOIN service_plan l ON l.id = i.plan WHERE `

// rowSelect is rowQuery with the columns of the instance qualified.
func rowSelect(where string) string {
	columns := strings.NewReplacer("\n", " ", "\t", "", ", ", ", i.").Replace(strings.Join(strings.Fields(instanceColumns), " "))
	return fmt.Sprintf(rowQuery, columns) + where
}

func scanInstanceRow(s scanner) (r provision.InstanceRow, err error) {
	err = instanceScan(s, &r.Instance, &r.InstitutionName, &r.SystemName, &r.ProviderName.Ko, &r.ProviderName.En,
		&r.ServiceName.Ko, &r.ServiceName.En, &r.PlanName.Ko, &r.PlanName.En)
	return r, err
}

// InstanceRow implements provision.Store.
func (tx *Tx) InstanceRow(ctx context.Context, id provision.InstanceID) (provision.InstanceRow, error) {
	r, err := one(ctx, tx, scanInstanceRow, rowSelect(`i.id = $1`), string(id))
	return r, missing(err, "instance", string(id))
}

// Instances implements provision.Store: the newest first.
func (tx *Tx) Instances(ctx context.Context, f provision.Filter, p naru.Page) (naru.List[provision.InstanceRow], error) {
	q := rowSelect(`($1 = '' OR i.institution = $1) AND ($2 = '' OR i.system = $2) AND ($3 = '' OR i.provider = $3)
		AND ($4 = '' OR i.order_id = $4) AND ($5 = '' OR i.state = $5) AND (NOT $6 OR i.state NOT IN ('failed', 'deleted', 'written_off'))
		AND ($7 = '' OR i.id < $7) ORDER BY i.id DESC LIMIT $8`)
	rows, err := collect(ctx, tx, scanInstanceRow, q, string(f.Institution), string(f.System), string(f.Provider), string(f.Order),
		string(f.State), f.Live, p.After, p.Size()+1)
	return page(rows, p, func(r provision.InstanceRow) string { return string(r.ID) }), err
}
