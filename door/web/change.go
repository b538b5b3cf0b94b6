package web

import (
	"net/http"
	"strings"

	"naru"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/provision"
)

func (s *server) changeRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /instances/{id}/change", s.signedIn(s.askChange))
	mux.HandleFunc("POST /instances/{id}/change", s.signedIn(s.change))
	mux.HandleFunc("GET /bindings/{id}/rotate", s.signedIn(s.askRotate))
	mux.HandleFunc("POST /bindings/{id}/rotate", s.signedIn(s.rotateBinding))
}

// updateView is the form for other values of an instance, with what the last wish was
// held to.
type updateView struct {
	provision.InstanceOut
	Wish   provision.UpdateIn
	Plans  []option // "" and the free orders of the component for other plans
	Newest string   // version the catalogue names, when another one runs; "" = none
	Check  *provision.UpdateCheck

	MayOrder bool
}

func (s *server) askChange(q *request) error { return q.showChange(http.StatusOK, updateView{}, nil) }

// change shows what a wish is held to; confirmed, it asks for it. Parameters may hold
// secrets, so they travel in the body of the request and in no address.
func (s *server) change(q *request) error {
	form := q.r.PostFormValue
	v := updateView{Wish: provision.UpdateIn{
		InstanceRef: provision.InstanceRef{ID: provision.InstanceID(q.r.PathValue("id"))},
		Order:       contract.OrderID(form("order")), Params: strings.TrimSpace(form("params")), Maintenance: form("maintenance"),
	}}
	if form("confirm") == "yes" {
		made, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Provision.Update, v.Wish)
		switch {
		case err != nil:
			return q.changeRefused(v, err)
		case made.Unchanged:
			return q.done("/instances/"+string(made.ID), "web.done.unchanged")
		}
		return q.done("/instances/"+string(made.ID), "web.done.change")
	}
	check, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Provision.CheckUpdate, v.Wish)
	if err != nil {
		return q.changeRefused(v, err)
	}
	v.Check = &check
	return q.showChange(http.StatusOK, v, nil)
}

// changeRefused shows a refusal above the form it is about.
func (q *request) changeRefused(v updateView, err error) error {
	if f, ok := formFault(err); ok {
		return q.showChange(status(naru.KindOf(err)), v, f)
	}
	return err
}

func (q *request) showChange(code int, v updateView, f *flash) error {
	var err error
	if v.InstanceOut, err = q.findInstance(); err != nil {
		return err
	}
	in := provision.OffersIn{Institution: v.Institution}
	offers, err := op.Do(q.r.Context(), q.Runner, q.call(), q.Provision.Offers, in)
	if err != nil {
		return err
	}
	p := q.page(page{Title: q.t("web.change.title"), Crumbs: q.instanceCrumbs(v.InstanceOut), Flash: f})
	v.MayOrder = q.may("contract.order") && q.may("match.read")
	v.Plans = []option{{"", p.T("web.change.keep", "plan", p.In(v.PlanName))}}
	for i := range offers {
		if offers[i].ID == v.Service {
			v.offered(p, &offers[i])
		}
	}
	return q.show(code, p, changePage(p, v))
}

// offered takes what may be chosen from the offer of the instance's service.
func (v *updateView) offered(p page, o *provision.Offered) {
	now, ok := o.Find(v.Plan)
	if !ok {
		return
	}
	terms := o.Terms(now)
	if terms.Maintenance != v.Maintenance {
		v.Newest = terms.Maintenance
	}
	if !terms.PlanUpdateable {
		return
	}
	for _, use := range o.Orders {
		plan, ok := o.Find(use.Plan)
		if !ok || use.Plan == v.Plan || use.Instance != "" || use.System != v.System || use.Component != v.Component {
			continue
		}
		v.Plans = append(v.Plans, option{string(use.ID), p.T("web.change.to", "plan", p.In(plan.Name), "hold", p.Won(use.Held), "until", p.Day(use.To))})
	}
}

func (q *request) instanceCrumbs(i provision.InstanceOut) []link {
	return []link{{Text: q.t("web.instances"), URL: "/instances"}, {Text: q.instanceTitle(i), URL: "/instances/" + string(i.ID)}}
}

// running is the version that runs, or a dash.
func (v updateView) running() string {
	if v.Maintenance == "" {
		return "–"
	}
	return v.Maintenance
}

// planName names a plan the check came to.
func (v updateView) planName(p page, id catalog.PlanID) string {
	for _, o := range v.Plans {
		if id != v.Plan && o.Value == string(v.Check.Order) {
			return o.Text
		}
	}
	return p.In(v.PlanName)
}

// rotateView is the question before credentials are rotated.
type rotateView struct {
	provision.RotateCheck
}

func (s *server) askRotate(q *request) error {
	in := provision.RotateIn{BindingRef: provision.BindingRef{ID: provision.BindingID(q.r.PathValue("id"))}}
	check, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Provision.CheckRotate, in)
	if err != nil {
		return err
	}
	q.r.SetPathValue("id", string(check.Instance))
	of, err := q.findInstance()
	if err != nil {
		return err
	}
	p := q.page(page{Title: q.t("web.rotate.title"), Crumbs: q.instanceCrumbs(of)})
	return q.show(http.StatusOK, p, rotatePage(p, rotateView{check}))
}

// rotateBinding makes credentials in the place of others, which stay until they are revoked.
func (s *server) rotateBinding(q *request) error {
	in := provision.RotateIn{BindingRef: provision.BindingRef{ID: provision.BindingID(q.r.PathValue("id"))}}
	made, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Provision.Rotate, in)
	if err != nil {
		q.r.SetPathValue("id", q.r.PostFormValue("instance"))
		return q.instanceRefused(err)
	}
	return q.done("/instances/"+string(made.Instance), "web.done.rotate")
}
