package web

import (
	"net/http"
	"strconv"
	"strings"

	"naru"
	"naru/base/op"
	"naru/flow/account"
	"naru/flow/meter"
	"naru/flow/report"
)

func (s *server) moneyRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /statements", s.signedIn(s.statements))
	mux.HandleFunc("GET /statements/{id}", s.signedIn(s.statement))
	mux.HandleFunc("GET /closes", s.signedIn(s.closes))
	mux.HandleFunc("POST /closes/{step}", s.signedIn(s.closeStep))
	mux.HandleFunc("GET /adoption", s.signedIn(s.adoption))
}

// statementsView is a page of statements.
type statementsView struct {
	Month       naru.Month
	Rows        []account.StatementRow
	First, Next string
}

func (s *server) statements(q *request) error {
	v := q.r.URL.Query()
	in := account.StatementsIn{Filter: account.Filter{Month: naru.Month(v.Get("month"))}, Page: naru.Page{After: v.Get("after")}}
	list, err := op.Do(q.r.Context(), q.Runner, q.call(), account.Statements, in)
	if err != nil {
		return err
	}
	view := statementsView{Month: in.Month, Rows: list.Rows}
	view.First, view.Next = around("/statements", v, list.Next)
	p := q.page(page{Title: q.t("web.statements")})
	return q.show(http.StatusOK, p, statementsPage(p, view))
}

func (s *server) statement(q *request) error {
	id := account.StatementID(q.r.PathValue("id"))
	st, err := op.Do(q.r.Context(), q.Runner, q.call(), account.GetStatement, account.StatementIn{ID: id})
	if err != nil {
		return err
	}
	p := q.page(page{Title: q.t("web.statement.of", "month", string(st.Month), "name", st.Name), Crumbs: []link{{Text: q.t("web.statements"), URL: "/statements"}}})
	return q.show(http.StatusOK, p, statementPage(p, st))
}

// closesView is the months with what stands between each and its close.
type closesView struct {
	Month              naru.Month
	Ended              bool
	Closes             []account.Close
	Seal               *meter.Seal
	Gaps               *meter.GapsOut
	MayClose, MayAgree bool
}

func (s *server) closes(q *request) error { return q.showCloses(http.StatusOK, nil) }

func (q *request) showCloses(code int, f *flash) error {
	call, ctx := q.call(), q.r.Context()
	v := closesView{Month: naru.Month(q.r.FormValue("month")), MayClose: q.may("account.close"), MayAgree: q.may("account.approve")}
	if _, err := naru.ParseMonth(string(v.Month)); err != nil {
		v.Month = naru.MonthOf(call.Now)
	}
	_, end := v.Month.Range()
	v.Ended = !call.Now.Before(end)
	list, err := op.Do(ctx, q.Runner, call, account.Closes, struct{}{})
	if err != nil {
		return err
	}
	v.Closes = list.Rows
	seals, err := op.Do(ctx, q.Runner, call, meter.Seals, struct{}{})
	if err != nil {
		return err
	}
	for i := range seals.Rows {
		if seals.Rows[i].Month == v.Month {
			v.Seal = &seals.Rows[i]
		}
	}
	if q.may("meter.collect") && v.Seal == nil {
		gaps, err := op.Do(ctx, q.Runner, call, meter.Gaps, meter.MonthIn{Month: v.Month})
		if err != nil {
			return err
		}
		v.Gaps = &gaps
	}
	p := q.page(page{Title: q.t("web.closes"), Flash: f})
	return q.show(code, p, closesPage(p, v))
}

