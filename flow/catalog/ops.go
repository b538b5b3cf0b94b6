package catalog

import (
	"context"

	"naru"
	"naru/base/identity"
	"naru/base/op"
)

// Store is what this step needs of a transaction.
type Store interface {
	Provider(ctx context.Context, id ProviderID) (Provider, error)
	ProviderByBroker(ctx context.Context, url string) (p Provider, ok bool, err error)
	Providers(ctx context.Context, of ProviderID, p naru.Page) (naru.List[Provider], error)
	PutProvider(ctx context.Context, p Provider) error
	// Offers returns everything of a provider, or of all for "", gone or not.
	Offers(ctx context.Context, of ProviderID) ([]Offer, error)
	Offer(ctx context.Context, id ServiceID) (Offer, error)
	Services(ctx context.Context, f Filter, p naru.Page) (naru.List[ServiceRow], error)
	CatalogPlan(ctx context.Context, id PlanID) (Plan, error)
	PutServices(ctx context.Context, list []Service) error
	PutPlans(ctx context.Context, list []Plan) error
	PutCertificate(ctx context.Context, s ServiceID, c Certificate) error
	PutPrices(ctx context.Context, p PlanID, rows []Price) error
	// Scores returns the admission scores of a provider, or of all for "".
	Scores(ctx context.Context, of ProviderID) (map[ProviderID]Score, error)
}

// Register adds a provider with its broker, or changes it.
var Register = op.Write("catalog.register", "catalog.edit",
	naru.Text{Ko: "공급자와 브로커를 등록하거나 고친다", En: "Register or change a provider and its broker"}, register)

// Sync asks for the broker's catalogue; a task reads it and takes it over.
var Sync = op.Write("catalog.sync", "catalog.edit",
	naru.Text{Ko: "공급자 브로커의 서비스 목록을 다시 읽는다", En: "Read the catalogue of a provider's broker again"}, requestSync)

// Load takes over a catalogue from a file, for a provider without a broker.
var Load = op.Write("catalog.load", "catalog.edit",
	naru.Text{Ko: "브로커가 없는 공급자의 서비스 목록을 파일에서 들여온다", En: "Take over a catalogue from a file"}, load)

// Describe sets what a broker does not say of a service: its category and region.
var Describe = op.Write("catalog.describe", "catalog.edit",
	naru.Text{Ko: "서비스의 분류와 지역을 적는다", En: "Set the category and region of a service"}, describe)

// Certify adds a certificate to a service, or renews or cancels a known one.
var Certify = op.Write("catalog.certify", "catalog.certify",
	naru.Text{Ko: "서비스의 보안인증을 등록하거나 기간을 고친다", En: "Register a certificate of a service, renew or cancel it"}, certify)

// SetPrices adds prices to a plan; each closes the one before it.
var SetPrices = op.Write("catalog.price", "catalog.edit",
	naru.Text{Ko: "이용상품의 단가를 시행일과 함께 정한다", En: "Set prices of a plan from a date on"}, setPrices)

// ListProviders lists the providers the caller sees.
var ListProviders = op.Read("catalog.providers", "catalog.read",
	naru.Text{Ko: "공급자 목록", En: "List providers"}, listProviders)

// GetProvider returns one provider.
var GetProvider = op.Read("catalog.provider", "catalog.read",
	naru.Text{Ko: "공급자 한 곳", En: "Get a provider"}, getProvider)

// ListServices lists services by category, venue, certificate and text.
var ListServices = op.Read("catalog.services", "catalog.read",
	naru.Text{Ko: "서비스 목록", En: "List services"}, listServices)

// GetService returns one service with its plans and the history of their prices.
var GetService = op.Read("catalog.service", "catalog.read",
	naru.Text{Ko: "서비스 한 건", En: "Get a service"}, getService)

// Operations lists the operations of this step.
func Operations() []op.Any {
	return []op.Any{Register, Sync, Load, Describe, Certify, SetPrices, ListProviders, GetProvider, ListServices, GetService}
}

// ListProvidersIn asks for a page of providers.
type ListProvidersIn struct{ naru.Page }

func listProviders(ctx context.Context, c *op.Call, s Store, in ListProvidersIn) (naru.List[Provider], error) {
	list, err := s.Providers(ctx, scope(c.Actor), in.Page)
	if err != nil {
		return list, err
	}
	scores, err := s.Scores(ctx, "")
	for i := range list.Rows {
		list.Rows[i] = list.Rows[i].shownTo(c.Actor)
		list.Rows[i].Admission = stand(scores, list.Rows[i].ID)
	}
	return list, err
}

// ProviderIn names a provider.
type ProviderIn struct {
	ID ProviderID `json:"id" doc:"provider id"`
}

func getProvider(ctx context.Context, c *op.Call, s Store, in ProviderIn) (Provider, error) {
	if err := requireSight(c.Actor, in.ID, string(in.ID)); err != nil {
		return Provider{}, err
	}
	p, err := s.Provider(ctx, in.ID)
	if err != nil {
		return Provider{}, err
	}
	p = p.shownTo(c.Actor)
	p.Admission, err = scoreOf(ctx, s, in.ID)
	return p, err
}

// ListServicesIn narrows the list of services.
type ListServicesIn struct {
	Filter
	naru.Page
}

func listServices(ctx context.Context, c *op.Call, s Store, in ListServicesIn) (naru.List[ServiceRow], error) {
	if own := scope(c.Actor); own != "" {
		if in.Provider != "" && in.Provider != own {
			return naru.List[ServiceRow]{}, requireSight(c.Actor, in.Provider, string(in.Provider))
		}
		in.Provider = own
	}
	if in.AsOf == "" {
		in.AsOf = c.Today()
	}
	if _, err := naru.ParseDate(string(in.AsOf)); err != nil {
		return naru.List[ServiceRow]{}, naru.NewError(naru.Invalid, "catalog.bad_date", "value", clip(string(in.AsOf)))
	}
	list, err := s.Services(ctx, in.Filter, in.Page)
	if err != nil {
		return list, err
	}
	scores, err := s.Scores(ctx, "")
	for i := range list.Rows {
		list.Rows[i].Admission = stand(scores, list.Rows[i].Provider)
	}
	return list, err
}

// ServiceIn names a service.
type ServiceIn struct {
	ID ServiceID `json:"id" doc:"service id"`
}

func getService(ctx context.Context, c *op.Call, s Store, in ServiceIn) (Offer, error) {
	o, err := s.Offer(ctx, in.ID)
	if err != nil {
		return Offer{}, err
	}
	if err := requireSight(c.Actor, o.Provider, string(in.ID)); err != nil {
		return Offer{}, err
	}
	o.Admission, err = scoreOf(ctx, s, o.Provider)
	return o, err
}

// ownService returns a service the actor may edit.
func ownService(ctx context.Context, a naru.Actor, s Store, id ServiceID) (Offer, error) {
	o, err := s.Offer(ctx, id)
	if err != nil {
		return Offer{}, err
	}
	if identity.Role(a.Role) == identity.Provider {
		return o, requireSight(a, o.Provider, string(id))
	}
	return o, nil
}
