package provider_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"naru"
	"naru/broker/kit"
	"naru/flow/catalog"
	"naru/flow/provision"
	"naru/internal/testbroker"
	"naru/link/provider"
	"naru/wire/osb"
)

// bed is a real broker with a front that fails on demand, and a link to it.
type bed struct {
	broker *testbroker.Broker
	front  *testbroker.Front
	link   *provider.Link
	to     catalog.Provider
	plans  map[string]osb.Plan
	osbID  string
}

func newBed(t *testing.T, timeout time.Duration) *bed {
	t.Helper()
	b := &bed{broker: testbroker.Serve(t, testbroker.Folders, kit.Config{}), plans: map[string]osb.Plan{}}
	b.front = testbroker.NewFront(t, b.broker.URL)
	b.link = provider.New(provider.Config{Timeout: timeout, Loopback: true})
	t.Cleanup(b.link.Close)
	b.to = catalog.Provider{
		ID: "prv_1", Name: naru.Text{Ko: "시험"}, BrokerURL: b.front.URL,
		BrokerUser: b.broker.Config.User, BrokerPassword: naru.NewSecret(b.broker.Config.Password.Reveal()),
	}
	got, err := b.broker.Client.Catalog(t.Context(), osb.CatalogRequest{})
	if err != nil {
		t.Fatal(err)
	}
	b.osbID = got.Services[0].ID
	for _, p := range got.Services[0].Plans {
		b.plans[p.Name] = p
	}
	return b
}

// request is a call about an instance of a plan.
func (b *bed) request(step provision.Step, plan string, binding provision.BindingID) provision.Request {
	return provision.Request{
		Step: step, Provider: b.to, Instance: "ins_1", Binding: binding, Service: b.osbID, Plan: b.plans[plan].ID,
		Institution: "inst_1", System: "sys_1", Call: "call_1",
	}
}

func (b *bed) call(t *testing.T, step provision.Step, plan string, binding provision.BindingID) provision.Answer {
	t.Helper()
	return b.link.Call(t.Context(), b.request(step, plan, binding))
}

func want(t *testing.T, what string, a provision.Answer, o provision.Outcome, key string) {
	t.Helper()
	if a.Outcome != o || a.Fault.Key != key {
		t.Errorf("%s: outcome %s, fault %+v; want %s, %q", what, a.Outcome, a.Fault, o, key)
	}
}

func TestTheWholeLifeOfAnInstance(t *testing.T) {
	t.Parallel()
	b := newBed(t, time.Minute)
	want(t, "create", b.call(t, provision.Put, "sync", ""), provision.Done, "")
	want(t, "create again", b.call(t, provision.Put, "sync", ""), provision.Done, "")
	bound := b.call(t, provision.Put, "sync", "bnd_1")
	want(t, "bind", bound, provision.Done, "")
	content, err := provision.OpenContent(bound.Content)
	var credentials struct{ Key string }
	if err != nil || json.Unmarshal(content.Credentials, &credentials) != nil || credentials.Key == "" {
		t.Errorf("credentials: %v", err)
	}
	fetched := b.call(t, provision.Fetch, "sync", "bnd_1")
	if fetched.Outcome != provision.Done || fetched.Content.Open() != bound.Content.Open() {
		t.Errorf("fetch: %s, the same credentials: %t", fetched.Outcome, fetched.Content.Open() == bound.Content.Open())
	}
	held, err := b.link.Held(t.Context(), b.to)
	if err != nil || len(held) != 1 || held[0].Instance != "ins_1" || len(held[0].Bindings) != 1 {
		t.Errorf("held: %+v, %v", held, err)
	}
	now := time.Now().UTC()
	if lines, err := b.link.Usage(t.Context(), b.to, now.Add(-time.Hour), now.Add(time.Hour)); err != nil || len(lines) == 0 {
		t.Errorf("usage: %d lines, %v", len(lines), err)
	}
	if lines, err := b.link.UsageOf(t.Context(), b.to, "ins_1", now.Add(-time.Hour), now.Add(time.Hour)); err != nil || len(lines) == 0 {
		t.Errorf("usage of the instance: %d lines, %v", len(lines), err)
	}
	want(t, "unbind", b.call(t, provision.Delete, "sync", "bnd_1"), provision.Done, "")
	want(t, "unbind again", b.call(t, provision.Delete, "sync", "bnd_1"), provision.Gone, "provision.provider_refused")
	want(t, "delete", b.call(t, provision.Delete, "sync", ""), provision.Done, "")
	want(t, "delete again", b.call(t, provision.Delete, "sync", ""), provision.Gone, "provision.provider_refused")
}

