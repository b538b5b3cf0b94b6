package osb_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"naru"
	door "naru/door/osb"
	"naru/flow/contract"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/internal/testroad"
	"naru/locale"
	"naru/store"
	"naru/wire/osb"
)

// bed is a naru with its door open over real HTTP and its tasks running.
type bed struct {
	*testroad.Road
	url    string
	client *osb.Client
	asked  *int // how often the slow sign-in was asked
}

func newBed(t *testing.T, db *store.DB, wait time.Duration, change ...func(*door.Config)) *bed {
	t.Helper()
	b := &bed{Road: testroad.New(t, db), asked: new(int)}
	words, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	config := door.Config{
		Runner: b.Runner, Ops: b.Ops, SyncWait: wait,
		Say: func(m naru.Message) string { return words.Message("en", m) },
		SignIn: func(_ context.Context, user, password string) (naru.Actor, error) {
			mu.Lock()
			defer mu.Unlock()
			*b.asked++
			return b.signIn(user, password)
		},
		Report: func(r *http.Request, err error) { t.Errorf("%s %s: %v", r.Method, r.URL, err) },
	}
	for _, f := range change {
		f(&config)
	}
	server := httptest.NewServer(door.New(config))
	t.Cleanup(server.Close)
	b.url, b.client = server.URL, b.as(t, server.URL, "platform-a")
	b.Flow()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var wg sync.WaitGroup
	wg.Go(func() { b.Runner.Run(ctx, b.Work) })
	t.Cleanup(func() { stop(); wg.Wait() })
	return b
}

func (b *bed) signIn(user, password string) (naru.Actor, error) {
	role, institution := "platform", b.A
	switch user {
	case "platform-b":
		institution = b.B
	case "officer":
		role = "officer"
	case "homeless":
		institution = ""
	}
	if password != "secret" {
		return naru.Actor{}, naru.NewError(naru.Denied, "access.wrong")
	}
	return naru.Actor{User: user, Role: role, Institution: string(institution)}, nil
}

func (b *bed) as(t *testing.T, url, user string) *osb.Client {
	t.Helper()
	c, err := osb.NewClient(osb.ClientConfig{URL: url, User: user, Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// plan names a plan as the platform sees it.
func (b *bed) plan(slug string) (service, plan string) {
	return string(b.Offer.ID), string(b.Plan(slug).ID)
}

func (b *bed) put(id, slug string, async bool) osb.ProvisionRequest {
	service, plan := b.plan(slug)
	return osb.ProvisionRequest{
		InstanceID: id, ServiceID: service, PlanID: plan, OrganizationGUID: "org", SpaceGUID: "space", AcceptsIncomplete: async,
		Context: []byte(`{"platform":"egov"}`), Caller: osb.Caller{Identity: &osb.Identity{Platform: "egov", Value: []byte(`{"user":"kim"}`)}},
	}
}

func (b *bed) delete(id, slug string, async bool) osb.DeprovisionRequest {
	service, plan := b.plan(slug)
	return osb.DeprovisionRequest{InstanceID: id, ServiceID: service, PlanID: plan, AcceptsIncomplete: async}
}

// patience bounds how often a test polls; an operation ends long before.
const patience = 200_000

// poll asks until the operation ends, while the clock runs.
func (b *bed) poll(t *testing.T, id, operation string) osb.LastOperationResponse {
	t.Helper()
	for range patience {
		got, err := b.client.LastOperation(t.Context(), osb.LastOperationRequest{InstanceID: id, Operation: operation})
		if err != nil {
			t.Fatal(err)
		}
		if got.State != osb.InProgress {
			return got
		}
		if got.RetryAfter <= 0 {
			t.Fatal("in progress without Retry-After")
		}
	}
	t.Fatal("the operation does not end")
	return osb.LastOperationResponse{}
}

func TestThePlatformSeesExactlyWhatItsOrdersCover(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db, time.Minute)
		empty, err := b.client.Catalog(t.Context(), osb.CatalogRequest{})
		if err != nil || len(empty.Services) != 0 {
			t.Fatalf("without an order: %+v, %v", empty.Catalog, err)
		}
		order := b.Order("sync", nil)
		b.Order("async", func(o *contract.Order) { o.State = contract.Requested })
		b.Order("bigger", func(o *contract.Order) { o.To = "2026-03-01" })
		got, err := b.client.Catalog(t.Context(), osb.CatalogRequest{})
		if err != nil || len(got.Services) != 1 || len(got.Services[0].Plans) != 1 || got.Services[0].Plans[0].Name != "sync" {
			t.Fatalf("with one order: %+v, %v", got.Catalog, err)
		}
		var orders []struct{ Order string }
		if !got.Services[0].Plans[0].Metadata.Decode("orders", &orders) || len(orders) != 1 || orders[0].Order != string(order) {
			t.Errorf("orders of the plan: %+v", orders)
		}
		if again, err := b.client.Catalog(t.Context(), osb.CatalogRequest{IfNoneMatch: got.ETag}); err != nil || !again.NotModified {
			t.Errorf("the same catalogue again: %v, %v", again.NotModified, err)
		}
		b.Order("bigger", nil)
		more, err := b.client.Catalog(t.Context(), osb.CatalogRequest{IfNoneMatch: got.ETag})
		if err != nil || more.NotModified || more.ETag == got.ETag || len(more.Services) != 1 || len(more.Services[0].Plans) != 2 {
			t.Errorf("after another order: %+v, %v", more, err)
		}
		if same, err := b.client.Catalog(t.Context(), osb.CatalogRequest{}); err != nil || same.ETag != more.ETag || len(same.Services[0].Plans) != 2 {
			t.Errorf("and once more: %+v, %v", same, err)
		}
		if other, err := b.as(t, b.url, "platform-b").Catalog(t.Context(), osb.CatalogRequest{}); err != nil || len(other.Services) != 0 {
			t.Errorf("another institution's platform: %+v, %v", other.Catalog, err)
		}
	})
}

