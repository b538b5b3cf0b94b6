package fault

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"naru/broker/kit"
	"naru/wire/osb"
)

// phase is where an instance or binding is in its life.
type phase string

const (
	creating phase = "creating"
	ready    phase = "ready"
	updating phase = "updating"
	deleting phase = "deleting"
	deleted  phase = "deleted"
)

// tombstone is how long a finished deletion answers "succeeded" to a poll before it answers 410.
const tombstone = 10 * time.Minute

// work is the operation an instance or binding was last given.
type work struct {
	phase phase
	id    string    // the operation
	ends  time.Time // when what runs is over
	// toPlan and toParameters are what an update goes to.
	toPlan       string
	toParameters json.RawMessage
}

// wish is what a creation asked for, to tell the same again from something else.
type wish struct {
	planID, org, space string
	parameters         json.RawMessage
}

func (w wish) same(other wish) bool {
	return w.planID == other.planID && w.org == other.org && w.space == other.space && sameJSON(w.parameters, other.parameters)
}

type instance struct {
	work
	wish
	bindings map[string]*binding
}

// Broker is the correct broker behind the switch. It has no goroutine: what takes its time is over when the
// clock says so, and is settled when somebody next looks.
type Broker struct {
	catalogue *catalogue
	delay     time.Duration
	now       func() time.Time

	mu        sync.Mutex
	instances map[string]*instance
}

var (
	_ osb.Broker = (*Broker)(nil)
	_ osb.Lister = (*Broker)(nil)
)

// NewBroker returns a broker with nothing in it; delay is how long an asynchronous operation takes.
func NewBroker(site string, delay time.Duration, now func() time.Time) (*Broker, error) {
	c, err := newCatalogue(site)
	if err != nil {
		return nil, err
	}
	return &Broker{catalogue: c, delay: delay, now: now, instances: map[string]*instance{}}, nil
}

// Catalog serves the ready-made bytes.
func (b *Broker) Catalog(context.Context, osb.CatalogRequest) (osb.CatalogResponse, error) {
	return osb.CatalogResponse{Catalog: b.catalogue.value, Raw: b.catalogue.raw, ETag: b.catalogue.etag}, nil
}

// begin gives an instance or binding an operation that ends after the delay.
func (b *Broker) begin(w *work, p phase) {
	w.phase, w.id, w.ends = p, string(p)+"-"+kit.NewPassword()[:12], b.now().Add(b.delay)
}

// find returns an instance as it is now, nil when there is none or it was deleted.
func (b *Broker) find(id string) *instance {
	i := b.instances[id]
	if i == nil {
		return nil
	}
	b.settle(i)
	if i.phase == deleted {
		return nil
	}
	return i
}

// settle ends what is over.
func (b *Broker) settle(i *instance) {
	for id, bound := range i.bindings {
		if bound.settle(b.now()) && bound.phase == deleted && b.now().Sub(bound.ends) > tombstone {
			delete(i.bindings, id)
		}
	}
	if b.now().Before(i.ends) {
		return
	}
	switch i.phase {
	case creating:
		i.phase = ready
	case updating:
		i.phase, i.planID = ready, i.toPlan
		if i.toParameters != nil {
			i.parameters = i.toParameters
		}
	case deleting:
		i.phase, i.bindings = deleted, nil
	}
}

func maintenanceOf(p plan, m *osb.MaintenanceInfo) error {
	if m != nil && m.Version != p.MaintenanceInfo.Version {
		return osb.Unprocessable(osb.CodeMaintenanceInfoConflict, "the catalog has another maintenance_info.version for this plan")
	}
	return nil
}

