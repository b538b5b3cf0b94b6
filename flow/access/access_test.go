package access_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/base/record"
	"naru/flow/access"
	"naru/internal/testdb"
	"naru/store"
)

const password = "물결치는나루터"

// bed is a database with one operator and a clock that tests move.
type bed struct {
	*op.Runner
	db  *store.DB
	ops access.Ops
	now time.Time
}

var limits = access.Limits{Idle: 30 * time.Minute, Life: 12 * time.Hour}

func each(t *testing.T, test func(t *testing.T, b *bed)) {
	t.Helper()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		ops, err := access.New(rand.Reader)
		fatal(t, err)
		b := &bed{db: db, ops: ops, now: testdb.Noon}
		b.Runner = op.NewRunner(db, func() time.Time { return b.now }, naru.NewIDs(rand.Reader))
		b.create(t, "han", identity.Operator)
		test(t, b)
	})
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (b *bed) create(t *testing.T, id string, role identity.Role) {
	t.Helper()
	in := access.CreateUserIn{User: id, Name: "이름", Role: role, Password: naru.NewSecret(password)}
	_, err := op.Do(t.Context(), b.Runner, b.SystemCall("setup"), b.ops.CreateUser, in)
	fatal(t, err)
}

func (b *bed) signIn(t *testing.T, user, password string) (access.Pass, error) {
	t.Helper()
	return b.ops.SignIn(t.Context(), b.Runner, user, naru.NewSecret(password), limits)
}

func (b *bed) live(t *testing.T, token naru.Secret) bool {
	t.Helper()
	_, _, ok, err := b.ops.Resume(t.Context(), b.Runner, token)
	fatal(t, err)
	return ok
}

func (b *bed) entries(t *testing.T) []record.Entry {
	t.Helper()
	var out []record.Entry
	err := b.db.Read(t.Context(), func(ctx context.Context, tx any) (err error) {
		out, err = tx.(*store.Tx).EntriesFrom(ctx, 0, 1000)
		return err
	})
	fatal(t, err)
	return out
}

func TestSessionEndsWhenIdleWhenOldAndWhenSignedOut(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bed) {
		idle, err := b.signIn(t, " HAN ", password)
		fatal(t, err)
		if !b.live(t, idle.Token) || b.live(t, naru.NewSecret("x")) || b.live(t, naru.NewSecret(idle.Session.ID)) {
			t.Fatal("a session is opened by its token and by nothing else")
		}
		b.now = b.now.Add(limits.Idle)
		if b.live(t, idle.Token) {
			t.Error("a session outlived its idle time")
		}
		old, err := b.signIn(t, "han", password)
		fatal(t, err)
		for range 24 {
			b.now = b.now.Add(29 * time.Minute)
			fatal(t, access.Touch(t.Context(), b.db, old.Session.ID, b.now))
		}
		if !b.live(t, old.Token) {
			t.Error("a session in use ended before its time")
		}
		b.now = old.Session.ExpiresAt
		fatal(t, access.Touch(t.Context(), b.db, old.Session.ID, b.now))
		if b.live(t, old.Token) {
			t.Error("a session outlived its life")
		}
		out, err := b.signIn(t, "han", password)
		fatal(t, err)
		stranger := naru.Actor{User: "lee", Role: "auditor"}
		in := access.SignOutIn{Session: out.Session.ID}
		if _, err := op.Do(t.Context(), b.Runner, b.CallFor(stranger), b.ops.SignOut, in); naru.KindOf(err) != naru.NotFound {
			t.Errorf("a stranger ended a session: %v", err)
		}
		_, err = op.Do(t.Context(), b.Runner, b.CallFor(out.User.Actor()), b.ops.SignOut, in)
		fatal(t, err)
		if b.live(t, out.Token) {
			t.Error("a session outlived its sign-out")
		}
	})
}

