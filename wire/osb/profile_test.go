package osb_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"naru/wire/osb"
)

// old is a broker of an earlier version over real HTTP, as those built on Spring were: it takes its own
// version and older ones, knows nothing that came later, answers at once and with bare objects.
type old struct {
	mu    sync.Mutex
	minor int
	exact bool // takes its own version only
	seen  []string
	known map[string]bool
}

func (o *old) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	o.seen = append(o.seen, r.Method+" "+r.URL.String()+" "+r.Header.Get(osb.HeaderVersion)+" "+r.Header.Get(osb.HeaderIdentity)+
		r.Header.Get(osb.HeaderRequestID)+" "+string(body))
	if !o.takes(r.Header.Get(osb.HeaderVersion)) {
		answer(w, http.StatusPreconditionFailed, `{"description":"the API version is not supported"}`)
		return
	}
	switch {
	case r.URL.Path == "/v2/catalog":
		answer(w, http.StatusOK, `{"services":[{"id":"s","name":"n","description":"d","bindable":true,"tags":null,"requires":null,"metadata":null,"dashboard_client":null,`+
			`"plans":[{"id":"p","name":"n","description":"d","metadata":null,"free":true}]}]}`)
	case r.Method == http.MethodGet:
		http.NotFound(w, r) // no fetch, no polling of bindings
	case r.Method == http.MethodDelete && !o.known[r.URL.Path]:
		answer(w, http.StatusGone, `{}`)
	case r.Method == http.MethodDelete:
		delete(o.known, r.URL.Path)
		answer(w, http.StatusOK, `{}`)
	case strings.Contains(r.URL.Path, "/service_bindings/"):
		o.known[r.URL.Path] = true
		answer(w, http.StatusCreated, `{"credentials":{"uri":"mysql://u:p@h/db"},"syslog_drain_url":null}`)
	case r.Method == http.MethodPut:
		o.known[r.URL.Path] = true
		answer(w, http.StatusCreated, `{"dashboard_url":null}`)
	default:
		answer(w, http.StatusOK, `{}`)
	}
}

func (o *old) takes(version string) bool {
	at := slices.Index(osb.Profiles(), osb.Profile(version))
	mine := len(osb.Profiles()) - 1 - (o.minor - 4)
	return at == mine || at > mine && !o.exact
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func TestOldBrokersAreFoundAndServed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		minor  int
		exact  bool
		want   osb.Profile
		has    []string
		absent []string
	}{
		{4, true, "2.4", []string{" 2.4 "}, []string{"accepts_incomplete", `"context"`, "maintenance_info", `"parameters"`, "bind_resource", "req-1", "naru eyJ"}},
		{11, false, "2.11", []string{"accepts_incomplete=true", `"parameters"`, "bind_resource"}, []string{`"context"`, "maintenance_info", "req-1", "naru eyJ"}},
		{13, false, "2.13", []string{"accepts_incomplete=true", `"context"`, "naru eyJ"}, []string{"maintenance_info", "req-1", "service_bindings/b?accepts_incomplete"}},
	} {
		t.Run(string(c.want), func(t *testing.T) {
			t.Parallel()
			broker := &old{minor: c.minor, exact: c.exact, known: map[string]bool{}}
			server := httptest.NewServer(broker)
			t.Cleanup(server.Close)
			got, profile, err := newClient(t, server.URL).FindCatalog(t.Context(), osb.CatalogRequest{})
			if err != nil || profile != c.want || got.Services[0].ID != "s" {
				t.Fatalf("found %s: %+v, %v", profile, got.Catalog, err)
			}
			broker.seen = nil
			useOld(t, server.URL, profile)
			all := strings.Join(broker.seen, "\n")
			for _, want := range c.has {
				if !strings.Contains(all, want) {
					t.Errorf("%s was not sent:\n%s", want, all)
				}
			}
			for _, absent := range c.absent {
				if strings.Contains(all, absent) {
					t.Errorf("%s was sent:\n%s", absent, all)
				}
			}
		})
	}
}

