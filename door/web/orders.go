package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"naru"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/flow/provision"
)

func (s *server) orderRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /orders", s.signedIn(s.orders))
	mux.HandleFunc("GET /orders/new", s.signedIn(s.newOrder))
	mux.HandleFunc("POST /orders", s.signedIn(s.placeOrder))
	mux.HandleFunc("GET /orders/{id}", s.signedIn(s.order))
	mux.HandleFunc("POST /orders/{id}/approve", s.signedIn(s.approve))
	mux.HandleFunc("POST /orders/{id}/reject", s.signedIn(s.reject))
	mux.HandleFunc("POST /orders/{id}/end", s.signedIn(s.endOrder))
	mux.HandleFunc("GET /budgets", s.signedIn(s.budgets))
	mux.HandleFunc("POST /budgets", s.signedIn(s.setBudget))
}

// ordersView is a page of orders with the budgets they draw on.
type ordersView struct {
	State       contract.State
	Rows        []contract.OrderRow
	Budgets     []contract.BudgetRow
	First, Next string
}

func (s *server) orders(q *request) error {
	v := q.r.URL.Query()
	call := q.call()
	in := contract.OrdersIn{Filter: contract.Filter{State: contract.State(v.Get("state"))}, Page: naru.Page{After: v.Get("after")}}
	list, err := op.Do(q.r.Context(), q.Runner, call, s.Contract.Orders, in)
	if err != nil {
		return err
	}
	view := ordersView{State: in.State, Rows: list.Rows}
	view.First, view.Next = around("/orders", v, list.Next)
	if q.actor.Institution != "" {
		year, _ := strconv.Atoi(call.Today().Month().Year()) // a legal date has a year
		b, err := op.Do(q.r.Context(), q.Runner, call, s.Contract.Budgets, contract.BudgetsIn{BudgetFilter: contract.BudgetFilter{Year: year}})
		if err != nil {
			return err
		}
		view.Budgets = b.Rows
	}
	p := q.page(page{Title: q.t("web.orders")})
	return q.show(http.StatusOK, p, ordersPage(p, view))
}

// orderForm is the form of a new order with what it is about.
type orderForm struct {
	In        contract.OrderIn
	Service   catalog.ServiceID
	Hold      string // as typed
	System    decide.SystemOut
	Component string
	Offer     catalog.Offer
	Plan      catalog.Plan
	Tracks    []contract.Track
	Today     naru.Date
	Fault     *flash
	Faults    map[string]string // by field
}

// newOrder shows the form for one plan and one component.
func (s *server) newOrder(q *request) error {
	v := q.r.URL.Query()
	call := q.call()
	today := call.Today()
	f := orderForm{Service: catalog.ServiceID(v.Get("service")), In: contract.OrderIn{
		Key: call.ID, System: inventory.SystemID(v.Get("system")), Component: inventory.ComponentID(v.Get("component")),
		Plan: catalog.PlanID(v.Get("plan")), From: today, To: naru.Date(today.Month().Year() + "-12-31"),
	}}
	return q.showOrderForm(http.StatusOK, f)
}

func (q *request) showOrderForm(code int, f orderForm) error {
	call, ctx := q.call(), q.r.Context()
	var err error
	if f.System, err = op.Do(ctx, q.Runner, call, q.Decide.System, decide.SystemIn{ID: f.In.System}); err != nil {
		return err
	}
	if f.Offer, err = op.Do(ctx, q.Runner, call, catalog.GetService, catalog.ServiceIn{ID: f.Service}); err != nil {
		return err
	}
	if f.Tracks, err = op.Do(ctx, q.Runner, call, q.Contract.Tracks, contract.TracksIn{}); err != nil {
		return err
	}
	for _, c := range f.System.Components {
		if c.ID == f.In.Component {
			f.Component = c.Name
		}
	}
	for _, plan := range f.Offer.Plans {
		if plan.ID == f.In.Plan {
			f.Plan = plan
		}
	}
	f.Today = call.Today()
	p := q.page(page{Title: q.t("web.order.new"), Flash: f.Fault, Crumbs: []link{
		{Text: q.t("web.systems"), URL: "/systems"}, {Text: f.System.Name, URL: "/systems/" + string(f.System.ID)},
	}})
	return q.show(code, p, orderFormPage(p, f))
}

