package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"naru/base/identity"
	"naru/flow/catalog"
	"naru/internal/teststand"
)

func TestAPlanIsMadeKeptAndReadAgain(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, teststand.New(t)).as("officer")
	code, body := b.get("/plan?years=3&budget=200,000,000&cost=100,000,000")
	if code != http.StatusOK || !strings.Contains(body, "이 계획을 위해 적은 값입니다") || !strings.Contains(body, "200,000,000") {
		t.Fatalf("status %d: %s", code, body)
	}
	if m := regexp.MustCompile(`<th scope="row">20\d\d</th>`).FindAllString(body, -1); len(m) != 3 {
		t.Errorf("%d years in the table, want 3", len(m))
	}
	if !strings.Contains(body, "가상") || !strings.Contains(body, "기한은 아닙니다") {
		t.Error("synthetic rows are not marked, or useful life is worded as a deadline")
	}
	code, body = b.post("/plan/keep", "name", "시험 계획", "years", "3", "budget", "200000000", "cost", "100000000")
	if code != http.StatusOK || !strings.Contains(body, "계획을 보관했습니다") || !strings.Contains(body, "모든 행이 같습니다") {
		t.Errorf("status %d: %s", code, body)
	}
	code, body = b.post("/plan/keep", "name", "시험 계획")
	if code != http.StatusConflict || !strings.Contains(body, "계획이 이미 있습니다") {
		t.Errorf("a taken name: status %d", code)
	}
	if code, body = b.get("/plan?years=99"); code != http.StatusUnprocessableEntity || !strings.Contains(body, "99년은 계획할 수 없습니다") {
		t.Errorf("99 years: status %d", code)
	}
	if code, body = b.get("/plan?budget=many"); code != http.StatusUnprocessableEntity || !strings.Contains(body, "연간 예산은") {
		t.Errorf("a budget in words: status %d", code)
	}
}

func TestThePlanIsAFileWithItsReasons(t *testing.T) {
	t.Parallel()
	s := teststand.New(t)
	b := newBrowser(t, s).as("operator")
	code, body := b.get("/plan.csv?years=2")
	lines := strings.Split(strings.TrimSpace(body), "\r\n")
	if code != http.StatusOK || len(lines) != 73 || !strings.HasPrefix(lines[0], "\ufeff기관,관리번호,") {
		t.Fatalf("status %d, %d lines, %q", code, len(lines), lines[0])
	}
	if !strings.Contains(body, "신규 도입") || !strings.Contains(body, "86730842") || !strings.Contains(lines[1], "예") {
		t.Errorf("reasons, exact won or the synthetic mark are missing: %q", lines[1])
	}
	if code, body := b.get("/plan.csv?institution=" + s.Office.Code); code != http.StatusOK || strings.Contains(body, "한빛시") || !strings.Contains(body, s.Office.Name) {
		t.Errorf("one institution: status %d", code)
	}
	if code, body := b.get("/plan?institution=가"); code != http.StatusUnprocessableEntity || !strings.Contains(body, "정확한 이름이나 코드") {
		t.Errorf("an institution that many names hold: status %d", code)
	}
}

func TestABlastStaysInTheCallersSight(t *testing.T) {
	t.Parallel()
	s := teststand.New(t)
	officer, ministry := newBrowser(t, s).as("officer"), newBrowser(t, s).as("ministry")
	code, body := ministry.get("/blast?kind=centre&of=daejeon")
	if code != http.StatusOK || !strings.Contains(body, "공표된 수는 709개") || !strings.Contains(body, "https://www.news1.kr/amp/local/moi/5943873") || !strings.Contains(body, "한빛시") {
		t.Errorf("status %d: %s", code, body)
	}
	if code, body = officer.get("/blast/centre?of=daejeon"); code != http.StatusOK || strings.Contains(body, "한빛시") {
		t.Errorf("status %d, or an officer reads of another institution", code)
	}
	svc := teststand.Do(t, s, s.As(identity.Operator), catalog.ListServices, catalog.ListServicesIn{})
	found := false
	for _, row := range svc.Rows {
		_, body := officer.get("/blast/service?of=" + string(row.ID))
		found = found || strings.Contains(body, "/orders/"+string(s.Order))
	}
	if !found {
		t.Error("no lost service leads to the order that rests on it")
	}
	for path, want := range map[string]int{
		"/blast/planet?of=mars": http.StatusUnprocessableEntity, "/blast/centre?of=mars": http.StatusUnprocessableEntity, "/blast/provider?of=none": http.StatusNotFound,
		"/blast?kind=room&of=" + s.Office.Code: http.StatusOK,
	} {
		if code, _ := ministry.get(path); code != want {
			t.Errorf("%s: status %d, want %d", path, code, want)
		}
	}
	if code, _ := newBrowser(t, s).as("provider").get("/blast/centre?of=daejeon"); code != http.StatusForbidden {
		t.Errorf("a provider reads a blast: status %d", code)
	}
}

func TestTargetsAreShownAsAnnouncedAndUnsourced(t *testing.T) {
	t.Parallel()
	_, body := newBrowser(t, teststand.New(t)).as("auditor").get("/plan/recovery?result=misses")
	for _, want := range []string{"시행 중인 기준이 아닙니다", "설정값, 출처 없음", "https://zdnet.co.kr/view/?no=20260225160002", "미달"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
