package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/decide"
	"naru/flow/inventory"
)

// verdictView is a system with what the law of a date says of each component.
type verdictView struct {
	decide.SystemOut
	Inventory      inventory.SystemOut // with its links and needs
	Today          naru.Date
	Asked          naru.Date // "" = today
	Known, Unknown []factRow
	Parts          []partView
	Moments        []link
	Exceptions     []decide.ExceptionRow // of the system
	MayAsk         bool
	Replay         string // address, "" when nothing is stored for the date
}

// partView is one component with its verdict and its facts.
type partView struct {
	decide.ComponentOut
	Anchor         string
	Known, Unknown []factRow
	Pending        []policy.Reason
	Candidates     string // address, "" when the caller may not match
}

// firstLaw is the first day naru knows the law of: the Cloud Computing Act's entry
// into force.
const firstLaw = naru.Date("2015-09-28")

// system shows the verdict of a system on any date, today unless asked otherwise.
func (s *server) system(q *request) error {
	id := inventory.SystemID(q.r.PathValue("id"))
	asked := naru.Date(q.r.URL.Query().Get("as_of"))
	call := q.call()
	out, err := op.Do(q.r.Context(), q.Runner, call, s.Decide.System, decide.SystemIn{ID: id, AsOf: asked})
	if err != nil {
		return err
	}
	stands, err := op.Do(q.r.Context(), q.Runner, call, inventory.GetSystem, inventory.SystemIn{ID: id})
	if err != nil {
		return err
	}
	v := verdictView{SystemOut: out, Inventory: stands, Today: call.Today(), Asked: asked, Moments: q.moments(string(id), out.AsOf, call.Today())}
	for i, c := range out.Components {
		part := partView{ComponentOut: c, Anchor: "c" + strconv.Itoa(i+1), Pending: c.Verdict.Pending}
		if q.may("match.read") {
			part.Candidates = "/systems/" + string(id) + "/candidates/" + string(c.ID)
		}
		part.Known, part.Unknown = q.factRows("component.", c.Facts)
		if i == 0 {
			v.Known, v.Unknown = q.factRows("system.", c.Facts)
		}
		if c.Stored != nil {
			v.Replay = "/systems/" + string(id) + "/replay?edition=" + string(editionOf(asked, call.Today()))
		}
		v.Parts = append(v.Parts, part)
	}
	list, err := op.Do(q.r.Context(), q.Runner, call, s.Decide.Exceptions, decide.ExceptionsIn{ExceptionFilter: decide.ExceptionFilter{System: id}})
	if err != nil {
		return err
	}
	v.Exceptions, v.MayAsk = list.Rows, out.AsOf == call.Today() && q.may("exception.ask")
	p := q.page(page{Title: out.Name, Crumbs: []link{{Text: q.t("web.systems"), URL: "/systems"}}})
	return q.show(http.StatusOK, p, verdictPage(p, v))
}

// moments are dates worth a look: the days on which the rules turned.
func (q *request) moments(id string, at, today naru.Date) []link {
	var out []link
	for _, d := range []naru.Date{"2016-07-05", "2020-06-16", "2023-02-01", today} {
		text := q.t("web.today")
		if d != today {
			text = string(d[:4])
		}
		out = append(out, link{Text: text, URL: "/systems/" + id + "?as_of=" + string(d), Current: d == at})
	}
	return out
}

// Tone gives an outcome its colour and its sign; the word stands beside it always.
func tone(o policy.Outcome) string {
	switch o {
	case policy.Allowed, policy.Required:
		return "success"
	case policy.Conditional:
		return "information"
	case policy.Consult:
		return "warning"
	case policy.NotAllowed:
		return "danger"
	}
	return "gray"
}

func sign(o policy.Outcome) string {
	switch o {
	case policy.Allowed, policy.Required:
		return "success"
	case policy.Conditional:
		return "information"
	case policy.Consult:
		return "consult"
	case policy.NotAllowed:
		return "danger"
	case policy.OutOfScope:
		return "none"
	}
	return "unknown"
}

