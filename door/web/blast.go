package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/catalog"
	"naru/flow/plan"
)

// blastForms is what can be lost, to choose from.
type blastForms struct {
	Centres, Sites, Providers, Services []option
	Fire                                plan.Event
	FireURL                             string
	Own                                 string // institution of the caller, whose room it is
}

// blastForm asks what is lost; a complete choice leads to the page of the loss.
func (s *server) blastForm(q *request) error {
	v := q.r.URL.Query()
	if kind, of := v.Get("kind"), v.Get("of"); kind != "" && of != "" {
		if kind != plan.LostRoom {
			return q.redirect(blastURL(kind, of))
		}
		body, f, err := q.bodyNamed(of)
		if err != nil {
			return err
		}
		if f != nil {
			return q.showBlastForm(http.StatusUnprocessableEntity, f)
		}
		return q.redirect(blastURL(kind, string(body.ID)))
	}
	return q.showBlastForm(http.StatusOK, nil)
}

func (q *request) showBlastForm(code int, f *flash) error {
	ctx, call, lang := q.r.Context(), q.call(), q.prefs.Lang
	fire := plan.DaejeonFire()
	v := blastForms{Fire: fire, FireURL: blastURL(fire.Kind, fire.Of), Own: q.actor.Institution}
	codes := func(key string) (list []option) {
		field, _ := q.schema.Field(key)
		for _, c := range field.Codes {
			list = append(list, option{c.Key, c.Label.In(lang)})
		}
		return list
	}
	v.Centres, v.Sites = codes("system.centre"), codes("system.site")
	providers, err := op.Do(ctx, q.Runner, call, catalog.ListProviders, catalog.ListProvidersIn{Page: naru.Page{Limit: naru.MaxPage}})
	if err != nil {
		return err
	}
	for _, p := range providers.Rows {
		v.Providers = append(v.Providers, option{string(p.ID), p.Name.In(lang)})
	}
	services, err := op.Do(ctx, q.Runner, call, catalog.ListServices, catalog.ListServicesIn{Page: naru.Page{Limit: naru.MaxPage}})
	if err != nil {
		return err
	}
	for _, r := range services.Rows {
		v.Services = append(v.Services, option{string(r.ID), r.Name.In(lang) + " · " + r.ProviderName.In(lang)})
	}
	p := q.page(page{Title: q.t("web.blast"), Flash: f})
	return q.show(code, p, blastFormPage(p, v))
}

// blastView is what a loss hits, and the event it rehearses, if any.
type blastView struct {
	plan.Blast
	Event       *plan.Event
	Grade       string
	Action      string
	Here        string
	First, Next string
	Start       int
}

// blast shows what a loss hits and what to do first.
func (s *server) blast(q *request) error {
	v := q.r.URL.Query()
	in := plan.BlastIn{Loss: plan.Loss{Kind: q.r.PathValue("kind"), Of: v.Get("of")}, Action: v.Get("action"), Page: naru.Page{After: v.Get("after")}}
	in.Grade, _ = strconv.ParseInt(v.Get("grade"), 10, 64) // none: every grade
	out, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Plan.Blast, in)
	if err != nil {
		return err
	}
	here := "/blast/" + url.PathEscape(in.Kind)
	view := blastView{Blast: out, Grade: v.Get("grade"), Action: in.Action, Here: here}
	if fire := plan.DaejeonFire(); fire.Loss == in.Loss {
		view.Event = &fire
	}
	view.First, view.Next = around(here, v, out.Following)
	p := q.page(page{Title: q.t("web.blast.of", "name", out.Name.In(q.prefs.Lang)), Crumbs: []link{{Text: q.t("web.blast"), URL: "/blast"}}})
	return q.show(http.StatusOK, p, blastPage(p, view))
}

// narrowed is the address of the same loss with one filter of the list.
func (v *blastView) narrowed(name, value string) string {
	return withQuery(blastURL(v.Kind, v.Of), name, value) + "#first"
}

// hitShares are the two ways of being hit.
func hitShares(s plan.Slice) []siteShare {
	return []siteShare{{"direct", "danger", int64(s.Direct)}, {"through", "warning", int64(s.Through)}}
}

// mostHits is the largest slice, which sets the scale of its chart.
func mostHits(list []plan.Slice) int64 {
	var most int64
	for _, s := range list {
		most = max(most, int64(s.Direct+s.Through))
	}
	return most
}

// published is the figure of the event for a grade.
func (v *blastView) published(grade string) int {
	n, err := strconv.Atoi(grade)
	if err != nil || v.Event == nil || n < 1 || n > len(v.Event.Grades) {
		return 0
	}
	return v.Event.Grades[n-1]
}

// matches reports whether the estate holds exactly the event's systems by grade.
func (v *blastView) matches() bool {
	if v.Event == nil || v.Direct != v.Event.Systems {
		return false
	}
	return !slices.ContainsFunc(v.Grades, func(s plan.Slice) bool { return s.Direct != v.published(s.Key) })
}

func actionTone(action string) string {
	switch action {
	case plan.Alternate:
		return "success"
	case plan.DRService, plan.Recertify:
		return "information"
	case plan.WhoDecides, plan.FillFacts:
		return "warning"
	case plan.NoVenue:
		return "danger"
	}
	return "gray"
}

func (p page) truth(t policy.Truth) string {
	switch t {
	case policy.True:
		return p.T("web.yes")
	case policy.False:
		return p.T("web.no")
	}
	return p.T("web.unknown")
}

// people writes a number of users that may be unknown.
func (p page) people(n int64) string {
	if n == 0 {
		return p.T("web.unknown")
	}
	return p.N(n)
}

// through names the way a loss took to a system.
func (p page) through(path []string) string {
	s := ""
	for i, name := range path {
		if i > 0 {
			s += " → "
		}
		if name == plan.Foreign {
			name = p.T("web.blast.foreign")
		}
		s += name
	}
	return s
}

// waitFor words the first action; a foreign system stays unnamed.
func (p page) firstAction(h *plan.Hit) string {
	if h.Action == plan.WaitFor && h.Do.Args["system"] == plan.Foreign {
		return p.T(h.Do.Key, "system", p.T("web.blast.foreign"), "steps", h.Do.Args["steps"])
	}
	return p.M(h.Do)
}

func (p page) actionOptions() []option {
	list := []option{{"", p.T("web.all")}}
	for _, a := range plan.Actions() {
		list = append(list, option{a, p.T("plan.action." + a)})
	}
	return list
}
