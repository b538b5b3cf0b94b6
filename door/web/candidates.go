package web

import (
	"net/http"
	"slices"
	"strings"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/flow/match"
)

// candidatesView is what fits a component, what may, and what does not, with reasons.
type candidatesView struct {
	match.Result
	System   decide.SystemOut
	Name     string // of the component
	Meters   []estimateView
	MayOrder bool
}

// estimateView is one meter the officer may estimate a month of.
type estimateView struct{ Meter, Unit, Value string }

// candidates weighs every plan for one component of a system.
func (s *server) candidates(q *request) error {
	call := q.call()
	id, component := inventory.SystemID(q.r.PathValue("id")), inventory.ComponentID(q.r.PathValue("component"))
	sys, err := op.Do(q.r.Context(), q.Runner, call, s.Decide.System, decide.SystemIn{ID: id})
	if err != nil {
		return err
	}
	v := q.r.URL.Query()
	in := match.In{Component: component, Category: v.Get("category"), Venue: policy.Venue(v.Get("venue"))}
	estimate, bad := estimateOf(v)
	in.Estimate = estimate
	p := q.page(page{Title: q.t("web.candidates"), Crumbs: []link{
		{Text: q.t("web.systems"), URL: "/systems"}, {Text: sys.Name, URL: "/systems/" + string(id)},
	}})
	if bad != nil {
		p.Flash = &flash{Tone: "danger", Message: bad.Message}
	}
	found, err := op.Do(q.r.Context(), q.Runner, call, s.Match.Candidates, in)
	if err != nil {
		return err
	}
	view := candidatesView{Result: found, System: sys, MayOrder: q.may("contract.order"), Meters: metersOf(found, v)}
	for _, c := range sys.Components {
		if c.ID == component {
			view.Name = c.Name
		}
	}
	return q.show(http.StatusOK, p, candidatesPage(p, view))
}

// estimateOf reads the fields "use.<meter>" of the form.
func estimateOf(v map[string][]string) (map[string]naru.Decimal, *naru.Error) {
	out := make(map[string]naru.Decimal)
	for name, list := range v {
		meter, is := strings.CutPrefix(name, "use.")
		text := strings.ReplaceAll(strings.TrimSpace(strings.Join(list, "")), ",", "")
		if !is || text == "" {
			continue
		}
		n, err := naru.ParseDecimal(text)
		if err != nil {
			return out, naru.NewError(naru.Invalid, "web.bad_number", "value", clipped(text))
		}
		out[meter] = n
	}
	return out, nil
}

// metersOf lists the meters of what may be bought, each once, with what was estimated.
func metersOf(r match.Result, v map[string][]string) []estimateView {
	var out []estimateView
	seen := make(map[string]bool)
	add := func(meter, unit string) {
		if meter != "" && !seen[meter] {
			seen[meter] = true
			out = append(out, estimateView{meter, unit, strings.Join(v["use."+meter], "")})
		}
	}
	for _, c := range slices.Concat(r.Fits, r.Undecided) {
		for _, l := range c.Lines {
			add(l.Meter, l.Unit)
		}
		for _, note := range c.Notes {
			add(note.Args["meter"], note.Args["unit"])
		}
	}
	slices.SortFunc(out, func(a, b estimateView) int { return strings.Compare(a.Meter, b.Meter) })
	return out
}
