package peers

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	osbc "sigs.k8s.io/go-open-service-broker-client/v2"

	"naru/broker/kit"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/internal/testnaru"
	"naru/test/peers/southern"
)

func TestMain(m *testing.M) {
	testbroker.Main(m, testbroker.Set{"southern": southern.Run})
}

// bed is a naru with a broker to the south and a client to the north.
type bed struct {
	*testnaru.Market
	client osbc.Client
}

// onEach runs a test on both databases.
func onEach(t *testing.T, test func(t *testing.T, c testnaru.Config)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, testnaru.Config{})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, testnaru.Config{Database: testdb.PostgresURL(t)})
	})
}

func newBed(t *testing.T, c testnaru.Config, site testnaru.Site) *bed {
	t.Helper()
	b := &bed{Market: testnaru.Start(t, c).Open(t, site)}
	b.client = client(t, b.URL+"/osb", testnaru.Password)
	return b
}

func client(t *testing.T, url, password string) osbc.Client {
	t.Helper()
	c := osbc.DefaultClientConfiguration()
	c.Name, c.URL, c.EnableAlphaFeatures, c.TimeoutSeconds = "naru", url, true, 60
	c.AuthConfig = &osbc.AuthConfig{BasicAuthConfig: &osbc.BasicAuthConfig{Username: "platform", Password: password}}
	made, err := osbc.NewClient(c)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// other starts the southern broker as a process.
func other(t *testing.T) (*testbroker.Broker, testnaru.Site) {
	t.Helper()
	b := testbroker.Start(t, "southern", kit.Config{})
	return b, testnaru.Site{URL: b.URL, User: b.Config.User, Password: b.Config.Password.Reveal()}
}

// reference starts one of naru's own brokers as `naru broker NAME`.
func reference(t *testing.T, name string) testnaru.Site {
	t.Helper()
	if name == "postgres" {
		testdb.NeedPostgres(t)
	}
	arguments := []string{"broker", name, "--stdin"}
	if name != "fault" { // which keeps nothing
		arguments = append(arguments, "--dir", t.TempDir())
	}
	command := exec.Command(testnaru.Binary(t), arguments...)
	command.Env = append(os.Environ(), "NARU_BROKER_PASSWORD=southern-password")
	command.Stderr = t.Output()
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close() // its end stops the broker
		if err := command.Wait(); err != nil {
			t.Errorf("broker %s: %v", name, err)
		}
	})
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	var ready struct{ URL, User string }
	if jerr := json.Unmarshal(line, &ready); err != nil || jerr != nil {
		t.Fatalf("broker %s: not ready: %q, %v", name, line, err)
	}
	return testnaru.Site{URL: ready.URL, User: ready.User, Password: "southern-password"}
}

// identity is on every request that a user caused.
func identity() *osbc.OriginatingIdentity {
	return &osbc.OriginatingIdentity{Platform: "kubernetes", Value: `{"username":"kim@example.org","uid":"c2dde242"}`}
}

// walk is one lifecycle of an instance under an order.
type walk struct {
	*bed
	t             *testing.T
	id            string
	service, plan string
	order         string
	async         bool
	larger        string // plan to move to; "" stays
	unbound       bool   // leave bindings out
	rotates       bool   // give the binding a successor
}

func (b *bed) walk(t *testing.T, slug string, async bool) *walk {
	t.Helper()
	order := b.Order(t, slug)
	service, plan := b.Plan(t, slug)
	return &walk{bed: b, t: t, id: "kubernetes-" + slug + fmt.Sprint("-", async), service: string(service), plan: string(plan), order: string(order), async: async}
}

func (w *walk) put() *osbc.ProvisionRequest {
	return &osbc.ProvisionRequest{
		InstanceID: w.id, AcceptsIncomplete: w.async, ServiceID: w.service, PlanID: w.plan, OrganizationGUID: "org", SpaceGUID: "space",
		Parameters: map[string]any{"order": w.order}, Context: map[string]any{"platform": "kubernetes", "namespace": "default"},
		OriginatingIdentity: identity(),
	}
}

// must fails the test on an error.
func (w *walk) must(what string, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%s: %v", what, err)
	}
}

const patience = 2 * time.Minute