// placeOrder asks for approval. The key in the form makes a second click the same order.
func (s *server) placeOrder(q *request) error {
	form := q.r.PostFormValue
	f := orderForm{Service: catalog.ServiceID(form("service")), Hold: form("hold"), In: contract.OrderIn{
		Key: form("key"), System: inventory.SystemID(form("system")), Component: inventory.ComponentID(form("component")),
		Plan: catalog.PlanID(form("plan")), From: naru.Date(form("from")), To: naru.Date(form("to")),
		Purpose: strings.TrimSpace(form("purpose")), Track: form("track"), Hold: wonOf(form("hold")),
	}}
	made, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Contract.Order, f.In)
	if err == nil {
		return q.done("/orders/"+string(made.ID), "web.done.order")
	}
	fault, ok := formFault(err)
	if !ok {
		return err
	}
	f.Fault, f.Faults = fault, q.byField(fault)
	return q.showOrderForm(http.StatusUnprocessableEntity, f)
}

// byField words the faults of a form for the fields they belong to.
func (q *request) byField(f *flash) map[string]string {
	out := make(map[string]string)
	for _, problem := range f.Problems {
		if problem.Field != "" && out[problem.Field] == "" {
			out[problem.Field] = q.Words.Text(q.prefs.Lang, problem.Message.Key, problem.Message.Args)
		}
	}
	return out
}

// wonOf reads an amount as people type it; what is no whole amount is 0, which the
// operation refuses with its reason.
func wonOf(s string) naru.Money {
	n, err := strconv.ParseInt(strings.NewReplacer(",", "", " ", "", "원", "").Replace(s), 10, 64)
	if err != nil {
		return 0
	}
	return naru.Money(n)
}

// orderView is one order with what the caller may do with it.
type orderView struct {
	contract.OrderRow
	Instances                  []provision.InstanceRow
	Budget                     *contract.BudgetRow
	MayApprove, MayEnd, MayUse bool
	MayPlan                    bool
}

func (s *server) order(q *request) error { return q.showOrder(http.StatusOK, nil) }

func (q *request) showOrder(code int, f *flash) error {
	call, ctx := q.call(), q.r.Context()
	row, err := op.Do(ctx, q.Runner, call, q.Contract.Get, contract.GetIn{ID: contract.OrderID(q.r.PathValue("id"))})
	if err != nil {
		return err
	}
	v := orderView{OrderRow: row, MayPlan: q.may("plan.read")}
	v.MayApprove = row.State == contract.Requested && q.may("contract.approve") && row.RequestedBy != q.actor.User
	v.MayEnd = (row.State == contract.Requested || row.State == contract.Approved) && q.may("contract.order")
	if q.may("provision.read") {
		list, err := op.Do(ctx, q.Runner, call, q.Provision.Instances, provision.ListIn{Filter: provision.Filter{Order: row.ID}})
		if err != nil {
			return err
		}
		v.Instances = list.Rows
	}
	live := false
	for i := range v.Instances {
		live = live || v.Instances[i].State.Live()
	}
	v.MayUse = row.State == contract.Approved && !live && q.may("provision.use")
	if v.Budget, err = q.budgetOf(row); err != nil {
		return err
	}
	p := q.page(page{Title: row.ServiceName.In(q.prefs.Lang) + " · " + row.PlanName.In(q.prefs.Lang), Crumbs: []link{{Text: q.t("web.orders"), URL: "/orders"}}, Flash: f})
	return q.show(code, p, orderPage(p, v))
}

// budgetOf returns the budget an order draws on, for those who see it.
func (q *request) budgetOf(o contract.OrderRow) (*contract.BudgetRow, error) {
	if q.actor.Provider != "" || !q.may("contract.read") {
		return nil, nil
	}
	in := contract.BudgetsIn{BudgetFilter: contract.BudgetFilter{Institution: o.Institution, Year: o.Year()}}
	list, err := op.Do(q.r.Context(), q.Runner, q.call(), q.Contract.Budgets, in)
	if err != nil || len(list.Rows) == 0 {
		return nil, err
	}
	return &list.Rows[0], nil
}

func (q *request) orderRefused(err error) error {
	if f, ok := formFault(err); ok {
		return q.showOrder(status(naru.KindOf(err)), f)
	}
	return err
}

