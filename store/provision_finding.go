package store

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"naru"
	"naru/flow/catalog"
	"naru/flow/meter"
	"naru/flow/provision"
)

// cursorOf and flightCursor keep a number and an id in one cursor.
func cursorOf(n int64, id string) string { return strconv.FormatInt(n, 10) + "/" + id }

func flightCursor(after string) (int64, string) {
	number, id, _ := strings.Cut(after, "/")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return -1, ""
	}
	return n, id
}

const findingColumns = `f.id, f.kind, f.provider, f.institution, f.system, f.order_id, f.instance, f.binding, f.why, f.action, f.state,
	f.first_at, f.last_at, f.ended_at, f.acknowledged_by, f.acknowledged_at, f.words`

func findingScan(s scanner, f *provision.Finding, more ...any) error {
	var (
		why                      string
		first, last, ended, told int64
	)
	dest := []any{
		&f.ID, &f.Kind, &f.Provider, &f.Institution, &f.System, &f.Order, &f.Instance, &f.Binding, &why, &f.Action, &f.State,
		&first, &last, &ended, &f.AcknowledgedBy, &told, &f.Words,
	}
	if err := s.Scan(append(dest, more...)...); err != nil {
		return err
	}
	f.FirstAt, f.LastAt, f.EndedAt, f.AcknowledgedAt = instant(first), instant(last), instant(ended), instant(told)
	return messageFrom(why, &f.Why)
}

func scanFinding(s scanner) (f provision.Finding, err error) {
	err = findingScan(s, &f)
	return f, err
}

// Finding implements provision.Store.
func (tx *Tx) Finding(ctx context.Context, id provision.FindingID) (provision.Finding, error) {
	f, err := one(ctx, tx, scanFinding, `SELECT `+findingColumns+` FROM finding f WHERE f.id = $1`, string(id))
	return f, missing(err, "finding", string(id))
}

func findingsKey(i provision.InstanceID) string { return "findings " + string(i) }

// OpenFindings implements provision.Store.
func (tx *Tx) OpenFindings(ctx context.Context, f provision.FindingFilter) ([]provision.Finding, error) {
	if f.Instance != "" {
		const q = `SELECT ` + findingColumns + ` FROM finding f WHERE f.instance = $1 AND f.state <> 'ended' ORDER BY f.id`
		list, err := cached(ctx, tx, findingsKey(f.Instance), nil, func(ctx context.Context) ([]provision.Finding, error) {
			return collect(ctx, tx, scanFinding, q, string(f.Instance))
		})
		return slices.Clone(list), err
	}
	const q = `SELECT ` + findingColumns + ` FROM finding f WHERE f.provider = $1 AND f.state <> 'ended' ORDER BY f.id`
	return collect(ctx, tx, scanFinding, q, string(f.Provider))
}

// PutFinding implements provision.Store.
func (tx *Tx) PutFinding(ctx context.Context, f provision.Finding) error {
	const q = `INSERT INTO finding (id, kind, provider, institution, system, order_id, instance, binding, why, action, state,
		first_at, last_at, ended_at, acknowledged_by, acknowledged_at, words)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		ON CONFLICT (id) DO UPDATE SET why = excluded.why, state = excluded.state, last_at = excluded.last_at, ended_at = excluded.ended_at,
		acknowledged_by = excluded.acknowledged_by, acknowledged_at = excluded.acknowledged_at, words = excluded.words`
	return tx.exec(ctx, q, string(f.ID), string(f.Kind), string(f.Provider), string(f.Institution), string(f.System), string(f.Order),
		string(f.Instance), string(f.Binding), messageText(f.Why), string(f.Action), string(f.State), micros(f.FirstAt), micros(f.LastAt),
		micros(f.EndedAt), f.AcknowledgedBy, micros(f.AcknowledgedAt), f.Words)
}

func scanFindingRow(s scanner) (r provision.FindingRow, err error) {
	err = findingScan(s, &r.Finding, &r.InstitutionName, &r.SystemName, &r.ProviderName.Ko, &r.ProviderName.En)
	return r, err
}

