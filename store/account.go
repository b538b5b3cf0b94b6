package store

import (
	"context"
	"strings"

	"naru"
	"naru/flow/account"
)

// Close implements account.Store.
func (tx *Tx) Close(ctx context.Context, m naru.Month) (account.Close, bool, error) {
	return optional(one(ctx, tx, scanState[account.Close], `SELECT state FROM account_close WHERE month = $1`, m))
}

// Closes implements account.Store.
func (tx *Tx) Closes(ctx context.Context) ([]account.Close, error) {
	return collect(ctx, tx, scanState[account.Close], `SELECT state FROM account_close ORDER BY month DESC`)
}

// PutClose implements account.Store.
func (tx *Tx) PutClose(ctx context.Context, v account.Close) error {
	return tx.putState(ctx, `INSERT INTO account_close (month, state) VALUES ($1, $2) ON CONFLICT (month) DO UPDATE SET state = excluded.state`, string(v.Month), v)
}

// ReplaceStatements implements account.Store. Approved statements are not deleted, so
// writing over one meets its key.
func (tx *Tx) ReplaceStatements(ctx context.Context, m naru.Month, list []account.Statement) error {
	const lines = `DELETE FROM account_line WHERE statement IN (SELECT id FROM account_statement WHERE month = $1 AND NOT approved)`
	if err := tx.exec(ctx, lines, m); err != nil {
		return err
	}
	if err := tx.exec(ctx, `DELETE FROM account_statement WHERE month = $1 AND NOT approved`, m); err != nil {
		return err
	}
	for _, st := range list {
		if err := tx.putStatement(ctx, st); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) putStatement(ctx context.Context, st account.Statement) error {
	lines := st.Lines
	st.Lines = nil
	text, err := toJSON(st)
	if err != nil {
		return err
	}
	const head = `INSERT INTO account_statement (id, month, institution, approved, state) VALUES ($1, $2, $3, $4, $5)`
	if err := tx.exec(ctx, head, st.ID, st.Month, st.Institution, st.Approved, text); err != nil {
		return err
	}
	for _, l := range lines {
		text, err := toJSON(l)
		if err != nil {
			return err
		}
		const line = `INSERT INTO account_line (statement, order_id, provider, amount, state) VALUES ($1, $2, $3, $4, $5)`
		if err := tx.exec(ctx, line, st.ID, l.Order, l.Provider, int64(l.Amount), text); err != nil {
			return err
		}
	}
	return nil
}

// StatementsOf implements account.Store.
func (tx *Tx) StatementsOf(ctx context.Context, m naru.Month) ([]account.Statement, error) {
	list, err := collect(ctx, tx, scanState[account.Statement], `SELECT state FROM account_statement WHERE month = $1 ORDER BY id`, m)
	for i := range list {
		if list[i].Lines, err = tx.statementLines(ctx, list[i].ID); err != nil {
			return nil, err
		}
	}
	return list, err
}

func (tx *Tx) statementLines(ctx context.Context, id account.StatementID) ([]account.Line, error) {
	return collect(ctx, tx, scanState[account.Line], `SELECT state FROM account_line WHERE statement = $1 ORDER BY order_id`, id)
}

// Statement implements account.Store.
func (tx *Tx) Statement(ctx context.Context, id account.StatementID) (account.Statement, error) {
	st, err := one(ctx, tx, scanState[account.Statement], `SELECT state FROM account_statement WHERE id = $1`, id)
	if err != nil {
		return st, missing(err, "statement", string(id))
	}
	st.Lines, err = tx.statementLines(ctx, id)
	return st, err
}

// Statements implements account.Store. The newest month comes first.
func (tx *Tx) Statements(ctx context.Context, f account.Filter, p naru.Page) (naru.List[account.StatementRow], error) {
	id, month, _ := strings.Cut(p.After, "/")
	const q = `SELECT s.id, s.month, s.institution, i.name, s.approved, COUNT(*), CAST(SUM(l.amount) AS BIGINT),
		MAX(CASE WHEN o.synthetic THEN 1 ELSE 0 END)
		FROM account_statement s JOIN institution i ON i.id = s.institution JOIN account_line l ON l.statement = s.id
		JOIN purchase o ON o.id = l.order_id
		WHERE ($1 = '' OR s.month = $1) AND ($2 = '' OR s.institution = $2) AND ($3 = '' OR l.provider = $3)
		AND ($4 = '' OR s.month < $4 OR (s.month = $4 AND s.id > $5))
		GROUP BY s.id, s.month, s.institution, i.name, s.approved ORDER BY s.month DESC, s.id LIMIT $6`
	rows, err := collect(ctx, tx, func(r scanner) (v account.StatementRow, err error) {
		var synthetic int
		err = r.Scan(&v.ID, &v.Month, &v.Institution, &v.Name, &v.Approved, &v.Lines, &v.Amount, &synthetic)
		v.Synthetic = synthetic > 0
		return v, err
	}, q, f.Month, f.Institution, f.Provider, month, id, p.Size()+1)
	return page(rows, p, func(v account.StatementRow) string { return string(v.ID) + "/" + string(v.Month) }), err
}

// PendingAdjustments implements account.Store.
func (tx *Tx) PendingAdjustments(ctx context.Context) ([]account.Adjustment, error) {
	return collect(ctx, tx, scanState[account.Adjustment], `SELECT state FROM account_adjustment WHERE charged = '' ORDER BY id`)
}

// PutAdjustment implements account.Store.
func (tx *Tx) PutAdjustment(ctx context.Context, a account.Adjustment) error {
	return tx.putState(ctx, `INSERT INTO account_adjustment (id, charged, state) VALUES ($1, '', $2)`, a.ID, a)
}

// ChargeAdjustment implements account.Store.
func (tx *Tx) ChargeAdjustment(ctx context.Context, id string, m naru.Month) error {
	return tx.exec(ctx, `UPDATE account_adjustment SET charged = $1 WHERE id = $2`, m, id)
}