func TestAnAsynchronousCreationIsAcceptedAndPolled(t *testing.T) {
	t.Parallel()
	b := newBed(t, time.Minute)
	let := testbroker.Shut(t, b.broker)
	accepted := b.call(t, provision.Put, "async", "")
	if accepted.Outcome != provision.Accepted || accepted.Operation == "" {
		t.Fatalf("create: %+v", accepted)
	}
	r := b.request(provision.Poll, "async", "")
	r.Operation = accepted.Operation
	if a := b.link.Call(t.Context(), r); a.Outcome != provision.InProgress || a.RetryAfter != time.Second {
		t.Errorf("poll: %+v", a)
	}
	let()
	a := b.link.Call(t.Context(), r)
	for a.Outcome == provision.InProgress {
		a = b.link.Call(t.Context(), r)
	}
	want(t, "poll at the end", a, provision.Done, "")
}

// Every way a broker fails comes to a stated outcome, for every call.
func TestEveryFailureHasAnOutcome(t *testing.T) {
	t.Parallel()
	const silent, refused, malformed = "provision.provider_silent", "provision.provider_refused", "provision.provider_malformed"
	steps := []provision.Step{provision.Put, provision.Poll, provision.Fetch, provision.Delete}
	tests := []struct {
		name    string
		mode    testbroker.Mode
		outcome [4]provision.Outcome // put, poll, fetch, delete of a binding
		key     string
	}{
		{"closes every connection", testbroker.Down, all(provision.Unknown), silent},
		{"answers 500", testbroker.Error500, all(provision.Unknown), refused},
		{"answers 500 after the effect", testbroker.Error500After, all(provision.Unknown), refused},
		{"closes after the effect", testbroker.Drop, all(provision.Unknown), silent},
		{"answers 201 with half a body", testbroker.Malformed201, all(provision.Unknown), ""},
		{"answers 200 without a body", testbroker.Empty200, all(provision.Invalid), malformed},
		{"answers 204", testbroker.NoContent204, all(provision.Unknown), refused},
		{"answers 410", testbroker.Gone410, [4]provision.Outcome{provision.Rejected, provision.Gone, provision.Gone, provision.Gone}, refused},
		{"answers with a page", testbroker.Garbage, all(provision.Invalid), malformed},
		{"is busy", testbroker.Busy, all(provision.Busy), refused},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, time.Minute)
			b.call(t, provision.Put, "sync", "")
			b.front.Set(tt.mode)
			for n, step := range steps {
				a := b.call(t, step, "sync", "bnd_1")
				if a.Outcome != tt.outcome[n] || a.Fault.Key == "" || (tt.key != "" && a.Fault.Key != tt.key) {
					t.Errorf("%s: %+v, want %s, %s", step, a, tt.outcome[n], tt.key)
				}
			}
			if _, err := b.link.Held(t.Context(), b.to); naru.KindOf(err) != naru.Unavailable {
				t.Errorf("census: %v, want unavailable", err)
			}
		})
	}
}

func all(o provision.Outcome) [4]provision.Outcome { return [4]provision.Outcome{o, o, o, o} }

func TestPollsSayHowItStands(t *testing.T) {
	t.Parallel()
	b := newBed(t, time.Minute)
	b.front.Set(testbroker.NeverEnding)
	want(t, "a creation", b.call(t, provision.Put, "async", ""), provision.Accepted, "")
	want(t, "an operation without end", b.call(t, provision.Poll, "async", ""), provision.InProgress, "")
	b.front.Set(testbroker.FailedOperation)
	a := b.call(t, provision.Poll, "async", "")
	want(t, "an operation that failed", a, provision.FailedOp, "provision.operation_failed")
	if a.Fault.Args["why"] != "it did not work" {
		t.Errorf("the broker's words are lost: %+v", a.Fault)
	}
	b.front.Set(testbroker.Pass)
	want(t, "an unknown instance", b.call(t, provision.Poll, "async", ""), provision.Missing, "provision.provider_refused")
}