func TestSynchronousLifecycle(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db, time.Minute)
		b.Order("sync", nil)
		ctx := t.Context()
		service, plan := b.plan("sync")
		if got, err := b.client.Provision(ctx, b.put("i-1", "sync", false)); err != nil || got.Async || got.Existed {
			t.Fatalf("create: %+v, %v", got, err)
		}
		if got, err := b.client.Provision(ctx, b.put("i-1", "sync", false)); err != nil || !got.Existed {
			t.Errorf("the same again: %+v, %v", got, err)
		}
		other := b.put("i-1", "sync", false)
		other.Parameters = []byte(`{"size":2}`)
		if _, err := b.client.Provision(ctx, other); osb.StatusOf(err) != 409 {
			t.Errorf("another under the same id: %v", err)
		}
		if got, err := b.client.GetInstance(ctx, osb.GetInstanceRequest{InstanceID: "i-1"}); err != nil || got.ServiceID != service || got.PlanID != plan {
			t.Errorf("get: %+v, %v", got, err)
		}
		bind := osb.BindRequest{InstanceID: "i-1", BindingID: "b-1", ServiceID: service, PlanID: plan, AppGUID: "app"}
		bound, err := b.client.Bind(ctx, bind)
		if err != nil || bound.Existed || !strings.Contains(string(bound.Credentials), "key") {
			t.Fatalf("bind: %v", err)
		}
		if again, err := b.client.Bind(ctx, bind); err != nil || !again.Existed || string(again.Credentials) != string(bound.Credentials) {
			t.Errorf("the same binding again: %v", err)
		}
		bind.AppGUID = "another"
		if _, err := b.client.Bind(ctx, bind); osb.StatusOf(err) != 409 {
			t.Errorf("another binding under the same id: %v", err)
		}
		if got, err := b.client.GetBinding(ctx, osb.GetBindingRequest{InstanceID: "i-1", BindingID: "b-1"}); err != nil || string(got.Credentials) != string(bound.Credentials) {
			t.Errorf("get the binding: %v", err)
		}
		unbind := osb.UnbindRequest{InstanceID: "i-1", BindingID: "b-1", ServiceID: service, PlanID: plan}
		if _, err := b.client.Unbind(ctx, unbind); err != nil {
			t.Errorf("unbind: %v", err)
		}
		if _, err := b.client.Unbind(ctx, unbind); !osb.IsGone(err) {
			t.Errorf("unbind again: %v", err)
		}
		if _, err := b.client.Deprovision(ctx, b.delete("i-1", "sync", false)); err != nil {
			t.Errorf("delete: %v", err)
		}
		if _, err := b.client.Deprovision(ctx, b.delete("i-1", "sync", false)); !osb.IsGone(err) {
			t.Errorf("delete again: %v", err)
		}
		if held, err := b.Broker.Client.ListInstances(ctx, osb.ListRequest{}); err != nil || len(held.Instances) != 0 {
			t.Errorf("at the provider: %+v, %v", held, err)
		}
		b.identity(t)
	})
}

