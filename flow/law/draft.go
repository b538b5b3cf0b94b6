package law

import (
	"time"

	"naru"
	"naru/base/policy"
)

// DraftID identifies a draft of an instrument: "law_…".
type DraftID string

// State says how far a draft has come.
type State string

// The states.
const (
	Drafted   State = "draft"
	Proposed  State = "proposed"  // waits for a second person
	Published State = "published" // binds from its date
	Rejected  State = "rejected"
	Withdrawn State = "withdrawn" // published, and taken back before its date
)

// Draft is an instrument written here (제정·개정안): the text of its pack and of its cases,
// and what became of it.
type Draft struct {
	ID         DraftID   `json:"id"`
	Key        string    `json:"key"` // of the instrument; a key in force means its next version
	Title      naru.Text `json:"title"`
	From       naru.Date `json:"from"` // first day in force
	Digest     string    `json:"digest"`
	State      State     `json:"state"`
	Note       string    `json:"note,omitempty"` // why, in the author's words
	Author     string    `json:"author"`
	ProposedBy string    `json:"proposed_by,omitempty"`
	DecidedBy  string    `json:"decided_by,omitempty"`
	Reason     string    `json:"reason,omitempty"` // of a rejection or withdrawal
	ChangedAt  time.Time `json:"changed_at"`
	DecidedAt  time.Time `json:"decided_at"`
	Version    int64     `json:"version"`

	Text  string `json:"text,omitempty"`  // pack.yaml; left out of lists
	Cases string `json:"cases,omitempty"` // cases.yaml; left out of lists
}

// subjects are the objects an entry about the draft concerns.
func (d *Draft) subjects() []string { return []string{string(d.ID)} }

// fill takes what the pack itself says.
func (d *Draft) fill(p *policy.Pack) {
	d.Key, d.Title, d.From, d.Digest = p.Key, p.Title, p.From, p.Digest
}

// ready refuses a draft that somebody changed meanwhile or that is in no such state.
func (d *Draft) ready(version int64, states ...State) error {
	if version != 0 && version != d.Version {
		return naru.NewError(naru.Conflict, "law.changed", "draft", string(d.ID))
	}
	for _, s := range states {
		if d.State == s {
			return nil
		}
	}
	return naru.NewError(naru.Conflict, "law.wrong_state", "draft", string(d.ID), "state", string(d.State))
}

// sound refuses a draft whose cases do not hold, or leave a rule untried.
func sound(r *policy.Report) error {
	var ps []naru.Problem
	for _, f := range r.Failures {
		ps = append(ps, naru.Problem{Field: f.Place, Message: naru.Msg("law.case_fails", "case", f.Case, "want", f.Want, "got", f.Got)})
	}
	for _, c := range r.Uncovered() {
		key := "law.rule_never_fires"
		if c.Fired > 0 {
			key = "law.rule_never_silent"
		}
		ps = append(ps, naru.Problem{Field: c.Pack + "/" + c.Rule, Message: naru.Msg(key, "rule", c.Rule)})
	}
	if len(ps) == 0 {
		return nil
	}
	return naru.NewError(naru.Conflict, "law.not_sound").WithProblems(ps)
}
