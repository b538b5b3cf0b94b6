// Package story walks whole stories through naru (이야기 시험) the way people do: in a
// real browser, from the sign-in to the bill, with the pages checked on the way.
package story

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"naru/base/identity"
	"naru/broker/messaging"
	"naru/flow/catalog"
	"naru/flow/decide"
	flowplan "naru/flow/plan"
	"naru/internal/testbroker"
	"naru/internal/teststand"
	"naru/wire/osb"
)

func TestMain(m *testing.M) {
	testbroker.Main(m, testbroker.Set{"messaging": messaging.Run})
}

// plan is what a walk is told.
type plan struct {
	Base     string              `json:"base"`
	Password string              `json:"password"`
	Roles    []string            `json:"roles,omitempty"`
	Start    map[string][]string `json:"start,omitempty"`
	Shots    string              `json:"shots,omitempty"`
	All      bool                `json:"all,omitempty"`
	Files    map[string]string   `json:"files,omitempty"`
}

// finding is one line a walk prints.
type finding struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// browser finds Chromium and the npm packages; without them the test is skipped, or
// fails when NARU_REQUIRE names chromium.
func browser(t *testing.T) string {
	t.Helper()
	missing := t.Skipf
	if strings.Contains(os.Getenv("NARU_REQUIRE"), "chromium") {
		missing = t.Fatalf
	}
	for _, module := range []string{"playwright-core", "axe-core"} {
		if _, err := os.Stat(filepath.Join("..", "..", "node_modules", module)); err != nil {
			missing("npm packages are not installed; run make setup: %v", err)
		}
	}
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if name == "" {
			continue
		}
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	missing("Chromium is not installed; run make setup")
	return ""
}

// serve starts the pages of a stand on loopback.
func serve(t *testing.T, s *teststand.Stand) string {
	t.Helper()
	server := httptest.NewServer(s.Site(t))
	t.Cleanup(server.Close)
	return server.URL
}

// walk runs a script of this folder and makes a test of every finding.
func walk(t *testing.T, chromium, script string, p plan) {
	t.Helper()
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", script)
	cmd.Env = append(os.Environ(), "CHROMIUM="+chromium, "PLAN="+string(data))
	cmd.WaitDelay = 10 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	runErr := cmd.Run()
	findings := 0
	for lines := bufio.NewScanner(&stdout); lines.Scan(); findings++ {
		var f finding
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			t.Fatalf("%s printed %q", script, lines.Text())
		}
		t.Run(f.Name, func(t *testing.T) {
			if !f.OK {
				t.Error(f.Detail)
			} else if f.Detail != "" {
				t.Log(f.Detail)
			}
		})
	}
	if runErr != nil {
		t.Fatalf("%s: %v\n%s", script, runErr, stderr.String())
	}
	if findings == 0 {
		t.Fatalf("%s found nothing at all", script)
	}
}

// TestEveryPageIsAccessible visits every page that each role reaches by links, in both
// languages and both contrast modes and on a narrow screen.
func TestEveryPageIsAccessible(t *testing.T) {
	chromium := browser(t)
	s := teststand.New(t)
	walk(t, chromium, "visit.mjs", plan{
		Base: serve(t, s), Password: teststand.Password, Shots: os.Getenv("NARU_SHOTS"), All: os.Getenv("NARU_SHOTS_ALL") != "",
		Roles: []string{"officer", "approver", "provider", "ministry", "auditor", "operator"},
		Start: map[string][]string{"ministry": {"/law/" + string(s.Draft) + "/edit"}},
	})
}

