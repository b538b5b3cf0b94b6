package catalog

import (
	"naru"
	"naru/base/policy"
)

// ServiceID identifies a service: "svc_…". The broker's own id is Service.OSBID.
type ServiceID string

// PlanID identifies a plan: "pln_…". The broker's own id is Plan.OSBID.
type PlanID string

// Service is something that may be bought (서비스), as its provider's broker offers it.
type Service struct {
	ID           ServiceID     `json:"id"`
	Provider     ProviderID    `json:"provider"`
	OSBID        string        `json:"osb_id"`
	Slug         string        `json:"slug"` // the broker's short name
	Name         naru.Text     `json:"name"`
	Doc          naru.Text     `json:"doc"`
	Category     string        `json:"category"` // "" = the provider does not say
	Region       string        `json:"region"`   // "" = the provider does not say
	Venue        policy.Venue  `json:"venue"`    // of the provider
	Certificates []Certificate `json:"certificates"`
	Meters       []Meter       `json:"meters"` // what the broker counts; empty = it does not say
	Bindable     bool          `json:"bindable"`
	Unavailable  naru.Text     `json:"unavailable,omitzero"` // why nothing can be provisioned now, in the provider's words
	Gone         bool          `json:"gone"`                 // no longer in the provider's catalogue
	Synthetic    bool          `json:"synthetic"`
	Wire         []byte        `json:"-"` // the service as the broker wrote it, without its plans
}

// Meter is something the provider counts (계량 항목) and its unit.
type Meter struct {
	Name string `json:"name"`
	Unit string `json:"unit"`
}

// Plan is one way to buy a service (이용상품).
type Plan struct {
	ID      PlanID            `json:"id"`
	Service ServiceID         `json:"service"`
	OSBID   string            `json:"osb_id"`
	Slug    string            `json:"slug"`
	Name    naru.Text         `json:"name"`
	Doc     naru.Text         `json:"doc"`
	Quota   map[string]string `json:"quota,omitempty"`
	Prices  []Price           `json:"prices"` // whole history, by meter and date
	Gone    bool              `json:"gone"`
	Wire    []byte            `json:"-"` // the plan as the broker wrote it
}

// Offer is a service with all its plans.
type Offer struct {
	Service
	ProviderName naru.Text `json:"provider_name"`
	Admission    Score     `json:"admission"` // of the provider's broker; of the read operations of this step only
	Plans        []Plan    `json:"plans"`
}

// ServiceRow is one line of a list of services.
type ServiceRow struct {
	Service
	ProviderName naru.Text `json:"provider_name"`
	Admission    Score     `json:"admission"`
	Plans        int64     `json:"plans"` // on offer now
}

// Filter narrows a list of services. Provider is set to the caller's own for a provider.
type Filter struct {
	Provider    ProviderID   `json:"provider,omitempty" doc:"provider id"`
	Category    string       `json:"category,omitempty" doc:"kind of service"`
	Venue       policy.Venue `json:"venue,omitempty" doc:"government, private, ppp, own or onsite"`
	Certificate string       `json:"certificate,omitempty" doc:"type of a certificate valid on the date: iaas, saas_standard, saas_simple, paas, daas"`
	Tier        string       `json:"tier,omitempty" doc:"tier of that certificate: low, middle, high"`
	AsOf        naru.Date    `json:"as_of,omitempty" doc:"date the certificate must be valid on; default today"`
	Query       string       `json:"query,omitempty" doc:"part of a name or description"`
	Gone        bool         `json:"gone,omitempty" doc:"include services that left the catalogue"`
}
