package contract

import (
	"context"
	"fmt"

	"naru"
	"naru/base/op"
)

// DecideIn names an order in the version that was looked at.
type DecideIn struct {
	ID      OrderID `json:"id" doc:"order id"`
	Version int64   `json:"version,omitempty" doc:"version that was looked at; 0 skips the comparison"`
}

// RefuseIn names an order and says why it is rejected or ended.
type RefuseIn struct {
	ID      OrderID `json:"id" doc:"order id"`
	Version int64   `json:"version,omitempty" doc:"version that was looked at; 0 skips the comparison"`
	Reason  string  `json:"reason" doc:"why, for the other side to read"`
}

// approve lets a second person of the same institution bind its budget. Law and
// certificate are checked again, because days may lie between asking and approving.
func (d desk) approve(ctx context.Context, c *op.Call, s Store, in DecideIn) (Order, error) {
	o, err := seen(ctx, c.Actor, s, in.ID)
	if err != nil {
		return Order{}, err
	}
	if o.RequestedBy == c.Actor.User {
		return Order{}, naru.NewError(naru.Denied, "contract.same_person", "object", string(o.ID))
	}
	if o.State == Approved && o.DecidedBy == c.Actor.User {
		c.Record(o.subjects(), "repeated", "true")
		return o, nil
	}
	if err := o.ready(in.Version, Requested); err != nil {
		return Order{}, err
	}
	if today := c.Today(); o.To < today {
		return Order{}, naru.NewError(naru.Conflict, "contract.in_past", "date", string(o.To), "today", string(today))
	}
	if err := d.checkAgain(ctx, c, s, &o); err != nil {
		return Order{}, err
	}
	b, err := s.Budget(ctx, o.Institution, o.Year())
	if err != nil {
		return Order{}, err
	}
	if err := b.hold(&o); err != nil {
		return Order{}, err
	}
	o.State, o.DecidedBy, o.DecidedAt = Approved, c.Actor.User, c.Now
	o.Version++
	b.Version++
	c.Record(o.subjects(), "state", string(o.State), "held", won(o.Held), "year", fmt.Sprint(b.Year), "left", won(b.Free()),
		"outcome", string(o.Basis.Outcome), "facts", o.Basis.FactsDigest)
	if err := s.PutBudget(ctx, b); err != nil {
		return Order{}, err
	}
	return o, s.PutOrder(ctx, o)
}

// checkAgain renews the order's basis by the law, the facts and the catalogue of today.
func (d desk) checkAgain(ctx context.Context, c *op.Call, s Store, o *Order) error {
	subject, err := subjectOf(ctx, c.Actor, s, o.System, o.Component)
	if err != nil {
		return err
	}
	plan, err := s.CatalogPlan(ctx, o.Plan)
	if err != nil {
		return err
	}
	offer, err := s.Offer(ctx, o.Service)
	if err != nil {
		return err
	}
	law, err := d.book.InForce(ctx, s, c.Today())
	if err != nil {
		return err
	}
	o.Basis, err = basis(law, subject, &offer, &plan)
	return err
}

func reject(ctx context.Context, c *op.Call, s Store, in RefuseIn) (Order, error) {
	o, err := seen(ctx, c.Actor, s, in.ID)
	if err != nil {
		return Order{}, err
	}
	if o.State == Rejected && o.DecidedBy == c.Actor.User && o.Reason == in.Reason {
		c.Record(o.subjects(), "repeated", "true")
		return o, nil
	}
	if err := o.ready(in.Version, Requested); err != nil {
		return Order{}, err
	}
	if err := checkReason(in.Reason); err != nil {
		return Order{}, err
	}
	o.State, o.Reason, o.DecidedBy, o.DecidedAt = Rejected, in.Reason, c.Actor.User, c.Now
	o.Version++
	c.Record(o.subjects(), "state", string(o.State))
	return o, s.PutOrder(ctx, o)
}

// end ends an approved order, or withdraws one that waits; what is still held goes back
// to the budget. Usage that comes later is paid from what is free.
func end(ctx context.Context, c *op.Call, s Store, in RefuseIn) (Order, error) {
	o, err := seen(ctx, c.Actor, s, in.ID)
	if err != nil {
		return Order{}, err
	}
	if o.State == Ended && o.Reason == in.Reason {
		c.Record(o.subjects(), "repeated", "true")
		return o, nil
	}
	if err := o.ready(in.Version, Requested, Approved); err != nil {
		return Order{}, err
	}
	if err := checkReason(in.Reason); err != nil {
		return Order{}, err
	}
	b, err := s.Budget(ctx, o.Institution, o.Year())
	if err != nil {
		return Order{}, err
	}
	released := b.release(&o)
	o.State, o.Reason, o.EndedAt = Ended, in.Reason, c.Now
	o.Version++
	c.Record(o.subjects(), "state", string(o.State), "released", won(released))
	if released > 0 {
		b.Version++
		if err := s.PutBudget(ctx, b); err != nil {
			return Order{}, err
		}
	}
	return o, s.PutOrder(ctx, o)
}

// seen reads an order the actor may see.
func seen(ctx context.Context, a naru.Actor, s Store, id OrderID) (Order, error) {
	o, err := s.Order(ctx, id)
	if err != nil {
		return Order{}, err
	}
	return o, requireSight(a, &o)
}

// ready refuses an order of another version or state than assumed.
func (o *Order) ready(version int64, states ...State) error {
	if version != 0 && version != o.Version {
		return naru.NewError(naru.Conflict, "contract.order_changed", "version", fmt.Sprint(o.Version))
	}
	for _, s := range states {
		if o.State == s {
			return nil
		}
	}
	return naru.NewError(naru.Conflict, "contract.wrong_state", "state", string(o.State))
}

func checkReason(text string) error {
	if text == "" {
		return naru.NewError(naru.Invalid, "contract.reason_missing")
	}
	if len(text) > maxText {
		return naru.NewError(naru.Invalid, "contract.text_too_long", "limit", fmt.Sprint(maxText))
	}
	return nil
}
