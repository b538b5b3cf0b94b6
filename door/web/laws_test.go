package web_test

import (
	"encoding/csv"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"naru/base/identity"
	"naru/flow/decide"
	"naru/flow/law"
	"naru/internal/teststand"
)

func TestAWhatIfIsAFileOfEveryFlippedSystem(t *testing.T) {
	t.Parallel()
	s := teststand.New(t)
	in := decide.WhatIfIn{Against: "2017-03-02"}
	out := teststand.Do(t, s, s.As(identity.Ministry), s.Decide.WhatIf, in)
	if out.Flipped <= 50 || out.Next == "" {
		t.Fatalf("%d systems flip, which is one page", out.Flipped)
	}
	b := newBrowser(t, s).as("ministry")
	r, err := b.Get(b.base + "/whatif.csv?way=dates&against=2017-03-02")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, marked := strings.CutPrefix(string(data), "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !marked {
		t.Fatalf("the file is no CSV in UTF-8: %v", err)
	}
	if len(rows) != out.Flipped+1 {
		t.Errorf("%d lines for %d systems", len(rows), out.Flipped)
	}
	seen := make(map[string]bool)
	for _, row := range rows[1:] {
		seen[row[len(row)-1]] = true
		if row[len(row)-2] != "가상" {
			t.Errorf("example data is not marked: %q", row)
		}
	}
	if len(seen) != out.Flipped {
		t.Errorf("%d different systems in a list of %d", len(seen), out.Flipped)
	}
}

func TestATextIsTriedAndItsFaultsStandBesideIt(t *testing.T) {
	t.Parallel()
	s := teststand.New(t)
	b := newBrowser(t, s).as("ministry")
	now := teststand.Do(t, s, s.As(identity.Ministry), s.Law.Text, law.TextIn{Key: "USE2025"})
	wrong := strings.Replace(now.Text, "outcome: out_of_scope", "outcome: <b>perhaps</b>", 1)
	code, body := b.post("/whatif", "way", "text", "text", strings.ReplaceAll(wrong, "\n", "\r\n"))
	if code != http.StatusUnprocessableEntity || !regexp.MustCompile(`pack\.yaml \d+행 \d+열`).MatchString(body) {
		t.Errorf("a fault is answered with %d and no place", code)
	}
	if !strings.Contains(body, "&lt;b&gt;perhaps") || strings.Contains(body, "<b>perhaps") {
		t.Error("what was typed is lost or not escaped")
	}
	code, body = b.post("/whatif", "way", "text", "text", now.Text)
	if code != http.StatusOK || !strings.Contains(body, "달라지는 정보시스템이 없습니다") {
		t.Errorf("an unchanged text is answered with %d and changes something", code)
	}
	if code, _ := b.get("/whatif?way=draft&draft=law_none"); code != http.StatusNotFound {
		t.Errorf("a draft that is not there is answered with %d", code)
	}
	if code, _ := b.get("/whatif?way=dates&against=2010-01-01"); code != http.StatusUnprocessableEntity {
		t.Errorf("a date before the law is answered with %d", code)
	}
}

func TestPagesOnLawAreForThoseWhoMay(t *testing.T) {
	t.Parallel()
	s := teststand.New(t)
	b := newBrowser(t, s)
	for role, denied := range map[string][]string{"officer": {"/whatif", "/whatif.csv?way=dates", "/law"}, "provider": {"/flips", "/exceptions", "/whatif/eras"}} {
		b.as(role)
		for _, path := range denied {
			if code, _ := b.get(path); code != http.StatusForbidden {
				t.Errorf("%s reads %s: %d", role, path, code)
			}
		}
		if _, body := b.get("/rules"); strings.Contains(body, `href="/whatif"`) || strings.Contains(body, `href="/law"`) {
			t.Errorf("%s is shown a way to what is refused", role)
		}
		b.post("/sign-out")
	}
}

