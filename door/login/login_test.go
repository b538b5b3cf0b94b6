package login_test

import (
	"crypto/rand"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/door/login"
	"naru/flow/access"
	"naru/flow/inventory"
	"naru/internal/testdb"
	"naru/store"
)

const password = "물결치는나루터"

// site is a web site with a sign-in, and a clock that tests move.
type site struct {
	*httptest.Server
	*op.Runner
	ops    access.Ops
	door   *login.Login
	client *http.Client
	now    time.Time
}

func newSite(t *testing.T, db *store.DB) *site {
	t.Helper()
	ops, err := access.New(rand.Reader)
	fatal(t, err)
	s := &site{ops: ops, now: testdb.Noon}
	s.Runner = op.NewRunner(db, func() time.Time { return s.now }, naru.NewIDs(rand.Reader))
	in := access.CreateUserIn{User: "han", Name: "한", Role: identity.Operator, Password: naru.NewSecret(password)}
	_, err = op.Do(t.Context(), s.Runner, s.SystemCall("setup"), ops.CreateUser, in)
	fatal(t, err)
	s.door = login.New(login.Config{Runner: s.Runner, DB: db, Ops: ops, Report: func(err error) { t.Error(err) }})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /in", func(w http.ResponseWriter, r *http.Request) {
		if err := s.door.SignIn(w, r, r.PostFormValue("user"), naru.NewSecret(r.PostFormValue("password"))); err != nil {
			http.Error(w, string(naru.KindOf(err)), http.StatusUnprocessableEntity)
		}
	})
	mux.HandleFunc("POST /out", func(w http.ResponseWriter, r *http.Request) { fatal(t, s.door.SignOut(w, r)) })
	mux.HandleFunc("GET /me", func(w http.ResponseWriter, r *http.Request) {
		a, _, ok := s.door.Who(r)
		if !ok {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = w.Write([]byte(a.User + " " + s.door.CSRF(r)))
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	jar, err := cookiejar.New(nil)
	fatal(t, err)
	s.client = &http.Client{Jar: jar}
	return s
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// send makes a request with a header and returns the status and the body's words.
func (s *site) send(t *testing.T, method, path, body, authorization string) (int, []string, *http.Response) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	fatal(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	res, err := s.client.Do(req)
	fatal(t, err)
	defer res.Body.Close()
	b := make([]byte, 200)
	n, _ := res.Body.Read(b) // the body is short; its end comes as an error
	return res.StatusCode, strings.Fields(string(b[:n])), res
}

func TestCookieOpensAndClosesASession(t *testing.T) {
	t.Parallel()
	s := newSite(t, testdb.SQLite(t))
	if code, _, _ := s.send(t, "POST", "/in", "user=han&password=wrong", ""); code != http.StatusUnprocessableEntity {
		t.Fatalf("a wrong password: %d", code)
	}
	if code, _, _ := s.send(t, "GET", "/me", "", ""); code != http.StatusUnauthorized {
		t.Fatalf("before signing in: %d", code)
	}
	_, _, res := s.send(t, "POST", "/in", "user=han&password="+password, "")
	set := res.Header.Get("Set-Cookie")
	if !strings.Contains(set, "HttpOnly") || !strings.Contains(set, "SameSite=Lax") {
		t.Errorf("cookie: %s", set)
	}
	_, first, _ := s.send(t, "GET", "/me", "", "")
	if len(first) != 2 || first[0] != "han" || first[1] == "" || strings.Contains(set, first[1]) {
		t.Fatalf("signed in as %v", first)
	}
	token := strings.TrimPrefix(strings.Split(set, ";")[0], "naru_session=")
	s.send(t, "POST", "/in", "user=han&password="+password, "") // again, in the same browser
	if code, _, _ := s.send(t, "GET", "/me", "", "Bearer "+token); code != http.StatusUnauthorized {
		t.Errorf("the earlier session lives after signing in again: %d", code)
	}
	_, second, _ := s.send(t, "GET", "/me", "", "")
	if second[1] == first[1] {
		t.Error("two sessions share a form token")
	}
	s.send(t, "POST", "/out", "", "")
	if code, _, _ := s.send(t, "GET", "/me", "", ""); code != http.StatusUnauthorized {
		t.Errorf("after signing out: %d", code)
	}
}

func TestUseKeepsASessionAliveAndIdlenessEndsIt(t *testing.T) {
	t.Parallel()
	s := newSite(t, testdb.SQLite(t))
	token, _, err := s.door.Issue(t.Context(), "han", naru.NewSecret(password))
	fatal(t, err)
	for range 4 {
		s.now = s.now.Add(20 * time.Minute)
		if code, _, _ := s.send(t, "GET", "/me", "", "Bearer "+token); code != http.StatusOK {
			t.Fatalf("in use: %d", code)
		}
	}
	s.now = s.now.Add(30 * time.Minute)
	if code, _, _ := s.send(t, "GET", "/me", "", "Bearer "+token); code != http.StatusUnauthorized {
		t.Errorf("idle: %d", code)
	}
}

func TestBasicFollowsTheUser(t *testing.T) {
	t.Parallel()
	s := newSite(t, testdb.SQLite(t))
	me := func(user, password string) int {
		req, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/me", nil)
		fatal(t, err)
		req.SetBasicAuth(user, password)
		res, err := s.client.Do(req)
		fatal(t, err)
		return statusOf(res)
	}
	if a, b := me("han", password), me("han", "other password"); a != 200 || b != 401 {
		t.Fatalf("right %d, wrong %d", a, b)
	}
	in := access.SetPasswordIn{User: "han", New: naru.NewSecret("another password")}
	s.now = s.now.Add(time.Second)
	_, err := op.Do(t.Context(), s.Runner, s.SystemCall("setup"), s.ops.SetPassword, in)
	fatal(t, err)
	if a, b := me("han", password), me("han", "another password"); a != 401 || b != 200 {
		t.Errorf("after a change: old %d, new %d", a, b)
	}
	_, err = op.Do(t.Context(), s.Runner, s.SystemCall("setup"), s.ops.Disable, access.UserIn{User: "han"})
	fatal(t, err)
	if code := me("han", "another password"); code != 401 {
		t.Errorf("disabled: %d", code)
	}
}

func statusOf(res *http.Response) int {
	defer res.Body.Close()
	return res.StatusCode
}

func TestFormTokenBelongsToItsSession(t *testing.T) {
	t.Parallel()
	s := newSite(t, testdb.SQLite(t))
	request := func() *http.Request {
		token, _, err := s.door.Issue(t.Context(), "han", naru.NewSecret(password))
		fatal(t, err)
		r := httptest.NewRequest("POST", "/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		return r
	}
	a, b := request(), request()
	if !s.door.CheckCSRF(a, s.door.CSRF(a)) || s.door.CheckCSRF(a, s.door.CSRF(b)) || s.door.CheckCSRF(a, "") {
		t.Error("a form token fits its own session only")
	}
	if none := httptest.NewRequest("POST", "/", nil); s.door.CheckCSRF(none, s.door.CSRF(none)) {
		t.Error("a request without a session has no form token")
	}
}

func TestOverTLSTheCookieIsBoundToTheHost(t *testing.T) {
	t.Parallel()
	s := newSite(t, testdb.SQLite(t))
	r := httptest.NewRequest("POST", "https://naru.test/in", nil) // sets r.TLS
	w := httptest.NewRecorder()
	fatal(t, s.door.SignIn(w, r, "han", naru.NewSecret(password)))
	set := w.Header().Get("Set-Cookie")
	if !strings.HasPrefix(set, "__Host-naru=") || !strings.Contains(set, "Secure") || !strings.Contains(set, "Path=/") || strings.Contains(set, "Domain") {
		t.Errorf("cookie: %s", set)
	}
}

func TestARememberedPlatformStopsWhenItsPasswordIsRevoked(t *testing.T) {
	t.Parallel()
	s := newSite(t, testdb.SQLite(t))
	home := office(t, s)
	made, err := op.Do(t.Context(), s.Runner, s.SystemCall("setup"), s.ops.PlatformCreate, access.PlatformCreateIn{Name: "플랫폼", Institution: home})
	fatal(t, err)
	ask := func() error {
		_, err := s.door.Basic(t.Context(), made.User, naru.NewSecret(made.Password))
		return err
	}
	day := func() naru.Date {
		p, err := op.Do(t.Context(), s.Runner, s.SystemCall("setup"), s.ops.Platform, access.PlatformIn{User: made.User})
		fatal(t, err)
		return p.Credentials[0].LastUsed
	}
	for range 2 {
		fatal(t, ask())
	}
	if day() != naru.DateOf(s.now) {
		t.Errorf("last used on %q", day())
	}
	s.now = s.now.AddDate(0, 0, 1)
	fatal(t, ask())
	if day() != naru.DateOf(s.now) {
		t.Errorf("last used on %q, a day later", day())
	}
	revoke := access.PlatformRevokeIn{User: made.User, Credential: made.Credential}
	_, err = op.Do(t.Context(), s.Runner, s.SystemCall("setup"), s.ops.PlatformRevoke, revoke)
	fatal(t, err)
	if err := ask(); naru.KindOf(err) != naru.Denied {
		t.Errorf("after the revocation: %v", err)
	}
}

// office makes an institution and returns its id.
func office(t *testing.T, s *site) string {
	t.Helper()
	in := inventory.ImportInstitutionsIn{Source: "test", Rows: []inventory.InstitutionRow{{Code: "1", Value: inventory.Institution{Code: "1", Name: "기관", Kind: "central"}}}}
	_, err := op.Do(t.Context(), s.Runner, s.SystemCall("setup"), inventory.ImportInstitutions, in)
	fatal(t, err)
	list, err := op.Do(t.Context(), s.Runner, s.SystemCall("setup"), inventory.ListInstitutions, inventory.ListInstitutionsIn{})
	fatal(t, err)
	return string(list.Rows[0].ID)
}
