package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"naru/flow/provision"
	"naru/wire/osb"
)

func (l *Link) bind(ctx context.Context, r provision.Request) (provision.Answer, error) {
	resource, err := resourceOf(r.Resource)
	if err != nil {
		return provision.Answer{}, err
	}
	request := osb.BindRequest{
		Caller: caller(r), InstanceID: string(r.Instance), BindingID: string(r.Binding), AcceptsIncomplete: true,
		ServiceID: r.Service, PlanID: r.Plan, Context: platform(r), Parameters: params(r.Params), BindResource: resource,
		PredecessorBindingID: string(r.Predecessor),
	}
	if resource != nil {
		request.AppGUID = resource.AppGUID // where brokers before 2.9 look for it
	}
	got, err := do(ctx, l, r.Provider, func(ctx context.Context, c *osb.Client) (osb.BindResponse, error) { return c.Bind(ctx, request) })
	if err != nil {
		return provision.Answer{}, err
	}
	a := done(got.Async, got.Operation)
	if got.Async {
		return a, nil
	}
	if !got.Existed {
		a.Reply.Status = http.StatusCreated
	}
	a.Content, err = content(got.Binding).Secret()
	return a, hidden(err)
}

func (l *Link) fetch(ctx context.Context, r provision.Request) (provision.Answer, error) {
	got, err := do(ctx, l, r.Provider, func(ctx context.Context, c *osb.Client) (osb.GetBindingResponse, error) {
		return c.GetBinding(ctx, osb.GetBindingRequest{
			Caller: caller(r), InstanceID: string(r.Instance), BindingID: string(r.Binding), ServiceID: r.Service, PlanID: r.Plan,
		})
	})
	if err != nil {
		return provision.Answer{}, err
	}
	secret, err := content(got.Binding).Secret()
	return provision.Answer{Outcome: provision.Done, Content: secret}, hidden(err)
}

// hidden keeps the words of an encoder away from records: they may quote credentials.
func hidden(err error) error {
	if err == nil {
		return nil
	}
	return errors.New("the binding could not be kept")
}

// resourceOf reads what credentials are for; nil is nothing said.
func resourceOf(raw []byte) (*osb.BindResource, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	var out osb.BindResource
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, &osb.CallError{Op: osb.OpBind, Outcome: osb.Rejected, Err: osb.BadRequest(fmt.Sprintf("bind_resource: %v", err))}
	}
	return &out, nil
}

// content is a binding in the words of provision. What came is kept as it is.
func content(b osb.Binding) provision.Content {
	x := provision.Content{
		Credentials: b.Credentials, SyslogDrainURL: b.SyslogDrainURL, RouteServiceURL: b.RouteServiceURL, VolumeMounts: present(b.VolumeMounts),
	}
	if len(b.Endpoints) > 0 {
		x.Endpoints = encoded(b.Endpoints)
	}
	if b.Metadata != nil {
		x.Metadata = encoded(b.Metadata)
	}
	return x
}

func present(raw json.RawMessage) json.RawMessage {
	if text := string(raw); text == "" || text == "null" || text == "[]" {
		return nil
	}
	return raw
}

func encoded(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil // texts and lists of texts always marshal
	}
	return raw
}