// settle polls until the operation ends; gone says that 410 is a success.
func (w *walk) settle(what string, gone bool, poll func() (*osbc.LastOperationResponse, error)) {
	w.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		got, err := poll()
		if gone && osbc.IsGoneError(err) {
			return
		}
		w.must("poll of "+what, err)
		switch got.State {
		case osbc.StateSucceeded:
			return
		case osbc.StateFailed:
			w.t.Fatalf("%s failed: %v", what, got.Description)
		}
	}
	w.t.Fatalf("%s does not end", what)
}

func (w *walk) poll(key *osbc.OperationKey) func() (*osbc.LastOperationResponse, error) {
	return func() (*osbc.LastOperationResponse, error) {
		return w.client.PollLastOperation(&osbc.LastOperationRequest{
			InstanceID: w.id, ServiceID: &w.service, PlanID: &w.plan, OperationKey: key, OriginatingIdentity: identity(),
		})
	}
}

func (w *walk) pollBinding(key *osbc.OperationKey) func() (*osbc.LastOperationResponse, error) {
	return func() (*osbc.LastOperationResponse, error) {
		return w.client.PollBindingLastOperation(&osbc.BindingLastOperationRequest{
			InstanceID: w.id, BindingID: "bound", ServiceID: &w.service, PlanID: &w.plan, OperationKey: key, OriginatingIdentity: identity(),
		})
	}
}

func (w *walk) provision() {
	w.t.Helper()
	got, err := w.client.ProvisionInstance(w.put())
	w.must("provision", err)
	if got.Async {
		w.settle("the creation", false, w.poll(got.OperationKey))
	}
	if again, err := w.client.ProvisionInstance(w.put()); err != nil || again.Async {
		w.t.Errorf("the same again: %+v, %v", again, err)
	}
	different := w.put()
	different.SpaceGUID = "another"
	if _, err := w.client.ProvisionInstance(different); !osbc.IsConflictError(err) {
		w.t.Errorf("another under the same id: %v, want 409", err)
	}
	fetched, err := w.client.GetInstance(&osbc.GetInstanceRequest{InstanceID: w.id})
	w.must("fetch", err)
	if fetched.ServiceID != w.service || fetched.PlanID != w.plan {
		w.t.Errorf("fetched %+v", fetched)
	}
}

// unchanged asks for an update that changes nothing.
func (w *walk) unchanged() {
	w.t.Helper()
	got, err := w.client.UpdateInstance(&osbc.UpdateInstanceRequest{
		InstanceID: w.id, AcceptsIncomplete: w.async, ServiceID: w.service, PlanID: &w.plan, OriginatingIdentity: identity(),
		PreviousValues: &osbc.PreviousValues{PlanID: w.plan, ServiceID: w.service},
	})
	w.must("update", err)
	if got.Async {
		w.settle("the update", false, w.poll(got.OperationKey))
	}
}

// upgrade moves the instance to another plan, under an order for that.
func (w *walk) upgrade(slug string) {
	w.t.Helper()
	order := w.Order(w.t, slug)
	_, plan := w.Plan(w.t, slug)
	target := string(plan)
	got, err := w.client.UpdateInstance(&osbc.UpdateInstanceRequest{
		InstanceID: w.id, AcceptsIncomplete: w.async, ServiceID: w.service, PlanID: &target, OriginatingIdentity: identity(),
		Parameters: map[string]any{"order": order}, PreviousValues: &osbc.PreviousValues{PlanID: w.plan, ServiceID: w.service},
	})
	w.must("upgrade", err)
	if got.Async {
		w.settle("the upgrade", false, w.poll(got.OperationKey))
	}
	fetched, err := w.client.GetInstance(&osbc.GetInstanceRequest{InstanceID: w.id})
	w.must("fetch", err)
	if fetched.PlanID != target {
		w.t.Errorf("the plan is %s after the change to %s", fetched.PlanID, target)
	}
	w.plan = target
}

