package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/provision"
)

func (s *server) operationRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /operations", s.signedIn(s.operations))
	mux.HandleFunc("GET /operations/calls", s.signedIn(s.calls))
	mux.HandleFunc("GET /instances/{id}/history", s.signedIn(s.history))
	mux.HandleFunc("POST /instances/{id}/retry", s.signedIn(s.retry))
	mux.HandleFunc("POST /instances/{id}/inspect", s.signedIn(s.inspect))
	mux.HandleFunc("POST /instances/{id}/write-off", s.signedIn(s.writeOff))
	mux.HandleFunc("POST /write-offs/{id}", s.signedIn(s.decideWriteOff))
	mux.HandleFunc("POST /write-offs/{id}/withdraw", s.signedIn(s.withdrawWriteOff))
	mux.HandleFunc("GET /findings", s.signedIn(s.findings))
	mux.HandleFunc("POST /findings/recheck", s.signedIn(s.recheck))
	mux.HandleFunc("POST /findings/census", s.signedIn(s.census))
	mux.HandleFunc("POST /findings/{id}", s.signedIn(s.acknowledge))
}

// operationsView is what is under way at every provider.
type operationsView struct {
	Tabs        []link
	Filter      provision.InFlightFilter
	Providers   []option // to choose from; none for a provider, who sees its own
	Strips      []strip
	Rows        []provision.InFlight
	WriteOffs   []writeOffView
	MayDecide   bool
	First, Next string
}

// strip is a provider's share of what is under way: calls now, what waits for its next
// step, and what goes on without success.
type strip struct {
	Provider                catalog.ProviderID
	Name                    naru.Text
	Calling, Waiting, Stuck int64
	Circuit                 provision.Circuit
}

func (s strip) all() int64 { return s.Calling + s.Waiting + s.Stuck }

// writeOffView is a proposal with what the reader may do about it while it waits.
type writeOffView struct {
	provision.WriteOff
	MayConfirm  bool // somebody else proposed it
	MayWithdraw bool // the reader proposed it
}

func (s *server) operations(q *request) error {
	v := q.r.URL.Query()
	call := q.call()
	f := provision.InFlightFilter{Provider: catalog.ProviderID(v.Get("provider")), State: provision.State(v.Get("state"))}
	view := operationsView{Tabs: q.serviceTabs("/operations"), Filter: f, MayDecide: q.may("provision.write_off")}
	in := provision.InFlightIn{InFlightFilter: f, Page: naru.Page{After: v.Get("after")}}
	list, err := op.Do(q.r.Context(), q.Runner, call, q.Provision.InFlight, in)
	if err != nil {
		return err
	}
	view.Rows = list.Rows
	view.First, view.Next = around("/operations", v, list.Next)
	if view.Providers, err = q.providerChoices(call); err != nil {
		return err
	}
	if view.Strips, err = q.strips(call); err != nil {
		return err
	}
	if q.may("provision.findings") {
		if view.WriteOffs, err = q.proposals(call, provision.WriteOffFilter{State: provision.WriteOffProposed}); err != nil {
			return err
		}
	}
	p := q.page(page{Title: q.t("web.operations")})
	if q.partial() {
		return q.render(http.StatusOK, operationsNow(p, view))
	}
	return q.show(http.StatusOK, p, operationsPage(p, view))
}

// mostStrips bounds how many operations the strips count; the list below is complete.
const mostStrips = 20 * naru.MaxPage

// strips counts what is under way by provider, with the circuits of this process.
func (q *request) strips(call naru.Call) ([]strip, error) {
	circuits, err := op.Do(q.r.Context(), q.Runner, call, q.Provision.Circuits, provision.CircuitsIn{})
	if err != nil {
		return nil, err
	}
	by := map[catalog.ProviderID]*strip{}
	page := naru.Page{Limit: naru.MaxPage}
	for seen := 0; seen < mostStrips; seen += naru.MaxPage {
		list, err := op.Do(q.r.Context(), q.Runner, call, q.Provision.InFlight, provision.InFlightIn{Page: page})
		if err != nil {
			return nil, err
		}
		for i := range list.Rows {
			tallyStrip(by, &list.Rows[i])
		}
		if page.After = list.Next; page.After == "" {
			break
		}
	}
	for _, c := range circuits {
		if s := by[c.Provider]; s != nil {
			s.Circuit = c
		}
	}
	var out []strip
	for _, s := range by {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b strip) int { return strings.Compare(a.Name.Ko, b.Name.Ko) })
	return out, nil
}

func tallyStrip(by map[catalog.ProviderID]*strip, f *provision.InFlight) {
	s := by[f.Provider]
	if s == nil {
		s = &strip{Provider: f.Provider, Name: f.ProviderName, Circuit: provision.Circuit{State: provision.CircuitClosed}}
		by[f.Provider] = s
	}
	switch {
	case f.Stuck:
		s.Stuck++
	case f.Calling:
		s.Calling++
	default:
		s.Waiting++
	}
}

// proposals lists proposals to write off.
func (q *request) proposals(call naru.Call, f provision.WriteOffFilter) ([]writeOffView, error) {
	list, err := op.Do(q.r.Context(), q.Runner, call, q.Provision.WriteOffs, provision.WriteOffsIn{WriteOffFilter: f})
	var out []writeOffView
	for _, w := range list.Rows {
		waits, own := w.State == provision.WriteOffProposed, w.ProposedBy == q.actor.User
		out = append(out, writeOffView{w, waits && !own && q.may("provision.write_off"), waits && own && q.may("provision.repair")})
	}
	return out, err
}

// callsView is a page of the journal.
type callsView struct {
	Filter      provision.CallFilter
	Providers   []option
	Rows        []provision.BrokerCall
	First, Next string
}

