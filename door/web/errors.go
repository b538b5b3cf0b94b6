package web

import (
	"errors"
	"net/http"

	"naru"
)

// status is the one table from kind to HTTP status.
func status(k naru.Kind) int {
	switch k {
	case naru.Invalid:
		return http.StatusUnprocessableEntity
	case naru.Denied:
		return http.StatusForbidden
	case naru.NotFound:
		return http.StatusNotFound
	case naru.Conflict:
		return http.StatusConflict
	case naru.Exhausted:
		return http.StatusUnprocessableEntity
	case naru.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// fail shows an error as a page with what to do next. A fault of naru is logged with
// the call's id, and the page shows only that id.
func (q *request) fail(err error) {
	kind := naru.KindOf(err)
	view := errorView{Kind: kind, Status: status(kind)}
	var e *naru.Error
	if errors.As(err, &e) && kind != naru.Internal {
		view.Reason, view.Problems = e.Message, e.Problems
	}
	if kind == naru.Internal {
		view.ID = q.call().ID
		q.Log.Error("web page", "path", q.r.URL.Path, "id", view.ID, "err", err)
	}
	p := q.page(page{Title: q.t("web.error." + string(kind) + ".title")})
	if rerr := q.show(view.Status, p, errorPage(p, view)); rerr != nil {
		q.Log.Error("error page", "err", rerr)
		http.Error(q.w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	}
}

// errorView is what the error page shows.
type errorView struct {
	Kind     naru.Kind
	Status   int
	Reason   naru.Message
	Problems []naru.Problem
	ID       string
}

// lost answers addresses that no page has.
func (s *server) lost(q *request) error {
	return naru.NewError(naru.NotFound, "web.no_page", "path", q.r.URL.Path)
}

// refusal returns the refusal inside an error.
func refusal(err error) (*naru.Error, bool) {
	var e *naru.Error
	ok := errors.As(err, &e)
	return e, ok
}

// formFault returns what a form can show beside its fields when an operation refused;
// any other error is for the error page.
func formFault(err error) (*flash, bool) {
	e, ok := refusal(err)
	if !ok {
		return nil, false
	}
	switch e.Kind {
	case naru.Invalid, naru.Conflict, naru.Exhausted, naru.Unavailable:
		return &flash{Tone: "danger", Message: e.Message, Problems: e.Problems}, true
	}
	return nil, false
}
