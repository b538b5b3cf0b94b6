package kit

import (
	"context"

	"naru/wire/osb"
)

// Deprovision deletes an instance with its bindings and data. It is never refused for a reason of the
// catalogue; a deletion during the creation stops the creation and removes everything.
func (b *Broker) Deprovision(ctx context.Context, r osb.DeprovisionRequest) (osb.DeprovisionResponse, error) {
	unlock, err := b.locks.lock(ctx, r.InstanceID)
	if err != nil {
		return osb.DeprovisionResponse{}, err
	}
	defer unlock()
	held, ok := b.states.get(r.InstanceID)
	switch {
	case !ok, held.Phase == deleted:
		return osb.DeprovisionResponse{}, osb.Gone()
	case b.closed != nil:
		return osb.DeprovisionResponse{}, b.closed
	case held.Phase == deleting && held.Operation.Async:
		return osb.DeprovisionResponse{Async: true, Operation: held.Operation.ID}, nil
	case held.Phase == deleting, held.Phase == updating, held.binding():
		return osb.DeprovisionResponse{}, osb.ConcurrencyError()
	}
	// A creation that runs in the background must be stopped first, which only the background can wait for.
	async := b.catalogue.plans[held.PlanID].plan.Async || held.Phase == creating
	if async && !r.AcceptsIncomplete {
		return osb.DeprovisionResponse{}, osb.AsyncRequired()
	}
	held.Phase, held.Operation = deleting, newOperation(osb.OpDeprovision, async)
	if err := b.states.put(held); err != nil {
		return osb.DeprovisionResponse{}, err
	}
	if async {
		b.start(held)
		return osb.DeprovisionResponse{Async: true, Operation: held.Operation.ID}, nil
	}
	cause := b.perform(context.WithoutCancel(ctx), held)
	if err := b.states.put(b.ended(held, cause)); err != nil {
		return osb.DeprovisionResponse{}, err
	}
	return osb.DeprovisionResponse{}, cause
}

// binding reports whether credentials are being made in the background, which a deletion waits for.
func (r record) binding() bool {
	for _, bound := range r.Bindings {
		if bound.running() {
			return true
		}
	}
	return false
}
