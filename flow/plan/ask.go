package plan

import (
	"context"
	"fmt"
	"slices"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/decide"
	"naru/flow/inventory"
)

// answer is what the full verdict says about a system that cannot move yet.
type answer struct {
	missing []string
	decides naru.Text
}

// few is how many systems are asked about one by one; more are read in one pass.
const few = naru.MaxPage

// ask judges systems by the law of today and returns what each misses and who decides.
func (d desk) ask(ctx context.Context, c *op.Call, s Store, scope inventory.InstitutionID, ids []inventory.SystemID) (map[inventory.SystemID]answer, error) {
	found := make(map[inventory.SystemID]answer, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	inForce, err := d.book.InForce(ctx, s, c.Today())
	if err != nil {
		return nil, err
	}
	lifts, err := s.Lifts(ctx, scope, "")
	if err != nil {
		return nil, fmt.Errorf("exceptions: %w", err)
	}
	a := asking{inForce, lifts, scope, found}
	if len(ids) > few {
		return found, a.many(ctx, s, ids)
	}
	for _, id := range ids {
		sys, err := s.System(ctx, id)
		if err != nil {
			return nil, err
		}
		inst, err := s.Institution(ctx, sys.Institution)
		if err != nil {
			return nil, fmt.Errorf("institution of %s: %w", id, err)
		}
		found[id] = a.judge(inst, &sys)
	}
	return found, nil
}

// chunk is how many systems are read at a time.
const chunk = 2000

// asking is one pass over everything in sight.
type asking struct {
	law   *policy.Law
	lifts decide.Lifts
	scope inventory.InstitutionID
	found map[inventory.SystemID]answer
}

func (a asking) judge(inst inventory.Institution, sys *inventory.System) answer {
	return answerOf(decide.Judge(a.law, inst, *sys, a.lifts))
}

func (a asking) many(ctx context.Context, s Store, ids []inventory.SystemID) error {
	wanted := make(map[inventory.SystemID]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	for after := inventory.SystemID(""); ; {
		list, err := s.Subjects(ctx, a.scope, after, chunk)
		if err != nil || len(list) == 0 {
			return err
		}
		for i := range list {
			if sys := &list[i].System; wanted[sys.ID] {
				a.found[sys.ID] = a.judge(inventory.Institution{Kind: list[i].Kind}, sys)
			}
		}
		after = list[len(list)-1].System.ID
	}
}

// answerOf gathers what the cloud venues of all components miss, and the first who
// decides.
func answerOf(verdicts []policy.Verdict) (a answer) {
	for i := range verdicts {
		if open(&verdicts[i]) {
			continue // this component may move; the others hold the system back
		}
		for _, venue := range Clouds() {
			w := verdicts[i].At(venue)
			for _, key := range w.Missing {
				if !slices.Contains(a.missing, key) {
					a.missing = append(a.missing, key)
				}
			}
			if w.Outcome == policy.Consult && a.decides.IsZero() {
				a.decides = w.Decides
			}
		}
	}
	slices.Sort(a.missing)
	return a
}

func open(v *policy.Verdict) bool {
	for _, venue := range Clouds() {
		switch v.At(venue).Outcome {
		case policy.Allowed, policy.Conditional, policy.Required:
			return true
		}
	}
	return false
}
