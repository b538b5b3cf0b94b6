package contract

import (
	"context"

	"naru"
	"naru/flow/catalog"
	"naru/flow/decide"
	"naru/flow/inventory"
)

// Store is what this step needs of a transaction.
type Store interface {
	Payer
	decide.Asker
	Institution(ctx context.Context, id inventory.InstitutionID) (inventory.Institution, error)
	System(ctx context.Context, id inventory.SystemID) (inventory.System, error)
	Offer(ctx context.Context, id catalog.ServiceID) (catalog.Offer, error)
	CatalogPlan(ctx context.Context, id catalog.PlanID) (catalog.Plan, error)

	OrderByKey(ctx context.Context, of inventory.InstitutionID, key string) (o Order, ok bool, err error)
	OrderRow(ctx context.Context, id OrderID) (OrderRow, error)
	Orders(ctx context.Context, f Filter, p naru.Page) (naru.List[OrderRow], error)
	Budgets(ctx context.Context, f BudgetFilter, p naru.Page) (naru.List[BudgetRow], error)
}

// Payer is what [Spend] needs of a transaction; account's Store includes it.
type Payer interface {
	Order(ctx context.Context, id OrderID) (Order, error)
	PutOrder(ctx context.Context, o Order) error
	// Budget returns a zero budget of the institution and year when there is none.
	Budget(ctx context.Context, of inventory.InstitutionID, year int) (Budget, error)
	PutBudget(ctx context.Context, b Budget) error
	// Payment returns what was paid of an order for a reference.
	Payment(ctx context.Context, id OrderID, ref string) (p Payment, ok bool, err error)
	PutPayment(ctx context.Context, id OrderID, ref string, p Payment) error
}

// Filter narrows a list of orders.
type Filter struct {
	Institution inventory.InstitutionID `json:"institution,omitempty" doc:"institution id"`
	System      inventory.SystemID      `json:"system,omitempty" doc:"system id"`
	Provider    catalog.ProviderID      `json:"provider,omitempty" doc:"provider id"`
	State       State                   `json:"state,omitempty" doc:"requested, approved, rejected or ended"`
}

// BudgetFilter narrows a list of budgets.
type BudgetFilter struct {
	Institution inventory.InstitutionID `json:"institution,omitempty" doc:"institution id"`
	Year        int                     `json:"year,omitempty" doc:"budget year; 0 = all"`
}

// Spend pays an amount of a statement of an order, once per reference (the statement
// line), however often it is asked: from the order's hold, then from what is free in
// its budget year. The caller records it with its own entry.
func Spend(ctx context.Context, s Payer, id OrderID, ref string, amount naru.Money) (Payment, error) {
	if paid, ok, err := s.Payment(ctx, id, ref); err != nil || ok {
		return paid, err
	}
	o, err := s.Order(ctx, id)
	if err != nil {
		return Payment{}, err
	}
	b, err := s.Budget(ctx, o.Institution, o.Year())
	if err != nil {
		return Payment{}, err
	}
	paid := b.spend(&o, amount)
	if err := s.PutPayment(ctx, id, ref, paid); err != nil {
		return Payment{}, err
	}
	o.Version++
	b.Version++
	if err := s.PutOrder(ctx, o); err != nil {
		return Payment{}, err
	}
	return paid, s.PutBudget(ctx, b)
}
