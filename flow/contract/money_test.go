package contract_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"naru"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/internal/testdb"
	"naru/store"
)

// pay spends from an order in a transaction of its own, as account does.
func pay(b *bed, db *store.DB, id contract.OrderID, ref string, amount naru.Money) (paid contract.Payment, err error) {
	err = db.Write(b.t.Context(), func(ctx context.Context, tx op.Tx) error {
		paid, err = contract.Spend(ctx, tx.(*store.Tx), id, ref, amount)
		return err
	})
	return paid, err
}

// TestBudgetIsNeverOverHeld approves, pays, ends and re-budgets from many goroutines
// at once: at every moment and at the end, held and spent are exactly the sums over
// the orders and never exceed the amount.
func TestBudgetIsNeverOverHeld(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		b.budget(10_000)
		const workers, each = 8, 12
		var wg sync.WaitGroup
		faults := make(chan string, workers*each*8)
		for w := range workers {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(uint64(w), 42))
				for n := range each {
					if fault := b.oneLife(db, rng, fmt.Sprint(w, "-", n)); fault != "" {
						faults <- fault
					}
				}
			})
		}
		wg.Wait()
		close(faults)
		for f := range faults {
			t.Error(f)
		}
		b.audit(workers * each)
	})
}

// oneLife orders, approves, pays and perhaps ends; it returns what went wrong.
func (b *bed) oneLife(db *store.DB, rng *rand.Rand, key string) string {
	in := b.wish(naru.Money(1 + rng.IntN(900)))
	in.Key = key
	o, err := try(b, b.officer, b.ops.Order, in)
	if err != nil {
		return fmt.Sprint("order: ", err)
	}
	a, err := try(b, b.approver, b.ops.Approve, contract.DecideIn{ID: o.ID})
	if err != nil {
		if naru.KindOf(err) != naru.Exhausted {
			return fmt.Sprint("approve: ", err)
		}
		return ""
	}
	if a.Held != in.Hold {
		return fmt.Sprintf("approved with %d held of %d", a.Held, in.Hold)
	}
	for n := range rng.IntN(3) {
		if _, err := pay(b, db, o.ID, fmt.Sprint(n), naru.Money(rng.IntN(700)-100)); err != nil {
			return fmt.Sprint("pay: ", err)
		}
	}
	if rng.IntN(2) == 0 {
		if _, err := try(b, b.officer, b.ops.End, contract.RefuseIn{ID: o.ID, Reason: "끝"}); err != nil {
			return fmt.Sprint("end: ", err)
		}
	}
	if m := b.money(); m.Held < 0 || m.Spent < 0 || m.Held+m.Spent > m.Amount {
		return fmt.Sprintf("the budget stands at %+v", m)
	}
	return ""
}

// audit compares the budget with the sums over its orders.
func (b *bed) audit(orders int) {
	b.t.Helper()
	var held, spent naru.Money
	approved, refused := 0, 0
	list := do(b, operator, b.ops.Orders, contract.OrdersIn{Page: naru.Page{Limit: 200}})
	if len(list.Rows) != orders {
		b.t.Fatalf("%d orders, want %d", len(list.Rows), orders)
	}
	for _, o := range list.Rows {
		held, spent = held+o.Held, spent+o.Spent
		if o.State == contract.Requested {
			refused++
		} else {
			approved++
		}
		if o.State != contract.Approved && o.Held != 0 {
			b.t.Errorf("order %s is %s and holds %d", o.ID, o.State, o.Held)
		}
	}
	m := b.money()
	if m.Held != held || m.Spent != spent || m.Held+m.Spent > m.Amount {
		b.t.Errorf("the budget says held %d spent %d of %d, the orders %d and %d", m.Held, m.Spent, m.Amount, held, spent)
	}
	if approved == 0 || refused == 0 {
		b.t.Errorf("%d approved, %d refused for money: the test bites only with both", approved, refused)
	}
}

func TestSpendTakesTheHoldThenTheFreeBudgetThenIsShort(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		b.budget(1000)
		o := do(b, b.officer, b.ops.Order, b.wish(600))
		do(b, b.approver, b.ops.Approve, contract.DecideIn{ID: o.ID})
		steps := []struct {
			ref         string
			amount      naru.Money
			want        contract.Payment
			held, spent naru.Money
		}{
			{"2026-03", 250, contract.Payment{FromHold: 250}, 350, 250},
			{"2026-03", 250, contract.Payment{FromHold: 250}, 350, 250}, // the same line again
			{"2026-04", 500, contract.Payment{FromHold: 350, FromFree: 150}, 0, 750},
			{"2026-05", 400, contract.Payment{FromFree: 250, Short: 150}, 0, 1000},
			{"2026-06", -300, contract.Payment{FromFree: -300}, 0, 700},
			{"2026-07", 0, contract.Payment{}, 0, 700},
			{"2026-08", -900, contract.Payment{FromFree: -700, Short: -200}, 0, 0},
		}
		for _, s := range steps {
			paid, err := pay(b, db, o.ID, s.ref, s.amount)
			if err != nil || paid != s.want {
				t.Errorf("%s %d: paid %+v, %v; want %+v", s.ref, s.amount, paid, err, s.want)
			}
			if m := b.money(); m.Held != s.held || m.Spent != s.spent {
				t.Errorf("%s %d: budget %+v, want held %d spent %d", s.ref, s.amount, m, s.held, s.spent)
			}
		}
		if _, err := pay(b, db, "ord_0", "x", 1); naru.KindOf(err) != naru.NotFound {
			t.Errorf("paying of no order: %v", err)
		}
	})
}

func TestCoversOnlyTheApprovedPlanInItsPeriod(t *testing.T) {
	t.Parallel()
	o := contract.Order{ID: "ord_1", Plan: "pln_1", From: "2026-03-02", To: "2026-03-31", State: contract.Approved}
	ended := o
	ended.State = contract.Ended
	tests := map[string]struct {
		order *contract.Order
		plan  catalog.PlanID
		on    naru.Date
		key   string
	}{
		"the first day":       {&o, "pln_1", "2026-03-02", ""},
		"the last day":        {&o, "pln_1", "2026-03-31", ""},
		"the day before":      {&o, "pln_1", "2026-03-01", "contract.outside_period"},
		"the day after":       {&o, "pln_1", "2026-04-01", "contract.outside_period"},
		"another plan":        {&o, "pln_2", "2026-03-02", "contract.other_plan"},
		"an order that ended": {&ended, "pln_1", "2026-03-02", "contract.not_approved"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := contract.Covers(tt.order, tt.plan, tt.on)
			if tt.key == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			refused(t, err, naru.Conflict, tt.key)
		})
	}
}
