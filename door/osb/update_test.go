package osb_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	door "naru/door/osb"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/store"
	"naru/wire/osb"
)

// ready makes an instance the platform can use.
func (b *bed) ready(t *testing.T, id, slug string) {
	t.Helper()
	b.Order(slug, nil)
	got, err := b.client.Provision(t.Context(), b.put(id, slug, true))
	if err != nil {
		t.Fatal(err)
	}
	if end := b.poll(t, id, got.Operation); got.Async && end.State != osb.Succeeded {
		t.Fatalf("create: %+v", end)
	}
}

func (b *bed) patch(id, from, to string, async bool) osb.UpdateRequest {
	service, before := b.plan(from)
	_, plan := b.plan(to)
	return osb.UpdateRequest{
		InstanceID: id, ServiceID: service, PlanID: plan, AcceptsIncomplete: async,
		PreviousValues: &osb.PreviousValues{ServiceID: service, PlanID: before},
	}
}

func (b *bed) shown(t *testing.T, id string) osb.GetInstanceResponse {
	t.Helper()
	got, err := b.client.GetInstance(t.Context(), osb.GetInstanceRequest{InstanceID: id})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAPlanChangeByThePlatform(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db, time.Minute, never)
		ctx := t.Context()
		b.ready(t, "i-1", "sync")
		b.Order("async", nil)
		let := testbroker.Shut(t, b.Broker)
		change := b.patch("i-1", "sync", "async", true)
		first, err := b.client.Update(ctx, change)
		if err != nil || !first.Async || first.Operation == "" {
			t.Fatalf("update: %+v, %v", first, err)
		}
		if again, err := b.client.Update(ctx, change); err != nil || !again.Async || again.Operation != first.Operation {
			t.Errorf("the same while it runs: %+v, %v", again, err)
		}
		other := change
		other.PlanID, other.Parameters = "", []byte(`{"a":1}`)
		if _, err := b.client.Update(ctx, other); !osb.IsCode(err, osb.CodeConcurrencyError) {
			t.Errorf("another while it runs: %v", err)
		}
		if _, err := b.client.GetInstance(ctx, osb.GetInstanceRequest{InstanceID: "i-1"}); !osb.IsCode(err, osb.CodeConcurrencyError) {
			t.Errorf("get while it runs: %v", err)
		}
		service, before := b.plan("sync")
		poll := osb.LastOperationRequest{InstanceID: "i-1", Operation: first.Operation, ServiceID: service, PlanID: before}
		if got, err := b.client.LastOperation(ctx, poll); err != nil || got.State != osb.InProgress {
			t.Errorf("poll: %+v, %v", got, err)
		}
		if _, err := b.client.Bind(ctx, osb.BindRequest{InstanceID: "i-1", BindingID: "b", ServiceID: service, PlanID: before}); !osb.IsCode(err, osb.CodeConcurrencyError) {
			t.Errorf("bind while it runs: %v", err)
		}
		go let()
		if got := b.poll(t, "i-1", first.Operation); got.State != osb.Succeeded {
			t.Fatalf("poll: %+v", got)
		}
		_, after := b.plan("async")
		if got := b.shown(t, "i-1"); got.PlanID != after || got.MaintenanceInfo == nil || got.MaintenanceInfo.Version != "1.0.0" {
			t.Errorf("afterwards: %+v", got)
		}
		if got, err := b.client.Update(ctx, change); err != nil || got.Async {
			t.Errorf("the same afterwards: %+v, %v", got, err)
		}
	})
}

