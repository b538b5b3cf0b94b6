package provision

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/law"
)

// The tasks of this step. A row in the queue is about one instance, binding or provider.
const (
	TaskInstance = "provision.settle"
	TaskBinding  = "provision.settle_binding"
	TaskCensus   = "provision.count"
	TaskInspect  = "provision.look"
	TaskRecheck  = "provision.recheck"
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
			Name: TaskInstance, Lease: callLease, Look: limited(longest, lookInstance), Prepare: limited(longest, prepareInstance),
			Call: calling(b), Settle: settling(settleInstance),
		}),
		op.Handle(op.Task[Store, Request, Answer]{
			Name: TaskBinding, Lease: callLease, Look: limited(longest, lookBinding), Prepare: limited(longest, prepareBinding),
			Call: calling(b), Settle: settling(settleBinding),
		}),
		op.Handle(op.Task[Store, counting, counted]{
			Name: TaskCensus, Lease: censusLease, Prepare: prepareCensus, Call: countWith(b), Settle: settling(settleCensus),
		}),
		op.Handle(op.Task[Store, looking, Answer]{
			Name: TaskInspect, Lease: callLease, Prepare: prepareInspection, Settle: settling(settleInspection),
			Call: func(ctx context.Context, l looking) Answer { return b.Call(ctx, l.request) },
		}),
	}
}

// RecheckHandler makes the task that checks again what runs, by the law of a book.
func RecheckHandler(book *law.Book) op.Handler {
	return op.Handle(op.Task[Store, struct{}, struct{}]{
		Name: TaskRecheck, Lease: callLease, Prepare: creation{book}.recheck,
		Call: func(context.Context, struct{}) struct{} { return struct{}{} },
		Settle: func(context.Context, *op.Call, Store, string, struct{}, struct{}) (op.Step, error) {
			return op.Step{Done: true}, nil
		},
	})
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
		case r.Step == Wait, r.Step == Sleep:
			return Answer{}
		case r.Step == Fetch && r.Binding == "" && !r.Terms.Retrievable:
			return Answer{Outcome: Missing}
		}
		return b.Call(ctx, r)
	}
}

// dispatchInstance stores an instance with a call that is due and sees to the call: when
// this process has room for it, the call is begun here and handed over with the commit;
// otherwise the task prepares it. What waits, for a call that is open or for bindings,
// waits in the queue.
func dispatchInstance(ctx context.Context, c *op.Call, s Store, i *Instance, free bool) error {
	lane := string(i.Provider)
	free = free && i.due(c.Now) && c.Seat(TaskInstance, lane)
	if free {
		i.Work = i.Begin(c.NewID("call"), c.Now)
	}
	if err := s.PutInstance(ctx, *i); err != nil {
		return err
	}
	r, err := request(ctx, s, *i, i.Work)
	if err != nil {
		return err
	}
	if !free {
		c.EnqueueIn(lane, TaskInstance, string(i.ID))
		return r.intend(ctx, c, s)
	}
	c.EnqueueNow(lane, TaskInstance, string(i.ID), r)
	return r.send(ctx, c, s)
}

// due reports whether a call that changes something at the provider may leave now.
func (w Work) due(now time.Time) bool {
	step := w.Next()
	return (step == Put || step == Patch || step == Delete) && w.CallID == "" && !w.early(now)
}

// polls reports whether all that is due is to ask how far an operation has come. That
// changes nothing at the provider, so it is not stored that it begins.
func (w Work) polls(now time.Time) bool {
	return w.Next() == Poll && w.CallID == "" && !w.early(now)
}

// lookInstance gives a poll without a write.
func lookInstance(ctx context.Context, c *op.Call, s Store, subject string) (Request, bool, error) {
	i, err := s.Instance(ctx, InstanceID(subject))
	if err != nil || !i.polls(c.Now) {
		return Request{}, false, err
	}
	r, err := request(ctx, s, i, i.Work)
	r.Call = c.ID
	return r, err == nil, err
}