// calls is the history of calls, of a provider or of all the reader sees.
func (s *server) calls(q *request) error {
	v := q.r.URL.Query()
	f := provision.CallFilter{Provider: catalog.ProviderID(v.Get("provider")), State: provision.CallState(v.Get("state"))}
	call := q.call()
	list, err := op.Do(q.r.Context(), q.Runner, call, q.Provision.Calls, provision.CallsIn{CallFilter: f, Page: naru.Page{After: v.Get("after")}})
	if err != nil {
		return err
	}
	view := callsView{Filter: f, Rows: list.Rows}
	if view.Providers, err = q.providerChoices(call); err != nil {
		return err
	}
	view.First, view.Next = around("/operations/calls", v, list.Next)
	p := q.page(page{Title: q.t("web.calls"), Crumbs: []link{{Text: q.t("web.operations"), URL: "/operations"}}})
	return q.show(http.StatusOK, p, callsPage(p, view))
}

// historyView is all that was asked of a provider about an instance.
type historyView struct {
	provision.InstanceOut
	Calls       []provision.BrokerCall
	Inspections []provision.Inspection
	WriteOffs   []writeOffView
	MayRepair   bool
	Now         time.Time
	Next        string
}

// moves reports whether the page will show something else by itself.
func (v historyView) moves() bool {
	return busy(v.InstanceOut) || slices.ContainsFunc(v.Inspections, func(n provision.Inspection) bool { return n.Found == provision.FoundWaiting })
}

func (s *server) history(q *request) error { return q.showHistory(http.StatusOK, nil) }

func (q *request) showHistory(code int, f *flash) error {
	out, err := q.findInstance()
	if err != nil {
		return err
	}
	call := q.call()
	v := historyView{InstanceOut: out, MayRepair: q.may("provision.repair"), Now: call.Now}
	in := provision.CallsIn{CallFilter: provision.CallFilter{Instance: out.ID}, Page: naru.Page{After: q.r.URL.Query().Get("after")}}
	calls, err := op.Do(q.r.Context(), q.Runner, call, q.Provision.Calls, in)
	if err != nil {
		return err
	}
	v.Calls = calls.Rows
	_, v.Next = around("/instances/"+string(out.ID)+"/history", url.Values{}, calls.Next)
	looks, err := op.Do(q.r.Context(), q.Runner, call, q.Provision.Inspections, provision.InspectionsIn{Instance: out.ID, Page: naru.Page{Limit: 5}})
	if err != nil {
		return err
	}
	v.Inspections = looks.Rows
	if q.may("provision.findings") {
		if v.WriteOffs, err = q.proposals(call, provision.WriteOffFilter{Instance: out.ID}); err != nil {
			return err
		}
	}
	p := q.page(page{Title: q.t("web.history"), Crumbs: []link{
		{Text: q.t("web.instances"), URL: "/instances"}, {Text: q.instanceTitle(out), URL: "/instances/" + string(out.ID)},
	}, Flash: f})
	if q.partial() {
		if !v.moves() { // what stands around the part is old now
			q.w.Header().Set("HX-Refresh", "true")
		}
		return q.render(code, historyNow(p, v))
	}
	return q.show(code, p, historyPage(p, v))
}

// repaired goes back to the history of an instance, or shows there why not.
func (q *request) repaired(err error, key string) error {
	if err != nil {
		if f, ok := formFault(err); ok {
			return q.showHistory(status(naru.KindOf(err)), f)
		}
		return err
	}
	return q.done("/instances/"+q.r.PathValue("id")+"/history", key)
}

func (s *server) retry(q *request) error {
	in := provision.RetryIn{Instance: provision.InstanceID(q.r.PathValue("id")), Binding: provision.BindingID(q.r.PostFormValue("binding"))}
	_, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Provision.Retry, in)
	return q.repaired(err, "web.done.retry")
}

func (s *server) inspect(q *request) error {
	in := provision.InspectIn{Instance: provision.InstanceID(q.r.PathValue("id")), Binding: provision.BindingID(q.r.PostFormValue("binding"))}
	_, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Provision.Inspect, in)
	return q.repaired(err, "web.done.inspect")
}

// writeOff proposes to give a deletion up; somebody else has to confirm it.
func (s *server) writeOff(q *request) error {
	form := q.r.PostFormValue
	if form("sure") != "yes" {
		return q.redirect("/instances/" + q.r.PathValue("id") + "/history")
	}
	in := provision.WriteOffIn{Instance: provision.InstanceID(q.r.PathValue("id")), Binding: provision.BindingID(form("binding")), Reason: strings.TrimSpace(form("reason"))}
	_, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Provision.WriteOff, in)
	return q.repaired(err, "web.done.write_off")
}

// decideWriteOff confirms or refuses a proposal.
func (s *server) decideWriteOff(q *request) error {
	in := provision.DecideIn{ID: provision.WriteOffID(q.r.PathValue("id"))}
	decide, key := s.Provision.WriteOffRefuse, "web.done.write_off_refused"
	if q.r.PostFormValue("confirm") == "yes" {
		decide, key = s.Provision.WriteOffConfirm, "web.done.write_off_confirmed"
	}
	done, err := op.Do(q.r.Context(), q.Runner, q.call(), decide, in)
	if err != nil {
		return err
	}
	return q.done("/instances/"+string(done.Instance)+"/history", key)
}

// withdrawWriteOff takes back what the reader proposed.
func (s *server) withdrawWriteOff(q *request) error {
	in := provision.DecideIn{ID: provision.WriteOffID(q.r.PathValue("id"))}
	done, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Provision.WriteOffWithdraw, in)
	if err != nil {
		return err
	}
	return q.done("/instances/"+string(done.Instance)+"/history", "web.done.write_off_withdrawn")
}
