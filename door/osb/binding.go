package osb

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"naru"
	"naru/base/op"
	"naru/flow/provision"
	wire "naru/wire/osb"
)

// Bind asks for credentials. A 202 carries none; they are fetched, or come with a 201.
func (d *door) Bind(ctx context.Context, r wire.BindRequest) (wire.BindResponse, error) {
	if err := d.checkBind(ctx, r); err != nil {
		return wire.BindResponse{}, err
	}
	got, err := d.askBind(ctx, r)
	if err != nil {
		return wire.BindResponse{}, err
	}
	if got.State.Settled() {
		return d.bound(ctx, got)
	}
	if !r.AcceptsIncomplete {
		return d.bindNow(ctx, got)
	}
	err = d.firstAnswer(ctx, string(got.ID), d.lookBinding(got.ID, func(now provision.Binding) bool {
		if now.State == provision.Ready || now.State == provision.Failed {
			got.Binding = now
		}
		return answered(now.Work)
	}))
	if err != nil {
		return wire.BindResponse{}, err
	}
	return d.bound(ctx, got)
}

// askBind asks for a binding, or for one that rotates another. A rotation names neither
// parameters nor use: they are those of its predecessor.
func (d *door) askBind(ctx context.Context, r wire.BindRequest) (provision.Bound, error) {
	if r.PredecessorBindingID != "" {
		got, err := op.Do(ctx, d.Runner, d.call(ctx), d.Ops.Rotate, provision.RotateIn{
			BindingRef: provision.BindingRef{PlatformInstance: r.InstanceID, PlatformID: r.PredecessorBindingID},
			NewID:      r.BindingID, EndUser: endUser(r.Caller),
		})
		out := d.refuseNil(err)
		if wire.StatusOf(out) == http.StatusNotFound {
			out = wire.BadRequest("predecessor_binding_id is not a binding of this service instance")
		}
		return got, out
	}
	resource, err := resourceOf(r)
	if err != nil {
		return provision.Bound{}, err
	}
	got, err := op.Do(ctx, d.Runner, d.call(ctx), d.Ops.Bind, provision.BindIn{
		PlatformInstance: r.InstanceID, Params: string(r.Parameters), Resource: resource, PlatformID: r.BindingID, EndUser: endUser(r.Caller),
	})
	return got, d.refuseNil(err)
}

// lookBinding reads a binding and asks whether it is as it shall be.
func (d *door) lookBinding(id provision.BindingID, is func(provision.Binding) bool) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		now, err := op.Do(ctx, d.Runner, d.call(ctx), d.Ops.Binding, provision.BindingRef{ID: id})
		return err == nil && is(now), err
	}
}

// checkBind refuses what the specification gives a code of its own.
func (d *door) checkBind(ctx context.Context, r wire.BindRequest) error {
	i, err := d.instance(ctx, r.InstanceID)
	switch {
	case err != nil:
		return err
	case !i.State.Settled():
		return wire.ConcurrencyError()
	case i.State != provision.Ready:
		return wire.NotFound("no such service instance")
	case r.PredecessorBindingID != "" && isOr(r.ServiceID, string(i.Service)) && isOr(r.PlanID, string(i.Plan)):
	case r.ServiceID != string(i.Service), r.PlanID != string(i.Plan):
		return wire.BadRequest("service_id and plan_id are not those of the service instance")
	}
	_, err = readContext(r.Caller, r.Context)
	return err
}

// isOr reports whether an id is the one it must be, or left out.
func isOr(id, want string) bool { return id == "" || id == want }

// resourceOf is what the credentials are for, with the application from its older place.
func resourceOf(r wire.BindRequest) (string, error) {
	resource := wire.BindResource{}
	if r.BindResource != nil {
		resource = *r.BindResource
	}
	switch {
	case resource.AppGUID == "":
		resource.AppGUID = r.AppGUID
	case r.AppGUID != "" && r.AppGUID != resource.AppGUID:
		return "", wire.BadRequest("app_guid and bind_resource.app_guid differ")
	}
	if resource == (wire.BindResource{}) {
		return "", nil
	}
	raw, err := json.Marshal(resource)
	return string(raw), err
}

// bound answers for a binding as it stands.
func (d *door) bound(ctx context.Context, got provision.Bound) (wire.BindResponse, error) {
	switch got.State {
	case provision.Ready:
		binding, err := d.reveal(ctx, got.ID)
		return wire.BindResponse{Existed: got.Existed, Binding: binding}, err
	case provision.Requested, provision.Creating:
		return wire.BindResponse{Async: true, Operation: tokenBind + string(got.ID)}, nil
	case provision.Failed: // nothing is left of it
		return wire.BindResponse{}, d.failed(got.Fault)
	}
	return wire.BindResponse{}, wire.ConcurrencyError()
}

