package provision

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"naru"
)

// Content is all that a binding gives (연결정보의 내용), as the broker wrote it. It is secret as
// a whole: addresses too may hold passwords.
type Content struct {
	Credentials     json.RawMessage `json:"credentials,omitempty"`
	SyslogDrainURL  string          `json:"syslog_drain_url,omitempty"`
	RouteServiceURL string          `json:"route_service_url,omitempty"`
	VolumeMounts    json.RawMessage `json:"volume_mounts,omitempty"`
	Endpoints       json.RawMessage `json:"endpoints,omitempty"`
	Metadata        json.RawMessage `json:"metadata,omitempty"` // expires_at and renew_before
}

// sealed is a Content as it is stored. Form tells it from bare credentials, which is what
// earlier versions of naru stored.
type sealed struct {
	Form int `json:"naru_binding"`
	Content
}

// Secret wraps the content; one that gives a platform nothing to use is the zero secret.
func (x Content) Secret() (naru.Secret, error) {
	if x.Credentials == nil && x.SyslogDrainURL == "" && x.RouteServiceURL == "" && x.VolumeMounts == nil {
		return naru.Secret{}, nil
	}
	raw, err := json.Marshal(sealed{1, x})
	if err != nil {
		return naru.Secret{}, fmt.Errorf("content of a binding: %w", err)
	}
	return naru.NewSecret(string(raw)), nil
}

// OpenContent unwraps what Secret wrapped, or what was stored before contents were.
func OpenContent(s naru.Secret) (Content, error) {
	if s.IsZero() {
		return Content{}, nil
	}
	var x sealed
	if err := json.Unmarshal([]byte(s.Open()), &x); err != nil || x.Form == 0 {
		return Content{Credentials: json.RawMessage(s.Open())}, nil
	}
	return x.Content, nil
}

// lifeOf reads when credentials end and until when to rotate them; zero = not said.
func lifeOf(s naru.Secret) (expires, renew time.Time) {
	x, err := OpenContent(s)
	if err != nil || x.Metadata == nil {
		return expires, renew
	}
	var life struct {
		ExpiresAt   string `json:"expires_at"`
		RenewBefore string `json:"renew_before"`
	}
	if json.Unmarshal(x.Metadata, &life) != nil {
		return expires, renew
	}
	return moment(life.ExpiresAt), moment(life.RenewBefore)
}

// moment reads the specification's yyyy-mm-ddThh:mm:ss.sZ; what is none is no moment.
func moment(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

// checkContent holds a binding to what its service asks of platforms: a drain, a route or
// a volume that the catalogue does not announce ("requires") is against the specification.
func checkContent(r Request, a Answer) Answer {
	if a.Outcome != Done || a.Content.IsZero() {
		return a
	}
	x, err := OpenContent(a.Content)
	if err != nil {
		return Answer{Outcome: Invalid, Fault: naru.Msg("provision.no_credentials")}
	}
	for _, need := range []struct {
		given    bool
		requires string
	}{
		{x.SyslogDrainURL != "", "syslog_drain"}, {x.RouteServiceURL != "", "route_forwarding"}, {x.VolumeMounts != nil, "volume_mount"},
	} {
		if need.given && !slices.Contains(r.Terms.Requires, need.requires) {
			return Answer{Outcome: Invalid, Fault: naru.Msg("provision.not_required", "provider", r.Provider.Name.Ko, "provider.en", r.Provider.Name.En, "what", need.requires)}
		}
	}
	return a
}
