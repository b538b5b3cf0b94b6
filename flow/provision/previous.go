package provision

import (
	"context"

	"naru"
	"naru/flow/catalog"
)

// Previous is what a platform takes an instance to be before an update; what is empty it did
// not say.
type Previous struct {
	Plan        catalog.PlanID
	Maintenance string
}

// agrees refuses an update that begins from another picture than naru's. OSB 2.17 ("Previous
// Values Object") has previous_values say what the instance is, and leaves open what a broker
// does when it does not. naru goes by its own record always; but who asks for a change from
// what is not there means another change, so nothing is changed until the pictures agree.
//
// Whatever brings them together is never refused: an update that asks for what the instance is
// already, which is answered before this, and one to the version of the catalogue, which is the
// only one that can be asked for. Nor is a mere change of the context, which a plan is nothing to.
func (u updating) agrees(ctx context.Context, s Store) error {
	said := u.in.Previous
	if u.in.contextOnly() {
		return nil
	}
	if said.Plan != "" && said.Plan != u.Instance.Plan {
		offer, err := s.Offer(ctx, u.Service)
		if err != nil {
			return err
		}
		return u.differs(planName(offer, said.Plan), planName(offer, u.Instance.Plan))
	}
	moves := u.change.Plan != "" || u.change.Maintenance != ""
	if !moves && said.Maintenance != "" && u.Maintenance != "" && said.Maintenance != u.Maintenance {
		return u.differs(storable(said.Maintenance), u.Maintenance)
	}
	return nil
}

func (u updating) differs(said, has string) error {
	return naru.NewError(naru.Conflict, "provision.previous_differs", "instance", string(u.ID), "said", said, "has", has)
}

func planName(offer catalog.Offer, id catalog.PlanID) string {
	if plan, ok := offer.Find(id); ok {
		return plan.Name.Ko
	}
	return storable(string(id))
}
