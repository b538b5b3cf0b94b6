package osb

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"naru"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/inventory"
	"naru/flow/provision"
	wire "naru/wire/osb"
)

// Catalog shows what approved orders let the platform's institution use.
func (d *door) Catalog(ctx context.Context, r wire.CatalogRequest) (wire.CatalogResponse, error) {
	call := d.call(ctx)
	offers, err := op.Do(ctx, d.Runner, call, d.Ops.Offers, provision.OffersIn{})
	if err != nil {
		return wire.CatalogResponse{}, d.refuse(err)
	}
	c, err := d.served(inventory.InstitutionID(call.Actor.Institution), offers)
	if err != nil {
		return wire.CatalogResponse{}, err
	}
	if r.IfNoneMatch == c.etag {
		return wire.CatalogResponse{ETag: c.etag, NotModified: true}, nil
	}
	return wire.CatalogResponse{Raw: c.raw, ETag: c.etag}, nil
}

// served is a catalogue as it is sent, and the offers it was made of.
type served struct {
	of   []provision.Offered
	raw  []byte
	etag string
}

// servedMost bounds the catalogues that are kept; beyond it all are made anew.
const servedMost = 1000

// served gives the catalogue of an institution. While nothing in it changes the same
// offers come, the very same in memory, and so do the bytes made of them.
func (d *door) served(of inventory.InstitutionID, offers []provision.Offered) (served, error) {
	d.mu.Lock()
	c, ok := d.catalogs[of]
	d.mu.Unlock()
	if ok && len(offers) > 0 && len(c.of) == len(offers) && &c.of[0] == &offers[0] {
		return c, nil
	}
	raw, err := encode(offers)
	if err != nil {
		return served{}, err
	}
	c = served{of: offers, raw: raw, etag: fmt.Sprintf(`"%x"`, sha256.Sum256(raw))}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.catalogs) >= servedMost {
		clear(d.catalogs)
	}
	d.catalogs[of] = c
	return c, nil
}

// encode writes a catalogue.
func encode(offers []provision.Offered) ([]byte, error) {
	services := []object{}
	for _, o := range offers {
		s, err := serviceOf(o)
		if err != nil {
			return nil, fmt.Errorf("service %s: %w", o.ID, err)
		}
		services = append(services, s)
	}
	raw, err := json.Marshal(map[string]any{"services": services})
	if err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	return raw, nil
}

type serviceMetadata struct {
	DisplayName         string                `json:"displayName"`
	DisplayNameKo       string                `json:"displayNameKo"`
	LongDescription     string                `json:"longDescription"`
	LongDescriptionKo   string                `json:"longDescriptionKo"`
	ProviderDisplayName string                `json:"providerDisplayName"`
	Venue               string                `json:"venue"`
	Region              string                `json:"region,omitempty"`
	Certificates        []catalog.Certificate `json:"certificates"`
	Meters              []catalog.Meter       `json:"meters"`
	Available           bool                  `json:"available"`
	Message             naru.Text             `json:"message,omitzero"`
	Synthetic           bool                  `json:"synthetic"`
}

type planMetadata struct {
	DisplayName   string            `json:"displayName"`
	DisplayNameKo string            `json:"displayNameKo"`
	Quota         map[string]string `json:"quota,omitempty"`
	Orders        []orderMetadata   `json:"orders"`
}

// orderMetadata tells the platform which order to name, and which are taken.
type orderMetadata struct {
	Order     string          `json:"order"`
	System    string          `json:"system"`
	Component string          `json:"component"`
	From      naru.Date       `json:"from"`
	To        naru.Date       `json:"to"`
	Prices    []catalog.Price `json:"prices"`
	InUse     bool            `json:"in_use"`
}

// nameTail makes names unique over providers: two may both call a service "mysql". It is
// taken from the id, so it never changes.
const nameTail = 6

// object is a JSON object whose fields are passed on as they came.
type object map[string]json.RawMessage

// objectOf reads a service or plan as the broker wrote it; what is not there is empty.
func objectOf(raw []byte) object {
	out := object{}
	if json.Unmarshal(raw, &out) != nil || out == nil {
		return object{}
	}
	return out
}

// set puts naru's own word for fields in the place of the broker's. A nil value takes the
// field away.
func (o object) set(fields map[string]any) error {
	for name, value := range fields {
		if value == nil {
			delete(o, name)
			continue
		}
		raw, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		o[name] = raw
	}
	return nil
}

// over lays the fields of naru's own metadata over those of the broker.
func (o object) over(own any) (object, error) {
	m, err := wire.NewMetadata(own)
	if err != nil {
		return nil, err
	}
	for name, value := range m {
		o[name] = value
	}
	return o, nil
}

// serviceOf is a service as its broker wrote it, vendor fields and all, but for what is
// naru's to say. The client of a dashboard stays naru's: a platform cannot sign in there.
func serviceOf(o provision.Offered) (object, error) {
	id, s := string(o.ID), objectOf(o.Wire)
	metadata, err := objectOf(s["metadata"]).over(serviceMetadata{
		DisplayName: o.Name.In("en"), DisplayNameKo: o.Name.Ko, LongDescription: o.Doc.In("en"), LongDescriptionKo: o.Doc.Ko,
		ProviderDisplayName: o.ProviderName.Ko, Venue: string(o.Venue), Region: o.Region, Certificates: o.Certificates, Meters: o.Meters,
		Available: o.Unavailable.IsZero(), Message: o.Unavailable, Synthetic: o.Synthetic,
	})
	if err != nil {
		return nil, err
	}
	var plans []object
	for i := range o.Plans {
		plan, err := planOf(&o.Plans[i], o.Orders)
		if err != nil {
			return nil, fmt.Errorf("plan %s: %w", o.Plans[i].ID, err)
		}
		plans = append(plans, plan)
	}
	return s, s.set(map[string]any{
		"id": id, "name": o.Slug + "-" + id[max(0, len(id)-nameTail):], "description": described(o.Doc, o.Name), "bindable": o.Bindable,
		"instances_retrievable": true, "bindings_retrievable": true, "metadata": metadata, "plans": plans, "dashboard_client": nil,
	})
}

// planOf is a plan as its broker wrote it, but for what is naru's to say.
func planOf(p *catalog.Plan, uses []provision.OrderUse) (object, error) {
	m := planMetadata{DisplayName: p.Name.In("en"), DisplayNameKo: p.Name.Ko, Quota: p.Quota, Orders: []orderMetadata{}}
	for _, u := range uses {
		if u.Plan == p.ID {
			m.Orders = append(m.Orders, orderMetadata{
				Order: string(u.ID), System: string(u.System), Component: string(u.Component), From: u.From, To: u.To,
				Prices: u.Prices, InUse: u.Instance != "",
			})
		}
	}
	plan := objectOf(p.Wire)
	metadata, err := objectOf(plan["metadata"]).over(m)
	if err != nil {
		return nil, err
	}
	schemas, err := withOrder(plan["schemas"])
	if err != nil {
		return nil, err
	}
	return plan, plan.set(map[string]any{
		"id": string(p.ID), "name": p.Slug, "description": described(p.Doc, p.Name), "metadata": metadata, "free": false, "schemas": schemas,
	})
}

// described is a description, which the specification wants to be there.
func described(doc, name naru.Text) string {
	if text := doc.In("en"); text != "" {
		return text
	}
	return name.In("en")
}