func (q *request) version() int64 {
	n, _ := strconv.ParseInt(q.r.PostFormValue("version"), 10, 64) // none: no comparison
	return n
}

func (s *server) approve(q *request) error {
	in := contract.DecideIn{ID: contract.OrderID(q.r.PathValue("id")), Version: q.version()}
	if _, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Contract.Approve, in); err != nil {
		return q.orderRefused(err)
	}
	return q.done("/orders/"+string(in.ID), "web.done.approve")
}

func (s *server) reject(q *request) error {
	in := q.refusal()
	if _, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Contract.Reject, in); err != nil {
		return q.orderRefused(err)
	}
	return q.done("/orders/"+string(in.ID), "web.done.reject")
}

func (s *server) endOrder(q *request) error {
	in := q.refusal()
	if _, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Contract.End, in); err != nil {
		return q.orderRefused(err)
	}
	return q.done("/orders/"+string(in.ID), "web.done.end")
}

func (q *request) refusal() contract.RefuseIn {
	return contract.RefuseIn{ID: contract.OrderID(q.r.PathValue("id")), Version: q.version(), Reason: strings.TrimSpace(q.r.PostFormValue("reason"))}
}

// budgetsView is the list of budgets.
type budgetsView struct {
	Rows        []contract.BudgetRow
	First, Next string
	MaySet      bool
	Year        string
	Amount      string
}

func (s *server) budgets(q *request) error { return q.showBudgets(http.StatusOK, nil) }

func (q *request) showBudgets(code int, f *flash) error {
	call, v := q.call(), q.r.URL.Query()
	list, err := op.Do(q.r.Context(), q.Runner, call, q.Contract.Budgets, contract.BudgetsIn{Page: naru.Page{After: v.Get("after")}})
	if err != nil {
		return err
	}
	view := budgetsView{Rows: list.Rows, MaySet: q.may("contract.budget") && q.actor.Institution != "", Year: call.Today().Month().Year(), Amount: q.r.PostFormValue("amount")}
	view.First, view.Next = around("/budgets", v, list.Next)
	p := q.page(page{Title: q.t("web.budgets"), Flash: f})
	return q.show(code, p, budgetsPage(p, view))
}

func (s *server) setBudget(q *request) error {
	year, _ := strconv.Atoi(q.r.PostFormValue("year")) // none: refused with its reason
	in := contract.BudgetIn{Year: year, Amount: wonOf(q.r.PostFormValue("amount"))}
	if _, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Contract.SetBudget, in); err != nil {
		if f, ok := formFault(err); ok {
			return q.showBudgets(http.StatusUnprocessableEntity, f)
		}
		return err
	}
	return q.done("/budgets", "web.done.budget")
}

// budgetSegments lays what is spent and held side by side on the whole budget.
func budgetSegments(b contract.BudgetRow) []segment {
	spent := share(int64(b.Spent), int64(b.Amount))
	held := min(share(int64(b.Held), int64(b.Amount)), barWidth-spent)
	return []segment{{X: 0, Width: spent, Tone: "primary"}, {X: spent, Width: held, Tone: "information"}}
}

func (p page) orderState(s contract.State) string { return p.T("contract.state." + string(s)) }

func orderTone(s contract.State) string {
	switch s {
	case contract.Approved:
		return "success"
	case contract.Rejected:
		return "danger"
	case contract.Requested:
		return "warning"
	}
	return "gray"
}

func (p page) orderStates() []option {
	list := []option{{"", p.T("web.all")}}
	for _, s := range []contract.State{contract.Requested, contract.Approved, contract.Rejected, contract.Ended} {
		list = append(list, option{string(s), p.orderState(s)})
	}
	return list
}

func (p page) trackOptions(tracks []contract.Track) []option {
	var list []option
	for _, t := range tracks {
		list = append(list, option{t.Code, p.In(t.Name) + " — " + t.Article})
	}
	return list
}

// orderURL is the address of the form for one plan and one component.
func orderURL(system inventory.SystemID, component inventory.ComponentID, service catalog.ServiceID, plan catalog.PlanID) string {
	v := url.Values{"system": {string(system)}, "component": {string(component)}, "service": {string(service)}, "plan": {string(plan)}}
	return "/orders/new?" + v.Encode()
}
