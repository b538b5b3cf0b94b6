package web

import (
	"cmp"
	"net/http"
	"strings"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/decide"
	"naru/flow/law"
)

// lawRoutes mounts the pages on law: what it decides, what it would decide, drafts of
// it, exceptions from it and decisions that came out otherwise.
func (s *server) lawRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /systems/{id}/replay", s.signedIn(s.replay))
	mux.HandleFunc("GET /flips", s.signedIn(s.flips))
	mux.HandleFunc("GET /exceptions", s.signedIn(s.exceptions))
	mux.HandleFunc("POST /exceptions", s.signedIn(s.askException))
	mux.HandleFunc("GET /exceptions/{id}", s.signedIn(s.exception))
	mux.HandleFunc("POST /exceptions/{id}/opinion", s.signedIn(s.hearException))
	mux.HandleFunc("POST /exceptions/{id}/decision", s.signedIn(s.ruleException))
	mux.HandleFunc("POST /exceptions/{id}/end", s.signedIn(s.endException))
	mux.HandleFunc("GET /whatif", s.signedIn(s.whatif))
	mux.HandleFunc("POST /whatif", s.signedIn(s.tryText))
	mux.HandleFunc("GET /whatif.csv", s.signedIn(s.whatifCSV))
	mux.HandleFunc("POST /whatif.csv", s.signedIn(s.whatifCSV))
	mux.HandleFunc("GET /whatif/eras", s.signedIn(s.eras))
	mux.HandleFunc("GET /law", s.signedIn(s.drafts))
	mux.HandleFunc("POST /law", s.signedIn(s.saveDraft))
	mux.HandleFunc("GET /law/new", s.signedIn(s.newDraft))
	mux.HandleFunc("POST /law/new", s.signedIn(s.newDraft))
	mux.HandleFunc("GET /law/{id}", s.signedIn(s.draft))
	mux.HandleFunc("GET /law/{id}/edit", s.signedIn(s.editDraft))
	mux.HandleFunc("POST /law/{id}/propose", s.signedIn(s.proposeDraft))
	mux.HandleFunc("POST /law/{id}/publish", s.signedIn(s.publishDraft))
	mux.HandleFunc("POST /law/{id}/reject", s.signedIn(s.rejectDraft))
	mux.HandleFunc("POST /law/{id}/withdraw", s.signedIn(s.withdrawDraft))
}

// verdictTabs leads between the pages on what was decided.
func (q *request) verdictTabs() []link {
	return q.tabs([]link{{Text: q.t("web.verdicts"), URL: "/verdicts"}, {Text: q.t("web.flips"), URL: "/flips"}, {Text: q.t("web.exceptions"), URL: "/exceptions"}})
}

// whatifTabs leads between the pages on law as it is, was and may become.
func (q *request) whatifTabs() []link {
	list := []link{{Text: q.t("web.rules"), URL: "/rules"}}
	if q.may("policy.draft") {
		list = append(list, link{Text: q.t("web.drafts"), URL: "/law"})
	}
	if q.may("decide.whatif") {
		list = append(list, link{Text: q.t("web.whatif"), URL: "/whatif"})
	}
	if q.may("decide.read") {
		list = append(list, link{Text: q.t("web.eras"), URL: "/whatif/eras"})
	}
	return q.tabs(list)
}

// tabs marks the one that is open.
func (q *request) tabs(list []link) []link {
	for i := range list {
		list[i].Current = q.r.URL.Path == list[i].URL
	}
	return list
}

// draftsView is the list of drafts.
type draftsView struct {
	Tabs        []link
	State       law.State
	Rows        []law.Draft
	First, Next string
	MayEdit     bool
}

