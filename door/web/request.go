package web

import (
	"bytes"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"naru"
	"naru/base/identity"
)

// policyHeader allows what naru itself serves and nothing else: no inline script or
// style, no frame around it, no form to elsewhere.
const policyHeader = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// headers sets on every answer what a browser needs to be told.
func (s *server) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policyHeader)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// request is one request being answered.
type request struct {
	*server
	w     http.ResponseWriter
	r     *http.Request
	prefs prefs
	actor naru.Actor // zero when nobody is signed in
}

// handler answers a request; the error it returns is shown as a page.
type handler func(*request) error

// open makes a handler of pages that need no sign-in.
func (s *server) open(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := &request{server: s, w: w, r: r, prefs: prefsOf(r)}
		q.actor, _ = s.Actor(r)
		q.keepLanguage()
		if err := h(q); err != nil {
			q.fail(err)
		}
	}
}

// signedIn makes a handler of pages that need one: others are sent to sign in and
// come back.
func (s *server) signedIn(h handler) http.HandlerFunc {
	return s.open(func(q *request) error {
		if q.actor.User != "" {
			return h(q)
		}
		to := "/sign-in"
		if q.r.Method == http.MethodGet && q.r.URL.Path != "/" {
			to += "?next=" + url.QueryEscape(q.r.URL.RequestURI())
		}
		return q.redirect(to)
	})
}

// call starts a call of the signed-in actor.
func (q *request) call() naru.Call { return q.Runner.CallFor(q.actor) }

// may reports whether a link is worth showing; the operation decides.
func (q *request) may(p identity.Permission) bool { return q.rights.May(q.actor, p) }

// redirect sends the browser to a page of ours with a GET.
func (q *request) redirect(to string) error {
	http.Redirect(q.w, q.r, to, http.StatusSeeOther)
	return nil
}

// partial reports whether htmx asks for a part of the page.
func (q *request) partial() bool { return q.r.Header.Get("HX-Request") == "true" }

// show renders a page inside the frame. The whole page is made before the first byte
// leaves, so that a fault while rendering is an error page and not a torn one.
func (q *request) show(status int, p page, body templ.Component) error {
	return q.render(status, frame(p, body))
}

// render writes a component as an HTML answer.
func (q *request) render(status int, c templ.Component) error {
	var buf bytes.Buffer
	if err := c.Render(q.r.Context(), &buf); err != nil {
		return err
	}
	q.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	q.w.Header().Set("Vary", "Cookie, HX-Request")
	q.w.WriteHeader(status)
	_, _ = q.w.Write(buf.Bytes()) // the browser went away: nothing left to tell it
	return nil
}

// download names the file that the answer is to be saved as.
func (q *request) download(name, contentType string) {
	q.w.Header().Set("Content-Type", contentType)
	q.w.Header().Set("Content-Disposition", `attachment; filename*=UTF-8''`+url.PathEscape(name))
}
