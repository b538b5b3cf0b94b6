package web

import (
	"net/http"

	"naru"
)

// signInView is what the sign-in page shows.
type signInView struct {
	User, Next, Fault string
	Hints             []Hint
}

func (s *server) signInPage(q *request) error {
	next := local(q.r.URL.Query().Get("next"))
	if q.actor.User != "" {
		return q.redirect(next)
	}
	return q.showSignIn(http.StatusOK, signInView{Next: next})
}

func (q *request) showSignIn(code int, v signInView) error {
	v.Hints = q.Hints
	p := q.page(page{Title: q.t("web.sign_in"), Bare: true})
	return q.show(code, p, signInForm(p, v))
}

// signIn checks name and password. A wrong one comes back to the form, which does not
// say which of the two was wrong.
func (s *server) signIn(q *request) error {
	user, password := q.r.PostFormValue("user"), naru.NewSecret(q.r.PostFormValue("password"))
	next := local(q.r.PostFormValue("next"))
	err := s.SignIn(q.w, q.r, user, password)
	switch naru.KindOf(err) {
	case "":
		return q.redirect(next)
	case naru.Denied, naru.NotFound, naru.Invalid, naru.Exhausted:
		return q.showSignIn(http.StatusUnprocessableEntity, signInView{User: user, Next: next, Fault: q.words(err)})
	}
	return err
}

// words returns the sentence of a refusal.
func (q *request) words(err error) string {
	if e, ok := refusal(err); ok {
		return q.Words.Text(q.prefs.Lang, e.Message.Key, e.Message.Args)
	}
	return q.t("web.error.internal.title")
}

func (s *server) signOut(q *request) error {
	if err := s.SignOut(q.w, q.r); err != nil {
		return err
	}
	return q.done("/sign-in", "web.signed_out")
}

// about says what naru is, what it is not, and whose work its look rests on.
func (s *server) about(q *request) error {
	p := q.page(page{Title: q.t("web.about")})
	return q.show(http.StatusOK, p, aboutPage(p))
}
