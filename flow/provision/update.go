package provision

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/contract"
)

// UpdateIn asks for other values of an instance. What is left out stays as it is. A plan
// change needs another approved order of the same component; a platform may name only
// the plan, when exactly one such order is free.
type UpdateIn struct {
	InstanceRef
	Order       contract.OrderID `json:"order,omitempty" doc:"approved order for the new plan; may be left out when exactly one is free"`
	Plan        catalog.PlanID   `json:"plan,omitempty" doc:"new plan; empty keeps the plan"`
	Params      string           `json:"params,omitempty" doc:"JSON object for the provider's broker, in place of the one before; empty keeps it"`
	Maintenance string           `json:"maintenance,omitempty" doc:"version to move to, as the catalogue names it now; empty keeps it"`
	Context     bool             `json:"-"` // the platform sent a context
	Label       string           `json:"-"` // what the platform's context calls the instance
	EndUser     string           `json:"-"`
	Sync        bool             `json:"-"` // the platform cannot wait
	Previous    Previous         `json:"-"` // what the platform takes the instance to be
}

// Updated is the instance with its change. Existed says that the same is under way
// already; Unchanged that it has these values already, so nothing is to be done.
type Updated struct {
	Instance
	Existed   bool `json:"existed"`
	Unchanged bool `json:"unchanged"`
}

// UpdateCheck is what an update would be held to, and whether it would pass.
type UpdateCheck struct {
	Instance    InstanceID       `json:"instance"`
	Order       contract.OrderID `json:"order"` // that the instance would be under
	Plan        catalog.PlanID   `json:"plan"`
	Maintenance string           `json:"maintenance,omitempty"`
	Unchanged   bool             `json:"unchanged"` // nothing would be asked of the provider
	Allowed     bool             `json:"allowed"`
	Checks      []Check          `json:"checks"`
}

// Check is one thing that is looked at before anything leaves the house.
type Check struct {
	Name    string       `json:"name"` // part of the key provision.check.<name>
	Passed  bool         `json:"passed"`
	Message naru.Message `json:"message,omitzero"` // why not
}

// ask is a check that was not made yet.
type ask struct {
	name string
	run  func() error
}

// maxLabel bounds the name a platform gives an instance, in bytes.
const maxLabel = 500

// update decides everything before anything leaves the house, writes the intent and
// leaves the call to the task.
func (k creation) update(ctx context.Context, c *op.Call, s Store, in UpdateIn) (Updated, error) {
	i, err := find(ctx, c, s, in.InstanceRef)
	if err != nil {
		return Updated{}, err
	}
	change, err := in.change(c, i)
	if err != nil {
		return Updated{Instance: i}, err
	}
	if i.State == Updating && i.Change.Digest == change.Digest {
		c.Record(i.subjects(), "state", string(i.State), "change", i.Change.ID, "repeated", "true")
		return Updated{Instance: i, Existed: true}, nil
	}
	if err := changeable(i); err != nil {
		return Updated{Instance: i}, err
	}
	u := updating{&i, &change, in}
	checks, err := k.plan(ctx, c, s, u)
	if err != nil {
		return Updated{Instance: i}, err
	}
	if change.differs(i) {
		checks = slices.Insert(checks, 0, ask{"previous", func() error { return u.agrees(ctx, s) }})
	}
	for _, a := range checks {
		if err := a.run(); err != nil {
			return Updated{Instance: i}, err
		}
	}
	if !change.differs(i) {
		c.Record(i.subjects(), "state", string(i.State), "unchanged", "true")
		return Updated{Instance: i, Unchanged: true}, nil
	}
	before := i.State
	i.Work, i.Change = i.Alter(c.Now), &change
	c.Record(i.subjects(), append(append(i.detail(before), change.detail()...), userDetail(in.EndUser)...)...)
	err = dispatchInstance(ctx, c, s, &i, true)
	return Updated{Instance: i}, err
}

// checkUpdate is the dry run of update: every check with its outcome, and no effect.
func (k creation) checkUpdate(ctx context.Context, c *op.Call, s Store, in UpdateIn) (UpdateCheck, error) {
	i, err := find(ctx, c, s, in.InstanceRef)
	if err != nil {
		return UpdateCheck{}, err
	}
	change, err := in.change(c, i)
	if err != nil {
		return UpdateCheck{}, err
	}
	checks := []ask{{"state", func() error { return changeable(i) }}}
	more, err := k.plan(ctx, c, s, updating{&i, &change, in})
	if err != nil {
		return UpdateCheck{}, err
	}
	out := UpdateCheck{Instance: i.ID, Order: i.Order, Plan: i.Plan, Maintenance: i.Maintenance, Unchanged: !change.differs(i)}
	if change.Plan != "" {
		out.Order, out.Plan = change.Order, change.Plan
	}
	if change.Maintenance != "" {
		out.Maintenance = change.Maintenance
	}
	out.Checks, out.Allowed, err = results(append(checks, more...))
	return out, err
}

