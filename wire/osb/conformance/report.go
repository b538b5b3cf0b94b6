package conformance

import (
	"slices"
	"time"
)

// Version is the version of the suite; it changes whenever a rule is added or judges otherwise.
const Version = "1.0.0"

// Level is how the specification words a rule.
type Level string

// The levels. Only a failed Must makes a broker not conformant.
const (
	Must   Level = "MUST"
	Should Level = "SHOULD"
	May    Level = "MAY"
)

// Outcome is what became of a rule.
type Outcome string

// The outcomes. A skipped rule has a reason and counts nowhere.
const (
	Passed  Outcome = "pass"
	Failed  Outcome = "fail"
	Skipped Outcome = "skip"
)

// Rule is one statement of the specification (시험 항목).
type Rule struct {
	// ID never changes its meaning, e.g. "provision.conflict".
	ID string `json:"id"`
	// Section is the title of the section of the specification.
	Section string `json:"section"`
	Level   Level  `json:"level"`
}

// Why says why a rule failed or was skipped: a key of a sentence and what stands in it.
type Why struct {
	Key  string            `json:"key"`
	Args map[string]string `json:"args,omitempty"`
}

// Exchange is one request and its answer as they went over the wire, secrets masked and long texts cut.
type Exchange struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Sent   string `json:"sent,omitempty"`
	// Status is the HTTP status, 0 when there was no answer.
	Status int    `json:"status"`
	Seen   string `json:"seen,omitempty"`
	// Fault says why there was no answer.
	Fault string `json:"fault,omitempty"`
}

// Result is a rule with what became of it.
type Result struct {
	Rule
	// Plan is the plan the rule was tried on: "sync" or "async" and its name; empty for the whole broker.
	Plan      string     `json:"plan,omitempty"`
	Outcome   Outcome    `json:"outcome"`
	Why       *Why       `json:"why,omitempty"`
	Exchanges []Exchange `json:"exchanges,omitempty"`
}

// Tally counts the rules of one level that could be tried, and those that held.
type Tally struct {
	Passed     int `json:"passed"`
	Applicable int `json:"applicable"`
}

// Leftover is an instance or binding that the suite made and could not remove.
type Leftover struct {
	Instance string `json:"instance_id"`
	Binding  string `json:"binding_id,omitempty"`
	Service  string `json:"service_id"`
	Plan     string `json:"plan_id"`
	// Why is the last answer to the attempt to remove it; empty when it was kept on purpose.
	Why string `json:"why,omitempty"`
}

// Report is what a run found. Its JSON form only gains fields.
type Report struct {
	Suite         string     `json:"suite"`
	Specification string     `json:"specification"`
	URL           string     `json:"url"`
	StartedAt     time.Time  `json:"started_at"`
	EndedAt       time.Time  `json:"ended_at"`
	Service       string     `json:"service,omitempty"`
	SyncPlan      string     `json:"sync_plan,omitempty"`
	AsyncPlan     string     `json:"async_plan,omitempty"`
	Must          Tally      `json:"must"`
	Should        Tally      `json:"should"`
	Requests      int        `json:"requests"`
	Interrupted   bool       `json:"interrupted,omitempty"`
	Results       []Result   `json:"results"`
	Leftovers     []Leftover `json:"leftovers,omitempty"`
}

// Conformant reports whether no MUST failed in a run that was not cut short and tried a plan.
func (r *Report) Conformant() bool {
	return !r.Interrupted && r.Tried() && r.Must.Passed == r.Must.Applicable
}

// Tried reports whether the life of an instance was tried on a plan. A broker that offers nothing
// cannot be judged by its headers alone.
func (r *Report) Tried() bool {
	return slices.ContainsFunc(r.Results, func(x Result) bool { return x.Plan != "" && x.Outcome != Skipped })
}

// Failures returns the results of a level that failed.
func (r *Report) Failures(level Level) []Result {
	var list []Result
	for _, result := range r.Results {
		if result.Outcome == Failed && result.Level == level {
			list = append(list, result)
		}
	}
	return list
}

// count fills the tallies from the results.
func (r *Report) count() {
	r.Must, r.Should = Tally{}, Tally{}
	for _, result := range r.Results {
		tally := &r.Must
		if result.Level == Should {
			tally = &r.Should
		}
		if result.Outcome == Skipped || result.Level == May {
			continue
		}
		tally.Applicable++
		if result.Outcome == Passed {
			tally.Passed++
		}
	}
}
