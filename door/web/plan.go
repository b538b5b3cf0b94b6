package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"naru"
	"naru/base/op"
	"naru/flow/inventory"
	"naru/flow/plan"
)

func (s *server) planRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /plan", s.signedIn(s.plan))
	mux.HandleFunc("GET /plan.csv", s.signedIn(s.exportPlan))
	mux.HandleFunc("POST /plan/keep", s.signedIn(s.keepPlan))
	mux.HandleFunc("GET /plan/kept/{id}", s.signedIn(s.keptPlan))
	mux.HandleFunc("GET /plan/recovery", s.signedIn(s.recovery))
	mux.HandleFunc("GET /blast", s.signedIn(s.blastForm))
	mux.HandleFunc("GET /blast/{kind}", s.signedIn(s.blast))
}

// planView is a computed plan with the form it came from and the plans kept before.
type planView struct {
	plan.Waves
	Filter      plan.Filter
	Asked       inputsText
	Query       string // of the inputs, for links
	Body        string // name of the one institution, "" = everything in sight
	Kept        []plan.Kept
	Year        string
	First, Next string
	MayKeep     bool
	Nation      bool // the caller may plan for everybody
}

// inputsText is the inputs as they were typed.
type inputsText struct{ Institution, From, Years, Budget, Cost string }

// plan shows the waves of a plan computed from the inputs in the address.
func (s *server) plan(q *request) error { return q.showPlan(http.StatusOK, nil) }

func (q *request) showPlan(code int, f *flash) error {
	ctx, call, form := q.r.Context(), q.call(), q.r.FormValue
	v := planView{MayKeep: q.may("plan.edit"), Nation: q.actor.Institution == "", Asked: askedOf(form), Year: call.Today().Month().Year()}
	in := plan.WavesIn{Inputs: v.Asked.inputs(), Page: naru.Page{After: form("after")}}
	in.Filter = plan.Filter{Year: number(form("year")), State: plan.State(form("state"))}
	v.Filter = in.Filter
	fault := f
	if body, ff, err := q.bodyNamed(v.Asked.Institution); err != nil {
		return err
	} else if ff != nil {
		code, fault, v.Asked.Institution = http.StatusUnprocessableEntity, ff, ""
	} else if body != nil {
		in.Institution, v.Body = body.ID, body.Name
	}
	out, err := op.Do(ctx, q.Runner, call, q.Plan.Waves, in)
	if err != nil {
		ff, ok := formFault(err)
		if !ok || f != nil {
			return err
		}
		code, fault = status(naru.KindOf(err)), ff
		v.Asked, v.Filter = inputsText{}, plan.Filter{}
		if out, err = op.Do(ctx, q.Runner, call, q.Plan.Waves, plan.WavesIn{}); err != nil {
			return err
		}
	}
	v.Waves, v.Query = out, v.Asked.query().Encode()
	kept, err := op.Do(ctx, q.Runner, call, q.Plan.List, naru.Page{})
	if err != nil {
		return err
	}
	v.Kept = kept.Rows
	v.First, v.Next = around("/plan", v.address(form("after")), out.Next)
	p := q.page(page{Title: q.t("web.plan.title"), Flash: fault})
	return q.show(code, p, planPage(p, v))
}

// address is the query of this page with its filter.
func (v *planView) address(after string) url.Values {
	u := v.Asked.query()
	u.Set("state", string(v.Filter.State))
	u.Set("after", after)
	if v.Filter.Year > 0 {
		u.Set("year", strconv.Itoa(v.Filter.Year))
	}
	return u
}

// narrowed is the address of the same plan with one filter.
func (v *planView) narrowed(name, value string) string {
	u := v.Asked.query()
	u.Set(name, value)
	return "/plan?" + clean(u).Encode() + "#rows"
}

func askedOf(form func(string) string) inputsText {
	at := func(name string) string { return strings.TrimSpace(form(name)) }
	return inputsText{at("institution"), at("from"), at("years"), at("budget"), at("cost")}
}

func (t inputsText) inputs() plan.Inputs {
	return plan.Inputs{From: number(t.From), Years: number(t.Years), Budget: amount(t.Budget), Cost: amount(t.Cost)}
}

func (t inputsText) query() url.Values {
	return clean(url.Values{"institution": {t.Institution}, "from": {t.From}, "years": {t.Years}, "budget": {t.Budget}, "cost": {t.Cost}})
}

// number reads a whole number as people type it; what is none is -1, which operations
// refuse, and nothing is 0, which leaves the choice to them.
func number(s string) int { return int(amount(s)) }

// amount reads an amount as people type it, as number does.
func amount(s string) naru.Money {
	if s == "" {
		return 0
	}
	if n := wonOf(s); n > 0 {
		return n
	}
	return -1
}

