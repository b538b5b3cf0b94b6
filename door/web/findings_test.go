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

// TestAnInstitutionIsChosenByName registers a platform for an institution that is named,
// found by part of its name, or nowhere.
func TestAnInstitutionIsChosenByName(t *testing.T) {
	t.Parallel()
	s := teststand.New(t)
	b := newBrowser(t, s).as("operator")
	for _, c := range []struct {
		name, text, chosen, chosenFor string
		code                          int
		says                          string
	}{
		{"its whole name", "한빛시", "", "", http.StatusOK, "shown now and never again"},
		{"its code", s.Office.Code, "", "", http.StatusOK, "shown now and never again"},
		{"part of a name is a question", "한빛", "", "", http.StatusUnprocessableEntity, "한빛시 (9990200)"},
		{"part of two names", "가온", "", "", http.StatusUnprocessableEntity, "가온정보진흥원 (9990100)"},
		{"one of those found", "가온", string(s.Office.ID), "가온", http.StatusOK, "shown now and never again"},
		{"one found for another text", "없는 기관", string(s.Office.ID), "가온", http.StatusUnprocessableEntity, "No institution has"},
		{"nothing", " ", "", "", http.StatusUnprocessableEntity, "Enter the name"},
	} {
		code, page := b.post("/platforms?lang=en", "name", "portal", "user", "", "institution", c.text, "chosen", c.chosen, "chosen_for", c.chosenFor)
		if code != c.code || !strings.Contains(page, c.says) {
			t.Errorf("%s: %d, no %q in\n%s", c.name, code, c.says, page)
		}
	}
	if _, part := b.part("/institutions?institution=" + "한빛"); !strings.Contains(part, `<option value="한빛시">9990200</option>`) || strings.Contains(part, "가온") {
		t.Errorf("proposals: %s", part)
	}
	if _, part := newBrowser(t, s).as("officer").part("/institutions?institution=한빛"); strings.Contains(part, "한빛시") {
		t.Error("an officer is told of institutions out of sight")
	}
}
