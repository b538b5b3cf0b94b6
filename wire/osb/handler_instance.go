package osb

import (
	"errors"
	"fmt"
	"net/http"
)

func (h *handler) catalog(r *http.Request) (answer, error) {
	request := CatalogRequest{Caller: caller(r), IfNoneMatch: r.Header.Get("If-None-Match")}
	if since, err := http.ParseTime(r.Header.Get("If-Modified-Since")); err == nil {
		request.IfModifiedSince = since
	}
	response, err := h.broker.Catalog(r.Context(), request)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: http.StatusOK, body: response.Catalog, raw: response.Raw, etag: response.ETag, changed: response.LastModified}
	if response.NotModified || notModified(r, response.ETag, response.LastModified) {
		a.status = http.StatusNotModified
	}
	return a, nil
}

func (h *handler) provision(r *http.Request) (answer, error) {
	var request ProvisionRequest
	if err := readBody(r, &request); err != nil {
		return answer{}, err
	}
	request.Caller, request.InstanceID, request.AcceptsIncomplete = caller(r), r.PathValue("instance_id"), acceptsIncomplete(r)
	if err := request.check(); err != nil {
		return answer{}, err
	}
	response, err := h.broker.Provision(r.Context(), request)
	if err == nil {
		err = checkOperation(response.Operation)
	}
	return answer{status: created(response.Async, response.Existed), body: response, retryAfter: response.RetryAfter}, err
}

// created chooses between 202, 200 and 201 for an answer to a PUT.
func created(async, existed bool) int {
	switch {
	case async:
		return http.StatusAccepted
	case existed:
		return http.StatusOK
	}
	return http.StatusCreated
}

// done chooses between 202 and 200 for an answer to a PATCH or DELETE.
func done(async bool) int {
	if async {
		return http.StatusAccepted
	}
	return http.StatusOK
}

func (h *handler) getInstance(r *http.Request) (answer, error) {
	query := r.URL.Query()
	response, err := h.broker.GetInstance(r.Context(), GetInstanceRequest{
		Caller: caller(r), InstanceID: r.PathValue("instance_id"),
		ServiceID: query.Get("service_id"), PlanID: query.Get("plan_id"),
	})
	return answer{status: http.StatusOK, body: response}, err
}

func (h *handler) update(r *http.Request) (answer, error) {
	var request UpdateRequest
	if err := readBody(r, &request); err != nil {
		return answer{}, err
	}
	request.Caller, request.InstanceID, request.AcceptsIncomplete = caller(r), r.PathValue("instance_id"), acceptsIncomplete(r)
	if err := request.check(); err != nil {
		return answer{}, err
	}
	response, err := h.broker.Update(r.Context(), request)
	if err == nil {
		err = checkOperation(response.Operation)
	}
	return answer{status: done(response.Async), body: response, retryAfter: response.RetryAfter}, err
}

func (h *handler) deprovision(r *http.Request) (answer, error) {
	query := r.URL.Query()
	request := DeprovisionRequest{
		Caller: caller(r), InstanceID: r.PathValue("instance_id"), AcceptsIncomplete: acceptsIncomplete(r),
		ServiceID: query.Get("service_id"), PlanID: query.Get("plan_id"),
	}
	if err := required("service_id", request.ServiceID, "plan_id", request.PlanID); err != nil {
		return answer{}, err
	}
	response, err := h.broker.Deprovision(r.Context(), request)
	if err == nil {
		err = checkOperation(response.Operation)
	}
	return answer{status: done(response.Async), body: response, retryAfter: response.RetryAfter}, err
}

func (h *handler) lastOperation(r *http.Request) (answer, error) {
	query := r.URL.Query()
	if tooLong(query.Get("operation")) {
		return answer{}, BadRequest("operation is longer than 10,000 characters")
	}
	response, err := h.broker.LastOperation(r.Context(), LastOperationRequest{
		Caller: caller(r), InstanceID: r.PathValue("instance_id"),
		ServiceID: query.Get("service_id"), PlanID: query.Get("plan_id"), Operation: query.Get("operation"),
	})
	return operationAnswer(response, err)
}

// checkOperation holds the Broker to the length of an operation; platforms may cut a longer one.
func checkOperation(operation string) error {
	if tooLong(operation) {
		return errors.New("operation is longer than 10,000 characters")
	}
	return nil
}

func operationAnswer(response LastOperationResponse, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	switch response.State {
	case Failed:
	case InProgress, Succeeded:
		response.InstanceUsable, response.UpdateRepeatable = nil, nil
	default:
		return answer{}, fmt.Errorf("last operation: state %q is not one of the specification", response.State)
	}
	return answer{status: http.StatusOK, body: response, retryAfter: response.RetryAfter}, nil
}

func usageEndpoint(reporter UsageReporter) endpoint {
	return func(r *http.Request) (answer, error) {
		from, to, err := window(r)
		if err != nil {
			return answer{}, err
		}
		response, err := reporter.Usage(r.Context(), UsageRequest{Caller: caller(r), InstanceID: r.PathValue("instance_id"), From: from, To: to})
		if response.Records == nil {
			response.Records = []UsageRecord{}
		}
		return answer{status: http.StatusOK, body: response}, err
	}
}

func listEndpoint(lister Lister) endpoint {
	return func(r *http.Request) (answer, error) {
		response, err := lister.ListInstances(r.Context(), ListRequest{Caller: caller(r)})
		if response.Instances == nil {
			response.Instances = []InstanceSummary{}
		}
		return answer{status: http.StatusOK, body: response}, err
	}
}