func TestABrokerThatIsNotThereWasNotReached(t *testing.T) {
	t.Parallel()
	b := newBed(t, time.Minute)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.to.BrokerURL = "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	want(t, "nobody listens", b.call(t, provision.Put, "sync", ""), provision.Unsent, "provision.provider_unreachable")
}

func TestABrokerThatHangsIsLeftAfterTheTimeout(t *testing.T) {
	t.Parallel()
	b := newBed(t, 50*time.Millisecond)
	b.front.Set(testbroker.Hang)
	want(t, "create", b.call(t, provision.Put, "sync", ""), provision.Unknown, "provision.provider_silent")
}

func TestWrongCredentialsAreARefusal(t *testing.T) {
	t.Parallel()
	b := newBed(t, time.Minute)
	b.to.BrokerPassword = naru.NewSecret("wrong")
	want(t, "create", b.call(t, provision.Put, "sync", ""), provision.Rejected, "provision.provider_unauthorized")
}

// lie serves one fixed answer over real HTTP.
func lie(t *testing.T, h http.HandlerFunc) catalog.Provider {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return catalog.Provider{Name: naru.Text{Ko: "거짓말"}, BrokerURL: s.URL, BrokerUser: "u", BrokerPassword: naru.NewSecret("p")}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	reached := false
	target := lie(t, func(http.ResponseWriter, *http.Request) { reached = true })
	to := lie(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, target.BrokerURL+r.URL.Path, http.StatusTemporaryRedirect)
	})
	l := provider.New(provider.Config{Loopback: true})
	defer l.Close()
	r := provision.Request{Step: provision.Put, Provider: to, Instance: "i", Service: "s", Plan: "p", Institution: "o", System: "y"}
	want(t, "create", l.Call(t.Context(), r), provision.Rejected, "provision.provider_refused")
	if reached {
		t.Error("the password went to another address")
	}
}

