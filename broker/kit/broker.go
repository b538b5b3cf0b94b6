package kit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"naru/wire/osb"
)

// Broker is the osb.Broker over one Engine.
type Broker struct {
	engine    Engine
	ledger    *Ledger
	catalogue *catalogue
	states    *states
	locks     keyed
	log       *slog.Logger
	now       func() time.Time
	closed    *osb.Error

	jobsMu  sync.Mutex
	jobs    map[string]*job
	halted  bool
	running sync.WaitGroup
}

var (
	_ osb.Broker        = (*Broker)(nil)
	_ osb.UsageReporter = (*Broker)(nil)
	_ osb.Lister        = (*Broker)(nil)
)

const (
	// tombstone is how long a finished deletion still answers "succeeded" before it answers 410:
	// some deployed platforms do not take an immediate 410.
	tombstone = 10 * time.Minute
	// stepTimeout bounds one engine call, so that a hanging engine becomes a stated failure.
	stepTimeout = 2 * time.Minute
	// pollAfter is when a platform is asked to look at an operation again.
	pollAfter = time.Second
)

// Parts are what a Broker is made of.
type Parts struct {
	Config   Config
	Offering Offering
	Engine   Engine
	Ledger   *Ledger
	Log      *slog.Logger
}

// NewBroker reads the state in Config.DataDir, restores the engine and resumes what a kill interrupted.
func NewBroker(ctx context.Context, p Parts) (*Broker, error) {
	catalogue, err := render(p.Config, p.Offering)
	if err != nil {
		return nil, err
	}
	states, err := openStates(p.Config.DataDir + "/instances")
	if err != nil {
		return nil, err
	}
	b := &Broker{
		engine: p.Engine, ledger: p.Ledger, catalogue: catalogue, states: states, log: p.Log, now: p.Config.Now,
		jobs: map[string]*job{},
	}
	if why := p.Offering.Unavailable; why != nil {
		b.closed = osb.Unprocessable("EngineNotInstalled", why.Ko+" / "+why.En)
		return b, nil
	}
	return b, b.restore(ctx)
}

