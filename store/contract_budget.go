package store

import (
	"context"
	"fmt"
	"strings"

	"naru"
	"naru/flow/contract"
	"naru/flow/inventory"
)

// Budget implements contract.Payer.
func (tx *Tx) Budget(ctx context.Context, of inventory.InstitutionID, year int) (contract.Budget, error) {
	const q = `SELECT amount, held, spent, version FROM budget WHERE institution = $1 AND year = $2`
	rows, err := collect(ctx, tx, func(s scanner) (contract.Budget, error) {
		b := contract.Budget{Institution: of, Year: year}
		err := s.Scan(&b.Amount, &b.Held, &b.Spent, &b.Version)
		return b, err
	}, q, of, year)
	if err != nil || len(rows) == 0 {
		return contract.Budget{Institution: of, Year: year}, err
	}
	return rows[0], nil
}

// PutBudget implements contract.Payer.
func (tx *Tx) PutBudget(ctx context.Context, b contract.Budget) error {
	const q = `INSERT INTO budget (institution, year, amount, held, spent, version) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (institution, year) DO UPDATE SET amount = excluded.amount, held = excluded.held, spent = excluded.spent, version = excluded.version`
	return tx.exec(ctx, q, b.Institution, b.Year, int64(b.Amount), int64(b.Held), int64(b.Spent), b.Version)
}

// Budgets implements contract.Store. The newest year comes first, then by institution.
func (tx *Tx) Budgets(ctx context.Context, f contract.BudgetFilter, p naru.Page) (naru.List[contract.BudgetRow], error) {
	var year int
	at, institution, _ := strings.Cut(p.After, "/")
	if at != "" {
		if _, err := fmt.Sscan(at, &year); err != nil {
			return naru.List[contract.BudgetRow]{}, naru.NewError(naru.Invalid, "contract.bad_cursor")
		}
	}
	const q = `SELECT b.institution, b.year, b.amount, b.held, b.spent, b.version, i.name FROM budget b JOIN institution i ON i.id = b.institution
		WHERE ($1 = '' OR b.institution = $1) AND ($2 = 0 OR b.year = $2)
		AND ($3 = 0 OR b.year < $3 OR (b.year = $3 AND b.institution > $4)) ORDER BY b.year DESC, b.institution LIMIT $5`
	rows, err := collect(ctx, tx, func(s scanner) (r contract.BudgetRow, err error) {
		err = s.Scan(&r.Institution, &r.Year, &r.Amount, &r.Held, &r.Spent, &r.Version, &r.InstitutionName)
		r.Free = int64(r.Budget.Free())
		return r, err
	}, q, f.Institution, f.Year, year, institution, p.Size()+1)
	return page(rows, p, func(r contract.BudgetRow) string { return fmt.Sprintf("%d/%s", r.Year, r.Institution) }), err
}