func (s *server) drafts(q *request) error {
	v := q.r.URL.Query()
	in := law.ListIn{State: law.State(v.Get("state")), Page: naru.Page{After: v.Get("after")}}
	list, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Law.List, in)
	if err != nil {
		return err
	}
	view := draftsView{Tabs: q.whatifTabs(), State: in.State, Rows: list.Rows, MayEdit: q.may("policy.edit")}
	view.First, view.Next = around("/law", v, list.Next)
	p := q.page(page{Title: q.t("web.drafts")})
	return q.show(http.StatusOK, p, draftsPage(p, view))
}

// draftForm is the form of a draft.
type draftForm struct {
	In     law.DraftIn
	Key    string
	Packs  []decide.Instrument
	Faults []textFault
}

// newDraft fills the form with the text of an instrument, or with one changed on the
// page of what-ifs.
func (s *server) newDraft(q *request) error {
	f := draftForm{Key: cmp.Or(q.r.PostFormValue("key"), q.r.URL.Query().Get("key"))}
	if f.Key != "" {
		t, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Law.Text, law.TextIn{Key: f.Key})
		if err != nil {
			return err
		}
		f.In.Text, f.In.Cases = t.Text, t.Cases
	}
	f.In.Text = cmp.Or(unix(q.r.PostFormValue("text")), f.In.Text)
	return q.showDraftForm(http.StatusOK, f, nil)
}

// editDraft fills the form with a saved draft.
func (s *server) editDraft(q *request) error {
	d, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Law.Get, law.GetIn{ID: law.DraftID(q.r.PathValue("id"))})
	if err != nil {
		return err
	}
	return q.showDraftForm(http.StatusOK, draftForm{Key: d.Key, In: law.DraftIn{ID: d.ID, Version: d.Version, Text: d.Text, Cases: d.Cases, Note: d.Note}}, nil)
}

func (q *request) showDraftForm(code int, f draftForm, fault *flash) error {
	var err error
	if f.Packs, err = op.Do(q.r.Context(), q.Runner, q.call(), q.Decide.Instruments, decide.InstrumentsIn{}); err != nil {
		return err
	}
	title := "web.draft.new"
	if f.In.ID != "" {
		title = "web.draft.edit"
	}
	p := q.page(page{Title: q.t(title), Flash: fault, Crumbs: []link{{Text: q.t("web.drafts"), URL: "/law"}}})
	return q.show(code, p, draftFormPage(p, f))
}

// saveDraft saves a text that reads without a fault; otherwise the faults stand beside
// it and nothing that was typed is lost.
func (s *server) saveDraft(q *request) error {
	form := q.r.PostFormValue
	in := law.DraftIn{ID: law.DraftID(form("id")), Version: q.version(), Text: unix(form("text")), Cases: unix(form("cases")), Note: strings.TrimSpace(form("note"))}
	out, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Law.Draft, in)
	if err == nil {
		return q.done("/law/"+string(out.Draft.ID), "web.done.draft")
	}
	f, ok := formFault(err)
	if !ok {
		return err
	}
	faults := textFaults(in.Text, f.Problems)
	f.Problems = nil
	return q.showDraftForm(http.StatusUnprocessableEntity, draftForm{In: in, Faults: faults}, f)
}

// draftView is one draft with how its cases come out and what it changes.
type draftView struct {
	law.Draft
	Report   *policy.Report
	Faults   []textFault // when it no longer reads beside what is law now
	Changes  []diffLine
	Of       string // digest of the version it is compared with, "" = there is none
	MayEdit  bool   // and each of the steps
	MayBack  bool
	Propose  bool
	Publish  bool
	Withdraw bool
	WhatIf   string
	Record   string
}

func (s *server) draft(q *request) error { return q.showDraft(http.StatusOK, nil) }

