package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"naru/base/op"
	"naru/flow/inventory"
	"naru/wire/api"
)

// update is the flag that writes golden files anew.
const update = "update"

// programsDoor is the REST door of a whole naru on a fresh SQLite database, with the
// example nation and an account of every role.
type programsDoor struct {
	*system
	http.Handler
	people map[string]string // password by user
}

func openPrograms(t *testing.T) *programsDoor {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	s, err := open(t.Context(), config{Dir: t.TempDir(), Origin: "naru.test/record"}, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	if _, _, err := s.settle(t.Context(), 120); err != nil {
		t.Fatal(err)
	}
	list, err := s.accounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d := &programsDoor{system: s, people: map[string]string{}}
	for _, p := range list {
		d.people[p.User] = p.Password
	}
	if d.Handler, err = s.programs(); err != nil {
		t.Fatal(err)
	}
	return d
}

// ask sends a request as a user, or as nobody, and returns the answer.
func (d *programsDoor) ask(user, lang, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
	r.Header.Set("Accept-Language", lang)
	r.Header.Set("Content-Type", "application/json")
	if user != "" {
		r.SetBasicAuth(user, d.people[user])
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

// refused reads the error document of an answer that must have the status.
func refused(t *testing.T, w *httptest.ResponseRecorder, status int) api.Problem {
	t.Helper()
	var p api.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("status %d: %v: %s", w.Code, err, w.Body)
	}
	if w.Code != status || p.Status != status || w.Header().Get("Content-Type") != api.ProblemType {
		t.Errorf("answer is %d %s, want %d: %s", w.Code, w.Header().Get("Content-Type"), status, w.Body)
	}
	if p.Detail == "" || p.Detail == p.Key {
		t.Errorf("refusal says too little: %+v", p)
	}
	return p
}

func TestRESTRefusesInBothLanguages(t *testing.T) {
	t.Parallel()
	d := openPrograms(t)
	w := d.ask("", "en", "GET", "/api/inventory/systems", "")
	refused(t, w, http.StatusUnauthorized)
	if !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Bearer") {
		t.Error("the answer to nobody does not say how to sign in")
	}
	const budget = `{"institution":"any","year":2026,"amount":1}`
	details := map[string]string{}
	for lang, word := range map[string]string{"ko": "권한", "en": "permission"} {
		p := refused(t, d.ask("auditor", lang, "POST", "/api/contract/budgets", budget), http.StatusForbidden)
		if p.Key != "identity.no_permission" || p.Kind != "denied" || !strings.Contains(p.Detail, word) || !strings.Contains(p.Detail, "contract.budget") || p.CallID() == "" {
			t.Errorf("%s: denial is %+v", lang, p)
		}
		details[lang] = p.Detail
	}
	if details["ko"] == details["en"] {
		t.Error("both languages say the same")
	}
	refused(t, d.ask("auditor", "ko", "GET", "/api/nowhere", ""), http.StatusNotFound)
}

func TestRESTHidesTheSystemsOfOtherInstitutions(t *testing.T) {
	t.Parallel()
	d := openPrograms(t)
	home, err := d.homeOf(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	list, err := op.Do(t.Context(), d.runner, d.asOperator(), inventory.ListSystems, inventory.ListSystemsIn{})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list.Rows, func(r inventory.SystemRow) bool { return string(r.Institution) != home })
	if i < 0 {
		t.Fatal("every system is of one institution")
	}
	path := "/api/inventory/systems/" + string(list.Rows[i].ID)
	if w := d.ask("auditor", "ko", "GET", path, ""); w.Code != http.StatusOK {
		t.Errorf("the auditor gets %d: %s", w.Code, w.Body)
	}
	other := refused(t, d.ask("officer", "ko", "GET", path, ""), http.StatusNotFound)
	none := refused(t, d.ask("officer", "ko", "GET", "/api/inventory/systems/sys-that-is-not", ""), http.StatusNotFound)
	if other.Key != none.Key {
		t.Errorf("a foreign system is refused as %s and none as %s: the difference tells that it is there", other.Key, none.Key)
	}
}

func TestRESTImportPointsAtTheFaults(t *testing.T) {
	t.Parallel()
	d := openPrograms(t)
	const file = "기관코드,시스템 관리번호,정보시스템명,정보시스템 등급\n" +
		"0000000,SYN-1,가상 민원,두번째\n" +
		"0000000,,이름만,2\n"
	p := refused(t, d.ask("operator", "en", "POST", api.ImportPath+"?name=systems.csv", file), http.StatusUnprocessableEntity)
	places := map[string]bool{}
	for _, f := range p.Errors {
		places[fmt.Sprintf("%s%d", f.Column, f.Row)] = true
		if f.Message == "" || f.Message == f.Key {
			t.Errorf("fault without words: %+v", f)
		}
	}
	if !places["D2"] || !places["B3"] {
		t.Errorf("cells D2 and B3 are at fault, told were %+v", p.Errors)
	}
	list, err := op.Do(t.Context(), d.runner, d.asOperator(), inventory.ListSystems, inventory.ListSystemsIn{Filter: inventory.Filter{Query: "가상 민원"}})
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(list.Rows, func(r inventory.SystemRow) bool { return r.Code == "SYN-1" }) {
		t.Error("a row of a refused file was written")
	}
}

func TestOpenAPIHoldsEveryOperation(t *testing.T) {
	t.Parallel()
	d := openPrograms(t)
	w := d.ask("", "en", "GET", api.OpenAPIPath, "")
	var doc struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]struct {
			OperationID string `json:"operationId"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || w.Code != http.StatusOK {
		t.Fatalf("status %d: %v", w.Code, err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") {
		t.Errorf("the document is OpenAPI %q", doc.OpenAPI)
	}
	found := map[string]bool{}
	var lines []string
	for path, methods := range doc.Paths {
		for method, o := range methods {
			found[o.OperationID] = true
			lines = append(lines, fmt.Sprintf("%s %s %s\n", path, strings.ToUpper(method), o.OperationID))
		}
	}
	for _, o := range d.steps.All() {
		if !found[o.Info().Name] {
			t.Errorf("%s is not in the document", o.Info().Name)
		}
	}
	slices.Sort(lines)
	golden(t, "openapi-paths.txt", []byte(strings.Join(lines, "")))
}

// golden compares with a file of testdata; with -update it writes the file.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if flag.Lookup(update).Value.String() == "true" {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; look at the change and run go test ./cmd/naru -update\n%s", path, got)
	}
}
