package web

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"naru"
	"naru/base/op"
	"naru/flow/admission"
	"naru/flow/catalog"
)

func (s *server) admissionRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /providers/{id}/admission", s.signedIn(s.admissionPlan))
	mux.HandleFunc("POST /providers/{id}/admission", s.signedIn(s.askAdmission))
	mux.HandleFunc("POST /providers/{id}/reports", s.signedIn(s.handIn))
	mux.HandleFunc("GET /admission/{id}", s.signedIn(s.admission))
}

// admissionPlanView says what a run will do at the provider's before it is asked for.
type admissionPlanView struct {
	Provider  catalog.Provider
	Plan      admission.Plan
	Refusal   *naru.Message // why nothing can be tried now
	Services  []option
	MayRun    bool
	MayHandIn bool
}

func (s *server) admissionPlan(q *request) error { return q.showAdmissionPlan(http.StatusOK, nil) }

func (q *request) showAdmissionPlan(code int, f *flash) error {
	call := q.call()
	id := catalog.ProviderID(q.r.PathValue("id"))
	of, err := op.Do(q.r.Context(), q.Runner, call, catalog.GetProvider, catalog.ProviderIn{ID: id})
	if err != nil {
		return err
	}
	v := admissionPlanView{Provider: of, MayRun: q.may("admission.run"), MayHandIn: q.may("admission.hand_in")}
	in := admission.ProviderIn{Provider: id, Service: catalog.ServiceID(q.r.FormValue("service"))}
	if v.Plan, err = op.Do(q.r.Context(), q.Runner, call, admission.Preview, in); err != nil {
		e, ok := refusal(err)
		if !ok || e.Kind != naru.Conflict {
			return err
		}
		v.Refusal = &e.Message
	}
	listing := catalog.ListServicesIn{Filter: catalog.Filter{Provider: id}, Page: naru.Page{Limit: naru.MaxPage}}
	list, err := op.Do(q.r.Context(), q.Runner, call, catalog.ListServices, listing)
	if err != nil {
		return err
	}
	for i := range list.Rows {
		v.Services = append(v.Services, option{string(list.Rows[i].ID), list.Rows[i].Name.In(q.prefs.Lang)})
	}
	p := q.page(page{Title: q.t("web.admission.new"), Crumbs: []link{
		{Text: q.t("web.providers"), URL: "/providers"}, {Text: of.Name.In(q.prefs.Lang), URL: "/providers/" + string(id)},
	}, Flash: f})
	return q.show(code, p, admissionPlanPage(p, v))
}

func (s *server) askAdmission(q *request) error {
	in := admission.ProviderIn{Provider: catalog.ProviderID(q.r.PathValue("id")), Service: catalog.ServiceID(q.r.PostFormValue("service"))}
	if q.r.PostFormValue("sure") != "yes" {
		return q.redirect("/providers/" + string(in.Provider) + "/admission")
	}
	made, err := op.Do(q.r.Context(), q.Runner, q.call(), admission.Ask, in)
	if err != nil {
		if f, ok := formFault(err); ok {
			return q.showAdmissionPlan(status(naru.KindOf(err)), f)
		}
		return err
	}
	return q.done("/admission/"+string(made.ID), "web.done.admission")
}

// maxReport bounds a report that is sent as a file; the step says so in words below it.
const maxReport = 5 << 20

// handIn takes a report that the provider made itself.
func (s *server) handIn(q *request) error {
	q.r.Body = http.MaxBytesReader(q.w, q.r.Body, maxReport)
	file, _, err := q.r.FormFile("report")
	if err != nil {
		return q.showAdmissionPlan(http.StatusUnprocessableEntity, &flash{Tone: "danger", Message: naru.Msg("web.admission.no_file")})
	}
	text, err := io.ReadAll(file)
	if cerr := file.Close(); err != nil || cerr != nil {
		return q.showAdmissionPlan(http.StatusUnprocessableEntity, &flash{Tone: "danger", Message: naru.Msg("web.admission.no_file")})
	}
	in := admission.HandInIn{Provider: catalog.ProviderID(q.r.PathValue("id")), Report: string(text)}
	kept, err := op.Do(q.r.Context(), q.Runner, q.call(), admission.HandIn, in)
	if err != nil {
		if f, ok := formFault(err); ok {
			return q.showAdmissionPlan(status(naru.KindOf(err)), f)
		}
		return err
	}
	return q.done("/admission/"+string(kept.ID), "web.done.hand_in")
}

