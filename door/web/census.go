package web

import (
	"naru"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/provision"
)

// providers lists the providers the reader sees.
func (q *request) providers(call naru.Call) ([]catalog.Provider, error) {
	list, err := op.Do(q.r.Context(), q.Runner, call, catalog.ListProviders, catalog.ListProvidersIn{Page: naru.Page{Limit: naru.MaxPage}})
	return list.Rows, err
}

// providerChoices are the providers a filter offers; a provider sees its own only and has
// nothing to choose.
func (q *request) providerChoices(call naru.Call) ([]option, error) {
	if q.actor.Provider != "" {
		return nil, nil
	}
	list, err := q.providers(call)
	out := []option{{"", q.t("web.all")}}
	for i := range list {
		out = append(out, option{string(list[i].ID), list[i].Name.In(q.prefs.Lang)})
	}
	return out, err
}

// censusView is the last census of a provider: without it, no finding says nothing.
type censusView struct {
	Provider catalog.ProviderID
	Name     naru.Text
	Last     provision.Census // the zero one when it was never counted
}

// counts are the last censuses of the providers that have a broker.
func (q *request) counts(call naru.Call) ([]censusView, error) {
	if !q.may("provision.census_read") {
		return nil, nil
	}
	list, err := q.providers(call)
	if err != nil {
		return nil, err
	}
	var out []censusView
	for i := range list {
		in := provision.CensusesIn{Provider: list[i].ID, Page: naru.Page{Limit: 1}}
		last, err := op.Do(q.r.Context(), q.Runner, call, q.Provision.Censuses, in)
		if err != nil {
			return nil, err
		}
		v := censusView{Provider: list[i].ID, Name: list[i].Name}
		if len(last.Rows) > 0 {
			v.Last = last.Rows[0]
		} else if list[i].BrokerURL == "" {
			continue // nobody to ask
		}
		out = append(out, v)
	}
	return out, nil
}
