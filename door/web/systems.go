package web

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/inventory"
)

// systemsView is a page of the list of systems.
type systemsView struct {
	Filter      inventory.Filter
	Rows        []inventory.SystemRow
	First, Next string // addresses
	Sites       []option
	Export      string
}

const systemsPerPage = 50

// systems lists the systems the caller sees; the filter is in the address, so that a
// list can be sent to a colleague.
func (s *server) systems(q *request) error {
	f := filterOf(q.r.URL.Query())
	after := q.r.URL.Query().Get("after")
	in := inventory.ListSystemsIn{Filter: f, Page: naru.Page{After: after, Limit: systemsPerPage}}
	list, err := op.Do(q.r.Context(), q.Runner, q.call(), inventory.ListSystems, in)
	if err != nil {
		return err
	}
	v := systemsView{Filter: f, Rows: list.Rows, Sites: q.siteOptions(), Export: withQuery("/systems.xlsx?"+filterQuery(f), "after", "")}
	here := "/systems?" + filterQuery(f)
	if after != "" {
		v.First = here
	}
	if list.Next != "" {
		v.Next = withQuery(here, "after", list.Next)
	}
	p := q.page(page{Title: q.t("web.systems")})
	if q.partial() {
		return q.render(http.StatusOK, systemsResult(p, v))
	}
	return q.show(http.StatusOK, p, systemsPage(p, v))
}

func filterOf(v url.Values) inventory.Filter {
	grade, _ := strconv.ParseInt(v.Get("grade"), 10, 64) // no grade: all grades
	return inventory.Filter{Institution: inventory.InstitutionID(v.Get("institution")), Query: v.Get("query"), Site: v.Get("site"), Grade: grade}
}

func filterQuery(f inventory.Filter) string {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("institution", string(f.Institution))
	set("query", f.Query)
	set("site", f.Site)
	if f.Grade > 0 {
		set("grade", strconv.FormatInt(f.Grade, 10))
	}
	return v.Encode()
}

// siteOptions lists the places a system may run at now.
func (q *request) siteOptions() []option {
	list := []option{{"", q.t("web.all")}}
	f, _ := q.schema.Field("system.site")
	for _, c := range f.Codes {
		list = append(list, option{c.Key, c.Label.In(q.prefs.Lang)})
	}
	return list
}

func (p page) grades() []option {
	list := []option{{"", p.T("web.all")}}
	for _, g := range []string{"1", "2", "3", "4"} {
		list = append(list, option{g, p.T("web.grade", "grade", g)})
	}
	return list
}

// Code words a code of a fact; "" is unknown and says so.
func (p page) Code(fact, key string) string {
	f, ok := p.schema.Field(fact)
	if !ok || key == "" {
		return p.T("web.unknown")
	}
	return p.code(f, key)
}

// exportSystems writes the filtered systems as a spreadsheet.
func (s *server) exportSystems(q *request) error {
	call := q.call()
	var buf bytes.Buffer
	if err := s.Sheets.Export(q.r.Context(), call, filterOf(q.r.URL.Query()), &buf); err != nil {
		return err
	}
	return q.send(q.t("web.systems")+"-"+string(call.Today())+".xlsx", xlsxType, buf.Bytes())
}

const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// factRow is one fact of a system with its label.
type factRow struct {
	Field policy.Field
	Value any
}

// factRows lists the facts of one object in the order of the schema, unknown ones last.
func (q *request) factRows(prefix string, facts map[string]any) (known, unknown []factRow) {
	for _, f := range q.schema.Fields() {
		if len(f.Key) <= len(prefix) || f.Key[:len(prefix)] != prefix {
			continue
		}
		row := factRow{Field: f, Value: facts[f.Key]}
		if row.Value == nil {
			unknown = append(unknown, row)
			continue
		}
		known = append(known, row)
	}
	return known, unknown
}
