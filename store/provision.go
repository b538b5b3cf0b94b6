package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"naru"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/inventory"
	"naru/flow/meter"
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
	i, err := cached(ctx, tx, instanceKey(id), func(i provision.Instance) []string { return []string{instanceTag(i)} }, func(ctx context.Context) (provision.Instance, error) {
		return one(ctx, tx, scanInstance, `SELECT `+instanceColumns+` FROM instance WHERE id = $1`, string(id))
	})
	return ownInstance(i), missing(err, "instance", string(id))
}

// ownInstance gives the caller what it may write to.
func ownInstance(i provision.Instance) provision.Instance {
	if i.Change != nil {
		change := *i.Change
		i.Change = &change
	}
	return i
}

// ownFirst is ownInstance for the first of a list, if there is one.
func ownFirst(rows []provision.Instance, err error) (provision.Instance, bool, error) {
	i, ok, err := maybe(rows, err)
	return ownInstance(i), ok, err
}

// What is remembered of instances hangs on the rows in it and on the condition by which
// another would come into it.
func instanceKey(id provision.InstanceID) string { return "instance " + string(id) }
func instanceTag(i provision.Instance) string    { return "instance/id=" + string(i.ID) }
func platformTag(platform, platformID string) string {
	return "instance/of=" + platform + "\x00" + platformID
}
func orderTag(id contract.OrderID) string { return "instance/order=" + string(id) }

// foundBy gives the tags of instances that were found by a condition.
func foundBy(tag string) func([]provision.Instance) []string {
	return func(rows []provision.Instance) []string {
		tags := []string{tag}
		for _, i := range rows {
			tags = append(tags, instanceTag(i))
		}
		return tags
	}
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
	tag := platformTag(platform, platformID)
	if tx.job != nil && tx.load == nil && tx.job.get(tag) == nil && tx.cache.known.absent(platform, platformID) {
		tx.fill(tag, []provision.Instance(nil), []string{tag}, "instance")
		return provision.Instance{}, false, nil
	}
	return ownFirst(cached(ctx, tx, tag, foundBy(tag), func(ctx context.Context) ([]provision.Instance, error) {
		return collect(ctx, tx, scanInstance, q, platform, platformID)
	}))
}

// LiveInstance implements provision.Store: the one the order carries, or that is on its
// way to it.
func (tx *Tx) LiveInstance(ctx context.Context, of contract.OrderID) (provision.Instance, bool, error) {
	const q = `SELECT ` + instanceColumns + ` FROM instance WHERE order_id = $1 AND state NOT IN ('failed', 'deleted', 'written_off') ORDER BY id DESC`
	tag := orderTag(of)
	rows, err := cached(ctx, tx, tag, foundBy(tag), func(ctx context.Context) ([]provision.Instance, error) {
		return collect(ctx, tx, scanInstance, q, string(of))
	})
	if err != nil || len(rows) > 0 {
		return ownFirst(rows, err)
	}
	const moving = `SELECT ` + instanceColumns + ` FROM instance WHERE next_order <> '' ORDER BY id`
	rows, err = cached(ctx, tx, movingTag, foundBy(movingTag), func(ctx context.Context) ([]provision.Instance, error) {
		return collect(ctx, tx, scanInstance, moving)
	})
	for _, i := range rows {
		if i.Change.Order == of {
			return ownInstance(i), true, err
		}
	}
	return provision.Instance{}, false, err
}

// movingTag is that of the few instances which are on their way to another order.
const movingTag = "instance/moving"

// OrdersInForce implements provision.Store.
func (tx *Tx) OrdersInForce(ctx context.Context, of inventory.InstitutionID, on naru.Date) ([]contract.Order, error) {
	const q = `SELECT ` + orderColumns + ` FROM purchase o WHERE o.institution = $1 AND o.state = $2 AND o.valid_from <= $3 AND o.valid_to >= $3 ORDER BY o.id`
	list, err := cached(ctx, tx, "orders "+string(of)+" "+string(on), nil, func(ctx context.Context) ([]contract.Order, error) {
		return collect(ctx, tx, func(s scanner) (contract.Order, error) { return scanOrder(s) }, q, of, string(contract.Approved), string(on))
	})
	return slices.Clone(list), err
}

// InstancesAt implements provision.Store.
func (tx *Tx) InstancesAt(ctx context.Context, p catalog.ProviderID) ([]provision.Instance, error) {
	return collect(ctx, tx, scanInstance, `SELECT `+instanceColumns+` FROM instance WHERE provider = $1 ORDER BY id`, string(p))
}