func TestADraftIsPublishedByTwoPeopleOnPages(t *testing.T) {
	t.Parallel()
	s := teststand.New(t)
	list := teststand.Do(t, s, s.As(identity.Ministry), s.Law.List, law.ListIn{State: law.Proposed})
	path := "/law/" + string(list.Rows[0].ID)
	author := newBrowser(t, s).as(teststand.Second)
	if _, body := author.get(path); strings.Contains(body, path+"/publish") {
		t.Error("its author is shown the way to publish a draft")
	}
	if code, _ := author.post(path + "/publish"); code != http.StatusForbidden {
		t.Errorf("its author publishes a draft: %d", code)
	}
	other := newBrowser(t, s).as("ministry")
	code, body := other.get(path)
	if code != http.StatusOK || !strings.Contains(body, "<ins>+   - id: example-subjects</ins>") || !strings.Contains(body, "모두 맞음") {
		t.Errorf("the draft shows neither its changes nor its cases: %d", code)
	}
	if code, body := other.post(path + "/publish"); code != http.StatusOK || !strings.Contains(body, "공포했습니다") {
		t.Errorf("the second person does not publish: %d", code)
	}
	if _, body := other.get("/rules"); !strings.Contains(body, "예시 개정안") {
		t.Error("what was published is not among the rules")
	}
}

func TestAnEditedDraftIsSavedWithItsCasesTried(t *testing.T) {
	t.Parallel()
	s := teststand.New(t)
	b := newBrowser(t, s).as("ministry")
	_, body := b.get("/law?state=draft")
	path := regexp.MustCompile(`/law/law_[0-9a-v]+`).FindString(body)
	if _, body = b.get(path); !strings.Contains(body, "A case that fails") || !strings.Contains(body, "고칠 것이 있음") {
		t.Error("a failing case is not shown")
	}
	if code, body := b.post(path + "/propose"); code != http.StatusConflict || !strings.Contains(body, "A case that fails") {
		t.Errorf("a draft that is not sound is proposed: %d", code)
	}
	d := teststand.Do(t, s, s.As(identity.Ministry), s.Law.Get, law.GetIn{ID: law.DraftID(strings.TrimPrefix(path, "/law/"))})
	good := d.Cases[:strings.Index(d.Cases, "- name: A case that fails")]
	form := url.Values{"id": {string(d.ID)}, "version": {"1"}, "text": {d.Text}, "cases": {good}}
	if code, body := b.read(b.PostForm(b.base+"/law", form)); code != http.StatusOK || !strings.Contains(body, "모두 맞음") {
		t.Errorf("a repaired draft is not saved: %d", code)
	}
	form.Set("text", "key: [")
	if code, body := b.read(b.PostForm(b.base+"/law", form)); code != http.StatusUnprocessableEntity || !strings.Contains(body, "pack.yaml") {
		t.Errorf("a text that does not read is saved: %d", code)
	}
}

func TestAVerdictIsDecidedAgainAndChangesAreListed(t *testing.T) {
	t.Parallel()
	s := teststand.New(t)
	b := newBrowser(t, s).as("officer")
	_, body := b.get("/flips?cause=exception")
	system := regexp.MustCompile(`/systems/sys_[0-9a-v]+`).FindString(body)
	if system == "" || !strings.Contains(body, "가상") {
		t.Fatal("the decision that an exception changed is not listed")
	}
	if _, body := b.get(system); !strings.Contains(body, "예외로 풀림") || !strings.Contains(body, "분기마다 이전 상황을 알릴 것") {
		t.Error("the verdict does not show the exception")
	}
	if code, body := b.get(system + "/replay"); code != http.StatusOK || !strings.Contains(body, "같은 바이트로 다시 나왔습니다") {
		t.Errorf("the stored decision does not come out again: %d", code)
	}
	if code, _ := b.get(system + "/replay?edition=2019-01-01"); code != http.StatusNotFound {
		t.Errorf("a run that was never made is replayed: %d", code)
	}
	if _, body := b.get("/flips?cause=law"); strings.Contains(body, system) {
		t.Error("the filter of causes does not hold")
	}
}