// Findings implements provision.Store: the newest first.
func (tx *Tx) Findings(ctx context.Context, f provision.FindingFilter, p naru.Page) (naru.List[provision.FindingRow], error) {
	const q = `SELECT ` + findingColumns + `, COALESCE(n.name, ''), COALESCE(s.name, ''), COALESCE(p.name, ''), COALESCE(p.name_en, '')
		FROM finding f LEFT JOIN institution n ON n.id = f.institution LEFT JOIN system s ON s.id = f.system LEFT JOIN provider p ON p.id = f.provider
		WHERE ($1 = '' OR f.kind = $1) AND ($2 = '' OR f.provider = $2) AND ($3 = '' OR f.institution = $3) AND ($4 = '' OR f.instance = $4)
		AND ($5 = '' OR f.state = $5) AND (NOT $6 OR f.state <> 'ended') AND ($7 = '' OR f.id < $7) ORDER BY f.id DESC LIMIT $8`
	rows, err := collect(ctx, tx, scanFindingRow, q, string(f.Kind), string(f.Provider), string(f.Institution), string(f.Instance),
		string(f.State), f.Live, p.After, p.Size()+1)
	return page(rows, p, func(r provision.FindingRow) string { return string(r.ID) }), err
}

// Billing implements provision.Store: what meter took in, and what it set aside and
// nobody dismissed.
func (tx *Tx) Billing(ctx context.Context, p catalog.ProviderID, since time.Time) (provision.Billing, error) {
	state, err := tx.Collection(ctx, p)
	if err != nil {
		return provision.Billing{}, err
	}
	out := provision.Billing{Through: state.Through}
	const lines = `SELECT instance, MAX(to_at) FROM usage_line WHERE provider = $1 AND to_at > $2 GROUP BY instance ORDER BY instance`
	out.Bills, err = collect(ctx, tx, func(s scanner) (b provision.Bill, err error) {
		var to int64
		err = s.Scan(&b.Instance, &to)
		b.To = instant(to)
		return b, err
	}, lines, string(p), micros(since))
	if err != nil {
		return out, err
	}
	const aside = `SELECT reading FROM usage_aside WHERE provider = $1 AND dismissed_by = '' AND seen_at > $2`
	readings, err := collect(ctx, tx, func(s scanner) (r meter.Reading, err error) {
		var text string
		if err := s.Scan(&text); err != nil {
			return r, err
		}
		return r, fromJSON(text, &r)
	}, aside, string(p), micros(since))
	if err != nil {
		return out, err
	}
	out.Bills = merged(out.Bills, readings, since)
	return out, nil
}

// merged adds what was set aside; a line that names no instance bills nothing.
func merged(bills []provision.Bill, readings []meter.Reading, since time.Time) []provision.Bill {
	at := make(map[provision.InstanceID]int, len(bills))
	for n, b := range bills {
		at[b.Instance] = n
	}
	for _, r := range readings {
		id := provision.InstanceID(r.Instance)
		if id == "" || !r.To.After(since) {
			continue
		}
		n, ok := at[id]
		if !ok {
			n = len(bills)
			at[id], bills = n, append(bills, provision.Bill{Instance: id})
		}
		if r.To.After(bills[n].To) {
			bills[n].To = r.To.UTC()
		}
	}
	return bills
}

// Running implements provision.Store.
func (tx *Tx) Running(ctx context.Context, s provision.Scope, after provision.InstanceID, limit int) ([]provision.Instance, error) {
	const q = `SELECT ` + instanceColumns + ` FROM instance WHERE state NOT IN ('failed', 'deleted', 'written_off', 'deleting', 'orphan')
		AND ($1 = '' OR id = $1) AND ($2 = '' OR order_id = $2) AND ($3 = '' OR service = $3) AND ($4 = '' OR system = $4)
		AND ($5 = '' OR provider = $5) AND ($6 = '' OR institution = $6) AND id > $7 ORDER BY id LIMIT $8`
	return collect(ctx, tx, scanInstance, q, string(s.Instance), string(s.Order), string(s.Service), string(s.System), string(s.Provider),
		string(s.Institution), string(after), limit)
}
