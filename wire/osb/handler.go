package osb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// What the handler takes of a request. Beyond a limit of a body or of parameters it answers 413, beyond
// that of an id 400: the specification sets none, but whatever keeps an id has one.
const (
	MaxRequestBody = 1 << 20
	MaxParameters  = 64 << 10
	MaxID          = 1500
)

// Authenticate decides who calls: it returns the context for the Broker, or an error. An *Error
// is answered as it is; any other error becomes 401.
type Authenticate func(*http.Request) (context.Context, error)

// HandlerOption changes a Handler.
type HandlerOption func(*handler)

// WithErrorLog reports errors that were answered as 500 without their text.
func WithErrorLog(report func(*http.Request, error)) HandlerOption {
	return func(h *handler) { h.report = report }
}

type handler struct {
	broker Broker
	auth   Authenticate
	report func(*http.Request, error)
	mux    *http.ServeMux
}

// Handler serves b over HTTP. Checks run in this order: credentials (401), API version (412), originating
// identity and ids (400), content type (400), size (413), body (400); then the Broker decides.
func Handler(b Broker, auth func(*http.Request) (context.Context, error), options ...HandlerOption) http.Handler {
	h := &handler{broker: b, auth: auth, report: func(*http.Request, error) {}, mux: http.NewServeMux()}
	for _, option := range options {
		option(h)
	}
	h.routes()
	return h
}

const (
	instancePath = "/v2/service_instances/{instance_id}"
	bindingPath  = instancePath + "/service_bindings/{binding_id}"
)

func (h *handler) routes() {
	h.handle("GET /v2/catalog", h.catalog)
	h.handle("PUT "+instancePath, h.provision)
	h.handle("GET "+instancePath, h.getInstance)
	h.handle("PATCH "+instancePath, h.update)
	h.handle("DELETE "+instancePath, h.deprovision)
	h.handle("GET "+instancePath+"/last_operation", h.lastOperation)
	h.handle("PUT "+bindingPath, h.bind)
	h.handle("GET "+bindingPath, h.getBinding)
	h.handle("DELETE "+bindingPath, h.unbind)
	h.handle("GET "+bindingPath+"/last_operation", h.lastBindingOperation)
	if reporter, ok := h.broker.(UsageReporter); ok {
		h.handle("GET /v2/usage", usageEndpoint(reporter))
		h.handle("GET "+instancePath+"/usage", usageEndpoint(reporter))
	}
	if lister, ok := h.broker.(Lister); ok {
		h.handle("GET /v2/service_instances", listEndpoint(lister))
	}
	for _, path := range []string{"/v2/catalog", instancePath, instancePath + "/last_operation", bindingPath, bindingPath + "/last_operation"} {
		h.handle(path, func(*http.Request) (answer, error) {
			return answer{}, &Error{Status: http.StatusMethodNotAllowed, Description: "method not allowed"}
		})
	}
	h.handle("/", func(*http.Request) (answer, error) { return answer{}, NotFound("no such resource") })
}

// answer is what an endpoint says: status, body and the headers the specification names.
type answer struct {
	status     int
	body       any
	raw        []byte
	etag       string
	changed    time.Time
	retryAfter time.Duration
}

type endpoint func(*http.Request) (answer, error)

func (h *handler) handle(pattern string, e endpoint) {
	h.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		err := checkIDs(r)
		var a answer
		if err == nil {
			a, err = e(r)
		}
		if err != nil {
			h.refuse(w, r, err)
			return
		}
		a.write(w)
	})
}

// ServeHTTP authenticates, checks the headers every request must carry, and routes.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if id := r.Header.Get(HeaderRequestID); id != "" {
		w.Header().Set(HeaderRequestID, id)
	}
	ctx, err := h.auth(r)
	if err != nil {
		h.refuse(w, r, unauthorized(err))
		return
	}
	if err := checkVersion(r.Header.Get(HeaderVersion)); err != nil {
		h.refuse(w, r, err)
		return
	}
	if header := r.Header.Get(HeaderIdentity); header != "" {
		if _, err := ParseIdentity(header); err != nil {
			h.refuse(w, r, BadRequest(err.Error()))
			return
		}
	}
	if err := checkPath(r.URL); err != nil {
		h.refuse(w, r, err)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, MaxRequestBody)
	h.mux.ServeHTTP(w, r.WithContext(ctx))
}