// prepareInstance commits the intent to call, or waits: for another run that is in a
// call, or for bindings that go first.
func prepareInstance(ctx context.Context, c *op.Call, s Store, subject string) (Request, bool, error) {
	i, err := s.Instance(ctx, InstanceID(subject))
	if err != nil || i.State.Settled() {
		return Request{}, true, err
	}
	if busy, err := i.busy(ctx, c, s, TaskInstance, subject); err != nil || busy || i.early(c.Now) {
		return Request{Step: Wait, Instance: i.ID}, false, err
	}
	if held, err := i.held(ctx, s); err != nil || held {
		return Request{Step: Sleep, Instance: i.ID}, false, err
	}
	was := i.Work
	i.Work = i.Begin(c.ID, c.Now)
	if i.State != was.State {
		c.Record(i.subjects(), i.detail(was.State)...)
	}
	if err := s.PutInstance(ctx, i); err != nil {
		return Request{}, false, err
	}
	r, err := request(ctx, s, i, i.Work)
	if err != nil {
		return r, false, err
	}
	return r, false, r.open(ctx, c, s, was)
}

// request is the call that is due for an instance or one of its bindings.
func request(ctx context.Context, s Store, i Instance, w Work) (Request, error) {
	r := Request{
		Step: w.Next(), Instance: i.ID, Institution: i.Institution, System: i.System, Operation: w.Operation, Since: w.Since, Call: w.CallID,
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

// staleKey is the fault of a request that named a version from a catalogue that is old by now.
const staleKey = "provision.maintenance_stale"

// settleInstance stores what the answer made of the instance.
func settleInstance(ctx context.Context, c *op.Call, s Store, r Request, a Answer) (op.Step, error) {
	i, err := s.Instance(ctx, r.Instance)
	if err != nil {
		return op.Step{}, err
	}
	if r.Step == Sleep {
		return i.sleep(ctx, s)
	}
	was, before := i.Work, i.State
	step, stale := resume(&i.Work, r, c.Now)
	if stale && !r.Step.changes() && i.unchanged(was) {
		return spare(ctx, s, TaskInstance, string(i.ID), step)
	}
	if !stale {
		i.Limit = r.Limit
		a = r.judge(a)
		i.Work, step.After = i.Settle(a, c.Now)
		step.Done = i.State.Settled()
		i.keep(r, a)
	}
	if err := r.close(ctx, c, s, a, passage{was, i.Work}); err != nil {
		return step, err
	}
	if i.State != before && a.Fault.Key == staleKey {
		c.EnqueueIn(string(i.Provider), catalog.SyncTask, string(i.Provider))
	}
	if before == Updating && i.State == Ready {
		return step, r.finishChange(ctx, c, s, &i, a)
	}
	i.ReadyAt, i.DeletedAt = stamp(before, i.Work, c.Now, i.ReadyAt, i.DeletedAt)
	if i.State != before {
		c.Record(i.subjects(), i.detail(before)...)
		if err := closeMoot(ctx, c, s, subject{instance: i}, was); err != nil {
			return step, err
		}
	}
	if i.unchanged(was) && a.Dashboard == "" && a.Metadata == nil {
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
	if r.Step == Patch && i.Change != nil && (a.Usable != nil || a.Repeatable != nil) {
		change := *i.Change
		change.Usable, change.Repeatable = a.Usable, a.Repeatable
		i.Change = &change
	}
}

// unchanged reports whether nothing is new but the time of the next attempt, which the
// row in the queue keeps.
func (w Work) unchanged(was Work) bool {
	was.NextAt, was.Limit = w.NextAt, w.Limit
	return reflect.DeepEqual(w, was)
}

// resume finds out whether an answer still counts: not when there was no call, when
// another run took over, or when the wish has changed meanwhile.
func resume(w *Work, r Request, now time.Time) (step op.Step, stale bool) {
	switch {
	case r.Step == Poll && w.CallID == "": // a poll leaves no intent behind, and a broker may name every operation alike
		return op.Step{}, w.Next() != Poll || w.Operation != r.Operation || !w.Since.Equal(r.Since)
	case r.Step == Wait, w.CallID != r.Call:
		return op.Step{After: max(min(w.NextAt.Sub(now), longestWait), pollLeast)}, true
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
