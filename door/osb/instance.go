package osb

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"naru"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/provision"
	wire "naru/wire/osb"
)

// Provision asks for an instance under an order.
func (d *door) Provision(ctx context.Context, r wire.ProvisionRequest) (wire.ProvisionResponse, error) {
	in, err := creation(r)
	if err != nil {
		return wire.ProvisionResponse{}, err
	}
	got, err := op.Do(ctx, d.Runner, d.call(ctx), d.Ops.Create, in)
	if err != nil {
		return wire.ProvisionResponse{}, d.refuseCreation(err)
	}
	if got.State.Settled() {
		return d.provisioned(got)
	}
	if !r.AcceptsIncomplete {
		return d.provisionNow(ctx, got)
	}
	err = d.firstAnswer(ctx, string(got.ID), d.lookInstance(got.ID, func(now provision.Instance) bool {
		if now.State == provision.Ready || now.State == provision.Failed {
			got.Instance = now
		}
		return answered(now.Work)
	}))
	if err != nil {
		return wire.ProvisionResponse{}, err
	}
	return d.provisioned(got)
}

// lookInstance reads an instance and asks whether it is as it shall be.
func (d *door) lookInstance(id provision.InstanceID, is func(provision.Instance) bool) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		now, err := op.Do(ctx, d.Runner, d.call(ctx), d.Ops.Instance, provision.InstanceRef{ID: id})
		return err == nil && is(now.Instance), err
	}
}

// creation reads the order out of the request and the rest of the parameters.
func creation(r wire.ProvisionRequest) (provision.CreateIn, error) {
	in := provision.CreateIn{
		Service: catalog.ServiceID(r.ServiceID), Plan: catalog.PlanID(r.PlanID), PlatformID: r.InstanceID,
		EndUser: endUser(r.Caller), Place: r.OrganizationGUID + " " + r.SpaceGUID,
	}
	naming, err := readContext(r.Caller, r.Context)
	if err != nil {
		return in, err
	}
	params, order, err := splitOrder(r.Parameters)
	if err != nil {
		return in, err
	}
	if order == "" {
		order = naming.Order
	}
	in.Order, in.Params, in.Label, in.Maintenance = contract.OrderID(order), params, naming.Label, versionOf(r.MaintenanceInfo)
	return in, nil
}

// naming is what naru reads of a platform's context.
type naming struct {
	Order string `json:"naru_order"`
	Label string `json:"instance_name"`
}

// readContext reads a context, which must be of the platform that the originating identity
// names.
func readContext(c wire.Caller, raw json.RawMessage) (naming, error) {
	var n naming
	if raw == nil {
		return n, nil
	}
	if platform := wire.ContextPlatform(raw); c.Identity != nil && platform != "" && platform != c.Identity.Platform {
		return n, wire.BadRequest("the originating identity names another platform than the context")
	}
	if json.Unmarshal(raw, &n) != nil {
		return n, wire.BadRequest("context.naru_order must be the text id of an order, context.instance_name a text")
	}
	return n, nil
}

func versionOf(m *wire.MaintenanceInfo) string {
	if m == nil {
		return ""
	}
	return m.Version
}

// maintained is nil for an instance whose plan names no version.
func maintained(version string) *wire.MaintenanceInfo {
	if version == "" {
		return nil
	}
	return &wire.MaintenanceInfo{Version: version}
}

// splitOrder takes the order out of the parameters.
func splitOrder(raw json.RawMessage) (params, order string, err error) {
	if raw == nil {
		return "", "", nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return "", "", wire.BadRequest("parameters must be a JSON object")
	}
	if named, ok := fields["order"]; ok && json.Unmarshal(named, &order) != nil {
		return "", "", wire.BadRequest("parameters.order must be the text id of an order")
	}
	delete(fields, "order")
	if len(fields) == 0 {
		return "", order, nil
	}
	rest, err := json.Marshal(fields)
	return string(rest), order, err
}

// refuseCreation says 400 for a plan or order that is not the platform's to use, as the
// specification wants it; in the record it stands as a denial all the same.
func (d *door) refuseCreation(err error) error {
	out := d.refuse(err)
	var refusal *wire.Error
	if errors.As(out, &refusal) && (refusal.Code == "provision.no_order" || refusal.Status == http.StatusNotFound) {
		refusal.Status = http.StatusBadRequest
	}
	return out
}

// provisioned answers for an instance as it stands.
func (d *door) provisioned(got provision.Created) (wire.ProvisionResponse, error) {
	switch got.State {
	case provision.Ready:
		return wire.ProvisionResponse{Existed: got.Existed, DashboardURL: got.Dashboard, Metadata: got.Metadata}, nil
	case provision.Requested, provision.Creating:
		return wire.ProvisionResponse{Async: true, Operation: tokenCreate + string(got.ID)}, nil
	case provision.Failed: // nothing is left of it
		return wire.ProvisionResponse{}, d.failed(got.Fault)
	}
	return wire.ProvisionResponse{}, wire.ConcurrencyError()
}

