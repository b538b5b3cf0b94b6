package kit

import (
	"context"
	"errors"

	"naru/wire/osb"
)

// find returns the plan, or the refusal for ids that are not in the catalogue.
func (b *Broker) find(serviceID, planID string) (planEntry, error) {
	entry, ok := b.catalogue.plans[planID]
	if !ok || entry.serviceID != serviceID {
		return planEntry{}, osb.BadRequest("service_id and plan_id are not in the catalog")
	}
	return entry, nil
}

// Provision creates an instance, synchronously or not as its plan says.
func (b *Broker) Provision(ctx context.Context, r osb.ProvisionRequest) (osb.ProvisionResponse, error) {
	entry, err := b.find(r.ServiceID, r.PlanID)
	if err != nil {
		return osb.ProvisionResponse{}, err
	}
	if b.closed != nil {
		return osb.ProvisionResponse{}, b.closed
	}
	if err := b.checkMaintenance(r.MaintenanceInfo); err != nil {
		return osb.ProvisionResponse{}, err
	}
	unlock, err := b.locks.lock(ctx, r.InstanceID)
	if err != nil {
		return osb.ProvisionResponse{}, err
	}
	defer unlock()
	wanted := record{
		ID: r.InstanceID, ServiceID: r.ServiceID, PlanID: r.PlanID, OrgGUID: r.OrganizationGUID, SpaceGUID: r.SpaceGUID,
		Context: r.Context, Parameters: r.Parameters, Phase: creating, Maintained: b.catalogue.maintenance,
		Operation: newOperation(osb.OpProvision, entry.plan.Async),
	}
	if held, ok := b.states.get(r.InstanceID); ok && held.Phase != deleted && (held.Phase != failed || held.Operation.Kind != osb.OpProvision) {
		return repeatedProvision(held, wanted)
	}
	if entry.plan.Async && !r.AcceptsIncomplete {
		return osb.ProvisionResponse{}, osb.AsyncRequired()
	}
	if err := b.states.put(wanted); err != nil {
		return osb.ProvisionResponse{}, err
	}
	if entry.plan.Async {
		b.start(wanted)
		return osb.ProvisionResponse{Async: true, Operation: wanted.Operation.ID}, nil
	}
	return osb.ProvisionResponse{}, b.createNow(ctx, wanted)
}

func newOperation(kind osb.Operation, async bool) operation {
	return operation{ID: string(kind) + ":" + NewPassword()[:16], Kind: kind, Async: async, State: osb.InProgress}
}

// repeatedProvision answers a PUT for an id that is taken.
func repeatedProvision(held, wanted record) (osb.ProvisionResponse, error) {
	same := held.ServiceID == wanted.ServiceID && held.PlanID == wanted.PlanID && held.OrgGUID == wanted.OrgGUID &&
		held.SpaceGUID == wanted.SpaceGUID && sameJSON(held.Parameters, wanted.Parameters)
	switch {
	case held.Phase == deleting:
		return osb.ProvisionResponse{}, osb.ConcurrencyError()
	case held.Phase == failed, !same:
		return osb.ProvisionResponse{}, osb.Conflict("a service instance with this id and other attributes exists")
	case held.Phase == creating && held.Operation.Async:
		return osb.ProvisionResponse{Async: true, Operation: held.Operation.ID}, nil
	case held.Phase == creating: // a synchronous creation that a kill interrupted is being completed
		return osb.ProvisionResponse{}, osb.ConcurrencyError()
	}
	return osb.ProvisionResponse{Existed: true}, nil
}

// createNow creates while the platform waits. It goes on when the platform hangs up: half an
// instance would be worse. The caller holds the instance's lock.
func (b *Broker) createNow(ctx context.Context, r record) error {
	cause := b.perform(context.WithoutCancel(ctx), r)
	if cause == nil {
		return b.states.put(b.ended(r, nil))
	}
	if left := (leftover{}); errors.As(cause, &left) {
		return errors.Join(cause, b.states.put(b.ended(r, cause)))
	}
	return errors.Join(cause, b.states.drop(r.ID))
}
