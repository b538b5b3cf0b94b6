package provision

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"naru"
	"naru/flow/catalog"
	"naru/flow/contract"
)

// Bill is what a provider's usage says of one instance: the last moment it was metered.
type Bill struct {
	Instance InstanceID
	To       time.Time
}

// Billing is what a provider told of usage since a moment.
type Billing struct {
	Through time.Time // usage is known up to here; zero = it never was
	Bills   []Bill    // taken in or set aside, each instance once
}

const (
	billDays  = 40 * 24 * time.Hour // how far back the bill is read
	billGrace = 48 * time.Hour      // how late usage may come
	billSlack = time.Hour           // between the clocks and readings of both sides
)

// table is everything a census lays side by side.
type table struct {
	counted
	asked     time.Time
	today     naru.Date
	provider  catalog.ProviderID
	instances []Instance
	bindings  []Binding
	orders    map[contract.OrderID]contract.Order
	meters    map[catalog.ServiceID]bool // whether the service says that it meters
	plans     map[catalog.PlanID]string  // the broker's own ids
	names     planNames
	billing   Billing
	open      []Finding // of this provider, of the kinds of a census

	here   map[InstanceID]*Instance
	there  map[InstanceID]Held
	billed map[InstanceID]time.Time
	out    []Finding
}

// read collects naru's side.
func (t *table) read(ctx context.Context, s Store) (err error) {
	if t.instances, err = s.InstancesAt(ctx, t.provider); err != nil {
		return err
	}
	if t.bindings, err = s.BindingsAt(ctx, t.provider); err != nil {
		return err
	}
	if t.billing, err = s.Billing(ctx, t.provider, t.asked.Add(-billDays)); err != nil {
		return err
	}
	if t.open, err = s.OpenFindings(ctx, FindingFilter{Provider: t.provider}); err != nil {
		return err
	}
	t.here, t.there = make(map[InstanceID]*Instance, len(t.instances)), make(map[InstanceID]Held, len(t.held))
	t.orders, t.meters, t.plans = map[contract.OrderID]contract.Order{}, map[catalog.ServiceID]bool{}, map[catalog.PlanID]string{}
	t.names = planNames{}
	for _, h := range t.held {
		t.there[h.Instance] = h
	}
	t.billed = make(map[InstanceID]time.Time, len(t.billing.Bills))
	for _, b := range t.billing.Bills {
		t.billed[b.Instance] = b.To
	}
	for n := range t.instances {
		i := &t.instances[n]
		t.here[i.ID] = i
		if i.State != Ready {
			continue
		}
		if err := t.readGrounds(ctx, s, i); err != nil {
			return err
		}
	}
	return nil
}

// readGrounds reads the order of a running instance, and whether its service meters.
func (t *table) readGrounds(ctx context.Context, s Store, i *Instance) error {
	if _, ok := t.meters[i.Service]; !ok {
		offer, err := s.Offer(ctx, i.Service)
		if err != nil {
			return fmt.Errorf("service of %s: %w", i.ID, err)
		}
		t.meters[i.Service] = len(offer.Meters) > 0
		t.names.add(offer)
		for n := range offer.Plans {
			t.plans[offer.Plans[n].ID] = offer.Plans[n].OSBID
		}
	}
	order, err := s.Order(ctx, i.Order)
	if err != nil && naru.KindOf(err) != naru.NotFound {
		return err
	}
	t.orders[i.Order] = order // the zero order covers nothing
	return nil
}

// canSay reports whether the provider told anything about an id: a listing tells of all,
// fetching only of what it answered.
func (t *table) canSay(id string) bool {
	if t.way == ByListing {
		return true
	}
	found, ok := t.seen[id]
	return ok && found != FoundBusy
}

// compare finds the differences. What changed since the question was asked is left out:
// the answer is older than it.
func (t *table) compare() []Finding {
	for n := range t.instances {
		if i := &t.instances[n]; t.quiet(&i.Work) {
			t.compareInstance(i)
		}
	}
	t.compareBindings()
	t.compareBills()
	if t.way == ByListing {
		t.compareForeign()
	}
	slices.SortFunc(t.out, func(a, b Finding) int { return strings.Compare(a.key(), b.key()) })
	return t.out
}

