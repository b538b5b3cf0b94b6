package osb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// ClientConfig says which broker to call and how long to wait.
type ClientConfig struct {
	// URL is the broker's address without /v2; user information in it is refused.
	URL      string
	User     string
	Password Secret
	// Timeout bounds one call, answer body included; 0 means 60 seconds.
	Timeout time.Duration
	// Profile is the broker's version of the API; empty means the newest.
	Profile Profile
	// Transport replaces the pooled default, for tests and proxies.
	Transport http.RoundTripper
}

const (
	defaultTimeout = 60 * time.Second
	maxAnswer      = 1 << 20
	maxBulkAnswer  = 64 << 20
	maxOperation   = 10000
)

// Client calls a broker over HTTP and is itself a Broker, a UsageReporter and a Lister.
// Its errors are *CallError. It never follows redirects and reads bounded answers.
type Client struct {
	base     string
	user     string
	password Secret
	timeout  time.Duration
	profile  Profile
	http     *http.Client
}

var (
	_ Broker        = (*Client)(nil)
	_ UsageReporter = (*Client)(nil)
	_ Lister        = (*Client)(nil)
)

// NewClient checks the address and makes a client with a keep-alive pool of its own.
func NewClient(c ClientConfig) (*Client, error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, errors.New("broker URL: not a URL")
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return nil, errors.New("broker URL: want http(s)://host[:port][/path] without user or query")
	}
	if _, err := ParseProfile(string(c.Profile)); err != nil {
		return nil, err
	}
	transport := c.Transport
	if transport == nil {
		transport = newTransport()
	}
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	return &Client{
		base: strings.TrimSuffix(u.String(), "/"), user: c.User, password: c.Password, timeout: c.Timeout, profile: c.Profile,
		http: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// newTransport keeps enough idle connections for one busy broker: with the default of two,
// a third of the calls open a new connection.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		MaxIdleConns:          512,
		MaxIdleConnsPerHost:   128,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
		ForceAttemptHTTP2:     true,
	}
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// call is one request to make.
type call struct {
	op      Operation
	method  string
	path    string
	query   url.Values
	body    any
	caller  Caller
	context json.RawMessage
	etag    string
	since   time.Time
}

// reply is an answer whose body was read whole, within bounds.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func notSent(op Operation, err error) *CallError {
	return &CallError{Op: op, Outcome: NotSent, Err: err}
}

// send makes the request and returns every answer that arrived whole, whatever its status.
func (c *Client) send(ctx context.Context, k call) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	request, err := c.request(ctx, k)
	if err != nil {
		return reply{}, notSent(k.op, err)
	}
	response, err := c.http.Do(request)
	if err != nil && !connected.Load() {
		return reply{}, notSent(k.op, transportError(err))
	}
	if err != nil {
		outcome, mitigate := lost(k.op)
		return reply{}, &CallError{Op: k.op, Outcome: outcome, Mitigate: mitigate, Err: transportError(err)}
	}
	defer func() { _ = response.Body.Close() }()
	body, err := readAnswer(response.Body, k.op)
	if err != nil && ctx.Err() != nil {
		outcome, mitigate := lost(k.op)
		return reply{}, &CallError{Op: k.op, Outcome: outcome, Status: response.StatusCode, Mitigate: mitigate, Err: err}
	}
	if err != nil && response.StatusCode < 300 {
		return reply{}, malformed(k.op, response.StatusCode, err.Error())
	}
	return reply{status: response.StatusCode, header: response.Header, body: body}, nil
}

func (c *Client) request(ctx context.Context, k call) (*http.Request, error) {
	if err := checkCaller(k); err != nil {
		return nil, err
	}
	var body io.Reader
	if k.body != nil {
		raw, err := json.Marshal(k.body)
		if err != nil {
			return nil, fmt.Errorf("request body: %w", err)
		}
		body = bytes.NewReader(raw)
	}
	address := c.base + k.path
	if len(k.query) > 0 {
		address += "?" + k.query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, k.method, address, body)
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	c.setHeaders(request, k)
	return request, nil
}

func (c *Client) setHeaders(request *http.Request, k call) {
	request.SetBasicAuth(c.user, c.password.Reveal())
	request.Header.Set(HeaderVersion, c.profile.Version())
	request.Header.Set("Accept", "application/json")
	if k.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if k.caller.Identity != nil && c.profile.has(sinceIdentity) {
		request.Header.Set(HeaderIdentity, k.caller.Identity.String())
	}
	if k.caller.RequestID != "" && c.profile.has(sinceRequestID) {
		request.Header.Set(HeaderRequestID, k.caller.RequestID)
	}
	if k.etag != "" && c.profile.has(sinceConditions) {
		request.Header.Set("If-None-Match", k.etag)
	}
	if !k.since.IsZero() && c.profile.has(sinceConditions) {
		request.Header.Set("If-Modified-Since", k.since.UTC().Format(http.TimeFormat))
	}
}

// checkCaller holds the platform to its own rules: a well-formed identity of the context's platform.
func checkCaller(k call) error {
	identity := k.caller.Identity
	if identity == nil {
		return nil
	}
	if _, err := ParseIdentity(identity.String()); err != nil {
		return err
	}
	if platform := ContextPlatform(k.context); platform != "" && platform != identity.Platform {
		return fmt.Errorf("originating identity: platform %q differs from the context's %q", identity.Platform, platform)
	}
	return nil
}

// transportError drops the address from the error of net/http: ids do not belong in logs twice.
func transportError(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

var errAnswerTooLarge = errors.New("answer is too large")

func readAnswer(r io.Reader, op Operation) ([]byte, error) {
	limit := int64(maxAnswer)
	if op == OpCatalog || op == OpUsage || op == OpList {
		limit = maxBulkAnswer
	}
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return body, fmt.Errorf("answer: %w", err)
	}
	if int64(len(body)) > limit {
		return nil, errAnswerTooLarge
	}
	return body, nil
}

// malformed is an answer that breaks the specification.
func malformed(op Operation, status int, reason string) *CallError {
	outcome, mitigate := classify(op, status)
	return &CallError{Op: op, Outcome: outcome, Status: status, Mitigate: mitigate, Err: errors.New("malformed answer: " + reason)}
}

// refusal turns an answer that is not a success into a *CallError around an *Error.
func refusal(op Operation, r reply) *CallError {
	outcome, mitigate := classify(op, r.status)
	e := &Error{Status: r.status, RetryAfter: retryAfter(r.header)}
	var body errorBody
	if json.Unmarshal(r.body, &body) == nil {
		e.Code, e.Description = body.Code, body.Description
		if op == OpUpdate || op == OpDeprovision {
			e.InstanceUsable = body.InstanceUsable
		}
		if op == OpUpdate {
			e.UpdateRepeatable = body.UpdateRepeatable
		}
	}
	return &CallError{Op: op, Outcome: outcome, Status: r.status, Mitigate: mitigate, Err: e}
}
