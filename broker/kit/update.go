package kit

import (
	"context"

	"naru/wire/osb"
)

// Update changes the plan, the parameters, the version or the context of an instance. The same request
// has one effect: repeated while it runs it gets the same operation, repeated afterwards it changes nothing.
func (b *Broker) Update(ctx context.Context, r osb.UpdateRequest) (osb.UpdateResponse, error) {
	unlock, err := b.locks.lock(ctx, r.InstanceID)
	if err != nil {
		return osb.UpdateResponse{}, err
	}
	defer unlock()
	held, ok := b.states.get(r.InstanceID)
	switch {
	case !ok, held.Phase == deleted, held.Phase == failed:
		return osb.UpdateResponse{}, osb.NotFound("no such service instance")
	case held.Phase == updating && held.Operation.Async && held.Operation.asks(held, r):
		return osb.UpdateResponse{Async: true, Operation: held.Operation.ID}, nil
	case held.Phase != ready:
		return osb.UpdateResponse{}, osb.ConcurrencyError()
	case b.closed != nil:
		return osb.UpdateResponse{}, b.closed
	}
	entry, err := b.find(r.ServiceID, orElse(r.PlanID, held.PlanID))
	if err != nil {
		return osb.UpdateResponse{}, err
	}
	if err := b.checkMaintenance(r.MaintenanceInfo); err != nil {
		return osb.UpdateResponse{}, err
	}
	if r.Context != nil {
		held.Context = r.Context
	}
	return b.change(ctx, held, entry, r)
}

// asks reports whether a request is the one that the running update came from.
func (o operation) asks(held record, r osb.UpdateRequest) bool {
	return o.PlanID == orElse(r.PlanID, held.PlanID) && sameJSON(o.Parameters, r.Parameters) && o.Maintenance == version(r.MaintenanceInfo)
}

func version(m *osb.MaintenanceInfo) string {
	if m == nil {
		return ""
	}
	return m.Version
}

func orElse(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

// change carries an update out; the caller holds the lock.
func (b *Broker) change(ctx context.Context, held record, entry planEntry, r osb.UpdateRequest) (osb.UpdateResponse, error) {
	if entry.planID == held.PlanID {
		if r.Parameters != nil {
			held.Parameters = r.Parameters
		}
		held.Maintained = orElse(version(r.MaintenanceInfo), held.Maintained)
		return osb.UpdateResponse{}, b.states.put(held)
	}
	async := entry.plan.Async
	if async && !r.AcceptsIncomplete {
		return osb.UpdateResponse{}, osb.AsyncRequired()
	}
	next := held
	next.Phase, next.Operation = updating, newOperation(osb.OpUpdate, async)
	next.Operation.PlanID, next.Operation.Parameters, next.Operation.Maintenance = entry.planID, r.Parameters, version(r.MaintenanceInfo)
	if err := b.states.put(next); err != nil {
		return osb.UpdateResponse{}, err
	}
	if async {
		b.start(next)
		return osb.UpdateResponse{Async: true, Operation: next.Operation.ID}, nil
	}
	cause := b.perform(context.WithoutCancel(ctx), next)
	if err := b.states.put(b.ended(next, cause)); err != nil {
		return osb.UpdateResponse{}, err
	}
	return osb.UpdateResponse{}, cause
}
