package southern

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"code.cloudfoundry.org/brokerapi/v13/domain"
	"code.cloudfoundry.org/brokerapi/v13/domain/apiresponses"
)

// How long an asynchronous operation takes.
const (
	Delay     = 300 * time.Millisecond
	SlowDelay = 4 * time.Second
)

const service = "southern-service"

// broker implements domain.ServiceBroker.
type broker struct {
	mu    sync.Mutex
	store *store
}

var (
	_ domain.ServiceBroker = (*broker)(nil)

	errBusy = apiresponses.NewFailureResponseBuilder(errors.New("another operation is in progress"), http.StatusUnprocessableEntity, "busy").
		WithErrorKey("ConcurrencyError").Build()
)

// delay is how long a plan's operations take; 0 is at once.
func delay(plan string) time.Duration {
	switch plan {
	case "southern-async":
		return Delay
	case "southern-slow":
		return SlowDelay
	}
	return 0
}

// Services is the catalogue.
func (b *broker) Services(context.Context) ([]domain.Service, error) {
	plan := func(name, description string) domain.ServicePlan {
		return domain.ServicePlan{ID: "southern-" + name, Name: name, Description: description, Free: domain.FreeValue(true)}
	}
	return []domain.Service{{
		ID: service, Name: "southern", Description: "holds nothing", Bindable: true, InstancesRetrievable: true, BindingsRetrievable: true, PlanUpdatable: true,
		Plans: []domain.ServicePlan{plan("sync", "at once"), plan("bigger", "at once, more"), plan("async", "later"), plan("slow", "much later")},
	}}, nil
}

func (b *broker) locked() func() {
	b.mu.Lock()
	return b.mu.Unlock
}

// find returns an instance that is there.
func (b *broker) find(id string, now time.Time) (*Instance, bool) {
	i := b.store.state.Instances[id]
	return i, i != nil && i.there(now)
}

func same(a, b json.RawMessage) bool {
	var x, y bytes.Buffer
	if len(a) == 0 || len(b) == 0 || json.Compact(&x, a) != nil || json.Compact(&y, b) != nil {
		return len(a) == len(b)
	}
	return bytes.Equal(x.Bytes(), y.Bytes())
}

// begin is the work of a new operation.
func begin(kind, plan string, now time.Time) Work {
	return Work{Kind: kind, Operation: kind + "-" + rand.Text()[:8] + "/ü?&", Due: now.Add(delay(plan))}
}

// Provision creates, or finds the same again.
func (b *broker) Provision(_ context.Context, id string, d domain.ProvisionDetails, async bool) (domain.ProvisionedServiceSpec, error) {
	defer b.locked()()
	now := time.Now()
	if i, ok := b.find(id, now); ok {
		switch {
		case i.ServiceID != d.ServiceID || i.PlanID != d.PlanID || i.Org != d.OrganizationGUID || i.Space != d.SpaceGUID || !same(i.Parameters, d.RawParameters):
			return domain.ProvisionedServiceSpec{}, apiresponses.ErrInstanceAlreadyExists
		case i.busy(now) && i.Kind == "create":
			return domain.ProvisionedServiceSpec{IsAsync: true, OperationData: i.Operation}, nil
		case i.busy(now):
			return domain.ProvisionedServiceSpec{}, errBusy
		}
		return domain.ProvisionedServiceSpec{AlreadyExists: true}, nil
	}
	slow := delay(d.PlanID) > 0
	if slow && !async {
		return domain.ProvisionedServiceSpec{}, apiresponses.ErrAsyncRequired
	}
	i := &Instance{
		ServiceID: d.ServiceID, PlanID: d.PlanID, Org: d.OrganizationGUID, Space: d.SpaceGUID, Parameters: d.RawParameters,
		Bindings: map[string]*Binding{}, Work: begin("create", d.PlanID, now),
	}
	b.store.state.Instances[id] = i
	b.store.state.Made[id]++
	return domain.ProvisionedServiceSpec{IsAsync: slow, OperationData: i.Operation, DashboardURL: "https://southern.example/" + service}, b.store.save()
}

