package osb_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"naru/wire/osb"
)

func TestETagsMatchAsTheirRFCSays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		header, etag string
		want         bool
	}{
		{`"v1"`, `"v1"`, true},
		{`W/"v1"`, `"v1"`, true},
		{`"v1"`, `W/"v1"`, true},
		{`"v0", W/"v1" ,"v2"`, `"v1"`, true},
		{`"a,b", "v1"`, `"v1"`, true},
		{`*`, `"v1"`, true},
		{`*`, ``, false},
		{`"v0", "v2"`, `"v1"`, false},
		{`v1`, `"v1"`, false},
		{`"v1`, `"v1"`, false},
		{``, `"v1"`, false},
	} {
		if got := osb.ETagMatches(c.header, c.etag); got != c.want {
			t.Errorf("%s against %s: %v", c.header, c.etag, got)
		}
	}
}

func TestTheHandlerDecidesConditionalRequestsItself(t *testing.T) {
	t.Parallel()
	changed := time.Date(2026, 11, 1, 0, 0, 0, 500, time.UTC)
	server, client := serve(t, &echoBroker{response: osb.CatalogResponse{ETag: `"v1"`, LastModified: changed}})
	for _, c := range []struct {
		name, match, since string
		want               int
	}{
		{"no condition", "", "", 200},
		{"the tag in a list", `"v0", W/"v1"`, "", 304},
		{"any tag", "*", "", 304},
		{"another tag, whatever the date", `"v0"`, "Mon, 02 Nov 2026 00:00:00 GMT", 200},
		{"the same date", "", "Sun, 01 Nov 2026 00:00:00 GMT", 304},
		{"an earlier date", "", "Sat, 31 Oct 2026 00:00:00 GMT", 200},
		{"a date that is none", "", "yesterday", 200},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/v2/catalog", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.SetBasicAuth(testUser, testPassword)
		request.Header.Set(osb.HeaderVersion, osb.Version)
		request.Header.Set("If-None-Match", c.match)
		request.Header.Set("If-Modified-Since", c.since)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil || response.StatusCode != c.want || response.Header.Get("ETag") != `"v1"` {
			t.Errorf("%s: %d, want %d", c.name, response.StatusCode, c.want)
		}
	}
	got, err := client.Catalog(t.Context(), osb.CatalogRequest{})
	if err != nil || !got.LastModified.Equal(changed.Truncate(time.Second)) {
		t.Fatalf("%v, %v", got.LastModified, err)
	}
	if again, err := client.Catalog(t.Context(), osb.CatalogRequest{IfModifiedSince: got.LastModified}); err != nil || !again.NotModified {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestRetryAfterIsReadInBothFormsAndOnEveryAnswer(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{
		"7": 7 * time.Second, "0": 0, "-3": 0, "soon": 0, "": 0, "99999999999": 31 * 24 * time.Hour,
		"Sun, 01 Nov 2026 00:01:30 GMT": 90 * time.Second,
		"Sat, 31 Oct 2026 00:00:00 GMT": 0,
	} {
		for _, status := range []int{202, 429, 503} {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", "Sun, 01 Nov 2026 00:00:00 GMT") // the broker's clock, not ours
				w.Header().Set("Retry-After", header)
				w.WriteHeader(status)
				_, _ = w.Write([]byte(`{}`))
			}))
			got, err := newClient(t, server.URL).Provision(t.Context(), provisionRequest())
			var refusal *osb.Error
			if errors.As(err, &refusal) {
				got.RetryAfter = refusal.RetryAfter
			}
			if got.RetryAfter != want {
				t.Errorf("%d with %q: %v, want %v", status, header, got.RetryAfter, want)
			}
			server.Close()
		}
	}
}

func TestA202TellsWhenToPollFirst(t *testing.T) {
	t.Parallel()
	broker := &echoBroker{response: osb.BindResponse{Async: true, RetryAfter: 3 * time.Second}}
	_, client := serve(t, broker)
	got, err := client.Bind(t.Context(), osb.BindRequest{InstanceID: "i", BindingID: "b", ServiceID: "s", PlanID: "p", AcceptsIncomplete: true})
	if err != nil || got.RetryAfter != 3*time.Second {
		t.Errorf("%+v, %v", got.RetryAfter, err)
	}
}

func TestVendorFieldsOfACatalogueSurvive(t *testing.T) {
	t.Parallel()
	const raw = `{"services":[{"id":"s","name":"n","description":"d","bindable":true,"plans":[{"id":"p","name":"n","description":"d","aiven_plan":"x-1","active":false}],` +
		`"x-sla":{"hours":9007199254740993}}],"generated":1.50}`
	var c osb.Catalog
	if err := json.Unmarshal([]byte(raw), &c); err != nil {
		t.Fatal(err)
	}
	if string(c.Services[0].Plans[0].Extensions["aiven_plan"]) != `"x-1"` || len(c.Services[0].Extensions) != 1 {
		t.Errorf("%+v", c)
	}
	c.Services[0].Plans[0].Extensions["id"] = json.RawMessage(`"forged"`)
	got, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"aiven_plan":"x-1"`, `"active":false`, `"hours":9007199254740993`, `"generated":1.50`} {
		if !strings.Contains(string(got), want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	if strings.Contains(string(got), "forged") {
		t.Errorf("a vendor field took the place of one of the specification: %s", got)
	}
}

func TestAnAnswerThatIsCutIsNeverASuccess(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]struct {
		outcome  osb.Outcome
		mitigate bool
	}{200: {osb.Invalid, false}, 201: {osb.Unknown, true}, 202: {osb.Unknown, true}, 500: {osb.Unknown, true}} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{}`))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}))
		_, err := newClient(t, server.URL).Provision(t.Context(), provisionRequest())
		if got := callError(t, err); got.Outcome != want.outcome || got.Mitigate != want.mitigate || got.Status != status {
			t.Errorf("%d: %+v", status, got)
		}
		server.Close()
	}
}
