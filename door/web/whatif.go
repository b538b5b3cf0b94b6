package web

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/decide"
	"naru/flow/law"
)

// The ways to ask what would become of the estate.
const (
	byDraft = "draft" // a saved draft
	byText  = "text"  // the text of an instrument, changed here
	byDates = "dates" // the law of two dates
)

// whatifView is a question about the estate and, once it can be answered, its answer.
type whatifView struct {
	Tabs, Ways  []link
	Way         string
	In          decide.WhatIfIn
	Key         string // of the instrument whose text is changed
	Drafts      []law.Draft
	Packs       []decide.Instrument
	Out         *decide.WhatIfOut
	Faults      []textFault
	MayDraft    bool
	CSV         string // address of the whole list, "" when a form must send the text
	First, Next string
}

// whatifQuery reads the question from an address or a form.
func whatifQuery(v url.Values) decide.WhatIfIn {
	in := decide.WhatIfIn{
		Draft: law.DraftID(v.Get("draft")), Against: naru.Date(v.Get("against")), AsOf: naru.Date(v.Get("as_of")), Venue: policy.Venue(v.Get("venue")),
		Page: naru.Page{After: v.Get("after")},
	}
	switch v.Get("way") {
	case byDraft:
		in.Against = ""
	case byText:
		in.Text, in.Draft, in.Against = unix(v.Get("text")), "", ""
	default:
		in.Draft, in.Against = "", cmp.Or(in.Against, firstTurn)
	}
	return in
}

// firstTurn is a day under the guideline of 2016, the first law of the dispute over the
// eligible share.
const firstTurn = naru.Date("2017-03-02")