func TestAnUpdateAtOnceAndItsFailure(t *testing.T) {
	t.Parallel()
	b := newBed(t, testdb.SQLite(t), time.Minute)
	ctx := t.Context()
	b.ready(t, "i-1", "sync")
	b.Order("bigger", nil)
	if got, err := b.client.Update(ctx, b.patch("i-1", "sync", "bigger", false)); err != nil || got.Async {
		t.Fatalf("update: %+v, %v", got, err)
	}
	_, bigger := b.plan("bigger")
	if got := b.shown(t, "i-1"); got.PlanID != bigger {
		t.Errorf("afterwards: %+v", got)
	}
	if _, err := b.client.Update(ctx, b.patch("i-1", "bigger", "sync", false)); osb.StatusOf(err) != 422 { // folders do not shrink
		t.Errorf("what the provider refuses: %v", err)
	}
	if got := b.shown(t, "i-1"); got.PlanID != bigger {
		t.Errorf("after the refusal: %+v", got)
	}
	b.Order("async", nil)
	if _, err := b.client.Update(ctx, b.patch("i-1", "bigger", "async", false)); !osb.IsCode(err, osb.CodeAsyncRequired) {
		t.Errorf("what the provider cannot do at once: %v", err)
	}
	if got := b.shown(t, "i-1"); got.PlanID != bigger {
		t.Errorf("after AsyncRequired: %+v", got)
	}
}

// says answers changes with 202 and polls with a body.
func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/last_operation") {
			_, _ = w.Write([]byte(body))
			return
		}
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write([]byte(`{"operation":"x"}`))
	}
}

func TestWhatTheProviderSaysOfAFailedUpdateIsPassedOn(t *testing.T) {
	t.Parallel()
	b := newBed(t, testdb.SQLite(t), time.Minute)
	b.ready(t, "i-1", "sync")
	b.Order("bigger", nil)
	b.moveBroker(t, testbroker.NewFrontOver(t, says(`{"state":"failed","description":"broken","instance_usable":false,"update_repeatable":false}`)).URL)
	got, err := b.client.Update(t.Context(), b.patch("i-1", "sync", "bigger", true))
	if err != nil || !got.Async {
		t.Fatalf("update: %+v, %v", got, err)
	}
	end := b.poll(t, "i-1", got.Operation)
	if end.State != osb.Failed || end.InstanceUsable == nil || *end.InstanceUsable || end.UpdateRepeatable == nil || *end.UpdateRepeatable {
		t.Errorf("poll: %+v", end)
	}
	if !strings.Contains(end.Description, "broken") {
		t.Errorf("why: %q", end.Description)
	}
}

// moveBroker registers another address for the provider.
func (b *bed) moveBroker(t *testing.T, url string) {
	t.Helper()
	b.Store(func(ctx context.Context, tx *store.Tx) error {
		p, err := tx.Provider(ctx, b.Provider)
		p.BrokerURL = url
		if err != nil {
			return err
		}
		return tx.PutProvider(ctx, p)
	})
}

