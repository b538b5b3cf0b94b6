package fault

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"naru/broker/kit"
	"naru/wire/osb"
)

// MaintenanceVersion is the version every plan declares.
const MaintenanceVersion = "1.0.0"

const schema = `{"service_instance":{"create":{"parameters":{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"}}}}`

// plan is a plan with what the broker itself needs to know.
type plan struct {
	osb.Plan
	async bool
}

// catalogue is what the broker offers, rendered once.
type catalogue struct {
	value osb.Catalog
	raw   []byte
	etag  string
	plans map[string]plan
}

func newCatalogue(site string) (*catalogue, error) {
	c := &catalogue{plans: map[string]plan{}}
	metadata, err := osb.NewMetadata(map[string]any{
		"displayName": "Fault broker", "displayNameKo": "고장 브로커", "category": "test", "region": site, "synthetic": true,
		"longDescription": "Fails on demand, to try platforms", "longDescriptionKo": "플랫폼을 시험하려고 일부러 고장을 냅니다",
	})
	if err != nil {
		return nil, err
	}
	s := osb.Service{
		ID: kit.StableID(site, "service", "fault"), Name: site + "-fault", Description: "a broker that fails on demand", Tags: []string{"test"},
		Bindable: true, InstancesRetrievable: true, BindingsRetrievable: true, PlanUpdateable: true, AllowContextUpdates: true, Metadata: metadata,
	}
	for _, p := range []struct {
		name  string
		async bool
	}{{"small", false}, {"large", false}, {"slow", true}, {"slow-large", true}} {
		free := true
		made := osb.Plan{
			ID: kit.StableID(site, "plan", "fault", p.name), Name: p.name, Description: "the " + p.name + " plan", Free: &free,
			BindingRotatable: true, MaximumPollingDuration: 3600, MaintenanceInfo: &osb.MaintenanceInfo{Version: MaintenanceVersion},
			Schemas: json.RawMessage(schema),
		}
		s.Plans = append(s.Plans, made)
		c.plans[made.ID] = plan{made, p.async}
	}
	c.value = osb.Catalog{Services: []osb.Service{s}}
	if c.raw, err = json.Marshal(c.value); err != nil {
		return nil, err
	}
	c.etag = fmt.Sprintf(`"%x"`, sha256.Sum256(c.raw))
	return c, nil
}

// find returns the plan, or the refusal for ids that are not in the catalogue.
func (c *catalogue) find(service, id string) (plan, error) {
	p, ok := c.plans[id]
	if !ok || service != c.value.Services[0].ID {
		return plan{}, osb.BadRequest("service_id and plan_id are not in the catalog")
	}
	return p, nil
}
