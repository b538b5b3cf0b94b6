package osb

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// segment percent-encodes an id, also those that a URL parser would take for a path step.
func segment(id string) string {
	if id == "." || id == ".." {
		return strings.ReplaceAll(id, ".", "%2E")
	}
	return url.PathEscape(id)
}

func instanceURL(id string) string { return "/v2/service_instances/" + segment(id) }

func bindingURL(instance, binding string) string {
	return instanceURL(instance) + "/service_bindings/" + segment(binding)
}

// query drops empty values: an absent parameter and an empty one differ to a strict broker.
func query(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	return values
}

func incomplete(accepted bool) string {
	if accepted {
		return "true"
	}
	return ""
}

// needIDs refuses to send what the specification requires but the caller left empty.
func needIDs(op Operation, pairs ...string) error {
	if err := required(pairs...); err != nil {
		return notSent(op, err)
	}
	return nil
}

// Catalog fetches and checks the catalogue; with IfNoneMatch the answer may be NotModified.
func (c *Client) Catalog(ctx context.Context, r CatalogRequest) (CatalogResponse, error) {
	k := call{op: OpCatalog, method: http.MethodGet, path: "/v2/catalog", caller: r.Caller, etag: r.IfNoneMatch, since: r.IfModifiedSince}
	got, err := c.send(ctx, k)
	if err != nil {
		return CatalogResponse{}, err
	}
	response := CatalogResponse{Raw: got.body, ETag: got.header.Get("ETag")}
	if at, err := http.ParseTime(got.header.Get("Last-Modified")); err == nil {
		response.LastModified = at
	}
	if got.status == http.StatusNotModified && (r.IfNoneMatch != "" || !r.IfModifiedSince.IsZero()) {
		response.Raw, response.NotModified = nil, true
		return response, nil
	}
	if got.status != http.StatusOK {
		return CatalogResponse{}, refusal(k.op, got)
	}
	if !isObject(got.body) || json.Unmarshal(got.body, &response.Catalog) != nil {
		return CatalogResponse{}, malformed(k.op, got.status, "catalog is not an object of services")
	}
	if problems := response.Catalog.Problems(); len(problems) > 0 {
		return CatalogResponse{}, malformed(k.op, got.status, strings.Join(problems, "; "))
	}
	return response, nil
}

// Provision creates an instance.
func (c *Client) Provision(ctx context.Context, r ProvisionRequest) (ProvisionResponse, error) {
	if err := needIDs(OpProvision, "instance_id", r.InstanceID, "service_id", r.ServiceID, "plan_id", r.PlanID,
		"organization_guid", r.OrganizationGUID, "space_guid", r.SpaceGUID); err != nil {
		return ProvisionResponse{}, err
	}
	r = c.profile.provision(r)
	var response ProvisionResponse
	got, err := c.exchange(ctx, call{
		op: OpProvision, method: http.MethodPut, path: instanceURL(r.InstanceID), body: r, caller: r.Caller,
		context: r.Context, query: query("accepts_incomplete", incomplete(r.AcceptsIncomplete)),
	}, &response, 200, 201, 202)
	if err != nil {
		return ProvisionResponse{}, err
	}
	if err := checkAsync(OpProvision, got.status, r.AcceptsIncomplete, response.Operation); err != nil {
		return ProvisionResponse{}, err
	}
	response.Async, response.Existed, response.RetryAfter = got.status == 202, got.status == 200, retryAfter(got.header)
	return response, nil
}

// GetInstance fetches an instance.
func (c *Client) GetInstance(ctx context.Context, r GetInstanceRequest) (GetInstanceResponse, error) {
	if err := needIDs(OpGetInstance, "instance_id", r.InstanceID); err != nil {
		return GetInstanceResponse{}, err
	}
	if err := c.profile.need(OpGetInstance, sinceFetch); err != nil {
		return GetInstanceResponse{}, err
	}
	var response GetInstanceResponse
	_, err := c.exchange(ctx, call{
		op: OpGetInstance, method: http.MethodGet, path: instanceURL(r.InstanceID), caller: r.Caller,
		query: query(c.profile.hints(sinceFetchHints, "service_id", r.ServiceID, "plan_id", r.PlanID)...),
	}, &response, 200)
	if err != nil {
		return GetInstanceResponse{}, err
	}
	return response, nil
}

