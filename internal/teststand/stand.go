// Package teststand puts a whole naru together for tests of the web door (화면 시험대):
// a real database, a small synthetic nation, accounts of every role and the pages.
package teststand

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/base/policy"
	"naru/door/login"
	"naru/door/osb"
	"naru/door/web"
	"naru/flow"
	"naru/flow/access"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/flow/law"
	"naru/flow/ledger"
	"naru/internal/testdb"
	"naru/locale"
	instruments "naru/packs/law"
	"naru/store"
)

// Stand is a running naru.
type Stand struct {
	flow.Steps
	DB     *store.DB
	Runner *op.Runner
	Web    *web.Door
	Office inventory.Institution // the institution of officer and approver
	Seller catalog.Provider      // the provider of the role provider
	Order  contract.OrderID      // an approved order of the office
	Draft  law.DraftID           // a draft that nobody proposed yet

	login    *login.Login
	accounts map[string]naru.Actor
	running  atomic.Pointer[time.Time] // since when the clock runs; nil = it stands at noon
}

// Password is that of every account of the stand.
const Password = "naru-example-1"

// New puts naru together on a fresh SQLite database.
func New(t testing.TB) *Stand {
	t.Helper()
	db := testdb.SQLite(t)
	s := &Stand{DB: db, accounts: map[string]naru.Actor{}}
	s.Runner = op.NewRunner(db, s.now, naru.NewIDs(rand.Reader))
	published, err := policy.Load(inventory.Facts(), instruments.Files)
	if err != nil {
		t.Fatal(err)
	}
	signer, verifier := s.sign(t)
	if s.Steps, err = flow.New(published, verifier, rand.Reader); err != nil {
		t.Fatal(err)
	}
	s.nation(t)
	s.market(t)
	s.people(t)
	s.second(t)
	Do(t, s, s.As(identity.Operator), s.Decide.Run, decide.RunIn{})
	s.trade(t)
	s.lawmaking(t)
	if _, err := ledger.Sign(context.Background(), s.DB, signer); err != nil {
		t.Fatal(err)
	}
	words, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	s.Web, err = web.New(s.deps(words, slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Web.Close)
	return s
}

// now is noon, and from there on once the clock runs.
func (s *Stand) now() time.Time {
	if since := s.running.Load(); since != nil {
		return testdb.Noon.Add(time.Since(*since))
	}
	return testdb.Noon
}

// RunClock lets time pass, for what is polled or compared by its time.
func (s *Stand) RunClock() {
	now := time.Now()
	s.running.Store(&now)
}

func (s *Stand) deps(words web.Words, log *slog.Logger) web.Deps {
	d := web.Deps{
		Runner: s.Runner, Words: words, Log: log,
		Actor: s.login.Actor, SignIn: s.login.SignIn, SignOut: s.login.SignOut, Access: s.Access, Sheets: sheets(s.Runner), Law: s.Law,
		Decide: s.Decide, Plan: s.Plan, Ledger: s.Ledger, Match: s.Match, Contract: s.Contract, Provision: s.Provision, Operations: s.All(),
	}
	for _, r := range identity.Roles() {
		if r != identity.Platform {
			d.Hints = append(d.Hints, web.Hint{User: string(r), Password: Password, Role: r})
		}
	}
	return d
}

func names() map[identity.Role]string {
	return map[identity.Role]string{
		identity.Officer: "김나루", identity.Approver: "이승인", identity.Provider: "박공급", identity.Ministry: "최부처",
		identity.Auditor: "정감사", identity.Operator: "한운영", identity.Platform: "platform",
	}
}

// people gives every role an account and lets it sign in.
func (s *Stand) people(t testing.TB) {
	t.Helper()
	for _, r := range identity.Roles() {
		in := access.CreateUserIn{User: string(r), Name: names()[r], Role: r, Password: naru.NewSecret(Password)}
		switch r {
		case identity.Officer, identity.Approver, identity.Platform:
			in.Institution = string(s.Office.ID)
		case identity.Provider:
			in.Provider = string(s.Seller.ID)
		}
		out, err := op.Do(t.Context(), s.Runner, s.Runner.SystemCall("setup"), s.Access.CreateUser, in)
		if err != nil {
			t.Fatalf("account %s: %v", r, err)
		}
		s.accounts[string(r)] = out.Actor()
	}
	s.login = login.New(login.Config{Runner: s.Runner, DB: s.DB, Ops: s.Access, Report: func(err error) { t.Log(err) }})
}

// Site is the pages with the door of platforms beside them, as cmd/naru puts them together.
func (s *Stand) Site(t testing.TB) http.Handler {
	t.Helper()
	words, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/osb/", http.StripPrefix("/osb", osb.New(osb.Config{
		Runner: s.Runner, Ops: s.Provision, Say: func(m naru.Message) string { return words.Message("ko", m) },
		SignIn: func(ctx context.Context, user, password string) (naru.Actor, error) {
			return s.login.Basic(ctx, user, naru.NewSecret(password))
		},
		Report: func(_ *http.Request, err error) { t.Log(err) },
	})))
	mux.Handle("/", s.Web)
	return mux
}

// As returns the actor of a role.
func (s *Stand) As(r identity.Role) naru.Actor { return s.accounts[string(r)] }

// Do runs an operation as a role and fails the test when it is refused.
func Do[S, In, Out any](t testing.TB, s *Stand, a naru.Actor, o op.Op[S, In, Out], in In) Out {
	t.Helper()
	out, err := op.Do(context.Background(), s.Runner, s.Runner.CallFor(a), o, in)
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", o.Info().Name, err))
	}
	return out
}
