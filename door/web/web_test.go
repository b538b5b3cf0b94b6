package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"naru/flow/inventory"
	"naru/internal/teststand"
	"naru/locale"
	"naru/wire/sheet"
)

// browser is a client with cookies that keeps every redirect.
type browser struct {
	t    *testing.T
	base string
	http.Client
}

func newBrowser(t *testing.T, s *teststand.Stand) *browser {
	t.Helper()
	server := httptest.NewServer(s.Web)
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, server.URL, http.Client{Jar: jar}}
}

func (b *browser) get(path string) (int, string) {
	b.t.Helper()
	return b.read(b.Get(b.base + path))
}

func (b *browser) post(path string, pairs ...string) (int, string) {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.read(b.PostForm(b.base+path, form))
}

func (b *browser) read(r *http.Response, err error) (int, string) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return r.StatusCode, string(body)
}

func (b *browser) as(role string) *browser {
	b.t.Helper()
	if code, body := b.post("/sign-in", "user", role, "password", teststand.Password); code != http.StatusOK {
		b.t.Fatalf("sign-in of %s: %d %s", role, code, body)
	}
	return b
}

// upload sends a file and returns the page the browser ends up on.
func (b *browser) upload(name string, data []byte) (*http.Response, string) {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := part.Write(data); err != nil {
		b.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.t.Fatal(err)
	}
	r, err := b.Post(b.base+"/import", w.FormDataContentType(), &body)
	_, text := b.read(r, err)
	return r, text
}

func TestPagesNeedASignInAndComeBack(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, teststand.New(t))
	code, body := b.get("/systems?query=x")
	if code != http.StatusOK || !strings.Contains(body, `name="next" value="/systems?query=x"`) {
		t.Errorf("a stranger was shown %d\n%.300s", code, body)
	}
	if code, _ := b.post("/sign-in", "user", "officer", "password", "wrong-password"); code != http.StatusUnprocessableEntity {
		t.Errorf("a wrong password was answered with %d", code)
	}
	r, err := b.PostForm(b.base+"/sign-in", url.Values{"user": {"officer"}, "password": {teststand.Password}, "next": {"/systems"}})
	if _, body := b.read(r, err); r.Request.URL.Path != "/systems" || !strings.Contains(body, "김나루") {
		t.Errorf("sign-in led to %s", r.Request.URL)
	}
}

func TestNoAddressLeadsAwayFromTheSite(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, teststand.New(t))
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, next := range []string{"https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)"} {
		r, err := b.PostForm(b.base+"/preferences", url.Values{"contrast": {"high"}, "back": {next}})
		if b.read(r, err); r.Header.Get("Location") != "/" {
			t.Errorf("%q leads to %q", next, r.Header.Get("Location"))
		}
	}
}

func TestFormsFromOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, teststand.New(t)).as("officer")
	req, err := http.NewRequest(http.MethodPost, b.base+"/verdicts", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	if code, _ := b.read(b.Do(req)); code != http.StatusForbidden {
		t.Errorf("a form of another site was answered with %d", code)
	}
}

func TestEveryAnswerCarriesTheStrictPolicy(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, teststand.New(t)).as("auditor")
	inline := regexp.MustCompile(`(?i)<script(?:>| [^>]*>[^<])|<style|\sstyle=|\son[a-z]+=`)
	for _, path := range []string{"/", "/systems", "/verdicts", "/rules", "/services", "/record", "/record/0", "/permissions", "/about", "/nowhere"} {
		r, err := b.Get(b.base + path)
		_, body := b.read(r, err)
		policy := r.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s has the policy %q", path, policy)
		}
		if found := inline.FindString(body); found != "" {
			t.Errorf("%s holds %q", path, found)
		}
	}
}

func TestEveryPageSaysThatItShowsExamples(t *testing.T) {
	t.Parallel()
	s := teststand.New(t)
	const says = "실제 현황이 아닙니다"
	if _, body := newBrowser(t, s).get("/sign-in"); !strings.Contains(body, says) {
		t.Error("signing in with an example account does not say that it leads to examples")
	}
	for _, role := range []string{"officer", "ministry", "auditor"} {
		b := newBrowser(t, s).as(role)
		for _, path := range []string{"/", "/systems", "/verdicts", "/statements", "/orders", "/adoption", "/rules"} {
			if code, body := b.get(path); code == http.StatusOK && !strings.Contains(body, says) {
				t.Errorf("%s does not say to %s that it shows examples", path, role)
			}
		}
	}
}