// bodyNamed finds the one institution somebody typed: by id, code or name.
func (q *request) bodyNamed(text string) (*inventory.Institution, *flash, error) {
	if text == "" {
		return nil, nil, nil
	}
	if strings.HasPrefix(text, "inst_") {
		one, err := op.Do(q.r.Context(), q.Runner, q.call(), inventory.GetInstitution, inventory.InstitutionIn{ID: inventory.InstitutionID(text)})
		return &one, nil, err
	}
	list, err := op.Do(q.r.Context(), q.Runner, q.call(), inventory.ListInstitutions, inventory.ListInstitutionsIn{Query: text, Page: naru.Page{Limit: naru.MaxPage}})
	if err != nil {
		return nil, nil, err
	}
	for i := range list.Rows {
		if list.Rows[i].Name == text || list.Rows[i].Code == text || len(list.Rows) == 1 {
			return &list.Rows[i], nil, nil
		}
	}
	return nil, &flash{Tone: "danger", Message: naru.Msg("web.plan.no_body", "name", clipped(text), "found", strconv.Itoa(len(list.Rows)))}, nil
}

// keepPlan keeps the plan of the form under a name.
func (s *server) keepPlan(q *request) error {
	form := q.r.PostFormValue
	asked := askedOf(form)
	in := plan.KeepIn{Name: form("name"), Inputs: asked.inputs()}
	body, _, err := q.bodyNamed(asked.Institution)
	if err != nil {
		return err
	}
	if body != nil {
		in.Institution = body.ID
	}
	kept, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Plan.Keep, in)
	if err != nil {
		if f, ok := formFault(err); ok {
			return q.showPlan(status(naru.KindOf(err)), f)
		}
		return err
	}
	return q.done("/plan/kept/"+string(kept.ID), "web.done.keep")
}

// keptView is a kept plan beside what comes out today.
type keptView struct {
	plan.KeptOut
	Again string // address of the same inputs
}

func (s *server) keptPlan(q *request) error {
	out, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Plan.Get, plan.GetIn{ID: plan.ID(q.r.PathValue("id"))})
	if err != nil {
		return err
	}
	in := out.Inputs
	again := inputsText{string(in.Institution), strconv.Itoa(in.From), strconv.Itoa(in.Years), strconv.FormatInt(int64(in.Budget), 10), strconv.FormatInt(int64(in.Cost), 10)}
	v := keptView{KeptOut: out, Again: "/plan?" + again.query().Encode()}
	p := q.page(page{Title: out.Name, Crumbs: []link{{Text: q.t("web.plan.title"), URL: "/plan"}}})
	return q.show(http.StatusOK, p, keptPage(p, v))
}

// waveHeight is the height of a full column of the wave chart in units of its drawing.
const waveHeight = 1000

// waveParts are the proposed venues of a year with their tones, from the bottom up.
func waveParts(y plan.Year) []siteShare {
	return []siteShare{
		{"private", "success", int64(y.Private)},
		{"ppp", "information", int64(y.PPP)},
		{"government", "primary", int64(y.Government)},
		{"hybrid", "warning", int64(y.Hybrid)},
	}
}

// waveSegments stacks the venues of a year on the scale of the largest year.
func (p page) waveSegments(y plan.Year, most int) []segment {
	var out []segment
	at := int64(waveHeight)
	for _, s := range waveParts(y) {
		h := min(share(s.N, int64(most)), at)
		if h <= 0 {
			continue
		}
		at -= h
		out = append(out, segment{X: at, Width: h, Tone: s.Tone, Title: p.waveVenue(s.Key) + " " + grouped(s.N)})
	}
	return out
}

func (p page) waveVenue(key string) string {
	if key == "hybrid" {
		return p.T("decide.hybrid")
	}
	return p.T("decide.venue." + key)
}

// mostSystems is the largest year of a plan.
func mostSystems(waves []plan.Year) int {
	most := 0
	for _, y := range waves {
		most = max(most, y.Systems)
	}
	return most
}

// totalOfPlan sums the years up.
func totalOfPlan(waves []plan.Year) (t plan.Year) {
	for _, y := range waves {
		t.Systems += y.Systems
		t.Cost += y.Cost
		t.Budget += y.Budget
		t.Private += y.Private
		t.PPP += y.PPP
		t.Government += y.Government
		t.Hybrid += y.Hybrid
		t.New += y.New
		t.Rebuilt += y.Rebuilt
		t.Life += y.Life
		t.Pulled += y.Pulled
		t.Slipped += y.Slipped
	}
	return t
}

// State words where a system stands in a plan.
func (p page) planState(s plan.State) string { return p.T("plan.state." + string(s)) }

func planTone(s plan.State) string {
	switch s {
	case plan.Planned, plan.Already:
		return "success"
	case plan.Slipped, plan.OverBudget, plan.Blocked:
		return "warning"
	case plan.NoFacts, plan.Undecided:
		return "danger"
	case plan.Later, plan.Consult:
		return "information"
	}
	return "gray"
}

func (p page) planStates() []option {
	list := []option{{"", p.T("web.all")}}
	for _, s := range plan.States() {
		list = append(list, option{string(s), p.planState(s)})
	}
	return list
}

func (p page) planYears(waves []plan.Year) []option {
	list := []option{{"", p.T("web.all")}}
	for _, y := range waves {
		year := strconv.Itoa(y.Year)
		list = append(list, option{year, year})
	}
	return list
}

// fieldsOf words a list of fact keys.
func (p page) fields(keys []string) string {
	words := make([]string, len(keys))
	for i, key := range keys {
		words[i] = p.Field(key)
	}
	return strings.Join(words, ", ")
}

// yearText writes a year that may be none.
func yearText(year int) string {
	if year == 0 {
		return "–"
	}
	return strconv.Itoa(year)
}