func TestRefusedUpdatesSpeakOSB(t *testing.T) {
	t.Parallel()
	b := newBed(t, testdb.SQLite(t), time.Minute)
	b.ready(t, "i-1", "sync")
	service, plan := b.plan("sync")
	forbidden := b.Order("bigger", func(o *contract.Order) { o.Held = 0 })
	other := b.Order("bigger", func(o *contract.Order) { o.Component = b.Unknown() })
	tests := []struct {
		name   string
		status int
		code   string
		r      osb.UpdateRequest
	}{
		{"another service", 400, "", osb.UpdateRequest{ServiceID: "nowhere"}},
		{"a plan nobody has", 400, "", osb.UpdateRequest{ServiceID: service, PlanID: "nowhere"}},
		{"an order nobody has", 400, "", osb.UpdateRequest{ServiceID: service, Parameters: []byte(`{"order":"ord_none"}`)}},
		{"an order without money", 422, "", osb.UpdateRequest{ServiceID: service, Parameters: []byte(`{"order":"` + string(forbidden) + `"}`)}},
		{"an order of another component", 400, "", osb.UpdateRequest{ServiceID: service, Parameters: []byte(`{"order":"` + string(other) + `"}`)}},
		{"an order that is no text", 400, "", osb.UpdateRequest{ServiceID: service, Parameters: []byte(`{"order":1}`)}},
		{"another version", 422, osb.CodeMaintenanceInfoConflict, osb.UpdateRequest{ServiceID: service, PlanID: plan, MaintenanceInfo: &osb.MaintenanceInfo{Version: "2.0.0"}}},
		{"an empty version", 0, "", osb.UpdateRequest{ServiceID: service, PlanID: plan, MaintenanceInfo: &osb.MaintenanceInfo{}}},
		{"the version there is", 0, "", osb.UpdateRequest{ServiceID: service, MaintenanceInfo: &osb.MaintenanceInfo{Version: "1.0.0"}}},
		{"no change at all", 0, "", osb.UpdateRequest{ServiceID: service, PlanID: plan}},
		{"the context alone", 0, "", osb.UpdateRequest{ServiceID: service, Context: []byte(`{"platform":"egov","instance_name":"새 이름"}`)}},
	}
	for _, tt := range tests {
		tt.r.InstanceID, tt.r.AcceptsIncomplete = "i-1", true
		_, err := b.client.Update(t.Context(), tt.r)
		if osb.StatusOf(err) != tt.status || (err != nil) != (tt.status != 0) || (tt.code != "" && !osb.IsCode(err, tt.code)) {
			t.Errorf("%s: %v, want %d %s", tt.name, err, tt.status, tt.code)
		}
	}
	if status := b.raw(t, "PATCH", "/v2/service_instances/i-1", `{"service_id":"`+service+`","context":{"platform":"other"}}`); status != 400 {
		t.Errorf("a context of another platform: %d, want 400", status)
	}
	if calls := b.Front.Forwarded("PATCH"); calls != 1 { // the context
		t.Errorf("%d updates reached the provider, want the one of the context", calls)
	}
	if _, err := b.client.Update(t.Context(), osb.UpdateRequest{InstanceID: "i-x", ServiceID: service}); osb.StatusOf(err) != 404 {
		t.Errorf("of nothing: %v", err)
	}
}

// raw sends a request as it is, with the identity of platform egov, and returns the status.
func (b *bed) raw(t *testing.T, method, path, body string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth("platform-a", "secret")
	request.Header.Set(osb.HeaderVersion, osb.Version)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(osb.HeaderIdentity, osb.Identity{Platform: "egov", Value: []byte(`{}`)}.String())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode
}

func TestARotationByThePlatform(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db, time.Minute)
		ctx := t.Context()
		b.ready(t, "i-1", "bigger")
		service, plan := b.plan("bigger")
		old, err := b.client.Bind(ctx, osb.BindRequest{InstanceID: "i-1", BindingID: "b-1", ServiceID: service, PlanID: plan, AppGUID: "app"})
		if err != nil || old.Metadata == nil || old.Metadata.ExpiresAt == "" || old.Metadata.RenewBefore == "" {
			t.Fatalf("bind: %+v, %v", old.Metadata, err)
		}
		rotation := osb.BindRequest{InstanceID: "i-1", BindingID: "b-2", PredecessorBindingID: "b-1"} // no service_id, no plan_id
		next, err := b.client.Bind(ctx, rotation)
		if err != nil || next.Existed || bytes.Equal(next.Credentials, old.Credentials) {
			t.Fatalf("rotate: %v", err)
		}
		if again, err := b.client.Bind(ctx, rotation); err != nil || !again.Existed || !bytes.Equal(again.Credentials, next.Credentials) {
			t.Errorf("the same rotation again: %v", err)
		}
		if got, err := b.client.GetBinding(ctx, osb.GetBindingRequest{InstanceID: "i-1", BindingID: "b-1"}); err != nil || !bytes.Equal(got.Credentials, old.Credentials) {
			t.Errorf("the old one: %v", err)
		}
		got, err := b.client.GetBinding(ctx, osb.GetBindingRequest{InstanceID: "i-1", BindingID: "b-2"})
		if err != nil || got.Metadata == nil || got.Metadata.ExpiresAt == "" {
			t.Errorf("the new one: %+v, %v", got.Metadata, err)
		}
		for name, r := range map[string]osb.BindRequest{
			"of nothing":                      {InstanceID: "i-1", BindingID: "b-3", PredecessorBindingID: "b-x"},
			"with another plan":               {InstanceID: "i-1", BindingID: "b-3", PredecessorBindingID: "b-1", PlanID: "other"},
			"of one binding under its own id": {InstanceID: "i-1", BindingID: "b-1", PredecessorBindingID: "b-1"},
		} {
			if _, err := b.client.Bind(ctx, r); osb.StatusOf(err) != 400 && osb.StatusOf(err) != 409 {
				t.Errorf("a rotation %s: %v", name, err)
			}
		}
		if _, err := b.client.Unbind(ctx, osb.UnbindRequest{InstanceID: "i-1", BindingID: "b-1", ServiceID: service, PlanID: plan}); err != nil {
			t.Errorf("unbind the old one: %v", err)
		}
		_, err = b.client.Bind(ctx, osb.BindRequest{InstanceID: "i-1", BindingID: "b-4", PredecessorBindingID: "b-1"})
		if osb.StatusOf(err) != 400 {
			t.Errorf("a rotation of what was revoked: %v", err)
		}
	})
}