// identity looks for the end user in the record: as a digest, never by name.
func (b *bed) identity(t *testing.T) {
	t.Helper()
	e := b.Entries("provision.create")[0]
	if e["user"] != "platform-a" || len(e["end_user_digest"]) != 32 {
		t.Errorf("who asked: %+v", e)
	}
	for _, v := range e {
		if strings.Contains(v, "kim") {
			t.Errorf("the record holds a name: %+v", e)
		}
	}
}

// never is a door that answers 202 without waiting for the provider.
func never(c *door.Config) { c.AsyncWait = -1 }

func TestAsynchronousLifecycle(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db, time.Minute, never)
		b.Order("async", nil)
		ctx := t.Context()
		let := testbroker.Shut(t, b.Broker)
		first, err := b.client.Provision(ctx, b.put("i-1", "async", true))
		if err != nil || !first.Async || first.Operation == "" {
			t.Fatalf("create: %+v, %v", first, err)
		}
		if again, err := b.client.Provision(ctx, b.put("i-1", "async", true)); err != nil || !again.Async || again.Operation != first.Operation {
			t.Errorf("the same while it runs: %+v, %v", again, err)
		}
		if _, err := b.client.GetInstance(ctx, osb.GetInstanceRequest{InstanceID: "i-1"}); osb.StatusOf(err) != 404 {
			t.Errorf("get while it runs: %v", err)
		}
		service, plan := b.plan("async")
		bind := osb.BindRequest{InstanceID: "i-1", BindingID: "b-1", ServiceID: service, PlanID: plan, AcceptsIncomplete: true}
		if _, err := b.client.Bind(ctx, bind); !osb.IsCode(err, osb.CodeConcurrencyError) {
			t.Errorf("bind while it runs: %v", err)
		}
		go let()
		if got := b.poll(t, "i-1", first.Operation); got.State != osb.Succeeded {
			t.Fatalf("poll: %+v", got)
		}
		bound, err := b.client.Bind(ctx, bind)
		if err != nil || !bound.Async || bound.Credentials != nil {
			t.Fatalf("bind: %+v, %v", bound.Async, err)
		}
		b.pollBinding(t, bound.Operation)
		if got, err := b.client.GetBinding(ctx, osb.GetBindingRequest{InstanceID: "i-1", BindingID: "b-1"}); err != nil || got.Credentials == nil {
			t.Errorf("get the binding: %v", err)
		}
		// A platform that forgets to unbind: naru converges all the same.
		gone, err := b.client.Deprovision(ctx, b.delete("i-1", "async", true))
		if err != nil || !gone.Async {
			t.Fatalf("delete: %+v, %v", gone, err)
		}
		if got := b.poll(t, "i-1", gone.Operation); got.State != osb.Succeeded {
			t.Errorf("poll the deletion: %+v", got)
		}
		b.Advance(time.Hour)
		if _, err := b.client.LastOperation(ctx, osb.LastOperationRequest{InstanceID: "i-1", Operation: gone.Operation}); !osb.IsGone(err) {
			t.Errorf("poll an hour later: %v", err)
		}
	})
}

