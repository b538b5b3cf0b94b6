package match

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
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/flow/law"
)

// Store is what this step needs of a transaction.
type Store interface {
	decide.Asker
	Institution(ctx context.Context, id inventory.InstitutionID) (inventory.Institution, error)
	System(ctx context.Context, id inventory.SystemID) (inventory.System, error)
	SystemOfComponent(ctx context.Context, id inventory.ComponentID) (inventory.SystemID, error)
	Offers(ctx context.Context, of catalog.ProviderID) ([]catalog.Offer, error)
}

// Ops are the operations of this step on one book of law.
type Ops struct {
	Candidates op.Op[Store, In, Result]
}

// New returns the operations that match by the law in a book.
func New(book *law.Book) Ops {
	return Ops{
		Candidates: op.Read("match.candidates", "match.read",
			naru.Text{Ko: "구성요소에 맞는 이용상품을 이유와 함께 찾는다", En: "Find the plans that fit a component, with the reason for every place"}, candidates(book)),
	}
}

// All lists the operations.
func (o Ops) All() []op.Any { return []op.Any{o.Candidates} }

// In asks for the candidates of one component.
type In struct {
	Component inventory.ComponentID   `json:"component" doc:"component id"`
	Category  string                  `json:"category,omitempty" doc:"kind of service wanted; empty weighs every kind"`
	Venue     policy.Venue            `json:"venue,omitempty" doc:"only this venue: government, private, ppp, own or onsite"`
	AsOf      naru.Date               `json:"as_of,omitempty" doc:"date of law, certificates and prices; default today"`
	Estimate  map[string]naru.Decimal `json:"estimate,omitempty" doc:"units wanted a month, by meter"`
}

// maxEstimate bounds the meters of an estimate.
const maxEstimate = 50

func (in *In) check() error {
	if in.Venue != "" && !slices.Contains(policy.Venues(), in.Venue) {
		return naru.NewError(naru.Invalid, "match.bad_venue", "value", fmt.Sprintf("%.40s", in.Venue))
	}
	if len(in.Estimate) > maxEstimate {
		return naru.NewError(naru.Invalid, "match.estimate_too_long", "limit", fmt.Sprint(maxEstimate))
	}
	for meter, n := range in.Estimate {
		if meter == "" || n.Sign() < 0 {
			return naru.NewError(naru.Invalid, "match.bad_estimate", "meter", fmt.Sprintf("%.80s", meter), "value", n.String())
		}
	}
	return nil
}

func candidates(book *law.Book) func(context.Context, *op.Call, Store, In) (Result, error) {
	return func(ctx context.Context, c *op.Call, s Store, in In) (Result, error) {
		if err := in.check(); err != nil {
			return Result{}, err
		}
		law, err := book.InForce(ctx, s, cmp.Or(in.AsOf, c.Today()))
		if err != nil {
			return Result{}, err
		}
		subject, err := subjectOf(ctx, c.Actor, s, in.Component)
		if err != nil {
			return Result{}, err
		}
		offers, err := s.Offers(ctx, "")
		if err != nil {
			return Result{}, err
		}
		return Match(law, subject, Wish{Category: in.Category, Venue: in.Venue, Estimate: in.Estimate}, offers)
	}
}

// subjectOf reads a component the actor may see, with what it belongs to.
func subjectOf(ctx context.Context, a naru.Actor, s Store, id inventory.ComponentID) (Subject, error) {
	of, err := s.SystemOfComponent(ctx, id)
	if err != nil {
		return Subject{}, err
	}
	sys, err := s.System(ctx, of)
	if err != nil {
		return Subject{}, err
	}
	if err := identity.RequireSight(a, string(sys.Institution), string(id)); err != nil {
		return Subject{}, err
	}
	inst, err := s.Institution(ctx, sys.Institution)
	if err != nil {
		return Subject{}, err
	}
	i := slices.IndexFunc(sys.Components, func(c inventory.Component) bool { return c.ID == id })
	if i < 0 {
		return Subject{}, fmt.Errorf("component %s is not in system %s", id, of)
	}
	lifts, err := s.Lifts(ctx, "", of)
	if err != nil {
		return Subject{}, fmt.Errorf("exceptions of %s: %w", of, err)
	}
	return Subject{Institution: inst, System: sys, Component: sys.Components[i], Exemptions: lifts[id]}, nil
}
