package catalog

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/base/policy"
)

// RegisterIn is a provider with its broker. Without an id the provider is found by the
// broker's address, so the same request twice makes one provider.
type RegisterIn struct {
	ID             ProviderID   `json:"id,omitempty" doc:"provider to change; empty registers one"`
	Name           naru.Text    `json:"name" doc:"name in Korean (ko) and English (en)"`
	Venue          policy.Venue `json:"venue" doc:"government, private, ppp, own or onsite"`
	BrokerURL      string       `json:"broker_url,omitempty" doc:"http or https address of the Open Service Broker, without credentials"`
	BrokerUser     string       `json:"broker_user,omitempty" doc:"user name at the broker"`
	BrokerPassword naru.Secret  `json:"broker_password,omitzero" doc:"kept sealed; empty keeps the one there is"`
	BrokerVersion  string       `json:"broker_version,omitempty" doc:"version of the broker API, 2.4 to 2.17; empty finds the newest the broker takes"`
	Version        int64        `json:"version,omitempty" doc:"version the change is based on; 0 skips the comparison"`
	Synthetic      bool         `json:"synthetic,omitempty" doc:"example data, to be marked as such"`
}

func (in *RegisterIn) check() *problems {
	ps := &problems{}
	ps.want(in.Name.Ko != "" && len(in.Name.Ko) <= maxName && len(in.Name.En) <= maxName, "name", "catalog.field_missing")
	ps.want(slices.Contains(policy.Venues(), in.Venue), "venue", "catalog.bad_venue", "value", clip(string(in.Venue)))
	ps.want(in.BrokerURL == "" || checkURL(in.BrokerURL), "broker_url", "catalog.bad_broker_url")
	ps.want(in.BrokerVersion == "" || checkBrokerVersion(in.BrokerVersion), "broker_version", "catalog.bad_broker_version", "value", clip(in.BrokerVersion))
	return ps
}

func register(ctx context.Context, c *op.Call, s Store, in RegisterIn) (Provider, error) {
	if err := in.check().refusal("catalog.provider_refused"); err != nil {
		return Provider{}, err
	}
	old, known, err := findProvider(ctx, s, in)
	if err != nil {
		return Provider{}, err
	}
	if err := mayRegister(c.Actor, old, known, in); err != nil {
		return Provider{}, err
	}
	if known && in.Version != 0 && in.Version != old.Version {
		return Provider{}, naru.NewError(naru.Conflict, "catalog.provider_changed", "version", fmt.Sprint(old.Version))
	}
	p := old
	if !known {
		p.ID = ProviderID(c.NewID("prv"))
	}
	p.asked(in)
	p.Name, p.Venue, p.BrokerURL, p.BrokerUser, p.Synthetic = in.Name, in.Venue, in.BrokerURL, in.BrokerUser, in.Synthetic
	if !in.BrokerPassword.IsZero() {
		p.BrokerPassword = in.BrokerPassword
	}
	p.Version++
	c.Record([]string{string(p.ID)}, "venue", string(p.Venue), "version", fmt.Sprint(p.Version), "broker", fmt.Sprint(p.BrokerURL != ""))
	return p.shownTo(c.Actor), s.PutProvider(ctx, p)
}

// findProvider finds the provider by its id or by its broker. A broker belongs to one
// provider, or one catalogue would be sold under two names.
func findProvider(ctx context.Context, s Store, in RegisterIn) (old Provider, known bool, err error) {
	var at Provider
	taken := false
	if in.BrokerURL != "" {
		if at, taken, err = s.ProviderByBroker(ctx, in.BrokerURL); err != nil {
			return Provider{}, false, err
		}
	}
	if in.ID == "" {
		if taken && at.Name.Ko != in.Name.Ko {
			return Provider{}, false, naru.NewError(naru.Conflict, "catalog.broker_taken")
		}
		return at, taken, nil
	}
	if taken && at.ID != in.ID {
		return Provider{}, false, naru.NewError(naru.Conflict, "catalog.broker_taken")
	}
	old, err = s.Provider(ctx, in.ID)
	return old, true, err
}

// mayRegister lets a provider change its own name and broker. Where it stands is for
// the operator to say, because verdicts rest on it.
func mayRegister(a naru.Actor, old Provider, known bool, in RegisterIn) error {
	if identity.Role(a.Role) != identity.Provider {
		return nil
	}
	if err := requireSight(a, old.ID, string(cmp.Or(in.ID, old.ID))); err != nil {
		return err
	}
	if !known || old.Venue != in.Venue || old.Synthetic != in.Synthetic {
		return naru.NewError(naru.Denied, "catalog.venue_by_operator", "object", string(old.ID))
	}
	return nil
}

// SyncOut says that the catalogue will be read.
type SyncOut struct {
	Provider ProviderID `json:"provider" doc:"provider id"`
	Queued   bool       `json:"queued"`
}

