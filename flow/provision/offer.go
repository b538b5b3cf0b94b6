package provision

import (
	"context"
	"slices"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/inventory"
)

// OffersIn asks what an institution may use; a caller bound to one institution need not say.
type OffersIn struct {
	Institution inventory.InstitutionID `json:"institution,omitempty"`
}

// Offered is a service with those of its plans that approved orders cover today.
type Offered struct {
	catalog.Offer
	Orders []OrderUse `json:"orders"`
}

// OrderUse is an order that covers one of the plans, and the instance it carries already.
type OrderUse struct {
	contract.Order
	Instance InstanceID `json:"instance,omitempty"`
}

// listOffers shows exactly the services an institution may use through approved orders:
// what a platform sees as its catalogue. A plan that left the provider's catalogue
// stays while an instance of it lives, because that must still be found. The same slice
// is given until something in it changes: nobody may write to it.
func listOffers(ctx context.Context, c *op.Call, s Store, in OffersIn) ([]Offered, error) {
	of := in.Institution
	if of == "" {
		of = inventory.InstitutionID(c.Actor.Institution)
	}
	if err := identity.RequireSight(c.Actor, string(of), string(of)); err != nil {
		return nil, err
	}
	today := c.Today()
	list, err := s.Assembled(ctx, "offers "+string(of)+" "+string(today), func(ctx context.Context) (any, error) {
		return offersOn(ctx, s, of, today)
	})
	if err != nil {
		return nil, err
	}
	return list.([]Offered), nil
}

func offersOn(ctx context.Context, s Store, of inventory.InstitutionID, day naru.Date) ([]Offered, error) {
	orders, err := s.OrdersInForce(ctx, of, day)
	if err != nil {
		return nil, err
	}
	byService := map[catalog.ServiceID][]OrderUse{}
	var services []catalog.ServiceID
	for _, o := range orders {
		use, err := useOf(ctx, s, o)
		if err != nil {
			return nil, err
		}
		if byService[o.Service] == nil {
			services = append(services, o.Service)
		}
		byService[o.Service] = append(byService[o.Service], use)
	}
	slices.Sort(services)
	var out []Offered
	for _, id := range services {
		offer, err := s.Offer(ctx, id)
		if err != nil {
			return nil, err
		}
		if o := cover(offer, byService[id]); len(o.Plans) > 0 {
			out = append(out, o)
		}
	}
	return out, nil
}

func useOf(ctx context.Context, s Store, o contract.Order) (OrderUse, error) {
	live, _, err := s.LiveInstance(ctx, o.ID)
	return OrderUse{Order: o, Instance: live.ID}, err
}

// cover cuts an offer down to the plans that are ordered and still to be had.
func cover(offer catalog.Offer, uses []OrderUse) Offered {
	o := Offered{Offer: offer}
	o.Plans = nil
	for _, p := range offer.Plans {
		of := slices.DeleteFunc(slices.Clone(uses), func(u OrderUse) bool {
			return u.Plan != p.ID || (u.Instance == "" && (p.Gone || offer.Gone))
		})
		if len(of) > 0 {
			o.Plans = append(o.Plans, p)
			o.Orders = append(o.Orders, of...)
		}
	}
	return o
}
