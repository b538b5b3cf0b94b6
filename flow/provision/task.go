package provision

import (
	"context"
	"fmt"
	"time"

	"naru"
	"naru/base/op"
)

// The tasks of this step. A row in the queue is about one instance, binding or provider.
const (
	TaskInstance = "provision.settle"
	TaskBinding  = "provision.settle_binding"
	TaskCensus   = "provision.count"
)

// Handlers makes the tasks that speak to the brokers through the port.
func Handlers(b Broker) []op.Handler { return HandlersWithin(b, pollLimit) }

// HandlersWithin is Handlers with the longest an operation of a broker may take. A plan
// that says less itself is held to its own word; 0 means naru's own limit.
func HandlersWithin(b Broker, longest time.Duration) []op.Handler {
	if longest <= 0 {
		longest = pollLimit
	}
	return []op.Handler{
		op.Handle(op.Task[Store, Request, Answer]{
			Name: TaskInstance, Lease: callLease, Prepare: limited(longest, prepareInstance), Call: calling(b), Settle: settling(settleInstance),
		}),
		op.Handle(op.Task[Store, Request, Answer]{
			Name: TaskBinding, Lease: callLease, Prepare: limited(longest, prepareBinding), Call: calling(b), Settle: settling(settleBinding),
		}),
		op.Handle(op.Task[Store, counting, counted]{
			Name: TaskCensus, Lease: callLease, Prepare: prepareCensus, Call: countWith(b), Settle: settling(settleCensus),
		}),
	}
}

// settling drops the subject, which every question of this step carries itself.
func settling[P, A any](settle func(context.Context, *op.Call, Store, P, A) (op.Step, error)) func(context.Context, *op.Call, Store, string, P, A) (op.Step, error) {
	return func(ctx context.Context, c *op.Call, s Store, _ string, what P, answer A) (op.Step, error) {
		return settle(ctx, c, s, what, answer)
	}
}

// limited holds an operation to the plan's own word on how long it takes, and to naru's.
func limited(longest time.Duration, prepare preparing) preparing {
	return func(ctx context.Context, c *op.Call, s Store, subject string) (Request, bool, error) {
		r, skip, err := prepare(ctx, c, s, subject)
		if r.Limit <= 0 || r.Limit > longest {
			r.Limit = longest
		}
		return r, skip, err
	}
}

type preparing = func(context.Context, *op.Call, Store, string) (Request, bool, error)

func calling(b Broker) func(context.Context, Request) Answer {
	return func(ctx context.Context, r Request) Answer {
		switch {
		case r.Step == Wait:
			return Answer{}
		case r.Step == Fetch && r.Binding == "" && !r.Terms.Retrievable:
			return Answer{Outcome: Missing}
		}
		return b.Call(ctx, r)
	}
}

// prepareInstance commits the intent to call, or waits: for another run that is in a
// call, or for bindings that go first.
func prepareInstance(ctx context.Context, c *op.Call, s Store, subject string) (Request, bool, error) {
	i, err := s.Instance(ctx, InstanceID(subject))
	if err != nil || i.State.Settled() {
		return Request{}, true, err
	}
	if c.Now.Before(i.NextAt) {
		return Request{Step: Wait, Instance: i.ID}, false, nil
	}
	if i.State == Deleting {
		bindings, err := s.Bindings(ctx, i.ID)
		if err != nil || countLive(bindings) > 0 {
			return Request{Step: Wait, Instance: i.ID}, false, err
		}
	}
	before := i.State
	i.Work = i.Begin(c.ID, c.Now)
	if i.State != before {
		c.Record(i.subjects(), i.detail(before)...)
	}
	if err := s.PutInstance(ctx, i); err != nil {
		return Request{}, false, err
	}
	r, err := request(ctx, s, i, i.Work)
	return r, false, err
}

// request is the call that is due for an instance or one of its bindings.
func request(ctx context.Context, s Store, i Instance, w Work) (Request, error) {
	r := Request{
		Step: w.Next(), Instance: i.ID, Institution: i.Institution, System: i.System, Operation: w.Operation, Call: w.CallID,
		Params: i.Params, Maintenance: i.Maintenance, Label: i.Label,
	}
	offer, err := s.Offer(ctx, i.Service)
	if err != nil {
		return r, fmt.Errorf("service of %s: %w", i.ID, err)
	}
	plan, ok := offer.Find(i.Plan)
	if !ok {
		return r, naru.NewError(naru.Internal, "provision.plan_unknown", "order", string(i.Order))
	}
	r.Service, r.Plan, r.Terms = offer.OSBID, plan.OSBID, offer.Terms(plan)
	r.Limit = r.Terms.Longest
	if i.Change.Running() && i.State == Updating {
		i.want(&r, &offer)
	}
	r.Provider, err = s.Provider(ctx, i.Provider)
	return r, err
}