func TestPagesComeInBothLanguages(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, teststand.New(t)).as("officer")
	if _, body := b.get("/systems"); !strings.Contains(body, `<html lang="ko"`) || !strings.Contains(body, "정보시스템") {
		t.Error("Korean is not the first language")
	}
	if _, body := b.get("/systems?lang=en"); !strings.Contains(body, `<html lang="en"`) || !strings.Contains(body, "Information systems") {
		t.Error("the address does not switch to English")
	}
	if _, body := b.get("/verdicts"); !strings.Contains(body, `<html lang="en"`) {
		t.Error("the language was forgotten")
	}
}

func TestAnotherInstitutionsSystemDoesNotExist(t *testing.T) {
	t.Parallel()
	s := teststand.New(t)
	list := teststand.Do(t, s, s.As("operator"), inventory.ListSystems, inventory.ListSystemsIn{Filter: inventory.Filter{Query: "SYN-0003"}})
	if len(list.Rows) != 1 || list.Rows[0].Institution == s.Office.ID {
		t.Fatalf("the stand has no foreign system: %v", list.Rows)
	}
	b := newBrowser(t, s).as("officer")
	for _, id := range []string{string(list.Rows[0].ID), "sys_nothing"} {
		if code, body := b.get("/systems/" + id); code != http.StatusNotFound || strings.Contains(body, list.Rows[0].Name) {
			t.Errorf("%s was answered with %d", id, code)
		}
	}
	if _, body := b.get("/systems"); strings.Contains(body, "SYN-0003") {
		t.Error("the list shows a foreign system")
	}
}

func TestRefusalsHaveAPageOfTheirOwn(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, teststand.New(t)).as("officer")
	for path, want := range map[string]int{"/record": 403, "/permissions": 403, "/nowhere": 404, "/systems/sys_x": 404, "/record/abc": 404} {
		code, body := b.get(path)
		if code != want || !strings.Contains(body, `href="/"`) {
			t.Errorf("%s was answered with %d, want %d", path, code, want)
		}
	}
	if code, body := b.get("/systems?after=%00%ff"); code >= 500 {
		t.Errorf("a forged cursor was answered with %d %.200s", code, body)
	}
}

const head = "기관코드,기관명,시스템 관리번호,정보시스템명,구성요소명,정보시스템 등급,개인정보 처리\r\n"

func TestAnImportIsPreviewedThenStoredOnce(t *testing.T) {
	t.Parallel()
	s := teststand.New(t)
	b := newBrowser(t, s).as("officer")
	r, body := b.upload("현황.csv", []byte("\ufeff"+head+s.Office.Code+",,NEW-1,새 시스템,웹,3,N\r\n"))
	job := r.Request.URL.Path
	if !strings.Contains(body, "반영하기") || !strings.Contains(body, "현황.csv") {
		t.Fatalf("%s shows no preview:\n%.600s", job, body)
	}
	if _, list := b.get("/systems?query=NEW-1"); strings.Contains(list, "새 시스템</a>") {
		t.Error("the preview stored the system")
	}
	for range 2 { // the second click changes nothing
		if code, done := b.post(job); code != http.StatusOK || !strings.Contains(done, "정보시스템 1건을 저장했습니다") {
			t.Fatalf("storing was answered with %d\n%.600s", code, done)
		}
	}
	if _, list := b.get("/systems?query=NEW-1"); strings.Count(list, "새 시스템</a>") != 1 {
		t.Error("the system is not stored exactly once")
	}
	if code, _ := newBrowser(t, s).as("operator").get(job); code != http.StatusNotFound {
		t.Errorf("somebody else sees the import: %d", code)
	}
}

func TestTheSystemPageShowsWhatASystemHangsOn(t *testing.T) {
	t.Parallel()
	s := teststand.New(t)
	b := newBrowser(t, s).as("officer")
	const head = "기관코드,시스템 관리번호,정보시스템명,구성요소명,연계 구성요소,의존 시스템\r\n"
	r, body := b.upload("연계.csv", []byte("\ufeff"+head+s.Office.Code+",TIE-1,이은 시스템,웹,\"자료, 처리\",TIE-2\r\n"+
		s.Office.Code+",TIE-1,이은 시스템,자료,,\r\n"+s.Office.Code+",TIE-1,이은 시스템,처리,,\r\n"+s.Office.Code+",TIE-2,통합인증,,,\r\n"))
	if _, done := b.post(r.Request.URL.Path); !strings.Contains(done, "정보시스템 2건을 저장했습니다") {
		t.Fatalf("not stored:\n%.600s\n%.600s", body, done)
	}
	_, list := b.get("/systems?query=TIE-1")
	path := regexp.MustCompile(`/systems/sys_[0-9a-v]+`).FindString(list)
	_, page := b.get(path)
	for _, want := range []string{"웹 ↔ 자료, 처리", "의존하는 시스템", ">통합인증</a>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of the system does not show %q", want)
		}
	}
}