// Provision creates an instance.
func (b *Broker) Provision(_ context.Context, r osb.ProvisionRequest) (osb.ProvisionResponse, error) {
	p, err := b.catalogue.find(r.ServiceID, r.PlanID)
	if err == nil {
		err = maintenanceOf(p, r.MaintenanceInfo)
	}
	if err != nil {
		return osb.ProvisionResponse{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	wanted := wish{r.PlanID, r.OrganizationGUID, r.SpaceGUID, r.Parameters}
	url := "https://dashboard.invalid/" + kit.Key(r.InstanceID)
	if i := b.find(r.InstanceID); i != nil {
		switch {
		case i.phase == deleting:
			return osb.ProvisionResponse{}, osb.ConcurrencyError()
		case !i.same(wanted):
			return osb.ProvisionResponse{}, osb.Conflict("a service instance with this id and other attributes exists")
		case i.phase == creating:
			return osb.ProvisionResponse{Async: true, Operation: i.id, DashboardURL: url}, nil
		}
		return osb.ProvisionResponse{Existed: true, DashboardURL: url}, nil
	}
	if p.async && !r.AcceptsIncomplete {
		return osb.ProvisionResponse{}, osb.AsyncRequired()
	}
	i := &instance{wish: wanted, bindings: map[string]*binding{}}
	b.instances[r.InstanceID] = i
	if p.async {
		b.begin(&i.work, creating)
		return osb.ProvisionResponse{Async: true, Operation: i.id, DashboardURL: url}, nil
	}
	i.phase = ready
	return osb.ProvisionResponse{DashboardURL: url}, nil
}

// GetInstance shows an instance that is ready.
func (b *Broker) GetInstance(_ context.Context, r osb.GetInstanceRequest) (osb.GetInstanceResponse, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := b.find(r.InstanceID)
	switch {
	case i == nil, i.phase == creating:
		return osb.GetInstanceResponse{}, osb.NotFound("no such service instance")
	case i.phase != ready:
		return osb.GetInstanceResponse{}, osb.ConcurrencyError()
	}
	return osb.GetInstanceResponse{
		ServiceID: b.catalogue.value.Services[0].ID, PlanID: i.planID, Parameters: i.parameters,
		DashboardURL: "https://dashboard.invalid/" + kit.Key(r.InstanceID), MaintenanceInfo: &osb.MaintenanceInfo{Version: MaintenanceVersion},
	}, nil
}

// Update changes plan and parameters.
func (b *Broker) Update(_ context.Context, r osb.UpdateRequest) (osb.UpdateResponse, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := b.find(r.InstanceID)
	if i == nil {
		return osb.UpdateResponse{}, osb.NotFound("no such service instance")
	}
	target := r.PlanID
	if target == "" {
		target = i.planID
	}
	p, err := b.catalogue.find(r.ServiceID, target)
	if err == nil {
		err = maintenanceOf(p, r.MaintenanceInfo)
	}
	changed := target != i.planID || r.Parameters != nil && !sameJSON(r.Parameters, i.parameters)
	async := p.async || b.catalogue.plans[i.planID].async
	switch {
	case err != nil:
		return osb.UpdateResponse{}, err
	case i.phase == updating && i.toPlan == target && sameJSON(i.toParameters, r.Parameters):
		return osb.UpdateResponse{Async: true, Operation: i.id}, nil
	case i.phase != ready:
		return osb.UpdateResponse{}, osb.ConcurrencyError()
	case !changed:
		return osb.UpdateResponse{}, nil
	case async && !r.AcceptsIncomplete:
		return osb.UpdateResponse{}, osb.AsyncRequired()
	}
	b.begin(&i.work, updating)
	i.toPlan, i.toParameters = target, r.Parameters
	if async {
		return osb.UpdateResponse{Async: true, Operation: i.id}, nil
	}
	i.ends = b.now()
	b.settle(i)
	return osb.UpdateResponse{}, nil
}

// Deprovision deletes an instance with its bindings; a creation that runs is stopped.
func (b *Broker) Deprovision(_ context.Context, r osb.DeprovisionRequest) (osb.DeprovisionResponse, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := b.find(r.InstanceID)
	if i == nil {
		return osb.DeprovisionResponse{}, osb.Gone()
	}
	async := b.catalogue.plans[i.planID].async
	switch {
	case i.phase == deleting:
		return osb.DeprovisionResponse{Async: true, Operation: i.id}, nil
	case i.phase == updating:
		return osb.DeprovisionResponse{}, osb.ConcurrencyError()
	case async && !r.AcceptsIncomplete:
		return osb.DeprovisionResponse{}, osb.AsyncRequired()
	}
	b.begin(&i.work, deleting)
	if async {
		return osb.DeprovisionResponse{Async: true, Operation: i.id}, nil
	}
	i.ends = b.now()
	b.settle(i)
	return osb.DeprovisionResponse{}, nil
}

// LastOperation tells how the last operation of an instance stands.
func (b *Broker) LastOperation(_ context.Context, r osb.LastOperationRequest) (osb.LastOperationResponse, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := b.instances[r.InstanceID]
	if i == nil {
		return osb.LastOperationResponse{}, osb.NotFound("no such service instance")
	}
	b.settle(i)
	return b.progress(i.work)
}

func (b *Broker) progress(w work) (osb.LastOperationResponse, error) {
	switch {
	case w.phase == deleted && b.now().Sub(w.ends) > tombstone:
		return osb.LastOperationResponse{}, osb.Gone()
	case w.phase == ready, w.phase == deleted:
		return osb.LastOperationResponse{State: osb.Succeeded}, nil
	}
	return osb.LastOperationResponse{State: osb.InProgress, RetryAfter: time.Second}, nil
}

// ListInstances returns what is held, what is being deleted included.
func (b *Broker) ListInstances(context.Context, osb.ListRequest) (osb.ListResponse, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := osb.ListResponse{Instances: []osb.InstanceSummary{}}
	for _, id := range slices.Sorted(maps.Keys(b.instances)) {
		i := b.find(id)
		if i == nil {
			continue
		}
		out.Instances = append(out.Instances, osb.InstanceSummary{
			InstanceID: id, ServiceID: b.catalogue.value.Services[0].ID, PlanID: i.planID, State: string(i.phase),
			BindingIDs: i.live(),
		})
	}
	return out, nil
}

// sameJSON compares two optional JSON objects by value; absent, null and {} say the same.
func sameJSON(a, b json.RawMessage) bool { return bytes.Equal(canonical(a), canonical(b)) }

func canonical(raw json.RawMessage) []byte {
	var v map[string]any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if len(raw) == 0 || decoder.Decode(&v) != nil || len(v) == 0 {
		return nil
	}
	out, err := json.Marshal(v)
	if err != nil {
		return raw
	}
	return out
}
