package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"naru"
	"naru/wire/api"
)

// status is the table from kind to HTTP status. A used-up budget is a conflict with
// what was granted and not a rate limit, so that no client retries it blindly.
func status(k naru.Kind) int {
	switch k {
	case naru.Invalid:
		return http.StatusUnprocessableEntity
	case naru.Denied:
		return http.StatusForbidden
	case naru.NotFound:
		return http.StatusNotFound
	case naru.Conflict, naru.Exhausted:
		return http.StatusConflict
	case naru.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// retryAfter is how long a client should wait after Unavailable.
const retryAfter = "5"

// refuse answers with the problem document of an error.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, c naru.Call, err error) {
	var known *naru.Error
	switch {
	case errors.As(err, &known):
	case errors.Is(err, context.Canceled):
		return // the caller is gone
	default:
		known = naru.NewError(naru.Internal, "internal")
	}
	if known.Kind == naru.Internal {
		s.Report("rest", fmt.Errorf("call %s %s %s: %w", c.ID, r.Method, r.URL.Path, err))
	}
	if known.Kind == naru.Unavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	s.problem(w, r, c, status(known.Kind), known)
}

func (s *server) problem(w http.ResponseWriter, r *http.Request, c naru.Call, code int, e *naru.Error) {
	lang := language(r)
	p := api.Problem{
		Type: "urn:naru:error:" + string(e.Kind), Title: s.Words.Text(lang, "kind."+string(e.Kind), nil), Status: code,
		Detail: s.Words.Message(lang, e.Message), Kind: string(e.Kind), Key: e.Message.Key,
	}
	if c.ID != "" {
		p.Instance = "urn:naru:call:" + c.ID
	}
	for _, f := range e.Problems {
		p.Errors = append(p.Errors, api.Fault{
			Row: f.Row, Column: f.Column, Field: f.Field, Key: f.Message.Key, Message: s.Words.Message(lang, f.Message),
		})
	}
	data, err := json.Marshal(p)
	if err != nil {
		s.Report("rest", err)
	}
	w.Header().Set("Content-Type", api.ProblemType)
	w.Header().Set("Content-Language", lang)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write(data) // the caller is gone when this fails
}

// language is the first of Korean and English that the caller names; Korean otherwise.
func language(r *http.Request) string {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		switch tag := strings.ToLower(strings.TrimSpace(part)); {
		case strings.HasPrefix(tag, "en"):
			return "en"
		case strings.HasPrefix(tag, "ko"):
			return "ko"
		}
	}
	return "ko"
}
