package web

import (
	"net/http"
	"net/url"
	"strconv"

	"naru"
	"naru/base/op"
	"naru/flow/plan"
)

// recoveryView compares stated recovery times with the announced targets.
type recoveryView struct {
	plan.Recovery
	Result      plan.Result
	Grade       string
	First, Next string
}

// manyBodies is how many institutions the page lists; the others are in the answer of
// the operation.
const manyBodies = 30

func (s *server) recovery(q *request) error {
	v := q.r.URL.Query()
	in := plan.RecoveryIn{Result: plan.Result(v.Get("result")), Page: naru.Page{After: v.Get("after")}}
	in.Grade, _ = strconv.ParseInt(v.Get("grade"), 10, 64) // none: every grade
	out, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Plan.Recovery, in)
	if err != nil {
		return err
	}
	view := recoveryView{Recovery: out, Result: in.Result, Grade: v.Get("grade")}
	view.First, view.Next = around("/plan/recovery", v, out.Following)
	p := q.page(page{Title: q.t("web.recovery"), Crumbs: []link{{Text: q.t("web.plan.title"), URL: "/plan"}}})
	return q.show(http.StatusOK, p, recoveryPage(p, view))
}

func resultTone(r plan.Result) string {
	switch r {
	case plan.Meets:
		return "success"
	case plan.Misses:
		return "danger"
	case plan.Unknown:
		return "warning"
	}
	return "gray"
}

// counts of one line, in the order of plan.Results.
func resultShares(r plan.ResultCount) []siteShare {
	return []siteShare{
		{string(plan.Meets), resultTone(plan.Meets), int64(r.Meets)},
		{string(plan.Misses), resultTone(plan.Misses), int64(r.Misses)},
		{string(plan.Unknown), resultTone(plan.Unknown), int64(r.Unknown)},
		{string(plan.NoTarget), resultTone(plan.NoTarget), int64(r.NoTarget)},
	}
}

func (p page) resultSegments(r plan.ResultCount) []segment {
	return p.segments(resultShares(r), int64(r.Systems), "plan.result.")
}

// segments lays shares of a whole side by side, worded by a prefix of keys.
func (p page) segments(shares []siteShare, whole int64, prefix string) []segment {
	var out []segment
	var x int64
	for _, s := range shares {
		if w := min(share(s.N, whole), barWidth-x); w > 0 {
			out = append(out, segment{X: x, Width: w, Tone: s.Tone, Title: p.T(prefix+s.Key) + " " + grouped(s.N)})
			x += w
		}
	}
	return out
}

func (p page) resultOptions() []option {
	list := []option{{"", p.T("web.all")}}
	for _, r := range plan.Results() {
		list = append(list, option{string(r), p.T("plan.result." + string(r))})
	}
	return list
}

// gradeName names a grade by its key, "" being unknown.
func (p page) gradeName(key string) string {
	n, _ := strconv.ParseInt(key, 10, 64) // none: unknown
	return p.gradeText(n)
}

// stated words a time that may not have been entered.
func (p page) stated(n *int64) string {
	if n == nil {
		return p.T("web.unknown")
	}
	return p.minutes(*n)
}

// blastURL is the address of what a loss hits.
func blastURL(kind, of string) string {
	return "/blast/" + kind + "?" + url.Values{"of": {of}}.Encode()
}
