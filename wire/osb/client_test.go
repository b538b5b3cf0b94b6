package osb_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"naru/wire/osb"
)

// callers are the operations of the orphan-mitigation table, and one that creates nothing.
func callers(c *osb.Client) map[osb.Operation]func(context.Context) error {
	return map[osb.Operation]func(context.Context) error{
		osb.OpProvision: func(ctx context.Context) error { _, err := c.Provision(ctx, provisionRequest()); return err },
		osb.OpBind: func(ctx context.Context) error {
			_, err := c.Bind(ctx, osb.BindRequest{InstanceID: "i", BindingID: "b", ServiceID: "s", PlanID: "p", AcceptsIncomplete: true})
			return err
		},
		osb.OpUpdate: func(ctx context.Context) error {
			_, err := c.Update(ctx, osb.UpdateRequest{InstanceID: "i", ServiceID: "s", AcceptsIncomplete: true})
			return err
		},
		osb.OpDeprovision: func(ctx context.Context) error {
			_, err := c.Deprovision(ctx, osb.DeprovisionRequest{InstanceID: "i", ServiceID: "s", PlanID: "p", AcceptsIncomplete: true})
			return err
		},
		osb.OpUnbind: func(ctx context.Context) error {
			_, err := c.Unbind(ctx, osb.UnbindRequest{InstanceID: "i", BindingID: "b", ServiceID: "s", PlanID: "p", AcceptsIncomplete: true})
			return err
		},
		osb.OpLastOperation: func(ctx context.Context) error {
			_, err := c.LastOperation(ctx, osb.LastOperationRequest{InstanceID: "i"})
			return err
		},
	}
}

// want is a row of the table: who owes mitigation, as letters P(rovision) B(ind) D(eprovision) U(nbind).
type row struct {
	name    string
	status  int
	body    string
	outcome osb.Outcome
	owed    string
	only    string
}

var letters = map[osb.Operation]string{osb.OpProvision: "P", osb.OpBind: "B", osb.OpUpdate: "C", osb.OpDeprovision: "D", osb.OpUnbind: "U", osb.OpLastOperation: "L"}

func TestClientFollowsTheOrphanMitigationTable(t *testing.T) {
	t.Parallel()
	rows := []row{
		{name: "a 400 changes nothing", status: 400, body: `{"description":"d"}`, outcome: osb.Rejected},
		{name: "a 408 changes nothing", status: 408, body: `{}`, outcome: osb.Rejected},
		{name: "a ConcurrencyError changes nothing", status: 422, body: `{"error":"ConcurrencyError"}`, outcome: osb.Rejected},
		{name: "a 404 page that is not JSON changes nothing", status: 404, body: `<html>`, outcome: osb.Rejected},
		{name: "a 200 that is not JSON asks for nothing", status: 200, body: `<html>`, outcome: osb.Invalid},
		{name: "an empty 200 asks for nothing", status: 200, body: ``, outcome: osb.Invalid},
		{name: "a 200 with an array asks for nothing", status: 200, body: `[]`, outcome: osb.Invalid},
		{name: "a malformed 201 is unknown", status: 201, body: `{"dashboard_url":`, outcome: osb.Unknown, owed: "PB", only: "PB"},
		{name: "a 201 with a field of the wrong type is unknown", status: 201, body: `{"operation":7,"credentials":1}`, outcome: osb.Unknown, owed: "PB", only: "PB"},
		{name: "an empty 202 is unknown", status: 202, body: ``, outcome: osb.Unknown, owed: "PB", only: "PBCDU"},
		{name: "a 202 with an endless operation is unknown", status: 202, body: `{"operation":"` + strings.Repeat("x", 10001) + `"}`, outcome: osb.Unknown, owed: "PB", only: "PBCDU"},
		{name: "a 204 is unknown", status: 204, outcome: osb.Unknown, owed: "PBDU"},
		{name: "a 500 is unknown", status: 500, body: `{}`, outcome: osb.Unknown, owed: "PBDU"},
		{name: "a 503 page is unknown", status: 503, body: `busy`, outcome: osb.Unknown, owed: "PBDU"},
		{name: "a redirect is not followed", status: 302, outcome: osb.Invalid},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				requests.Add(1)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(row.status)
				_, _ = w.Write([]byte(row.body))
			}))
			t.Cleanup(server.Close)
			made := row.check(t, newClient(t, server.URL))
			if got := requests.Load(); got != int64(made) {
				t.Errorf("%d requests for %d calls", got, made)
			}
		})
	}
}

