package web

import (
	"net/http"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/contract"
	"naru/flow/decide"
)

// step is one next thing to do for somebody of a role.
type step struct {
	Key, URL string // texts under web.step.<key>
}

// homeView is what the first page shows.
type homeView struct {
	Steps  []step
	Counts []countView
}

// countView is one figure with where it leads.
type countView struct {
	Key, URL, Tone string
	N              int64
}

// home shows what somebody of this role most likely came for.
func (s *server) home(q *request) error {
	v := homeView{Steps: stepsOf(identity.Role(q.actor.Role))}
	var err error
	if v.Counts, err = q.homeCounts(); err != nil {
		return err
	}
	p := q.page(page{Title: q.t("web.home.title", "name", who(q.actor))})
	return q.show(http.StatusOK, p, homePage(p, v))
}

// homeCounts are the figures a role looks at first.
func (q *request) homeCounts() ([]countView, error) {
	var out []countView
	call, ctx := q.call(), q.r.Context()
	if q.may("decide.read") {
		sum, err := op.Do(ctx, q.Runner, call, q.Decide.Summary, decide.SummaryIn{})
		if err != nil {
			return nil, err
		}
		out = append(out, countView{"components", "/verdicts", "", sum.Components}, countView{"hybrid", "/verdicts?hybrid=yes", "information", sum.Hybrid})
		for _, v := range sum.Venues {
			if v.Venue == policy.Private {
				out = append(out, countView{"private", "/verdicts?venue=private", "success", v.Open})
				out = append(out, countView{"undecided", "/verdicts?venue=private&outcome=cannot_decide", "warning", v.Outcomes[policy.CannotDecide]})
			}
		}
	}
	if q.may("contract.approve") {
		in := contract.OrdersIn{Filter: contract.Filter{State: contract.Requested}, Page: naru.Page{Limit: naru.MaxPage}}
		list, err := op.Do(ctx, q.Runner, call, q.Contract.Orders, in)
		if err != nil {
			return nil, err
		}
		out = append(out, countView{"waiting", "/orders?state=requested", "danger", int64(len(list.Rows))})
	}
	return out, nil
}

// stepsOf lists the next steps of a role, in the order of the road.
func stepsOf(r identity.Role) []step {
	switch r {
	case identity.Officer:
		return []step{{"import", "/import"}, {"verdicts", "/verdicts"}, {"find", "/systems"}, {"orders", "/orders"}, {"instances", "/instances"}, {"statements", "/statements"}}
	case identity.Approver:
		return []step{{"approve", "/orders?state=requested"}, {"budget", "/budgets"}, {"verdicts", "/verdicts"}, {"statements", "/statements"}}
	case identity.Provider:
		return []step{{"offer", "/providers"}, {"sold", "/orders"}, {"run", "/instances"}}
	case identity.Ministry:
		return []step{{"adoption", "/adoption"}, {"close", "/closes"}, {"whatif", "/whatif"}, {"exceptions", "/exceptions"}, {"rules", "/rules"}, {"verdicts", "/verdicts"}, {"services", "/services"}}
	case identity.Auditor:
		return []step{{"record", "/record"}, {"rights", "/permissions"}, {"statements", "/statements"}, {"adoption", "/adoption"}}
	}
	return []step{{"import", "/import"}, {"offer", "/providers"}, {"instances", "/instances"}, {"close", "/closes"}, {"record", "/record"}}
}
