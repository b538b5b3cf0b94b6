package osb_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"naru/wire/osb"
)

const (
	goodProvision = `{"service_id":"s","plan_id":"p","organization_guid":"o","space_guid":"sp"}`
	goodBind      = `{"service_id":"s","plan_id":"p"}`
	identity      = "naru eyJ1c2VyIjoiYSJ9"
)

type exchange struct {
	name   string
	method string
	path   string
	body   string
	header map[string]string
	// answer and err are what the broker says.
	answer any
	err    error
	status int
	want   []string
	absent []string
	// untouched says that the broker must not have been called.
	untouched bool
}

func TestHandlerHoldsEveryRequestToTheSpecification(t *testing.T) {
	t.Parallel()
	usable := true
	full := &osb.Error{Status: 422, Code: "X", Description: "d", InstanceUsable: &usable, UpdateRepeatable: &usable}
	big := `{"parameters":{"x":"` + strings.Repeat("a", osb.MaxRequestBody) + `"}}`
	tests := []exchange{
		{name: "no credentials is 401", method: "GET", path: "/v2/catalog", header: map[string]string{"Authorization": ""}, status: 401, untouched: true},
		{name: "wrong password is 401", method: "GET", path: "/v2/catalog", header: map[string]string{"Authorization": "Basic bmFydTp4"}, status: 401, untouched: true},
		{name: "no credentials on an unknown path is 401 too", method: "GET", path: "/nowhere", header: map[string]string{"Authorization": ""}, status: 401, untouched: true},
		{name: "no version header is 412 with a JSON body", method: "GET", path: "/v2/catalog", header: map[string]string{osb.HeaderVersion: ""}, status: 412, want: []string{`"description"`}, untouched: true},
		{name: "version 1.0 is 412", method: "GET", path: "/v2/catalog", header: map[string]string{osb.HeaderVersion: "1.0"}, status: 412, untouched: true},
		{name: "version 3.0 is 412", method: "GET", path: "/v2/catalog", header: map[string]string{osb.HeaderVersion: "3.0"}, status: 412, untouched: true},
		{name: "an older 2.x platform is served", method: "GET", path: "/v2/catalog", header: map[string]string{osb.HeaderVersion: "2.13"}, status: 200},
		{name: "an identity that is not base64 is 400", method: "GET", path: "/v2/catalog", header: map[string]string{osb.HeaderIdentity: "naru %%"}, status: 400, untouched: true},
		{name: "an identity that is not an object is 400", method: "GET", path: "/v2/catalog", header: map[string]string{osb.HeaderIdentity: "naru WzFd"}, status: 400, untouched: true},
		{name: "an unknown path is 404 with a JSON body", method: "GET", path: "/v2/nothing", status: 404, want: []string{`"description"`}, untouched: true},
		{name: "a wrong method is 405 with a JSON body", method: "POST", path: "/v2/service_instances/i", body: "{}", status: 405, want: []string{`"description"`}, untouched: true},
		{name: "a body over one mebibyte is 413", method: "PUT", path: "/v2/service_instances/i", body: big, status: 413, untouched: true},
		{name: "another content type is 400", method: "PUT", path: "/v2/service_instances/i", body: goodProvision, header: map[string]string{"Content-Type": "text/plain"}, status: 400, untouched: true},
		{name: "a content type with a charset is taken", method: "PUT", path: "/v2/service_instances/i", body: goodProvision, header: map[string]string{"Content-Type": "application/json; charset=utf-8"}, status: 201},
		{name: "a body that is not JSON is 400", method: "PUT", path: "/v2/service_instances/i", body: `{"service_id":`, status: 400, untouched: true},
		{name: "two JSON values are 400", method: "PUT", path: "/v2/service_instances/i", body: goodProvision + "{}", status: 400, untouched: true},
		{name: "an array is 400", method: "PUT", path: "/v2/service_instances/i", body: `[]`, status: 400, untouched: true},
		{name: "a field of the wrong type is 400 and named", method: "PUT", path: "/v2/service_instances/i", body: `{"service_id":1}`, status: 400, want: []string{"service_id"}, untouched: true},
		{name: "an empty plan id is 400 and named", method: "PUT", path: "/v2/service_instances/i", body: strings.Replace(goodProvision, `"p"`, `""`, 1), status: 400, want: []string{"plan_id"}, untouched: true},
		{name: "a missing organization is 400", method: "PUT", path: "/v2/service_instances/i", body: strings.Replace(goodProvision, `"o"`, `""`, 1), status: 400, untouched: true},
		{name: "a missing space is 400", method: "PUT", path: "/v2/service_instances/i", body: strings.Replace(goodProvision, `"sp"`, `""`, 1), status: 400, untouched: true},
		{name: "parameters that are not an object are 400", method: "PUT", path: "/v2/service_instances/i", body: strings.Replace(goodProvision, `{`, `{"parameters":[1],`, 1), status: 400, untouched: true},
		{name: "unknown fields are ignored", method: "PUT", path: "/v2/service_instances/i", body: strings.Replace(goodProvision, `{`, `{"x":[1],"y":{"z":null},`, 1), status: 201},
		{name: "a created instance is 201", method: "PUT", path: "/v2/service_instances/i", body: goodProvision, status: 201},
		{name: "an identical instance is 200", method: "PUT", path: "/v2/service_instances/i", body: goodProvision, answer: osb.ProvisionResponse{Existed: true}, status: 200},
		{name: "an accepted instance is 202 with its operation", method: "PUT", path: "/v2/service_instances/i?accepts_incomplete=true", body: goodProvision, answer: osb.ProvisionResponse{Async: true, Operation: "op"}, status: 202, want: []string{`"operation":"op"`}},
		{name: "a percent-encoded slash in an id routes", method: "DELETE", path: "/v2/service_instances/a%2Fb/service_bindings/c%2Fd?service_id=s&plan_id=p", status: 200, want: []string{"{}"}},
		{name: "an update without service id is 400", method: "PATCH", path: "/v2/service_instances/i", body: `{}`, status: 400, untouched: true},
		{name: "an update is 200 with an object", method: "PATCH", path: "/v2/service_instances/i", body: `{"service_id":"s"}`, status: 200, want: []string{"{}"}},
		{name: "a deletion without plan id is 400", method: "DELETE", path: "/v2/service_instances/i?service_id=s", status: 400, untouched: true},
		{name: "a deletion of nothing is 410 with an object", method: "DELETE", path: "/v2/service_instances/i?service_id=s&plan_id=p", err: osb.Gone(), status: 410, want: []string{"{}"}},
		{name: "an unbind without service id is 400", method: "DELETE", path: "/v2/service_instances/i/service_bindings/b?plan_id=p", status: 400, untouched: true},
		{name: "a bind without plan is 400", method: "PUT", path: "/v2/service_instances/i/service_bindings/b", body: `{"service_id":"s"}`, status: 400, untouched: true},
		{name: "a rotation needs only its predecessor", method: "PUT", path: "/v2/service_instances/i/service_bindings/b", body: `{"predecessor_binding_id":"a"}`, status: 201},
		{name: "an asynchronous bind never shows credentials", method: "PUT", path: "/v2/service_instances/i/service_bindings/b", body: goodBind, answer: osb.BindResponse{Async: true, Operation: "op", Binding: osb.Binding{Credentials: json.RawMessage(`{"k":"secret"}`)}}, status: 202, absent: []string{"secret"}},
		{name: "a refusal keeps its code", method: "PUT", path: "/v2/service_instances/i", body: goodProvision, err: osb.AsyncRequired(), status: 422, want: []string{`"error":"AsyncRequired"`}},
		{name: "a failed update may say what is usable", method: "PATCH", path: "/v2/service_instances/i", body: `{"service_id":"s"}`, err: full, status: 422, want: []string{"instance_usable", "update_repeatable"}},
		{name: "a failed deletion says only instance_usable", method: "DELETE", path: "/v2/service_instances/i?service_id=s&plan_id=p", err: full, status: 422, want: []string{"instance_usable"}, absent: []string{"update_repeatable"}},
		{name: "a failed creation says neither", method: "PUT", path: "/v2/service_instances/i", body: goodProvision, err: full, status: 422, absent: []string{"instance_usable", "update_repeatable"}},
		{name: "a failed unbind says neither", method: "DELETE", path: "/v2/service_instances/i/service_bindings/b?service_id=s&plan_id=p", err: full, status: 422, absent: []string{"instance_usable", "update_repeatable"}},
		{name: "an internal error does not leak its text", method: "GET", path: "/v2/service_instances/i", err: errors.New("dsn postgres://u:p@h"), status: 500, absent: []string{"postgres"}},
		{name: "a poll that is running hides the failure fields", method: "GET", path: "/v2/service_instances/i/last_operation", answer: osb.LastOperationResponse{State: osb.InProgress, InstanceUsable: &usable}, status: 200, absent: []string{"instance_usable"}},
		{name: "a poll that failed shows them", method: "GET", path: "/v2/service_instances/i/last_operation", answer: osb.LastOperationResponse{State: osb.Failed, InstanceUsable: &usable}, status: 200, want: []string{"instance_usable"}},
		{name: "a state of no specification is 500", method: "GET", path: "/v2/service_instances/i/last_operation", answer: osb.LastOperationResponse{State: "done"}, status: 500},
		{name: "a binding's poll that failed shows neither", method: "GET", path: "/v2/service_instances/i/service_bindings/b/last_operation", answer: osb.LastOperationResponse{State: osb.Failed, InstanceUsable: &usable, UpdateRepeatable: &usable}, status: 200, absent: []string{"instance_usable", "update_repeatable"}},
		{name: "an identity of another platform than the context's is 400", method: "PUT", path: "/v2/service_instances/i", body: strings.Replace(goodProvision, `{`, `{"context":{"platform":"kubernetes"},`, 1), status: 400, untouched: true},
		{name: "an identity of the context's platform is taken", method: "PATCH", path: "/v2/service_instances/i", body: `{"service_id":"s","context":{"platform":"naru"}}`, status: 200},
		{name: "a bind whose identity differs is 400", method: "PUT", path: "/v2/service_instances/i/service_bindings/b", body: strings.Replace(goodBind, `{`, `{"context":{"platform":"x"},`, 1), status: 400, untouched: true},
		{name: "parameters of more than 64 KiB are 413", method: "PUT", path: "/v2/service_instances/i", body: strings.Replace(goodProvision, `{`, `{"parameters":{"x":"`+strings.Repeat("a", osb.MaxParameters)+`"},`, 1), status: 413, untouched: true},
		{name: "a field that stands twice is 400 and named", method: "PUT", path: "/v2/service_instances/i", body: strings.Replace(goodProvision, `{`, `{"plan_id":"q",`, 1), status: 400, want: []string{"plan_id"}, untouched: true},
		{name: "previous values that are no object are 400", method: "PATCH", path: "/v2/service_instances/i", body: `{"service_id":"s","previous_values":[]}`, status: 400, untouched: true},
		{name: "an empty id is 400", method: "GET", path: "/v2/service_instances//last_operation", status: 400, untouched: true},
		{name: "an empty id at the end is 400", method: "PUT", path: "/v2/service_instances/", body: goodProvision, status: 400, untouched: true},
		{name: "a bare path step as an id is 400", method: "GET", path: "/v2/service_instances/../service_bindings/b", status: 400, untouched: true},
		{name: "an encoded path step as an id routes", method: "GET", path: "/v2/service_instances/%2E%2E", status: 200},
		{name: "an id that is not text is 400", method: "GET", path: "/v2/service_instances/%FF", status: 400, untouched: true},
		{name: "an id with a zero in it is 400", method: "GET", path: "/v2/service_instances/a%00b", status: 400, untouched: true},
		{name: "an id that nothing can keep is 400", method: "GET", path: "/v2/service_instances/" + strings.Repeat("a", osb.MaxID+1), status: 400, untouched: true},
		{name: "credentials come before the version", method: "GET", path: "/v2/catalog", header: map[string]string{"Authorization": "", osb.HeaderVersion: ""}, status: 401, untouched: true},
		{name: "the version comes before the body", method: "PUT", path: "/v2/service_instances/i", body: `{`, header: map[string]string{osb.HeaderVersion: "1.0"}, status: 412, untouched: true},
		{name: "the version comes before the size", method: "PUT", path: "/v2/service_instances/i", body: big, header: map[string]string{osb.HeaderVersion: ""}, status: 412, untouched: true},
		{name: "the size comes before what the body says", method: "PUT", path: "/v2/service_instances/i", body: "x" + big, status: 413, untouched: true},
		{name: "a poll with an endless operation is 400", method: "GET", path: "/v2/service_instances/i/last_operation?operation=" + strings.Repeat("x", 10001), status: 400, untouched: true},
		{name: "a broker's endless operation is 500", method: "PUT", path: "/v2/service_instances/i?accepts_incomplete=true", body: goodProvision, answer: osb.ProvisionResponse{Async: true, Operation: strings.Repeat("x", 10001)}, status: 500},
		{name: "an operation of 10,000 characters of any script passes", method: "PUT", path: "/v2/service_instances/i?accepts_incomplete=true", body: goodProvision, answer: osb.ProvisionResponse{Async: true, Operation: strings.Repeat("가", 10000)}, status: 202},
		{name: "a rotation from itself is 400", method: "PUT", path: "/v2/service_instances/i/service_bindings/b", body: `{"predecessor_binding_id":"b"}`, status: 400, untouched: true},
		{name: "a binding with an incomplete endpoint is 500", method: "PUT", path: "/v2/service_instances/i/service_bindings/b", body: goodBind, answer: osb.BindResponse{Binding: osb.Binding{Endpoints: []osb.Endpoint{{Host: "h"}}}}, status: 500},
		{name: "a 400 with an empty description leaves the field out", method: "PUT", path: "/v2/service_instances/i", body: goodProvision, err: osb.BadRequest(""), status: 400, want: []string{"{}"}},
		{name: "no service at all is an empty list", method: "GET", path: "/v2/catalog", status: 200, want: []string{`"services":[]`}},
		{name: "a usage window that ends before it begins is 400", method: "GET", path: "/v2/usage?from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z", status: 400, untouched: true},
		{name: "usage without a window is 400", method: "GET", path: "/v2/usage", status: 400, untouched: true},
		{name: "no usage is an empty list", method: "GET", path: "/v2/usage?from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z", status: 200, want: []string{`"records":[]`}},
		{name: "no instance is an empty list", method: "GET", path: "/v2/service_instances", status: 200, want: []string{`"instances":[]`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t)
		})
	}
}

