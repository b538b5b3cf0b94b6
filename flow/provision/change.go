package provision

import (
	"context"
	"encoding/json"
	"errors"

	"naru"
	"naru/base/op"
	"naru/flow/catalog"
)

// want puts what the running change asks for into the request, in the broker's own words.
// Plan stays that of before the update: it is what a poll must name.
func (i *Instance) want(r *Request, offer *catalog.Offer) {
	w := Wanted{Params: i.Change.Params, Maintenance: i.Change.Maintenance, FromMaintenance: i.Maintenance}
	if plan, ok := offer.Find(i.Change.Plan); ok {
		w.Plan = plan.OSBID
		r.Limit = max(r.Limit, offer.Terms(plan).Longest)
	}
	if i.Change.Label != "" {
		r.Label = i.Change.Label
	}
	r.Params, r.Wanted, r.Sync = i.Change.Params, &w, i.Change.Sync
}

// judge turns a fetched instance into an outcome: Done when it has the values that were
// wanted, FailedOp when it has others, Missing when the broker does not show enough.
func (r Request) judge(a Answer) Answer {
	if r.Step != Fetch || r.Wanted == nil || a.Outcome != Done {
		return a
	}
	a.Outcome = Missing
	if a.Shown == nil {
		return a
	}
	switch w := r.Wanted; {
	case w.Plan != "":
		a.Outcome = verdict(a.Shown.Plan != "", a.Shown.Plan == w.Plan)
	case w.Maintenance != "" && w.Maintenance != w.FromMaintenance:
		a.Outcome = verdict(a.Shown.Maintenance != "", a.Shown.Maintenance == w.Maintenance)
	case w.Params != nil:
		a.Outcome = verdict(a.Shown.Params != nil, includes(a.Shown.Params, w.Params))
	}
	return a
}

func verdict(shown, same bool) Outcome {
	switch {
	case !shown:
		return Missing
	case same:
		return Done
	}
	return FailedOp
}

// includes reports whether an object has every field of another, with equal values.
func includes(object, fields []byte) bool {
	var has, want map[string]json.RawMessage
	if json.Unmarshal(object, &has) != nil || json.Unmarshal(fields, &want) != nil {
		return false
	}
	for name, value := range want {
		if !sameJSON(has[name], value) {
			return false
		}
	}
	return true
}

// finishChange stores how an update ended: with the new values, or with the old ones and
// the reason. The order that is no longer needed is free again.
func (r Request) finishChange(ctx context.Context, c *op.Call, s Store, i *Instance, a Answer) error {
	if err := r.settleDoubt(ctx, c, s, i, a); err != nil {
		return err
	}
	change := *i.Change
	change.EndedAt, change.Fault = c.Now, i.Fault
	i.Change, i.Fault = &change, naru.Message{}
	pairs := append(i.detail(Updating), "change", change.ID)
	if change.Fault.Key != "" {
		if a.Usable != nil || a.Repeatable != nil {
			change.Usable, change.Repeatable = a.Usable, a.Repeatable
		}
		c.Record(i.subjects(), append(pairs, "fault", change.Fault.Key)...)
		return s.PutInstance(ctx, *i)
	}
	change.Usable, change.Repeatable = nil, nil
	old := Term{Instance: i.ID, Until: c.Now, Order: i.Order, Plan: i.Plan}
	i.take(change)
	if old.Plan != i.Plan {
		pairs = append(pairs, "order_before", string(old.Order), "plan_before", string(old.Plan))
		if err := s.PutTerm(ctx, old); err != nil {
			return err
		}
	}
	c.Record(i.subjects(), pairs...)
	return s.PutInstance(ctx, *i)
}

// take gives the instance the values of a change.
func (i *Instance) take(change Change) {
	if change.Plan != "" {
		i.Order, i.Plan = change.Order, change.Plan
		i.Maintenance = change.Maintenance
	}
	if change.Params != nil {
		i.Params = change.Params
	}
	if change.Maintenance != "" {
		i.Maintenance = change.Maintenance
	}
	if change.Label != "" {
		i.Label = change.Label
	}
}

// overtaken ends the running change of an instance that is to be deleted.
func (i *Instance) overtaken(c *op.Call) {
	if !i.Change.Running() {
		return
	}
	change := *i.Change
	change.EndedAt, change.Fault = c.Now, naru.Msg("provision.update_overtaken")
	i.Change = &change
}

// refusalOf tells a refusal, which a caller is told, from a fault of naru's own.
func refusalOf(err error) (*naru.Error, bool) {
	var refusal *naru.Error
	ok := errors.As(err, &refusal) && refusal.Kind != naru.Internal
	return refusal, ok
}
