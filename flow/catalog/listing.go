package catalog

import (
	"fmt"

	"naru"
)

// Listing is a provider's catalogue as its broker or its file gives it.
type Listing struct {
	Services []ServiceOffer `json:"services" doc:"every service with its plans; what is not named is gone"`
	// Version is that of the broker API in which the catalogue was read; "" for one from a file.
	Version string `json:"-"`
}

// ServiceOffer is one service of a listing. An empty text means that the listing does
// not say, and leaves what is known.
type ServiceOffer struct {
	OSBID       string      `json:"osb_id" doc:"the broker's id, unique and never re-used"`
	Slug        string      `json:"slug" doc:"the broker's short name"`
	Name        naru.Text   `json:"name"`
	Doc         naru.Text   `json:"doc"`
	Category    string      `json:"category,omitempty"`
	Region      string      `json:"region,omitempty"`
	Meters      []Meter     `json:"meters,omitempty"`
	Bindable    bool        `json:"bindable,omitempty"`
	Unavailable naru.Text   `json:"unavailable,omitzero" doc:"why nothing can be provisioned now"`
	Plans       []PlanOffer `json:"plans"`
	Wire        []byte      `json:"-"`
}

// PlanOffer is one plan of a listing.
type PlanOffer struct {
	OSBID string            `json:"osb_id"`
	Slug  string            `json:"slug"`
	Name  naru.Text         `json:"name"`
	Doc   naru.Text         `json:"doc"`
	Quota map[string]string `json:"quota,omitempty"`
	Wire  []byte            `json:"-"`
}

// The bounds of a listing: far above any real one, and a lying broker costs little.
const (
	maxServices = 500
	maxPlans    = 2000
	maxID       = 200
	maxName     = 200
	maxDoc      = 4000
	maxQuota    = 50
	maxMeters   = 50
)

// check returns what is wrong with a listing by the rules of Open Service Broker 2.17,
// "Catalog Management": ids unique and present, names unique, a plan for each service.
// Rows count the services from 1.
func (l *Listing) check() *problems {
	ps := &problems{}
	ps.want(len(l.Services) > 0, "services", "catalog.listing_empty")
	ps.want(len(l.Services) <= maxServices, "services", "catalog.listing_too_big", "limit", fmt.Sprint(maxServices))
	ids, slugs, plans := map[string]bool{}, map[string]bool{}, 0
	for i := range l.Services {
		if plans > maxPlans || i >= maxServices {
			break
		}
		s := &l.Services[i]
		ps.row = i + 1
		ps.once(ids, "osb_id", s.OSBID, maxID)
		ps.once(slugs, "slug", s.Slug, maxName)
		ps.texts(s.Name, s.Doc)
		ps.want(len(s.Category) <= maxName && len(s.Region) <= maxName, "category", "catalog.text_too_long", "limit", fmt.Sprint(maxName))
		ps.meters(s.Meters)
		ps.want(len(s.Plans) > 0, "plans", "catalog.service_without_plan", "service", clip(s.Slug))
		ps.plans(ids, s.Plans)
		plans += len(s.Plans)
	}
	ps.row = 0
	ps.want(plans <= maxPlans, "plans", "catalog.listing_too_big", "limit", fmt.Sprint(maxPlans))
	return ps
}

func (ps *problems) plans(ids map[string]bool, plans []PlanOffer) {
	slugs := map[string]bool{}
	for n := range plans {
		p := &plans[n]
		ps.once(ids, fmt.Sprintf("plans[%d].osb_id", n), p.OSBID, maxID)
		ps.once(slugs, fmt.Sprintf("plans[%d].slug", n), p.Slug, maxName)
		ps.texts(p.Name, p.Doc)
		ps.want(len(p.Quota) <= maxQuota, fmt.Sprintf("plans[%d].quota", n), "catalog.listing_too_big", "limit", fmt.Sprint(maxQuota))
	}
}

// once wants a text that is there, not too long and not seen before.
func (ps *problems) once(seen map[string]bool, field, value string, limit int) {
	switch {
	case value == "":
		ps.want(false, field, "catalog.field_missing")
	case len(value) > limit:
		ps.want(false, field, "catalog.text_too_long", "limit", fmt.Sprint(limit))
	default:
		ps.want(!seen[value], field, "catalog.stands_twice", "value", value)
		seen[value] = true
	}
}

func (ps *problems) texts(name, doc naru.Text) {
	ps.want(!name.IsZero(), "name", "catalog.field_missing")
	ps.want(len(name.Ko) <= maxName && len(name.En) <= maxName, "name", "catalog.text_too_long", "limit", fmt.Sprint(maxName))
	ps.want(len(doc.Ko) <= maxDoc && len(doc.En) <= maxDoc, "doc", "catalog.text_too_long", "limit", fmt.Sprint(maxDoc))
}

func (ps *problems) meters(list []Meter) {
	seen := map[string]bool{}
	ps.want(len(list) <= maxMeters, "meters", "catalog.listing_too_big", "limit", fmt.Sprint(maxMeters))
	for _, m := range list[:min(len(list), maxMeters)] {
		ps.once(seen, "meters.name", m.Name, maxName)
		ps.want(m.Unit != "" && len(m.Unit) <= maxName, "meters.unit", "catalog.field_missing")
	}
}

// clip shortens a text from outside for a message.
func clip(s string) string { return fmt.Sprintf("%.80s", s) }