// quiet reports whether a work was settled before the question.
func (t *table) quiet(w *Work) bool { return w.State.Settled() && w.Since.Before(t.asked) }

func (t *table) add(kind FindingKind, i *Instance, b BindingID, why naru.Message) {
	t.out = append(t.out, Finding{Kind: kind, Binding: b, Why: why}.about(i))
}

func (t *table) compareInstance(i *Instance) {
	if !t.canSay(string(i.ID)) {
		return
	}
	h, held := t.there[i.ID]
	switch {
	case i.State == Ready && !held:
		t.add(Lost, i, "", whyHere(Lost, cmp.Or(i.ReadyAt, i.Since)))
	case i.State == Ready:
		t.compareGrounds(i)
		t.comparePlan(i, h)
	case !held || h.State == string(Deleting):
	case i.State == WrittenOff: // two people gave it up: naru does not begin again by itself
		t.add(LeftBehind, i, "", whyHere(LeftBehind, i.Since))
	default:
		t.add(Stray, i, "", whyHere(Stray, i.ended()))
	}
}

// compareGrounds holds what runs against its order and its bill.
func (t *table) compareGrounds(i *Instance) {
	order := t.orders[i.Order]
	if order.State != contract.Approved || !t.today.Within(order.From, order.To) {
		if !t.isOpen(OrderEnded, i.ID) { // a re-check said so before
			t.add(Unordered, i, "", whyUnordered(i, order, t.today))
		}
	}
	since := i.ReadyAt
	if to := t.billed[i.ID]; to.After(since) {
		since = to
	}
	if t.meters[i.Service] && t.billing.Through.Sub(since) > billGrace {
		t.add(RunningNotBilled, i, "", whyUnbilled(t.billing.Through, since))
	}
}

// comparePlan holds the plan naru knows against the one the provider says: after an update
// of which the end is unknown, or that the provider made after its time, they may differ.
func (t *table) comparePlan(i *Instance, h Held) {
	if same, told := t.agrees(i, h); told && !same {
		t.out = append(t.out, Finding{Kind: OtherPlan, Why: t.names.differ(t.plans[i.Plan], h.Plan)}.about(i))
	}
}

// agrees reports whether both sides name the same plan; told is false when one says none.
func (t *table) agrees(i *Instance, h Held) (same, told bool) {
	known := t.plans[i.Plan]
	return known == h.Plan, known != "" && h.Plan != ""
}

func (t *table) isOpen(kind FindingKind, id InstanceID) bool {
	return slices.ContainsFunc(t.open, func(f Finding) bool { return f.Kind == kind && f.Instance == id })
}

func (t *table) compareBindings() {
	for n := range t.bindings {
		b := &t.bindings[n]
		h, held := t.there[b.Instance]
		i := t.here[b.Instance]
		if !held || i == nil || !t.quiet(&b.Work) || !t.canSay(string(b.ID)) {
			continue
		}
		there := slices.Contains(h.Bindings, b.ID)
		switch {
		case b.State == Ready && !there:
			t.add(Lost, i, b.ID, whyHere(Lost, b.Since))
		case b.State == WrittenOff && there:
			t.add(LeftBehind, i, b.ID, whyHere(LeftBehind, b.Since))
		case !b.State.Live() && there:
			t.add(Stray, i, b.ID, whyHere(Stray, b.Since))
		}
	}
}