func (q *request) showDraft(code int, f *flash) error {
	call := q.call()
	d, err := op.Do(q.r.Context(), q.Runner, call, q.Law.Get, law.GetIn{ID: law.DraftID(q.r.PathValue("id"))})
	if err != nil {
		return err
	}
	v := draftView{Draft: d}
	if err := q.weigh(&v, call.Today()); err != nil {
		return err
	}
	edit, second := q.may("policy.edit"), q.actor.User != d.Author && q.actor.User != d.ProposedBy
	v.MayEdit = edit && (d.State == law.Drafted || d.State == law.Rejected)
	v.Propose, v.MayBack = edit && d.State == law.Drafted, edit && d.State == law.Proposed
	v.Publish, v.Withdraw = v.MayBack && second, edit && d.State == law.Published && d.From > call.Today()
	if q.may("decide.whatif") {
		v.WhatIf = "/whatif?way=draft&draft=" + string(d.ID)
	}
	if q.may("record.read") {
		v.Record = withQuery("/record", "subject", string(d.ID))
	}
	p := q.page(page{Title: d.Key + " · " + d.Title.In(q.prefs.Lang), Flash: f, Crumbs: []link{{Text: q.t("web.drafts"), URL: "/law"}}})
	return q.show(code, p, draftPage(p, v))
}

// weigh tries the draft's cases and compares its text with the version before it.
func (q *request) weigh(v *draftView, today naru.Date) error {
	out, err := op.Do(q.r.Context(), q.Runner, q.call(), q.Law.Check, law.CheckIn{Text: v.Text, Cases: v.Cases})
	if err == nil {
		v.Report = &out.Report
	} else {
		f, ok := formFault(err)
		if !ok {
			return err
		}
		v.Faults = textFaults(v.Text, f.Problems)
	}
	before, err := op.Do(q.r.Context(), q.Runner, q.call(), q.Law.Text, law.TextIn{Key: v.Key, AsOf: max(min(today, v.From.AddDays(-1)), firstLaw)})
	if naru.KindOf(err) == naru.NotFound {
		return nil // the first version of a new instrument
	}
	if err == nil && before.Digest != v.Digest {
		v.Of, v.Changes = before.Digest, diff(before.Text, v.Text)
	}
	return err
}

// stepped goes back to the draft after a step, or shows on it why the step was refused.
func (q *request) stepped(err error, key string) error {
	if err == nil {
		return q.done("/law/"+q.r.PathValue("id"), key)
	}
	if f, ok := formFault(err); ok {
		return q.showDraft(status(naru.KindOf(err)), f)
	}
	return err
}

func (q *request) draftStep() law.DecideIn {
	return law.DecideIn{ID: law.DraftID(q.r.PathValue("id")), Version: q.version()}
}

func (q *request) draftRefusal() law.RefuseIn {
	return law.RefuseIn{ID: law.DraftID(q.r.PathValue("id")), Version: q.version(), Reason: strings.TrimSpace(q.r.PostFormValue("reason"))}
}

func (s *server) proposeDraft(q *request) error {
	_, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Law.Propose, q.draftStep())
	return q.stepped(err, "web.done.law_propose")
}

func (s *server) publishDraft(q *request) error {
	_, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Law.Publish, q.draftStep())
	return q.stepped(err, "web.done.publish")
}

func (s *server) rejectDraft(q *request) error {
	_, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Law.Reject, q.draftRefusal())
	return q.stepped(err, "web.done.law_reject")
}

func (s *server) withdrawDraft(q *request) error {
	_, err := op.Do(q.r.Context(), q.Runner, q.call(), s.Law.Withdraw, q.draftRefusal())
	return q.stepped(err, "web.done.withdraw")
}

func (p page) draftState(s law.State) string { return p.T("web.draft.state." + string(s)) }

func draftTone(s law.State) string {
	switch s {
	case law.Published:
		return "success"
	case law.Proposed:
		return "warning"
	case law.Rejected, law.Withdrawn:
		return "danger"
	}
	return "gray"
}

func (p page) draftStates() []option {
	list := []option{{"", p.T("web.all")}}
	for _, s := range []law.State{law.Drafted, law.Proposed, law.Published, law.Rejected, law.Withdrawn} {
		list = append(list, option{string(s), p.draftState(s)})
	}
	return list
}
