package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"naru"
	"naru/flow/provision"
)

const callColumns = `id, instance, binding, provider, institution, step, digest, state, code, status, broker_code, broker_words,
	intended_at, sent_at, answered_at, settled_at`

func scanCall(s scanner) (k provision.BrokerCall, err error) {
	var intended, sent, answered, settled int64
	err = s.Scan(&k.ID, &k.Instance, &k.Binding, &k.Provider, &k.Institution, &k.Step, &k.Digest, &k.State, &k.Code, &k.Status,
		&k.BrokerCode, &k.BrokerWords, &intended, &sent, &answered, &settled)
	k.IntendedAt, k.SentAt, k.AnsweredAt, k.SettledAt = instant(intended), instant(sent), instant(answered), instant(settled)
	return k, err
}

var callRows = bulk{
	table: "broker_call", key: "id", insert: `INSERT INTO broker_call (` + callColumns + `)`,
	after: `ON CONFLICT (id) DO UPDATE SET state = excluded.state, code = excluded.code, status = excluded.status, broker_code = excluded.broker_code,
		broker_words = excluded.broker_words, answered_at = excluded.answered_at, settled_at = excluded.settled_at`,
}

// What is remembered of the journal are the calls that are not settled, each under its own
// id and all of an instance or a binding together.
func callTag(id string) string { return "broker_call/id=" + id }

func openTag(i provision.InstanceID, b provision.BindingID) string {
	return "broker_call/open=" + string(i) + "\x00" + string(b)
}

// PutCall implements provision.Store.
func (tx *Tx) PutCall(_ context.Context, k provision.BrokerCall) error {
	args := []any{
		k.ID, string(k.Instance), string(k.Binding), string(k.Provider), string(k.Institution), string(k.Step), k.Digest,
		string(k.State), string(k.Code), k.Status, k.BrokerCode, k.BrokerWords, micros(k.IntendedAt), micros(k.SentAt), micros(k.AnsweredAt),
		micros(k.SettledAt),
	}
	stored, err := scanCall(argRow(args))
	if err != nil {
		return fmt.Errorf("call %s: %w", k.ID, err)
	}
	tag := openTag(k.Instance, k.Binding)
	open, known := peek[[]provision.BrokerCall](tx, tag)
	stored, sure := callAnswered(tx, stored)
	tx.put(&callRows, []string{callTag(k.ID), tag}, args...)
	if !sure { // its first row is in the table only
		return nil
	}
	tx.fill(callTag(k.ID), stored, []string{callTag(k.ID)}, "broker_call")
	if known {
		rest := slices.DeleteFunc(slices.Clone(open), func(o provision.BrokerCall) bool { return o.ID == k.ID })
		if stored.State != provision.CallSettled {
			rest = append(rest, stored)
			slices.SortFunc(rest, func(a, b provision.BrokerCall) int { return strings.Compare(a.ID, b.ID) })
		}
		if len(rest) == 0 {
			rest = nil
		}
		tx.fill(tag, rest, []string{tag}, "broker_call")
	}
	return nil
}

// callAnswered is what the table holds once a call is put: an answer leaves alone what was
// asked and when. sure is false when an answer meets a row that is not remembered.
func callAnswered(tx *Tx, put provision.BrokerCall) (stored provision.BrokerCall, sure bool) {
	first, known := peek[provision.BrokerCall](tx, callTag(put.ID))
	if !known {
		return put, put.AnsweredAt.IsZero() && put.SettledAt.IsZero()
	}
	first.State, first.Code, first.Status = put.State, put.Code, put.Status
	first.BrokerCode, first.BrokerWords = put.BrokerCode, put.BrokerWords
	first.AnsweredAt, first.SettledAt = put.AnsweredAt, put.SettledAt
	return first, true
}

// call reads a call of the journal.
func (tx *Tx) call(ctx context.Context, id string) (provision.BrokerCall, error) {
	return cached(ctx, tx, callTag(id), func(provision.BrokerCall) []string { return []string{callTag(id)} }, func(ctx context.Context) (provision.BrokerCall, error) {
		return one(ctx, tx, scanCall, `SELECT `+callColumns+` FROM broker_call WHERE id = $1`, id)
	})
}