// results makes the checks. A fault of naru's own is not an outcome.
func results(asks []ask) (list []Check, allowed bool, err error) {
	allowed = true
	for _, a := range asks {
		check := Check{Name: a.name, Passed: true}
		if err := a.run(); err != nil {
			refusal, ok := refusalOf(err)
			if !ok {
				return nil, false, err
			}
			check.Passed, check.Message, allowed = false, refusal.Message, false
		}
		list = append(list, check)
	}
	return list, allowed, nil
}

// change is the wish as it was asked for; the plan's order and version follow in plan.
func (in *UpdateIn) change(c *op.Call, i Instance) (Change, error) {
	params, err := checkParams(in.Params, "", in.EndUser)
	if err != nil {
		return Change{}, err
	}
	in.Label = clipped(in.Label)
	digest := digestOf("update", string(in.Order), string(in.Plan), string(params), in.Maintenance, in.Label)
	return Change{
		ID: c.NewID("chg"), Digest: digest, Order: in.Order, Plan: in.Plan, Params: params, Maintenance: in.Maintenance, Label: in.Label,
		From: i.Plan, Sync: in.Sync, AskedBy: c.Actor.User, AskedAt: c.Now,
	}, nil
}

// changeable wants an instance that is ready: while something else is under way the
// answer is to wait, afterwards that there is nothing to change.
func changeable(i Instance) error {
	switch {
	case i.State == Ready:
		return nil
	case i.State.Settled():
		return naru.NewError(naru.NotFound, "not_found", "kind", "instance", "object", string(i.ID))
	}
	return naru.NewError(naru.Conflict, "provision.under_way", "instance", string(i.ID), "state", string(i.State))
}

// updating is one update while it is decided on.
type updating struct {
	*Instance
	change *Change
	in     UpdateIn
}

// plan completes the change and says what it has to pass. An upgrade is held to all that
// a creation is held to; anything else needs the present order to be in force.
func (k creation) plan(ctx context.Context, c *op.Call, s Store, u updating) ([]ask, error) {
	offer, err := s.Offer(ctx, u.Service)
	if err != nil {
		return nil, err
	}
	now, ok := offer.Find(u.Instance.Plan)
	if !ok {
		return nil, naru.NewError(naru.Conflict, "provision.plan_unknown", "order", string(u.Order))
	}
	terms := offer.Terms(now)
	moves, err := u.moves(ctx, s)
	if err != nil {
		return nil, err
	}
	if !moves {
		return u.stay(ctx, c, s, now, terms)
	}
	asks := []ask{{"updateable", func() error {
		if terms.PlanUpdateable {
			return nil
		}
		return naru.NewError(naru.Unavailable, "provision.plan_fixed", "plan", now.Name.Ko, "plan.en", now.Name.En)
	}}}
	if !terms.PlanUpdateable {
		return asks, nil
	}
	order, err := pickNext(ctx, c, s, u)
	if err != nil {
		return append(asks, ask{"order", func() error { return err }}), nil
	}
	g, err := k.read(ctx, s, c.Today(), order)
	if err != nil {
		return nil, err
	}
	next := offer.Terms(&g.plan)
	u.change.Order, u.change.Plan = order.ID, order.Plan
	asks = append(asks, ask{"maintenance", sameMaintenance(u.change.Maintenance, next.Maintenance, &g.plan)})
	u.change.Maintenance = next.Maintenance
	return append(asks, g.asks()...), nil
}

// moves reports whether another plan is asked for. An order alone names its plan.
func (u updating) moves(ctx context.Context, s Store) (bool, error) {
	if u.in.Plan != "" || u.in.Order == "" || u.in.Order == u.Order {
		return u.in.Plan != "" && u.in.Plan != u.Instance.Plan, nil
	}
	order, err := s.Order(ctx, u.in.Order)
	if err == nil {
		return order.Plan != u.Instance.Plan, nil
	}
	return false, err
}

