package decide

import (
	"context"
	"slices"

	"naru"
	"naru/base/op"
	"naru/flow/inventory"
)

// DueIn asks whether standing decisions are still those of today.
type DueIn struct{}

// DueOut says which standing decisions the calendar made old.
type DueOut struct {
	Law     bool                 `json:"law"`     // the law of today is another than they rest on, or says otherwise since
	Systems []inventory.SystemID `json:"systems"` // whose exceptions began or ran out
}

// due compares the standing decisions in the caller's sight with the law and the
// exceptions of today.
func (b bulk) due(ctx context.Context, c *op.Call, s Store, _ DueIn) (DueOut, error) {
	scope, err := inventory.Within(c.Actor, "")
	if err != nil {
		return DueOut{}, err
	}
	w, err := b.work(ctx, s, scope, c.Today())
	if err != nil {
		return DueOut{}, err
	}
	groups, err := s.Tally(ctx, Standing, scope)
	if err != nil {
		return DueOut{}, err
	}
	out := DueOut{Systems: []inventory.SystemID{}}
	for _, g := range groups {
		if out.Law = g.Law != w.digest || w.law.TurnedSince(g.AsOf); out.Law {
			return out, nil
		}
	}
	out.Systems, err = w.turned(ctx, s, c.Today())
	return out, err
}

// turned lists the systems of the scope whose standing decision rests on other exceptions
// than those that hold on the date.
func (w *work) turned(ctx context.Context, s Store, today naru.Date) ([]inventory.SystemID, error) {
	list, err := s.Exempted(ctx)
	if err != nil {
		return nil, err
	}
	turned := []inventory.SystemID{}
	for i := range list {
		d := &list[i]
		if w.scope != "" && d.Institution != w.scope {
			continue
		}
		now := w.lifts[d.Component].On(today).IDs()
		if !slices.Equal(now, d.Exempt) {
			turned = append(turned, d.System)
		}
	}
	slices.Sort(turned)
	return slices.Compact(turned), nil
}

// RenewIn asks to renew what the calendar made old.
type RenewIn struct{}

// renew decides again what is due.
func (b bulk) renew(ctx context.Context, c *op.Call, s Store, _ RenewIn) (RunOut, error) {
	due, err := b.due(ctx, c, s, DueIn{})
	if err != nil {
		return RunOut{}, err
	}
	if due.Law {
		return b.run(ctx, c, s, RunIn{})
	}
	w, err := b.work(ctx, s, "", c.Today())
	if err != nil {
		return RunOut{}, err
	}
	if err := w.these(ctx, c, s, due.Systems); err != nil {
		return RunOut{}, err
	}
	c.Record(nil, w.summary()...)
	out := RunOut{
		AsOf: w.law.Date(), Systems: w.sum.Systems, Components: w.sum.Components, Hybrid: w.sum.Hybrid, Flips: w.flips,
		Law: w.digest, Result: w.sum.digest(), Packs: w.law.Packs(),
	}
	return out, w.done(ctx, s)
}
