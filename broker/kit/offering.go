package kit

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"naru/wire/osb"
)

// Text is a text for people in both languages.
type Text struct {
	Ko string `json:"ko"`
	En string `json:"en"`
}

// Offering is one service as its broker describes it.
type Offering struct {
	// Name is the service's short name; the site's name is put before it.
	Name          string
	Display       Text
	Description   Text
	Engine        string
	EngineVersion string
	Tags          []string
	Meters        []Meter
	Plans         []Plan
	// Unavailable, when set, says why nothing can be provisioned; it is shown, never hidden.
	Unavailable *Text
}

// Plan is one plan with what the broker enforces.
type Plan struct {
	Name        string
	Display     Text
	Description Text
	// QuotaBytes bounds what the instance may store.
	QuotaBytes int64
	// Limits are further bounds, shown in the catalogue.
	Limits map[string]int64
	// Async makes creation, plan change and deletion asynchronous operations.
	Async bool
}

// planEntry is a plan with the ids the site gives it.
type planEntry struct {
	serviceID string
	planID    string
	plan      Plan
}

// catalogue is an offering rendered once: ready bytes and an entity tag.
type catalogue struct {
	raw   []byte
	etag  string
	plans map[string]planEntry
	value osb.Catalog
}

type planMetadata struct {
	DisplayName   string           `json:"displayName"`
	DisplayNameKo string           `json:"displayNameKo"`
	DescriptionKo string           `json:"descriptionKo"`
	Quota         map[string]int64 `json:"quota"`
	Asynchronous  bool             `json:"asynchronous"`
}

type serviceMetadata struct {
	DisplayName       string  `json:"displayName"`
	DisplayNameKo     string  `json:"displayNameKo"`
	LongDescription   string  `json:"longDescription"`
	LongDescriptionKo string  `json:"longDescriptionKo"`
	Site              string  `json:"site"`
	Engine            string  `json:"engine"`
	EngineVersion     string  `json:"engineVersion"`
	Meters            []Meter `json:"meters"`
	Available         bool    `json:"available"`
	Message           *Text   `json:"message,omitempty"`
}

// render makes the catalogue of an offering at a site, with the quotas the configuration replaces.
func render(site string, o Offering, quotas map[string]int64) (*catalogue, error) {
	c := &catalogue{plans: map[string]planEntry{}}
	s := osb.Service{
		ID: StableID(site, "service", o.Name), Name: slug(site) + "-" + o.Name, Description: o.Description.En, Tags: o.Tags,
		Bindable: true, InstancesRetrievable: true, BindingsRetrievable: true, PlanUpdateable: true, AllowContextUpdates: true,
	}
	var err error
	s.Metadata, err = osb.NewMetadata(serviceMetadata{
		DisplayName: o.Display.En, DisplayNameKo: o.Display.Ko, LongDescription: o.Description.En, LongDescriptionKo: o.Description.Ko,
		Site: site, Engine: o.Engine, EngineVersion: o.EngineVersion, Meters: o.Meters, Available: o.Unavailable == nil, Message: o.Unavailable,
	})
	if err != nil {
		return nil, err
	}
	for _, p := range o.Plans {
		if quota, ok := quotas[p.Name]; ok {
			p.QuotaBytes = quota
		}
		plan, err := renderPlan(StableID(site, "plan", o.Name, p.Name), p)
		if err != nil {
			return nil, err
		}
		s.Plans = append(s.Plans, plan)
		c.plans[plan.ID] = planEntry{serviceID: s.ID, planID: plan.ID, plan: p}
	}
	c.value = osb.Catalog{Services: []osb.Service{s}}
	if c.raw, err = json.Marshal(c.value); err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	c.etag = fmt.Sprintf("%q", fmt.Sprintf("%x", sha256.Sum256(c.raw)))
	return c, nil
}

func renderPlan(id string, p Plan) (osb.Plan, error) {
	quota := map[string]int64{"bytes": p.QuotaBytes}
	for name, limit := range p.Limits {
		quota[name] = limit
	}
	metadata, err := osb.NewMetadata(planMetadata{
		DisplayName: p.Display.En, DisplayNameKo: p.Display.Ko, DescriptionKo: p.Description.Ko, Quota: quota, Asynchronous: p.Async,
	})
	free := false
	return osb.Plan{
		ID: id, Name: p.Name, Description: p.Description.En, Metadata: metadata, Free: &free,
		BindingRotatable: true, MaximumPollingDuration: 600,
	}, err
}
