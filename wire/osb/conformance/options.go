package conformance

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"naru/wire/osb"
)

// Options say which broker is judged and how. Only URL is required.
type Options struct {
	// URL is the broker's address without /v2.
	URL string
	// User and Password are the basic credentials; without a user the rules on authentication are skipped.
	User     string
	Password osb.Secret
	// Service and Plans choose what is created, by id or name; empty takes the first service and its plans.
	Service string
	Plans   []string
	// Parameters are those of a creation, by id or name of the plan; "*" stands for every other plan.
	Parameters map[string]json.RawMessage
	// Context is the platform's context object; empty means a neutral one.
	Context json.RawMessage
	// Organization and Space are the ids of the customer.
	Organization string
	Space        string
	// Concurrency is how many identical requests are sent at once, 6 when zero.
	Concurrency int
	// Timeout bounds one request, 60 seconds when zero.
	Timeout time.Duration
	// Patience bounds one asynchronous operation, 10 minutes when zero; a plan's
	// maximum_polling_duration bounds it too.
	Patience time.Duration
	// PollEvery is the time between polls. Zero follows Retry-After, or waits a second.
	PollEvery time.Duration
	// Roots are the certificates to trust; nil means those of the system.
	Roots *x509.CertPool
	// Insecure skips the check of certificates. Credentials then go to whoever answers.
	Insecure bool
	// Keep leaves what was created, for a look at it; the report names it.
	Keep bool
	// Seed makes the ids of one run differ from those of another.
	Seed string
	// Now tells the time of the report.
	Now func() time.Time
	// Progress is called when a rule was tried, by one goroutine at a time; may be nil.
	Progress func(Result)
	// Transport replaces the connection to the broker, for callers with rules of their own on addresses; may
	// be nil.
	Transport http.RoundTripper
}

const (
	defaultPlatform    = "naru-conformance"
	defaultTimeout     = 60 * time.Second
	defaultPatience    = 10 * time.Minute
	defaultConcurrency = 6
	maxConcurrency     = 64
)

// checked returns the options with their defaults.
func (o Options) checked() (Options, error) {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "", u.User != nil, u.RawQuery != "":
		return o, errors.New("want http(s)://host[:port][/path] without user or query")
	case o.Now == nil:
		return o, errors.New("a clock is required")
	case o.Seed == "":
		return o, errors.New("a seed is required")
	}
	o.URL = strings.TrimSuffix(strings.TrimSuffix(u.String(), "/"), "/v2")
	o.Organization, o.Space = orElse(o.Organization, "conformance-organization"), orElse(o.Space, "conformance-space")
	if len(o.Context) == 0 {
		o.Context, err = json.Marshal(map[string]string{
			"platform": defaultPlatform, "organization_guid": o.Organization, "space_guid": o.Space, "instance_name": "conformance",
		})
	}
	var object map[string]json.RawMessage
	if err != nil || json.Unmarshal(o.Context, &object) != nil {
		return o, errors.New("the context must be a JSON object")
	}
	for plan, raw := range o.Parameters {
		if json.Unmarshal(raw, &object) != nil {
			return o, errors.New("the parameters of plan " + plan + " must be a JSON object")
		}
	}
	if o.Concurrency <= 0 {
		o.Concurrency = defaultConcurrency
	}
	o.Concurrency = min(o.Concurrency, maxConcurrency)
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Patience <= 0 {
		o.Patience = defaultPatience
	}
	return o, nil
}

// parameters of a creation on a plan, nil for none.
func (o Options) parameters(p osb.Plan) json.RawMessage {
	for _, name := range []string{p.ID, p.Name, "*"} {
		if raw, ok := o.Parameters[name]; ok {
			return raw
		}
	}
	return nil
}

func orElse(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