func (r row) check(t *testing.T, client *osb.Client) (made int) {
	t.Helper()
	for op, do := range callers(client) {
		if r.only != "" && !strings.Contains(r.only, letters[op]) {
			continue
		}
		made++
		got := callError(t, do(t.Context()))
		if got.Op != op || got.Outcome != r.outcome || got.Status != r.status {
			t.Errorf("%s: %v, want %s with %d", op, got, r.outcome, r.status)
		}
		if owed := strings.Contains(r.owed, letters[op]); got.Mitigate != owed {
			t.Errorf("%s: mitigate %v, want %v", op, got.Mitigate, owed)
		}
	}
	return made
}

func callError(t *testing.T, err error) *osb.CallError {
	t.Helper()
	var call *osb.CallError
	if !errors.As(err, &call) {
		t.Fatalf("want a *osb.CallError, got %v", err)
	}
	return call
}

func TestABrokerThatIsDownWasNotSentAnything(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	for op, do := range callers(newClient(t, "http://"+address)) {
		if got := callError(t, do(t.Context())); got.Outcome != osb.NotSent || got.Mitigate {
			t.Errorf("%s: %+v", op, got)
		}
	}
}

func TestALostAnswerIsUnknown(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(server.Close)
	for op, do := range callers(newClient(t, server.URL)) {
		want := op == osb.OpProvision || op == osb.OpBind
		if got := callError(t, do(t.Context())); got.Outcome != osb.Unknown || got.Mitigate != want {
			t.Errorf("%s: %+v", op, got)
		}
	}
}

// passedDeadline is a context whose deadline passes when the test says so, because a
// short real one may pass before the request has left.
type passedDeadline struct {
	context.Context
	done chan struct{}
}

func (c passedDeadline) Done() <-chan struct{} { return c.done }

func (c passedDeadline) Err() error {
	select {
	case <-c.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

func TestADeadlineThatPassesIsUnknown(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-release
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(release) })
	for op, do := range callers(newClient(t, server.URL)) {
		ctx := passedDeadline{t.Context(), make(chan struct{})}
		go func() {
			<-arrived
			close(ctx.done)
		}()
		want := op == osb.OpProvision || op == osb.OpBind
		got := callError(t, do(ctx))
		if got.Outcome != osb.Unknown || got.Mitigate != want || !errors.Is(got, context.DeadlineExceeded) {
			t.Errorf("%s: %+v", op, got)
		}
	}
}

func TestAnAnswerThatNeverEndsIsBounded(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		chunk := []byte(strings.Repeat(" ", 64<<10))
		for range 64 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	_, err := newClient(t, server.URL).Provision(t.Context(), provisionRequest())
	if got := callError(t, err); got.Outcome != osb.Unknown || !got.Mitigate || !strings.Contains(got.Error(), "too large") {
		t.Errorf("%+v", got)
	}
}

func TestARefusalKeepsItsWords(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = w.Write([]byte(`{"error":"MaintenanceInfoConflict","description":"낡은 판","instance_usable":true,"update_repeatable":false}`))
	}))
	t.Cleanup(server.Close)
	_, err := newClient(t, server.URL).Update(t.Context(), osb.UpdateRequest{InstanceID: "i", ServiceID: "s"})
	var refusal *osb.Error
	if !errors.As(err, &refusal) {
		t.Fatal(err)
	}
	if !osb.IsCode(err, osb.CodeMaintenanceInfoConflict) || refusal.Description != "낡은 판" || refusal.RetryAfter != 7*time.Second ||
		!*refusal.InstanceUsable || *refusal.UpdateRepeatable {
		t.Errorf("%+v", refusal)
	}
}

