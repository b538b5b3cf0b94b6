package decide

import (
	"context"
	"slices"
	"time"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/inventory"
)

// FlipID identifies a flip: "flip_…".
type FlipID string

// Cause says what made a decision come out otherwise.
type Cause string

// The causes. More than one may have changed between two decisions.
const (
	ByFacts     Cause = "facts"     // an import or an edit
	ByLaw       Cause = "law"       // another instrument, or another version of one
	ByException Cause = "exception" // one was granted, ended or ran out
	ByDate      Cause = "date"      // a rule that begins or ends on a day
)

func causes() []Cause { return []Cause{ByFacts, ByLaw, ByException, ByDate} }

// CauseMask is a set of causes, a bit per cause; an unknown one adds nothing.
func CauseMask(list ...Cause) (mask int64) {
	for i, c := range causes() {
		if slices.Contains(list, c) {
			mask |= 1 << i
		}
	}
	return mask
}

// CausesIn lists the causes of a set.
func CausesIn(mask int64) (list []Cause) {
	for i, c := range causes() {
		if mask&(1<<i) != 0 {
			list = append(list, c)
		}
	}
	return list
}

// Flip is a standing decision that came out otherwise than before (판정 변경), with what
// caused it. Flips are never removed.
type Flip struct {
	ID          FlipID                  `json:"id"`
	System      inventory.SystemID      `json:"system"`
	Component   inventory.ComponentID   `json:"component"`
	Institution inventory.InstitutionID `json:"institution"`
	Before      Outcomes                `json:"before"`
	After       Outcomes                `json:"after"`
	Causes      []Cause                 `json:"causes"`
	LawBefore   string                  `json:"law_before"`
	LawAfter    string                  `json:"law_after"`
	FactsBefore string                  `json:"facts_before"`
	FactsAfter  string                  `json:"facts_after"`
	AsOfBefore  naru.Date               `json:"as_of_before"`
	AsOf        naru.Date               `json:"as_of"`
	Entry       int64                   `json:"entry"` // of the record, that caused it; 0 = a run or the calendar
	At          time.Time               `json:"at"`
}

// flip compares two decisions of one component.
func (w *work) flip(c *op.Call, old, d *Decision) Flip {
	f := Flip{
		ID: FlipID(c.NewID("flip")), System: d.System, Component: d.Component, Institution: d.Institution,
		Before: old.Outcomes, After: d.Outcomes, LawBefore: old.Law, LawAfter: d.Law, FactsBefore: old.Facts, FactsAfter: d.Facts,
		AsOfBefore: old.AsOf, AsOf: d.AsOf, Entry: w.entry, At: c.Now,
	}
	if old.Facts != d.Facts {
		f.Causes = append(f.Causes, ByFacts)
	}
	if old.Law != d.Law {
		f.Causes = append(f.Causes, ByLaw)
	}
	if !slices.Equal(old.Exempt, d.Exempt) {
		f.Causes = append(f.Causes, ByException)
	}
	if len(f.Causes) == 0 {
		f.Causes = []Cause{ByDate}
	}
	return f
}

// FlipRow is one line of the list of flips.
type FlipRow struct {
	Flip
	InstitutionName string `json:"institution_name"`
	SystemCode      string `json:"system_code"`
	SystemName      string `json:"system_name"`
	ComponentName   string `json:"component_name"`
	Synthetic       bool   `json:"synthetic"`
}

// FlipFilter narrows the list of flips.
type FlipFilter struct {
	Institution inventory.InstitutionID `json:"institution,omitempty" doc:"institution id"`
	System      inventory.SystemID      `json:"system,omitempty" doc:"system id"`
	Cause       Cause                   `json:"cause,omitempty" doc:"facts, law, exception or date; empty for all"`
}

// FlipsIn narrows the list of flips.
type FlipsIn struct {
	FlipFilter
	naru.Page
}

// flips lists what came out otherwise than before, the latest first.
func flips(ctx context.Context, c *op.Call, s Store, in FlipsIn) (naru.List[FlipRow], error) {
	scope, err := inventory.Within(c.Actor, in.Institution)
	if err != nil {
		return naru.List[FlipRow]{}, err
	}
	in.Institution = scope
	if in.Cause != "" && CauseMask(in.Cause) == 0 {
		return naru.List[FlipRow]{}, naru.NewError(naru.Invalid, "decide.unknown_cause", "cause", string(in.Cause))
	}
	return s.Flips(ctx, in.FlipFilter, in.Page)
}

// Changed lists the venues whose outcome differs.
func (f *Flip) Changed() []policy.Venue {
	var list []policy.Venue
	for _, v := range policy.Venues() {
		if f.Before.At(v) != f.After.At(v) {
			list = append(list, v)
		}
	}
	return list
}