// stay is an update within the plan: under the order there is.
func (u updating) stay(ctx context.Context, c *op.Call, s Store, now *catalog.Plan, terms catalog.Terms) ([]ask, error) {
	if u.in.Order != "" && u.in.Order != u.Order {
		return nil, naru.NewError(naru.Invalid, "provision.update_same_plan", "order", string(u.in.Order))
	}
	u.change.Order, u.change.Plan = "", ""
	if !terms.ContextUpdates {
		u.change.Label = ""
		if u.in.contextOnly() {
			return []ask{{"context", func() error {
				return naru.NewError(naru.Unavailable, "provision.context_fixed", "instance", string(u.ID))
			}}}, nil
		}
	}
	asks := []ask{{"maintenance", sameMaintenance(u.in.Maintenance, terms.Maintenance, now)}}
	if !u.change.differs(*u.Instance) {
		return asks, nil
	}
	order, err := s.Order(ctx, u.Order)
	if err != nil {
		return nil, fmt.Errorf("order of %s: %w", u.ID, err)
	}
	return append(asks, ask{"ordered", (grounds{today: c.Today(), order: order}).ordered}), nil
}

// contextOnly reports whether nothing but the platform's context is to change.
func (in *UpdateIn) contextOnly() bool {
	return in.Context && in.Plan == "" && in.Order == "" && in.Params == "" && in.Maintenance == ""
}

// sameMaintenance wants the version that the catalogue names, if one was named at all.
func sameMaintenance(asked, offered string, p *catalog.Plan) func() error {
	return func() error {
		if asked == "" || asked == offered {
			return nil
		}
		return naru.NewError(naru.Conflict, "provision.maintenance_conflict", "plan", p.Name.Ko, "plan.en", p.Name.En, "asked", asked, "offered", orDash(offered))
	}
}

// pickNext returns the order that carries the new plan: one of the same institution,
// system and component that carries nothing else.
func pickNext(ctx context.Context, c *op.Call, s Store, u updating) (contract.Order, error) {
	if u.in.Order == "" {
		return nextByPlan(ctx, c, s, u)
	}
	order, err := s.Order(ctx, u.in.Order)
	if err != nil {
		return order, err
	}
	if err := identity.RequireSight(c.Actor, string(order.Institution), string(order.ID)); err != nil {
		return order, err
	}
	switch {
	case order.Service != u.Service || (u.in.Plan != "" && order.Plan != u.in.Plan):
		return order, naru.NewError(naru.Invalid, "provision.order_other_plan", "order", string(order.ID))
	case !u.sameOwner(order):
		return order, naru.NewError(naru.Invalid, "provision.order_other_component", "order", string(order.ID), "instance", string(u.ID))
	}
	live, ok, err := s.LiveInstance(ctx, order.ID)
	if err == nil && ok {
		err = naru.NewError(naru.Conflict, "provision.order_in_use", "order", string(order.ID), "instance", string(live.ID))
	}
	return order, err
}

// nextByPlan finds the one free order of the instance's component for the new plan.
func nextByPlan(ctx context.Context, c *op.Call, s Store, u updating) (contract.Order, error) {
	orders, err := s.OrdersInForce(ctx, u.Institution, c.Today())
	if err != nil {
		return contract.Order{}, err
	}
	var free []contract.Order
	for _, o := range orders {
		if o.Plan != u.in.Plan || o.Service != u.Service || !u.sameOwner(o) {
			continue
		}
		_, used, err := s.LiveInstance(ctx, o.ID)
		if err != nil {
			return contract.Order{}, err
		}
		if !used {
			free = append(free, o)
		}
	}
	switch len(free) {
	case 0:
		return contract.Order{}, naru.NewError(naru.Denied, "provision.no_order", "object", string(u.in.Plan))
	case 1:
		return free[0], nil
	}
	return contract.Order{}, whichOrder(free)
}

// sameOwner reports whether an order is for the component the instance serves.
func (u updating) sameOwner(o contract.Order) bool {
	return o.Institution == u.Institution && o.System == u.System && o.Component == u.Component
}

// differs reports whether a change would give an instance other values.
func (ch *Change) differs(i Instance) bool {
	return (ch.Plan != "" && ch.Plan != i.Plan) || (ch.Params != nil && !bytes.Equal(ch.Params, i.Params)) ||
		(ch.Maintenance != "" && ch.Maintenance != i.Maintenance) || (ch.Label != "" && ch.Label != i.Label)
}

// detail are the facts of an entry about the change; parameters may hold secrets.
func (ch *Change) detail() []string {
	pairs := []string{"change", ch.ID}
	if ch.Plan != "" {
		pairs = append(pairs, "plan", string(ch.Plan), "order", string(ch.Order), "plan_before", string(ch.From))
	}
	if ch.Params != nil {
		pairs = append(pairs, "params_digest", digestOf(string(ch.Params))[:32])
	}
	if ch.Maintenance != "" {
		pairs = append(pairs, "maintenance", ch.Maintenance)
	}
	return pairs
}

// sameJSON compares two JSON objects by value.
func sameJSON(a, b []byte) bool {
	x, errX := canonical(a)
	y, errY := canonical(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

func canonical(raw []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return json.Marshal(v)
}