func TestWhatMustNotBeSentIsNotSent(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	t.Cleanup(server.Close)
	client := newClient(t, server.URL)
	noSpace, otherPlatform, badIdentity := provisionRequest(), provisionRequest(), provisionRequest()
	noSpace.SpaceGUID = ""
	otherPlatform.Identity = &osb.Identity{Platform: "cloudfoundry", Value: json.RawMessage(`{}`)}
	badIdentity.Identity = &osb.Identity{Platform: "naru", Value: json.RawMessage(`[]`)}
	for name, r := range map[string]osb.ProvisionRequest{"no space": noSpace, "identity of another platform": otherPlatform, "identity is no object": badIdentity} {
		if _, err := client.Provision(t.Context(), r); callError(t, err).Outcome != osb.NotSent {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := client.Unbind(t.Context(), osb.UnbindRequest{InstanceID: "i", BindingID: "b"}); callError(t, err).Outcome != osb.NotSent {
		t.Error(err)
	}
	if requests.Load() != 0 {
		t.Errorf("%d requests left", requests.Load())
	}
}

func TestAnswersThatBreakTheSpecificationAreNotPassedOn(t *testing.T) {
	t.Parallel()
	poll := func(c *osb.Client, ctx context.Context) error {
		_, err := c.LastOperation(ctx, osb.LastOperationRequest{InstanceID: "i"})
		return err
	}
	bind := func(c *osb.Client, ctx context.Context) error {
		_, err := c.Bind(ctx, osb.BindRequest{InstanceID: "i", BindingID: "b", ServiceID: "s", PlanID: "p", AcceptsIncomplete: true})
		return err
	}
	requires := func(list ...string) func(*osb.Client, context.Context) error {
		return func(c *osb.Client, ctx context.Context) error {
			_, err := c.Bind(ctx, osb.BindRequest{InstanceID: "i", BindingID: "b", ServiceID: "s", PlanID: "p", Requires: list})
			return err
		}
	}
	bindAll, bindNone := requires(osb.RequiresSyslog, osb.RequiresRoute, osb.RequiresVolume), requires([]string{}...)
	syncProvision := func(c *osb.Client, ctx context.Context) error {
		r := provisionRequest()
		r.AcceptsIncomplete = false
		_, err := c.Provision(ctx, r)
		return err
	}
	usage := func(c *osb.Client, ctx context.Context) error {
		_, err := c.Usage(ctx, osb.UsageRequest{From: time.Unix(0, 0), To: time.Unix(1, 0)})
		return err
	}
	list := func(c *osb.Client, ctx context.Context) error {
		_, err := c.ListInstances(ctx, osb.ListRequest{})
		return err
	}
	tests := []struct {
		name   string
		status int
		body   string
		do     func(*osb.Client, context.Context) error
	}{
		{"a state of no specification", 200, `{"state":"done"}`, poll},
		{"a poll without state", 200, `{}`, poll},
		{"credentials in a 202", 202, `{"credentials":{"a":"b"}}`, bind},
		{"credentials that are a string", 201, `{"credentials":"a"}`, bind},
		{"an expiry that is no time", 201, `{"metadata":{"expires_at":"soon"}}`, bind},
		{"an expiry that is not in UTC", 201, `{"metadata":{"expires_at":"2026-01-01T00:00:00.0+09:00"}}`, bind},
		{"a renewal that is no time", 201, `{"metadata":{"renew_before":"soon"}}`, bind},
		{"an endpoint without ports", 201, `{"endpoints":[{"host":"h","ports":[]}]}`, bind},
		{"an endpoint with a port that is none", 201, `{"endpoints":[{"host":"h","ports":["70000"]}]}`, bind},
		{"an endpoint with a number for a port", 201, `{"endpoints":[{"host":"h","ports":[80]}]}`, bind},
		{"an endpoint of no protocol", 201, `{"endpoints":[{"host":"h","ports":["80"],"protocol":"smtp"}]}`, bind},
		{"a volume mount without a device", 201, `{"volume_mounts":[{"driver":"d","container_dir":"/c","mode":"r","device_type":"shared"}]}`, bindAll},
		{"a volume mount of no mode", 201, `{"volume_mounts":[{"driver":"d","container_dir":"/c","mode":"x","device_type":"shared","device":{}}]}`, bindAll},
		{"a log drain that the catalogue does not announce", 201, `{"syslog_drain_url":"syslog://h"}`, bindNone},
		{"a route service that the catalogue does not announce", 201, `{"route_service_url":"https://h"}`, bindNone},
		{"a volume that the catalogue does not announce", 201, `{"volume_mounts":[{"driver":"d","container_dir":"/c","mode":"rw","device_type":"shared","device":{}}]}`, bindNone},
		{"garbage behind the object", 201, `{"credentials":{}} trailing`, bind},
		{"two objects", 201, `{}{}`, bind},
		{"a field that stands twice", 201, `{"credentials":{"a":1},"credentials":{"a":2}}`, bind},
		{"a renewal after the expiry", 201, `{"metadata":{"expires_at":"2026-01-01T00:00:00.0Z","renew_before":"2026-01-02T00:00:00.0Z"}}`, bind},
		{"a 202 that nobody accepted", 202, `{}`, syncProvision},
		{"a quantity that is a float text", 200, `{"records":[{"line_id":"l","instance_id":"i","meter":"m","unit":"u","quantity":"1e9"}]}`, usage},
		{"usage without records", 200, `{}`, usage},
		{"a usage line without id", 200, `{"records":[{"instance_id":"i","meter":"m","unit":"u","quantity":"1"}]}`, usage},
		{"a usage line with an id that nothing keeps", 200, `{"records":[{"line_id":"l\u0000","instance_id":"i","meter":"m","unit":"u","quantity":"1"}]}`, usage},
		{"an operation that nothing keeps", 202, `{"operation":"a\u0000b"}`, bind},
		{"an answer that is not UTF-8", 201, "{\"credentials\":{\"a\":\"\xff\"}}", bind},
		{"an instance without id", 200, `{"instances":[{}]}`, list},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
			}))
			t.Cleanup(server.Close)
			if err := test.do(newClient(t, server.URL), t.Context()); err == nil || !strings.Contains(err.Error(), "malformed") {
				t.Errorf("err = %v", err)
			}
		})
	}
}

