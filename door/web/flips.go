package web

import (
	"net/http"
	"strconv"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/decide"
	"naru/flow/inventory"
)

// flipsView is the list of decisions that came out otherwise than before.
type flipsView struct {
	Tabs        []link
	Filter      decide.FlipFilter
	Rows        []decide.FlipRow
	First, Next string
	MayRecord   bool
}

func (s *server) flips(q *request) error {
	v := q.r.URL.Query()
	in := decide.FlipsIn{Page: naru.Page{After: v.Get("after")}}
	in.Cause, in.System = decide.Cause(v.Get("cause")), inventory.SystemID(v.Get("system"))
	list, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Decide.Flips, in)
	if err != nil {
		return err
	}
	view := flipsView{Tabs: q.verdictTabs(), Filter: in.FlipFilter, Rows: list.Rows, MayRecord: q.may("record.read")}
	view.First, view.Next = around("/flips", v, list.Next)
	p := q.page(page{Title: q.t("web.flips")})
	return q.show(http.StatusOK, p, flipsPage(p, view))
}

func (p page) causeOptions() []option {
	list := []option{{"", p.T("web.all")}}
	for _, c := range []decide.Cause{decide.ByFacts, decide.ByLaw, decide.ByException, decide.ByDate} {
		list = append(list, option{string(c), p.T("web.cause." + string(c))})
	}
	return list
}

func entryURL(n int64) string { return "/record/" + strconv.FormatInt(n, 10) }

// changeView is a word before and after, each with its tone.
type changeView struct{ Was, WasTone, WasSign, Is, IsTone, IsSign string }

func outcomeChange(p page, was, is policy.Outcome) changeView {
	return changeView{p.Outcome(was), tone(was), sign(was), p.Outcome(is), tone(is), sign(is)}
}