// compareBills finds usage of what does not run: of what is gone, of what the provider
// itself does not hold any more, and of what naru never made and nobody holds.
func (t *table) compareBills() {
	for _, b := range t.billing.Bills {
		i, known := t.here[b.Instance]
		_, held := t.there[b.Instance]
		switch {
		case !known && !held:
			t.out = append(t.out, Finding{Kind: BilledNotRunning, Why: whyBilled(b.To), Provider: t.provider, Instance: InstanceID(storable(string(b.Instance)))})
		case !known || !t.quiet(&i.Work):
		case !i.State.Live() && b.To.Sub(i.ended()) > billSlack:
			t.add(BilledNotRunning, i, "", whyBilled(b.To))
		case i.State == Ready && !held && t.canSay(string(i.ID)) && b.To.Sub(t.lostSince(i.ID)) > billSlack:
			t.add(BilledNotRunning, i, "", whyBilled(b.To))
		}
	}
}

// ended is when an instance ceased to be.
func (i *Instance) ended() time.Time {
	if i.DeletedAt.IsZero() {
		return i.Since
	}
	return i.DeletedAt
}

// lostSince is when an instance was first found missing; now when it is new.
func (t *table) lostSince(id InstanceID) time.Time {
	n := slices.IndexFunc(t.open, func(f Finding) bool { return f.Kind == Lost && f.Instance == id && f.Binding == "" })
	if n < 0 {
		return t.asked
	}
	return t.open[n].FirstAt
}

// compareForeign finds what the provider holds and naru never made.
func (t *table) compareForeign() {
	bound := make(map[BindingID]bool, len(t.bindings))
	for _, b := range t.bindings {
		bound[b.ID] = true
	}
	var found []Finding
	for _, h := range t.held {
		i, known := t.here[h.Instance]
		if !known {
			found = append(found, Finding{Kind: Foreign, Why: whyForeign(), Provider: t.provider, Instance: InstanceID(storable(string(h.Instance)))})
			continue
		}
		for _, b := range h.Bindings {
			if !bound[b] {
				found = append(found, Finding{Kind: Foreign, Why: whyForeign(), Binding: BindingID(storable(string(b)))}.about(i))
			}
		}
	}
	slices.SortFunc(found, func(a, b Finding) int { return strings.Compare(a.key(), b.key()) })
	t.out = append(t.out, found[:min(len(found), maxForeign)]...)
}

// storable makes a foreign id fit for every database: valid, without control characters,
// of bounded length.
func storable(id string) string {
	id = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return '?'
		}
		return r
	}, id)
	if len(id) > maxID {
		id = strings.ToValidUTF8(id[:maxID], "") + "…"
	}
	return id
}

// looked reports whether this census could have seen a finding again: then its absence
// ends it.
func (t *table) looked(f *Finding) bool {
	if f.Kind.rechecked() {
		return false
	}
	switch f.Kind {
	case BilledNotRunning, RunningNotBilled:
		if t.billing.Through.IsZero() {
			return false
		}
	case Foreign:
		return t.way == ByListing
	case OtherPlan, PlanUnsure:
		return t.lookedAtPlan(f.Instance)
	}
	i, known := t.here[f.Instance]
	if known && !i.State.Settled() {
		return false // naru is at it
	}
	if f.Binding != "" {
		return t.canSay(string(f.Binding))
	}
	return !known || t.canSay(string(f.Instance))
}

// lookedAtPlan reports whether the plans of an instance were compared, or it runs no more.
func (t *table) lookedAtPlan(id InstanceID) bool {
	i, known := t.here[id]
	if !known || !t.quiet(&i.Work) || !t.canSay(string(id)) {
		return !known
	}
	h, held := t.there[id]
	_, told := t.agrees(i, h)
	return i.State != Ready || !held || told
}

// sum fills the numbers of the census.
func (t *table) sum(c *Census, seen []Finding) {
	c.Held, c.Billed = len(t.held), !t.billing.Through.IsZero()
	for n := range t.instances {
		i := &t.instances[n]
		switch {
		case i.State != Ready:
			continue
		case t.canSay(string(i.ID)):
			c.Looked++
		default:
			c.Unseen++
		}
		c.Known++
	}
	for n := range seen {
		f := &seen[n]
		c.Findings = append(c.Findings, Difference{f.Kind, f.Instance, f.Binding, f.Kind.proposal()})
	}
}