// useOld takes an old broker through its life and asks it for what it does not know.
func useOld(t *testing.T, url string, profile osb.Profile) {
	t.Helper()
	client, err := osb.NewClient(osb.ClientConfig{URL: url, User: testUser, Password: testPassword, Profile: profile})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	ctx := t.Context()
	who := osb.Caller{Identity: &osb.Identity{Platform: "naru", Value: json.RawMessage(`{"u":1}`)}, RequestID: "req-1"}
	put := provisionRequest()
	put.Caller, put.MaintenanceInfo = who, &osb.MaintenanceInfo{Version: "1.0.0"}
	if got, err := client.Provision(ctx, put); err != nil || got.Async {
		t.Fatalf("provision: %+v, %v", got, err)
	}
	bind := osb.BindRequest{
		Caller: who, InstanceID: "i1", BindingID: "b", ServiceID: "s", PlanID: "p", AcceptsIncomplete: true, Context: put.Context,
		BindResource: &osb.BindResource{AppGUID: "app"}, Parameters: put.Parameters, Requires: []string{},
	}
	if got, err := client.Bind(ctx, bind); err != nil || got.Async || got.Credentials == nil {
		t.Fatalf("bind: %+v, %v", got.Async, err)
	}
	if _, err := client.Update(ctx, osb.UpdateRequest{Caller: who, InstanceID: "i1", ServiceID: "s", PlanID: "p", Context: put.Context, PreviousValues: &osb.PreviousValues{MaintenanceInfo: put.MaintenanceInfo}}); err != nil {
		t.Errorf("update: %v", err)
	}
	if _, err := client.GetInstance(ctx, osb.GetInstanceRequest{InstanceID: "i1"}); !errors.Is(err, osb.ErrUnsupported) || callError(t, err).Outcome != osb.NotSent {
		t.Errorf("fetch: %v", err)
	}
	if _, err := client.GetBinding(ctx, osb.GetBindingRequest{InstanceID: "i1", BindingID: "b"}); !errors.Is(err, osb.ErrUnsupported) {
		t.Errorf("fetch the binding: %v", err)
	}
	rotation := osb.BindRequest{InstanceID: "i1", BindingID: "b2", PredecessorBindingID: "b"}
	if _, err := client.Bind(ctx, rotation); !errors.Is(err, osb.ErrUnsupported) {
		t.Errorf("rotate: %v", err)
	}
	unbind := osb.UnbindRequest{InstanceID: "i1", BindingID: "b", ServiceID: "s", PlanID: "p", AcceptsIncomplete: true}
	if _, err := client.Unbind(ctx, unbind); err != nil {
		t.Errorf("unbind: %v", err)
	}
	remove := osb.DeprovisionRequest{InstanceID: "i1", ServiceID: "s", PlanID: "p", AcceptsIncomplete: true}
	if _, err := client.Deprovision(ctx, remove); err != nil {
		t.Errorf("deprovision: %v", err)
	}
	if _, err := client.Deprovision(ctx, remove); !osb.IsGone(err) {
		t.Errorf("deprovision again: %v", err)
	}
}

func TestAProfileThatIsSetIsNotSearchedFor(t *testing.T) {
	t.Parallel()
	broker := &old{minor: 4, exact: true, known: map[string]bool{}}
	server := httptest.NewServer(broker)
	t.Cleanup(server.Close)
	client, err := osb.NewClient(osb.ClientConfig{URL: server.URL, Profile: "2.13"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := client.FindCatalog(t.Context(), osb.CatalogRequest{}); osb.StatusOf(err) != 412 || len(broker.seen) != 1 {
		t.Errorf("%v after %d requests", err, len(broker.seen))
	}
	for _, bad := range []osb.Profile{"2.3", "2.18", "3.0", "2", "x", "2.17 "} {
		if _, err := osb.NewClient(osb.ClientConfig{URL: server.URL, Profile: bad}); err == nil {
			t.Errorf("profile %q was taken", bad)
		}
	}
}
