package plan

import (
	"fmt"
	"slices"

	"naru"
	"naru/base/identity"
	"naru/base/policy"
	"naru/flow/inventory"
)

// The kinds of loss.
const (
	LostCentre      = "centre"      // a government centre: code of system.centre
	LostSite        = "site"        // every place of one kind: code of system.site
	LostRoom        = "room"        // the server room of an institution
	LostProvider    = "provider"    // a provider: its services
	LostService     = "service"     // one service
	LostCertificate = "certificate" // a certificate number: the services it covers
)

// LossKinds lists the kinds of loss.
func LossKinds() []string {
	return []string{LostCentre, LostSite, LostRoom, LostProvider, LostService, LostCertificate}
}

// Loss is what is lost.
type Loss struct {
	Kind string `json:"kind" doc:"centre, site, room, provider, service or certificate"`
	Of   string `json:"of" doc:"code of the centre or site, id of the institution, provider or service, number of the certificate"`
}

// placed reports a loss of a place, which facts of systems name; the others are found
// through contracts.
func (l Loss) placed() bool {
	return l.Kind == LostCentre || l.Kind == LostSite || l.Kind == LostRoom
}

// check refuses a loss of something that does not exist or is not the caller's to ask.
func (l Loss) check(a naru.Actor, schema *policy.Schema) error {
	switch {
	case !slices.Contains(LossKinds(), l.Kind):
		return naru.NewError(naru.Invalid, "plan.unknown_loss", "kind", fmt.Sprintf("%.40s", l.Kind))
	case l.Of == "":
		return naru.NewError(naru.Invalid, "plan.loss_of_what")
	case l.Kind == LostRoom:
		return identity.RequireSight(a, l.Of, l.Of)
	case l.Kind == LostCentre || l.Kind == LostSite:
		f, _ := schema.Field("system." + l.Kind)
		if !slices.ContainsFunc(f.Codes, func(c policy.Code) bool { return c.Key == l.Of }) {
			return naru.NewError(naru.Invalid, "plan.unknown_place", "place", fmt.Sprintf("%.40s", l.Of))
		}
	}
	return nil
}

// at says whether a system stood at the lost place: surely, surely not, or unknown
// because nobody entered the fact.
func (l Loss) at(institution inventory.InstitutionID, t traits) policy.Truth {
	switch l.Kind {
	case LostCentre:
		switch {
		case t.centre == l.Of:
			return policy.True
		case t.centre != "", t.site != "" && t.site != string(policy.Government) && t.site != string(policy.PPP):
			return policy.False
		}
		return policy.Unknown
	case LostSite:
		return same(t.site, l.Of)
	case LostRoom:
		if string(institution) != l.Of {
			return policy.False
		}
		return same(t.site, string(policy.OnSite))
	}
	return policy.False
}

func same(code, want string) policy.Truth {
	switch code {
	case want:
		return policy.True
	case "":
		return policy.Unknown
	}
	return policy.False
}

// venue is the venue that no longer counts as an alternative: a lost kind of site, or
// the own room; a lost centre leaves the other centres.
func (l Loss) venue() policy.Venue {
	switch l.Kind {
	case LostSite:
		return policy.Venue(l.Of)
	case LostRoom:
		return policy.OnSite
	}
	return ""
}

// Deal is an order that stands, with its instance, if any: what ties a component to a
// provider.
type Deal struct {
	Institution   inventory.InstitutionID `json:"institution"`
	System        inventory.SystemID      `json:"system"`
	SystemName    string                  `json:"system_name"`
	Component     inventory.ComponentID   `json:"component"`
	ComponentName string                  `json:"component_name"`
	Order         string                  `json:"order"`
	Instance      string                  `json:"instance,omitempty"`
	Provider      string                  `json:"provider"`
	ProviderName  naru.Text               `json:"provider_name"`
	Service       string                  `json:"service"`
	ServiceName   naru.Text               `json:"service_name"`
	To            naru.Date               `json:"to"`
	Certified     bool                    `json:"certified"` // another certificate of the service is valid on the day
	Synthetic     bool                    `json:"synthetic"`
}