// admissionView is a run with its report, the failures first.
type admissionView struct {
	admission.Full
	Whole bool // the reader sees every rule
}

func (s *server) admission(q *request) error {
	full, err := op.Do(q.r.Context(), q.Runner, q.call(), admission.Get, admission.RunIn{ID: admission.RunID(q.r.PathValue("id"))})
	if err != nil {
		return err
	}
	v := admissionView{Full: full}
	v.Whole = full.Report != nil && len(full.Report.Results) > len(full.Report.Failures(admission.Must))
	p := q.page(page{Title: q.t("web.admission"), Crumbs: []link{
		{Text: q.t("web.providers"), URL: "/providers"}, {Text: full.ProviderName.In(q.prefs.Lang), URL: "/providers/" + string(full.Provider)},
	}})
	if q.partial() {
		return q.render(http.StatusOK, admissionProgress(p, v))
	}
	return q.show(http.StatusOK, p, admissionPage(p, v))
}

// rule words a rule of the suite; one this version does not know is shown by its id.
func (p page) rule(id string) string {
	key := "conformance.rule." + id
	if text := p.T(key); text != key {
		return text
	}
	return id
}

// because words why a rule failed or was skipped.
func (p page) because(w *admission.Why) string {
	if w == nil {
		return ""
	}
	m := naru.Message{Key: "conformance.why." + w.Key, Args: w.Args}
	if text := p.M(m); !strings.HasPrefix(text, m.Key) {
		return text
	}
	return w.Key
}

// scoreTone is the tone of a score: green only for what was tested and held.
func scoreTone(s catalog.Score) string {
	switch {
	case s.Source == catalog.NotTested:
		return "gray"
	case s.Source == catalog.SelfReported:
		return "information"
	case s.Passed:
		return "success"
	}
	return "danger"
}

// scoreWord says in a word what a score is worth.
func (p page) scoreWord(s catalog.Score) string {
	switch {
	case s.Source == catalog.NotTested:
		return p.T("web.admission.not_tested")
	case s.Source == catalog.SelfReported:
		return p.T("web.admission.self_reported")
	case s.Passed:
		return p.T("web.admission.passed")
	}
	return p.T("web.admission.not_passed")
}

// tally writes how many of the rules held.
func tally(t catalog.Tally) string { return fmt.Sprint(t.Passed, " / ", t.Applicable) }

// tallySegments draws a tally: what held, and what did not.
func (p page) tallySegments(t catalog.Tally, bad string) []segment {
	held := share(int64(t.Passed), int64(t.Applicable))
	failed := int64(t.Applicable - t.Passed)
	out := []segment{{Width: held, Tone: "success", Title: p.T("web.admission.held") + " " + fmt.Sprint(t.Passed)}}
	if failed > 0 {
		w := share(failed, int64(t.Applicable))
		out[0].Width = min(held, barWidth-w)
		out = append(out, segment{X: barWidth - w, Width: w, Tone: bad, Title: p.T("web.admission.failed") + " " + fmt.Sprint(failed)})
	}
	return out
}

// sectionResults are the rules of one section of the specification.
type sectionResults struct {
	Name    string
	Results []admission.Result
}

// bySection groups results in the order in which they stand.
func bySection(list []admission.Result) []sectionResults {
	var out []sectionResults
	at := map[string]int{}
	for _, r := range list {
		i, ok := at[r.Section]
		if !ok {
			i = len(out)
			at[r.Section] = i
			out = append(out, sectionResults{Name: r.Section})
		}
		out[i].Results = append(out[i].Results, r)
	}
	return out
}

// outcomeTone is the tone of a rule's outcome at its level.
func outcomeTone(r admission.Result) string {
	switch r.Outcome {
	case admission.Pass:
		return "success"
	case admission.Skipped:
		return "gray"
	}
	if r.Level == admission.Must {
		return "danger"
	}
	return "warning"
}

func runTone(s admission.State) string {
	switch s {
	case admission.Done:
		return "success"
	case admission.Failed:
		return "danger"
	}
	return "information"
}
