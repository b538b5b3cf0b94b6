package osb

import "net/http"

func (h *handler) bind(r *http.Request) (answer, error) {
	var request BindRequest
	if err := readBody(r, &request); err != nil {
		return answer{}, err
	}
	request.Caller, request.AcceptsIncomplete = caller(r), acceptsIncomplete(r)
	request.InstanceID, request.BindingID = r.PathValue("instance_id"), r.PathValue("binding_id")
	if err := request.check(); err != nil {
		return answer{}, err
	}
	response, err := h.broker.Bind(r.Context(), request)
	if err == nil {
		err = checkOperation(response.Operation)
	}
	if err == nil {
		err = response.Check()
	}
	if response.Async { // a 202 must not carry credentials
		response = BindResponse{Async: true, Operation: response.Operation, RetryAfter: response.RetryAfter}
	}
	return answer{status: created(response.Async, response.Existed), body: response, retryAfter: response.RetryAfter}, err
}

func (h *handler) getBinding(r *http.Request) (answer, error) {
	query := r.URL.Query()
	response, err := h.broker.GetBinding(r.Context(), GetBindingRequest{
		Caller: caller(r), InstanceID: r.PathValue("instance_id"), BindingID: r.PathValue("binding_id"),
		ServiceID: query.Get("service_id"), PlanID: query.Get("plan_id"),
	})
	if err == nil {
		err = response.Check()
	}
	return answer{status: http.StatusOK, body: response}, err
}

func (h *handler) unbind(r *http.Request) (answer, error) {
	query := r.URL.Query()
	request := UnbindRequest{
		Caller: caller(r), InstanceID: r.PathValue("instance_id"), BindingID: r.PathValue("binding_id"),
		AcceptsIncomplete: acceptsIncomplete(r), ServiceID: query.Get("service_id"), PlanID: query.Get("plan_id"),
	}
	if err := required("service_id", request.ServiceID, "plan_id", request.PlanID); err != nil {
		return answer{}, err
	}
	response, err := h.broker.Unbind(r.Context(), request)
	if err == nil {
		err = checkOperation(response.Operation)
	}
	return answer{status: done(response.Async), body: response, retryAfter: response.RetryAfter}, err
}

func (h *handler) lastBindingOperation(r *http.Request) (answer, error) {
	query := r.URL.Query()
	if tooLong(query.Get("operation")) {
		return answer{}, BadRequest("operation is longer than 10,000 characters")
	}
	response, err := h.broker.LastBindingOperation(r.Context(), LastBindingOperationRequest{
		Caller: caller(r), InstanceID: r.PathValue("instance_id"), BindingID: r.PathValue("binding_id"),
		ServiceID: query.Get("service_id"), PlanID: query.Get("plan_id"), Operation: query.Get("operation"),
	})
	response.InstanceUsable, response.UpdateRepeatable = nil, nil // these are of instances only
	return operationAnswer(response, err)
}
