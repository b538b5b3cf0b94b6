package provision

import (
	"context"
	"fmt"
	"slices"

	"naru"
	"naru/base/op"
	"naru/flow/catalog"
)

// settleDoubt keeps the findings about the plan of an instance whose change of plan ends: what
// is in doubt is found at once and does not wait for a census, and what was in doubt ends when
// the provider tells. Of other values nothing is found: nothing is charged by them, and the
// change itself says how it ended.
func (r Request) settleDoubt(ctx context.Context, c *op.Call, s Store, i *Instance, a Answer) error {
	if r.Wanted == nil || r.Wanted.Plan == "" {
		return nil
	}
	seen, err := r.doubt(ctx, s, i, a)
	if err != nil {
		return err
	}
	known, err := s.OpenFindings(ctx, FindingFilter{Instance: i.ID})
	if err != nil {
		return err
	}
	known = slices.DeleteFunc(known, func(f Finding) bool { return f.Kind != PlanUnsure && f.Kind != OtherPlan })
	told := i.Fault.Key == "" || a.shownPlan() != ""
	l := ledger{call: c, store: s, known: known}
	_, _, err = l.take(ctx, seen, func(*Finding) bool { return told })
	return err
}

// doubt is what an update leaves open about the plan: nobody knows whether it was made, or the
// provider shows a plan that is neither the old one nor the new.
func (r Request) doubt(ctx context.Context, s Store, i *Instance, a Answer) ([]Finding, error) {
	shown := a.shownPlan()
	known := i.Fault.Key != unknownKey
	if known && (shown == "" || shown == r.Plan || shown == r.Wanted.Plan) {
		return nil, nil
	}
	offer, err := s.Offer(ctx, i.Service)
	if err != nil {
		return nil, fmt.Errorf("service of %s: %w", i.ID, err)
	}
	names := planNames{}
	names.add(offer)
	here, wanted := names.of(r.Plan), names.of(r.Wanted.Plan)
	f := Finding{Kind: PlanUnsure, Why: naru.Msg("provision.plan_unsure", "here", here.Ko, "here.en", here.En, "wanted", wanted.Ko, "wanted.en", wanted.En)}
	if known {
		f = Finding{Kind: OtherPlan, Why: names.differ(r.Plan, shown)}
	}
	return []Finding{f.about(i)}, nil
}

// shownPlan is the plan a broker shows of an instance, "" when it shows none.
func (a Answer) shownPlan() string {
	if a.Shown == nil {
		return ""
	}
	return a.Shown.Plan
}

// planNames word plans by the brokers' own ids.
type planNames map[string]naru.Text

func (n planNames) add(offer catalog.Offer) {
	for k := range offer.Plans {
		n[offer.Plans[k].OSBID] = offer.Plans[k].Name
	}
}

// of words a plan; of one that the catalogue does not have, the id is all there is.
func (n planNames) of(id string) naru.Text {
	if name := n[id]; !name.IsZero() {
		return name
	}
	return naru.Text{Ko: storable(id)}
}

// differ says that the provider shows another plan than naru knows.
func (n planNames) differ(here, there string) naru.Message {
	a, b := n.of(here), n.of(there)
	return naru.Msg("provision.other_plan", "here", a.Ko, "here.en", a.En, "there", b.Ko, "there.en", b.En)
}