// openCalls reads the calls about an instance, or one of its bindings, that are not settled.
func (tx *Tx) openCalls(ctx context.Context, i provision.InstanceID, b provision.BindingID) ([]provision.BrokerCall, error) {
	const q = `SELECT ` + callColumns + ` FROM broker_call WHERE instance = $1 AND binding = $2 AND state <> 'settled' ORDER BY id`
	tag := openTag(i, b)
	return cached(ctx, tx, tag, func([]provision.BrokerCall) []string { return []string{tag} }, func(ctx context.Context) ([]provision.BrokerCall, error) {
		return collect(ctx, tx, scanCall, q, string(i), string(b))
	})
}

// SendCall implements provision.Store.
func (tx *Tx) SendCall(ctx context.Context, k provision.BrokerCall) (bool, error) {
	const q = `UPDATE broker_call SET id = $1, state = $2, digest = $3, sent_at = $4
		WHERE instance = $5 AND binding = $6 AND step = $7 AND state = 'intended'`
	n, err := tx.affected(ctx, q, k.ID, string(k.State), k.Digest, micros(k.SentAt), string(k.Instance), string(k.Binding), string(k.Step))
	return n > 0, err
}

// LoseCall implements provision.Store.
func (tx *Tx) LoseCall(ctx context.Context, id string, at time.Time) error {
	row, err := tx.call(ctx, id)
	if errors.Is(err, sql.ErrNoRows) || (err == nil && row.State != provision.CallIntended && row.State != provision.CallSent) {
		return nil
	}
	if err != nil {
		return err
	}
	row.State, row.Code, row.AnsweredAt = provision.CallUnknown, provision.CodeUnknown, at
	return tx.PutCall(ctx, row)
}

// SettleCalls implements provision.Store.
func (tx *Tx) SettleCalls(ctx context.Context, i provision.InstanceID, b provision.BindingID, how provision.BrokerCall) error {
	open, err := tx.openCalls(ctx, i, b)
	if err != nil {
		return err
	}
	for _, row := range open {
		switch {
		case row.State == provision.CallIntended:
			row.Code = provision.CodeNotSent
		case row.Code == "":
			row.Code = how.Code
		}
		if row.BrokerWords == "" && row.State == provision.CallKnown {
			row.BrokerWords = how.BrokerWords
		}
		row.State, row.SettledAt = provision.CallSettled, how.SettledAt
		if err := tx.PutCall(ctx, row); err != nil {
			return err
		}
	}
	return nil
}

// Calls implements provision.Store: the newest first.
func (tx *Tx) Calls(ctx context.Context, f provision.CallFilter, p naru.Page) (naru.List[provision.BrokerCall], error) {
	const q = `SELECT ` + callColumns + ` FROM broker_call WHERE ($1 = '' OR instance = $1) AND ($2 = '' OR binding = $2)
		AND ($3 = '' OR provider = $3) AND ($4 = '' OR institution = $4) AND ($5 = '' OR state = $5) AND (NOT $6 OR state <> 'settled')
		AND ($7 = '' OR id < $7) ORDER BY id DESC LIMIT $8`
	rows, err := collect(ctx, tx, scanCall, q, string(f.Instance), string(f.Binding), string(f.Provider), string(f.Institution), string(f.State),
		f.Open, p.After, p.Size()+1)
	return page(rows, p, func(k provision.BrokerCall) string { return k.ID }), err
}

// ForgetCalls implements provision.Store. Ids begin with their time, so the oldest settled
// ones stand first and nothing behind them needs to be read.
func (tx *Tx) ForgetCalls(ctx context.Context, before time.Time, limit int) ([]provision.BrokerCall, error) {
	const q = `SELECT ` + callColumns + ` FROM broker_call WHERE state = 'settled' ORDER BY id LIMIT $1`
	rows, err := collect(ctx, tx, scanCall, q, limit)
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(k provision.BrokerCall) bool { return !k.SettledAt.Before(before) })
	if len(rows) == 0 {
		return nil, nil
	}
	const gone = `DELETE FROM broker_call WHERE state = 'settled' AND settled_at < $1 AND id <= $2`
	return rows, tx.exec(ctx, gone, micros(before), rows[len(rows)-1].ID)
}

