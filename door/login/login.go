package login

import (
	"cmp"
	"context"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/access"
)

// Config is what the door gets from cmd. The zero durations mean half an hour idle and
// twelve hours in all.
type Config struct {
	Runner *op.Runner
	DB     op.DB
	Ops    access.Ops
	Idle   time.Duration
	Life   time.Duration
	Secure bool        // TLS ends before naru, at a proxy
	Report func(error) // one place to log a fault; never nil
}

// Login is the door.
type Login struct {
	Config
	limits access.Limits
	checks chan struct{} // how many passwords are checked at once
	known  *verified
}

// checksAtOnce bounds the memory that password checks take: 46 MiB each.
const checksAtOnce = 4

// New returns the door.
func New(c Config) *Login {
	return &Login{
		Config: c, checks: make(chan struct{}, checksAtOnce), known: newVerified(),
		limits: access.Limits{Idle: cmp.Or(c.Idle, 30*time.Minute), Life: cmp.Or(c.Life, 12*time.Hour)},
	}
}

// Who tells who a request is from and by which session, which is empty for a request
// that carries its own name and password. Anything doubtful is nobody.
func (l *Login) Who(r *http.Request) (naru.Actor, access.Session, bool) {
	if user, password, ok := r.BasicAuth(); ok {
		a, err := l.Basic(r.Context(), user, naru.NewSecret(password))
		if err != nil {
			l.report(err)
			return naru.Actor{}, access.Session{}, false
		}
		return a, access.Session{}, true
	}
	token, ok := tokenOf(r)
	if !ok {
		return naru.Actor{}, access.Session{}, false
	}
	s, u, ok, err := l.Ops.Resume(r.Context(), l.Runner, token)
	if err != nil {
		l.report(err)
		return naru.Actor{}, access.Session{}, false
	}
	if !ok {
		return naru.Actor{}, access.Session{}, false
	}
	l.touch(r.Context(), s)
	return u.Actor(), s, true
}

// Actor is Who without the session.
func (l *Login) Actor(r *http.Request) (naru.Actor, bool) {
	a, _, ok := l.Who(r)
	return a, ok
}

func (l *Login) touch(ctx context.Context, s access.Session) {
	now := l.Runner.SystemCall("access").Now
	if !s.Stale(now) {
		return
	}
	if err := access.Touch(ctx, l.DB, s.ID, now); err != nil {
		l.report(err)
	}
}

// report logs faults of naru; a refusal is the visitor's own business.
func (l *Login) report(err error) {
	if k := naru.KindOf(err); k == naru.Internal || k == naru.Unavailable {
		l.Report(err)
	}
}

// Issue signs in and returns the token, which a program then sends as a bearer token.
func (l *Login) Issue(ctx context.Context, user string, password naru.Secret) (string, access.Session, error) {
	free, err := l.slot(ctx)
	if err != nil {
		return "", access.Session{}, err
	}
	defer free()
	pass, err := l.Ops.SignIn(ctx, l.Runner, user, password, l.limits)
	if err != nil {
		return "", access.Session{}, err
	}
	return pass.Token.Open(), pass.Session, nil
}

// Basic checks a name and password that come with a request. A pair that fitted is
// remembered until what the user signs in by changes, because a platform sends it many
// times a second; once a day it is checked anew, which stores the day of its use.
func (l *Login) Basic(ctx context.Context, user string, password naru.Secret) (naru.Actor, error) {
	if a, ok, err := l.recall(ctx, user, password); ok || err != nil {
		return a, err
	}
	done, err := l.known.alone(ctx, user, password)
	if err != nil {
		return naru.Actor{}, err
	}
	defer done()
	if a, ok, err := l.recall(ctx, user, password); ok || err != nil {
		return a, err // another request of the same platform was checked meanwhile
	}
	free, err := l.slot(ctx)
	if err != nil {
		return naru.Actor{}, err
	}
	defer free()
	f, err := l.Ops.Verify(ctx, l.Runner, l.DB, user, password)
	if err != nil {
		return naru.Actor{}, err
	}
	l.known.keep(user, password, fit{id: f.User.ID, stamp: f.Stamp, until: f.Until})
	return f.User.Actor(), nil
}

// recall finds a pair that fitted and still does.
func (l *Login) recall(ctx context.Context, user string, password naru.Secret) (naru.Actor, bool, error) {
	id, stamp, ok := l.known.find(user, password, l.Runner.SystemCall("access").Now)
	if !ok {
		return naru.Actor{}, false, nil
	}
	u, current, standing, err := l.Ops.Standing(ctx, l.Runner, id)
	return u.Actor(), err == nil && standing && current == stamp, err
}

// slot waits for one of the places in which a password is checked.
func (l *Login) slot(ctx context.Context) (free func(), err error) {
	select {
	case l.checks <- struct{}{}:
		return func() {
			<-l.checks
			if len(l.checks) == 0 {
				debug.FreeOSMemory() // a check takes 46 MiB that nothing else needs
			}
		}, nil
	case <-ctx.Done():
		return nil, naru.NewError(naru.Unavailable, "access.busy").WithCause(ctx.Err())
	}
}

// tokenOf returns the session token of a request: a bearer token before the cookie.
func tokenOf(r *http.Request) (naru.Secret, bool) {
	if h := r.Header.Get("Authorization"); h != "" {
		scheme, token, ok := strings.Cut(h, " ")
		return naru.NewSecret(token), ok && strings.EqualFold(scheme, "Bearer") && token != ""
	}
	for _, name := range []string{secureCookie, plainCookie} {
		if c, err := r.Cookie(name); err == nil && c.Value != "" {
			return naru.NewSecret(c.Value), true
		}
	}
	return naru.Secret{}, false
}