func TestWhatTheProviderDoesAtOnceIsAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db, time.Minute, func(c *door.Config) { c.AsyncWait = time.Minute })
		b.Order("sync", nil)
		b.Order("async", nil)
		ctx := t.Context()
		if got, err := b.client.Provision(ctx, b.put("i-1", "sync", true)); err != nil || got.Async {
			t.Fatalf("create: %+v, %v", got, err)
		}
		service, plan := b.plan("sync")
		bound, err := b.client.Bind(ctx, osb.BindRequest{InstanceID: "i-1", BindingID: "b-1", ServiceID: service, PlanID: plan, AcceptsIncomplete: true})
		if err != nil || bound.Async || bound.Credentials == nil {
			t.Fatalf("bind: %v, %v", bound.Async, err)
		}
		unbound, err := b.client.Unbind(ctx, osb.UnbindRequest{InstanceID: "i-1", BindingID: "b-1", ServiceID: service, PlanID: plan, AcceptsIncomplete: true})
		if err != nil || unbound.Async {
			t.Errorf("unbind: %+v, %v", unbound, err)
		}
		if gone, err := b.client.Deprovision(ctx, b.delete("i-1", "sync", true)); err != nil || gone.Async {
			t.Errorf("delete: %+v, %v", gone, err)
		}
		testbroker.Shut(t, b.Broker)
		if got, err := b.client.Provision(ctx, b.put("i-2", "async", true)); err != nil || !got.Async {
			t.Errorf("what the provider begins: %+v, %v; want a 202 as soon as the provider gave one", got, err)
		}
	})
}

func (b *bed) pollBinding(t *testing.T, operation string) {
	t.Helper()
	for range patience {
		got, err := b.client.LastBindingOperation(t.Context(), osb.LastBindingOperationRequest{InstanceID: "i-1", BindingID: "b-1", Operation: operation})
		if err != nil || got.State == osb.Failed {
			t.Fatalf("poll the binding: %+v, %v", got, err)
		}
		if got.State == osb.Succeeded {
			return
		}
	}
	t.Fatal("the binding does not come")
}

func TestASynchronousRequestThatCannotFinishIsTakenBack(t *testing.T) {
	t.Parallel()
	b := newBed(t, testdb.SQLite(t), 200*time.Millisecond)
	b.Order("async", nil)
	testbroker.Shut(t, b.Broker)
	if _, err := b.client.Provision(t.Context(), b.put("i-1", "async", false)); !osb.IsCode(err, osb.CodeAsyncRequired) {
		t.Fatalf("create: %v", err)
	}
	if got := b.poll(t, "i-1", ""); got.State != osb.Succeeded { // of the deletion
		t.Errorf("what was begun: %+v", got)
	}
	if held, err := b.Broker.Client.ListInstances(t.Context(), osb.ListRequest{}); err != nil || len(held.Instances) != 0 {
		t.Errorf("at the provider: %+v, %v", held, err)
	}
}

func TestAFailedCreationIsToldAsSuch(t *testing.T) {
	t.Parallel()
	b := newBed(t, testdb.SQLite(t), time.Minute)
	b.Order("sync", nil)
	b.Front.Set(testbroker.Error500)
	got, err := b.client.Provision(t.Context(), b.put("i-1", "sync", true))
	if err != nil {
		t.Fatal(err)
	}
	if end := b.poll(t, "i-1", got.Operation); end.State != osb.Failed || end.Description == "" || end.InstanceUsable != nil {
		t.Errorf("poll: %+v", end)
	}
	if _, err := b.client.Provision(t.Context(), b.put("i-1", "sync", true)); !osb.IsCode(err, osb.CodeConcurrencyError) {
		t.Errorf("the same again while naru cleans up: %v", err)
	}
	b.Front.Set(testbroker.Pass)
	gone, err := b.client.Deprovision(t.Context(), b.delete("i-1", "sync", true)) // the platform's own orphan mitigation
	if err != nil {
		t.Fatal(err)
	}
	if end := b.poll(t, "i-1", gone.Operation); gone.Async && end.State != osb.Succeeded {
		t.Errorf("poll the clean-up: %+v", end)
	}
	if again, err := b.client.Provision(t.Context(), b.put("i-1", "sync", true)); err != nil || again.Operation == got.Operation {
		t.Errorf("the same id and order once more: %+v, %v", again, err)
	}
}

