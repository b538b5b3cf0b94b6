package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"naru"
	"naru/flow/catalog"
	"naru/wire/osb"
)

// Catalog implements catalog.Broker: it reads the broker's catalogue and takes from its
// metadata what naru has a place for. What the broker does not say stays empty.
func (l *Link) Catalog(ctx context.Context, p catalog.Provider) (catalog.Listing, error) {
	got, err := do(ctx, l, p, func(ctx context.Context, c *osb.Client) (osb.CatalogResponse, error) {
		return c.Catalog(ctx, osb.CatalogRequest{})
	})
	if err != nil {
		return catalog.Listing{}, unavailable(p, err)
	}
	var out catalog.Listing
	for _, s := range got.Services {
		offer, err := service(s)
		if err != nil {
			return catalog.Listing{}, fmt.Errorf("service %q: %w", s.ID, err)
		}
		out.Services = append(out.Services, offer)
	}
	return out, nil
}

func service(s osb.Service) (catalog.ServiceOffer, error) {
	plans := s.Plans
	s.Plans, s.DashboardClient = nil, nil // the client holds a secret that nobody behind naru needs
	wire, err := json.Marshal(s)
	if err != nil {
		return catalog.ServiceOffer{}, err
	}
	o := catalog.ServiceOffer{
		OSBID: s.ID, Slug: s.Name, Bindable: s.Bindable, Wire: wire,
		Name:     text(s.Metadata, "displayNameKo", "displayName", s.Name),
		Doc:      text(s.Metadata, "longDescriptionKo", "longDescription", s.Description),
		Category: s.Metadata.Text("category"), Region: s.Metadata.Text("region"),
		Unavailable: closed(s.Metadata), Meters: meters(s.Metadata),
	}
	for _, p := range plans {
		wire, err := json.Marshal(p)
		if err != nil {
			return catalog.ServiceOffer{}, err
		}
		o.Plans = append(o.Plans, catalog.PlanOffer{
			OSBID: p.ID, Slug: p.Name, Wire: wire,
			Name:  text(p.Metadata, "displayNameKo", "displayName", p.Name),
			Doc:   text(p.Metadata, "descriptionKo", "descriptionEn", p.Description),
			Quota: quota(p.Metadata),
		})
	}
	return o, nil
}

// text reads a text in both languages; the field every catalogue has stands in for what
// is missing, because a service without a name cannot be shown.
func text(m osb.Metadata, ko, en, plain string) naru.Text {
	t := naru.Text{Ko: tidy(m.Text(ko)), En: tidy(m.Text(en))}
	if t.En == "" {
		t.En = tidy(plain)
	}
	if t.Ko == "" {
		t.Ko = t.En
	}
	return t
}

// closed reads why nothing can be provisioned now: metadata "available": false with a
// "message" in both languages.
func closed(m osb.Metadata) naru.Text {
	available := true
	if m.Decode("available", &available); available {
		return naru.Text{}
	}
	var why naru.Text
	if m.Decode("message", &why); why.IsZero() {
		why = naru.Text{Ko: "공급자가 지금은 제공하지 않습니다.", En: "The provider does not offer it now."}
	}
	return naru.Text{Ko: tidy(why.Ko), En: tidy(why.En)}
}

func meters(m osb.Metadata) []catalog.Meter {
	var list []struct{ Meter, Unit string }
	m.Decode("meters", &list)
	out := make([]catalog.Meter, 0, len(list))
	for _, v := range list {
		out = append(out, catalog.Meter{Name: tidy(v.Meter), Unit: tidy(v.Unit)})
	}
	return out
}

// quota keeps the limits of a plan as the broker writes them, numbers and texts alike.
func quota(m osb.Metadata) map[string]string {
	var raw map[string]json.RawMessage
	m.Decode("quota", &raw)
	out := make(map[string]string, len(raw))
	for name, v := range raw {
		if value := tidy(strings.Trim(string(v), `"`)); value != "" && value != "null" {
			out[tidy(name)] = value
		}
	}
	return out
}
