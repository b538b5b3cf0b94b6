package fault

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"naru/broker/kit"
	"naru/wire/osb"
)

// binding is one binding of an instance.
type binding struct {
	work
	app        string
	parameters json.RawMessage
	content    osb.Binding
}

// settle ends what is over and reports whether nothing runs any more.
func (b *binding) settle(now time.Time) bool {
	if now.Before(b.ends) {
		return false
	}
	switch b.phase {
	case creating:
		b.phase = ready
	case deleting:
		b.phase, b.content = deleted, osb.Binding{}
	}
	return true
}

// live lists the bindings that are not deleted.
func (i *instance) live() []string {
	ids := []string{}
	for _, id := range slices.Sorted(maps.Keys(i.bindings)) {
		if i.bindings[id].phase != deleted {
			ids = append(ids, id)
		}
	}
	return ids
}

// bound returns a binding that is there, or nil.
func (i *instance) bound(id string) *binding {
	if i == nil || i.bindings[id] == nil || i.bindings[id].phase == deleted {
		return nil
	}
	return i.bindings[id]
}

// Bind creates credentials; with a predecessor it takes over what that was made for.
func (b *Broker) Bind(_ context.Context, r osb.BindRequest) (osb.BindResponse, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := b.find(r.InstanceID)
	switch {
	case i == nil:
		return osb.BindResponse{}, osb.NotFound("no such service instance")
	case i.phase != ready:
		return osb.BindResponse{}, osb.ConcurrencyError()
	}
	wanted, err := b.wanted(i, r)
	if err != nil {
		return osb.BindResponse{}, err
	}
	if had := i.bound(r.BindingID); had != nil {
		switch {
		case had.phase == deleting:
			return osb.BindResponse{}, osb.ConcurrencyError()
		case had.app != wanted.app || !sameJSON(had.parameters, wanted.parameters):
			return osb.BindResponse{}, osb.Conflict("a service binding with this id and other attributes exists")
		case had.phase == creating:
			return osb.BindResponse{Async: true, Operation: had.id}, nil
		}
		return osb.BindResponse{Existed: true, Binding: had.content}, nil
	}
	async := b.catalogue.plans[i.planID].async
	if async && !r.AcceptsIncomplete {
		return osb.BindResponse{}, osb.AsyncRequired()
	}
	if wanted.content, err = b.credentials(); err != nil {
		return osb.BindResponse{}, err
	}
	i.bindings[r.BindingID] = wanted
	if async {
		b.begin(&wanted.work, creating)
		return osb.BindResponse{Async: true, Operation: wanted.id}, nil
	}
	wanted.phase = ready
	return osb.BindResponse{Binding: wanted.content}, nil
}

// wanted checks a bind against its instance or, in a rotation, its predecessor.
func (b *Broker) wanted(i *instance, r osb.BindRequest) (*binding, error) {
	if r.PredecessorBindingID != "" {
		old := i.bound(r.PredecessorBindingID)
		if old == nil || old.phase != ready {
			return nil, osb.BadRequest("predecessor_binding_id is not a binding of this service instance")
		}
		return &binding{app: old.app, parameters: old.parameters}, nil
	}
	if r.ServiceID != b.catalogue.value.Services[0].ID || r.PlanID != i.planID {
		return nil, osb.BadRequest("service_id and plan_id are not those of the service instance")
	}
	app := r.AppGUID
	if r.BindResource != nil && r.BindResource.AppGUID != "" {
		app = r.BindResource.AppGUID
	}
	return &binding{app: app, parameters: r.Parameters}, nil
}

// The life of credentials, as told in the binding's metadata.
const (
	validFor   = 90 * 24 * time.Hour
	renewFor   = 60 * 24 * time.Hour
	timestamps = "2006-01-02T15:04:05.0Z"
)

func (b *Broker) credentials() (osb.Binding, error) {
	raw, err := json.Marshal(map[string]string{"uri": "fault://user@fault.invalid:9999/db", "username": "user", "password": kit.NewPassword()})
	now := b.now().UTC()
	return osb.Binding{
		Credentials: raw,
		Endpoints:   []osb.Endpoint{{Host: "fault.invalid", Ports: []string{"9999"}, Protocol: "tcp"}},
		Metadata:    &osb.BindingMetadata{ExpiresAt: now.Add(validFor).Format(timestamps), RenewBefore: now.Add(renewFor).Format(timestamps)},
	}, err
}

// GetBinding shows a binding that is ready.
func (b *Broker) GetBinding(_ context.Context, r osb.GetBindingRequest) (osb.GetBindingResponse, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	bound := b.find(r.InstanceID).bound(r.BindingID)
	switch {
	case bound == nil, bound.phase == creating:
		return osb.GetBindingResponse{}, osb.NotFound("no such service binding")
	case bound.phase != ready:
		return osb.GetBindingResponse{}, osb.ConcurrencyError()
	}
	return osb.GetBindingResponse{Binding: bound.content, Parameters: bound.parameters}, nil
}

// Unbind revokes credentials.
func (b *Broker) Unbind(_ context.Context, r osb.UnbindRequest) (osb.UnbindResponse, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := b.find(r.InstanceID)
	bound := i.bound(r.BindingID)
	if bound == nil {
		return osb.UnbindResponse{}, osb.Gone()
	}
	async := b.catalogue.plans[i.planID].async
	switch {
	case bound.phase == deleting:
		return osb.UnbindResponse{Async: true, Operation: bound.id}, nil
	case async && !r.AcceptsIncomplete:
		return osb.UnbindResponse{}, osb.AsyncRequired()
	}
	b.begin(&bound.work, deleting)
	if async {
		return osb.UnbindResponse{Async: true, Operation: bound.id}, nil
	}
	bound.ends = b.now()
	bound.settle(b.now())
	return osb.UnbindResponse{}, nil
}

// LastBindingOperation tells how the last operation of a binding stands.
func (b *Broker) LastBindingOperation(_ context.Context, r osb.LastBindingOperationRequest) (osb.LastOperationResponse, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := b.find(r.InstanceID)
	if i == nil || i.bindings[r.BindingID] == nil {
		return osb.LastOperationResponse{}, osb.NotFound("no such service binding")
	}
	return b.progress(i.bindings[r.BindingID].work)
}