// restore hands the engine what it held and resumes interrupted operations.
func (b *Broker) restore(ctx context.Context) error {
	var held []Held
	records := b.states.list()
	for _, r := range records {
		if r.Phase != deleted {
			held = append(held, b.held(r))
		}
	}
	if err := b.engine.Restore(ctx, held); err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	for _, r := range records {
		if err := b.resume(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// resume completes what was begun: operations go on in the background, half-made bindings are undone.
func (b *Broker) resume(ctx context.Context, r record) error {
	switch r.Phase {
	case creating, updating, deleting:
		b.start(r)
	case ready:
		for id, bound := range r.Bindings {
			if bound.Ready || bound.Operation != nil && !bound.running() {
				continue
			}
			if bound.running() {
				b.grantLater(r.ID, id)
				continue
			}
			if err := b.engine.Revoke(ctx, b.instance(r), grantOf(r.ID, id, bound)); err != nil {
				return fmt.Errorf("binding %q: %w", id, err)
			}
			delete(r.Bindings, id)
		}
		return b.states.put(r)
	}
	return nil
}

func (b *Broker) held(r record) Held {
	h := Held{Instance: b.instance(r)}
	for id, bound := range r.Bindings {
		if bound.Ready {
			h.Grants = append(h.Grants, grantOf(r.ID, id, bound))
		}
	}
	return h
}

// instance is what the engine is told of a record; a plan that left the catalogue keeps no limits.
func (b *Broker) instance(r record) Instance {
	return Instance{ID: r.ID, Key: Key(r.ID), Plan: b.catalogue.plans[r.PlanID].plan}
}

// grantOf names a binding for the engine; binding ids are unique within their instance only.
func grantOf(instanceID, id string, bound binding) Grant {
	return Grant{ID: id, Key: Key(instanceID + "\x00" + id), Binding: bound.Content}
}

// Close stops background operations (they resume at the next start), then the engine.
func (b *Broker) Close() error {
	b.halt()
	if b.closed != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), shutdownPatience)
	defer cancel()
	return errors.Join(b.sample(ctx, ""), b.ledger.Flush(), b.engine.Close())
}

// Catalog serves the ready-made bytes.
func (b *Broker) Catalog(_ context.Context, r osb.CatalogRequest) (osb.CatalogResponse, error) {
	if osb.ETagMatches(r.IfNoneMatch, b.catalogue.etag) {
		return osb.CatalogResponse{ETag: b.catalogue.etag, NotModified: true}, nil
	}
	return osb.CatalogResponse{Catalog: b.catalogue.value, Raw: b.catalogue.raw, ETag: b.catalogue.etag}, nil
}

// GetInstance shows an instance that is ready.
func (b *Broker) GetInstance(_ context.Context, r osb.GetInstanceRequest) (osb.GetInstanceResponse, error) {
	held, ok := b.states.get(r.InstanceID)
	switch {
	case !ok, held.Phase == creating, held.Phase == deleted, held.Phase == failed:
		return osb.GetInstanceResponse{}, osb.NotFound("no such service instance")
	case held.Phase != ready:
		return osb.GetInstanceResponse{}, osb.ConcurrencyError()
	}
	return osb.GetInstanceResponse{ServiceID: held.ServiceID, PlanID: held.PlanID, Parameters: held.Parameters, MaintenanceInfo: maintained(held.Maintained)}, nil
}

// LastOperation tells how the last operation stands; the broker keeps one per instance.
func (b *Broker) LastOperation(_ context.Context, r osb.LastOperationRequest) (osb.LastOperationResponse, error) {
	held, ok := b.states.get(r.InstanceID)
	if !ok {
		return osb.LastOperationResponse{}, osb.NotFound("no such service instance")
	}
	op := held.Operation
	if held.Phase == deleted && b.now().Sub(op.EndedAt) > tombstone {
		return osb.LastOperationResponse{}, osb.Gone()
	}
	out := osb.LastOperationResponse{State: op.State, Description: op.Description}
	if op.State == osb.InProgress {
		out.RetryAfter = pollAfter
	}
	if op.State == osb.Failed {
		usable, repeatable := held.Phase == ready, true
		out.InstanceUsable = &usable
		if op.Kind == osb.OpUpdate {
			out.UpdateRepeatable = &repeatable
		}
	}
	return out, nil
}

// Usage returns the lines that begin in the window.
func (b *Broker) Usage(ctx context.Context, r osb.UsageRequest) (osb.UsageResponse, error) {
	if b.closed != nil {
		return osb.UsageResponse{}, nil
	}
	if err := b.sample(ctx, r.InstanceID); err != nil {
		return osb.UsageResponse{}, err
	}
	records, err := b.ledger.Read(ctx, r)
	return osb.UsageResponse{Records: records}, err
}

// sample asks the engine for the present levels of one instance, or of all.
func (b *Broker) sample(ctx context.Context, only string) error {
	var errs []error
	for _, r := range b.states.list() {
		if r.Phase != ready || only != "" && r.ID != only {
			continue
		}
		if err := b.engine.Sample(ctx, b.instance(r)); err != nil {
			errs = append(errs, fmt.Errorf("usage of %q: %w", r.ID, err))
		}
	}
	return errors.Join(errs...)
}

// ListInstances returns what is held, also what failed and may have left something.
func (b *Broker) ListInstances(context.Context, osb.ListRequest) (osb.ListResponse, error) {
	var out osb.ListResponse
	for _, r := range b.states.list() {
		if r.Phase == deleted {
			continue
		}
		ids := []string{}
		for id := range r.Bindings {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		out.Instances = append(out.Instances, osb.InstanceSummary{
			InstanceID: r.ID, ServiceID: r.ServiceID, PlanID: r.PlanID, State: string(r.Phase), BindingIDs: ids,
		})
	}
	return out, nil
}
