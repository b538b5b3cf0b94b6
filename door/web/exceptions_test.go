package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"naru/base/identity"
	"naru/flow/inventory"
	"naru/flow/law"
	"naru/internal/teststand"
)

// heard is an instrument whose bar the head of an institution lifts, once the committee
// was heard.
const heard = `key: HEARD2026
title: {ko: 시험 기준, en: Test standard}
status: notice
in_force: {from: 2026-03-02}
rules:
  - id: "1"
    when: component.personal_data
    venues: [onsite]
    outcome: not_allowed
    article: 제1조
    source: L06b
    message: {ko: 개인정보는 현장에 두지 않는다., en: Personal data do not stay on site.}
    exception: {ko: "{committee}의 의견을 듣고 기관의 장이 정한다.", en: "The head decides, the {committee} being heard.", opinion: committee, decides: head}
`

const heardCases = `- name: Personal data
  date: 2026-03-02
  facts: {component.personal_data: true}
  expect: {onsite: not_allowed}
  fires: ["1"]
- name: None
  date: 2026-03-02
  facts: {component.personal_data: false}
  silent: ["1"]
`

func TestAnExceptionIsHeardBeforeTheHeadDecides(t *testing.T) {
	t.Parallel()
	s := teststand.New(t)
	ministry := s.As(identity.Ministry)
	d := teststand.Do(t, s, ministry, s.Law.Draft, law.DraftIn{Text: heard, Cases: heardCases}).Draft
	teststand.Do(t, s, ministry, s.Law.Propose, law.DecideIn{ID: d.ID})
	second := newBrowser(t, s).as(teststand.Second)
	if code, body := second.post("/law/" + string(d.ID) + "/publish"); code != http.StatusOK || !strings.Contains(body, "공포했습니다") {
		t.Fatalf("the instrument is not published: %d", code)
	}

	officer := newBrowser(t, s).as("officer")
	sys := teststand.Do(t, s, s.As(identity.Officer), inventory.ListSystems, inventory.ListSystemsIn{}).Rows[0]
	_, body := officer.get("/systems/" + string(sys.ID))
	form := regexp.MustCompile(`name="component" value="([^"]+)"> ?<input type="hidden" name="venue" value="onsite"> ?<input type="hidden" name="pack" value="HEARD2026"`).FindStringSubmatch(body)
	if form == nil || !strings.Contains(body, "먼저 의견을 듣는 곳: 정보자원통합심의위원회") {
		t.Fatal("the verdict offers no way to ask, or does not say who is heard")
	}
	ask := []string{"component", form[1], "venue", "onsite", "pack", "HEARD2026", "reason", "이전까지 한 해가 더 필요하다"}
	code, body := officer.post("/exceptions", ask...)
	id := regexp.MustCompile(`exc_[0-9a-v]{26}`).FindString(body)
	if code != http.StatusOK || id == "" {
		t.Fatalf("the exception is not asked for: %d", code)
	}
	if code, _ := officer.post("/exceptions", ask...); code != http.StatusConflict {
		t.Errorf("it is asked for twice: %d", code)
	}

	path := "/exceptions/" + id
	approver := newBrowser(t, s).as("approver")
	if _, body := approver.get(path); strings.Contains(body, path+"/decision") {
		t.Error("the head is asked to decide before the committee was heard")
	}
	if _, body := second.get(path); !strings.Contains(body, path+"/opinion") || strings.Contains(body, path+"/decision") {
		t.Error("the ministry is not asked for the committee's opinion, or is asked to decide")
	}
	if code, body := second.post(path+"/opinion", "favours", "yes", "opinion", "보호 조치가 충분하다", "version", "1"); code != http.StatusOK || !strings.Contains(body, "찬성 의견") {
		t.Fatalf("the opinion is not taken: %d", code)
	}
	if code, _ := second.post(path+"/decision", "grant", "yes", "decision", "x", "until", "2026-12-31"); code != http.StatusForbidden {
		t.Errorf("the ministry decides for the head: %d", code)
	}
	code, body = approver.post(path+"/decision", "grant", "yes", "decision", "의견대로", "until", "2026-12-31", "conditions", "망을 분리할 것\r\n\r\n분기마다 알릴 것")
	if code != http.StatusOK || strings.Count(body, "<li>망을 분리할 것</li>") != 1 || !strings.Contains(body, "<li>분기마다 알릴 것</li>") {
		t.Fatalf("the head does not grant it: %d", code)
	}
	if _, body := officer.get("/systems/" + string(sys.ID)); !strings.Contains(body, id) || !strings.Contains(body, "예외로 풀림") {
		t.Error("the verdict does not show what was lifted")
	}
	if code, body := approver.post(path+"/end", "reason", "이전을 마쳤다"); code != http.StatusOK || !strings.Contains(body, "철회") || !strings.Contains(body, "이전을 마쳤다") || !strings.Contains(body, "의견대로") {
		t.Errorf("the head does not revoke it: %d", code)
	}
	if _, body := officer.get("/systems/" + string(sys.ID)); strings.Contains(body, "예외로 풀림") {
		t.Error("the old verdict does not stand again")
	}
}
