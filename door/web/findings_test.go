package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"naru/base/identity"
	"naru/flow/provision"
	"naru/internal/testbroker"
	"naru/internal/teststand"
)

// part asks for a page as htmx does.
func (b *browser) part(path string) (*http.Response, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("HX-Request", "true")
	answer, err := b.Do(r)
	_, body := b.read(answer, err)
	return answer, body
}

// until waits for what a task does beside the pages; the test's own deadline ends it.
func until(t *testing.T, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		<-tick.C
	}
}

// TestWhatMovesLeavesFormsAlone: the parts that are swapped every few seconds hold no form
// somebody may be filling in, and end with a whole page once nothing moves.
func TestWhatMovesLeavesFormsAlone(t *testing.T) {
	t.Parallel()
	s := teststand.New(t)
	made, front := s.ServeBehind(t)
	front.Set(testbroker.Slow)
	id := s.Run(t, 2, made)
	front.Await(t)
	b := newBrowser(t, s).as("officer")
	page := "/instances/" + string(id) + "/history"
	answer, body := b.part(page)
	if !strings.Contains(body, "hx-get") || strings.Contains(body, "<form") || answer.Header.Get("HX-Refresh") != "" {
		t.Errorf("the moving part of a history: %v\n%s", answer.Header, body)
	}
	if _, whole := b.get(page); !strings.Contains(whole, `/retry"`) {
		t.Error("nothing can be done about what hangs")
	}
	if _, body := b.part("/operations"); !strings.Contains(body, "hx-get") || strings.Contains(body, "<select") {
		t.Errorf("the moving part of the operations:\n%s", body)
	}
	if _, whole := b.get("/operations"); !strings.Contains(whole, `<select class="krds-form-select" id="provider"`) {
		t.Error("the operations cannot be narrowed to a provider")
	}
	front.Set(testbroker.Pass)
	front.Release(t)
	until(t, func() bool {
		answer, body = b.part(page)
		return answer.Header.Get("HX-Refresh") == "true"
	})
	if strings.Contains(body, "hx-get") {
		t.Errorf("it goes on asking when nothing moves:\n%s", body)
	}
}

// TestFindingsSayWhenEveryProviderWasCounted: without a census, no finding says nothing.
func TestFindingsSayWhenEveryProviderWasCounted(t *testing.T) {
	t.Parallel()
	s := teststand.New(t)
	s.Serve(t)
	operator := newBrowser(t, s).as("operator")
	_, page := operator.get("/findings")
	if !strings.Contains(page, "아직 하지 않음") {
		t.Error("a provider that was never counted is not told")
	}
	_, rest, _ := strings.Cut(page, `name="provider" value="prv_`)
	provider, _, _ := strings.Cut(rest, `"`)
	if code, page := operator.post("/findings/census", "provider", "prv_"+provider); code != http.StatusOK || !strings.Contains(page, "묻는 중") {
		t.Fatalf("a census is asked for: %d\n%s", code, page)
	}
	list := func() []provision.Census {
		return teststand.Do(t, s, s.As(identity.Operator), s.Provision.Censuses, provision.CensusesIn{}).Rows
	}
	until(t, func() bool { return len(list()) > 0 })
	for role, sees := range map[string]bool{"operator": true, "auditor": true, "ministry": true, "officer": false, "provider": false} {
		if _, page := newBrowser(t, s).as(role).get("/findings"); strings.Contains(page, "다른 점 없음") != sees {
			t.Errorf("%s reads the result of the census: %v, want %v", role, !sees, sees)
		}
	}
	if code, _ := newBrowser(t, s).as("ministry").post("/findings/census", "provider", "prv_"+provider); code != http.StatusForbidden {
		t.Errorf("the ministry asks for a census: %d", code)
	}
}
