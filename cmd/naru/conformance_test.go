package main

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"naru/broker/fault"
	"naru/locale"
	"naru/wire/osb/conformance"
)

// faultBroker serves a fault broker for the commands to try.
func faultBroker(t *testing.T, faults ...fault.Fault) string {
	t.Helper()
	s, err := fault.New(fault.Config{User: "u", Password: "p", Delay: 30 * time.Millisecond, Faults: faults, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(func() { s.Close(); server.CloseClientConnections(); server.Close() })
	return server.URL
}

func TestABrokerIsJudgedFromTheCommandLine(t *testing.T) {
	t.Parallel()
	code, out, errs := typed(t, "p\n", "conformance", faultBroker(t), "--user", "u", "--poll", "5ms")
	if code != 0 || !strings.HasPrefix(out, "Conformant: http://127.0.0.1:") || !strings.Contains(out, "SHOULD 25/25") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	url := faultBroker(t, fault.Fault{Operation: "unbind", Mode: "error_404"})
	var o, e bytes.Buffer
	code = runOn(t.Context(), []string{"conformance", url, "--user", "u", "--poll", "5ms", "--lang", "ko", "--all"}, strings.NewReader("p\n"), &o, &e)
	out, errs = o.String(), e.String()
	for _, want := range []string{"부적합: ", "반드시 고칠 것", "unbind.again", "410을 기다렸는데 404가 왔습니다.", "✓ MUST", "- MUST", "여기까지 가지 못했거나"} {
		if !strings.Contains(out, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if code != 5 || !strings.Contains(errs, "MUST") || strings.Contains(out, "conformance.") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

func TestTheReportForProgramsKeepsItsFields(t *testing.T) {
	t.Parallel()
	url := faultBroker(t, fault.Fault{Operation: "catalog", Mode: "catalog_schema"})
	code, out, _ := typed(t, "p\n", "conformance", url, "--user", "u", "--poll", "5ms", "-o", "json")
	var report map[string]any
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != 5 {
		t.Fatalf("exit %d, %v", code, err)
	}
	for _, field := range []string{"suite", "specification", "url", "started_at", "ended_at", "service", "sync_plan", "async_plan", "must", "should", "requests", "results"} {
		if _, ok := report[field]; !ok {
			t.Errorf("the report lacks %s", field)
		}
	}
	results, _ := report["results"].([]any)
	at := slices.IndexFunc(results, func(r any) bool { return r.(map[string]any)["id"] == "catalog.schemas" })
	if at < 0 {
		t.Fatal("no result of catalog.schemas")
	}
	r, _ := results[at].(map[string]any)
	if r["outcome"] != "fail" || r["level"] != "MUST" || r["section"] != "Catalog Management" || r["why"] == nil || r["exchanges"] == nil {
		t.Errorf("%v", r)
	}
}

func TestTheCommandRefusesWhatCannotBeTried(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		code int
		args []string
	}{
		{"no address", 2, nil},
		{"an address that is none", 2, []string{"ftp://h"}},
		{"a password in clear text over a network", 2, []string{"http://broker.example", "--user", "u"}},
		{"a form of report that does not exist", 2, []string{"http://127.0.0.1:1", "-o", "csv"}},
		{"parameters that are no JSON", 2, []string{"http://127.0.0.1:1", "--parameters", "small={"}},
		{"parameters that are no object", 2, []string{"http://127.0.0.1:1", "--parameters", "small=[1]"}},
		{"certificates that are not there", 2, []string{"https://127.0.0.1:1", "--ca", "nowhere.pem"}},
		{"nobody there", 7, []string{"http://127.0.0.1:1"}},
	} {
		if code, _, errs := typed(t, "p\n", append([]string{"conformance"}, c.args...)...); code != c.code || errs == "" {
			t.Errorf("%s: exit %d, want %d: %s", c.name, code, c.code, errs)
		}
	}
}

// TestEveryRuleAndReasonIsWorded reads the suite's sources for the keys it uses.
func TestEveryRuleAndReasonIsWorded(t *testing.T) {
	t.Parallel()
	words, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range conformance.Rules() {
		if !words.Has("conformance.rule." + r.ID) {
			t.Errorf("rule %s has no text", r.ID)
		}
	}
	for _, m := range fault.Modes() {
		if !words.Has("cli.fault_mode." + m.Name) {
			t.Errorf("mode %s has no text", m.Name)
		}
	}
	files, err := filepath.Glob("../../wire/osb/conformance/*.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	key := regexp.MustCompile(`(?:why\(|s\.skip(?:All)?\([^\n]*?, )"([a-z_]+)"`)
	found := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range key.FindAllStringSubmatch(string(raw), -1) {
			found++
			if !words.Has("conformance.why." + m[1]) {
				t.Errorf("%s: reason %q has no text", file, m[1])
			}
		}
	}
	if found < 80 {
		t.Errorf("only %d reasons were found: the pattern is broken", found)
	}
}