// Outcome and Venue name what the law says, and where.
func (p page) Outcome(o policy.Outcome) string { return p.T("decide.outcome." + string(o)) }

// Venue names a kind of place.
func (p page) Venue(v policy.Venue) string { return p.T("decide.venue." + string(v)) }

func (p page) venues(list []policy.Venue) string {
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = p.Venue(v)
	}
	return strings.Join(words, ", ")
}

// cite names an article with its instrument: the sentence an officer quotes.
func (p page) cite(r policy.Reason) string { return p.In(r.Title) + " " + r.Article }

// leading returns the reasons that decided, or all when none did.
func leading(v policy.VenueVerdict) []policy.Reason {
	wins := slices.DeleteFunc(slices.Clone(v.Reasons), func(r policy.Reason) bool { return !r.Wins })
	if len(wins) > 0 {
		return wins
	}
	return v.Reasons
}

func others(v policy.VenueVerdict) []policy.Reason {
	if !slices.ContainsFunc(v.Reasons, func(r policy.Reason) bool { return r.Wins }) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(v.Reasons), func(r policy.Reason) bool { return r.Wins })
}

// bySource puts the reasons of one instrument and one source together, in their order.
func bySource(list []policy.Reason) (groups [][]policy.Reason) {
	type source struct{ pack, status, url string }
	index := make(map[source]int)
	for i := range list {
		key := source{list[i].Pack, list[i].Status, list[i].URL}
		at, known := index[key]
		if !known {
			at = len(groups)
			index[key] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], list[i])
	}
	return groups
}

// test words an elementary condition: labels in place of keys and codes.
func (p page) test(a policy.AtomTruth) string {
	f, ok := p.schema.Field(a.Fact)
	if !ok {
		return a.Test
	}
	head, rest, named := strings.Cut(a.Test, a.Fact)
	if !named {
		return a.Test
	}
	rest = p.codesIn(f, strings.NewReplacer(`"`, "", ">=", "≥", "<=", "≤", "==", "=", "!=", "≠", "[]", "["+p.T("web.none")+"]").Replace(rest))
	return head + p.In(f.Label) + rest
}

// codesIn puts labels in place of the codes of a fact in a text.
func (p page) codesIn(f policy.Field, text string) string {
	var b strings.Builder
	for text != "" {
		end := strings.IndexFunc(text, func(r rune) bool { return !wordRune(r) })
		if end < 0 {
			end = len(text)
		}
		b.WriteString(p.code(f, text[:end]))
		text = text[end:]
		next := strings.IndexFunc(text, wordRune)
		if next < 0 {
			next = len(text)
		}
		b.WriteString(text[:next])
		text = text[next:]
	}
	return b.String()
}

func wordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// atomValue words the value a condition was tested on.
func (p page) atomValue(a policy.AtomTruth) string {
	f, ok := p.schema.Field(a.Fact)
	switch {
	case a.Value == "":
		return p.T("web.unknown")
	case !ok:
		return a.Value
	case f.Type == policy.Bool:
		return p.Fact(f, a.Value == "true")
	case f.Type == policy.Int:
		n, err := strconv.ParseInt(a.Value, 10, 64)
		if err != nil {
			return a.Value
		}
		return p.Fact(f, n)
	case strings.HasPrefix(a.Value, "["):
		return p.Fact(f, strings.Fields(strings.Trim(a.Value, "[]")))
	}
	return p.code(f, a.Value)
}

func truthTone(t policy.Truth) string {
	switch t {
	case policy.True:
		return "success"
	case policy.False:
		return "gray"
	}
	return "warning"
}

