package southern

import (
	"context"
	"crypto/rand"
	"time"

	"code.cloudfoundry.org/brokerapi/v13/domain"
	"code.cloudfoundry.org/brokerapi/v13/domain/apiresponses"
)

func (b *Binding) credentials() map[string]any {
	return map[string]any{"user": "southern", "password": b.Password}
}

// Bind makes credentials, or finds the same again.
func (b *broker) Bind(_ context.Context, id, bindingID string, d domain.BindDetails, async bool) (domain.Binding, error) {
	defer b.locked()()
	now := time.Now()
	i, ok := b.find(id, now)
	switch {
	case !ok:
		return domain.Binding{}, apiresponses.ErrInstanceNotFound
	case i.busy(now):
		return domain.Binding{}, errBusy
	}
	if old := i.Bindings[bindingID]; old != nil && old.there(now) {
		switch {
		case old.AppGUID != d.AppGUID || !same(old.Parameters, d.RawParameters):
			return domain.Binding{}, apiresponses.ErrBindingAlreadyExists
		case old.busy(now):
			return domain.Binding{IsAsync: true, OperationData: old.Operation}, nil
		}
		return domain.Binding{AlreadyExists: true, Credentials: old.credentials()}, nil
	}
	slow := delay(i.PlanID) > 0
	if slow && !async {
		return domain.Binding{}, apiresponses.ErrAsyncRequired
	}
	made := &Binding{AppGUID: d.AppGUID, Parameters: d.RawParameters, Password: rand.Text(), Work: begin("create", i.PlanID, now)}
	i.Bindings[bindingID] = made
	if slow {
		return domain.Binding{IsAsync: true, OperationData: made.Operation}, b.store.save()
	}
	return domain.Binding{Credentials: made.credentials()}, b.store.save()
}

// Unbind revokes.
func (b *broker) Unbind(_ context.Context, id, bindingID string, _ domain.UnbindDetails, async bool) (domain.UnbindSpec, error) {
	defer b.locked()()
	now := time.Now()
	i, ok := b.find(id, now)
	if !ok {
		return domain.UnbindSpec{}, apiresponses.ErrInstanceDoesNotExist
	}
	held := i.Bindings[bindingID]
	slow := delay(i.PlanID) > 0
	switch {
	case held == nil || !held.there(now):
		return domain.UnbindSpec{}, apiresponses.ErrBindingDoesNotExist
	case held.Kind == "delete":
		return domain.UnbindSpec{IsAsync: true, OperationData: held.Operation}, nil
	case slow && !async:
		return domain.UnbindSpec{}, apiresponses.ErrAsyncRequired
	}
	held.Work = begin("delete", i.PlanID, now)
	held.Gone = !slow
	return domain.UnbindSpec{IsAsync: slow, OperationData: held.Operation}, b.store.save()
}

// GetBinding shows credentials that are ready.
func (b *broker) GetBinding(_ context.Context, id, bindingID string, _ domain.FetchBindingDetails) (domain.GetBindingSpec, error) {
	defer b.locked()()
	now := time.Now()
	i, ok := b.find(id, now)
	if !ok {
		return domain.GetBindingSpec{}, apiresponses.ErrBindingNotFound
	}
	held := i.Bindings[bindingID]
	if held == nil || !held.there(now) || held.busy(now) {
		return domain.GetBindingSpec{}, apiresponses.ErrBindingNotFound
	}
	return domain.GetBindingSpec{Credentials: held.credentials(), Parameters: held.Parameters}, nil
}

// LastBindingOperation tells how far a binding is.
func (b *broker) LastBindingOperation(_ context.Context, id, bindingID string, d domain.PollDetails) (domain.LastOperation, error) {
	defer b.locked()()
	i := b.store.state.Instances[id]
	if i == nil || i.Bindings[bindingID] == nil {
		return domain.LastOperation{}, apiresponses.ErrBindingNotFound
	}
	return i.Bindings[bindingID].progress(d)
}