func TestARefusalOfTheProviderKeepsItsCode(t *testing.T) {
	t.Parallel()
	b := newBed(t, testdb.SQLite(t), time.Minute, func(c *door.Config) { c.AsyncWait = time.Minute })
	b.ready(t, "i-1", "sync")
	b.moveBroker(t, testbroker.NewFrontOver(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = w.Write([]byte(`{"error":"RequiresApp","description":"name an app"}`))
	})).URL)
	service, plan := b.plan("sync")
	for _, async := range []bool{false, true} {
		_, err := b.client.Bind(t.Context(), osb.BindRequest{InstanceID: "i-1", BindingID: "b-1", ServiceID: service, PlanID: plan, AcceptsIncomplete: async})
		if !osb.IsCode(err, osb.CodeRequiresApp) || osb.StatusOf(err) != 422 {
			t.Errorf("without an app, async %t: %v", async, err)
		}
	}
}

func TestIDsOfAnyCharactersGoThrough(t *testing.T) {
	t.Parallel()
	b := newBed(t, testdb.SQLite(t), time.Minute)
	ctx := t.Context()
	service, plan := b.plan("sync")
	b.Order("sync", nil)
	for _, id := range []string{"a/b", "..", ".", "가 나/다", "%2F", "a?b#c", "a+b", "a%00b", strings.Repeat("긴", 333), "last_operation", "x;y=z,'\"<>"} {
		if _, err := b.client.Provision(ctx, b.put(id, "sync", false)); err != nil {
			t.Errorf("%.20q: create: %v", id, err)
			continue
		}
		_ = b.shown(t, id)
		bind := osb.BindRequest{InstanceID: id, BindingID: id, ServiceID: service, PlanID: plan}
		if _, err := b.client.Bind(ctx, bind); err != nil {
			t.Errorf("%.20q: bind: %v", id, err)
		}
		if _, err := b.client.GetBinding(ctx, osb.GetBindingRequest{InstanceID: id, BindingID: id}); err != nil {
			t.Errorf("%.20q: get the binding: %v", id, err)
		}
		if _, err := b.client.Unbind(ctx, osb.UnbindRequest{InstanceID: id, BindingID: id, ServiceID: service, PlanID: plan}); err != nil {
			t.Errorf("%.20q: unbind: %v", id, err)
		}
		if _, err := b.client.LastOperation(ctx, osb.LastOperationRequest{InstanceID: id}); err != nil {
			t.Errorf("%.20q: poll: %v", id, err)
		}
		if _, err := b.client.Deprovision(ctx, b.delete(id, "sync", false)); err != nil {
			t.Errorf("%.20q: delete: %v", id, err)
		}
	}
	if _, err := b.client.Provision(ctx, b.put(strings.Repeat("x", 5000), "sync", false)); osb.StatusOf(err) != 400 {
		t.Errorf("an id of 5,000 characters: %v", err)
	}
}

