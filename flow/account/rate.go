package account

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"naru"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/inventory"
	"naru/flow/meter"
	"naru/flow/provision"
)

// rating turns the usage of a month into statements.
type rating struct {
	store    Store
	month    naru.Month
	orders   map[contract.OrderID]contract.Order
	charges  map[contract.OrderID]map[chargeKey]*Charge
	problems []naru.Problem
}

// chargeKey is what usage lines are summed by: nothing that decides the price is lost.
type chargeKey struct {
	instance   provision.InstanceID
	meter      string
	unit       string
	rate       string
	month      naru.Month
	late       bool
	adjustment string
}

// rate prices the month and its adjustments. It refuses as a whole when usage cannot be
// priced without guessing.
func rate(ctx context.Context, s Store, m naru.Month) ([]Statement, error) {
	r := &rating{store: s, month: m, orders: map[contract.OrderID]contract.Order{}, charges: map[contract.OrderID]map[chargeKey]*Charge{}}
	if err := meter.Walk(ctx, s, m, func(u meter.Usage) error { return r.usage(ctx, u) }); err != nil {
		return nil, err
	}
	pending, err := s.PendingAdjustments(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range pending {
		if err := r.adjustment(ctx, a); err != nil {
			return nil, err
		}
	}
	if len(r.problems) > 0 {
		return nil, naru.NewError(naru.Conflict, "account.cannot_price", "month", string(m), "faults", fmt.Sprint(len(r.problems))).WithProblems(r.problems)
	}
	return r.statements(ctx)
}

func (r *rating) order(ctx context.Context, id contract.OrderID) (contract.Order, error) {
	if o, ok := r.orders[id]; ok {
		return o, nil
	}
	o, err := r.store.Order(ctx, id)
	if err != nil {
		return o, fmt.Errorf("order of usage: %w", err)
	}
	r.orders[id], r.charges[id] = o, map[chargeKey]*Charge{}
	return o, nil
}

func (r *rating) usage(ctx context.Context, u meter.Usage) error {
	o, err := r.order(ctx, u.Order)
	if err != nil {
		return err
	}
	price, priced := priceOf(o.Prices, u.Meter, naru.DateOf(u.From))
	if priced && price.Unit != u.Unit {
		r.problems = append(r.problems, naru.Problem{Field: string(u.Order), Message: naru.Msg("account.unit_differs",
			"line", fmt.Sprintf("%.80s", u.Line), "meter", u.Meter, "unit", u.Unit, "wanted", price.Unit)})
		return nil
	}
	cost, err := naru.Rate(price.Rate, u.Quantity)
	if err != nil {
		return err
	}
	key := chargeKey{u.Instance, u.Meter, u.Unit, price.Rate.String(), naru.MonthOf(u.From), u.Late, ""}
	c := r.charges[u.Order][key]
	if c == nil {
		c = &Charge{
			Instance: u.Instance, Meter: u.Meter, Unit: u.Unit, Rate: price.Rate, For: key.month, Late: u.Late, Unpriced: !priced, From: u.From, To: u.To,
		}
		r.charges[u.Order][key] = c
	}
	c.Lines++
	c.Quantity = c.Quantity.Add(u.Quantity)
	c.From, c.To = earlier(c.From, u.From), later(c.To, u.To)
	c.Cost, err = c.Cost.Add(cost)
	return err
}

func (r *rating) adjustment(ctx context.Context, a Adjustment) error {
	if _, err := r.order(ctx, a.Order); err != nil {
		return err
	}
	cost, err := naru.Rate(naru.DecimalOf(int64(a.Amount)), naru.DecimalOf(1))
	if err != nil {
		return err
	}
	r.charges[a.Order][chargeKey{month: a.Month, adjustment: a.ID}] = &Charge{
		For: a.Month, Cost: cost, Adjustment: a.ID, Reason: a.Reason, Rate: naru.DecimalOf(int64(a.Amount)), Quantity: naru.DecimalOf(1),
	}
	return nil
}

// priceOf finds the frozen price of a meter: the one in force on the date, else the one
// the order froze, because a price of the catalogue that ended later does not end it.
func priceOf(prices []catalog.Price, m string, d naru.Date) (catalog.Price, bool) {
	if p, ok := catalog.PriceOn(prices, m, d); ok {
		return p, true
	}
	i := slices.IndexFunc(prices, func(p catalog.Price) bool { return p.Meter == m })
	if i < 0 {
		return catalog.Price{}, false
	}
	return prices[i], true
}

// statements puts the lines together, in a fixed order.
func (r *rating) statements(ctx context.Context) ([]Statement, error) {
	by := map[inventory.InstitutionID]*Statement{}
	for id, o := range r.orders {
		l := Line{Order: id, System: o.System, Provider: o.Provider, Service: o.Service, Plan: o.Plan, Charges: inOrder(r.charges[id])}
		if err := l.total(); err != nil {
			return nil, err
		}
		s := by[o.Institution]
		if s == nil {
			inst, err := r.store.Institution(ctx, o.Institution)
			if err != nil {
				return nil, err
			}
			s = &Statement{ID: statementID(r.month, o.Institution), Month: r.month, Institution: o.Institution, Name: inst.Name}
			by[o.Institution] = s
		}
		s.Synthetic = s.Synthetic || o.Synthetic
		s.Lines = append(s.Lines, l)
	}
	out := make([]Statement, 0, len(by))
	for _, s := range by {
		slices.SortFunc(s.Lines, byOrder)
		if err := s.total(); err != nil {
			return nil, err
		}
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Statement) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return out, nil
}

func byOrder(a, b Line) int { return strings.Compare(string(a.Order), string(b.Order)) }

func inOrder(charges map[chargeKey]*Charge) []Charge {
	out := make([]Charge, 0, len(charges))
	for _, c := range charges {
		out = append(out, *c)
	}
	key := func(c Charge) string {
		return fmt.Sprintf("%s\n%s\n%s\n%s\n%t\n%s", c.Instance, c.Meter, c.Unit, c.For, c.Late, c.Adjustment+c.Rate.String())
	}
	slices.SortFunc(out, func(a, b Charge) int { return strings.Compare(key(a), key(b)) })
	return out
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
