package provision

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/inventory"
	"naru/flow/law"
)

// CreateIn asks for an instance. An officer names the order; a platform may name only the
// plan, when exactly one of its institution's orders for it has no instance yet.
type CreateIn struct {
	Order      contract.OrderID  `json:"order,omitempty" doc:"approved order"`
	Service    catalog.ServiceID `json:"service,omitempty" doc:"service the order must be for"`
	Plan       catalog.PlanID    `json:"plan,omitempty" doc:"plan the order must be for; needed when no order is named"`
	Params     string            `json:"params,omitempty" doc:"JSON object for the provider's broker"`
	PlatformID string            `json:"platform_id,omitempty" doc:"id the calling platform gives it"`

	Maintenance string `json:"maintenance,omitempty" doc:"version of the plan, as the catalogue names it now; empty takes that one"`
	Label       string `json:"-"` // what the platform's context calls it
	EndUser     string `json:"-"` // who asked the platform, as it says
	Place       string `json:"-"` // the platform's own place for it, which a repeated request must name again
}

// Created is the instance asked for. Existed says that the same had been asked before.
type Created struct {
	Instance
	Existed bool `json:"existed"`
}

// The bounds of what a caller may hand on.
const (
	maxParams     = 64 << 10
	maxPlatformID = 1000
	maxEndUser    = 2000
)

// creation is the operation with the book of law it asks.
type creation struct{ book *law.Book }

// create decides everything before anything leaves the house, writes the intent and
// leaves the call to the task.
func (k creation) create(ctx context.Context, c *op.Call, s Store, in CreateIn) (Created, error) {
	params, err := checkParams(in.Params, in.PlatformID, in.EndUser)
	if err != nil {
		return Created{}, err
	}
	digest := digestOf(string(in.Order), string(in.Service), string(in.Plan), in.Place, string(params))
	if old, ok, err := repeated(ctx, c, s, in.PlatformID, digest); err != nil || ok {
		return Created{Instance: old, Existed: true}, err
	}
	if err := in.checkVersion(ctx, s); err != nil {
		return Created{}, err
	}
	order, err := k.pick(ctx, c, s, in)
	if err != nil {
		return Created{}, err
	}
	g, err := k.read(ctx, s, c.Today(), order)
	if err != nil {
		return Created{}, err
	}
	terms := g.offer.Terms(&g.plan)
	if err := sameMaintenance(in.Maintenance, terms.Maintenance, &g.plan)(); err != nil {
		return Created{}, err
	}
	if err := g.check(); err != nil {
		return Created{}, err
	}
	i := g.instance(c)
	i.Params, i.Digest, i.EndUser = params, digest, in.EndUser
	i.Maintenance, i.Label = terms.Maintenance, clipped(in.Label)
	if in.PlatformID != "" {
		i.Platform, i.PlatformID = c.Actor.User, in.PlatformID
	}
	if err := dispatchInstance(ctx, c, s, &i, true); err != nil {
		return Created{}, fmt.Errorf("instance of order %s: %w", order.ID, err)
	}
	c.Record(i.subjects(), append(i.detail(""), userDetail(in.EndUser)...)...)
	return Created{Instance: i}, nil
}

// checkVersion wants the version that the catalogue names for the plan that was asked for.
// A plan that is not known is refused with its order.
func (in *CreateIn) checkVersion(ctx context.Context, s Store) error {
	if in.Maintenance == "" || in.Service == "" || in.Plan == "" {
		return nil
	}
	offer, err := s.Offer(ctx, in.Service)
	if naru.KindOf(err) == naru.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	plan, ok := offer.Find(in.Plan)
	if !ok {
		return nil
	}
	return sameMaintenance(in.Maintenance, offer.Terms(plan).Maintenance, plan)()
}

// instance is the intent.
func (g grounds) instance(c *op.Call) Instance {
	return Instance{
		ID: InstanceID(c.NewID("ins")), Order: g.order.ID, Institution: g.order.Institution, System: g.order.System,
		Component: g.order.Component, Provider: g.provider.ID, Service: g.offer.ID, Plan: g.plan.ID,
		RequestedBy: c.Actor.User, CreatedAt: c.Now, Synthetic: g.system.Synthetic,
		Work: Work{State: Requested, Since: c.Now, NextAt: c.Now},
	}
}

// clipped bounds a name that only people read, and takes out what they cannot read: there are
// characters that no database keeps, and an update that ends with one would never end.
func clipped(label string) string {
	label = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, label)
	if len(label) <= maxLabel {
		return label
	}
	return strings.ToValidUTF8(label[:maxLabel], "")
}

