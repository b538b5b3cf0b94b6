package contract

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/catalog"
	"naru/flow/inventory"
	"naru/flow/law"
	"naru/flow/match"
)

// OrderIn asks for one plan for one component.
type OrderIn struct {
	Key       string                `json:"key,omitempty" doc:"the caller's own number of the request; the same number twice makes one order"`
	System    inventory.SystemID    `json:"system" doc:"system id"`
	Component inventory.ComponentID `json:"component,omitempty" doc:"component id; empty when the system has one only"`
	Plan      catalog.PlanID        `json:"plan" doc:"plan id"`
	From      naru.Date             `json:"from" doc:"first day"`
	To        naru.Date             `json:"to" doc:"last day, in the same year"`
	Hold      naru.Money            `json:"hold" doc:"won to hold of the budget"`
	Purpose   string                `json:"purpose" doc:"what it is for"`
	Track     string                `json:"track,omitempty" doc:"way of buying; see contract.tracks"`
}

// The bounds of texts in an order.
const (
	maxKey  = 100
	maxText = 2000
)

// desk is where orders are placed and decided: it holds the book of law and the tracks.
type desk struct {
	book   *law.Book
	tracks []Track
}

// order places an order: it is checked against the law and the certificate of today,
// and the prices of its first day are frozen. The budget is held at approval.
func (d desk) order(ctx context.Context, c *op.Call, s Store, in OrderIn) (Order, error) {
	subject, err := subjectOf(ctx, c.Actor, s, in.System, in.Component)
	if err != nil {
		return Order{}, err
	}
	in.Component, in.Key = subject.Component.ID, cmp.Or(in.Key, c.ID)
	old, known, err := s.OrderByKey(ctx, subject.Institution.ID, in.Key)
	if err != nil {
		return Order{}, err
	}
	if known {
		return repeated(c, old, in)
	}
	if err := d.check(in, c.Today()); err != nil {
		return Order{}, err
	}
	o, err := d.draft(ctx, c, s, subject, in)
	if err != nil {
		return Order{}, err
	}
	c.Record(o.subjects(), "plan", string(o.Plan), "from", string(o.From), "to", string(o.To), "hold", won(o.Hold), "track", o.Track,
		"outcome", string(o.Basis.Outcome), "facts", o.Basis.FactsDigest)
	return o, s.PutOrder(ctx, o)
}

// repeated answers a request that came before: the same order, or a conflict.
func repeated(c *op.Call, old Order, in OrderIn) (Order, error) {
	same := old.System == in.System && old.Component == in.Component && old.Plan == in.Plan && old.From == in.From && old.To == in.To &&
		old.Hold == in.Hold && old.Purpose == in.Purpose && (in.Track == "" || old.Track == in.Track)
	if !same {
		return Order{}, naru.NewError(naru.Conflict, "contract.key_taken", "key", in.Key, "order", string(old.ID))
	}
	c.Record(old.subjects(), "repeated", "true")
	return old, nil
}

// check refuses what is wrong in itself, every fault at once.
func (d desk) check(in OrderIn, today naru.Date) error {
	var ps []naru.Problem
	want := func(ok bool, field string, m naru.Message) {
		if !ok {
			ps = append(ps, naru.Problem{Field: field, Message: m})
		}
	}
	for field, date := range map[string]naru.Date{"from": in.From, "to": in.To} {
		_, err := naru.ParseDate(string(date))
		want(err == nil, field, naru.Msg("contract.bad_date", "value", fmt.Sprintf("%.40s", date)))
	}
	if len(ps) == 0 {
		want(in.From >= today, "from", naru.Msg("contract.in_past", "date", string(in.From), "today", string(today)))
		want(in.From <= in.To, "to", naru.Msg("contract.ends_before_start", "from", string(in.From), "to", string(in.To)))
		want(in.From > in.To || yearOf(in.From) == yearOf(in.To), "to", naru.Msg("contract.two_years", "from", string(in.From), "to", string(in.To)))
	}
	want(in.Hold > 0 && in.Hold < maxAmount, "hold", naru.Msg("contract.bad_amount", "amount", won(in.Hold)))
	want(in.Purpose != "", "purpose", naru.Msg("contract.purpose_missing"))
	want(len(in.Purpose) <= maxText, "purpose", naru.Msg("contract.text_too_long", "limit", fmt.Sprint(maxText)))
	want(len(in.Key) <= maxKey, "key", naru.Msg("contract.text_too_long", "limit", fmt.Sprint(maxKey)))
	if len(ps) > 0 {
		slices.SortFunc(ps, func(a, b naru.Problem) int { return cmp.Compare(a.Field, b.Field) })
		return naru.NewError(naru.Invalid, "contract.order_refused").WithProblems(ps)
	}
	t, err := trackOf(d.tracks, in.Track)
	if err == nil && t.Limit > 0 && in.Hold > t.Limit {
		return naru.NewError(naru.Invalid, "contract.over_limit", "track", t.Code, "limit", won(t.Limit))
	}
	return err
}