// TestTheRoadToAVerdictByKeyboard signs in, imports a file and reads its verdict with
// the keyboard alone, with scripts and without.
func TestTheRoadToAVerdictByKeyboard(t *testing.T) {
	chromium := browser(t)
	s := teststand.New(t)
	head := "기관코드,기관명,시스템 관리번호,정보시스템명,구성요소명,정보시스템 등급,개인정보 처리\r\n"
	code := s.Office.Code
	walk(t, chromium, "keyboard.mjs", plan{
		Base: serve(t, s), Password: teststand.Password,
		Files: map[string]string{
			"good": file(t, "good.csv", head+code+",가온정보진흥원,KEY-1,키보드 시험,웹,3,N\r\n"+code+",가온정보진흥원,KEY-1,키보드 시험,자료,3,Y\r\n"),
			"bad":  file(t, "bad.csv", head+code+",가온정보진흥원,KEY-2,하나,웹,3,N\r\n"+code+",가온정보진흥원,KEY-3,둘,웹,2,N\r\n"+code+",가온정보진흥원,KEY-4,셋,웹,1,N\r\n"+code+",가온정보진흥원,KEY-5,넷,웹,많음,N\r\n"),
		},
	})
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if strings.HasSuffix(name, ".csv") {
		text = "\ufeff" + text // as spreadsheets write it
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestPictures takes the pictures of the README when NARU_PICTURES names a folder.
func TestPictures(t *testing.T) {
	folder := os.Getenv("NARU_PICTURES")
	if folder == "" {
		t.Skip("NARU_PICTURES names no folder; run make shots")
	}
	chromium := browser(t)
	walk(t, chromium, "pictures.mjs", plan{Base: serve(t, teststand.New(t)), Password: teststand.Password, Shots: folder})
}

// TestTheRoadFromAnOrderToAService orders, approves, creates, uses and deletes a service
// of a real broker in the browser.
func TestTheRoadFromAnOrderToAService(t *testing.T) {
	chromium := browser(t)
	s := teststand.New(t)
	made := s.Serve(t)
	walk(t, chromium, "deal.mjs", plan{Base: serve(t, s), Password: teststand.Password, Files: map[string]string{"plan": string(made)}})
}

// TestTheRoadOfAPlatform registers a platform and signs in as it while its password is
// replaced and revoked, with scripts and without.
func TestTheRoadOfAPlatform(t *testing.T) {
	chromium := browser(t)
	s := teststand.New(t)
	walk(t, chromium, "platform.mjs", plan{Base: serve(t, s), Password: teststand.Password, Shots: os.Getenv("NARU_SHOTS")})
}

// TestTheRoadOfAStuckOperation watches a broker that hangs, and a deletion that does not
// succeed until two people write it off and somebody answers for what is left.
func TestTheRoadOfAStuckOperation(t *testing.T) {
	chromium := browser(t)
	s := teststand.New(t)
	made, front := s.ServeBehind(t)
	front.Set(testbroker.Slow) // it takes the request and does not answer
	hanging := s.Run(t, 2, made)
	front.Await(t)
	front.Set(testbroker.Pass)
	stuck := s.Run(t, 3, made)
	control := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		front.Set(map[string]testbroker.Mode{"/500": testbroker.Error500, "/pass": testbroker.Pass}[r.URL.Path])
	}))
	t.Cleanup(control.Close)
	walk(t, chromium, "stuck.mjs", plan{
		Base: serve(t, s), Password: teststand.Password, Shots: os.Getenv("NARU_SHOTS"),
		Files: map[string]string{"control": control.URL, "hanging": string(hanging), "stuck": string(stuck)},
	})
}

