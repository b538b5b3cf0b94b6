package osb

import (
	"encoding/json"
	"fmt"
)

// Catalog is the answer to GET /v2/catalog (section "Catalog Management").
type Catalog struct {
	Services []Service `json:"services"`
	// Extensions are vendor fields beside services.
	Extensions Extensions `json:"-"`
}

// Service is one service offering; a platform knows it by ID only, never by name.
type Service struct {
	ID                   string           `json:"id"`
	Name                 string           `json:"name"`
	Description          string           `json:"description"`
	Tags                 []string         `json:"tags,omitempty"`
	Requires             []string         `json:"requires,omitempty"`
	Bindable             bool             `json:"bindable"`
	InstancesRetrievable bool             `json:"instances_retrievable,omitempty"`
	BindingsRetrievable  bool             `json:"bindings_retrievable,omitempty"`
	AllowContextUpdates  bool             `json:"allow_context_updates,omitempty"`
	PlanUpdateable       bool             `json:"plan_updateable,omitempty"`
	DashboardClient      *DashboardClient `json:"dashboard_client,omitempty"`
	Metadata             Metadata         `json:"metadata,omitempty"`
	Plans                []Plan           `json:"plans"`
	// Extensions are vendor fields of the service.
	Extensions Extensions `json:"-"`
}

// Plan is one plan of a service (이용상품); Bindable and PlanUpdateable override the service's when set.
type Plan struct {
	ID                     string           `json:"id"`
	Name                   string           `json:"name"`
	Description            string           `json:"description"`
	Metadata               Metadata         `json:"metadata,omitempty"`
	Free                   *bool            `json:"free,omitempty"`
	Bindable               *bool            `json:"bindable,omitempty"`
	BindingRotatable       bool             `json:"binding_rotatable,omitempty"`
	PlanUpdateable         *bool            `json:"plan_updateable,omitempty"`
	Schemas                json.RawMessage  `json:"schemas,omitempty"`
	MaximumPollingDuration int              `json:"maximum_polling_duration,omitempty"`
	MaintenanceInfo        *MaintenanceInfo `json:"maintenance_info,omitempty"`
	// Extensions are vendor fields of the plan.
	Extensions Extensions `json:"-"`
}

// DashboardClient is the single sign-on client a broker may ask for.
type DashboardClient struct {
	ID          string `json:"id"`
	Secret      string `json:"secret,omitempty"`
	RedirectURI string `json:"redirect_uri,omitempty"`
}

// MaintenanceInfo is the version of what runs under a plan; Version is semantic versioning 2.0.
type MaintenanceInfo struct {
	Version     string `json:"version"`
	Description string `json:"description,omitempty"`
}

// Metadata is the open set of display and vendor fields of a service or plan, kept byte for byte.
type Metadata map[string]json.RawMessage

// NewMetadata makes Metadata of any value that marshals to a JSON object.
func NewMetadata(v any) (Metadata, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	var m Metadata
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	return m, nil
}

// Text returns the string under key, or "" when there is none.
func (m Metadata) Text(key string) string {
	var s string
	if json.Unmarshal(m[key], &s) != nil {
		return ""
	}
	return s
}

// Decode unmarshals the value under key into v and reports whether there was one of that shape.
func (m Metadata) Decode(key string, v any) bool {
	raw, ok := m[key]
	return ok && json.Unmarshal(raw, v) == nil
}

// CanBind reports whether a plan of the service may be bound (the plan's word overrides the service's).
func (s Service) CanBind(p Plan) bool {
	if p.Bindable != nil {
		return *p.Bindable
	}
	return s.Bindable
}

// CanUpdatePlan reports whether an instance of the plan may change to another plan.
func (s Service) CanUpdatePlan(p Plan) bool {
	if p.PlanUpdateable != nil {
		return *p.PlanUpdateable
	}
	return s.PlanUpdateable
}

// Find returns the service and plan with these ids.
func (c Catalog) Find(serviceID, planID string) (Service, Plan, bool) {
	for _, s := range c.Services {
		if s.ID != serviceID {
			continue
		}
		for _, p := range s.Plans {
			if p.ID == planID {
				return s, p, true
			}
		}
	}
	return Service{}, Plan{}, false
}
