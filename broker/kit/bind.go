package kit

import (
	"context"
	"errors"

	"naru/wire/osb"
)

// boundInstance returns an instance that may be bound or unbound now.
func (b *Broker) boundInstance(id string) (record, error) {
	held, ok := b.states.get(id)
	switch {
	case !ok, held.Phase == deleted, held.Phase == failed:
		return record{}, osb.NotFound("no such service instance")
	case held.Phase != ready:
		return record{}, osb.ConcurrencyError()
	case b.closed != nil:
		return record{}, b.closed
	}
	return held, nil
}

// Bind creates credentials of their own for each binding; a rotation is a second binding beside the first.
func (b *Broker) Bind(ctx context.Context, r osb.BindRequest) (osb.BindResponse, error) {
	unlock, err := b.locks.lock(ctx, r.InstanceID)
	if err != nil {
		return osb.BindResponse{}, err
	}
	defer unlock()
	held, err := b.boundInstance(r.InstanceID)
	if err != nil {
		return osb.BindResponse{}, err
	}
	wanted, err := b.wantedBinding(held, r)
	if err != nil {
		return osb.BindResponse{}, err
	}
	if had, ok := held.Bindings[r.BindingID]; ok && (had.Ready || had.running()) {
		return repeatedBind(had, wanted)
	}
	if b.catalogue.plans[held.PlanID].plan.AsyncBind {
		return b.bindLater(held, r, wanted)
	}
	content, err := b.grant(ctx, held, r.BindingID, wanted)
	return osb.BindResponse{Binding: content}, err
}

// wantedBinding checks the request against the instance and, in a rotation, its predecessor.
func (b *Broker) wantedBinding(held record, r osb.BindRequest) (binding, error) {
	wanted := binding{ServiceID: held.ServiceID, PlanID: held.PlanID, AppGUID: appOf(r), Parameters: r.Parameters}
	if r.PredecessorBindingID == "" {
		if r.ServiceID != held.ServiceID || r.PlanID != held.PlanID {
			return wanted, osb.BadRequest("service_id and plan_id are not those of the service instance")
		}
		return wanted, nil
	}
	predecessor, ok := held.Bindings[r.PredecessorBindingID]
	if !ok || !predecessor.Ready || r.PredecessorBindingID == r.BindingID {
		return wanted, osb.BadRequest("predecessor_binding_id is not a binding of this service instance")
	}
	if predecessor.expired(b.now()) {
		return wanted, osb.BadRequest("predecessor_binding_id is a binding that has expired")
	}
	wanted.AppGUID, wanted.Parameters = predecessor.AppGUID, predecessor.Parameters
	return wanted, nil
}

// appOf reads the application from bind_resource or from its older place.
func appOf(r osb.BindRequest) string {
	if r.BindResource != nil && r.BindResource.AppGUID != "" {
		return r.BindResource.AppGUID
	}
	return r.AppGUID
}

func repeatedBind(had, wanted binding) (osb.BindResponse, error) {
	if had.AppGUID != wanted.AppGUID || !sameJSON(had.Parameters, wanted.Parameters) {
		return osb.BindResponse{}, osb.Conflict("a service binding with this id and other attributes exists")
	}
	if had.running() {
		return osb.BindResponse{Async: true, Operation: had.Operation.ID}, nil
	}
	return osb.BindResponse{Existed: true, Binding: had.Content}, nil
}

// grant writes the intent, makes the credentials and keeps them; after a failure nothing is left.
func (b *Broker) grant(ctx context.Context, held record, id string, wanted binding) (osb.Binding, error) {
	held.Bindings[id] = wanted
	if err := b.states.put(held); err != nil {
		return osb.Binding{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stepTimeout)
	defer cancel()
	content, err := b.engine.Grant(ctx, b.instance(held), grantOf(held.ID, id, wanted))
	if err == nil {
		content = b.dated(held, content)
		wanted.Content, wanted.Ready = content, true
		held.Bindings[id] = wanted
		err = b.states.put(held)
	}
	if err == nil {
		return content, nil
	}
	delete(held.Bindings, id)
	return osb.Binding{}, errors.Join(err, b.engine.Revoke(ctx, b.instance(held), grantOf(held.ID, id, wanted)), b.states.put(held))
}

// GetBinding shows a binding with its credentials.
func (b *Broker) GetBinding(_ context.Context, r osb.GetBindingRequest) (osb.GetBindingResponse, error) {
	held, ok := b.states.get(r.InstanceID)
	bound, found := held.Bindings[r.BindingID]
	if !ok || held.Phase == deleted || !found || !bound.Ready {
		return osb.GetBindingResponse{}, osb.NotFound("no such service binding")
	}
	return osb.GetBindingResponse{Binding: bound.Content, Parameters: bound.Parameters}, nil
}

// Unbind revokes the credentials of a binding at once.
func (b *Broker) Unbind(ctx context.Context, r osb.UnbindRequest) (osb.UnbindResponse, error) {
	unlock, err := b.locks.lock(ctx, r.InstanceID)
	if err != nil {
		return osb.UnbindResponse{}, err
	}
	defer unlock()
	held, ok := b.states.get(r.InstanceID)
	bound, found := held.Bindings[r.BindingID]
	if !ok || held.Phase == deleted || !found {
		return osb.UnbindResponse{}, osb.Gone()
	}
	if bound.running() {
		return osb.UnbindResponse{}, osb.ConcurrencyError()
	}
	if _, err := b.boundInstance(r.InstanceID); err != nil {
		return osb.UnbindResponse{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stepTimeout)
	defer cancel()
	if err := b.engine.Revoke(ctx, b.instance(held), grantOf(held.ID, r.BindingID, bound)); err != nil {
		return osb.UnbindResponse{}, err
	}
	delete(held.Bindings, r.BindingID)
	return osb.UnbindResponse{}, b.states.put(held)
}

// LastBindingOperation tells how far a binding is.
func (b *Broker) LastBindingOperation(_ context.Context, r osb.LastBindingOperationRequest) (osb.LastOperationResponse, error) {
	held, ok := b.states.get(r.InstanceID)
	bound, found := held.Bindings[r.BindingID]
	switch {
	case !ok, held.Phase == deleted, !found:
		return osb.LastOperationResponse{}, osb.NotFound("no such service binding")
	case bound.Ready:
		return osb.LastOperationResponse{State: osb.Succeeded}, nil
	case bound.Operation != nil && !bound.running():
		return osb.LastOperationResponse{State: osb.Failed, Description: bound.Operation.Description}, nil
	}
	return osb.LastOperationResponse{State: osb.InProgress, RetryAfter: pollAfter}, nil
}
