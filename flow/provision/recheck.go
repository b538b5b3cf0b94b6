package provision

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"naru"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/inventory"
)

// Scope bounds a re-check to what one change can have touched; the zero value is all.
type Scope struct {
	Instance    InstanceID              `json:"instance,omitempty" doc:"instance id"`
	Order       contract.OrderID        `json:"order,omitempty" doc:"order id"`
	Service     catalog.ServiceID       `json:"service,omitempty" doc:"service id"`
	System      inventory.SystemID      `json:"system,omitempty" doc:"information system id"`
	Provider    catalog.ProviderID      `json:"provider,omitempty" doc:"provider id"`
	Institution inventory.InstitutionID `json:"institution,omitempty" doc:"institution id"`
}

// RecheckIn asks for a re-check (재점검) of what runs against what a creation must satisfy today.
type RecheckIn struct{ Scope }

// RecheckAsked confirms that it will be done.
type RecheckAsked struct {
	Scope Scope `json:"scope"`
}

// maxID bounds the ids that callers and brokers name.
const maxID = 500

func askRecheck(_ context.Context, c *op.Call, _ Store, in RecheckIn) (RecheckAsked, error) {
	for _, id := range in.Scope.named() {
		if len(id) > maxID {
			return RecheckAsked{}, naru.NewError(naru.Invalid, "provision.id_too_long", "limit", fmt.Sprint(maxID))
		}
	}
	c.Record(in.Scope.named(), "asked", "true")
	return RecheckAsked{in.Scope}, enqueueRecheck(c, in.Scope, "")
}

// enqueueRecheck has a scope checked, behind an instance: the subject of the task is both.
func enqueueRecheck(c *op.Call, s Scope, after InstanceID) error {
	raw, err := json.Marshal(pass{s, after})
	if err != nil {
		return fmt.Errorf("re-check: %w", err)
	}
	c.Enqueue(TaskRecheck, string(raw))
	return nil
}

// pass is one batch of a re-check: what is behind an instance in a scope.
type pass struct {
	Scope
	After InstanceID `json:"after,omitempty"`
}

// named are the objects of the scope.
func (s Scope) named() []string {
	all := []string{string(s.Instance), string(s.Order), string(s.Service), string(s.System), string(s.Provider), string(s.Institution)}
	return slices.DeleteFunc(all, func(id string) bool { return id == "" })
}

// recheckBatch is how many instances one transaction looks at.
const recheckBatch = 50

// recheck looks at one batch of what runs and leaves the rest to the next task. It calls
// nobody: everything happens where it is read.
func (k creation) recheck(ctx context.Context, c *op.Call, s Store, subject string) (struct{}, bool, error) {
	var p pass
	if err := json.Unmarshal([]byte(subject), &p); err != nil {
		return struct{}{}, false, fmt.Errorf("re-check of %q: %w", subject, err)
	}
	list, err := s.Running(ctx, p.Scope, p.After, recheckBatch)
	if err != nil || len(list) == 0 {
		return struct{}{}, true, err
	}
	x := recheck{creation: k, grounds: newShelf(s)}
	for n := range list {
		if err := x.one(ctx, c, s, &list[n]); err != nil {
			return struct{}{}, false, fmt.Errorf("re-check of %s: %w", list[n].ID, err)
		}
	}
	if len(list) == recheckBatch {
		if err := enqueueRecheck(c, p.Scope, list[len(list)-1].ID); err != nil {
			return struct{}{}, false, err
		}
	}
	c.Record(p.Scope.named(), "checked", fmt.Sprint(len(list)), "opened", fmt.Sprint(x.opened), "ended", fmt.Sprint(x.ended),
		"date", string(c.Today()))
	return struct{}{}, true, nil
}

// recheck is one batch under way.
type recheck struct {
	creation
	grounds       *shelf
	opened, ended int
}

