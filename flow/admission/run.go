package admission

import (
	"context"
	"time"

	"naru"
	"naru/flow/catalog"
)

// RunID identifies a run: "adm_…".
type RunID string

// State is how far a run has come.
type State string

// The states of a run.
const (
	Waiting State = "waiting" // asked for
	Running State = "running"
	Done    State = "done"   // there is a report
	Failed  State = "failed" // there is none, and Fault says why
)

// UnderWay reports whether the run is not over.
func (s State) UnderWay() bool { return s == Waiting || s == Running }

// Run is one time the suite is run over a provider's broker, or one report a provider
// handed in (시험).
type Run struct {
	ID           RunID               `json:"id"`
	Provider     catalog.ProviderID  `json:"provider"`
	ProviderName naru.Text           `json:"provider_name"`
	Source       catalog.ScoreSource `json:"source"`
	State        State               `json:"state"`
	Service      catalog.ServiceID   `json:"service,omitempty"`
	Plans        []catalog.PlanID    `json:"plans,omitempty"` // what may be created and deleted
	RequestedBy  string              `json:"requested_by"`
	RequestedAt  time.Time           `json:"requested_at"`
	StartedAt    time.Time           `json:"started_at,omitzero"`
	EndedAt      time.Time           `json:"ended_at,omitzero"`
	Fault        naru.Message        `json:"fault,omitzero"`
	Score        catalog.Score       `json:"score,omitzero"`
}

// Full is a run with its report as the caller may see it.
type Full struct {
	Run
	Report *Report `json:"report,omitempty"`
}

// Trial is what the bench is asked to judge.
type Trial struct {
	Run      RunID
	Provider catalog.Provider
	Service  string   // the broker's own id
	Plans    []string // the broker's own ids
}

// Verdict is what the bench answers: a report, or why there is none.
type Verdict struct {
	Report Report
	Fault  naru.Message // empty key = there is a report
}

// Bench is the port to the suite; package link/provider implements it. Try never fails:
// whatever happens is a verdict. It may take many minutes.
type Bench interface {
	Try(ctx context.Context, t Trial) Verdict
}

// supersedes reports whether a score takes the place of the one that stands: a tested one
// always, a reported one only where nothing was tested.
func supersedes(next, old catalog.Score) bool {
	return next.Source == catalog.Tested || old.Source != catalog.Tested
}
