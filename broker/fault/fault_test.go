package fault_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"naru/broker/fault"
	"naru/wire/osb"
)

// serve runs a fault broker in the process and returns a client of it.
func serve(t *testing.T, faults ...string) (*fault.Server, *osb.Client, osb.ProvisionRequest) {
	t.Helper()
	c := fault.Config{User: "u", Password: "p", Delay: time.Hour, Now: time.Now}
	for _, text := range faults {
		f, err := fault.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		c.Faults = append(c.Faults, f)
	}
	s, err := fault.New(c)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	client, err := osb.NewClient(osb.ClientConfig{URL: server.URL, User: "u", Password: "p", Timeout: 500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); s.Close(); server.CloseClientConnections(); server.Close() })
	catalog, err := s.Broker.Catalog(t.Context(), osb.CatalogRequest{})
	if err != nil {
		t.Fatal(err)
	}
	service := catalog.Services[0]
	return s, client, osb.ProvisionRequest{
		InstanceID: "i", ServiceID: service.ID, PlanID: service.Plans[0].ID, OrganizationGUID: "o", SpaceGUID: "s", AcceptsIncomplete: true,
	}
}

func held(t *testing.T, s *fault.Server) []string {
	t.Helper()
	list, err := s.Broker.ListInstances(t.Context(), osb.ListRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, i := range list.Instances {
		ids = append(ids, i.InstanceID)
	}
	return ids
}

// TestEachModeDoesWhatItSays creates an instance in each mode: whether the broker then holds it, and what the
// platform's side makes of the answer.
func TestEachModeDoesWhatItSays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode    string
		outcome osb.Outcome // 0: a success
		owed    bool        // orphan mitigation
		held    string
	}{
		{"pass", 0, false, "i"},
		{"drop", osb.Unknown, true, ""},
		{"drop_after", osb.Unknown, true, "i"},
		{"hang", osb.Unknown, true, ""},
		{"hang_after", osb.Unknown, true, "i"},
		{"cut", osb.Unknown, true, "i"},
		{"error_500", osb.Unknown, true, ""},
		{"error_500_after", osb.Unknown, true, "i"},
		{"error_503", osb.Unknown, true, ""},
		{"error_408", osb.Rejected, false, ""},
		{"error_410", osb.Rejected, false, ""},
		{"concurrency_error", osb.Rejected, false, ""},
		{"maintenance_conflict", osb.Rejected, false, ""},
		{"redirect", osb.Invalid, false, ""},
		{"malformed_200", osb.Invalid, false, "i"},
		{"malformed_201", osb.Unknown, true, "i"},
		{"malformed_202", osb.Unknown, true, "i"},
		{"empty", osb.Unknown, true, "i"},
		{"no_content_204", osb.Unknown, true, "i"},
		{"array", osb.Invalid, false, "i"},
		{"wrong_type", osb.Unknown, true, "i"},
		{"garbage", osb.Invalid, false, ""},
		{"trailing", osb.Unknown, true, "i"},
		{"duplicate_field", osb.Unknown, true, "i"},
		{"huge", osb.Unknown, true, "i"},
		{"endless_async", 0, false, ""},
		{"failing_async", 0, false, ""},
		{"long_operation", osb.Unknown, true, ""},
		{"duplicate", 0, false, "i i-twice"},
		{"forget", 0, false, ""},
		{"open", 0, false, "i"},
	} {
		t.Run(c.mode, func(t *testing.T) {
			t.Parallel()
			s, client, request := serve(t, "provision="+c.mode)
			_, err := client.Provision(t.Context(), request)
			var call *osb.CallError
			switch errors.As(err, &call); {
			case err == nil && c.outcome != 0, err != nil && (call == nil || call.Outcome != c.outcome || call.Mitigate != c.owed):
				t.Errorf("%v, want %s", err, c.outcome)
			}
			if got := strings.Join(held(t, s), " "); got != c.held {
				t.Errorf("the broker holds %q, want %q", got, c.held)
			}
		})
	}
}