func TestConcurrentCallsReuseConnections(t *testing.T) {
	t.Parallel()
	var opened atomic.Int64
	server := httptest.NewUnstartedServer(osb.Handler(&echoBroker{}, osb.BasicAuth(testUser, testPassword)))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	client := newClient(t, server.URL)
	const workers = 16
	errs := make(chan error, workers)
	for range workers {
		go func() {
			for range 50 {
				if _, err := client.Provision(t.Context(), provisionRequest()); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range workers {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	if got := opened.Load(); got > 4*workers {
		t.Errorf("%d connections for %d workers", got, workers)
	}
}

func TestAPasswordNeverPrints(t *testing.T) {
	t.Parallel()
	config := osb.ClientConfig{URL: "http://127.0.0.1:1", User: "u", Password: "hunter2"}
	client, err := osb.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	_, callErr := client.Catalog(t.Context(), osb.CatalogRequest{})
	marshalled, err := json.Marshal(config.Password)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprintf("%v %+v %#v", config, config, config), fmt.Sprint(callErr), string(marshalled)} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("password printed: %s", text)
		}
	}
}

func TestClientRefusesAddressesThatCarryCredentials(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"http://u:p@127.0.0.1", "ftp://127.0.0.1", "127.0.0.1:80", "", "http://h?x=1"} {
		if _, err := osb.NewClient(osb.ClientConfig{URL: url}); err == nil || strings.Contains(err.Error(), "u:p") {
			t.Errorf("%q: %v", url, err)
		}
	}
}