// reveal reads the credentials; the operation records that the platform got them.
func (d *door) reveal(ctx context.Context, id provision.BindingID) (wire.Binding, error) {
	got, err := op.Do(ctx, d.Runner, d.call(ctx), d.Ops.Credentials, provision.BindingRef{ID: id})
	if err != nil {
		return wire.Binding{}, d.refuse(err)
	}
	return contentOf(got.Content)
}

// contentOf is all that the provider gave, as it gave it.
func contentOf(x provision.Content) (wire.Binding, error) {
	out := wire.Binding{
		Credentials: x.Credentials, SyslogDrainURL: x.SyslogDrainURL, RouteServiceURL: x.RouteServiceURL, VolumeMounts: x.VolumeMounts,
	}
	for _, part := range []struct {
		raw  json.RawMessage
		into any
	}{{x.Endpoints, &out.Endpoints}, {x.Metadata, &out.Metadata}} {
		if part.raw == nil {
			continue
		}
		if err := json.Unmarshal(part.raw, part.into); err != nil {
			return wire.Binding{}, errors.New("a stored binding is malformed") // its text may hold credentials
		}
	}
	return out, nil
}

// bindNow waits for the outcome, or takes the wish back.
func (d *door) bindNow(ctx context.Context, got provision.Bound) (wire.BindResponse, error) {
	ref := provision.BindingRef{ID: got.ID}
	settled, err := d.wait(ctx, string(got.ID), d.lookBinding(got.ID, func(now provision.Binding) bool {
		got.Binding = now
		return now.State != provision.Requested && now.State != provision.Creating
	}))
	switch {
	case err != nil:
		return wire.BindResponse{}, d.refuse(err)
	case !settled:
		ctx = context.WithoutCancel(ctx) // also when the platform went away
		now, err := op.Do(ctx, d.Runner, d.call(ctx), d.Ops.Unbind, provision.UnbindIn{BindingRef: ref, Unfinished: true})
		switch {
		case err != nil:
			return wire.BindResponse{}, d.refuse(err)
		case now.State == provision.Ready: // just now, and another request may have been told so
			got.Binding = now
			return d.bound(ctx, got)
		}
		return wire.BindResponse{}, wire.AsyncRequired()
	case got.State == provision.Failed, got.State == provision.Orphan:
		return wire.BindResponse{}, d.failed(got.Fault)
	}
	return d.bound(ctx, got)
}

// binding finds what the platform means by two ids.
func (d *door) binding(ctx context.Context, instance, binding string) (provision.Binding, error) {
	b, err := op.Do(ctx, d.Runner, d.call(ctx), d.Ops.Binding, provision.BindingRef{
		PlatformInstance: instance, PlatformID: binding,
	})
	return b, d.refuseNil(err)
}

// GetBinding shows a binding that is ready, with its credentials.
func (d *door) GetBinding(ctx context.Context, r wire.GetBindingRequest) (wire.GetBindingResponse, error) {
	b, err := d.binding(ctx, r.InstanceID, r.BindingID)
	if err != nil {
		return wire.GetBindingResponse{}, err
	}
	if b.State != provision.Ready {
		return wire.GetBindingResponse{}, wire.NotFound("the service binding is not ready")
	}
	content, err := d.reveal(ctx, b.ID)
	return wire.GetBindingResponse{Binding: content, Parameters: b.Params}, err
}

// Unbind revokes credentials.
func (d *door) Unbind(ctx context.Context, r wire.UnbindRequest) (wire.UnbindResponse, error) {
	found, err := d.binding(ctx, r.InstanceID, r.BindingID)
	missing := wire.StatusOf(err) == http.StatusNotFound || (err == nil && gone(found.State))
	if err != nil && !missing {
		return wire.UnbindResponse{}, err
	}
	ref := provision.BindingRef{PlatformInstance: r.InstanceID, PlatformID: r.BindingID} // anew, as in Deprovision
	got, err := op.Do(ctx, d.Runner, d.call(ctx), d.Ops.Unbind, provision.UnbindIn{BindingRef: ref})
	switch {
	case naru.KindOf(err) == naru.NotFound, err == nil && missing && gone(got.State):
		return wire.UnbindResponse{}, wire.Gone()
	case err != nil:
		return wire.UnbindResponse{}, d.refuse(err)
	case got.State == provision.Deleted:
		return wire.UnbindResponse{}, nil
	case r.AcceptsIncomplete:
		err := d.firstAnswer(ctx, string(got.ID), d.lookBinding(got.ID, func(now provision.Binding) bool {
			got = now
			return answered(now.Work)
		}))
		if got.State == provision.Deleted || err != nil {
			return wire.UnbindResponse{}, err
		}
		return wire.UnbindResponse{Async: true, Operation: tokenUnbind + string(got.ID)}, nil
	}
	gone, err := d.wait(ctx, string(got.ID), d.lookBinding(got.ID, func(now provision.Binding) bool {
		return now.State == provision.Deleted
	}))
	if err == nil && !gone {
		return wire.UnbindResponse{}, wire.ConcurrencyError()
	}
	return wire.UnbindResponse{}, d.refuseNil(err)
}