func TestAnUnknownNameAWrongPasswordAndADisabledUserLookAlike(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bed) {
		b.create(t, "out", identity.Auditor)
		_, err := op.Do(t.Context(), b.Runner, b.SystemCall("setup"), b.ops.Disable, access.UserIn{User: "out"})
		fatal(t, err)
		tries := map[string]string{"han": "wrong password", "out": password, "nobody": password}
		for user, word := range tries {
			var said []string
			for range 7 {
				_, err := b.signIn(t, user, word)
				said = append(said, err.Error())
			}
			want := strings.Repeat("denied: access.wrong|", 5) + "exhausted: access.locked seconds=2|exhausted: access.locked seconds=2|"
			if got := strings.Join(said, "|") + "|"; got != want {
				t.Errorf("%s: %s", user, got)
			}
		}
		if _, err := b.signIn(t, "han", password); naru.KindOf(err) != naru.Exhausted {
			t.Errorf("the right password during the wait: %v", err)
		}
		b.now = b.now.Add(2 * time.Second)
		if _, err := b.signIn(t, "han", "wrong again"); naru.KindOf(err) != naru.Denied {
			t.Errorf("after the wait: %v", err)
		}
		if _, err := b.signIn(t, "han", password); err == nil || !strings.Contains(err.Error(), "seconds=4") {
			t.Errorf("the second wait: %v", err)
		}
		b.now = b.now.Add(4 * time.Second)
		_, err = b.signIn(t, "han", password)
		fatal(t, err)
		if _, err := b.signIn(t, "han", "wrong"); naru.KindOf(err) != naru.Denied {
			t.Errorf("the count did not start anew after a right password: %v", err)
		}
		b.recordNamesNobodyUnknown(t)
	})
}

// recordNamesNobodyUnknown proves that every failure is recorded, that the record names
// users only, and that it holds no password, hash or token.
func (b *bed) recordNamesNobodyUnknown(t *testing.T) {
	t.Helper()
	failed := map[string]int{}
	for _, e := range b.entries(t) {
		leaf, err := e.Leaf()
		fatal(t, err)
		for _, secret := range []string{password, "wrong", "argon2", "nobody", "이름"} {
			if strings.Contains(string(leaf), secret) {
				t.Errorf("the record holds %q: %s", secret, leaf)
			}
		}
		if e.Op == "access.sign_in_failed" {
			failed[strings.Join(e.Subjects, ",")]++
		}
	}
	if failed["han"] != 7 || failed["out"] != 5 || failed[""] != 5 {
		t.Errorf("failures in the record: %v", failed)
	}
}

func TestANewPasswordEndsOtherSessions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bed) {
		here, err := b.signIn(t, "han", password)
		fatal(t, err)
		there, err := b.signIn(t, "han", password)
		fatal(t, err)
		who := b.CallFor(here.User.Actor())
		in := access.SetPasswordIn{Old: naru.NewSecret("not the old one"), New: naru.NewSecret("새 비밀번호입니다"), Session: here.Session.ID}
		if _, err := op.Do(t.Context(), b.Runner, who, b.ops.SetPassword, in); naru.KindOf(err) != naru.Denied {
			t.Fatalf("a wrong old password: %v", err)
		}
		in.Old = naru.NewSecret(password)
		b.now = b.now.Add(time.Second)
		_, err = op.Do(t.Context(), b.Runner, b.CallFor(here.User.Actor()), b.ops.SetPassword, in)
		fatal(t, err)
		if !b.live(t, here.Token) || b.live(t, there.Token) {
			t.Error("the kept session lives, the other ends")
		}
		if _, err := b.signIn(t, "han", password); naru.KindOf(err) != naru.Denied {
			t.Errorf("the old password: %v", err)
		}
		_, err = b.signIn(t, "han", "새 비밀번호입니다")
		fatal(t, err)
	})
}

