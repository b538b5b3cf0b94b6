package conformance

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"time"

	"naru/wire/osb"
)

// ask is a request to send.
type ask struct {
	op     osb.Operation
	method string
	path   string
	query  []string // names and values; an empty value is left out
	body   any      // encoded as JSON; json.RawMessage goes as it is
	raw    []byte   // goes instead of body, whatever it is
	header map[string]string
	user   *string // other credentials: "" for none, else a wrong password
	// accepts says that the request has accepts_incomplete=true.
	accepts bool
	// drop cuts the connection when the request was written, before an answer can come.
	drop bool
}

// answer is an exchange with what a rule needs to look at.
type answer struct {
	Exchange
	header http.Header
	body   []byte
	object map[string]json.RawMessage // nil when the body is not a JSON object
	cut    bool                       // the run was interrupted meanwhile
}

const maxBody = 64 << 20

// do sends a request, looks at what every answer must hold to, and returns it. Status 0 means that no answer came.
func (s *session) do(ctx context.Context, a ask) *answer {
	s.mu.Lock()
	s.requests++
	id := "conformance-" + s.o.Seed + "-" + strconv.Itoa(s.requests)
	s.mu.Unlock()
	x := s.exchange(ctx, a, id)
	x.cut = x.Status == 0 && ctx.Err() != nil
	s.observe(a, id, x)
	return x
}

func (s *session) exchange(ctx context.Context, a ask, id string) *answer {
	address := a.path
	if query := queryOf(a); query != "" {
		address += "?" + query
	}
	x := &answer{Exchange: Exchange{Method: a.method, Path: address}}
	body, err := bodyOf(a)
	if err != nil {
		x.Fault = err.Error()
		return x
	}
	x.Sent = masked(body)
	limited, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	if a.drop {
		limited = httptrace.WithClientTrace(limited, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { cancel() }})
	}
	request, err := http.NewRequestWithContext(limited, a.method, s.o.URL+address, bytes.NewReader(body))
	if err != nil {
		x.Fault = "the request cannot be made"
		return x
	}
	s.setHeaders(request, a, id)
	response, err := s.client.Do(request)
	if err != nil {
		x.Fault = faultOf(err)
		return x
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err != nil {
		x.Fault = "the answer broke off: " + faultOf(err)
		return x
	}
	x.Status, x.header, x.body, x.Seen = response.StatusCode, response.Header, raw, masked(raw)
	if json.Unmarshal(raw, &x.object) != nil {
		x.object = nil
	}
	return x
}

func queryOf(a ask) string {
	values := url.Values{}
	for i := 0; i+1 < len(a.query); i += 2 {
		if a.query[i+1] != "" {
			values.Set(a.query[i], a.query[i+1])
		}
	}
	if a.accepts {
		values.Set("accepts_incomplete", "true")
	}
	return values.Encode()
}

func bodyOf(a ask) ([]byte, error) {
	if a.raw != nil || a.body == nil {
		return a.raw, nil
	}
	return json.Marshal(a.body)
}

func (s *session) setHeaders(r *http.Request, a ask, id string) {
	switch {
	case a.user == nil && s.o.User != "":
		r.SetBasicAuth(s.o.User, s.o.Password.Reveal())
	case a.user != nil && *a.user != "":
		r.SetBasicAuth(*a.user, "not-the-password-"+s.o.Seed)
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set(osb.HeaderVersion, osb.Version)
	r.Header.Set(osb.HeaderRequestID, id)
	platform := orElse(osb.ContextPlatform(s.o.Context), defaultPlatform)
	r.Header.Set(osb.HeaderIdentity, platform+" "+base64.StdEncoding.EncodeToString([]byte(`{"user":"conformance"}`)))
	if a.body != nil || a.raw != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range a.header {
		r.Header.Set(name, value)
		if value == "" {
			r.Header.Del(name)
		}
	}
}

// faultOf says what happened to the connection without the address, which stands in the report already.
func faultOf(err error) string {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	return err.Error()
}

// text is a string field of the answer, "" when there is none.
func (x *answer) text(field string) string {
	var s string
	if json.Unmarshal(x.object[field], &s) != nil {
		return ""
	}
	return s
}

// statusText is the status for a sentence.
func (x *answer) statusText() string {
	if x.Status == 0 {
		return orElse(x.Fault, "-")
	}
	return strconv.Itoa(x.Status)
}

// retryAfter is how long the answer asks to wait, or the fallback.
func (x *answer) retryAfter(fallback time.Duration) time.Duration {
	seconds, err := strconv.Atoi(x.header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return fallback
	}
	return time.Duration(min(seconds, 3600)) * time.Second
}

const (
	maxShown = 600
	stars    = "***"
)

// masked is a body for the report: what is secret as stars, what is long cut. What is not an object is shown
// only when it is short, because nobody knows where its secrets are.
func masked(body []byte) string {
	if len(bytes.TrimSpace(body)) == 0 {
		return ""
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return "(" + strconv.Itoa(len(body)) + " bytes that are not JSON)"
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(hide(v, 0)) != nil {
		return ""
	}
	text := []rune(strings.TrimSpace(out.String()))
	if len(text) > maxShown {
		return string(text[:maxShown]) + "…"
	}
	return string(text)
}

// hide replaces what may open a door.
func hide(v any, depth int) any {
	if depth > 20 {
		return stars
	}
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if isSecret(name) && inner != nil {
				v[name] = stars
				continue
			}
			v[name] = hide(inner, depth+1)
		}
	case []any:
		for i := range v {
			v[i] = hide(v[i], depth+1)
		}
	}
	return v
}

// isSecret goes by the name of a field: those of bindings, and whatever sounds like a secret.
func isSecret(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"credential", "password", "secret", "token", "syslog_drain_url", "route_service_url", "volume_mounts", "private", "apikey", "api_key", "access_key"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}
