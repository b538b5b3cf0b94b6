package catalog

import (
	"strings"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/policy"
)

// ProviderID identifies a provider: "prv_…".
type ProviderID string

// Provider is a seller of services (공급자): a government centre or a certified private
// cloud, at one venue, with the broker that creates what is bought.
type Provider struct {
	ID             ProviderID     `json:"id"`
	Name           naru.Text      `json:"name"`
	Venue          policy.Venue   `json:"venue"`
	BrokerURL      string         `json:"broker_url,omitempty"` // "" = no broker, nothing can be provisioned
	BrokerUser     string         `json:"broker_user,omitempty"`
	BrokerPassword naru.Secret    `json:"-"`
	Version        int64          `json:"version"`
	SyncedAt       time.Time      `json:"synced_at,omitzero"` // when the catalogue was last taken over
	Fault          string         `json:"fault,omitempty"`    // message key of the last refusal, "" = none
	Problems       []naru.Problem `json:"problems,omitempty"` // the single faults behind it
	Synthetic      bool           `json:"synthetic"`
	Admission      Score          `json:"admission"` // of the read operations of this step only
}

// shownTo returns the provider without what only its own people, the operator and the
// auditor need to see: where its broker is and who signs in there.
func (p Provider) shownTo(a naru.Actor) Provider {
	switch identity.Role(a.Role) {
	case identity.Operator, identity.Auditor, identity.Provider, identity.System:
	default:
		p.BrokerURL, p.BrokerUser, p.BrokerPassword = "", "", naru.Secret{}
		p.Problems = nil
	}
	return p
}

// scope returns the provider the actor's lists are limited to; "" means all. A
// provider's person without a provider gets a scope that matches nothing.
func scope(a naru.Actor) ProviderID {
	switch {
	case identity.Role(a.Role) != identity.Provider:
		return ""
	case a.Provider == "":
		return "none"
	}
	return ProviderID(a.Provider)
}

// requireSight refuses an object of a provider to the people of another.
func requireSight(a naru.Actor, of ProviderID, object string) error {
	if s := scope(a); s != "" && s != of {
		return naru.NewError(naru.Denied, identity.NotYours, "object", object)
	}
	return nil
}

// checkURL accepts an http or https address without credentials in it: those would
// reach logs, and the password has a sealed place of its own.
func checkURL(url string) bool {
	rest, ok := strings.CutPrefix(url, "https://")
	if !ok {
		if rest, ok = strings.CutPrefix(url, "http://"); !ok {
			return false
		}
	}
	host, _, _ := strings.Cut(rest, "/")
	return host != "" && !strings.ContainsAny(rest, "@?#\\ \t\r\n") && len(url) <= 500
}
