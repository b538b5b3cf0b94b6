package kit

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

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
	Name        string
	Display     Text
	Description Text
	// Category is the kind of service (분류), e.g. "object-storage".
	Category      string
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
	// AsyncBind makes the creation of credentials an asynchronous operation.
	AsyncBind bool
	// BindingLife is how long credentials are valid; 0 is without end.
	BindingLife time.Duration
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
	// maintenance is the version of what runs under the plans, "" when the engine has none that fits.
	maintenance string
}

type planMetadata struct {
	DisplayName   string           `json:"displayName"`
	DisplayNameKo string           `json:"displayNameKo"`
	DescriptionKo string           `json:"descriptionKo"`
	DescriptionEn string           `json:"descriptionEn"`
	Quota         map[string]int64 `json:"quota"`
	Meters        []Meter          `json:"meters"`
	Asynchronous  bool             `json:"asynchronous"`
	Synthetic     bool             `json:"synthetic,omitempty"`
}

type serviceMetadata struct {
	DisplayName       string  `json:"displayName"`
	DisplayNameKo     string  `json:"displayNameKo"`
	LongDescription   string  `json:"longDescription"`
	LongDescriptionKo string  `json:"longDescriptionKo"`
	Category          string  `json:"category"`
	Site              string  `json:"site"`
	SiteTitle         Text    `json:"siteTitle"`
	Venue             string  `json:"venue,omitempty"`
	Region            string  `json:"region"`
	Engine            string  `json:"engine"`
	EngineVersion     string  `json:"engineVersion"`
	Meters            []Meter `json:"meters"`
	Available         bool    `json:"available"`
	Message           *Text   `json:"message,omitempty"`
	Synthetic         bool    `json:"synthetic,omitempty"`
	Notice            *Text   `json:"notice,omitempty"`
}

// render makes the catalogue of an offering at the site of the configuration, with the quotas it replaces.
func render(site Config, o Offering) (*catalogue, error) {
	c := &catalogue{plans: map[string]planEntry{}, maintenance: maintenanceOf(site, o)}
	s := osb.Service{
		ID: StableID(site.SiteName, "service", o.Name), Name: slug(site.SiteName) + "-" + o.Name, Description: o.Description.En, Tags: o.Tags,
		Bindable: true, InstancesRetrievable: true, BindingsRetrievable: true, PlanUpdateable: true, AllowContextUpdates: true,
	}
	var err error
	if s.Metadata, err = osb.NewMetadata(describeService(site, o)); err != nil {
		return nil, err
	}
	for _, p := range o.Plans {
		if quota, ok := site.Quotas[p.Name]; ok {
			p.QuotaBytes = quota
		}
		plan, err := renderPlan(site, o, p)
		if err != nil {
			return nil, err
		}
		if c.maintenance != "" {
			plan.MaintenanceInfo = &osb.MaintenanceInfo{Version: c.maintenance, Description: o.Engine + " " + o.EngineVersion}
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

func describeService(site Config, o Offering) serviceMetadata {
	m := serviceMetadata{
		DisplayName:     fmt.Sprintf("%s (%s)", o.Display.En, site.SiteTitle.En),
		DisplayNameKo:   fmt.Sprintf("%s (%s)", o.Display.Ko, site.SiteTitle.Ko),
		LongDescription: o.Description.En, LongDescriptionKo: o.Description.Ko, Category: o.Category,
		Site: site.SiteName, SiteTitle: site.SiteTitle, Venue: site.Venue, Region: site.Region,
		Engine: o.Engine, EngineVersion: o.EngineVersion, Meters: o.Meters,
		Available: o.Unavailable == nil, Message: o.Unavailable, Synthetic: site.Synthetic,
	}
	if site.Synthetic {
		m.Notice = &Text{
			Ko: "예시용 가상 사이트입니다. 실제 공급자의 서비스가 아닙니다.",
			En: "A synthetic example site: no real provider offers this service.",
		}
	}
	return m
}

func renderPlan(site Config, o Offering, p Plan) (osb.Plan, error) {
	quota := map[string]int64{"bytes": p.QuotaBytes}
	for name, limit := range p.Limits {
		quota[name] = limit
	}
	metadata, err := osb.NewMetadata(planMetadata{
		DisplayName: p.Display.En, DisplayNameKo: p.Display.Ko, DescriptionKo: p.Description.Ko, DescriptionEn: p.Description.En,
		Quota: quota, Meters: o.Meters, Asynchronous: p.Async, Synthetic: site.Synthetic,
	})
	free := false
	return osb.Plan{
		ID: StableID(site.SiteName, "plan", o.Name, p.Name), Name: p.Name, Description: p.Description.En, Metadata: metadata, Free: &free,
		BindingRotatable: true, MaximumPollingDuration: 600,
	}, err
}
