package fault

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"naru/wire/osb"
)

// front stands before a broker's handler and fails as the switchboard says.
type front struct {
	board    *switchboard
	broker   http.Handler // asks for credentials
	open     http.Handler // does not
	quit     <-chan struct{}
	readings atomic.Int64 // of a moving catalogue
}

// maxBody bounds what is kept of a request that is carried out more than once.
const maxBody = osb.MaxRequestBody + 1

// ServeHTTP carries the request out and spoils the answer, or only one of the two.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	operation := operationOf(r)
	mode, delay := f.board.take(operation)
	if state, ok := stateOf(operation, r); ok && mode.act == actPass {
		say(w, http.StatusOK, state)
		return
	}
	own := newRecorder()
	if mode.Effect {
		// The effect of a broker that lost its platform comes anyway.
		again := r.WithContext(context.WithoutCancel(r.Context()))
		again.Body = io.NopCloser(bytes.NewReader(body))
		handler := f.broker
		if mode.act == actOpen {
			handler = f.open
		}
		handler.ServeHTTP(own, again)
	}
	f.answer(w, r, mode, reply{own, body, delay})
}

// reply is what the correct broker said, and what else an answer may need.
type reply struct {
	own   *recorder
	body  []byte // of the request
	delay time.Duration
}

func (f *front) answer(w http.ResponseWriter, r *http.Request, m Mode, a reply) {
	switch m.act {
	case actAnswer:
		w.Header().Set("Content-Type", jsonType)
		if m.header[0] != "" {
			w.Header().Set(m.header[0], m.header[1])
		}
		w.WriteHeader(m.status)
		_, _ = io.WriteString(w, m.body) // the platform went away: nothing is left to tell it
	case actHang:
		f.wait(r, 0)
		panic(http.ErrAbortHandler)
	case actDrop:
		panic(http.ErrAbortHandler)
	case actCut:
		cutOff(w, a.own)
	case actEmpty:
		copyHeader(w, a.own)
		w.Header().Del("Content-Length")
		w.WriteHeader(a.own.status)
	case actSpoil:
		spoil(w, a.own, m.body)
	case actSlow:
		f.wait(r, a.delay)
		pass(w, a.own)
	case actAsync:
		asyncAnswer(w, r, m.body)
	case actRepeat:
		f.repeat(r, a.body)
		pass(w, a.own)
	case actForget:
		forget(w, r)
	case actCatalog:
		f.catalog(w, m, a.own)
	default:
		pass(w, a.own)
	}
}

// wait waits for the delay, or without one for as long as the platform stays.
func (f *front) wait(r *http.Request, delay time.Duration) {
	var over <-chan time.Time
	if delay > 0 {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
	case <-r.Context().Done():
	case <-f.quit:
	}
}

func pass(w http.ResponseWriter, own *recorder) {
	copyHeader(w, own)
	w.WriteHeader(own.status)
	_, _ = w.Write(own.body.Bytes())
}

func copyHeader(w http.ResponseWriter, own *recorder) {
	for name, values := range own.Header() {
		w.Header()[name] = values
	}
}

func say(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// cutOff announces the whole answer, sends half of it and closes the connection.
func cutOff(w http.ResponseWriter, own *recorder) {
	copyHeader(w, own)
	w.WriteHeader(own.status)
	_, _ = w.Write(own.body.Bytes()[:own.body.Len()/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// spoil puts something into the broker's own object, or behind it.
func spoil(w http.ResponseWriter, own *recorder, what string) {
	body := strings.TrimSpace(own.body.String())
	inner := strings.TrimSuffix(body, "}")
	switch {
	case strings.HasPrefix(what, "}"):
		body += what[1:]
	case inner == "{":
		body = "{" + what + "}"
	default:
		body = inner + "," + what + "}"
	}
	copyHeader(w, own)
	w.Header().Del("Content-Length")
	w.WriteHeader(own.status)
	_, _ = io.WriteString(w, body)
}

// asyncAnswer accepts a change with an operation that polls know; a poll tells its state.
func asyncAnswer(w http.ResponseWriter, r *http.Request, operation string) {
	if strings.HasSuffix(r.URL.Path, "/last_operation") {
		say(w, http.StatusOK, stateText(operation))
		return
	}
	if r.Method == http.MethodGet {
		say(w, http.StatusNotFound, `{}`)
		return
	}
	say(w, http.StatusAccepted, `{"operation":"`+operation+`"}`)
}

// stateOf answers a poll of an operation that a fault began.
func stateOf(operation string, r *http.Request) (string, bool) {
	if operation != opPoll && operation != opPollBinding {
		return "", false
	}
	switch polled := r.URL.Query().Get("operation"); polled {
	case endless, failing:
		return stateText(polled), true
	}
	return "", false
}

func stateText(operation string) string {
	if operation == failing {
		return `{"state":"failed","description":"it did not work"}`
	}
	return `{"state":"in progress"}`
}

// repeat carries a creation out once more, under an id that nobody asked for.
func (f *front) repeat(r *http.Request, body []byte) {
	if r.Method != http.MethodPut {
		return
	}
	again := r.Clone(context.WithoutCancel(r.Context()))
	again.URL.Path += "-twice"
	if again.URL.RawPath != "" {
		again.URL.RawPath += "-twice"
	}
	again.Body = io.NopCloser(bytes.NewReader(body))
	f.broker.ServeHTTP(newRecorder(), again)
}

// forget says that all is well and does nothing.
func forget(w http.ResponseWriter, r *http.Request) {
	status := http.StatusOK
	if r.Method == http.MethodPut {
		status = http.StatusCreated
	}
	say(w, status, `{}`)
}

func (f *front) catalog(w http.ResponseWriter, m Mode, own *recorder) {
	if own.status != http.StatusOK {
		pass(w, own)
		return
	}
	copyHeader(w, own)
	w.Header().Del("ETag")
	w.Header().Del("Content-Length")
	say(w, http.StatusOK, string(spoiled(own.body.Bytes(), m.Name, int(f.readings.Add(1)))))
}
