package web

import (
	"bytes"
	"maps"
	"slices"
	"strconv"

	"naru/base/op"
	"naru/base/policy"
	"naru/flow/plan"
	"naru/wire/sheet"
)

// exportPlan writes every row of the plan as CSV, exact won and the reasons in words.
func (s *server) exportPlan(q *request) error {
	form := q.r.FormValue
	asked := askedOf(form)
	in := plan.RowsIn{Inputs: asked.inputs(), Filter: plan.Filter{Year: number(form("year")), State: plan.State(form("state"))}}
	body, f, err := q.bodyNamed(asked.Institution)
	if err != nil {
		return err
	}
	if f != nil {
		return q.redirect("/plan?" + asked.query().Encode())
	}
	if body != nil {
		in.Institution = body.ID
	}
	call := q.call()
	list, err := op.Do(q.r.Context(), q.Runner, call, s.Plan.Rows, in)
	if err != nil {
		return err
	}
	p := q.page(page{})
	var buf bytes.Buffer
	if err := p.writePlan(&buf, list.Rows); err != nil {
		return err
	}
	return q.send(q.t("web.plan.title")+"-"+string(call.Today())+".csv", "text/csv; charset=utf-8", buf.Bytes())
}

func (p page) writePlan(buf *bytes.Buffer, rows []plan.Row) error {
	var heads []sheet.Head
	for _, key := range []string{
		"web.institution", "web.field.code", "web.system", "web.grade_label", "web.stage", "web.plan.life", "web.state", "web.plan.year", "web.plan.wanted",
		"web.plan.cost_won", "web.plan.target", "web.plan.parts", "web.plan.why", "web.plan.late", "web.plan.missing", "web.synthetic",
	} {
		heads = append(heads, sheet.Head{Name: p.T(key)})
	}
	w, err := sheet.WriteCSV(buf, heads)
	if err != nil {
		return err
	}
	for i := range rows {
		if err := w.Row(p.planCells(&rows[i])); err != nil {
			return err
		}
	}
	return w.Close()
}

func (p page) planCells(r *plan.Row) []sheet.Cell {
	synthetic := ""
	if r.Synthetic {
		synthetic = p.T("web.yes")
	}
	return []sheet.Cell{
		textCell(r.InstitutionName), textCell(r.Code), textCell(r.Name), numberCell(r.Grade), textCell(p.Code("system.stage", r.Stage)),
		textCell(string(r.LifeEnd)), textCell(p.planState(r.State)), numberCell(int64(r.Year)), numberCell(int64(r.Wanted)), numberCell(int64(r.Cost)),
		textCell(p.venues(r.Target)), textCell(p.partVenues(r.Parts)), textCell(p.why(r)), textCell(p.late(r)), textCell(p.fields(r.Missing)), textCell(synthetic),
	}
}

// numberCell is a number; none when it is 0.
func numberCell(n int64) sheet.Cell {
	if n == 0 {
		return sheet.Cell{}
	}
	return sheet.Cell{Kind: sheet.Number, Text: strconv.FormatInt(n, 10)}
}

// why words the reason of a row with who decides.
func (p page) why(r *plan.Row) string {
	s := p.M(r.Why)
	if !r.Decides.IsZero() {
		s += " " + p.In(r.Decides)
	}
	return s
}

func (p page) late(r *plan.Row) string {
	if r.Late.Key == "" {
		return ""
	}
	return p.M(r.Late)
}

// partVenues words where each component goes, in the order of names.
func (p page) partVenues(parts map[string]policy.Venue) string {
	if len(parts) < 2 {
		return ""
	}
	s := ""
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		if s != "" {
			s += " · "
		}
		s += name + " → " + p.stayOr(parts[name])
	}
	return s
}

func (p page) stayOr(v policy.Venue) string {
	if v == "" {
		return p.T("web.plan.stays")
	}
	return p.Venue(v)
}