func TestATooLargeAnswerIsInvalid(t *testing.T) {
	t.Parallel()
	to := lie(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"dashboard_url":"`+strings.Repeat("a", 2<<20)+`"}`)
	})
	l := provider.New(provider.Config{Loopback: true})
	defer l.Close()
	r := provision.Request{Step: provision.Put, Provider: to, Instance: "i", Service: "s", Plan: "p", Institution: "o", System: "y"}
	want(t, "create", l.Call(t.Context(), r), provision.Invalid, "provision.provider_malformed")
}

// What a database cannot keep must not come that far: an answer that can never be stored is
// an operation that never ends.
func TestAnAnswerThatCannotBeKeptIsNoneOrTidied(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, body string
		status     int
		want       provision.Outcome
		key        string
	}{
		{"operation", `{"operation":"a\u0000b"}`, http.StatusAccepted, provision.Unknown, "provision.provider_malformed"},
		{"metadata", "{\"metadata\":{\"labels\":{\"a\":\"\xff\"}}}", http.StatusOK, provision.Invalid, "provision.provider_malformed"},
		{"dashboard", `{"dashboard_url":"http://a\u0000b"}`, http.StatusOK, provision.Done, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			to := lie(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			})
			l := provider.New(provider.Config{Loopback: true})
			defer l.Close()
			for _, step := range []provision.Step{provision.Put, provision.Patch} {
				r := provision.Request{Step: step, Provider: to, Instance: "i", Service: "s", Plan: "p", Institution: "o", System: "y"}
				a := l.Call(t.Context(), r)
				want(t, string(step), a, test.want, test.key)
				if a.Dashboard != "" || a.Operation != "" || a.Metadata != nil {
					t.Errorf("%s: %+v", step, a)
				}
			}
		})
	}
}

func TestABrokersWordsAreTidied(t *testing.T) {
	t.Parallel()
	to := lie(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"description": "no\x1b[31m\n\troom " + strings.Repeat("가", 400)})
	})
	l := provider.New(provider.Config{Loopback: true})
	defer l.Close()
	r := provision.Request{Step: provision.Put, Provider: to, Instance: "i", Service: "s", Plan: "p", Institution: "o", System: "y"}
	a := l.Call(t.Context(), r)
	want(t, "create", a, provision.Rejected, "provision.provider_refused")
	if why := a.Fault.Args["why"]; !strings.HasPrefix(why, "no [31m room 가") || len([]rune(why)) != 301 {
		t.Errorf("description: %q", why)
	}
}

func TestAddressesThatAreNotCalled(t *testing.T) {
	t.Parallel()
	b := newBed(t, time.Minute)
	strict := provider.New(provider.Config{})
	defer strict.Close()
	tests := map[string]struct {
		url  string
		link *provider.Link
	}{
		"this machine, without leave":             {b.front.URL, strict},
		"this machine behind TLS, without leave":  {strings.Replace(b.front.URL, "http:", "https:", 1), strict},
		"plain http over a network":               {"http://203.0.113.7:8080", b.link},
		"another scheme":                          {"file:///etc/passwd", b.link},
		"no URL":                                  {"://", b.link},
		"a password in the URL":                   {"https://u:p@203.0.113.7", b.link},
		"the metadata service of clouds":          {"https://169.254.169.254", b.link},
		"the metadata service, mapped into IPv6":  {"https://[::ffff:169.254.169.254]", b.link},
		"link-local IPv6":                         {"https://[fe80::1%25lo]", b.link},
		"the unspecified address, this machine's": {"https://0.0.0.0:1", b.link},
		"multicast":                               {"https://224.0.0.1", b.link},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := b.request(provision.Put, "sync", "")
			r.Provider.ID, r.Provider.BrokerURL = catalog.ProviderID(name), tt.url
			want(t, tt.url, tt.link.Call(context.Background(), r), provision.Unsent, "provision.provider_address")
		})
	}
}

func TestCatalogueIsTakenOverWithItsMetadata(t *testing.T) {
	t.Parallel()
	b := newBed(t, time.Minute)
	l, err := b.link.Catalog(t.Context(), b.to)
	if err != nil || len(l.Services) != 1 {
		t.Fatalf("catalogue: %+v, %v", l, err)
	}
	s := l.Services[0]
	if s.Name.Ko != "폴더 (test-site)" || s.Name.En != "Folders (test-site)" || s.Category != "test" || s.Region != "test-site" {
		t.Errorf("service: %q, %q, %q", s.Name, s.Category, s.Region)
	}
	if !s.Bindable || s.OSBID != b.osbID || len(s.Plans) != 3 || !s.Unavailable.IsZero() || !json.Valid(s.Wire) {
		t.Errorf("service: %t, %q, %d plans, %q", s.Bindable, s.OSBID, len(s.Plans), s.Unavailable)
	}
	if len(s.Meters) != 2 || s.Meters[0].Name != "storage_gib_hours" || s.Meters[0].Unit != "GiB-h" {
		t.Errorf("meters: %+v", s.Meters)
	}
	if p := s.Plans[0]; p.Quota["bytes"] != "100" || p.OSBID == "" || p.Slug != "sync" {
		t.Errorf("plan: %+v", p)
	}
	b.front.Set(testbroker.Garbage)
	if _, err := b.link.Catalog(t.Context(), b.to); naru.KindOf(err) != naru.Unavailable {
		t.Errorf("a page in place of a catalogue: %v", err)
	}
}

func TestAServiceWithoutEngineSaysSo(t *testing.T) {
	t.Parallel()
	broker := testbroker.Serve(t, testbroker.Folders, kit.Config{EngineDirs: []string{"none"}})
	l := provider.New(provider.Config{Loopback: true})
	defer l.Close()
	got, err := l.Catalog(t.Context(), catalog.Provider{
		BrokerURL: broker.URL, BrokerUser: broker.Config.User, BrokerPassword: naru.NewSecret(broker.Config.Password.Reveal()),
	})
	if err != nil || got.Services[0].Unavailable.En != "engine not installed" {
		t.Errorf("catalogue: %+v, %v", got, err)
	}
}
