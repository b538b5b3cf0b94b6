package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/admission"
	"naru/flow/catalog"
)

func (s *server) catalogRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /services", s.signedIn(s.services))
	mux.HandleFunc("GET /services/{id}", s.signedIn(s.service))
	mux.HandleFunc("POST /services/{id}/certificates", s.signedIn(s.certify))
	mux.HandleFunc("POST /services/{id}/prices", s.signedIn(s.setPrice))
	mux.HandleFunc("GET /providers", s.signedIn(s.providers))
	mux.HandleFunc("GET /providers/{id}", s.signedIn(s.provider))
	mux.HandleFunc("POST /providers", s.signedIn(s.register))
	mux.HandleFunc("POST /providers/{id}/sync", s.signedIn(s.sync))
}

// servicesView is a page of the catalogue.
type servicesView struct {
	Filter      catalog.Filter
	Rows        []catalog.ServiceRow
	Today       naru.Date
	First, Next string
}

// services lists what may be bought.
func (s *server) services(q *request) error {
	v := q.r.URL.Query()
	f := catalog.Filter{
		Provider: catalog.ProviderID(v.Get("provider")), Category: v.Get("category"), Venue: policy.Venue(v.Get("venue")),
		Certificate: v.Get("certificate"), Tier: v.Get("tier"), Query: v.Get("query"),
	}
	call := q.call()
	in := catalog.ListServicesIn{Filter: f, Page: naru.Page{After: v.Get("after")}}
	list, err := op.Do(q.r.Context(), q.Runner, call, catalog.ListServices, in)
	if err != nil {
		return err
	}
	view := servicesView{Filter: f, Rows: list.Rows, Today: call.Today()}
	view.First, view.Next = around("/services", v, list.Next)
	p := q.page(page{Title: q.t("web.services")})
	if q.partial() {
		return q.render(http.StatusOK, servicesResult(p, view))
	}
	return q.show(http.StatusOK, p, servicesPage(p, view))
}

// around returns the addresses of the first and the next page of a list.
func around(path string, v url.Values, next string) (first, following string) {
	v = clean(v)
	here := path + "?" + v.Encode()
	if v.Has("after") {
		first = withQuery(here, "after", "")
	}
	if next != "" {
		following = withQuery(here, "after", next)
	}
	return first, following
}

// clean drops what an address need not carry.
func clean(v url.Values) url.Values {
	out := url.Values{}
	for name, list := range v {
		if name != "lang" && len(list) > 0 && list[0] != "" {
			out.Set(name, list[0])
		}
	}
	return out
}

// serviceView is a service with what the caller may change of it.
type serviceView struct {
	catalog.Offer
	Today              naru.Date
	MayCertify, MaySet bool
	MayPlan            bool
}

func (s *server) service(q *request) error { return q.showService(http.StatusOK, nil) }

func (q *request) showService(code int, f *flash) error {
	call := q.call()
	offer, err := op.Do(q.r.Context(), q.Runner, call, catalog.GetService, catalog.ServiceIn{ID: catalog.ServiceID(q.r.PathValue("id"))})
	if err != nil {
		return err
	}
	v := serviceView{Offer: offer, Today: call.Today(), MayCertify: q.may("catalog.certify"), MaySet: q.may("catalog.edit"), MayPlan: q.may("plan.read")}
	p := q.page(page{Title: offer.Name.In(q.prefs.Lang), Crumbs: []link{{Text: q.t("web.services"), URL: "/services"}}, Flash: f})
	return q.show(code, p, servicePage(p, v))
}

// certify registers a certificate of a service.
func (s *server) certify(q *request) error {
	form := q.r.PostFormValue
	id := q.r.PathValue("id")
	in := catalog.CertifyIn{Service: catalog.ServiceID(id), Certificate: catalog.Certificate{
		Scheme: catalog.CSAP, Type: form("type"), Tier: form("tier"), Number: strings.TrimSpace(form("number")), From: naru.Date(form("from")), To: naru.Date(form("to")),
	}}
	if _, err := op.Do(q.r.Context(), q.Runner, q.call(), catalog.Certify, in); err != nil {
		return q.serviceRefused(err)
	}
	return q.done("/services/"+id, "web.done.certificate")
}

func (q *request) serviceRefused(err error) error {
	if f, ok := formFault(err); ok {
		return q.showService(http.StatusUnprocessableEntity, f)
	}
	return err
}

// setPrice sets one price of a plan from a date on.
func (s *server) setPrice(q *request) error {
	form := q.r.PostFormValue
	id := q.r.PathValue("id")
	rate, err := naru.ParseDecimal(strings.ReplaceAll(form("rate"), ",", ""))
	if err != nil {
		return q.serviceRefused(naru.NewError(naru.Invalid, "web.bad_number", "value", clipped(form("rate"))))
	}
	meter, unit, _ := strings.Cut(form("meter"), "|")
	in := catalog.SetPricesIn{Plan: catalog.PlanID(form("plan")), Prices: []catalog.Price{{Meter: meter, Unit: unit, Rate: rate, From: naru.Date(form("from"))}}}
	if _, err := op.Do(q.r.Context(), q.Runner, q.call(), catalog.SetPrices, in); err != nil {
		return q.serviceRefused(err)
	}
	return q.done("/services/"+id, "web.done.price")
}

