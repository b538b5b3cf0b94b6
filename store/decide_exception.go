package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"naru"
	"naru/base/policy"
	"naru/flow/decide"
	"naru/flow/inventory"
)

const exceptionColumns = `e.id, e.component, e.system, e.institution, e.venue, e.pack, e.rule, e.decides, e.hears, e.reason, e.state,
	e.requested_by, e.requested_at, e.opinion, e.favours, e.heard_by, e.heard_at, e.conditions, e.decision, e.decided_by, e.decided_at,
	e.valid_from, e.valid_to, e.law, e.version, e.rules, e.end_reason, e.ended_by, e.ended_at`

// scanException scans the columns of an exception and whatever follows them.
func scanException(s scanner, more ...any) (e decide.Exception, err error) {
	var (
		requested, heard, decided, ended int64
		conditions, rules                []byte
	)
	err = s.Scan(append([]any{
		&e.ID, &e.Component, &e.System, &e.Institution, &e.Venue, &e.Pack, &e.Rule, &e.By, &e.Hears, &e.Reason, &e.State,
		&e.RequestedBy, &requested, &e.Opinion, &e.Favours, &e.HeardBy, &heard, &conditions, &e.Decision, &e.DecidedBy, &decided,
		&e.From, &e.Until, &e.Law, &e.Version, &rules,
		&e.EndReason, &e.EndedBy, &ended,
	}, more...)...)
	if err != nil {
		return e, err
	}
	if err := json.Unmarshal(rules, &e.Rules); err != nil {
		return e, fmt.Errorf("rules of %s: %w", e.ID, err)
	}
	if len(e.Rules) == 0 {
		e.Rules = []string{e.Rule} // asked before rules were kept: only this one is known
	}
	e.RequestedAt, e.HeardAt, e.DecidedAt, e.EndedAt = instant(requested), instant(heard), instant(decided), instant(ended)
	if err := json.Unmarshal(conditions, &e.Conditions); err != nil {
		return e, fmt.Errorf("conditions of %s: %w", e.ID, err)
	}
	return e, nil
}

// PutException implements decide.Exempter.
func (tx *Tx) PutException(ctx context.Context, e decide.Exception) error {
	conditions, err := json.Marshal(e.Conditions)
	if err != nil {
		return err
	}
	rules, err := json.Marshal(e.Rules)
	if err != nil {
		return err
	}
	const q = `INSERT INTO exemption (id, component, system, institution, venue, pack, rule, decides, hears, reason, state, requested_by,
		requested_at, opinion, favours, heard_by, heard_at, conditions, decision, decided_by, decided_at, valid_from, valid_to, law, version, rules,
		end_reason, ended_by, ended_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, opinion = excluded.opinion, favours = excluded.favours,
			heard_by = excluded.heard_by, heard_at = excluded.heard_at, conditions = excluded.conditions, decision = excluded.decision,
			decided_by = excluded.decided_by, decided_at = excluded.decided_at, valid_from = excluded.valid_from,
			valid_to = excluded.valid_to, version = excluded.version, end_reason = excluded.end_reason, ended_by = excluded.ended_by, ended_at = excluded.ended_at`
	return tx.exec(ctx, q, e.ID, e.Component, e.System, e.Institution, e.Venue, e.Pack, e.Rule, e.By, e.Hears, e.Reason, e.State,
		e.RequestedBy, micros(e.RequestedAt), e.Opinion, e.Favours, e.HeardBy, micros(e.HeardAt), string(conditions), e.Decision,
		e.DecidedBy, micros(e.DecidedAt), e.From, e.Until, e.Law, e.Version, string(rules), e.EndReason, e.EndedBy, micros(e.EndedAt))
}

// Exception implements decide.Exempter.
func (tx *Tx) Exception(ctx context.Context, id decide.ExceptionID) (decide.Exception, error) {
	const q = `SELECT ` + exceptionColumns + ` FROM exemption e WHERE e.id = $1`
	e, err := one(ctx, tx, func(s scanner) (decide.Exception, error) { return scanException(s) }, q, id)
	return e, missing(err, "exception", string(id))
}