// TestTheRoadOfAChange gives a running service of a broker process another plan, other
// parameters, the version of a maintenance and other credentials, with scripts and without.
// Beside it, a service is taken away behind naru's back, and another is there that naru never
// made: both are found, answered for, put right and closed.
func TestTheRoadOfAChange(t *testing.T) {
	chromium := browser(t)
	s := teststand.New(t)
	s.RunClock()
	made, broker := s.ServeProcess(t, "messaging", "basic")
	other := s.PlanBeside(t, made, "standard")
	files := map[string]string{"foreign": "made-by-somebody-else"}
	for n, name := range map[int]string{2: "first", 3: "second", 4: "lost"} {
		id := s.Run(t, n, made)
		s.Await(t, id)
		files[name] = string(id)
	}
	files["first_order"], files["second_order"] = string(s.Ordered(t, 2, other)), string(s.Ordered(t, 3, other))
	broker.Deprovision(t, files["lost"], "basic")
	broker.Provision(t, files["foreign"], "basic")
	broker.Stop(t)
	broker.Config.Maintenance = "99.1.0"
	broker.Restart(t)
	files["newer"], files["provider"] = broker.Config.Maintenance, string(s.Resync(t, made))
	control := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := broker.Client.Deprovision(r.Context(), osb.DeprovisionRequest{
			InstanceID: files["foreign"], ServiceID: r.URL.Query().Get("service_id"), PlanID: r.URL.Query().Get("plan_id"), AcceptsIncomplete: true,
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}))
	t.Cleanup(control.Close)
	service, basic := broker.Plan(t, "basic")
	files["remove"] = control.URL + "?service_id=" + service + "&plan_id=" + basic
	p := plan{Base: serve(t, s), Password: teststand.Password, Shots: os.Getenv("NARU_SHOTS"), Files: files}
	walk(t, chromium, "finding.mjs", p)
	walk(t, chromium, "change.mjs", p)
}

// TestTheRoadOfAnAdmission tests a reference broker and hands a report in.
func TestTheRoadOfAnAdmission(t *testing.T) {
	chromium := browser(t)
	s := teststand.New(t)
	made := s.Serve(t)
	of := teststand.Do(t, s, s.As(identity.Operator), catalog.ListServices, catalog.ListServicesIn{})
	files := map[string]string{"plan": string(made), "own": string(s.Seller.ID)}
	for _, r := range of.Rows {
		if r.ProviderName.Ko == "시험대 센터" {
			files["provider"], files["service"] = string(r.Provider), string(r.ID)
		}
	}
	files["report"] = file(t, "report.json", `{"suite":"1.0.0","specification":"2.17","started_at":"2026-03-01T00:00:00Z","ended_at":"2026-03-01T00:10:00Z","results":[`+
		`{"id":"auth.required","section":"Platform to Service Broker Authentication","level":"MUST","outcome":"pass"},`+
		`{"id":"auth.wrong","section":"Platform to Service Broker Authentication","level":"MUST","outcome":"fail","why":{"key":"status","args":{"want":"401","got":"200"}}}]}`)
	walk(t, chromium, "admission.mjs", plan{Base: serve(t, s), Password: teststand.Password, Shots: os.Getenv("NARU_SHOTS"), Files: files})
}

// TestTheRoadOfALaw tries a draft, publishes it, asks for an exception and grants it.
func TestTheRoadOfALaw(t *testing.T) {
	chromium := browser(t)
	walk(t, chromium, "law.mjs", plan{Base: serve(t, teststand.New(t)), Password: teststand.Password})
}

// TestTheNationOnPages shows the example nation at its published size: a hybrid verdict, what
// flipped since 2017, and the fire of 2025-09-26, which hit 709 systems of grades 40, 68, 261
// and 340. The stand's own systems at the centre are counted beside them.
func TestTheNationOnPages(t *testing.T) {
	chromium := browser(t)
	s := teststand.New(t)
	fire := flowplan.BlastIn{Loss: flowplan.Loss{Kind: flowplan.LostCentre, Of: "daejeon"}}
	own := teststand.Do(t, s, s.As(identity.Ministry), s.Plan.Blast, fire)
	s.Enlarge(t, 17_243)
	var grades []string
	for i, n := range []int{40, 68, 261, 340} {
		for _, g := range own.Grades {
			if g.Key == strconv.Itoa(i+1) {
				n += g.Direct
			}
		}
		grades = append(grades, strconv.Itoa(n))
	}
	flips := teststand.Do(t, s, s.As(identity.Ministry), s.Decide.WhatIf, decide.WhatIfIn{Against: "2017-03-02"})
	walk(t, chromium, "nation.mjs", plan{Base: serve(t, s), Password: teststand.Password, Files: map[string]string{
		"direct": strconv.Itoa(709 + own.Direct), "grades": strings.Join(grades, " "), "flipped": strconv.Itoa(flips.Flipped),
	}})
}