// repeated finds what a platform asked for before under the same id: the same is
// returned again, something else is a conflict. An id whose instance failed or was
// deleted is free again.
func repeated(ctx context.Context, c *op.Call, s Store, platformID, digest string) (Instance, bool, error) {
	if platformID == "" {
		return Instance{}, false, nil
	}
	old, ok, err := s.InstanceOf(ctx, c.Actor.User, platformID)
	switch {
	case err != nil || !ok || !old.State.Live():
		return Instance{}, false, err
	case old.Digest != digest:
		return Instance{}, false, naru.NewError(naru.Conflict, "provision.id_taken", "id", platformID)
	}
	c.Record(old.subjects(), "state", string(old.State), "repeated", "true")
	return old, true, nil
}

// pick returns the order that carries the instance. One order carries one instance.
func (k creation) pick(ctx context.Context, c *op.Call, s Store, in CreateIn) (contract.Order, error) {
	if in.Order == "" {
		return pickByPlan(ctx, c, s, in)
	}
	order, err := s.Order(ctx, in.Order)
	if err != nil {
		return order, err
	}
	if err := identity.RequireSight(c.Actor, string(order.Institution), string(order.ID)); err != nil {
		return order, err
	}
	if (in.Plan != "" && in.Plan != order.Plan) || (in.Service != "" && in.Service != order.Service) {
		return order, naru.NewError(naru.Invalid, "provision.order_other_plan", "order", string(order.ID))
	}
	live, ok, err := s.LiveInstance(ctx, order.ID)
	if err == nil && ok {
		err = naru.NewError(naru.Conflict, "provision.order_in_use", "order", string(order.ID), "instance", string(live.ID))
	}
	return order, err
}

// pickByPlan finds the one order of the caller's institution that may carry the plan.
func pickByPlan(ctx context.Context, c *op.Call, s Store, in CreateIn) (contract.Order, error) {
	if in.Plan == "" {
		return contract.Order{}, naru.NewError(naru.Invalid, "provision.order_missing")
	}
	orders, err := s.OrdersInForce(ctx, inventory.InstitutionID(c.Actor.Institution), c.Today())
	if err != nil {
		return contract.Order{}, err
	}
	var free []contract.Order
	for _, o := range orders {
		if o.Plan != in.Plan || (in.Service != "" && o.Service != in.Service) {
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
		return contract.Order{}, naru.NewError(naru.Denied, "provision.no_order", "object", string(in.Plan))
	case 1:
		return free[0], nil
	}
	return contract.Order{}, whichOrder(free)
}

// whichOrder refuses to guess and names the orders to choose from.
func whichOrder(free []contract.Order) error {
	ps := make([]naru.Problem, len(free))
	for i, o := range free {
		ps[i] = naru.Problem{Field: "order", Message: naru.Msg("provision.order_choice", "order", string(o.ID), "system", string(o.System), "component", string(o.Component))}
	}
	return naru.NewError(naru.Invalid, "provision.which_order", "count", fmt.Sprint(len(free)), "first", string(free[0].ID)).WithProblems(ps)
}

// checkParams returns the parameters in one canonical form: fields sorted, no spaces.
func checkParams(params, platformID, endUser string) ([]byte, error) {
	switch {
	case len(params) > maxParams:
		return nil, naru.NewError(naru.Invalid, "provision.params_too_long", "limit", fmt.Sprint(maxParams))
	case len(platformID) > maxPlatformID:
		return nil, naru.NewError(naru.Invalid, "provision.id_too_long", "limit", fmt.Sprint(maxPlatformID))
	case !utf8.ValidString(platformID) || strings.ContainsRune(platformID, 0):
		return nil, naru.NewError(naru.Invalid, "provision.id_not_text")
	case len(endUser) > maxEndUser:
		return nil, naru.NewError(naru.Invalid, "provision.end_user_too_long", "limit", fmt.Sprint(maxEndUser))
	case params == "":
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader([]byte(params)))
	d.UseNumber()
	var object map[string]any
	if err := d.Decode(&object); err != nil || object == nil || d.More() {
		return nil, naru.NewError(naru.Invalid, "provision.params_not_object")
	}
	if len(object) == 0 {
		return nil, nil
	}
	return json.Marshal(object)
}

// digestOf is what a request asked for, to tell a repeated one from another.
func digestOf(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%q ", p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// subjects are the objects an entry about the instance concerns.
func (i *Instance) subjects() []string {
	return []string{string(i.ID), string(i.Order), string(i.System), string(i.Provider)}
}

// detail are the facts of an entry about a change of state.
func (w *Work) detail(from State) []string {
	pairs := []string{"state", string(w.State)}
	if from != "" {
		pairs = append(pairs, "from", string(from))
	}
	if w.Fault.Key != "" {
		pairs = append(pairs, "fault", w.Fault.Key)
	}
	return pairs
}

// userDetail names the end user by a digest: the record holds no personal data, and
// whoever knows the name can still find the entry.
func userDetail(endUser string) []string {
	if endUser == "" {
		return nil
	}
	return []string{"end_user_digest", digestOf(endUser)[:32]}
}
