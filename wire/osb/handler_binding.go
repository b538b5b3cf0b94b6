package osb

import "net/http"

func (h *handler) bind(r *http.Request) (answer, error) {
	var request BindRequest
	if err := readBody(r, &request); err != nil {
		return answer{}, err
	}
	if err := request.check(); err != nil {
		return answer{}, err
	}
	request.Caller, request.AcceptsIncomplete = caller(r), acceptsIncomplete(r)
	request.InstanceID, request.BindingID = r.PathValue("instance_id"), r.PathValue("binding_id")
	response, err := h.broker.Bind(r.Context(), request)
	if err != nil {
		return answer{}, err
	}
	if response.Async {
		response = BindResponse{Async: true, Operation: response.Operation} // a 202 must not carry credentials
	}
	return answer{status: created(response.Async, response.Existed), body: response}, nil
}

func (h *handler) getBinding(r *http.Request) (answer, error) {
	query := r.URL.Query()
	response, err := h.broker.GetBinding(r.Context(), GetBindingRequest{
		Caller: caller(r), InstanceID: r.PathValue("instance_id"), BindingID: r.PathValue("binding_id"),
		ServiceID: query.Get("service_id"), PlanID: query.Get("plan_id"),
	})
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
	return answer{status: done(response.Async), body: response}, err
}

func (h *handler) lastBindingOperation(r *http.Request) (answer, error) {
	query := r.URL.Query()
	response, err := h.broker.LastBindingOperation(r.Context(), LastBindingOperationRequest{
		Caller: caller(r), InstanceID: r.PathValue("instance_id"), BindingID: r.PathValue("binding_id"),
		ServiceID: query.Get("service_id"), PlanID: query.Get("plan_id"), Operation: query.Get("operation"),
	})
	return operationAnswer(response, err)
}