func (x exchange) run(t *testing.T) {
	broker := &echoBroker{err: x.err, response: x.answer}
	server, _ := serve(t, broker)
	request, err := http.NewRequestWithContext(t.Context(), x.method, server.URL+x.path, strings.NewReader(x.body))
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(testUser, testPassword)
	request.Header.Set(osb.HeaderVersion, osb.Version)
	request.Header.Set(osb.HeaderIdentity, identity)
	request.Header.Set(osb.HeaderRequestID, "req-7")
	request.Header.Set("Content-Type", "application/json")
	for name, value := range x.header {
		request.Header.Set(name, value)
		if value == "" {
			request.Header.Del(name)
		}
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	x.check(t, response, string(body))
	if called := broker.count() > 0; called == x.untouched {
		t.Errorf("broker called: %v, want %v", called, !x.untouched)
	}
}

func (x exchange) check(t *testing.T, response *http.Response, body string) {
	t.Helper()
	if response.StatusCode != x.status {
		t.Errorf("status %d, want %d; body %s", response.StatusCode, x.status, body)
	}
	if !json.Valid([]byte(body)) || response.Header.Get("Content-Type") != "application/json" {
		t.Errorf("answer is not JSON: %q", body)
	}
	if got := response.Header.Get(osb.HeaderRequestID); got != "req-7" {
		t.Errorf("request identity %q was not echoed", got)
	}
	if x.status == 401 && response.Header.Get("WWW-Authenticate") == "" {
		t.Error("401 without WWW-Authenticate")
	}
	for _, want := range x.want {
		if !strings.Contains(body, want) {
			t.Errorf("body %s lacks %s", body, want)
		}
	}
	for _, absent := range x.absent {
		if strings.Contains(body, absent) {
			t.Errorf("body %s must not hold %s", body, absent)
		}
	}
}

func TestAnAuthFunctionMayRefuseWithItsOwnStatus(t *testing.T) {
	t.Parallel()
	auth := func(*http.Request) (context.Context, error) {
		return nil, &osb.Error{Status: http.StatusServiceUnavailable, Description: "no store", RetryAfter: 1500 * time.Millisecond}
	}
	recorder := httptest.NewRecorder()
	osb.Handler(&echoBroker{}, auth).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/v2/catalog", nil))
	if recorder.Code != 503 || recorder.Header().Get("Retry-After") != "2" {
		t.Errorf("status %d, Retry-After %q", recorder.Code, recorder.Header().Get("Retry-After"))
	}
}

func TestInternalErrorsAreReportedOnce(t *testing.T) {
	t.Parallel()
	cause := errors.New("disk")
	var reported []error
	h := osb.Handler(&echoBroker{err: cause}, osb.BasicAuth(testUser, testPassword),
		osb.WithErrorLog(func(_ *http.Request, err error) { reported = append(reported, err) }))
	request := httptest.NewRequest(http.MethodGet, "/v2/service_instances/i", nil)
	request.SetBasicAuth(testUser, testPassword)
	request.Header.Set(osb.HeaderVersion, "2.17")
	h.ServeHTTP(httptest.NewRecorder(), request)
	if len(reported) != 1 || !errors.Is(reported[0], cause) {
		t.Errorf("reported %v", reported)
	}
}

func TestReadyMadeCatalogBytesAreServedAsTheyAre(t *testing.T) {
	t.Parallel()
	raw := `{"services":[{"id":"s","name":"n","description":"d","bindable":true,"x":1,"plans":[{"id":"p","name":"n","description":"d"}]}]}`
	broker := &echoBroker{response: osb.CatalogResponse{Raw: []byte(raw), ETag: `"v1"`}}
	_, client := serve(t, broker)
	got, err := client.Catalog(t.Context(), osb.CatalogRequest{})
	if err != nil || string(got.Raw) != raw || got.ETag != `"v1"` || got.Services[0].Plans[0].ID != "p" {
		t.Fatalf("catalog %+v, %v", got, err)
	}
	broker.set(osb.CatalogResponse{NotModified: true, ETag: `"v1"`}, nil)
	again, err := client.Catalog(t.Context(), osb.CatalogRequest{IfNoneMatch: got.ETag})
	if err != nil || !again.NotModified {
		t.Fatalf("conditional catalog %+v, %v", again, err)
	}
}

func TestAPlatformThatWentAwayIsNoFault(t *testing.T) {
	t.Parallel()
	h := osb.Handler(&echoBroker{err: context.Canceled}, osb.BasicAuth(testUser, testPassword),
		osb.WithErrorLog(func(_ *http.Request, err error) { t.Errorf("reported %v", err) }))
	ctx, leave := context.WithCancel(t.Context())
	leave()
	request := httptest.NewRequestWithContext(ctx, http.MethodGet, "/v2/service_instances/i", nil)
	request.SetBasicAuth(testUser, testPassword)
	request.Header.Set(osb.HeaderVersion, "2.17")
	h.ServeHTTP(httptest.NewRecorder(), request)
}
