package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"naru"
	"naru/base/op"
)

// SyncTask is the name of the task that reads a broker's catalogue.
const SyncTask = "catalog.sync"

// syncLease is longer than a broker may take to answer.
const syncLease = 2 * time.Minute

// Broker is the port to providers' brokers; package link/provider implements it. An
// error it returns should be a [naru.Error] with a message a provider can act on.
type Broker interface {
	Catalog(ctx context.Context, p Provider) (Listing, error)
}

// answer is what came of asking a broker.
type answer struct {
	listing Listing
	err     error
}

// SyncHandler makes the task that reads a provider's catalogue through the port and
// takes it over whole, or keeps the old one and states the fault at the provider. It is
// done after one attempt: a broker that was down is asked again by [Sync].
func SyncHandler(b Broker) op.Handler {
	return op.Handle(op.Task[Store, Provider, answer]{
		Name: SyncTask, Lease: syncLease,
		Prepare: func(ctx context.Context, _ *op.Call, s Store, subject string) (Provider, bool, error) {
			p, err := s.Provider(ctx, ProviderID(subject))
			return p, p.BrokerURL == "" && err == nil, err
		},
		Call: func(ctx context.Context, p Provider) answer {
			l, err := b.Catalog(ctx, p)
			return answer{l, err}
		},
		Settle: func(ctx context.Context, c *op.Call, s Store, _ string, asked Provider, a answer) (op.Step, error) {
			return settle(ctx, c, s, asked, a)
		},
	})
}

func settle(ctx context.Context, c *op.Call, s Store, asked Provider, a answer) (op.Step, error) {
	p, err := s.Provider(ctx, asked.ID)
	if err != nil {
		return op.Step{}, err
	}
	if p.BrokerURL != asked.BrokerURL {
		return op.Step{After: 0}, nil // the broker moved while it was asked: ask the new one
	}
	if a.err != nil {
		return op.Step{Done: true}, refuse(ctx, c, s, p, a.err)
	}
	_, err = takeOver(ctx, c, s, p, &a.listing)
	var refusal *naru.Error
	if errors.As(err, &refusal) && refusal.Kind == naru.Invalid {
		err = refuse(ctx, c, s, p, refusal)
	}
	return op.Step{Done: true}, err
}

// refuse states a fault at the provider; the catalogue stays as it is.
func refuse(ctx context.Context, c *op.Call, s Store, p Provider, fault error) error {
	p.Fault, p.Problems = "catalog.broker_fault", nil
	var known *naru.Error
	if errors.As(fault, &known) {
		p.Fault, p.Problems = known.Message.Key, known.Problems
	}
	c.Record([]string{string(p.ID)}, "outcome", "refused", "fault", p.Fault, "faults", fmt.Sprint(len(p.Problems)))
	return s.PutProvider(ctx, p)
}

// takeOver compares a listing with the catalogue and stores the difference.
func takeOver(ctx context.Context, c *op.Call, s Store, p Provider, l *Listing) (Change, error) {
	known, err := s.Offers(ctx, p.ID)
	if err != nil {
		return Change{}, err
	}
	if err := refuseListing(known, l); err != nil {
		return Change{}, err
	}
	u := reconcile(&p, known, l, c.NewID)
	if err := s.PutServices(ctx, u.services); err != nil {
		return Change{}, fmt.Errorf("services of %s: %w", p.ID, err)
	}
	if err := s.PutPlans(ctx, u.plans); err != nil {
		return Change{}, fmt.Errorf("plans of %s: %w", p.ID, err)
	}
	if !p.VersionSet && l.Version != "" {
		p.BrokerVersion = l.Version
	}
	p.SyncedAt, p.Fault, p.Problems = c.Now, "", nil
	if err := s.PutProvider(ctx, p); err != nil {
		return Change{}, err
	}
	c.Record([]string{string(p.ID)}, "outcome", "taken_over", "services", fmt.Sprint(u.change.Services), "plans", fmt.Sprint(u.change.Plans),
		"added", fmt.Sprint(u.change.Added), "changed", fmt.Sprint(u.change.Changed), "gone", fmt.Sprint(u.change.Gone), "broker_version", p.BrokerVersion)
	return u.change, nil
}