// settleInstance stores what the answer made of the instance.
func settleInstance(ctx context.Context, c *op.Call, s Store, r Request, a Answer) (op.Step, error) {
	i, err := s.Instance(ctx, r.Instance)
	if err != nil {
		return op.Step{}, err
	}
	before := i.State
	step, stale := resume(&i.Work, r, c.Now)
	if !stale {
		i.Limit = r.Limit
		i.Work, step.After = i.Settle(r.judge(a), c.Now)
		step.Done = i.State.Settled()
		i.keep(r, a)
	}
	if before == Updating && i.State == Ready {
		return step, finishChange(ctx, c, s, &i, a)
	}
	i.ReadyAt, i.DeletedAt = stamp(before, i.Work, c.Now, i.ReadyAt, i.DeletedAt)
	if i.State != before {
		c.Record(i.subjects(), i.detail(before)...)
	}
	if r.Step == Wait {
		return step, nil
	}
	return step, s.PutInstance(ctx, i)
}

// keep takes over what a broker tells about the instance beside the outcome. What it
// leaves out stays.
func (i *Instance) keep(r Request, a Answer) {
	if r.Step != Put && r.Step != Patch {
		return
	}
	if a.Dashboard != "" {
		i.Dashboard = a.Dashboard
	}
	if a.Metadata != nil {
		i.Metadata = a.Metadata
	}
}

// resume finds out whether an answer still counts: not when there was no call, when
// another run took over, or when the wish has changed meanwhile.
func resume(w *Work, r Request, now time.Time) (step op.Step, stale bool) {
	switch {
	case r.Step == Wait, w.CallID != r.Call:
		return op.Step{After: max(w.NextAt.Sub(now), pollLeast)}, true
	case w.Next() != r.Step:
		*w = w.release(now)
		return op.Step{}, true
	}
	return op.Step{}, false
}

// stamp keeps when it became ready and when it was deleted.
func stamp(before State, w Work, now, ready, deleted time.Time) (time.Time, time.Time) {
	switch {
	case before == w.State, before == Updating && w.State == Ready:
	case w.State == Ready:
		return now, deleted
	case w.State == Deleted:
		return ready, now
	}
	return ready, deleted
}

// prepareBinding is prepareInstance for a binding.
func prepareBinding(ctx context.Context, c *op.Call, s Store, subject string) (Request, bool, error) {
	b, err := s.Binding(ctx, BindingID(subject))
	if err != nil || b.State.Settled() {
		return Request{}, true, err
	}
	if c.Now.Before(b.NextAt) {
		return Request{Step: Wait, Instance: b.Instance, Binding: b.ID}, false, nil
	}
	i, err := s.Instance(ctx, b.Instance)
	if err != nil {
		return Request{}, false, err
	}
	before := b.State
	b.Work = b.Begin(c.ID, c.Now)
	if b.State != before {
		c.Record(b.subjects(i), b.detail(before)...)
	}
	if err := s.PutBinding(ctx, b); err != nil {
		return Request{}, false, err
	}
	r, err := request(ctx, s, i, b.Work)
	r.Binding, r.Params, r.Resource, r.Predecessor, r.Wanted, r.Sync = b.ID, b.Params, b.Resource, b.Predecessor, nil, false
	return r, false, err
}

// settleBinding stores what the answer made of the binding, its credentials sealed.
func settleBinding(ctx context.Context, c *op.Call, s Store, r Request, a Answer) (op.Step, error) {
	b, err := s.Binding(ctx, r.Binding)
	if err != nil {
		return op.Step{}, err
	}
	i, err := s.Instance(ctx, b.Instance)
	if err != nil {
		return op.Step{}, err
	}
	before := b.State
	step, stale := resume(&b.Work, r, c.Now)
	if !stale {
		b.Limit = r.Limit
		a = checkContent(r, a)
		b.Work, step.After = b.SettleBinding(a, c.Now)
		step.Done = b.State.Settled()
	}
	if r.Step == Wait {
		return step, nil
	}
	b.ReadyAt, b.DeletedAt = stamp(before, b.Work, c.Now, b.ReadyAt, b.DeletedAt)
	if b.State != before {
		c.Record(b.subjects(i), b.detail(before)...)
	}
	if b.State == Ready && before != Ready {
		b.ExpiresAt, b.RenewBefore = lifeOf(a.Content)
		if err := s.PutCredentials(ctx, b.ID, a.Content); err != nil {
			return step, fmt.Errorf("credentials of %s: %w", b.ID, err)
		}
	}
	return step, s.PutBinding(ctx, b)
}