// one holds an instance against the grounds of a creation: what is not met opens a
// finding, what is met again ends it. The instance itself is left alone.
func (x *recheck) one(ctx context.Context, c *op.Call, s Store, i *Instance) error {
	known, err := s.OpenFindings(ctx, FindingFilter{Instance: i.ID})
	if err != nil {
		return err
	}
	unordered := slices.ContainsFunc(known, func(f Finding) bool { return f.Kind == Unordered && f.Binding == "" })
	known = slices.DeleteFunc(known, func(f Finding) bool { return !f.Kind.rechecked() })
	seen, err := x.unmet(ctx, x.grounds, i, c.Today())
	if err != nil {
		return err
	}
	if unordered { // the census said so before
		seen = slices.DeleteFunc(seen, func(f Finding) bool { return f.Kind == OrderEnded })
	}
	l := ledger{call: c, store: s, known: known}
	opened, ended, err := l.take(ctx, seen, func(*Finding) bool { return true })
	x.opened, x.ended = x.opened+opened, x.ended+ended
	return err
}

// unmet asks every ground of a creation, in the words of its refusal.
func (k creation) unmet(ctx context.Context, s Store, i *Instance, today naru.Date) ([]Finding, error) {
	order, err := s.Order(ctx, i.Order)
	if err != nil {
		return nil, err
	}
	g, err := k.read(ctx, s, today, order)
	if refused, ok := refusalOf(err); ok && refused.Kind == naru.Conflict { // the plan or the component is not there any more
		kind := PlanGone
		if refused.Message.Key == "provision.component_unknown" {
			kind = Unlawful
		}
		return []Finding{Finding{Kind: kind, Why: refused.Message}.about(i)}, nil
	}
	if err != nil {
		return nil, err
	}
	asks := []struct {
		kind FindingKind
		ask  func() error
	}{{OrderEnded, g.ordered}, {Unfunded, g.paid}, {PlanGone, g.there}, {Unlawful, g.lawful}, {Uncertified, g.certified}}
	var out []Finding
	for _, a := range asks {
		refused, ok := refusalOf(a.ask())
		if !ok || a.kind == Unfunded && len(out) > 0 { // an order that ended holds nothing: once is enough
			continue
		}
		out = append(out, Finding{Kind: a.kind, Why: refused.Message}.about(i))
	}
	return out, nil
}

// there wants the plan in the provider's catalogue. That nothing new can be created for a
// while does not concern what runs.
func (g grounds) there() error {
	if g.plan.Gone || g.offer.Gone {
		return naru.NewError(naru.Conflict, "provision.plan_gone", "plan", g.plan.Name.Ko, "plan.en", g.plan.Name.En)
	}
	return nil
}

// shelf is a Store that reads what many instances share once in a batch.
type shelf struct {
	Store
	offers       map[catalog.ServiceID]catalog.Offer
	providers    map[catalog.ProviderID]catalog.Provider
	systems      map[inventory.SystemID]inventory.System
	institutions map[inventory.InstitutionID]inventory.Institution
}

func newShelf(s Store) *shelf {
	return &shelf{
		Store: s, offers: map[catalog.ServiceID]catalog.Offer{}, providers: map[catalog.ProviderID]catalog.Provider{},
		systems: map[inventory.SystemID]inventory.System{}, institutions: map[inventory.InstitutionID]inventory.Institution{},
	}
}

// once reads a value and remembers it.
func once[K comparable, V any](ctx context.Context, known map[K]V, id K, read func(context.Context, K) (V, error)) (V, error) {
	if v, ok := known[id]; ok {
		return v, nil
	}
	v, err := read(ctx, id)
	if err == nil {
		known[id] = v
	}
	return v, err
}

// Offer implements Store.
func (s *shelf) Offer(ctx context.Context, id catalog.ServiceID) (catalog.Offer, error) {
	return once(ctx, s.offers, id, s.Store.Offer)
}

// Provider implements Store.
func (s *shelf) Provider(ctx context.Context, id catalog.ProviderID) (catalog.Provider, error) {
	return once(ctx, s.providers, id, s.Store.Provider)
}

// System implements Store.
func (s *shelf) System(ctx context.Context, id inventory.SystemID) (inventory.System, error) {
	return once(ctx, s.systems, id, s.Store.System)
}

// Institution implements Store.
func (s *shelf) Institution(ctx context.Context, id inventory.InstitutionID) (inventory.Institution, error) {
	return once(ctx, s.institutions, id, s.Store.Institution)
}