func requestSync(ctx context.Context, c *op.Call, s Store, in ProviderIn) (SyncOut, error) {
	if err := requireSight(c.Actor, in.ID, string(in.ID)); err != nil {
		return SyncOut{}, err
	}
	p, err := s.Provider(ctx, in.ID)
	if err != nil {
		return SyncOut{}, err
	}
	if p.BrokerURL == "" {
		return SyncOut{}, naru.NewError(naru.Invalid, "catalog.no_broker", "name", p.Name.Ko)
	}
	c.EnqueueIn(string(p.ID), SyncTask, string(p.ID))
	c.Record([]string{string(p.ID)}, "outcome", "asked")
	return SyncOut{Provider: p.ID, Queued: true}, nil
}

// LoadIn is a provider's catalogue from a file.
type LoadIn struct {
	Provider ProviderID `json:"provider"`
	Listing
}

func load(ctx context.Context, c *op.Call, s Store, in LoadIn) (Change, error) {
	if err := requireSight(c.Actor, in.Provider, string(in.Provider)); err != nil {
		return Change{}, err
	}
	p, err := s.Provider(ctx, in.Provider)
	if err != nil {
		return Change{}, err
	}
	if p.BrokerURL != "" {
		return Change{}, naru.NewError(naru.Conflict, "catalog.has_broker", "name", p.Name.Ko)
	}
	return takeOver(ctx, c, s, p, &in.Listing)
}

// DescribeIn is what a broker does not say of a service. Empty leaves what is known.
type DescribeIn struct {
	ID       ServiceID `json:"id" doc:"service id"`
	Category string    `json:"category,omitempty" doc:"kind of service; empty leaves what is known"`
	Region   string    `json:"region,omitempty" doc:"where it runs; empty leaves what is known"`
}

func describe(ctx context.Context, c *op.Call, s Store, in DescribeIn) (Service, error) {
	o, err := ownService(ctx, c.Actor, s, in.ID)
	if err != nil {
		return Service{}, err
	}
	ps := &problems{}
	ps.want(in.Category != "" || in.Region != "", "category", "catalog.field_missing")
	ps.want(len(in.Category) <= maxName && len(in.Region) <= maxName, "category", "catalog.text_too_long", "limit", fmt.Sprint(maxName))
	if err := ps.refusal("catalog.service_refused"); err != nil {
		return Service{}, err
	}
	o.Category, o.Region = cmp.Or(in.Category, o.Category), cmp.Or(in.Region, o.Region)
	c.Record([]string{string(in.ID)}, "category", o.Category, "region", o.Region)
	return o.Service, s.PutServices(ctx, []Service{o.Service})
}

// CertifyIn is a certificate of a service.
type CertifyIn struct {
	Service ServiceID `json:"service" doc:"service id"`
	Certificate
}

func certify(ctx context.Context, c *op.Call, s Store, in CertifyIn) (Service, error) {
	o, err := s.Offer(ctx, in.Service)
	if err != nil {
		return Service{}, err
	}
	if err := in.check().refusal("catalog.certificate_refused"); err != nil {
		return Service{}, err
	}
	cert, err := grant(o.Certificates, in.Certificate)
	if err != nil {
		return Service{}, err
	}
	c.Record([]string{string(in.Service)}, "scheme", cert.Scheme, "type", cert.Type, "tier", cert.Tier,
		"number", cert.Number, "from", string(cert.From), "to", string(cert.To))
	if err := s.PutCertificate(ctx, in.Service, cert); err != nil {
		return Service{}, err
	}
	o, err = s.Offer(ctx, in.Service)
	return o.Service, err
}

// SetPricesIn is prices of a plan with the date each begins.
type SetPricesIn struct {
	Plan   PlanID  `json:"plan" doc:"plan id"`
	Prices []Price `json:"prices" doc:"prices with the date each begins; a new one closes the old one"`
}

func setPrices(ctx context.Context, c *op.Call, s Store, in SetPricesIn) (Plan, error) {
	p, err := s.CatalogPlan(ctx, in.Plan)
	if err != nil {
		return Plan{}, err
	}
	o, err := ownService(ctx, c.Actor, s, p.Service)
	if err != nil {
		return Plan{}, err
	}
	if err := checkPrices(&o.Service, in.Prices).refusal("catalog.price_refused"); err != nil {
		return Plan{}, err
	}
	rows, err := reprice(p.Prices, in.Prices, c.Today())
	if err != nil {
		return Plan{}, err
	}
	for _, r := range in.Prices {
		c.Record([]string{string(p.ID)}, "meter", r.Meter, "unit", r.Unit, "rate", r.Rate.String(), "from", string(r.From), "to", string(r.To))
	}
	if err := s.PutPrices(ctx, p.ID, rows); err != nil {
		return Plan{}, fmt.Errorf("prices of %s: %w", p.ID, err)
	}
	return s.CatalogPlan(ctx, in.Plan)
}
