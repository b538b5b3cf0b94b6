package osb_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/internal/testbroker"
	"naru/internal/testdb"
)

// tap lets everything through to a broker and keeps what it was sent.
type tap struct {
	proxy http.Handler
	mu    sync.Mutex
	seen  []string // headers and body, of one request each
	told  []map[string]any
}

func newTap(t *testing.T, to string) *tap {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	return &tap{proxy: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) }}}
}

func (k *tap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var sent struct {
		Context map[string]any `json:"context"`
	}
	_ = json.Unmarshal(body, &sent) // a request without a body has none
	k.mu.Lock()
	k.seen = append(k.seen, fmt.Sprintln(r.Method, r.URL, r.Header, string(body)))
	if sent.Context != nil {
		k.told = append(k.told, sent.Context)
	}
	k.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	k.proxy.ServeHTTP(w, r)
}

// send sends a body of the test's own as the platform would.
func (b *bed) send(t *testing.T, method, path, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, b.url+path+"?accepts_incomplete=true", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("platform-a", "secret")
	r.Header.Set("X-Broker-API-Version", "2.17")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Broker-API-Originating-Identity", "cloudfoundry eyJ1c2VyX2lkIjoibWFyay11c2VyIn0=") // {"user_id":"mark-user"}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %s, %v", method, path, res.StatusCode, answer, err)
	}
	var got struct {
		Operation string `json:"operation"`
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		t.Fatal(err)
	}
	return got.Operation
}

// The context of a platform speaks of its own places and people. Of all that a provider is told
// the name of the instance; the rest of what it reads is naru's own.
func TestOfAPlatformsContextOnlyTheNameOfTheInstanceReachesTheProvider(t *testing.T) {
	t.Parallel()
	const about = `"platform":"cloudfoundry","organization_guid":"mark-org","organization_name":"mark-org-name","space_guid":"mark-space",
		"space_name":"mark-space-name","organization_annotations":{"mark.example/contact":"mark-mail@example.com"},
		"space_annotations":{"mark.example/a":"mark-a"},"instance_annotations":{"mark.example/b":"mark-b"},"namespace":"mark-namespace",
		"clusterid":"mark-cluster","mark_extension":{"deep":"mark-deep"}`
	b := newBed(t, testdb.SQLite(t), time.Minute)
	k := newTap(t, b.Broker.URL)
	b.moveBroker(t, testbroker.NewFrontOver(t, k).URL)
	b.Order("sync", nil)
	service, plan := b.plan("sync")
	ids := fmt.Sprintf(`"service_id":%q,"plan_id":%q`, service, plan)
	first := b.send(t, http.MethodPut, "/v2/service_instances/mark-1",
		`{`+ids+`,"organization_guid":"mark-org","space_guid":"mark-space","context":{`+about+`,"instance_name":"민원-db"}}`)
	b.poll(t, "mark-1", first)
	renamed := b.send(t, http.MethodPatch, "/v2/service_instances/mark-1", fmt.Sprintf(`{"service_id":%q,"context":{%s,"instance_name":"민원-db-2"},
		"previous_values":{"plan_id":%q,"organization_id":"mark-org","space_id":"mark-space"}}`, service, about, plan))
	b.poll(t, "mark-1", renamed)
	b.send(t, http.MethodPut, "/v2/service_instances/mark-1/service_bindings/mark-2", `{`+ids+`,"context":{`+about+`},
		"bind_resource":{"app_guid":"app-1","space_guid":"mark-space","app_annotations":{"mark.example/c":"mark-c"}}}`)
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.told) < 3 {
		t.Fatalf("the provider was told a context %d times", len(k.told))
	}
	for _, request := range k.seen {
		if strings.Contains(request, "mark") || strings.Contains(request, "bWFyay") {
			t.Errorf("the provider was told %s", request)
		}
	}
	for i, told := range k.told {
		name := "민원-db-2"
		if i == 0 {
			name = "민원-db"
		}
		if keys := slices.Sorted(maps.Keys(told)); !slices.Equal(keys, []string{"instance_name", "organization_guid", "platform", "space_guid"}) ||
			told["platform"] != "naru" || told["organization_guid"] != string(b.A) || told["space_guid"] != string(b.System()) || told["instance_name"] != name {
			t.Errorf("context %d: %v", i, told)
		}
	}
}