// provisionNow waits for the outcome, or takes the wish back.
func (d *door) provisionNow(ctx context.Context, got provision.Created) (wire.ProvisionResponse, error) {
	ref := provision.InstanceRef{ID: got.ID}
	settled, err := d.wait(ctx, string(got.ID), d.lookInstance(got.ID, func(now provision.Instance) bool {
		got.Instance = now
		return now.State != provision.Requested && now.State != provision.Creating
	}))
	switch {
	case err != nil:
		return wire.ProvisionResponse{}, d.refuse(err)
	case !settled:
		ctx = context.WithoutCancel(ctx) // also when the platform went away
		now, err := op.Do(ctx, d.Runner, d.call(ctx), d.Ops.Delete, provision.DeleteIn{InstanceRef: ref, Unbind: true, Unfinished: true})
		switch {
		case err != nil:
			return wire.ProvisionResponse{}, d.refuse(err)
		case now.State == provision.Ready: // just now, and another request may have been told so
			got.Instance = now
			return d.provisioned(got)
		}
		return wire.ProvisionResponse{}, wire.AsyncRequired()
	case got.State == provision.Failed, got.State == provision.Orphan:
		return wire.ProvisionResponse{}, d.failed(got.Fault)
	}
	return d.provisioned(got)
}

// instance finds what the platform means by an id.
func (d *door) instance(ctx context.Context, platformID string) (provision.InstanceOut, error) {
	out, err := op.Do(ctx, d.Runner, d.call(ctx), d.Ops.Instance, provision.InstanceRef{PlatformID: platformID})
	return out, d.refuseNil(err)
}

// refuseNil is refuse for an error that may be nil.
func (d *door) refuseNil(err error) error {
	if err == nil {
		return nil
	}
	return d.refuse(err)
}

// GetInstance shows an instance that is ready.
func (d *door) GetInstance(ctx context.Context, r wire.GetInstanceRequest) (wire.GetInstanceResponse, error) {
	i, err := d.instance(ctx, r.InstanceID)
	switch {
	case err != nil:
		return wire.GetInstanceResponse{}, err
	case i.State == provision.Deleting, i.State == provision.Updating:
		return wire.GetInstanceResponse{}, wire.ConcurrencyError()
	case i.State != provision.Ready:
		return wire.GetInstanceResponse{}, wire.NotFound("the service instance is not ready")
	}
	return wire.GetInstanceResponse{
		ServiceID: string(i.Service), PlanID: string(i.Plan), DashboardURL: i.Dashboard, Parameters: i.Params,
		MaintenanceInfo: maintained(i.Maintenance), Metadata: i.Metadata,
	}, nil
}

// Deprovision deletes an instance; bindings the platform has not finished to unbind go first.
func (d *door) Deprovision(ctx context.Context, r wire.DeprovisionRequest) (wire.DeprovisionResponse, error) {
	found, err := d.instance(ctx, r.InstanceID)
	missing := wire.StatusOf(err) == http.StatusNotFound || (err == nil && gone(found.State))
	if err != nil && !missing {
		return wire.DeprovisionResponse{}, err
	}
	// The operation finds it by the platform's id again: what was read may be older than what
	// another process wrote, and a platform forgets what is said to be gone.
	ref := provision.InstanceRef{PlatformID: r.InstanceID}
	got, err := op.Do(ctx, d.Runner, d.call(ctx), d.Ops.Delete, provision.DeleteIn{InstanceRef: ref, Unbind: true})
	switch {
	case naru.KindOf(err) == naru.NotFound, err == nil && missing && gone(got.State):
		return wire.DeprovisionResponse{}, wire.Gone()
	case err != nil:
		return wire.DeprovisionResponse{}, d.refuse(err)
	case got.State == provision.Deleted:
		return wire.DeprovisionResponse{}, nil
	case r.AcceptsIncomplete:
		err := d.firstAnswer(ctx, string(got.ID), d.lookInstance(got.ID, func(now provision.Instance) bool {
			got = now
			return answered(now.Work)
		}))
		if got.State == provision.Deleted || err != nil {
			return wire.DeprovisionResponse{}, err
		}
		return wire.DeprovisionResponse{Async: true, Operation: tokenDelete + string(got.ID)}, nil
	}
	gone, err := d.wait(ctx, string(got.ID), d.lookInstance(got.ID, func(now provision.Instance) bool {
		return now.State == provision.Deleted
	}))
	if err == nil && !gone {
		return wire.DeprovisionResponse{}, wire.ConcurrencyError()
	}
	return wire.DeprovisionResponse{}, d.refuseNil(err)
}
