package web

import (
	"net/http"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/decide"
	"naru/flow/inventory"
)

// replayView is what was decided once beside the same decision made again.
type replayView struct {
	System  inventory.SystemOut
	Edition decide.Edition
	Parts   []replayPart
	Same    bool // all of them
}

// replayPart is one component.
type replayPart struct {
	decide.ReplayOut
	Anchor, Name string
	Facts        []factRow
	Was, Is      string // the bytes compared
}

// editionOf is the stored set that belongs to the date of a page.
func editionOf(asked, today naru.Date) decide.Edition {
	if asked == "" || asked == today {
		return decide.Standing
	}
	return decide.Edition(asked)
}

// replay makes a stored decision again from what was kept of it, and compares.
func (s *server) replay(q *request) error {
	id := inventory.SystemID(q.r.PathValue("id"))
	in := decide.ReplayIn{System: id, Edition: decide.Edition(q.r.URL.Query().Get("edition"))}
	list, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Decide.Replay, in)
	if err != nil {
		return err
	}
	sys, err := op.Do(q.r.Context(), q.Runner, q.call(), inventory.GetSystem, inventory.SystemIn{ID: id})
	if err != nil {
		return err
	}
	v := replayView{System: sys, Edition: in.Edition, Same: true}
	for i := range list {
		part := replayPart{ReplayOut: list[i], Anchor: string(list[i].Stored.Component), Name: string(list[i].Stored.Component)}
		for _, c := range sys.Components {
			if c.ID == list[i].Stored.Component {
				part.Name = c.Name
			}
		}
		known, _ := q.factRows("", list[i].Facts)
		part.Facts = known
		part.Was, part.Is = string(list[i].Stored.Canonical()), string(list[i].Again.Canonical())
		v.Same = v.Same && part.Same
		v.Parts = append(v.Parts, part)
	}
	p := q.page(page{Title: q.t("web.replay.title", "system", sys.Name), Crumbs: []link{
		{Text: q.t("web.systems"), URL: "/systems"}, {Text: sys.Name, URL: "/systems/" + string(id)},
	}})
	return q.show(http.StatusOK, p, replayPage(p, v))
}

// compared is one line of the table of what was and what is.
type compared struct {
	Label, Was, Is string
	Code           bool
}

func (p page) comparedOf(part replayPart) []compared {
	list := []compared{{Label: p.T("web.as_of"), Was: p.Day(part.Stored.AsOf), Is: p.Day(part.Again.AsOf)}}
	for _, v := range policy.Venues() {
		list = append(list, compared{Label: p.Venue(v), Was: p.Outcome(part.Stored.Outcomes.At(v)), Is: p.Outcome(part.Again.Outcomes.At(v))})
	}
	return append(list,
		compared{p.T("web.verdict.law_digest"), part.Stored.Law, part.Again.Law, true},
		compared{p.T("web.replay.facts"), part.Stored.Facts, part.Again.Facts, true},
		compared{p.T("web.exceptions"), p.idsOr(part.Stored.Exempt), p.idsOr(part.Again.Exempt), true},
	)
}

func (p page) idsOr(ids []string) string {
	if len(ids) == 0 {
		return p.T("web.none")
	}
	s := ids[0]
	for _, id := range ids[1:] {
		s += ", " + id
	}
	return s
}
