package meter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/provision"
)

// Source is the port to what the providers' brokers metered.
type Source interface {
	// Usage returns the lines that begin in [from, to), deleted instances included.
	Usage(ctx context.Context, p catalog.Provider, from, to time.Time) ([]Reading, error)
}

// TaskCollect asks one provider for its usage.
const TaskCollect = "meter.collect"

// Collection is how the last asking of a provider went.
type Collection struct {
	Provider catalog.ProviderID `json:"provider"`
	Through  time.Time          `json:"through,omitzero"` // usage is known up to here
	At       time.Time          `json:"at"`               // of the last asking
	Fault    naru.Message       `json:"fault,omitzero"`   // of the last asking, empty = it went well
	Read     int                `json:"read"`             // lines the broker gave
	Added    int                `json:"added"`
	Repeated int                `json:"repeated"`
	Late     int                `json:"late"`
	Aside    int                `json:"aside"` // set aside now
}

// again is how far back every asking reaches behind the last one, so that lines that a
// broker wrote late are found; repeats cost only their reading.
const again = 40 * 24 * time.Hour

// CollectIn names a provider.
type CollectIn struct {
	Provider catalog.ProviderID `json:"provider,omitempty" doc:"provider id; empty means every provider with a broker"`
}

// CollectOut is who is being asked.
type CollectOut struct {
	Providers []catalog.ProviderID `json:"providers"`
}

// collect asks for tasks; the answer comes with them, outside of any transaction.
func collect(ctx context.Context, c *op.Call, s Store, in CollectIn) (CollectOut, error) {
	var out CollectOut
	list, err := asked(ctx, s, in.Provider)
	if err != nil {
		return out, err
	}
	var subjects []string
	for _, p := range list {
		if p.BrokerURL == "" {
			continue
		}
		c.EnqueueIn(string(p.ID), TaskCollect, string(p.ID))
		out.Providers = append(out.Providers, p.ID)
		subjects = append(subjects, string(p.ID))
	}
	if len(subjects) == 0 {
		return out, naru.NewError(naru.Conflict, "meter.no_broker")
	}
	c.Record(subjects, "providers", fmt.Sprint(len(subjects)))
	return out, nil
}

// asked returns the provider that was named, or all.
func asked(ctx context.Context, s Store, id catalog.ProviderID) ([]catalog.Provider, error) {
	if id != "" {
		p, err := s.Provider(ctx, id)
		return []catalog.Provider{p}, err
	}
	var all []catalog.Provider
	for page := (naru.Page{Limit: naru.MaxPage}); ; {
		list, err := s.Providers(ctx, "", page)
		if err != nil {
			return nil, err
		}
		all = append(all, list.Rows...)
		if page.After = list.Next; page.After == "" {
			return all, nil
		}
	}
}

// asking is one call to a provider; answer is what came back.
type asking struct {
	provider catalog.Provider
	span     Span
}

type answer struct {
	readings []Reading
	err      error
}

// Handlers makes the task that asks providers through the port.
func Handlers(src Source) []op.Handler {
	return []op.Handler{op.Handle(op.Task[Store, asking, answer]{
		Name: TaskCollect, Lease: 5 * time.Minute, Prepare: prepare,
		Call: func(ctx context.Context, a asking) answer {
			readings, err := src.Usage(ctx, a.provider, a.span.From, a.span.To)
			return answer{readings, err}
		},
		Settle: func(ctx context.Context, c *op.Call, s Store, _ string, a asking, got answer) (op.Step, error) {
			return settle(ctx, c, s, a, got)
		},
	})}
}

func prepare(ctx context.Context, c *op.Call, s Store, subject string) (asking, bool, error) {
	p, err := s.Provider(ctx, catalog.ProviderID(subject))
	if err != nil {
		return asking{}, naru.KindOf(err) == naru.NotFound, err
	}
	last, err := s.Collection(ctx, p.ID)
	if err != nil {
		return asking{}, false, err
	}
	from := last.Through.Add(-again)
	if last.Through.IsZero() {
		from = time.Unix(0, 0).UTC()
	}
	return asking{p, Span{from, c.Now.Add(clockSkew)}}, false, nil
}

