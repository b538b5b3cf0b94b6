package osb

import (
	"encoding/json"
	"fmt"
	"regexp"
)

// Catalog is the answer to GET /v2/catalog (section "Catalog Management").
type Catalog struct {
	Services []Service `json:"services"`
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

const maxSchemaBytes = 64 << 10

var semver = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)

// Problems lists every breach of the MUST rules of section "Catalog Management"; none means valid.
func (c Catalog) Problems() []string {
	v := catalogCheck{ids: map[string]string{}, names: map[string]bool{}}
	for i, s := range c.Services {
		v.service(fmt.Sprintf("services[%d]", i), s)
	}
	return v.problems
}

type catalogCheck struct {
	ids      map[string]string
	names    map[string]bool
	problems []string
}

func (v *catalogCheck) add(format string, args ...any) {
	v.problems = append(v.problems, fmt.Sprintf(format, args...))
}

func (v *catalogCheck) named(at, id, name, description string) {
	if id == "" || name == "" || description == "" {
		v.add("%s: id, name and description must not be empty", at)
	}
	if first, seen := v.ids[id]; seen && id != "" {
		v.add("%s: id %q is already used by %s", at, id, first)
	}
	v.ids[id] = at
}

func (v *catalogCheck) service(at string, s Service) {
	v.named(at, s.ID, s.Name, s.Description)
	if v.names[s.Name] {
		v.add("%s: service name %q is used twice", at, s.Name)
	}
	v.names[s.Name] = true
	if len(s.Plans) == 0 {
		v.add("%s: a service must have a plan", at)
	}
	planNames := map[string]bool{}
	for i, p := range s.Plans {
		v.plan(fmt.Sprintf("%s.plans[%d]", at, i), p, planNames)
	}
}

func (v *catalogCheck) plan(at string, p Plan, names map[string]bool) {
	v.named(at, p.ID, p.Name, p.Description)
	if names[p.Name] {
		v.add("%s: plan name %q is used twice in its service", at, p.Name)
	}
	names[p.Name] = true
	if p.MaintenanceInfo != nil && !semver.MatchString(p.MaintenanceInfo.Version) {
		v.add("%s: maintenance_info.version %q is not semantic versioning 2.0", at, p.MaintenanceInfo.Version)
	}
	if len(p.Schemas) > maxSchemaBytes {
		v.add("%s: schemas are larger than 64 kB", at)
	}
	if p.MaximumPollingDuration < 0 {
		v.add("%s: maximum_polling_duration is negative", at)
	}
}