func (w *walk) bind() {
	w.t.Helper()
	app := "app"
	request := &osbc.BindRequest{
		InstanceID: w.id, BindingID: "bound", AcceptsIncomplete: w.async, ServiceID: w.service, PlanID: w.plan, AppGUID: &app,
		BindResource: &osbc.BindResource{AppGUID: &app}, OriginatingIdentity: identity(),
	}
	got, err := w.client.Bind(request)
	w.must("bind", err)
	if got.Async {
		if len(got.Credentials) > 0 {
			w.t.Error("a 202 carries credentials")
		}
		w.settle("the binding", false, w.pollBinding(got.OperationKey))
	}
	fetched, err := w.client.GetBinding(&osbc.GetBindingRequest{InstanceID: w.id, BindingID: "bound"})
	w.must("fetch of the binding", err)
	if len(fetched.Credentials) == 0 || !got.Async && fmt.Sprint(fetched.Credentials) != fmt.Sprint(got.Credentials) {
		w.t.Error("the credentials fetched are not those of the answer")
	}
	if again, err := w.client.Bind(request); err != nil || fmt.Sprint(again.Credentials) != fmt.Sprint(fetched.Credentials) {
		w.t.Errorf("the same binding again: %v", err)
	}
	different := *request
	different.Parameters = map[string]any{"size": 2}
	if _, err := w.client.Bind(&different); !osbc.IsConflictError(err) {
		w.t.Errorf("another binding under the same id: %v, want 409", err)
	}
}

func (w *walk) unbind() {
	w.t.Helper()
	request := &osbc.UnbindRequest{
		InstanceID: w.id, BindingID: "bound", AcceptsIncomplete: w.async, ServiceID: w.service, PlanID: w.plan, OriginatingIdentity: identity(),
	}
	got, err := w.client.Unbind(request)
	w.must("unbind", err)
	if got.Async {
		w.settle("the unbinding", true, w.pollBinding(got.OperationKey))
	}
	if again, err := w.client.Unbind(request); err != nil || again.Async { // this client takes 410 as done
		w.t.Errorf("unbind again: %+v, %v", again, err)
	}
	if _, err := w.client.GetBinding(&osbc.GetBindingRequest{InstanceID: w.id, BindingID: "bound"}); status(err) != 404 {
		w.t.Errorf("fetch of a binding that is gone: %v, want 404", err)
	}
}

func (w *walk) deprovision() {
	w.t.Helper()
	request := &osbc.DeprovisionRequest{InstanceID: w.id, AcceptsIncomplete: w.async, ServiceID: w.service, PlanID: w.plan, OriginatingIdentity: identity()}
	got, err := w.client.DeprovisionInstance(request)
	w.must("deprovision", err)
	if got.Async {
		w.settle("the deletion", true, w.poll(got.OperationKey))
	}
	if again, err := w.client.DeprovisionInstance(request); err != nil || again.Async { // this client takes 410 as done
		w.t.Errorf("deprovision again: %+v, %v", again, err)
	}
	if _, err := w.client.GetInstance(&osbc.GetInstanceRequest{InstanceID: w.id}); status(err) != 404 {
		w.t.Errorf("fetch of an instance that is gone: %v, want 404", err)
	}
}

// status is the HTTP status of a refusal.
func status(err error) int {
	if refusal, ok := osbc.IsHTTPError(err); ok {
		return refusal.StatusCode
	}
	return 0
}

func (w *walk) whole() {
	w.t.Helper()
	w.provision()
	w.unchanged()
	if w.larger != "" {
		w.upgrade(w.larger)
	}
	if !w.unbound {
		w.bind()
		if w.rotates {
			w.rotate()
		}
		w.unbind()
		if w.rotates {
			w.retire()
		}
	}
	w.deprovision()
}

func TestAPlatformAndABrokerOfOthersWorkThroughNaru(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, c testnaru.Config) {
		south, site := other(t)
		b := newBed(t, c, site)
		catalog, err := b.client.GetCatalog()
		if err != nil || len(catalog.Services) != 0 {
			t.Fatalf("the catalogue without an order: %+v, %v", catalog, err)
		}
		for slug, larger := range map[string]string{"sync": "bigger", "async": ""} {
			for _, async := range []bool{true, false} {
				w := b.walk(t, slug, async)
				w.larger = larger
				w.whole()
			}
		}
		catalog, err = b.client.GetCatalog()
		if err != nil || len(catalog.Services) != 1 || len(catalog.Services[0].Plans) != 3 {
			t.Errorf("the catalogue with orders for three plans: %+v, %v", catalog, err)
		}
		state, err := southern.Read(south.Config.DataDir)
		if err != nil {
			t.Fatal(err)
		}
		for id, times := range state.Made {
			if times != 1 || !state.Instances[id].Gone && state.Instances[id].Kind != "delete" {
				t.Errorf("at the broker %s was made %d times, and at the end: %+v", id, times, state.Instances[id].Work)
			}
		}
		if len(state.Made) != 4 {
			t.Errorf("%d creations at the broker, want 4", len(state.Made))
		}
		b.nameless(t)
	})
}

