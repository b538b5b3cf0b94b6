package web

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"

	"naru"
	"naru/base/op"
	"naru/flow/decide"
)

// whatifCSV gives the whole list of flipped systems, page after page of the same
// operation, as it is read. A law or an estate that changes meanwhile ends the list with a
// line that says so, because its pages would not be of one answer.
func (s *server) whatifCSV(q *request) error {
	v := q.r.URL.Query()
	if q.r.Method == http.MethodPost {
		_ = q.r.PostFormValue("way") // reads the form
		v = q.r.PostForm
	}
	in := whatifQuery(v)
	in.Page = naru.Page{Limit: naru.MaxPage}
	call := q.call()
	out, err := op.Do(q.r.Context(), q.Runner, call, s.Decide.WhatIf, in)
	if err != nil {
		return err
	}
	p := q.page(page{})
	q.download(q.t("web.whatif.file")+"-"+string(call.Today())+".csv", "text/csv; charset=utf-8")
	_, _ = q.w.Write([]byte("\ufeff")) // so that spreadsheets read it as UTF-8
	w := csv.NewWriter(q.w)
	_ = w.Write(p.flipHead())
	for first := out; ; {
		for i := range out.Rows {
			_ = w.Write(p.flipLine(&out.Rows[i])) // the browser went away: Flush tells
		}
		if w.Flush(); w.Error() != nil || out.Next == "" {
			return nil
		}
		in.After = out.Next
		if out, err = op.Do(q.r.Context(), q.Runner, call, s.Decide.WhatIf, in); err != nil || !sameAnswer(&first, &out) {
			_ = w.Write([]string{q.t("web.whatif.torn")})
			w.Flush()
			return nil
		}
	}
}

// sameAnswer reports whether two pages count alike under the same laws.
func sameAnswer(a, b *decide.WhatIfOut) bool {
	return a.Before.Law == b.Before.Law && a.After.Law == b.After.Law && a.Systems == b.Systems && a.Flipped == b.Flipped
}

func (p page) flipHead() []string {
	keys := []string{"web.field.code", "web.field.name", "web.institution", "web.whatif.by.ministry", "web.whatif.by.kind", "web.whatif.by.grade", "web.whatif.before", "web.whatif.after", "web.synthetic", "web.id"}
	head := make([]string, len(keys))
	for i, key := range keys {
		head[i] = p.T(key)
	}
	return head
}

func (p page) flipLine(r *decide.FlipSystem) []string {
	grade, synthetic := "", p.T("web.no")
	if r.Grade > 0 {
		grade = strconv.FormatInt(r.Grade, 10)
	}
	if r.Synthetic {
		synthetic = p.T("web.synthetic")
	}
	line := []string{
		r.Code, r.Name, r.InstitutionName, r.Ministry, p.Code("institution.kind", r.Kind), grade, p.Share(r.Before), p.Share(r.After), synthetic, string(r.ID),
	}
	for i, cell := range line {
		line[i] = plainCell(cell)
	}
	return line
}

// plainCell keeps a spreadsheet from reading a text as a formula.
func plainCell(s string) string {
	if s != "" && strings.ContainsAny(s[:1], "=+-@\t\r") {
		return "'" + s
	}
	return s
}