const exceptionRows = `SELECT ` + exceptionColumns + `, i.name, s.code, s.name, COALESCE(c.name, ''), s.synthetic FROM exemption e
	JOIN institution i ON i.id = e.institution JOIN system s ON s.id = e.system LEFT JOIN component c ON c.id = e.component`

func scanExceptionRow(s scanner) (r decide.ExceptionRow, err error) {
	r.Exception, err = scanException(s, &r.InstitutionName, &r.SystemCode, &r.SystemName, &r.ComponentName, &r.Synthetic)
	return r, err
}

// ExceptionRow implements decide.Exempter.
func (tx *Tx) ExceptionRow(ctx context.Context, id decide.ExceptionID) (decide.ExceptionRow, error) {
	r, err := one(ctx, tx, scanExceptionRow, exceptionRows+` WHERE e.id = $1`, id)
	return r, missing(err, "exception", string(id))
}

// Exceptions implements decide.Exempter: the latest first.
func (tx *Tx) Exceptions(ctx context.Context, f decide.ExceptionFilter, p naru.Page) (naru.List[decide.ExceptionRow], error) {
	const q = exceptionRows + ` WHERE ($1 = '' OR e.institution = $1) AND ($2 = '' OR e.system = $2) AND ($3 = '' OR e.state = $3)
		AND ($4 = '' OR e.id < $4) ORDER BY e.id DESC LIMIT $5`
	rows, err := collect(ctx, tx, scanExceptionRow, q, f.Institution, f.System, f.State, p.After, p.Size()+1)
	return page(rows, p, func(r decide.ExceptionRow) string { return string(r.ID) }), err
}

// Lifts implements decide.Exempter.
func (tx *Tx) Lifts(ctx context.Context, of inventory.InstitutionID, system inventory.SystemID) (decide.Lifts, error) {
	const q = `SELECT ` + exceptionColumns + ` FROM exemption e WHERE e.state IN ('granted', 'revoked') AND ($1 = '' OR e.institution = $1)
		AND ($2 = '' OR e.system = $2) ORDER BY e.id`
	read := func(ctx context.Context) ([]decide.Exception, error) {
		return collect(ctx, tx, func(s scanner) (decide.Exception, error) { return scanException(s) }, q, of, system)
	}
	if system != "" { // of all systems they are many
		once := read
		read = func(ctx context.Context) ([]decide.Exception, error) {
			return cached(ctx, tx, "lifts "+string(of)+" "+string(system), nil, once)
		}
	}
	rows, err := read(ctx)
	if err != nil {
		return nil, err
	}
	lifts := make(decide.Lifts)
	for i := range rows {
		if x, held := rows[i].Held(); held {
			lifts[rows[i].Component] = append(lifts[rows[i].Component], x)
		}
	}
	return lifts, nil
}

// ExemptionsByID implements decide.Exempter.
func (tx *Tx) ExemptionsByID(ctx context.Context, ids []string) (policy.Exemptions, error) {
	var list policy.Exemptions
	for _, id := range slices.Sorted(slices.Values(ids)) {
		e, err := tx.Exception(ctx, decide.ExceptionID(id))
		if err != nil {
			return nil, err
		}
		list = append(list, e.Exemption())
	}
	return list, nil
}

// Exempted implements decide.Exempter.
func (tx *Tx) Exempted(ctx context.Context) ([]decide.Decision, error) {
	const q = `SELECT ` + decisionColumns + ` FROM decision d WHERE d.edition = '' AND d.exempt <> ''
		UNION SELECT ` + decisionColumns + ` FROM exemption e JOIN decision d ON d.edition = '' AND d.system = e.system AND d.component = e.component
		WHERE e.state = 'granted'`
	return collect(ctx, tx, func(s scanner) (decide.Decision, error) { return scanDecision(s) }, q)
}