func unauthorized(err error) error {
	var refusal *Error
	if errors.As(err, &refusal) {
		return refusal
	}
	return &Error{Status: http.StatusUnauthorized, Description: "authentication required"}
}

// checkPath refuses an empty id and one that a path cleaner would take for a step: the router would answer
// those with a redirect.
func checkPath(u *url.URL) error {
	path := u.EscapedPath()
	for part := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if part == "" || part == "." || part == ".." {
			return BadRequest("the path holds an empty id, or one that must be percent-encoded")
		}
	}
	return nil
}

// checkIDs refuses ids that nothing can keep: not text, or longer than MaxID bytes.
func checkIDs(r *http.Request) error {
	for _, name := range []string{"instance_id", "binding_id"} {
		id := r.PathValue(name)
		if len(id) > MaxID || !utf8.ValidString(id) || strings.ContainsRune(id, 0) {
			return BadRequest(fmt.Sprintf("%s must be UTF-8 text of at most %d bytes", name, MaxID))
		}
	}
	return nil
}

var supportedVersion = regexp.MustCompile(`^2\.\d{1,4}$`)

func checkVersion(header string) error {
	if supportedVersion.MatchString(header) {
		return nil
	}
	return &Error{
		Status:      http.StatusPreconditionFailed,
		Description: HeaderVersion + " must be 2.x, this broker speaks " + Version,
	}
}

func (a answer) write(w http.ResponseWriter) {
	if a.etag != "" {
		w.Header().Set("ETag", a.etag)
	}
	if !a.changed.IsZero() {
		w.Header().Set("Last-Modified", a.changed.UTC().Format(http.TimeFormat))
	}
	setRetryAfter(w, a.retryAfter)
	if a.status == http.StatusNotModified {
		w.WriteHeader(a.status)
		return
	}
	body := a.raw
	if body == nil {
		var buf bytes.Buffer
		if err := json.NewEncoder(&buf).Encode(a.body); err != nil {
			a.status = http.StatusInternalServerError
			buf.Reset()
			buf.WriteString(`{"description":"internal error"}`)
		}
		body = buf.Bytes()
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(body) // the platform went away: nothing is left to tell it
}

func setRetryAfter(w http.ResponseWriter, d time.Duration) {
	if d > 0 {
		seconds := int64((d + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
}

type errorBody struct {
	Code             string `json:"error,omitempty"`
	Description      string `json:"description,omitempty"`
	InstanceUsable   *bool  `json:"instance_usable,omitempty"`
	UpdateRepeatable *bool  `json:"update_repeatable,omitempty"`
}

// refuse answers an error; the fields that only failed updates and deletions may carry are dropped elsewhere.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var refusal *Error
	if !errors.As(err, &refusal) {
		if r.Context().Err() == nil { // else the platform went away, and that is no fault of the broker
			h.report(r, err)
		}
		refusal = &Error{Status: http.StatusInternalServerError, Description: "internal error"}
	}
	body := errorBody{Code: refusal.Code, Description: refusal.Description}
	isInstance := r.PathValue("binding_id") == "" && r.PathValue("instance_id") != ""
	if isInstance && (r.Method == http.MethodPatch || r.Method == http.MethodDelete) {
		body.InstanceUsable = refusal.InstanceUsable
	}
	if isInstance && r.Method == http.MethodPatch {
		body.UpdateRepeatable = refusal.UpdateRepeatable
	}
	if refusal.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="Service Broker"`)
	}
	answer{status: refusal.Status, body: body, retryAfter: refusal.RetryAfter}.write(w)
}