func TestAFaultEndsAfterItsTimesAndTheOwnOperationComesFirst(t *testing.T) {
	t.Parallel()
	s, client, request := serve(t, "provision=error_500:2", "all=error_410")
	for range 2 {
		if _, err := client.Provision(t.Context(), request); osb.StatusOf(err) != 500 {
			t.Errorf("the fault of the operation: %v", err)
		}
	}
	if _, err := client.Provision(t.Context(), request); osb.StatusOf(err) != 410 {
		t.Errorf("then that of the group: %v", err)
	}
	s.Clear()
	if _, err := client.Provision(t.Context(), request); err != nil {
		t.Errorf("then none: %v", err)
	}
}

func TestAnOperationThatAFaultBeganNeverEnds(t *testing.T) {
	t.Parallel()
	s, client, request := serve(t, "change=endless_async")
	got, err := client.Provision(t.Context(), request)
	if err != nil || !got.Async {
		t.Fatalf("%+v, %v", got, err)
	}
	s.Clear()
	poll := osb.LastOperationRequest{InstanceID: "i", Operation: got.Operation}
	if got, err := client.LastOperation(t.Context(), poll); err != nil || got.State != osb.InProgress {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := client.Deprovision(t.Context(), osb.DeprovisionRequest{InstanceID: "i", ServiceID: request.ServiceID, PlanID: request.PlanID}); !osb.IsGone(err) {
		t.Errorf("what never was: %v", err)
	}
}

func TestFaultsAreReadFromText(t *testing.T) {
	t.Parallel()
	f, err := fault.ParseFault("bind=slow:3@150ms")
	if err != nil || f != (fault.Fault{Operation: "bind", Mode: "slow", Times: 3, Delay: fault.Duration(150 * time.Millisecond)}) {
		t.Errorf("%+v, %v", f, err)
	}
	for _, bad := range []string{"", "bind", "bind=", "nowhere=drop", "bind=nothing", "bind=drop:0", "bind=drop:x", "bind=slow@soon", "bind=slow@-1s", "bind=slow@2h"} {
		if _, err := fault.ParseFault(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestModesAreSwitchedWhileTheBrokerRuns(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- fault.Run(ctx, fault.Config{Now: time.Now}, in) }()
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var ready struct{ URL, Admin, User, Password string }
	if err := json.Unmarshal(line, &ready); err != nil || ready.Password == "" {
		t.Fatalf("%s: %v", line, err)
	}
	client, err := osb.NewClient(osb.ClientConfig{URL: ready.URL, User: ready.User, Password: osb.Secret(ready.Password)})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, step := range []struct {
		method, path, body string
		status             int
		says               string
		catalog            int
	}{
		{"GET", "/modes", "", 200, `"drop_after"`, 0},
		{"PUT", "/faults", `{"operation":"catalog","mode":"error_500","times":1}`, 200, `"error_500"`, 500},
		{"GET", "/faults", "", 200, "[]", 0},
		{"PUT", "/faults", `{"operation":"catalog","mode":"nothing"}`, 400, "not one of", 0},
		{"PUT", "/faults", `{`, 400, "description", 0},
		{"PUT", "/faults", `{"operation":"catalog","mode":"error_404","delay":"1s"}`, 200, `"1s"`, 404},
		{"DELETE", "/faults", "", 200, "[]", 0},
		{"GET", "/requests", "", 200, `"catalog":`, 0},
		{"GET", "/instances", "", 200, `"instances":[]`, 0},
		{"POST", "/faults", "", 405, "", 0},
	} {
		status, says := admin(t, step.method, ready.Admin+step.path, step.body, "")
		if status != step.status || !strings.Contains(says, step.says) {
			t.Errorf("%s %s %s: %d %s", step.method, step.path, step.body, status, says)
		}
		if _, err := client.Catalog(t.Context(), osb.CatalogRequest{}); osb.StatusOf(err) != step.catalog {
			t.Errorf("after %s %s: %v, want %d", step.method, step.body, err, step.catalog)
		}
	}
	if status, _ := admin(t, "DELETE", ready.Admin+"/faults", "", "https://page.example"); status != 403 {
		t.Errorf("a web page switches the modes: %d", status)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := fault.Run(t.Context(), fault.Config{AdminAddr: "0.0.0.0:0", Now: time.Now}, io.Discard); err == nil {
		t.Error("the admin address may be reached from outside")
	}
}

func admin(t *testing.T, method, url, body, origin string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if origin != "" {
		request.Header.Set("Origin", origin)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(raw)
}