// draft makes the order from what stands in the catalogue and the law today.
func (d desk) draft(ctx context.Context, c *op.Call, s Store, subject match.Subject, in OrderIn) (Order, error) {
	plan, err := s.CatalogPlan(ctx, in.Plan)
	if err != nil {
		return Order{}, err
	}
	offer, err := s.Offer(ctx, plan.Service)
	if err != nil {
		return Order{}, err
	}
	law, err := d.book.InForce(ctx, s, c.Today())
	if err != nil {
		return Order{}, err
	}
	basis, err := basis(law, subject, &offer, &plan)
	if err != nil {
		return Order{}, err
	}
	prices := plan.PricesOn(in.From)
	if len(prices) == 0 {
		return Order{}, naru.NewError(naru.Conflict, "contract.no_price", "date", string(in.From))
	}
	track, err := trackOf(d.tracks, in.Track)
	return Order{
		ID: OrderID(c.NewID("ord")), Key: in.Key, Institution: subject.Institution.ID, System: subject.System.ID, Component: in.Component,
		Provider: offer.Provider, Service: offer.ID, Plan: plan.ID, Track: track.Code, Purpose: in.Purpose, From: in.From, To: in.To,
		Hold: in.Hold, Prices: prices, Basis: basis, State: Requested, RequestedBy: c.Actor.User, RequestedAt: c.Now,
		Synthetic: subject.System.Synthetic || offer.Synthetic, Version: 1,
	}, err
}

// basis weighs the plan by the law of a day and refuses what does not fit, with every
// reason against it and every fact that is missing.
func basis(law *policy.Law, subject match.Subject, offer *catalog.Offer, plan *catalog.Plan) (Basis, error) {
	fit := match.Weigh(law, subject, offer, plan)
	if fit.Standing != match.Fits {
		var ps []naru.Problem
		for _, m := range slices.Concat(fit.Against, fit.Unknown) {
			ps = append(ps, naru.Problem{Field: "plan", Message: m})
		}
		return Basis{}, naru.NewError(naru.Conflict, "contract.not_fit").WithProblems(ps)
	}
	return Basis{
		AsOf: law.Date(), Venue: fit.Venue, Outcome: fit.Outcome, Conditions: fit.Conditions, Certificate: fit.Certificate,
		Packs: law.Packs(), FactsDigest: fit.FactsDigest,
	}, nil
}

// subjectOf reads a component of a system the actor may see.
func subjectOf(ctx context.Context, a naru.Actor, s Store, system inventory.SystemID, id inventory.ComponentID) (match.Subject, error) {
	sys, err := s.System(ctx, system)
	if err != nil {
		return match.Subject{}, err
	}
	if err := identity.RequireSight(a, string(sys.Institution), string(system)); err != nil {
		return match.Subject{}, err
	}
	inst, err := s.Institution(ctx, sys.Institution)
	if err != nil {
		return match.Subject{}, err
	}
	i := slices.IndexFunc(sys.Components, func(c inventory.Component) bool { return c.ID == id })
	if id == "" && len(sys.Components) == 1 {
		i = 0
	}
	if i < 0 {
		return match.Subject{}, naru.NewError(naru.Invalid, "contract.unknown_component", "system", string(system), "component", string(id))
	}
	lifts, err := s.Lifts(ctx, "", system)
	if err != nil {
		return match.Subject{}, fmt.Errorf("exceptions of %s: %w", system, err)
	}
	part := sys.Components[i]
	return match.Subject{Institution: inst, System: sys, Component: part, Exemptions: lifts[part.ID]}, nil
}

// subjects are the objects an entry about the order concerns.
func (o *Order) subjects() []string {
	return []string{string(o.ID), string(o.System), string(o.Institution), string(o.Provider)}
}