func TestTheCatalogueCarriesWhatTheProviderSays(t *testing.T) {
	t.Parallel()
	b := newBed(t, testdb.SQLite(t), time.Minute)
	b.Order("sync", nil)
	b.Store(func(ctx context.Context, tx *store.Tx) error {
		o, err := tx.Offer(ctx, b.Offer.ID)
		if err != nil {
			return err
		}
		s := o.Service
		s.Wire = []byte(`{"tags":["t"],"requires":["syslog_drain"],"allow_context_updates":true,"plan_updateable":true,"x_vendor":{"a":1},` +
			`"dashboard_client":{"id":"c","secret":"hush"},"metadata":{"imageUrl":"i","displayName":"theirs"}}`)
		p, err := tx.CatalogPlan(ctx, b.Plan("sync").ID)
		if err != nil {
			return err
		}
		p.Wire = []byte(`{"bindable":false,"plan_updateable":false,"binding_rotatable":true,"maximum_polling_duration":77,"x_plan":[1],` +
			`"maintenance_info":{"version":"3.1.4","description":"d"},"metadata":{"costs":[{"unit":"MONTHLY"}],"bullets":["b"]},` +
			`"schemas":{"service_instance":{"create":{"parameters":{"$schema":"http://json-schema.org/draft-04/schema#","type":"object",` +
			`"properties":{"size":{"type":"integer"}},"additionalProperties":false}}},"service_binding":{"create":{"parameters":{"$schema":"s","type":"object"}}}}}`)
		if err := tx.PutServices(ctx, []catalog.Service{s}); err != nil {
			return err
		}
		return tx.PutPlans(ctx, []catalog.Plan{p})
	})
	got, err := b.client.Catalog(t.Context(), osb.CatalogRequest{})
	if err != nil {
		t.Fatal(err)
	}
	s, p := got.Services[0], got.Services[0].Plans[0]
	if !s.PlanUpdateable || !s.AllowContextUpdates || len(s.Tags) != 1 || len(s.Requires) != 1 || s.DashboardClient != nil || !s.BindingsRetrievable {
		t.Errorf("service: %+v", s)
	}
	if s.Metadata.Text("imageUrl") != "i" || s.Metadata.Text("displayName") == "theirs" {
		t.Errorf("metadata of the service: %s", s.Metadata)
	}
	if p.Bindable == nil || *p.Bindable || p.PlanUpdateable == nil || *p.PlanUpdateable || !p.BindingRotatable || p.MaximumPollingDuration != 77 ||
		p.MaintenanceInfo == nil || p.MaintenanceInfo.Version != "3.1.4" || p.MaintenanceInfo.Description != "d" {
		t.Errorf("plan: %+v", p)
	}
	for _, want := range []string{`"x_vendor":{"a":1}`, `"x_plan":[1]`, `"costs":[{"unit":"MONTHLY"}]`, `"bullets":["b"]`} {
		if !strings.Contains(string(got.Raw), want) {
			t.Errorf("the catalogue lost %s", want)
		}
	}
	if strings.Contains(string(got.Raw), "hush") {
		t.Error("the catalogue shows the secret of a dashboard")
	}
	var schemas struct {
		Instance struct {
			Create, Update struct {
				Parameters struct {
					Schema     string                     `json:"$schema"`
					Properties map[string]json.RawMessage `json:"properties"`
				}
			}
		} `json:"service_instance"`
		Binding json.RawMessage `json:"service_binding"`
	}
	if err := json.Unmarshal(p.Schemas, &schemas); err != nil {
		t.Fatal(err)
	}
	create, change := schemas.Instance.Create.Parameters, schemas.Instance.Update.Parameters
	if len(create.Properties) != 2 || create.Schema != "http://json-schema.org/draft-04/schema#" || len(change.Properties) != 1 || change.Schema == "" || schemas.Binding == nil {
		t.Errorf("schemas: %s", p.Schemas)
	}
}