// certificate words what a service must hold.
func (p page) certificate(c policy.CertificateNeed) string {
	words := []string{c.Scheme}
	if c.Tier != "" {
		words = append(words, p.T("web.tier."+c.Tier))
	}
	if len(c.Types) > 0 {
		types := make([]string, len(c.Types))
		for i, t := range c.Types {
			types[i] = p.T("web.cert." + t)
		}
		words = append(words, "("+strings.Join(types, ", ")+")")
	}
	return strings.Join(words, " ")
}

// duty words a duty with its deadline.
func (p page) duty(d policy.Duty) string {
	s := p.In(d.Text)
	switch {
	case d.Days > 0 && d.After != "":
		s += " · " + p.T("web.duty.days", "after", p.T("web.after."+d.After), "days", strconv.Itoa(d.Days))
	case d.After != "":
		s += " · " + p.T("web.after."+d.After)
	}
	return s
}

// verdictsView is the list of stored decisions with their sums.
type verdictsView struct {
	Tabs        []link
	Filter      decide.Filter
	Rows        []decide.Row
	Summary     decide.SummaryOut
	First, Next string
	CanRun      bool
}

// verdicts lists what was decided, by venue and outcome.
func (s *server) verdicts(q *request) error {
	v := q.r.URL.Query()
	f := decide.Filter{Venue: policy.Venue(v.Get("venue")), Outcome: policy.Outcome(v.Get("outcome")), Hybrid: v.Get("hybrid") == "yes"}
	in := decide.ListIn{Filter: f, Page: naru.Page{After: v.Get("after")}}
	list, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Decide.List, in)
	if err != nil {
		return err
	}
	sum, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Decide.Summary, decide.SummaryIn{})
	if err != nil {
		return err
	}
	view := verdictsView{Tabs: q.verdictTabs(), Filter: f, Rows: list.Rows, Summary: sum, CanRun: q.may("decide.run")}
	here := "/verdicts?" + verdictQuery(f)
	if in.After != "" {
		view.First = here
	}
	if list.Next != "" {
		view.Next = withQuery(here, "after", list.Next)
	}
	p := q.page(page{Title: q.t("web.verdicts")})
	return q.show(http.StatusOK, p, verdictsPage(p, view))
}

func verdictQuery(f decide.Filter) string {
	v := url.Values{}
	if f.Venue != "" {
		v.Set("venue", string(f.Venue))
	}
	if f.Outcome != "" {
		v.Set("outcome", string(f.Outcome))
	}
	if f.Hybrid {
		v.Set("hybrid", "yes")
	}
	return v.Encode()
}

// runVerdicts decides again everything the caller sees.
func (s *server) runVerdicts(q *request) error {
	out, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Decide.Run, decide.RunIn{})
	if err != nil {
		return err
	}
	return q.done("/verdicts", "web.done.decide", "systems", grouped(int64(out.Systems)))
}

func (p page) venueOptions() []option {
	list := []option{{"", p.T("web.all")}}
	for _, v := range policy.Venues() {
		list = append(list, option{string(v), p.Venue(v)})
	}
	return list
}

func (p page) outcomeOptions() []option {
	list := []option{{"", p.T("web.all")}}
	for _, o := range decide.Words() {
		list = append(list, option{string(o), p.Outcome(o)})
	}
	return list
}

// rulesView is the law of a date.
type rulesView struct {
	Tabs    []link
	AsOf    naru.Date
	Packs   []decide.Instrument
	MayEdit bool
}

// rules shows the instruments of a date with their articles.
func (s *server) rules(q *request) error {
	call := q.call()
	date := naru.Date(q.r.URL.Query().Get("as_of"))
	packs, err := op.Do(q.r.Context(), q.Runner, call, s.Decide.Instruments, decide.InstrumentsIn{AsOf: date})
	if err != nil {
		return err
	}
	if date == "" {
		date = call.Today()
	}
	p := q.page(page{Title: q.t("web.rules")})
	return q.show(http.StatusOK, p, rulesPage(p, rulesView{Tabs: q.whatifTabs(), AsOf: date, Packs: packs, MayEdit: q.may("policy.edit")}))
}
