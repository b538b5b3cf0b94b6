package web

import (
	"net/http"

	"naru/base/identity"
)

// step is one next thing to do for somebody of a role.
type step struct {
	Key, URL string // texts under web.step.<key>
}

// homeView is what the first page shows.
type homeView struct {
	Steps []step
}

// home shows what somebody of this role most likely came for.
func (s *server) home(q *request) error {
	v := homeView{Steps: stepsOf(identity.Role(q.actor.Role))}
	p := q.page(page{Title: q.t("web.home.title", "name", who(q.actor))})
	return q.show(http.StatusOK, p, homePage(p, v))
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
		return []step{{"adoption", "/adoption"}, {"close", "/closes"}, {"rules", "/rules"}, {"verdicts", "/verdicts"}, {"services", "/services"}}
	case identity.Auditor:
		return []step{{"record", "/record"}, {"rights", "/permissions"}, {"statements", "/statements"}, {"adoption", "/adoption"}}
	}
	return []step{{"import", "/import"}, {"offer", "/providers"}, {"instances", "/instances"}, {"close", "/closes"}, {"record", "/record"}}
}
