package admission

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"naru"
	"naru/base/identity"
	"naru/flow/catalog"
)

// Report is what a run found (시험 결과). Its JSON is that of `naru conformance -o json`.
type Report struct {
	Suite         string     `json:"suite"`
	Specification string     `json:"specification"`
	StartedAt     time.Time  `json:"started_at"`
	EndedAt       time.Time  `json:"ended_at"`
	Service       string     `json:"service,omitempty"`
	SyncPlan      string     `json:"sync_plan,omitempty"`
	AsyncPlan     string     `json:"async_plan,omitempty"`
	Requests      int        `json:"requests"`
	Interrupted   bool       `json:"interrupted,omitempty"`
	Results       []Result   `json:"results"`
	Leftovers     []Leftover `json:"leftovers,omitempty"`
}

// Result is one rule with what became of it.
type Result struct {
	ID        string     `json:"id"`
	Section   string     `json:"section"`
	Level     string     `json:"level"` // MUST, SHOULD or MAY
	Plan      string     `json:"plan,omitempty"`
	Outcome   string     `json:"outcome"` // pass, fail or skip
	Why       *Why       `json:"why,omitempty"`
	Exchanges []Exchange `json:"exchanges,omitempty"`
}

// Why says why a rule failed or was skipped: a key of a sentence and what stands in it.
type Why struct {
	Key  string            `json:"key"`
	Args map[string]string `json:"args,omitempty"`
}

// Exchange is one request and its answer, secrets masked and long texts cut by the suite.
type Exchange struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Sent   string `json:"sent,omitempty"`
	Status int    `json:"status"`
	Seen   string `json:"seen,omitempty"`
	Fault  string `json:"fault,omitempty"`
}

// Leftover is an instance or binding the run made and could not remove.
type Leftover struct {
	Instance string `json:"instance_id"`
	Binding  string `json:"binding_id,omitempty"`
	Service  string `json:"service_id"`
	Plan     string `json:"plan_id"`
	Why      string `json:"why,omitempty"`
}

// The words of the suite.
const (
	Must    = "MUST"
	Should  = "SHOULD"
	May     = "MAY"
	Pass    = "pass"
	Fail    = "fail"
	Skipped = "skip"
)

// score counts a report. It is counted here and not taken over, because a report may come
// from outside.
func (r *Report) score(source catalog.ScoreSource, run RunID) catalog.Score {
	s := catalog.Score{Source: source, Run: string(run), On: naru.DateOf(r.EndedAt), Suite: r.Suite}
	tried := false // the life of an instance, on a plan
	for _, result := range r.Results {
		tally := &s.Must
		if result.Level == Should {
			tally = &s.Should
		}
		if result.Outcome == Skipped || result.Level == May {
			continue
		}
		tally.Applicable++
		tried = tried || result.Plan != ""
		if result.Outcome == Pass {
			tally.Passed++
		}
	}
	s.Passed = !r.Interrupted && tried && s.Must.Passed == s.Must.Applicable
	return s
}

// Failures returns the results of a level that failed.
func (r *Report) Failures(level string) []Result {
	var out []Result
	for _, result := range r.Results {
		if result.Level == level && result.Outcome == Fail {
			out = append(out, result)
		}
	}
	return out
}

// shownTo returns the report as an actor may see it: whole, or the failed MUSTs without
// what went over the wire.
func (r Report) shownTo(a naru.Actor) Report {
	switch identity.Role(a.Role) {
	case identity.Provider, identity.Ministry, identity.Auditor, identity.Operator, identity.System:
		return r // a provider sees its own runs only
	}
	r.Results, r.Leftovers = r.Failures(Must), nil
	for i := range r.Results {
		r.Results[i].Exchanges = nil
	}
	return r
}

// The bounds of a report that is handed in.
const (
	maxReport  = 4 << 20
	maxResults = 2000
	maxWord    = 200
)

// readReport reads a report that a provider hands in. What went over the wire is left
// out: nobody here masked the secrets in it.
func readReport(text string, now time.Time) (Report, error) {
	var r Report
	if len(text) > maxReport {
		return r, naru.NewError(naru.Invalid, "admission.report_too_large", "limit", fmt.Sprint(maxReport>>20))
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return r, naru.NewError(naru.Invalid, "admission.bad_report").WithCause(err)
	}
	var ps []naru.Problem
	want := func(ok bool, field string) {
		if !ok && len(ps) < 50 {
			ps = append(ps, naru.Problem{Field: field, Message: naru.Msg("admission.bad_field", "field", field)})
		}
	}
	want(r.Suite != "" && len(r.Suite) <= maxWord, "suite")
	want(len(r.Specification) <= maxWord, "specification")
	want(len(r.Service) <= maxWord && len(r.SyncPlan) <= maxWord && len(r.AsyncPlan) <= maxWord, "service")
	want(!r.EndedAt.IsZero() && !r.EndedAt.After(now.Add(time.Hour)) && !r.EndedAt.Before(r.StartedAt), "ended_at")
	want(len(r.Results) > 0 && len(r.Results) <= maxResults, "results")
	for i := range r.Results[:min(len(r.Results), maxResults)] {
		x := &r.Results[i]
		x.Exchanges = nil
		at := fmt.Sprintf("results[%d]", i)
		want(x.ID != "" && len(x.ID) <= maxWord && len(x.Section) <= maxWord && len(x.Plan) <= maxWord, at)
		want(slices.Contains([]string{Must, Should, May}, x.Level), at+".level")
		want(slices.Contains([]string{Pass, Fail, Skipped}, x.Outcome), at+".outcome")
	}
	r.Leftovers = nil
	if len(ps) > 0 {
		return r, naru.NewError(naru.Invalid, "admission.bad_report").WithProblems(ps)
	}
	return r, nil
}
