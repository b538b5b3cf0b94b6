package web

import (
	"net/http"
	"net/url"
	"strings"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/decide"
	"naru/flow/inventory"
)

// exceptionsView is the list of exceptions.
type exceptionsView struct {
	Tabs        []link
	State       decide.ExceptionState
	Rows        []decide.ExceptionRow
	First, Next string
}

func (s *server) exceptions(q *request) error {
	v := q.r.URL.Query()
	in := decide.ExceptionsIn{Page: naru.Page{After: v.Get("after")}}
	in.State, in.System = decide.ExceptionState(v.Get("state")), inventory.SystemID(v.Get("system"))
	list, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Decide.Exceptions, in)
	if err != nil {
		return err
	}
	view := exceptionsView{Tabs: q.verdictTabs(), State: in.State, Rows: list.Rows}
	view.First, view.Next = around("/exceptions", v, list.Next)
	p := q.page(page{Title: q.t("web.exceptions")})
	return q.show(http.StatusOK, p, exceptionsPage(p, view))
}

// askException files the wish that a form of a verdict sends.
func (s *server) askException(q *request) error {
	form := q.r.PostFormValue
	in := decide.AskIn{
		Component: inventory.ComponentID(form("component")), Venue: policy.Venue(form("venue")), Pack: form("pack"), Reason: strings.TrimSpace(form("reason")),
	}
	made, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Decide.Ask, in)
	if err != nil {
		return err
	}
	return q.done("/exceptions/"+string(made.ID), "web.done.ask")
}

// exceptionView is one exception with what the caller may do about it.
type exceptionView struct {
	decide.ExceptionRow
	Today                    naru.Date
	MayHear, MayRule, MayEnd bool
	MayRecord                bool
	Form                     url.Values // as typed, after a refusal
}

func (s *server) exception(q *request) error { return q.showException(http.StatusOK, nil) }

func (q *request) showException(code int, f *flash) error {
	call := q.call()
	row, err := op.Do(q.r.Context(), q.Runner, call, q.Decide.Exception, decide.ExceptionIn{ID: decide.ExceptionID(q.r.PathValue("id"))})
	if err != nil {
		return err
	}
	v := exceptionView{ExceptionRow: row, Today: call.Today(), Form: q.r.PostForm, MayRecord: q.may("record.read")}
	acts := func(role string) bool {
		return identity.Role(q.actor.Role) == decide.OfficeOf(role) && q.may("exception.decide")
	}
	waits := row.State == decide.Asked || row.State == decide.Heard
	v.MayHear = row.Hears != "" && row.State == decide.Asked && acts(row.Hears)
	v.MayRule = waits && (row.Hears == "" || row.State == decide.Heard) && acts(row.By) && row.RequestedBy != q.actor.User
	v.MayEnd = q.may("exception.end") && (waits && identity.Sees(q.actor, string(row.Institution)) || row.State == decide.Granted && acts(row.By))
	p := q.page(page{Title: q.t("web.exception.title", "system", row.SystemName, "component", row.ComponentName), Flash: f, Crumbs: []link{{Text: q.t("web.exceptions"), URL: "/exceptions"}}})
	return q.show(code, p, exceptionPage(p, v))
}

func (q *request) exceptionDone(err error, key string) error {
	if err == nil {
		return q.done("/exceptions/"+q.r.PathValue("id"), key)
	}
	if f, ok := formFault(err); ok {
		return q.showException(status(naru.KindOf(err)), f)
	}
	return err
}

func (s *server) hearException(q *request) error {
	form := q.r.PostFormValue
	in := decide.HearIn{ID: decide.ExceptionID(q.r.PathValue("id")), Version: q.version(), Favours: form("favours") == "yes", Opinion: strings.TrimSpace(form("opinion"))}
	_, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Decide.Hear, in)
	return q.exceptionDone(err, "web.done.hear")
}

func (s *server) ruleException(q *request) error {
	form := q.r.PostFormValue
	in := decide.DecideIn{
		ID: decide.ExceptionID(q.r.PathValue("id")), Version: q.version(), Grant: form("grant") == "yes", Decision: strings.TrimSpace(form("decision")),
		Conditions: lines(form("conditions")), From: naru.Date(form("from")), Until: naru.Date(form("until")),
	}
	_, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Decide.RuleException, in)
	if in.Grant {
		return q.exceptionDone(err, "web.done.grant")
	}
	return q.exceptionDone(err, "web.done.refuse")
}

func (s *server) endException(q *request) error {
	in := decide.EndIn{ID: decide.ExceptionID(q.r.PathValue("id")), Version: q.version(), Reason: strings.TrimSpace(q.r.PostFormValue("reason"))}
	_, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Decide.EndException, in)
	return q.exceptionDone(err, "web.done.end_exception")
}

// lines splits what was typed one per line.
func lines(s string) []string {
	var list []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

func (p page) exceptionState(s decide.ExceptionState) string {
	return p.T("web.exception.state." + string(s))
}

func exceptionTone(s decide.ExceptionState) string {
	switch s {
	case decide.Granted:
		return "success"
	case decide.Refused, decide.Revoked:
		return "danger"
	case decide.Asked, decide.Heard:
		return "warning"
	}
	return "gray"
}

func (p page) exceptionStates() []option {
	list := []option{{"", p.T("web.all")}}
	for _, s := range []decide.ExceptionState{decide.Asked, decide.Heard, decide.Granted, decide.Refused, decide.Withdrawn, decide.Revoked} {
		list = append(list, option{string(s), p.exceptionState(s)})
	}
	return list
}

// exceptionSteps are the steps of an exception: who asks, who is heard, who decides.
func (p page) exceptionSteps(v exceptionView) []exceptionStep {
	list := []exceptionStep{{Name: p.T("web.exception.step.asked"), Who: v.RequestedBy, Done: true}}
	if v.Hears != "" {
		list = append(list, exceptionStep{Name: p.T("web.exception.step.heard"), Who: p.In(v.HearsName), Done: v.State != decide.Asked && v.HeardBy != "", Now: v.State == decide.Asked})
	}
	decided := v.State != decide.Asked && v.State != decide.Heard
	return append(list, exceptionStep{Name: p.T("web.exception.step.decided"), Who: p.In(v.ByName), Done: decided, Now: !decided && (v.Hears == "" || v.State == decide.Heard)})
}

// exceptionStep is one step.
type exceptionStep struct {
	Name, Who string
	Done, Now bool
}