var instanceRows = bulk{
	table: "instance", key: "id", insert: `INSERT INTO instance (` + instanceColumns + `)`,
	after: `ON CONFLICT (id) DO UPDATE SET order_id = excluded.order_id, plan = excluded.plan, params = excluded.params,
		next_order = excluded.next_order, maintenance = excluded.maintenance, label = excluded.label, metadata = excluded.metadata,
		change_state = excluded.change_state, dashboard = excluded.dashboard, ready_at = excluded.ready_at, deleted_at = excluded.deleted_at,
		version = excluded.version, state = excluded.state, phase = excluded.phase, operation = excluded.operation,
		call_id = excluded.call_id, unsure = excluded.unsure, attempts = excluded.attempts, since = excluded.since,
		next_at = excluded.next_at, fault = excluded.fault, trouble = excluded.trouble`,
}

// PutInstance implements provision.Store. It raises the version.
func (tx *Tx) PutInstance(_ context.Context, i provision.Instance) error {
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
	return tx.keepInstance(i, next, args)
}

// keepInstance puts the row, and remembers it as it will be read.
func (tx *Tx) keepInstance(i provision.Instance, next string, args []any) error {
	stored, err := scanInstance(argRow(args))
	if err != nil {
		return fmt.Errorf("instance %s: %w", i.ID, err)
	}
	if i.PlatformID != "" {
		tx.cache.known.add(i.Platform, i.PlatformID)
	}
	of, order := platformTag(i.Platform, i.PlatformID), orderTag(i.Order)
	_, known := peek[provision.Instance](tx, instanceKey(i.ID))
	newest, ofKnown := peek[[]provision.Instance](tx, of)
	live, liveKnown := peek[[]provision.Instance](tx, order)
	tags := []string{instanceTag(i), of, order}
	if next != "" {
		tags = append(tags, movingTag)
	}
	tx.put(&instanceRows, tags, args...)
	tx.fill(instanceKey(i.ID), stored, []string{instanceTag(i)}, "instance")
	list := []provision.Instance{stored}
	if ofKnown {
		if len(newest) > 0 && newest[0].ID > i.ID {
			list = newest
		}
		tx.fill(of, list, foundBy(of)(list), "instance")
	}
	if liveKnown {
		live = slices.DeleteFunc(slices.Clone(live), func(o provision.Instance) bool { return o.ID == i.ID })
		if stored.State.Live() {
			live = append(live, stored)
			slices.SortFunc(live, func(a, b provision.Instance) int { return strings.Compare(string(b.ID), string(a.ID)) }) // the newest first
		}
		tx.fill(order, live, foundBy(order)(live), "instance")
	}
	if i.Version == 0 && !known && !tx.job.changes(bindingsTags(i.ID)[0]) { // a new one has nothing yet
		tx.fill(bindingsKey(i.ID), []provision.Binding(nil), bindingsTags(i.ID), "binding")
		tx.fill(openTag(i.ID, ""), []provision.BrokerCall(nil), []string{openTag(i.ID, "")}, "broker_call")
		tx.fill(findingsKey(i.ID), []provision.Finding(nil), nil, "finding")
		tx.fill(windowKey(i.ID), []meter.Window(nil), windowTags(i.ID), "usage_window")
	}
	return nil
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

// InstanceRow implements provision.Store. It is put together from rows that are
// remembered each for itself.
func (tx *Tx) InstanceRow(ctx context.Context, id provision.InstanceID) (r provision.InstanceRow, err error) {
	if r.Instance, err = tx.Instance(ctx, id); err != nil {
		return r, err
	}
	inst, err := tx.Institution(ctx, r.Institution)
	if err != nil {
		return r, err
	}
	sys, err := tx.System(ctx, r.System)
	if err != nil {
		return r, err
	}
	offer, err := tx.Offer(ctx, r.Service)
	if err != nil {
		return r, err
	}
	n := slices.IndexFunc(offer.Plans, func(p catalog.Plan) bool { return p.ID == r.Plan })
	if n < 0 {
		return r, notFound("plan", string(r.Plan))
	}
	r.InstitutionName, r.SystemName, r.ProviderName = inst.Name, sys.Name, offer.ProviderName
	r.ServiceName, r.PlanName = offer.Name, offer.Plans[n].Name
	return r, nil
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