func TestFaultsOfAFileAreShownAndDownloaded(t *testing.T) {
	t.Parallel()
	s := teststand.New(t)
	b := newBrowser(t, s).as("officer")
	r, body := b.upload("a.csv", []byte("\ufeff"+head+s.Office.Code+",,BAD-1,하나,웹,다섯,N\r\n"+s.Office.Code+",,OK-1,둘,웹,2,N\r\nXXXX,,BAD-2,셋,웹,2,N\r\n"))
	if !strings.Contains(body, "오류 없는 것만 저장하기") || strings.Contains(body, "web.") {
		t.Fatalf("no choice to leave the refused out:\n%.800s", body)
	}
	_, csv := b.get(r.Request.URL.Path + "/faults.csv")
	table, err := sheet.Open(strings.NewReader(csv), int64(len(csv)), "faults.csv", sheet.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for row, err := range table.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row.Cells[0].Text+" "+row.Cells[1].Text)
	}
	if fmt.Sprint(rows) != "[2 F 4 ]" {
		t.Errorf("the file of faults has %v", rows)
	}
	if _, done := b.post(r.Request.URL.Path, "skip", "yes"); !strings.Contains(done, "정보시스템 1건을 저장했습니다") {
		t.Errorf("the good one was not stored:\n%.600s", done)
	}
}

func TestFilesThatAreNoSheetsAreRefusedWithWords(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, teststand.New(t)).as("officer")
	for name, data := range map[string][]byte{"a.xlsx": []byte("<html>no</html>"), "empty.csv": {}, "b.csv": []byte("이름\r\n하나\r\n")} {
		r, body := b.upload(name, data)
		if r.StatusCode >= 500 || !strings.Contains(body, "저장된 것은 없습니다") {
			t.Errorf("%s was answered with %d\n%.800s", name, r.StatusCode, body)
		}
	}
	if code, body := b.post("/import"); code != http.StatusUnprocessableEntity || !strings.Contains(body, "파일이 없습니다") {
		t.Errorf("a form without a file was answered with %d", code)
	}
}

func TestVerdictsCiteArticlesOfTheDateAskedFor(t *testing.T) {
	t.Parallel()
	s := teststand.New(t)
	b := newBrowser(t, s).as("officer")
	_, list := b.get("/systems?query=SYN-0001")
	path := regexp.MustCompile(`/systems/sys_[0-9a-v]+`).FindString(list)
	if code, body := b.get(path + "?as_of=2021-03-01"); code != http.StatusOK || !strings.Contains(body, "INT2020") || strings.Contains(body, "INT2023") {
		t.Errorf("the law of 2021 is not applied: %d", code)
	}
	if _, body := b.get(path); !strings.Contains(body, "INT2023") || !strings.Contains(body, "저장된 판정과 같은 결과") {
		t.Error("the verdict of today is not cited or does not replay")
	}
	for _, date := range []string{"2014-01-01", "someday"} {
		if code, _ := b.get(path + "?as_of=" + date); code != http.StatusUnprocessableEntity && code != http.StatusNotFound {
			t.Errorf("the law of %s was answered with %d", date, code)
		}
	}
}

func TestTheRecordExportsAndProves(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, teststand.New(t)).as("auditor")
	if _, body := b.get("/record/0"); !strings.Contains(body, "증명됨.") {
		t.Errorf("entry 0 is not proven:\n%.600s", body)
	}
	_, export := b.get("/record.jsonl")
	if line, _, _ := strings.Cut(export, "\n"); !json.Valid([]byte(line)) {
		t.Errorf("the export begins with %.100q", line)
	}
}

// TestEveryTextOfTheDoorIsWorded finds keys that templates and handlers name by a
// literal and that no language has.
func TestEveryTextOfTheDoorIsWorded(t *testing.T) {
	t.Parallel()
	key := regexp.MustCompile(`"(web\.[a-z_.]*[a-z_])"`)
	words, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, f := range files {
		if f.IsDir() || strings.HasSuffix(f.Name(), "_test.go") || strings.HasSuffix(f.Name(), "_templ.go") || !regexp.MustCompile(`\.(go|templ)$`).MatchString(f.Name()) {
			continue
		}
		source, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range key.FindAllStringSubmatch(string(source), -1) {
			found++
			if !words.Has(m[1]) {
				t.Errorf("%s: %q has no text", f.Name(), m[1])
			}
		}
	}
	if found < 100 {
		t.Fatalf("only %d keys were found", found)
	}
}