// closeStep takes one step of the close of a month: collect, seal, propose, approve or
// reject.
func (s *server) closeStep(q *request) error {
	form, ctx, call := q.r.PostFormValue, q.r.Context(), q.call()
	month, step := naru.Month(form("month")), q.r.PathValue("step")
	var err error
	switch step {
	case "collect":
		_, err = op.Do(ctx, s.Runner, call, meter.Collect, meter.CollectIn{})
	case "seal":
		_, err = op.Do(ctx, s.Runner, call, meter.SealMonth, meter.SealIn{Month: month, Early: form("early") == "yes"})
	case "propose":
		_, err = op.Do(ctx, s.Runner, call, account.Propose, account.MonthIn{Month: month})
	case "approve":
		_, err = op.Do(ctx, s.Runner, call, account.Approve, account.ApproveIn{Month: month, Digest: form("digest")})
	case "reject":
		_, err = op.Do(ctx, s.Runner, call, account.Reject, account.RejectIn{Month: month, Reason: strings.TrimSpace(form("reason"))})
	default:
		return s.lost(q)
	}
	if err != nil {
		if f, ok := formFault(err); ok {
			return q.showCloses(status(naru.KindOf(err)), f)
		}
		return err
	}
	return q.done(withQuery("/closes", "month", string(month)), "web.done."+step)
}

// adoptionView is the adoption report with what its drawing needs.
type adoptionView struct {
	report.Adoption
	Total report.Row
	Kind  string
}

// adoption shows the figures against the published targets, each with its definition.
func (s *server) adoption(q *request) error {
	v := q.r.URL.Query()
	out, err := op.Do(q.r.Context(), q.Runner, q.call(), report.ByDate, report.In{AsOf: naru.Date(v.Get("as_of")), Kind: v.Get("kind")})
	if err != nil {
		return err
	}
	view := adoptionView{Adoption: out, Kind: v.Get("kind")}
	if n := len(out.Rows); n > 0 {
		view.Total = out.Rows[n-1]
	}
	p := q.page(page{Title: q.t("web.adoption")})
	return q.show(http.StatusOK, p, adoptionPage(p, view))
}

// siteShare is one venue's systems in a row of the report.
type siteShare struct {
	Key, Tone string
	N         int64
}

func siteShares(r report.Row) []siteShare {
	return []siteShare{
		{"government", "primary", r.Government},
		{"private", "success", r.Private},
		{"ppp", "information", r.PPP},
		{"own", "warning", r.Own},
		{"onsite", "gray", r.OnSite},
		{"", "track", r.SiteUnknown},
	}
}

func (p page) siteSegments(r report.Row) []segment {
	var out []segment
	var x int64
	for _, s := range siteShares(r) {
		w := min(share(s.N, r.Systems), barWidth-x)
		if w > 0 && s.Tone != "track" {
			out = append(out, segment{X: x, Width: w, Tone: s.Tone, Title: p.Code("system.site", s.Key) + " " + grouped(s.N)})
		}
		x += w
	}
	return out
}

func (p page) kindName(kind string) string {
	if kind == "total" {
		return p.T("web.total")
	}
	return p.Code("institution.kind", kind)
}

// unitValue words a published value with its unit.
func (p page) unitValue(value, unit string) string {
	n, err := strconv.ParseInt(value, 10, 64)
	if err == nil {
		value = grouped(n)
	}
	return p.T("web.unit."+unit, "value", value)
}

// measurePoint places a figure on a scale of 0 to 100 per cent; ok is false when it is
// no share.
func measurePoint(value, unit string) (x int64, ok bool) {
	if unit != "percent" {
		return 0, false
	}
	d, err := naru.ParseDecimal(strings.TrimSuffix(value, "%"))
	if err != nil {
		return 0, false
	}
	whole, frac, _ := strings.Cut(d.Mul(naru.DecimalOf(10)).String(), ".")
	_ = frac // a tenth of a per cent is finer than the drawing
	n, err := strconv.ParseInt(whole, 10, 64)
	return min(n, barWidth), err == nil
}

func closeTone(s account.State) string {
	if s == account.Approved {
		return "success"
	}
	if s == account.Proposed {
		return "warning"
	}
	return "gray"
}