func clipped(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// providersView is the list of providers.
type providersView struct {
	Rows        []catalog.Provider
	First, Next string
	MayRegister bool
	Form        catalog.RegisterIn
}

func (s *server) providers(q *request) error {
	return q.showProviders(http.StatusOK, catalog.RegisterIn{}, nil)
}

func (q *request) showProviders(code int, form catalog.RegisterIn, f *flash) error {
	v := q.r.URL.Query()
	in := catalog.ListProvidersIn{Page: naru.Page{After: v.Get("after")}}
	list, err := op.Do(q.r.Context(), q.Runner, q.call(), catalog.ListProviders, in)
	if err != nil {
		return err
	}
	view := providersView{Rows: list.Rows, Form: form, MayRegister: q.may("catalog.edit") && q.actor.Provider == ""}
	view.First, view.Next = around("/providers", v, list.Next)
	p := q.page(page{Title: q.t("web.providers"), Flash: f})
	return q.show(code, p, providersPage(p, view))
}

// providerView is one provider with its services.
type providerView struct {
	catalog.Provider
	Services []catalog.ServiceRow
	Runs     []admission.Run
	Today    naru.Date
	MaySync  bool
	MayAdmit bool
}

func (s *server) provider(q *request) error {
	id := catalog.ProviderID(q.r.PathValue("id"))
	call := q.call()
	one, err := op.Do(q.r.Context(), q.Runner, call, catalog.GetProvider, catalog.ProviderIn{ID: id})
	if err != nil {
		return err
	}
	list, err := op.Do(q.r.Context(), q.Runner, call, catalog.ListServices, catalog.ListServicesIn{Filter: catalog.Filter{Provider: id, Gone: true}, Page: naru.Page{Limit: naru.MaxPage}})
	if err != nil {
		return err
	}
	runs, err := op.Do(q.r.Context(), q.Runner, call, admission.List, admission.RunsIn{Provider: id, Page: naru.Page{Limit: 10}})
	if err != nil {
		return err
	}
	v := providerView{
		Provider: one, Services: list.Rows, Runs: runs.Rows, Today: call.Today(),
		MaySync: q.may("catalog.edit") && one.BrokerURL != "", MayAdmit: q.may("admission.run"),
	}
	p := q.page(page{Title: one.Name.In(q.prefs.Lang), Crumbs: []link{{Text: q.t("web.providers"), URL: "/providers"}}})
	return q.show(http.StatusOK, p, providerPage(p, v))
}

// register adds a provider with its broker.
func (s *server) register(q *request) error {
	form := q.r.PostFormValue
	in := catalog.RegisterIn{
		Name: naru.Text{Ko: strings.TrimSpace(form("name_ko")), En: strings.TrimSpace(form("name_en"))}, Venue: policy.Venue(form("venue")),
		BrokerURL: strings.TrimSpace(form("broker_url")), BrokerUser: form("broker_user"), BrokerPassword: naru.NewSecret(form("broker_password")),
	}
	made, err := op.Do(q.r.Context(), q.Runner, q.call(), catalog.Register, in)
	if err != nil {
		if f, ok := formFault(err); ok {
			return q.showProviders(http.StatusUnprocessableEntity, in, f)
		}
		return err
	}
	return q.done("/providers/"+string(made.ID), "web.done.provider")
}

// sync asks for the broker's catalogue again.
func (s *server) sync(q *request) error {
	id := q.r.PathValue("id")
	if _, err := op.Do(q.r.Context(), q.Runner, q.call(), catalog.Sync, catalog.ProviderIn{ID: catalog.ProviderID(id)}); err != nil {
		return err
	}
	return q.done("/providers/"+id, "web.done.sync")
}

func (p page) certificateOptions() []option {
	list := []option{{"", p.T("web.all")}}
	for _, t := range catalog.CertificateTypes() {
		list = append(list, option{t, p.T("web.cert." + t)})
	}
	return list
}

func (p page) tierOptions(first string) []option {
	list := []option{{"", first}}
	for _, t := range catalog.CertificateTiers() {
		list = append(list, option{t, p.T("web.tier." + t)})
	}
	return list
}

// held words a certificate as it is held.
func (p page) held(c catalog.Certificate) string {
	words := []string{c.Scheme, p.T("web.cert." + c.Type)}
	if c.Tier != "" {
		words = append(words, p.T("web.tier."+c.Tier))
	}
	return strings.Join(words, " ")
}

// category words a category; one that has no words stays as the provider wrote it.
func (p page) category(c string) string {
	if c == "" {
		return p.T("web.unknown")
	}
	if slices.Contains(categories(), c) {
		return p.T("web.category." + c)
	}
	return c
}

// categories are those with words of their own.
func categories() []string { return []string{"object-storage", "messaging", "database"} }

func (p page) categoryOptions() []option {
	list := []option{{"", p.T("web.all")}}
	for _, c := range categories() {
		list = append(list, option{c, p.category(c)})
	}
	return list
}

// meterOptions lists what a price may be set for.
func meterOptions(o catalog.Offer) []option {
	var list []option
	for _, m := range o.Meters {
		list = append(list, option{m.Name + "|" + m.Unit, m.Name + " (" + m.Unit + ")"})
	}
	return list
}

func (p page) planOptions(plans []catalog.Plan) []option {
	var list []option
	for _, plan := range plans {
		if !plan.Gone {
			list = append(list, option{string(plan.ID), p.In(plan.Name)})
		}
	}
	return list
}
