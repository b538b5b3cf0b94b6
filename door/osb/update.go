package osb

import (
	"context"
	"net/http"
	"strings"
	"time"

	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/provision"
	wire "naru/wire/osb"
)

// Update changes plan, parameters, version or context of an instance. What naru itself
// would refuse is refused before the provider hears of it.
func (d *door) Update(ctx context.Context, r wire.UpdateRequest) (wire.UpdateResponse, error) {
	i, err := d.instance(ctx, r.InstanceID)
	switch {
	case err != nil:
		return wire.UpdateResponse{}, err
	case i.State.Settled() && i.State != provision.Ready:
		return wire.UpdateResponse{}, wire.NotFound("no such service instance")
	case r.ServiceID != string(i.Service):
		return wire.UpdateResponse{}, wire.BadRequest("service_id is not that of the service instance")
	case r.PreviousValues != nil && r.PreviousValues.ServiceID != "" && r.PreviousValues.ServiceID != string(i.Service):
		return wire.UpdateResponse{}, wire.BadRequest("previous_values.service_id is not that of the service instance")
	}
	in, err := changed(r)
	if err != nil {
		return wire.UpdateResponse{}, err
	}
	in.InstanceRef = provision.InstanceRef{ID: i.ID}
	got, err := op.Do(ctx, d.Runner, d.call(ctx), d.Ops.Update, in)
	switch {
	case err != nil:
		return wire.UpdateResponse{}, d.refuseUpdate(err)
	case got.Unchanged:
		return wire.UpdateResponse{DashboardURL: got.Dashboard, Metadata: got.Metadata}, nil
	case !r.AcceptsIncomplete:
		return d.updateNow(ctx, got.Instance)
	}
	change, now := got.Change.ID, got.Instance
	err = d.firstAnswer(ctx, string(got.ID), d.lookInstance(got.ID, func(i provision.Instance) bool {
		now = i
		return i.Change == nil || i.Change.ID != change || answered(i.Work)
	}))
	switch {
	case err != nil:
		return wire.UpdateResponse{}, err
	case now.Change != nil && now.Change.ID == change && !now.Change.Running():
		return d.updated(now)
	}
	return wire.UpdateResponse{Async: true, Operation: tokenUpdate + string(got.ID) + ":" + change}, nil
}

// updated answers for a change that has ended.
func (d *door) updated(i provision.Instance) (wire.UpdateResponse, error) {
	if i.Change.Fault.Key != "" {
		return wire.UpdateResponse{}, d.updateFailed(i.Change)
	}
	return wire.UpdateResponse{DashboardURL: i.Dashboard, Metadata: i.Metadata}, nil
}

// changed reads the wish; the order may stand where that of a creation stands.
// previous_values is the platform's own memory: naru goes by its record, but see
// [provision.Previous] for what it is held to. Its organization and space are deprecated, and
// no ids of naru's.
func changed(r wire.UpdateRequest) (provision.UpdateIn, error) {
	in := provision.UpdateIn{
		Plan: catalog.PlanID(r.PlanID), Maintenance: versionOf(r.MaintenanceInfo), EndUser: endUser(r.Caller),
		Context: r.Context != nil, Sync: !r.AcceptsIncomplete,
	}
	if p := r.PreviousValues; p != nil {
		in.Previous = provision.Previous{Plan: catalog.PlanID(p.PlanID), Maintenance: versionOf(p.MaintenanceInfo)}
	}
	n, err := readContext(r.Caller, r.Context)
	if err != nil {
		return in, err
	}
	params, order, err := splitOrder(r.Parameters)
	if err != nil {
		return in, err
	}
	if order == "" {
		order = n.Order
	}
	in.Order, in.Params, in.Label = contract.OrderID(order), params, n.Label
	return in, nil
}

// refuseUpdate says 400 for a plan or order that is not the platform's to use and 422 for
// what cannot be had: the specification knows no other refusal of an update but denials.
func (d *door) refuseUpdate(err error) error {
	out := d.refuseCreation(err)
	if wire.StatusOf(out) == http.StatusConflict {
		return withStatus(out, http.StatusUnprocessableEntity)
	}
	return out
}

// updateNow waits for the outcome. An update cannot be taken back: one that does not end
// in time goes on, and the answer is none that promises that nothing changed.
func (d *door) updateNow(ctx context.Context, i provision.Instance) (wire.UpdateResponse, error) {
	change := i.Change.ID
	settled, err := d.wait(ctx, string(i.ID), d.lookInstance(i.ID, func(now provision.Instance) bool {
		i = now
		return i.Change == nil || i.Change.ID != change || !i.Change.Running()
	}))
	switch {
	case err != nil:
		return wire.UpdateResponse{}, d.refuse(err)
	case !settled:
		return wire.UpdateResponse{}, &wire.Error{
			Status: http.StatusServiceUnavailable, RetryAfter: pollAfter,
			Description: "the update goes on; send it again, or fetch the service instance",
		}
	case i.Change == nil || i.Change.ID != change: // somebody asked for something else meanwhile
		return wire.UpdateResponse{}, wire.ConcurrencyError()
	}
	return d.updated(i)
}

// unsureKeys are the faults after which nobody knows what the provider did.
var unsureKeys = []string{"provision.update_unknown", "provision.update_too_slow"}

// updateFailed is a 4xx only when it is sure that the old values stand.
func (d *door) updateFailed(c *provision.Change) error {
	out := d.failed(c.Fault)
	out.InstanceUsable, out.UpdateRepeatable = c.Usable, c.Repeatable
	for _, key := range unsureKeys {
		if c.Fault.Key == key {
			out.Status = http.StatusInternalServerError
		}
	}
	return out
}

// changeOf returns the update a poll is about: the one its token names, or the last one
// when the token is not naru's; nil for a poll of a creation or deletion.
func changeOf(i provision.Instance, token string) *provision.Change {
	switch {
	case i.Change == nil, strings.HasPrefix(token, tokenCreate), strings.HasPrefix(token, tokenDelete):
		return nil
	case strings.HasPrefix(token, tokenUpdate), i.State == provision.Ready, i.State == provision.Updating:
		return i.Change
	}
	return nil
}

// updateProgress is the answer to a poll of an update.
func (d *door) updateProgress(i provision.Instance, c *provision.Change) wire.LastOperationResponse {
	switch {
	case c.Running():
		return d.inProgress(i.Trouble)
	case c.Fault.Key != "":
		return wire.LastOperationResponse{
			State: wire.Failed, Description: d.Say(c.Fault), InstanceUsable: c.Usable, UpdateRepeatable: c.Repeatable,
		}
	}
	return wire.LastOperationResponse{State: wire.Succeeded}
}

// pollAfter is when a platform is asked to look again.
const pollAfter = 2 * time.Second