// settle stores what a provider told. An asking that failed is stated and ends; the next
// one reaches back to where the last good one ended.
func settle(ctx context.Context, c *op.Call, s Store, a asking, got answer) (op.Step, error) {
	subject := string(a.provider.ID)
	state, err := s.Collection(ctx, a.provider.ID)
	if err != nil {
		return op.Step{}, err
	}
	state = Collection{Provider: a.provider.ID, Through: state.Through, At: c.Now, Read: len(got.readings)}
	if got.err != nil {
		state.Fault = faultOf(got.err)
		c.Record([]string{subject}, "fault", state.Fault.Key)
		return op.Step{Done: true}, s.PutCollection(ctx, state)
	}
	b, err := newBatch(ctx, c, s, a.provider.ID)
	if err != nil {
		return op.Step{}, err
	}
	for _, r := range got.readings {
		if err := b.take(ctx, r); err != nil {
			return op.Step{}, fmt.Errorf("line %q of %s: %w", r.Line, subject, err)
		}
	}
	state.Added, state.Repeated, state.Late, state.Aside = b.added, b.repeated, b.late, b.aside
	state.Through = minTime(a.span.To, c.Now)
	c.Record([]string{subject}, "read", fmt.Sprint(state.Read), "added", fmt.Sprint(b.added),
		"repeated", fmt.Sprint(b.repeated), "late", fmt.Sprint(b.late), "aside", fmt.Sprint(b.aside))
	return op.Step{Done: true}, s.PutCollection(ctx, state)
}

func faultOf(err error) naru.Message {
	var e *naru.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return naru.Msg("meter.no_answer")
}

// batch takes readings of one provider in.
type batch struct {
	call     *op.Call
	store    Store
	provider catalog.ProviderID
	open     naru.Month // the first month that is not sealed, "" = none ever was
	lives    map[string]life

	added, repeated, late, aside int
}

func newBatch(ctx context.Context, c *op.Call, s Store, p catalog.ProviderID) (*batch, error) {
	b := &batch{call: c, store: s, provider: p, lives: map[string]life{}}
	last, ok, err := s.LastSeal(ctx)
	if ok {
		b.open = last.Month.Next()
	}
	return b, err
}

// take accepts a reading, drops a repeat, or sets the reading aside.
func (b *batch) take(ctx context.Context, r Reading) error {
	if r.Line == "" {
		return b.setAside(ctx, r, naru.Msg("meter.no_line"))
	}
	known, found, err := b.store.UsageDigest(ctx, b.provider, r.Line)
	switch {
	case err != nil:
		return err
	case found && known == r.digest():
		b.repeated++
		return nil
	case found:
		return b.setAside(ctx, r, naru.Msg("meter.line_changed", "line", fmt.Sprintf("%.80s", r.Line)))
	}
	l, err := b.life(ctx, r.Instance)
	if err != nil {
		return err
	}
	u, reason := l.accept(b.provider, r)
	if reason != nil {
		return b.setAside(ctx, r, *reason)
	}
	u.Month = naru.MonthOf(u.From)
	if u.Month < b.open {
		u.Month, u.Late = b.open, true
		b.late++
	}
	b.added++
	return b.store.PutUsage(ctx, u)
}

func (b *batch) life(ctx context.Context, instance string) (life, error) {
	if l, ok := b.lives[instance]; ok {
		return l, nil
	}
	i, err := b.store.Instance(ctx, provision.InstanceID(instance))
	l := life{instance: i, known: err == nil, now: b.call.Now}
	if err != nil && naru.KindOf(err) != naru.NotFound {
		return l, err
	}
	if l.known {
		if l.terms, err = b.store.Terms(ctx, l.instance.ID); err != nil {
			return l, err
		}
	}
	b.lives[instance] = l
	return l, nil
}

// setAside keeps a reading apart, in the month it would have been charged in. The same
// reading is kept once.
func (b *batch) setAside(ctx context.Context, r Reading, why naru.Message) error {
	month := max(naru.MonthOf(r.From), b.open)
	if r.From.IsZero() || month > naru.MonthOf(b.call.Now) {
		month = naru.MonthOf(b.call.Now)
	}
	fresh, err := b.store.PutAside(ctx, Aside{
		Provider: b.provider, Line: r.Line, Digest: r.digest(), Month: month, Reason: why, Reading: r, SeenAt: b.call.Now,
	})
	if fresh {
		b.aside++
	}
	return err
}
