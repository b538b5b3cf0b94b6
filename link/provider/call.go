package provider

import (
	"context"
	"encoding/json"
	"net/http"

	"naru"
	"naru/flow/catalog"
	"naru/flow/provision"
	"naru/wire/osb"
)

// Call implements provision.Broker.
func (l *Link) Call(ctx context.Context, r provision.Request) provision.Answer {
	var (
		a   provision.Answer
		err error
	)
	switch {
	case r.Step == provision.Look:
		a, err = l.look(ctx, r)
	case r.Binding == "":
		a, err = l.instance(ctx, r)
	default:
		a, err = l.binding(ctx, r)
	}
	switch {
	case err != nil:
		a = failed(r.Step, r.Provider.Name, err)
	case a.Reply.Status != 0:
	case a.Outcome == provision.Accepted:
		a.Reply.Status = http.StatusAccepted
	default:
		a.Reply.Status = http.StatusOK
	}
	return concealed(r, a)
}

// caller names the call in the broker's log. The end user is not told to providers.
func caller(r provision.Request) osb.Caller { return osb.Caller{RequestID: r.Call} }

// platform is the context object: naru as the platform, the ids of the customer and what it
// calls the instance. Nothing else of a northern platform's context goes along; door/osb says why.
func platform(r provision.Request) json.RawMessage {
	fields := map[string]string{"platform": "naru", "organization_guid": string(r.Institution), "space_guid": string(r.System)}
	if r.Label != "" {
		fields["instance_name"] = r.Label
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return nil // strings always marshal
	}
	return raw
}

// params is nil for none: an absent field and an empty object differ to a strict broker.
func params(raw []byte) json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	return raw
}

func (l *Link) instance(ctx context.Context, r provision.Request) (provision.Answer, error) {
	switch r.Step {
	case provision.Put:
		return l.create(ctx, r)
	case provision.Patch:
		return l.update(ctx, r)
	case provision.Fetch:
		return l.show(ctx, r)
	case provision.Delete:
		got, err := do(ctx, l, r.Provider, func(ctx context.Context, c *osb.Client) (osb.DeprovisionResponse, error) {
			return c.Deprovision(ctx, osb.DeprovisionRequest{
				Caller: caller(r), InstanceID: string(r.Instance), AcceptsIncomplete: true, ServiceID: r.Service, PlanID: r.Plan,
			})
		})
		return done(got.Async, got.Operation), err
	default:
		got, err := do(ctx, l, r.Provider, func(ctx context.Context, c *osb.Client) (osb.LastOperationResponse, error) {
			return c.LastOperation(ctx, osb.LastOperationRequest{
				Caller: caller(r), InstanceID: string(r.Instance), ServiceID: r.Service, PlanID: r.Plan, Operation: r.Operation,
			})
		})
		return polled(r, got), err
	}
}

func (l *Link) create(ctx context.Context, r provision.Request) (provision.Answer, error) {
	got, err := do(ctx, l, r.Provider, func(ctx context.Context, c *osb.Client) (osb.ProvisionResponse, error) {
		return c.Provision(ctx, osb.ProvisionRequest{
			Caller: caller(r), InstanceID: string(r.Instance), AcceptsIncomplete: true, ServiceID: r.Service, PlanID: r.Plan,
			Context: platform(r), OrganizationGUID: string(r.Institution), SpaceGUID: string(r.System), Parameters: params(r.Params),
			MaintenanceInfo: maintenance(r.Maintenance),
		})
	})
	a := done(got.Async, got.Operation)
	a.Dashboard, a.Metadata = address(got.DashboardURL), about(got.Metadata)
	if !got.Async && !got.Existed {
		a.Reply.Status = http.StatusCreated
	}
	return a, err
}

func (l *Link) binding(ctx context.Context, r provision.Request) (provision.Answer, error) {
	switch r.Step {
	case provision.Put:
		return l.bind(ctx, r)
	case provision.Fetch:
		return l.fetch(ctx, r)
	case provision.Delete:
		got, err := do(ctx, l, r.Provider, func(ctx context.Context, c *osb.Client) (osb.UnbindResponse, error) {
			return c.Unbind(ctx, osb.UnbindRequest{
				Caller: caller(r), InstanceID: string(r.Instance), BindingID: string(r.Binding), AcceptsIncomplete: true,
				ServiceID: r.Service, PlanID: r.Plan,
			})
		})
		return done(got.Async, got.Operation), err
	default:
		got, err := do(ctx, l, r.Provider, func(ctx context.Context, c *osb.Client) (osb.LastOperationResponse, error) {
			return c.LastBindingOperation(ctx, osb.LastBindingOperationRequest{
				Caller: caller(r), InstanceID: string(r.Instance), BindingID: string(r.Binding), ServiceID: r.Service, PlanID: r.Plan,
				Operation: r.Operation,
			})
		})
		return polled(r, got), err
	}
}

// done is the answer to a change that was carried out or accepted.
func done(async bool, operation string) provision.Answer {
	if async {
		return provision.Answer{Outcome: provision.Accepted, Operation: operation}
	}
	return provision.Answer{Outcome: provision.Done}
}

// polled is the answer to a poll.
func polled(r provision.Request, got osb.LastOperationResponse) provision.Answer {
	a := provision.Answer{Outcome: provision.InProgress, RetryAfter: got.RetryAfter}
	switch got.State {
	case osb.Succeeded:
		a.Outcome = provision.Done
	case osb.Failed:
		a.Outcome = provision.FailedOp
		a.Reply.Words = tidy(got.Description)
		a.Usable, a.Repeatable = got.InstanceUsable, got.UpdateRepeatable
		a.Fault = naru.Msg("provision.operation_failed", "provider", r.Provider.Name.Ko, "provider.en", r.Provider.Name.En, "why", tidy(got.Description))
	}
	return a
}

// Held implements provision.Broker: what the broker says it holds, or ErrNoListing.
func (l *Link) Held(ctx context.Context, p catalog.Provider) ([]provision.Held, error) {
	got, err := do(ctx, l, p, func(ctx context.Context, c *osb.Client) (osb.ListResponse, error) {
		return c.ListInstances(ctx, osb.ListRequest{})
	})
	switch {
	case listless(err):
		return nil, provision.ErrNoListing
	case err != nil:
		return nil, unavailable(p, err)
	}
	out := make([]provision.Held, len(got.Instances))
	for i, held := range got.Instances {
		out[i] = provision.Held{Instance: provision.InstanceID(held.InstanceID), Plan: held.PlanID, State: held.State}
		for _, id := range held.BindingIDs {
			out[i].Bindings = append(out[i].Bindings, provision.BindingID(id))
		}
	}
	return out, nil
}

// unavailable is the error of a read that failed, with the words of a call's fault.
func unavailable(p catalog.Provider, err error) error {
	a := failed(provision.None, p.Name, err)
	return &naru.Error{Kind: naru.Unavailable, Message: a.Fault, Err: err}
}
