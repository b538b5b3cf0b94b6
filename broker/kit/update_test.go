package kit_test

import (
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"naru/broker/kit"
	"naru/internal/testbroker"
	"naru/wire/osb"
)

func (s site) update(id, plan string) osb.UpdateRequest {
	return osb.UpdateRequest{InstanceID: id, ServiceID: s.service, PlanID: s.plans[plan], AcceptsIncomplete: true}
}

func (s site) get(t *testing.T, id string) osb.GetInstanceResponse {
	t.Helper()
	got, err := s.client.GetInstance(t.Context(), osb.GetInstanceRequest{InstanceID: id})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestARepeatedUpdateHasOneEffect(t *testing.T) {
	t.Parallel()
	s := serveFolders(t)
	s.provision(t, "i", "sync")
	let := s.shut(t)
	change := s.update("i", "async")
	change.Parameters = json.RawMessage(`{"a":2}`)
	first, err := s.client.Update(t.Context(), change)
	if err != nil || !first.Async {
		t.Fatalf("update: %+v, %v", first, err)
	}
	if again, err := s.client.Update(t.Context(), change); err != nil || again.Operation != first.Operation {
		t.Errorf("the same while it runs: %+v, %v", again, err)
	}
	other := change
	other.Parameters = json.RawMessage(`{"a":3}`)
	if _, err := s.client.Update(t.Context(), other); !osb.IsCode(err, osb.CodeConcurrencyError) {
		t.Errorf("other parameters while it runs: %v", err)
	}
	if got, err := s.client.LastOperation(t.Context(), osb.LastOperationRequest{InstanceID: "i"}); err != nil || got.RetryAfter <= 0 {
		t.Errorf("poll: %+v, %v", got, err)
	}
	go let()
	if end := s.settle(t, "i"); end.State != osb.Succeeded {
		t.Fatalf("update: %+v", end)
	}
	if got := s.get(t, "i"); got.PlanID != s.plans["async"] || string(got.Parameters) != `{"a":2}` {
		t.Errorf("afterwards: %+v", got)
	}
	if again, err := s.client.Update(t.Context(), change); err != nil || again.Async {
		t.Errorf("the same afterwards: %+v, %v", again, err)
	}
}

func TestAFailedUpdateKeepsPlanParametersAndVersion(t *testing.T) {
	t.Parallel()
	s := serveFolders(t)
	s.provision(t, "i", "bigger")
	before := s.get(t, "i")
	change := s.update("i", "sync") // folders do not shrink
	change.Parameters = json.RawMessage(`{"a":2}`)
	_, err := s.client.Update(t.Context(), change)
	status(t, err, 422)
	if after := s.get(t, "i"); after.PlanID != before.PlanID || string(after.Parameters) != string(before.Parameters) {
		t.Errorf("%+v became %+v", before, after)
	}
}

func TestAnUpdateMovesTheVersionOfAnInstance(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old := testbroker.Serve(t, testbroker.Folders, kit.Config{DataDir: dir})
	openSite(t, old.Client, dir).provision(t, "i", "sync")
	old.Stop(t)
	s := openSite(t, testbroker.Serve(t, testbroker.Folders, kit.Config{DataDir: dir, Maintenance: "1.1.0"}).Client, dir)
	if got := s.get(t, "i"); got.MaintenanceInfo == nil || got.MaintenanceInfo.Version != "1.0.0" {
		t.Fatalf("after the release: %+v", got.MaintenanceInfo)
	}
	stale := s.update("i", "sync")
	stale.MaintenanceInfo = &osb.MaintenanceInfo{Version: "1.0.0"}
	if _, err := s.client.Update(t.Context(), stale); !osb.IsCode(err, osb.CodeMaintenanceInfoConflict) {
		t.Errorf("to the version of before: %v", err)
	}
	change := s.update("i", "sync")
	change.MaintenanceInfo = &osb.MaintenanceInfo{Version: "1.1.0"}
	for range 2 {
		if got, err := s.client.Update(t.Context(), change); err != nil || got.Async {
			t.Errorf("update: %+v, %v", got, err)
		}
		if got := s.get(t, "i"); got.MaintenanceInfo.Version != "1.1.0" {
			t.Errorf("afterwards: %+v", got.MaintenanceInfo)
		}
	}
}

func (s site) bindLater(t *testing.T, id, binding string) osb.BindRequest {
	t.Helper()
	return osb.BindRequest{InstanceID: id, BindingID: binding, ServiceID: s.service, PlanID: s.plans["async"], AcceptsIncomplete: true}
}

func (s site) settleBinding(t *testing.T, id, binding string) osb.LastOperationResponse {
	t.Helper()
	for {
		got, err := s.client.LastBindingOperation(t.Context(), osb.LastBindingOperationRequest{InstanceID: id, BindingID: binding})
		if err != nil {
			t.Fatal(err)
		}
		if got.State != osb.InProgress {
			return got
		}
	}
}

func TestAnAsynchronousBindingIsMadeInTheBackgroundAndOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := testbroker.Serve(t, testbroker.Folders, kit.Config{DataDir: dir})
	s := openSite(t, b.Client, dir)
	s.provision(t, "i", "async")
	s.settle(t, "i")
	let := testbroker.ShutBindings(t, b)
	request := s.bindLater(t, "i", "b")
	now := request
	now.AcceptsIncomplete = false
	if _, err := s.client.Bind(t.Context(), now); !osb.IsCode(err, osb.CodeAsyncRequired) {
		t.Errorf("at once: %v", err)
	}
	first, err := s.client.Bind(t.Context(), request)
	if err != nil || !first.Async || first.Credentials != nil {
		t.Fatalf("bind: %v, %v", first.Async, err)
	}
	if again, err := s.client.Bind(t.Context(), request); err != nil || again.Operation != first.Operation {
		t.Errorf("the same while it runs: %v", err)
	}
	_, err = s.client.GetBinding(t.Context(), osb.GetBindingRequest{InstanceID: "i", BindingID: "b"})
	status(t, err, 404)
	unbind := osb.UnbindRequest{InstanceID: "i", BindingID: "b", ServiceID: s.service, PlanID: s.plans["async"]}
	if _, err := s.client.Unbind(t.Context(), unbind); !osb.IsCode(err, osb.CodeConcurrencyError) {
		t.Errorf("unbind while it runs: %v", err)
	}
	if _, err := s.deprovision(t.Context(), "i", "async"); !osb.IsCode(err, osb.CodeConcurrencyError) {
		t.Errorf("delete while it runs: %v", err)
	}
	go let()
	if end := s.settleBinding(t, "i", "b"); end.State != osb.Succeeded {
		t.Fatalf("bind: %+v", end)
	}
	got, err := s.client.GetBinding(t.Context(), osb.GetBindingRequest{InstanceID: "i", BindingID: "b"})
	if err != nil || got.Credentials == nil {
		t.Errorf("fetch: %v", err)
	}
	if again, err := s.client.Bind(t.Context(), request); err != nil || !again.Existed || string(again.Credentials) != string(got.Credentials) {
		t.Errorf("the same afterwards: %v", err)
	}
	if _, err := s.client.Unbind(t.Context(), unbind); err != nil {
		t.Errorf("unbind: %v", err)
	}
}

func TestAnAsynchronousBindingGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := testbroker.Serve(t, testbroker.Folders, kit.Config{DataDir: dir})
	s := openSite(t, b.Client, dir)
	s.provision(t, "i", "async")
	s.settle(t, "i")
	let := testbroker.ShutBindings(t, b)
	if _, err := s.client.Bind(t.Context(), s.bindLater(t, "i", "b")); err != nil {
		t.Fatal(err)
	}
	b.Stop(t)
	go let() // whoever waits now
	s = openSite(t, testbroker.Serve(t, testbroker.Folders, kit.Config{DataDir: dir}).Client, dir)
	go let()
	if end := s.settleBinding(t, "i", "b"); end.State != osb.Succeeded {
		t.Errorf("after the restart: %+v", end)
	}
}

func TestCredentialsThatEndSayWhen(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	dir := t.TempDir()
	now := func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	b := testbroker.Serve(t, testbroker.Folders, kit.Config{DataDir: dir, Now: now})
	s := openSite(t, b.Client, dir)
	s.provision(t, "i", "bigger")
	request := osb.BindRequest{InstanceID: "i", BindingID: "b", ServiceID: s.service, PlanID: s.plans["bigger"]}
	got, err := s.client.Bind(t.Context(), request)
	if err != nil || got.Metadata == nil || !strings.HasSuffix(got.Metadata.ExpiresAt, "Z") {
		t.Fatalf("bind: %+v, %v", got.Metadata, err)
	}
	rotation := osb.BindRequest{InstanceID: "i", BindingID: "c", PredecessorBindingID: "b"}
	if _, err := s.client.Bind(t.Context(), rotation); err != nil {
		t.Errorf("a rotation in time: %v", err)
	}
	later.Store(int64(91 * 24 * time.Hour))
	rotation.BindingID = "d"
	_, err = s.client.Bind(t.Context(), rotation)
	status(t, err, 400)
}

func TestAPlanChangeEndsTheLineOfUsage(t *testing.T) {
	t.Parallel()
	s := serveFolders(t)
	s.provision(t, "i", "sync")
	began := time.Now().Add(-time.Hour)
	if _, err := s.client.Update(t.Context(), s.update("i", "bigger")); err != nil {
		t.Fatal(err)
	}
	changed := time.Now()
	got, err := s.client.Usage(t.Context(), osb.UsageRequest{InstanceID: "i", From: began, To: changed.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	var before, after int
	for _, line := range got.Records {
		if line.Meter == "requests" && !line.To.After(changed) {
			before++
		}
		if line.Meter == "requests" && line.To.After(changed) {
			after++
		}
	}
	if before != 1 || after != 1 {
		t.Errorf("%d lines end before the change and %d after it: %+v", before, after, got.Records)
	}
}
