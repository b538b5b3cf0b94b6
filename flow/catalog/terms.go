package catalog

import (
	"encoding/json"
	"slices"
	"time"
)

// Terms are what a broker promises about the instances of a plan (Open Service Broker
// 2.17, "Catalog Management"), as far as naru acts on it. What the broker does not say is
// the default of the specification.
type Terms struct {
	Bindable         bool          `json:"bindable"`
	PlanUpdateable   bool          `json:"plan_updateable"`   // an instance of this plan may change to another one
	BindingRotatable bool          `json:"binding_rotatable"` // a binding may have a predecessor
	Retrievable      bool          `json:"retrievable"`       // an instance can be fetched
	ContextUpdates   bool          `json:"context_updates"`   // a change of the context alone is taken
	Longest          time.Duration `json:"longest"`           // of an asynchronous operation; 0 = the broker does not say
	Maintenance      string        `json:"maintenance,omitempty"`
	Requires         []string      `json:"requires,omitempty"` // what bindings may ask of a platform
}

// serviceTerms and planTerms are the fields of the specification that naru acts on.
type serviceTerms struct {
	Requires             []string `json:"requires"`
	InstancesRetrievable bool     `json:"instances_retrievable"`
	AllowContextUpdates  bool     `json:"allow_context_updates"`
	PlanUpdateable       bool     `json:"plan_updateable"`
}

type planTerms struct {
	Bindable               *bool `json:"bindable"`
	PlanUpdateable         *bool `json:"plan_updateable"`
	BindingRotatable       bool  `json:"binding_rotatable"`
	MaximumPollingDuration int64 `json:"maximum_polling_duration"` // seconds
	MaintenanceInfo        struct {
		Version string `json:"version"`
	} `json:"maintenance_info"`
}

// longestSeconds bounds what a broker may ask for: a year.
const longestSeconds = 366 * 24 * 3600

// Terms returns what the broker promises about a plan of the service. A plan's own word
// overrides that of its service.
func (s *Service) Terms(p *Plan) Terms {
	var (
		of serviceTerms
		by planTerms
	)
	if json.Unmarshal(s.Wire, &of) != nil {
		of = serviceTerms{}
	}
	if json.Unmarshal(p.Wire, &by) != nil {
		by = planTerms{}
	}
	seconds := min(max(by.MaximumPollingDuration, 0), longestSeconds)
	return Terms{
		Bindable: either(by.Bindable, s.Bindable), PlanUpdateable: either(by.PlanUpdateable, of.PlanUpdateable),
		BindingRotatable: by.BindingRotatable, Retrievable: of.InstancesRetrievable, ContextUpdates: of.AllowContextUpdates,
		Longest: time.Duration(seconds) * time.Second, Maintenance: by.MaintenanceInfo.Version, Requires: of.Requires,
	}
}

func either(own *bool, otherwise bool) bool {
	if own != nil {
		return *own
	}
	return otherwise
}

// Find returns a plan of the offer by its id.
func (o *Offer) Find(id PlanID) (*Plan, bool) {
	i := slices.IndexFunc(o.Plans, func(p Plan) bool { return p.ID == id })
	if i < 0 {
		return nil, false
	}
	return &o.Plans[i], true
}