// Deprovision deletes, also what is still being created.
func (b *broker) Deprovision(_ context.Context, id string, _ domain.DeprovisionDetails, async bool) (domain.DeprovisionServiceSpec, error) {
	defer b.locked()()
	now := time.Now()
	i, ok := b.find(id, now)
	if !ok {
		return domain.DeprovisionServiceSpec{}, apiresponses.ErrInstanceDoesNotExist
	}
	slow := delay(i.PlanID) > 0
	switch {
	case i.Kind == "delete":
		return domain.DeprovisionServiceSpec{IsAsync: true, OperationData: i.Operation}, nil
	case i.Kind == "update" && i.busy(now):
		return domain.DeprovisionServiceSpec{}, errBusy
	case slow && !async:
		return domain.DeprovisionServiceSpec{}, apiresponses.ErrAsyncRequired
	}
	i.Work = begin("delete", i.PlanID, now)
	i.Gone, i.Bindings = !slow, map[string]*Binding{}
	return domain.DeprovisionServiceSpec{IsAsync: slow, OperationData: i.Operation}, b.store.save()
}

// GetInstance shows what is ready.
func (b *broker) GetInstance(_ context.Context, id string, _ domain.FetchInstanceDetails) (domain.GetInstanceDetailsSpec, error) {
	defer b.locked()()
	now := time.Now()
	i, ok := b.find(id, now)
	switch {
	case !ok, i.Kind == "create" && i.busy(now):
		return domain.GetInstanceDetailsSpec{}, apiresponses.ErrInstanceNotFound
	case i.busy(now):
		return domain.GetInstanceDetailsSpec{}, apiresponses.ErrConcurrentInstanceAccess
	}
	b.updated(i, now)
	return domain.GetInstanceDetailsSpec{ServiceID: i.ServiceID, PlanID: i.PlanID, Parameters: i.Parameters}, nil
}

// updated takes the target of an update over once it has ended.
func (b *broker) updated(i *Instance, now time.Time) {
	if i.Kind == "update" && !i.busy(now) && i.Work.PlanID != "" {
		i.PlanID, i.Work.PlanID = i.Work.PlanID, ""
	}
}

// Update changes plan or parameters.
func (b *broker) Update(_ context.Context, id string, d domain.UpdateDetails, async bool) (domain.UpdateServiceSpec, error) {
	defer b.locked()()
	now := time.Now()
	i, ok := b.find(id, now)
	if !ok {
		return domain.UpdateServiceSpec{}, apiresponses.ErrInstanceNotFound
	}
	target := d.PlanID
	if target == "" {
		target = i.PlanID
	}
	slow := max(delay(i.PlanID), delay(target)) > 0
	switch {
	case i.busy(now) && i.Kind == "update" && i.Work.PlanID == target:
		return domain.UpdateServiceSpec{IsAsync: true, OperationData: i.Operation}, nil
	case i.busy(now):
		return domain.UpdateServiceSpec{}, errBusy
	case slow && !async:
		return domain.UpdateServiceSpec{}, apiresponses.ErrAsyncRequired
	}
	b.updated(i, now)
	i.Work = begin("update", target, now)
	i.Work.PlanID = target
	if len(d.RawParameters) > 0 {
		i.Parameters = d.RawParameters
	}
	if !slow {
		i.Due = now
		b.updated(i, now)
	}
	return domain.UpdateServiceSpec{IsAsync: slow, OperationData: i.Operation}, b.store.save()
}

// LastOperation tells how far an instance is; a deletion is told as succeeded for ever.
func (b *broker) LastOperation(_ context.Context, id string, d domain.PollDetails) (domain.LastOperation, error) {
	defer b.locked()()
	i := b.store.state.Instances[id]
	if i == nil {
		return domain.LastOperation{}, apiresponses.ErrInstanceNotFound
	}
	return i.progress(d)
}

// progress answers a poll, which must name the operation it was told.
func (w *Work) progress(d domain.PollDetails) (domain.LastOperation, error) {
	switch {
	case d.OperationData != "" && d.OperationData != w.Operation:
		return domain.LastOperation{}, apiresponses.NewFailureResponse(errors.New("another operation"), http.StatusBadRequest, "operation")
	case w.busy(time.Now()):
		return domain.LastOperation{State: domain.InProgress}, nil
	}
	return domain.LastOperation{State: domain.Succeeded}, nil
}
