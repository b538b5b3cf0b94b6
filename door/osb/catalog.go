package osb

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"naru"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/provision"
	wire "naru/wire/osb"
)

// Catalog shows what approved orders let the platform's institution use.
func (d *door) Catalog(ctx context.Context, r wire.CatalogRequest) (wire.CatalogResponse, error) {
	offers, err := op.Do(ctx, d.Runner, d.call(ctx), d.Ops.Offers, provision.OffersIn{})
	if err != nil {
		return wire.CatalogResponse{}, d.refuse(err)
	}
	out := wire.Catalog{Services: []wire.Service{}}
	for _, o := range offers {
		s, err := serviceOf(o)
		if err != nil {
			return wire.CatalogResponse{}, err
		}
		out.Services = append(out.Services, s)
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return wire.CatalogResponse{}, fmt.Errorf("catalog: %w", err)
	}
	etag := fmt.Sprintf(`"%x"`, sha256.Sum256(raw))
	if r.IfNoneMatch == etag {
		return wire.CatalogResponse{ETag: etag, NotModified: true}, nil
	}
	return wire.CatalogResponse{Catalog: out, Raw: raw, ETag: etag}, nil
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

func serviceOf(o provision.Offered) (wire.Service, error) {
	id := string(o.ID)
	s := wire.Service{
		ID: id, Name: o.Slug + "-" + id[max(0, len(id)-nameTail):], Description: described(o.Doc, o.Name), Bindable: o.Bindable,
		InstancesRetrievable: true, BindingsRetrievable: true, Extensions: serviceVendor(o.Wire),
	}
	var err error
	s.Metadata, err = wire.NewMetadata(serviceMetadata{
		DisplayName: o.Name.In("en"), DisplayNameKo: o.Name.Ko, LongDescription: o.Doc.In("en"), LongDescriptionKo: o.Doc.Ko,
		ProviderDisplayName: o.ProviderName.Ko, Venue: string(o.Venue), Region: o.Region, Certificates: o.Certificates, Meters: o.Meters,
		Available: o.Unavailable.IsZero(), Message: o.Unavailable, Synthetic: o.Synthetic,
	})
	if err != nil {
		return s, err
	}
	for _, p := range o.Plans {
		plan, err := planOf(p, o.Orders)
		if err != nil {
			return s, err
		}
		s.Plans = append(s.Plans, plan)
	}
	return s, nil
}

// orderSchema tells platforms of the one parameter that is naru's own.
const orderSchema = `{"service_instance":{"create":{"parameters":{"$schema":"http://json-schema.org/draft-07/schema#","type":"object",` +
	`"properties":{"order":{"type":"string","description":"approved order that carries the instance; may be left out when only one is free"}}}}}}`

func planOf(p catalog.Plan, uses []provision.OrderUse) (wire.Plan, error) {
	m := planMetadata{DisplayName: p.Name.In("en"), DisplayNameKo: p.Name.Ko, Quota: p.Quota}
	for _, u := range uses {
		if u.Plan == p.ID {
			m.Orders = append(m.Orders, orderMetadata{
				Order: string(u.ID), System: string(u.System), Component: string(u.Component), From: u.From, To: u.To,
				Prices: u.Prices, InUse: u.Instance != "",
			})
		}
	}
	metadata, err := wire.NewMetadata(m)
	free := false
	return wire.Plan{
		ID: string(p.ID), Name: p.Slug, Description: described(p.Doc, p.Name), Metadata: metadata, Free: &free,
		Schemas: json.RawMessage(orderSchema), Extensions: planVendor(p.Wire),
	}, err
}

// described is a description, which the specification wants to be there.
func described(doc, name naru.Text) string {
	if text := doc.In("en"); text != "" {
		return text
	}
	return name.In("en")
}
