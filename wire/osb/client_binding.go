package osb

import (
	"context"
	"net/http"
)

// Bind creates credentials. A lost answer to a bind is mitigated by Unbind, never by a second fetch
// alone: the credentials may be shown only once.
func (c *Client) Bind(ctx context.Context, r BindRequest) (BindResponse, error) {
	if err := needIDs(OpBind, "instance_id", r.InstanceID, "binding_id", r.BindingID); err != nil {
		return BindResponse{}, err
	}
	if err := r.check(); err != nil {
		return BindResponse{}, notSent(OpBind, err)
	}
	if err := c.profile.need(OpBind, sinceRotation); err != nil && r.PredecessorBindingID != "" {
		return BindResponse{}, err
	}
	r = c.profile.bind(r)
	var response BindResponse
	got, err := c.exchange(ctx, call{
		op: OpBind, method: http.MethodPut, path: bindingURL(r.InstanceID, r.BindingID), body: r, caller: r.Caller,
		context: r.Context, query: query("accepts_incomplete", incomplete(r.AcceptsIncomplete)),
	}, &response, 200, 201, 202)
	if err != nil {
		return BindResponse{}, err
	}
	if err := checkAsync(OpBind, got.status, r.AcceptsIncomplete, response.Operation); err != nil {
		return BindResponse{}, err
	}
	if err := checkBinding(OpBind, got.status, &response.Binding); err != nil {
		return BindResponse{}, err
	}
	if err := CheckRequires(r.Requires, response.Binding); err != nil && r.Requires != nil {
		return BindResponse{}, malformed(OpBind, got.status, err.Error())
	}
	response.Async, response.Existed, response.RetryAfter = got.status == 202, got.status == 200, retryAfter(got.header)
	return response, nil
}

// GetBinding fetches a binding with its credentials.
func (c *Client) GetBinding(ctx context.Context, r GetBindingRequest) (GetBindingResponse, error) {
	if err := needIDs(OpGetBinding, "instance_id", r.InstanceID, "binding_id", r.BindingID); err != nil {
		return GetBindingResponse{}, err
	}
	if err := c.profile.need(OpGetBinding, sinceFetch); err != nil {
		return GetBindingResponse{}, err
	}
	var response GetBindingResponse
	got, err := c.exchange(ctx, call{
		op: OpGetBinding, method: http.MethodGet, path: bindingURL(r.InstanceID, r.BindingID), caller: r.Caller,
		query: query(c.profile.hints(sinceFetchHints, "service_id", r.ServiceID, "plan_id", r.PlanID)...),
	}, &response, 200)
	if err != nil {
		return GetBindingResponse{}, err
	}
	if err := checkBinding(OpGetBinding, got.status, &response.Binding); err != nil {
		return GetBindingResponse{}, err
	}
	return response, nil
}

// Unbind revokes credentials; IsGone(err) says that the broker does not know the binding.
func (c *Client) Unbind(ctx context.Context, r UnbindRequest) (UnbindResponse, error) {
	if err := needIDs(OpUnbind, "instance_id", r.InstanceID, "binding_id", r.BindingID,
		"service_id", r.ServiceID, "plan_id", r.PlanID); err != nil {
		return UnbindResponse{}, err
	}
	r.AcceptsIncomplete = r.AcceptsIncomplete && c.profile.has(sinceAsyncBinding)
	var response UnbindResponse
	got, err := c.exchange(ctx, call{
		op: OpUnbind, method: http.MethodDelete, path: bindingURL(r.InstanceID, r.BindingID), caller: r.Caller,
		query: query("service_id", r.ServiceID, "plan_id", r.PlanID, "accepts_incomplete", incomplete(r.AcceptsIncomplete)),
	}, &response, 200, 202)
	if err != nil {
		return UnbindResponse{}, err
	}
	if err := checkAsync(OpUnbind, got.status, r.AcceptsIncomplete, response.Operation); err != nil {
		return UnbindResponse{}, err
	}
	response.Async, response.RetryAfter = got.status == 202, retryAfter(got.header)
	return response, nil
}

// LastBindingOperation polls a binding; IsGone(err) after an unbind means that it succeeded.
func (c *Client) LastBindingOperation(ctx context.Context, r LastBindingOperationRequest) (LastOperationResponse, error) {
	if err := needIDs(OpLastBindingOperation, "instance_id", r.InstanceID, "binding_id", r.BindingID); err != nil {
		return LastOperationResponse{}, err
	}
	if err := c.profile.need(OpLastBindingOperation, sinceAsyncBinding); err != nil {
		return LastOperationResponse{}, err
	}
	response, err := c.pollAnswer(ctx, call{
		op: OpLastBindingOperation, method: http.MethodGet, caller: r.Caller,
		path:  bindingURL(r.InstanceID, r.BindingID) + "/last_operation",
		query: query("service_id", r.ServiceID, "plan_id", r.PlanID, "operation", r.Operation),
	})
	response.InstanceUsable, response.UpdateRepeatable = nil, nil // these are of instances only
	return response, err
}
