package osb_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"naru/wire/osb"
)

// echoBroker remembers the last request of each kind and answers what the test set.
type echoBroker struct {
	mu       sync.Mutex
	seen     any
	calls    int
	err      error
	response any
}

func answerOf[T any](b *echoBroker, request any) (T, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen = request
	b.calls++
	var zero T
	if b.err != nil {
		return zero, b.err
	}
	if v, ok := b.response.(T); ok {
		return v, nil
	}
	return zero, nil
}

func (b *echoBroker) Catalog(_ context.Context, r osb.CatalogRequest) (osb.CatalogResponse, error) {
	return answerOf[osb.CatalogResponse](b, r)
}

func (b *echoBroker) Provision(_ context.Context, r osb.ProvisionRequest) (osb.ProvisionResponse, error) {
	return answerOf[osb.ProvisionResponse](b, r)
}

func (b *echoBroker) GetInstance(_ context.Context, r osb.GetInstanceRequest) (osb.GetInstanceResponse, error) {
	return answerOf[osb.GetInstanceResponse](b, r)
}

func (b *echoBroker) Update(_ context.Context, r osb.UpdateRequest) (osb.UpdateResponse, error) {
	return answerOf[osb.UpdateResponse](b, r)
}

func (b *echoBroker) Deprovision(_ context.Context, r osb.DeprovisionRequest) (osb.DeprovisionResponse, error) {
	return answerOf[osb.DeprovisionResponse](b, r)
}

func (b *echoBroker) LastOperation(_ context.Context, r osb.LastOperationRequest) (osb.LastOperationResponse, error) {
	return answerOf[osb.LastOperationResponse](b, r)
}

func (b *echoBroker) Bind(_ context.Context, r osb.BindRequest) (osb.BindResponse, error) {
	return answerOf[osb.BindResponse](b, r)
}

func (b *echoBroker) GetBinding(_ context.Context, r osb.GetBindingRequest) (osb.GetBindingResponse, error) {
	return answerOf[osb.GetBindingResponse](b, r)
}

func (b *echoBroker) Unbind(_ context.Context, r osb.UnbindRequest) (osb.UnbindResponse, error) {
	return answerOf[osb.UnbindResponse](b, r)
}

func (b *echoBroker) LastBindingOperation(_ context.Context, r osb.LastBindingOperationRequest) (osb.LastOperationResponse, error) {
	return answerOf[osb.LastOperationResponse](b, r)
}

func (b *echoBroker) Usage(_ context.Context, r osb.UsageRequest) (osb.UsageResponse, error) {
	return answerOf[osb.UsageResponse](b, r)
}

func (b *echoBroker) ListInstances(_ context.Context, r osb.ListRequest) (osb.ListResponse, error) {
	return answerOf[osb.ListResponse](b, r)
}

const (
	testUser     = "naru"
	testPassword = "pass"
)

// serve starts the handler over real HTTP and returns a client of it.
func serve(t *testing.T, b osb.Broker) (*httptest.Server, *osb.Client) {
	t.Helper()
	server := httptest.NewServer(osb.Handler(b, osb.BasicAuth(testUser, testPassword)))
	t.Cleanup(server.Close)
	return server, newClient(t, server.URL)
}