func TestOnlyAnOperatorEditsUsers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bed) {
		b.create(t, "aud", identity.Auditor)
		auditor := b.CallFor(naru.Actor{User: "aud", Role: "auditor"})
		in := access.SetPasswordIn{User: "han", New: naru.NewSecret("takeover of han")}
		if _, err := op.Do(t.Context(), b.Runner, auditor, b.ops.SetPassword, in); naru.KindOf(err) != naru.Denied {
			t.Errorf("an auditor set an operator's password: %v", err)
		}
		if _, err := op.Do(t.Context(), b.Runner, auditor, b.ops.Disable, access.UserIn{User: "han"}); naru.KindOf(err) != naru.Denied {
			t.Errorf("an auditor disabled an operator: %v", err)
		}
		operator := b.CallFor(naru.Actor{User: "han", Role: "operator"})
		if _, err := op.Do(t.Context(), b.Runner, operator, b.ops.Disable, access.UserIn{User: "Han"}); naru.KindOf(err) != naru.Conflict {
			t.Errorf("an operator disabled themselves: %v", err)
		}
		pass, err := b.signIn(t, "aud", password)
		fatal(t, err)
		_, err = op.Do(t.Context(), b.Runner, operator, b.ops.Disable, access.UserIn{User: "aud"})
		fatal(t, err)
		if b.live(t, pass.Token) {
			t.Error("a disabled user's session lives")
		}
		list, err := op.Do(t.Context(), b.Runner, operator, b.ops.Users, naru.Page{Limit: 1})
		fatal(t, err)
		rest, err := op.Do(t.Context(), b.Runner, operator, b.ops.Users, naru.Page{After: list.Next})
		fatal(t, err)
		if len(list.Rows) != 1 || list.Rows[0].ID != "aud" || !list.Rows[0].Disabled || len(rest.Rows) != 1 || rest.Rows[0].ID != "han" {
			t.Errorf("users: %+v, %+v", list, rest)
		}
	})
}

func TestNewUsersAreChecked(t *testing.T) {
	t.Parallel()
	good := access.CreateUserIn{User: "kim", Name: "김", Role: identity.Auditor, Password: naru.NewSecret(password)}
	tests := map[string]struct {
		change func(*access.CreateUserIn)
		want   naru.Kind
	}{
		"a good user":                    {func(*access.CreateUserIn) {}, ""},
		"an id with a slash":             {func(in *access.CreateUserIn) { in.User = "naru/x" }, naru.Invalid},
		"a taken id":                     {func(in *access.CreateUserIn) { in.User = "HAN" }, naru.Conflict},
		"no name":                        {func(in *access.CreateUserIn) { in.Name = "" }, naru.Invalid},
		"the role of naru itself":        {func(in *access.CreateUserIn) { in.Role = identity.System }, naru.Invalid},
		"an officer of nowhere":          {func(in *access.CreateUserIn) { in.Role = identity.Officer }, naru.Invalid},
		"an officer of an unknown place": {func(in *access.CreateUserIn) { in.Role, in.Institution = identity.Officer, "inst_x" }, naru.NotFound},
		"a provider that is unknown":     {func(in *access.CreateUserIn) { in.Role, in.Provider = identity.Provider, "prv_x" }, naru.NotFound},
		"a short password":               {func(in *access.CreateUserIn) { in.User, in.Password = "pak", naru.NewSecret("short") }, naru.Invalid},
	}
	each(t, func(t *testing.T, b *bed) {
		for name, tt := range tests {
			in := good
			tt.change(&in)
			_, err := op.Do(t.Context(), b.Runner, b.SystemCall("setup"), b.ops.CreateUser, in)
			if naru.KindOf(err) != tt.want {
				t.Errorf("%s: %v, want %q", name, err, tt.want)
			}
		}
	})
}

func TestEveryOperationFitsTheStore(t *testing.T) {
	t.Parallel()
	ops, err := access.New(rand.Reader)
	fatal(t, err)
	for _, o := range ops.All() {
		if err := o.Fits(&store.Tx{}); err != nil {
			t.Error(err)
		}
	}
}
