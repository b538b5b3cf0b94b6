package contract

import (
	"context"
	"fmt"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/flow/inventory"
)

// maxAmount bounds amounts from outside, so that sums of them stay far from overflow.
const maxAmount naru.Money = 9e15

// BudgetIn is the budget of an institution for a year.
type BudgetIn struct {
	Institution inventory.InstitutionID `json:"institution,omitempty" doc:"institution id; empty is the caller's own"`
	Year        int                     `json:"year" doc:"budget year"`
	Amount      naru.Money              `json:"amount" doc:"won"`
	Version     int64                   `json:"version,omitempty" doc:"version the change is based on; 0 skips the comparison"`
}

// setBudget sets the amount; asking twice for the same amount changes nothing.
func setBudget(ctx context.Context, c *op.Call, s Store, in BudgetIn) (Budget, error) {
	if in.Institution == "" {
		in.Institution = inventory.InstitutionID(c.Actor.Institution)
	}
	if err := identity.RequireSight(c.Actor, string(in.Institution), string(in.Institution)); err != nil {
		return Budget{}, err
	}
	if in.Year < 2015 || in.Year > 2999 {
		return Budget{}, naru.NewError(naru.Invalid, "contract.bad_year", "year", fmt.Sprint(in.Year))
	}
	if in.Amount < 0 || in.Amount >= maxAmount {
		return Budget{}, naru.NewError(naru.Invalid, "contract.bad_amount", "amount", won(in.Amount))
	}
	if _, err := s.Institution(ctx, in.Institution); err != nil {
		return Budget{}, err
	}
	b, err := s.Budget(ctx, in.Institution, in.Year)
	if err != nil {
		return Budget{}, err
	}
	if in.Version != 0 && in.Version != b.Version {
		return Budget{}, naru.NewError(naru.Conflict, "contract.budget_changed", "version", fmt.Sprint(b.Version))
	}
	if err := b.set(in.Amount); err != nil {
		return Budget{}, err
	}
	b.Version++
	c.Record([]string{string(b.Institution)}, "year", fmt.Sprint(b.Year), "amount", won(b.Amount), "version", fmt.Sprint(b.Version))
	return b, s.PutBudget(ctx, b)
}

// BudgetsIn narrows the list of budgets.
type BudgetsIn struct {
	BudgetFilter
	naru.Page
}

func budgets(ctx context.Context, c *op.Call, s Store, in BudgetsIn) (naru.List[BudgetRow], error) {
	of, err := scoped(c.Actor, in.Institution)
	if err != nil {
		return naru.List[BudgetRow]{}, err
	}
	in.Institution = of
	return s.Budgets(ctx, in.BudgetFilter, in.Page)
}
