package login

import (
	"net/http"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/access"
)

// The cookies of a session. Over TLS the name begins with __Host-, which makes the
// browser refuse a cookie that another host or an unsafe page planted (RFC 6265bis).
const (
	secureCookie = "__Host-naru"
	plainCookie  = "naru_session"
)

// SignIn checks name and password and sets the session's cookie. A session the browser
// had before is ended, so that signing in never continues somebody else's.
func (l *Login) SignIn(w http.ResponseWriter, r *http.Request, user string, password naru.Secret) error {
	token, s, err := l.Issue(r.Context(), user, password)
	if err != nil {
		return err
	}
	if err := l.end(r); err != nil {
		l.report(err)
	}
	l.set(w, r, token, s.ExpiresAt.Sub(s.CreatedAt))
	return nil
}

// SignOut ends the session of a request and takes the cookie back.
func (l *Login) SignOut(w http.ResponseWriter, r *http.Request) error {
	err := l.end(r)
	for _, c := range []http.Cookie{{Name: secureCookie, Secure: true}, {Name: plainCookie}} {
		c.Path, c.MaxAge, c.HttpOnly, c.SameSite = "/", -1, true, http.SameSiteLaxMode
		http.SetCookie(w, &c)
	}
	return err
}

// end ends the session a request carries, if any.
func (l *Login) end(r *http.Request) error {
	token, ok := tokenOf(r)
	if !ok {
		return nil
	}
	s, u, ok, err := l.Ops.Resume(r.Context(), l.Runner, token)
	if err != nil || !ok {
		return err
	}
	_, err = op.Do(r.Context(), l.Runner, l.Runner.CallFor(u.Actor()), l.Ops.SignOut, access.SignOutIn{Session: s.ID})
	return err
}

// set gives the cookie. Lax lets a link in a mail open a page signed in, and keeps the
// cookie from every form of another site.
func (l *Login) set(w http.ResponseWriter, r *http.Request, token string, life time.Duration) {
	c := http.Cookie{
		Name: plainCookie, Value: token, Path: "/", MaxAge: int(life / time.Second),
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if l.Secure || r.TLS != nil {
		c.Name, c.Secure = secureCookie, true
	}
	http.SetCookie(w, &c)
}

// CSRF returns the token that forms of the request's session carry, "" without one.
func (l *Login) CSRF(r *http.Request) string {
	token, ok := tokenOf(r)
	if !ok {
		return ""
	}
	return access.CSRF(token)
}

// CheckCSRF reports whether a form's token belongs to the request's session.
func (l *Login) CheckCSRF(r *http.Request, form string) bool {
	token, ok := tokenOf(r)
	return ok && access.CheckCSRF(token, form)
}
