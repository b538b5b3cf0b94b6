package web

import (
	"net/http"
	"strings"

	"naru"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/provision"
)

// findingsView is a page of findings.
type findingsView struct {
	Tabs        []link
	Filter      provision.FindingFilter
	Providers   []option
	Rows        []provision.FindingRow
	MayAnswer   bool
	MayRecheck  bool
	MayInstance bool
	MayCount    bool
	Counts      []censusView
	First, Next string
}

func (s *server) findings(q *request) error { return q.showFindings(http.StatusOK, nil) }

func (q *request) showFindings(code int, f *flash) error {
	v := q.r.URL.Query()
	filter := provision.FindingFilter{
		Kind: provision.FindingKind(v.Get("kind")), State: provision.FindingState(v.Get("state")),
		Provider: catalog.ProviderID(v.Get("provider")), Instance: provision.InstanceID(v.Get("instance")),
	}
	call := q.call()
	list, err := op.Do(q.r.Context(), q.Runner, call, q.Provision.Findings, provision.FindingsIn{FindingFilter: filter, Page: naru.Page{After: v.Get("after")}})
	if err != nil {
		return err
	}
	view := findingsView{
		Tabs: q.serviceTabs("/findings"), Filter: filter, Rows: list.Rows,
		MayAnswer: q.may("provision.acknowledge"), MayRecheck: q.may("provision.recheck"), MayInstance: q.may("provision.read"),
		MayCount: q.may("provision.census"),
	}
	if view.Providers, err = q.providerChoices(call); err != nil {
		return err
	}
	if view.Counts, err = q.counts(call); err != nil {
		return err
	}
	view.First, view.Next = around("/findings", v, list.Next)
	p := q.page(page{Title: q.t("web.findings"), Flash: f})
	return q.show(code, p, findingsPage(p, view))
}

// acknowledge notes who answers for a finding and what is done about it.
func (s *server) acknowledge(q *request) error {
	in := provision.AcknowledgeIn{ID: provision.FindingID(q.r.PathValue("id")), Words: strings.TrimSpace(q.r.PostFormValue("words"))}
	if _, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Provision.Acknowledge, in); err != nil {
		if f, ok := formFault(err); ok {
			return q.showFindings(status(naru.KindOf(err)), f)
		}
		return err
	}
	return q.done("/findings", "web.done.acknowledge")
}

// recheck asks for a look at everything that runs.
func (s *server) recheck(q *request) error {
	if _, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Provision.Recheck, provision.RecheckIn{}); err != nil {
		return err
	}
	return q.done("/findings", "web.done.recheck")
}

// census asks a provider what it holds.
func (s *server) census(q *request) error {
	in := provision.CensusIn{Provider: catalog.ProviderID(q.r.PostFormValue("provider"))}
	if _, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Provision.Census, in); err != nil {
		if f, ok := formFault(err); ok {
			return q.showFindings(status(naru.KindOf(err)), f)
		}
		return err
	}
	return q.done("/findings", "web.done.census")
}

// Finding words what differs.
func (p page) Finding(k provision.FindingKind) string { return p.T("provision.finding." + string(k)) }

func findingTone(f *provision.Finding) string {
	switch f.State {
	case provision.FindingEnded:
		return "gray"
	case provision.FindingAcknowledged:
		return "information"
	}
	return "warning"
}

func (p page) findingKinds() []option {
	list := []option{{"", p.T("web.all")}}
	for _, k := range []provision.FindingKind{
		provision.Stray, provision.Foreign, provision.Lost, provision.Unordered, provision.BilledNotRunning, provision.RunningNotBilled, provision.OtherPlan, provision.PlanUnsure,
		provision.Unlawful, provision.Uncertified, provision.OrderEnded, provision.Unfunded, provision.PlanGone, provision.LeftBehind,
	} {
		list = append(list, option{string(k), p.Finding(k)})
	}
	return list
}

func (p page) findingStates() []option {
	list := []option{{"", p.T("web.all")}}
	for _, s := range []provision.FindingState{provision.FindingOpen, provision.FindingAcknowledged, provision.FindingEnded} {
		list = append(list, option{string(s), p.T("web.finding.state." + string(s))})
	}
	return list
}
