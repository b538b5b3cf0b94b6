package testbroker

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// Mode is one way a broker fails.
type Mode int

// The ways. A mode hits every request except the catalogue, which stays readable unless the mode says so.
const (
	// Pass forwards.
	Pass Mode = iota
	// Down closes every connection at once, the catalogue's too; nothing is forwarded.
	Down
	// Hang takes the request and never answers; nothing is forwarded.
	Hang
	// HangAfter forwards, so that the effect happens, and never answers.
	HangAfter
	// Drop forwards, so that the effect happens, and closes the connection without an answer.
	Drop
	// Error500 answers 500 without forwarding.
	Error500
	// Error500After forwards, so that the effect happens, and answers 500.
	Error500After
	// Malformed201 forwards and answers 201 with half of a JSON object.
	Malformed201
	// Empty200 forwards and answers 200 without a body.
	Empty200
	// NoContent204 forwards and answers 204.
	NoContent204
	// NeverEnding forwards nothing: it answers 202 to a change and "in progress" to every poll.
	NeverEnding
	// Dawdle answers "in progress" to every poll, whatever became of the operation, and forwards the rest.
	Dawdle
	// FailedOperation answers 202 to a change without forwarding and "failed" to every poll.
	FailedOperation
	// Slow forwards only when the test calls Release, and answers then.
	Slow
	// Gone410 answers 410 with an empty object without forwarding: "not known here".
	Gone410
	// Garbage answers 200 with a page of HTML to everything, the catalogue too; nothing is forwarded.
	Garbage
	// Busy answers 422 ConcurrencyError without forwarding.
	Busy
	// Listless answers 404 to the listing, as a broker without that extension does, and forwards the rest.
	Listless
)

// Front stands before a broker and fails on demand. It keeps count of what it let through.
type Front struct {
	URL   string
	proxy http.Handler
	quit  chan struct{}
	slow  chan struct{}
	came  chan struct{}

	mu        sync.Mutex
	mode      Mode
	forwarded map[string]int
}

// NewFront serves a front before the broker at target, over real HTTP, until the test ends.
func NewFront(t testing.TB, target string) *Front {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	return serveFront(t, &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) }})
}

// NewFrontOver serves a front before a handler of the test's own.
func NewFrontOver(t testing.TB, h http.Handler) *Front {
	t.Helper()
	return serveFront(t, h)
}

func serveFront(t testing.TB, h http.Handler) *Front {
	f := &Front{proxy: h, quit: make(chan struct{}), slow: make(chan struct{}), came: make(chan struct{}, 1), forwarded: map[string]int{}}
	server := httptest.NewServer(f)
	f.URL = server.URL
	t.Cleanup(func() {
		close(f.quit)
		server.CloseClientConnections()
		server.Close()
	})
	return f
}

// Set chooses how requests fail from now on.
func (f *Front) Set(m Mode) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mode = m
}

// Forwarded returns how many requests of the method reached the broker.
func (f *Front) Forwarded(method string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.forwarded[method]
}

func (f *Front) current() Mode {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mode
}

// ServeHTTP fails as the mode says, or forwards.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mode := f.current()
	if mode == Down {
		panic(http.ErrAbortHandler)
	}
	if mode == Pass || r.URL.Path == "/v2/catalog" && mode != Garbage {
		f.forward(w, r)
		return
	}
	switch mode {
	case Slow:
		f.late(w, r)
		return
	case Listless:
		if r.URL.Path == "/v2/service_instances" {
			say(w, http.StatusNotFound, `{}`)
			return
		}
		f.forward(w, r)
		return
	case Dawdle:
		if polls(r) {
			say(w, http.StatusOK, `{"state":"in progress"}`)
			return
		}
		f.forward(w, r)
		return
	case HangAfter, Drop, Error500After, Malformed201, Empty200, NoContent204:
		f.forward(httptest.NewRecorder(), r)
	}
	f.fail(mode, w, r)
}

func (f *Front) forward(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.forwarded[r.Method]++
	f.mu.Unlock()
	f.proxy.ServeHTTP(w, r)
}

// Release lets one request that waits in mode Slow through; it waits until there is one.
func (f *Front) Release(t testing.TB) {
	t.Helper()
	select {
	case f.slow <- struct{}{}:
	case <-t.Context().Done():
	}
}

// Await waits until a request waits in mode Slow.
func (f *Front) Await(t testing.TB) {
	t.Helper()
	select {
	case <-f.came:
	case <-t.Context().Done():
	}
}

// late forwards after Release, also when the client left: the effect of a slow broker comes anyway.
func (f *Front) late(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	select {
	case f.came <- struct{}{}:
	default:
	}
	select {
	case <-f.slow:
	case <-f.quit:
		panic(http.ErrAbortHandler)
	}
	r = r.WithContext(context.WithoutCancel(r.Context()))
	r.Body = io.NopCloser(bytes.NewReader(body))
	f.forward(w, r)
}

func (f *Front) fail(mode Mode, w http.ResponseWriter, r *http.Request) {
	switch mode {
	case Hang, HangAfter:
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not notice that the client left
		select {
		case <-r.Context().Done():
		case <-f.quit:
		}
		panic(http.ErrAbortHandler)
	case Drop:
		panic(http.ErrAbortHandler)
	case Error500, Error500After:
		say(w, http.StatusInternalServerError, `{"description":"the broker fell over"}`)
	case Malformed201:
		say(w, http.StatusCreated, `{"dashboard_url":`)
	case Empty200:
		say(w, http.StatusOK, "")
	case NoContent204:
		w.WriteHeader(http.StatusNoContent)
	case Gone410:
		say(w, http.StatusGone, `{}`)
	case Garbage:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html><body>Sign in first</body></html>")
	case Busy:
		say(w, http.StatusUnprocessableEntity, `{"error":"ConcurrencyError","description":"busy"}`)
	case NeverEnding:
		poll(w, r, `{"state":"in progress"}`)
	case FailedOperation:
		poll(w, r, `{"state":"failed","description":"it did not work"}`)
	}
}

func polls(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/last_operation") }

// poll answers a poll with state, a change with 202 and anything else with 404.
func poll(w http.ResponseWriter, r *http.Request, state string) {
	switch {
	case polls(r):
		say(w, http.StatusOK, state)
	case r.Method == http.MethodGet:
		say(w, http.StatusNotFound, `{}`)
	default:
		say(w, http.StatusAccepted, `{"operation":"endless"}`)
	}
}

func say(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}