// nameless looks for the end user in the record: as a digest, never by name.
func (b *bed) nameless(t *testing.T) {
	t.Helper()
	entries := testnaru.Do[json.RawMessage](t, b.Naru, "ledger.entries", map[string]any{"limit": 200})
	if !strings.Contains(string(entries), "end_user_digest") || strings.Contains(string(entries), "kim@example.org") {
		t.Error("the record must hold the end user as a digest and not by name")
	}
	if strings.Contains(b.Said(), "kim@example.org") {
		t.Error("the log holds the name of an end user")
	}
}

func TestRefusalsReachAPlatformOfOthers(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, c testnaru.Config) {
		_, site := other(t)
		b := newBed(t, c, site)
		w := b.walk(t, "slow", true)
		got, err := b.client.ProvisionInstance(w.put())
		w.must("provision", err)
		if !got.Async || got.OperationKey == nil {
			t.Fatalf("a creation that takes seconds: %+v", got)
		}
		again, err := b.client.ProvisionInstance(w.put())
		if err != nil || !again.Async || again.OperationKey == nil || *again.OperationKey != *got.OperationKey {
			t.Errorf("the same while it runs: %+v, %v", again, err)
		}
		_, err = b.client.Bind(&osbc.BindRequest{InstanceID: w.id, BindingID: "early", AcceptsIncomplete: true, ServiceID: w.service, PlanID: w.plan})
		if !osbc.IsConcurrencyError(err) {
			t.Errorf("bind while it runs: %v, want ConcurrencyError", err)
		}
		if _, err := b.client.GetInstance(&osbc.GetInstanceRequest{InstanceID: w.id}); status(err) != 404 {
			t.Errorf("fetch while it runs: %v, want 404", err)
		}
		w.deprovision() // a deletion during the creation stops it
		none := b.walk(t, "sync", true)
		none.order = "ord_none"
		if _, err := b.client.ProvisionInstance(none.put()); status(err) != 400 {
			t.Errorf("an unknown order: %v, want 400", err)
		}
		again, err = b.client.ProvisionInstance(w.put()) // the order and the id are free again
		w.must("provision once more", err)
		if *again.OperationKey == *got.OperationKey {
			t.Error("the second life of an id has the operation of the first")
		}
		w.deprovision()
		if _, err := client(t, b.URL+"/osb", "a wrong password").GetCatalog(); status(err) != 401 {
			t.Errorf("a wrong password: %v, want 401", err)
		}
	})
}

func TestAPlatformOfOthersUsesTheReferenceBrokers(t *testing.T) {
	t.Parallel()
	larger := map[string]string{"basic": "standard", "small": "large"}
	for _, name := range []string{"messaging", "objects", "postgres", "fault"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, testnaru.Config{}, reference(t, name))
			unbound := name == "fault" // gives endpoints, whose ports this client reads as numbers and the specification writes as texts
			moved := 0
			for _, plan := range b.Offers[0].Plans {
				w := b.walk(t, plan.Slug, true)
				w.unbound, w.rotates, w.larger = unbound, !unbound, larger[plan.Slug]
				if w.whole(); w.larger != "" {
					moved++
				}
			}
			if moved == 0 {
				t.Error("no instance was moved to another plan")
			}
			w := b.walk(t, b.Offers[0].Plans[0].Slug, false)
			w.unbound = unbound
			w.whole()
		})
	}
}

// TestABrokerOfOthersIsKilled kills the broker between the steps: naru goes on with what it finds.
func TestABrokerOfOthersIsKilled(t *testing.T) {
	t.Parallel()
	south, site := other(t)
	south.Config.Addr = strings.TrimPrefix(site.URL, "http://") // the same again
	b := newBed(t, testnaru.Config{}, site)
	w := b.walk(t, "slow", true)
	got, err := b.client.ProvisionInstance(w.put())
	w.must("provision", err)
	south.Kill(t)
	south.Restart(t)
	w.settle("the creation", false, w.poll(got.OperationKey))
	south.Kill(t)
	deletion, err := b.client.DeprovisionInstance(&osbc.DeprovisionRequest{InstanceID: w.id, AcceptsIncomplete: true, ServiceID: w.service, PlanID: w.plan})
	w.must("deprovision while the broker is away", err)
	south.Restart(t)
	w.settle("the deletion", true, w.poll(deletion.OperationKey))
}