// Update changes an instance.
func (c *Client) Update(ctx context.Context, r UpdateRequest) (UpdateResponse, error) {
	if err := needIDs(OpUpdate, "instance_id", r.InstanceID, "service_id", r.ServiceID); err != nil {
		return UpdateResponse{}, err
	}
	r = c.profile.update(r)
	var response UpdateResponse
	got, err := c.exchange(ctx, call{
		op: OpUpdate, method: http.MethodPatch, path: instanceURL(r.InstanceID), body: r, caller: r.Caller,
		context: r.Context, query: query("accepts_incomplete", incomplete(r.AcceptsIncomplete)),
	}, &response, 200, 202)
	if err != nil {
		return UpdateResponse{}, err
	}
	if err := checkAsync(OpUpdate, got.status, r.AcceptsIncomplete, response.Operation); err != nil {
		return UpdateResponse{}, err
	}
	response.Async, response.RetryAfter = got.status == 202, retryAfter(got.header)
	return response, nil
}

// Deprovision deletes an instance; IsGone(err) says that the broker does not know it.
func (c *Client) Deprovision(ctx context.Context, r DeprovisionRequest) (DeprovisionResponse, error) {
	if err := needIDs(OpDeprovision, "instance_id", r.InstanceID, "service_id", r.ServiceID, "plan_id", r.PlanID); err != nil {
		return DeprovisionResponse{}, err
	}
	r.AcceptsIncomplete = r.AcceptsIncomplete && c.profile.has(sinceAsync)
	var response DeprovisionResponse
	got, err := c.exchange(ctx, call{
		op: OpDeprovision, method: http.MethodDelete, path: instanceURL(r.InstanceID), caller: r.Caller,
		query: query("service_id", r.ServiceID, "plan_id", r.PlanID, "accepts_incomplete", incomplete(r.AcceptsIncomplete)),
	}, &response, 200, 202)
	if err != nil {
		return DeprovisionResponse{}, err
	}
	if err := checkAsync(OpDeprovision, got.status, r.AcceptsIncomplete, response.Operation); err != nil {
		return DeprovisionResponse{}, err
	}
	response.Async, response.RetryAfter = got.status == 202, retryAfter(got.header)
	return response, nil
}

// LastOperation polls an instance; IsGone(err) after a deletion means that it succeeded.
func (c *Client) LastOperation(ctx context.Context, r LastOperationRequest) (LastOperationResponse, error) {
	if err := needIDs(OpLastOperation, "instance_id", r.InstanceID); err != nil {
		return LastOperationResponse{}, err
	}
	if err := c.profile.need(OpLastOperation, sinceAsync); err != nil {
		return LastOperationResponse{}, err
	}
	return c.pollAnswer(ctx, call{
		op: OpLastOperation, method: http.MethodGet, path: instanceURL(r.InstanceID) + "/last_operation", caller: r.Caller,
		query: query(c.profile.hints(sincePollHints, "service_id", r.ServiceID, "plan_id", r.PlanID, "operation", r.Operation)...),
	})
}

// Usage reads the usage lines that begin in the window, of one instance or of all.
func (c *Client) Usage(ctx context.Context, r UsageRequest) (UsageResponse, error) {
	if !r.From.Before(r.To) {
		return UsageResponse{}, notSent(OpUsage, errors.New("from must be before to"))
	}
	path := "/v2/usage"
	if r.InstanceID != "" {
		path = instanceURL(r.InstanceID) + "/usage"
	}
	var response UsageResponse
	got, err := c.exchange(ctx, call{
		op: OpUsage, method: http.MethodGet, path: path, caller: r.Caller,
		query: query("from", r.From.UTC().Format(time.RFC3339Nano), "to", r.To.UTC().Format(time.RFC3339Nano)),
	}, &response, 200)
	if err != nil {
		return UsageResponse{}, err
	}
	if response.Records == nil {
		return UsageResponse{}, malformed(OpUsage, got.status, "records is missing")
	}
	for _, line := range response.Records {
		if err := line.Valid(); err != nil {
			return UsageResponse{}, malformed(OpUsage, got.status, err.Error())
		}
	}
	return response, nil
}

// ListInstances reads every instance the broker holds.
func (c *Client) ListInstances(ctx context.Context, r ListRequest) (ListResponse, error) {
	var response ListResponse
	got, err := c.exchange(ctx, call{op: OpList, method: http.MethodGet, path: "/v2/service_instances", caller: r.Caller}, &response, 200)
	if err != nil {
		return ListResponse{}, err
	}
	if response.Instances == nil {
		return ListResponse{}, malformed(OpList, got.status, "instances is missing")
	}
	for _, instance := range response.Instances {
		if instance.InstanceID == "" {
			return ListResponse{}, malformed(OpList, got.status, "an instance has no id")
		}
	}
	return response, nil
}