// unix ends lines as files do: a form sends them as the protocol says.
func unix(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// whatif asks by a draft or by dates, or shows the form for a text.
func (s *server) whatif(q *request) error {
	v := q.r.URL.Query()
	view := whatifView{Way: v.Get("way"), Key: v.Get("key"), In: whatifQuery(v)}
	drafts, err := q.openDrafts()
	if err != nil {
		return err
	}
	view.Drafts = drafts
	if view.Way == "" {
		view.Way = byDates
		if len(drafts) > 0 {
			view.Way, v = byDraft, url.Values{"way": {byDraft}, "draft": {string(drafts[0].ID)}}
			view.In = whatifQuery(v)
		}
	}
	if view.Way == byText {
		return q.whatifText(view)
	}
	if view.Way == byDraft && view.In.Draft == "" {
		return q.showWhatif(http.StatusOK, view, nil)
	}
	return q.answer(view, clean(v))
}

// answer runs the question and shows what came of it, or why it cannot be answered.
func (q *request) answer(view whatifView, v url.Values) error {
	out, err := op.Do(q.r.Context(), q.Runner, q.call(), q.Decide.WhatIf, view.In)
	if err != nil {
		f, ok := formFault(err)
		if !ok {
			return err
		}
		if view.Way == byText {
			view.Faults, f.Problems = textFaults(view.In.Text, f.Problems), nil
		}
		return q.showWhatif(http.StatusUnprocessableEntity, view, f)
	}
	view.Out = &out
	if view.Way == byText {
		view.Next = out.Next
	} else {
		view.First, view.Next = around("/whatif", v, out.Next)
		view.CSV = "/whatif.csv?" + v.Encode()
	}
	return q.showWhatif(http.StatusOK, view, nil)
}

// whatifText fills the form with the text of an instrument in force.
func (q *request) whatifText(view whatifView) error {
	if view.Key != "" {
		t, err := op.Do(q.r.Context(), q.Runner, q.call(), q.Law.Text, law.TextIn{Key: view.Key, AsOf: view.In.AsOf})
		if err != nil {
			return err
		}
		view.In.Text = t.Text
	}
	return q.showWhatif(http.StatusOK, view, nil)
}

// tryText asks by a text that a form sends.
func (s *server) tryText(q *request) error {
	_ = q.r.PostFormValue("way") // reads the form
	return q.answer(whatifView{Way: byText, Key: q.r.PostForm.Get("key"), In: whatifQuery(q.r.PostForm)}, nil)
}

func (q *request) showWhatif(code int, view whatifView, f *flash) error {
	var err error
	if view.Way == byText {
		if view.Packs, err = op.Do(q.r.Context(), q.Runner, q.call(), q.Decide.Instruments, decide.InstrumentsIn{}); err != nil {
			return err
		}
	}
	view.In.Venue, view.MayDraft = cmp.Or(view.In.Venue, policy.Private), q.may("policy.edit")
	view.Tabs = q.whatifTabs()
	for _, way := range []string{byDraft, byText, byDates} {
		view.Ways = append(view.Ways, link{Text: q.t("web.whatif.way." + way), URL: "/whatif?way=" + way, Current: way == view.Way})
	}
	p := q.page(page{Title: q.t("web.whatif"), Flash: f})
	return q.show(code, p, whatifPage(p, view))
}

// openDrafts lists the drafts that are not decided yet.
func (q *request) openDrafts() ([]law.Draft, error) {
	list, err := op.Do(q.r.Context(), q.Runner, q.call(), q.Law.List, law.ListIn{Page: naru.Page{Limit: naru.MaxPage}})
	if err != nil {
		return nil, err
	}
	var open []law.Draft
	for _, d := range list.Rows {
		if d.State == law.Drafted || d.State == law.Proposed {
			open = append(open, d)
		}
	}
	return open, nil
}

// textFault is a fault in a text with the line it stands on.
type textFault struct {
	naru.Problem
	Line string
}

// textFaults puts each fault beside its line of the text.
func textFaults(text string, list []naru.Problem) []textFault {
	rows := strings.Split(text, "\n")
	out := make([]textFault, len(list))
	for i, f := range list {
		out[i].Problem = f
		if strings.HasSuffix(f.Field, "pack.yaml") && f.Row > 0 && f.Row <= len(rows) {
			out[i].Line = rows[f.Row-1]
		}
	}
	return out
}

// Share words how a system stands at a venue.
func (p page) Share(s decide.Share) string { return p.T("web.share." + string(s)) }

// shareTone gives a share its colour in charts.
func shareTone(s decide.Share) string {
	switch s {
	case decide.ShareOpen:
		return "success"
	case decide.SharePart:
		return "information"
	case decide.ShareConsult:
		return "warning"
	case decide.ShareClosed:
		return "danger"
	case decide.ShareOut:
		return "gray"
	}
	return "track"
}

// shareSegments lays the shares side by side.
func (p page) shareSegments(shares map[decide.Share]int, whole int) []segment {
	var out []segment
	var x int64
	for _, s := range decide.Shares() {
		w := min(share(int64(shares[s]), int64(whole)), barWidth-x)
		if w <= 0 {
			continue
		}
		out = append(out, segment{X: x, Width: w, Tone: shareTone(s), Title: p.Share(s) + " " + grouped(int64(shares[s]))})
		x += w
	}
	return out
}

// moved is the matrix of moves, rows before and columns after; what stays stands on its
// diagonal.
func moved(out *decide.WhatIfOut) map[[2]decide.Share]int {
	m := make(map[[2]decide.Share]int)
	for _, s := range decide.Shares() {
		m[[2]decide.Share{s, s}] = out.Before.Shares[s]
	}
	for _, move := range out.Moves {
		m[[2]decide.Share{move.From, move.To}] = move.Systems
		m[[2]decide.Share{move.From, move.From}] -= move.Systems
	}
	return m
}

// groupName words the key of a group.
func (p page) groupName(by, key string) string {
	switch {
	case by == "kind":
		return p.Code("institution.kind", key)
	case by == "grade" && key != "":
		return p.T("web.grade", "grade", key)
	case key == "":
		return p.T("web.unknown")
	}
	return key
}

// signed writes a difference with its sign.
func signed(n int) string {
	if n > 0 {
		return "+" + grouped(int64(n))
	}
	return grouped(int64(n))
}

// packKeys names the instruments of a side.
func packKeys(list []policy.PackRef) string {
	keys := make([]string, len(list))
	for i, r := range list {
		keys[i] = r.Key
	}
	return strings.Join(keys, ", ")
}

// flipURL leads to the verdict of a flipped system: by the later of two laws that are
// law, else by that of today.
func flipURL(v whatifView, r *decide.FlipSystem) string {
	to := "/systems/" + string(r.ID)
	if v.Way == byDates {
		to += "?as_of=" + string(v.Out.After.AsOf)
	}
	return to
}

func (p page) draftOptions(list []law.Draft) []option {
	var out []option
	for _, d := range list {
		out = append(out, option{string(d.ID), d.Key + " · " + string(d.From) + " · " + p.In(d.Title)})
	}
	return out
}

func (p page) packOptions(list []decide.Instrument) []option {
	out := []option{{"", p.T("web.whatif.choose")}}
	for _, i := range list {
		out = append(out, option{i.Key, i.Key + " · " + p.T("web.state."+i.State) + " · " + p.In(i.Title)})
	}
	return out
}

func (p page) venueChoices() []option { return p.venueOptions()[1:] }

func atLine(f naru.Problem) string { return strconv.Itoa(f.Row) + ":" + f.Column }
