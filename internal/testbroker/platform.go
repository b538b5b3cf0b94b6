package testbroker

import (
	"context"
	"encoding/json"
	"math/big"
	"testing"
	"time"

	"naru/wire/osb"
)

// Provision creates an instance of the named plan, and waits until it is ready when the plan is asynchronous.
func (b *Broker) Provision(t testing.TB, id, plan string) {
	t.Helper()
	service, planID := b.Plan(t, plan)
	got, err := b.Client.Provision(t.Context(), osb.ProvisionRequest{
		InstanceID: id, ServiceID: service, PlanID: planID, OrganizationGUID: "o", SpaceGUID: "s", AcceptsIncomplete: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Async {
		b.settle(t, id)
	}
}

// Deprovision deletes an instance and waits until it is gone.
func (b *Broker) Deprovision(t testing.TB, id, plan string) {
	t.Helper()
	service, planID := b.Plan(t, plan)
	got, err := b.Client.Deprovision(t.Context(), osb.DeprovisionRequest{InstanceID: id, ServiceID: service, PlanID: planID, AcceptsIncomplete: true})
	if err != nil {
		t.Fatal(err)
	}
	if got.Async {
		b.settle(t, id)
	}
}

// Update moves an instance to another plan; it returns the refusal, also of an asynchronous one.
func (b *Broker) Update(t testing.TB, id, plan string) error {
	t.Helper()
	service, planID := b.Plan(t, plan)
	got, err := b.Client.Update(t.Context(), osb.UpdateRequest{InstanceID: id, ServiceID: service, PlanID: planID, AcceptsIncomplete: true})
	if err == nil && got.Async {
		b.settle(t, id)
	}
	return err
}

// Bind makes a binding and reads its credentials into v.
func (b *Broker) Bind(t testing.TB, id, binding, plan string, v any) {
	t.Helper()
	service, planID := b.Plan(t, plan)
	got, err := b.Client.Bind(t.Context(), osb.BindRequest{InstanceID: id, BindingID: binding, ServiceID: service, PlanID: planID})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got.Credentials, v); err != nil {
		t.Fatal(err)
	}
}

// Unbind deletes a binding.
func (b *Broker) Unbind(t testing.TB, id, binding, plan string) {
	t.Helper()
	service, planID := b.Plan(t, plan)
	if _, err := b.Client.Unbind(t.Context(), osb.UnbindRequest{InstanceID: id, BindingID: binding, ServiceID: service, PlanID: planID}); err != nil {
		t.Fatal(err)
	}
}

// Used returns what each meter of an instance says in all.
func (b *Broker) Used(t testing.TB, id string) map[string]*big.Rat {
	t.Helper()
	got, err := b.Client.Usage(t.Context(), osb.UsageRequest{
		InstanceID: id, From: time.Unix(0, 0), To: time.Now().Add(24 * time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]*big.Rat{}
	for _, line := range got.Records {
		quantity, ok := new(big.Rat).SetString(line.Quantity)
		if err := line.Valid(); err != nil || !ok {
			t.Fatalf("line %+v: %v", line, err)
		}
		if used[line.Meter] == nil {
			used[line.Meter] = new(big.Rat)
		}
		used[line.Meter].Add(used[line.Meter], quantity)
	}
	return used
}

// Eventually asks until the answer is yes; it gives up with the test.
func Eventually(t testing.TB, what string, yes func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startPatience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !yes() {
		select {
		case <-ctx.Done():
			t.Fatalf("it never came: %s", what)
		case <-tick.C:
		}
	}
}

// Plan returns the ids of a plan of the catalogue by its name.
func (b *Broker) Plan(t testing.TB, name string) (serviceID, planID string) {
	t.Helper()
	got, err := b.Client.Catalog(t.Context(), osb.CatalogRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range got.Services {
		for _, p := range s.Plans {
			if p.Name == name {
				return s.ID, p.ID
			}
		}
	}
	t.Fatalf("broker %s has no plan %q", b.Name, name)
	return "", ""
}

// settle polls until the instance's operation has succeeded.
func (b *Broker) settle(t testing.TB, id string) {
	t.Helper()
	Eventually(t, "the end of the operation on "+id, func() bool {
		got, err := b.Client.LastOperation(t.Context(), osb.LastOperationRequest{InstanceID: id})
		if err != nil {
			t.Fatal(err)
		}
		if got.State == osb.Failed {
			t.Fatalf("the operation on %s failed: %s", id, got.Description)
		}
		return got.State == osb.Succeeded
	})
}