func newClient(t *testing.T, url string) *osb.Client {
	t.Helper()
	client, err := osb.NewClient(osb.ClientConfig{URL: url, User: testUser, Password: testPassword, Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func provisionRequest() osb.ProvisionRequest {
	return osb.ProvisionRequest{
		InstanceID: "i1", ServiceID: "s", PlanID: "p", OrganizationGUID: "o", SpaceGUID: "sp",
		AcceptsIncomplete: true,
		Context:           json.RawMessage(`{"platform":"naru","agency":"가"}`),
		Parameters:        json.RawMessage(`{"size":1}`),
	}
}

func TestRequestsReachTheBrokerAsTheClientWroteThem(t *testing.T) {
	t.Parallel()
	broker := &echoBroker{}
	_, client := serve(t, broker)
	who := osb.Caller{
		Identity:  &osb.Identity{Platform: "naru", Value: json.RawMessage(`{"user":"담당자"}`)},
		RequestID: "req-1",
	}
	from := time.Date(2026, 11, 1, 0, 0, 0, 123, time.UTC)
	ids := []string{"plain", "a/b", "..", ".", "한글 공백", "100%", "a?b#c", "a%2Fb", "+&="}
	for _, id := range ids {
		provision := provisionRequest()
		provision.Caller, provision.InstanceID = who, id
		update := osb.UpdateRequest{Caller: who, InstanceID: id, ServiceID: "s", PlanID: "p2", AcceptsIncomplete: true, PreviousValues: &osb.PreviousValues{PlanID: "p"}}
		bind := osb.BindRequest{Caller: who, InstanceID: id, BindingID: id, ServiceID: "s", PlanID: "p", AppGUID: "app", BindResource: &osb.BindResource{AppGUID: "app"}}
		rotate := osb.BindRequest{Caller: who, InstanceID: id, BindingID: id, PredecessorBindingID: "old"}
		unbind := osb.UnbindRequest{Caller: who, InstanceID: id, BindingID: id, ServiceID: "s", PlanID: "p"}
		poll := osb.LastOperationRequest{Caller: who, InstanceID: id, ServiceID: "s", PlanID: "p", Operation: "op /?&=%2F"}
		bindingPoll := osb.LastBindingOperationRequest{Caller: who, InstanceID: id, BindingID: id, Operation: "op"}
		get := osb.GetInstanceRequest{Caller: who, InstanceID: id, ServiceID: "s", PlanID: "p"}
		getBinding := osb.GetBindingRequest{Caller: who, InstanceID: id, BindingID: id}
		remove := osb.DeprovisionRequest{Caller: who, InstanceID: id, ServiceID: "s", PlanID: "p", AcceptsIncomplete: true}
		usage := osb.UsageRequest{Caller: who, InstanceID: id, From: from, To: from.Add(time.Hour)}

		expectSeen(t, broker, provision, func(ctx context.Context) error { _, err := client.Provision(ctx, provision); return err })
		expectSeen(t, broker, update, func(ctx context.Context) error { _, err := client.Update(ctx, update); return err })
		expectSeen(t, broker, bind, func(ctx context.Context) error { _, err := client.Bind(ctx, bind); return err })
		expectSeen(t, broker, rotate, func(ctx context.Context) error { _, err := client.Bind(ctx, rotate); return err })
		expectSeen(t, broker, unbind, func(ctx context.Context) error { _, err := client.Unbind(ctx, unbind); return err })
		expectSeen(t, broker, get, func(ctx context.Context) error { _, err := client.GetInstance(ctx, get); return err })
		expectSeen(t, broker, getBinding, func(ctx context.Context) error { _, err := client.GetBinding(ctx, getBinding); return err })
		expectSeen(t, broker, remove, func(ctx context.Context) error { _, err := client.Deprovision(ctx, remove); return err })
		expectSeen(t, broker, usage, func(ctx context.Context) error { _, err := client.Usage(ctx, usage); return err })
		broker.set(osb.LastOperationResponse{State: osb.Succeeded}, nil)
		expectSeen(t, broker, poll, func(ctx context.Context) error { _, err := client.LastOperation(ctx, poll); return err })
		expectSeen(t, broker, bindingPoll, func(ctx context.Context) error { _, err := client.LastBindingOperation(ctx, bindingPoll); return err })
	}
}

func (b *echoBroker) set(response any, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.response, b.err = response, err
}

func (b *echoBroker) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.calls
}

func expectSeen(t *testing.T, b *echoBroker, want any, do func(context.Context) error) {
	t.Helper()
	if err := do(t.Context()); err != nil {
		t.Fatalf("%T: %v", want, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	gotJSON, wantJSON := dump(t, b.seen), dump(t, want)
	if gotJSON != wantJSON {
		t.Errorf("the broker saw\n%s\nthe client sent\n%s", gotJSON, wantJSON)
	}
}

// dump compares requests field by field, those marked json:"-" included.
func dump(t *testing.T, v any) string {
	t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	rest := ""
	switch r := v.(type) {
	case osb.ProvisionRequest:
		rest = describe(t, r.Caller, r.InstanceID, "", r.AcceptsIncomplete)
	case osb.UpdateRequest:
		rest = describe(t, r.Caller, r.InstanceID, "", r.AcceptsIncomplete)
	case osb.BindRequest:
		rest = describe(t, r.Caller, r.InstanceID, r.BindingID, r.AcceptsIncomplete)
	}
	return string(body) + rest
}

func describe(t *testing.T, parts ...any) string {
	t.Helper()
	raw, err := json.Marshal(parts)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
