package catalog

import (
	"context"

	"naru"
)

// Score is what the newest judged admission run of a provider's broker came to (입점 시험
// 점수). The step admission makes it; it stands here because it is part of what is offered.
type Score struct {
	Source ScoreSource `json:"source"`
	Run    string      `json:"run,omitempty"`    // id of the run
	On     naru.Date   `json:"on,omitempty"`     // day the run ended
	Suite  string      `json:"suite,omitempty"`  // version of the suite
	Must   Tally       `json:"must,omitzero"`    // rules every broker has to hold
	Should Tally       `json:"should,omitzero"`  // rules a broker ought to hold
	Passed bool        `json:"passed,omitempty"` // no MUST failed
}

// Tally counts the rules of one level that could be tried and those that held.
type Tally struct {
	Passed     int `json:"passed"`
	Applicable int `json:"applicable"`
}

// ScoreSource says who judged.
type ScoreSource string

// The sources. What a provider reports of itself never counts as tested.
const (
	NotTested    ScoreSource = "not_tested"
	Tested       ScoreSource = "tested"
	SelfReported ScoreSource = "self_reported"
)

// stand returns the score of a provider; one without any is plainly not tested.
func stand(scores map[ProviderID]Score, of ProviderID) Score {
	if s, ok := scores[of]; ok {
		return s
	}
	return Score{Source: NotTested}
}

// scoreOf reads the score of one provider.
func scoreOf(ctx context.Context, s Store, of ProviderID) (Score, error) {
	scores, err := s.Scores(ctx, of)
	return stand(scores, of), err
}