// flightColumns are those of workColumns with the next attempt as the queue has it.
func flightColumns(of string) string {
	columns := of + "." + strings.Join(strings.Split(workColumns, ", "), ", "+of+".")
	next := `COALESCE((SELECT MIN(t.due) FROM task t WHERE t.subject = ` + of + `.id), ` + of + `.next_at)`
	return strings.Replace(columns, of+".next_at", next, 1)
}

const (
	flightNames = `i.institution, n.name, i.provider, p.name, p.name_en, v.name, v.name_en, `
	flightJoins = ` JOIN institution n ON n.id = i.institution JOIN provider p ON p.id = i.provider JOIN service v ON v.id = i.service `
	flightOpen  = `.state NOT IN ('ready', 'failed', 'deleted', 'written_off')`
	flightWhere = ` AND ($1 = '' OR i.institution = $1) AND ($2 = '' OR i.provider = $2) AND ($3 = '' OR %s.state = $3)`
)

// InFlight implements provision.Store: the oldest first.
func (tx *Tx) InFlight(ctx context.Context, f provision.InFlightFilter, p naru.Page) (naru.List[provision.InFlight], error) {
	since, id := flightCursor(p.After)
	q := `SELECT i.id, '' AS binding, ` + flightNames + flightColumns("i") + `, i.id AS object, i.since AS began FROM instance i` + flightJoins +
		`WHERE i` + flightOpen + strings.ReplaceAll(flightWhere, "%s", "i") + ` AND (i.since, i.id) > ($4, $5)
		UNION ALL SELECT b.instance, b.id AS binding, ` + flightNames + flightColumns("b") + `, b.id AS object, b.since AS began
		FROM binding b JOIN instance i ON i.id = b.instance` + flightJoins +
		`WHERE b` + flightOpen + strings.ReplaceAll(flightWhere, "%s", "b") + ` AND (b.since, b.id) > ($4, $5)
		ORDER BY began, object LIMIT $6`
	rows, err := collect(ctx, tx, scanFlight, q, string(f.Institution), string(f.Provider), string(f.State), since, id, p.Size()+1)
	return page(rows, p, func(r provision.InFlight) string {
		object := string(r.Instance)
		if r.Binding != "" {
			object = string(r.Binding)
		}
		return cursorOf(micros(r.Since), object)
	}), err
}

func scanFlight(s scanner) (f provision.InFlight, err error) {
	var (
		x      workScan
		object string
		began  int64
	)
	dest := []any{
		&f.Instance, &f.Binding, &f.Institution, &f.InstitutionName, &f.Provider, &f.ProviderName.Ko, &f.ProviderName.En,
		&f.ServiceName.Ko, &f.ServiceName.En,
	}
	if err := s.Scan(append(append(dest, x.into(&f.Work)...), &object, &began)...); err != nil {
		return f, err
	}
	return f, x.finish(&f.Work)
}

// Hasten implements provision.Store. A process that is at a task stores its next time itself.
func (tx *Tx) Hasten(ctx context.Context, task, subject string, now time.Time) (bool, error) {
	n, err := tx.affected(ctx, `UPDATE task SET due = $1 WHERE name = $2 AND subject = $3`, micros(now), task, subject)
	return n > 0, err
}

// Supersede implements provision.Store.
func (tx *Tx) Supersede(ctx context.Context, task, subject string, now time.Time) error {
	return tx.exec(ctx, `DELETE FROM task WHERE name = $1 AND subject = $2 AND leased_until <= $3`, task, subject, micros(now))
}

// Queued implements provision.Store.
func (tx *Tx) Queued(ctx context.Context, task, subject string) (int, error) {
	n, err := one(ctx, tx, scanInt, `SELECT COUNT(*) FROM task WHERE subject = $1 AND name = $2`, subject, task)
	return int(n), err
}