func TestRefusalsSpeakOSB(t *testing.T) {
	t.Parallel()
	b := newBed(t, testdb.SQLite(t), time.Minute)
	ctx := t.Context()
	service, plan := b.plan("sync")
	calls := b.Front.Forwarded("PUT")
	status := func(what string, want int, err error) {
		t.Helper()
		if osb.StatusOf(err) != want {
			t.Errorf("%s: %v, want %d", what, err, want)
		}
	}
	put := func(change func(*osb.ProvisionRequest)) error {
		r := b.put("i-x", "sync", true)
		change(&r)
		_, err := b.client.Provision(ctx, r)
		return err
	}
	status("no order", 400, put(func(*osb.ProvisionRequest) {}))
	first, second := b.Order("sync", nil), b.Order("sync", nil)
	err := put(func(*osb.ProvisionRequest) {})
	status("two orders, none named", 400, err)
	if err == nil || !strings.Contains(err.Error(), string(first)) || !strings.Contains(err.Error(), string(second)) {
		t.Errorf("the choice is not named: %v", err)
	}
	status("an unknown service", 400, put(func(r *osb.ProvisionRequest) { r.ServiceID = "nowhere" }))
	status("an unknown order", 400, put(func(r *osb.ProvisionRequest) { r.Parameters = []byte(`{"order":"ord_none"}`) }))
	status("an order that is no text", 400, put(func(r *osb.ProvisionRequest) { r.Parameters = []byte(`{"order":1}`) }))
	forbidden := b.Order("sync", func(o *contract.Order) { o.Component = b.Unknown() })
	status("what the law forbids", 403, put(func(r *osb.ProvisionRequest) { r.Parameters = []byte(`{"order":"` + string(forbidden) + `"}`) }))
	status("maintenance_info", 422, put(func(r *osb.ProvisionRequest) { r.MaintenanceInfo = &osb.MaintenanceInfo{Version: "9.9.9"} }))
	if b.Front.Forwarded("PUT") != calls {
		t.Error("a refused creation reached the provider")
	}
	_, err = b.client.GetInstance(ctx, osb.GetInstanceRequest{InstanceID: "i-x"})
	status("get of nothing", 404, err)
	_, err = b.client.LastOperation(ctx, osb.LastOperationRequest{InstanceID: "i-x"})
	status("poll of nothing", 404, err)
	_, err = b.client.Deprovision(ctx, b.delete("i-x", "sync", true))
	status("delete of nothing", 410, err)
	_, err = b.client.Unbind(ctx, osb.UnbindRequest{InstanceID: "i-x", BindingID: "b", ServiceID: service, PlanID: plan})
	status("unbind of nothing", 410, err)
	_, err = b.client.Bind(ctx, osb.BindRequest{InstanceID: "i-x", BindingID: "b", ServiceID: service, PlanID: plan})
	status("bind of nothing", 404, err)
	b.updates(t, string(second), status)
	_, err = b.as(t, b.url, "platform-b").GetInstance(ctx, osb.GetInstanceRequest{InstanceID: "i-1"})
	status("another institution's instance", 404, err)
}

// updates makes an instance with the order named in the context, and tries to change it.
func (b *bed) updates(t *testing.T, order string, status func(string, int, error)) {
	t.Helper()
	r := b.put("i-1", "sync", false)
	r.Context = []byte(`{"platform":"egov","naru_order":"` + order + `"}`)
	if _, err := b.client.Provision(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	service, plan := b.plan("sync")
	_, other := b.plan("bigger")
	_, err := b.client.Update(t.Context(), osb.UpdateRequest{InstanceID: "i-1", ServiceID: service, PlanID: other})
	status("another plan without an order", 400, err)
	_, err = b.client.Update(t.Context(), osb.UpdateRequest{InstanceID: "i-1", ServiceID: service, PlanID: plan})
	status("no change at all", 0, err)
	_, err = b.client.Bind(t.Context(), osb.BindRequest{InstanceID: "i-1", BindingID: "b-2", PredecessorBindingID: "b-1"})
	status("a rotation", 400, err)
}

func TestOnlyPlatformsComeIn(t *testing.T) {
	t.Parallel()
	b := newBed(t, testdb.SQLite(t), time.Minute)
	for name, want := range map[string]int{"platform-a": 200, "officer": 401, "homeless": 401, "": 401} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/v2/catalog", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set(osb.HeaderVersion, osb.Version)
		if name != "" {
			request.SetBasicAuth(name, "secret")
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		if err := errors.Join(response.Body.Close()); err != nil || response.StatusCode != want {
			t.Errorf("%q: %d, want %d", name, response.StatusCode, want)
		}
	}
	before := *b.asked
	for range 3 {
		if _, err := b.client.Catalog(t.Context(), osb.CatalogRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	if *b.asked != before+3 {
		t.Errorf("the sign-in was asked %d times for 3 requests: what is revoked would come in", *b.asked-before)
	}
}
