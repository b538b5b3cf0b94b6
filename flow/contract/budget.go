package contract

import (
	"fmt"

	"naru"
	"naru/flow/inventory"
)

// Budget is what an institution may spend in a year on services (예산), with what is
// reserved by approved orders and what statements have spent. Held and spent together
// never exceed the amount.
type Budget struct {
	Institution inventory.InstitutionID `json:"institution"`
	Year        int                     `json:"year"`
	Amount      naru.Money              `json:"amount"`
	Held        naru.Money              `json:"held"`
	Spent       naru.Money              `json:"spent"`
	Version     int64                   `json:"version"`
}

// BudgetRow is a budget with its institution's name.
type BudgetRow struct {
	Budget
	InstitutionName string `json:"institution_name"`
	Free            int64  `json:"free"` // won that are neither held nor spent
}

// Free returns what is neither held nor spent.
func (b *Budget) Free() naru.Money { return b.Amount - b.Held - b.Spent }

// set changes the amount; what is held and spent must stay covered.
func (b *Budget) set(amount naru.Money) error {
	if amount < b.Held+b.Spent {
		return naru.NewError(naru.Conflict, "contract.budget_bound", "amount", won(amount), "bound", won(b.Held+b.Spent))
	}
	b.Amount = amount
	return nil
}

// hold reserves the order's hold.
func (b *Budget) hold(o *Order) error {
	if o.Hold > b.Free() {
		return naru.NewError(naru.Exhausted, "contract.over_budget", "year", fmt.Sprint(b.Year), "hold", won(o.Hold), "free", won(b.Free()))
	}
	b.Held += o.Hold
	o.Held = o.Hold
	return nil
}

// release gives back what the order still reserves and returns how much it was.
func (b *Budget) release(o *Order) naru.Money {
	rest := o.Held
	b.Held -= rest
	o.Held = 0
	return rest
}

// spend pays an amount of a statement: first from the order's hold, then from what is
// free. What neither covers is returned as short and stays unpaid: a debt is stated,
// never hidden by an overdrawn budget. A negative amount is a credit.
func (b *Budget) spend(o *Order, amount naru.Money) (paid Payment) {
	if amount < 0 {
		back := min(-amount, o.Spent)
		b.Spent -= back
		o.Spent -= back
		return Payment{FromFree: -back, Short: amount + back}
	}
	paid.FromHold = min(amount, o.Held)
	b.Held -= paid.FromHold
	o.Held -= paid.FromHold
	paid.FromFree = min(amount-paid.FromHold, b.Free()-paid.FromHold)
	b.Spent += paid.FromHold + paid.FromFree
	o.Spent += paid.FromHold + paid.FromFree
	paid.Short = amount - paid.FromHold - paid.FromFree
	return paid
}

// Payment says where the money of a statement line came from. A credit has a negative
// FromFree.
type Payment struct {
	FromHold naru.Money `json:"from_hold"`
	FromFree naru.Money `json:"from_free"`
	Short    naru.Money `json:"short"` // not covered by the budget
}

// won writes an amount for a message.
func won(m naru.Money) string { return fmt.Sprint(int64(m)) }
