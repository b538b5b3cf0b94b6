package osb_test

import (
	"context"
	"crypto/rand"
	"net/http/httptest"
	"testing"

	"naru"
	"naru/base/op"
	door "naru/door/osb"
	"naru/internal/testdb"
	"naru/store"
	"naru/wire/osb"
)

// beside opens a second process's door on the database of a bed: one that has looked at an
// id before the first wrote about it, and whose memory is as it was then.
func (b *bed) beside(t *testing.T, url string, sealer *store.Sealer) *osb.Client {
	t.Helper()
	db, err := store.Open(t.Context(), url, sealer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	server := httptest.NewServer(door.New(door.Config{
		Runner: op.NewRunner(db, b.Now, naru.NewIDs(rand.Reader)), Ops: b.Ops, AsyncWait: -1,
		Say:    func(m naru.Message) string { return m.Key },
		SignIn: func(_ context.Context, user, password string) (naru.Actor, error) { return b.signIn(user, password) },
	}))
	t.Cleanup(server.Close)
	return b.as(t, server.URL, "platform-a")
}

// TestAnotherProcessDoesNotForgetWhatThisOneMade: what a process remembers may be older
// than what another wrote. A 410, or the end of a deletion or an update, is never said from
// such a memory, because the platform would forget what runs.
func TestAnotherProcessDoesNotForgetWhatThisOneMade(t *testing.T) {
	t.Parallel()
	url, sealer := testdb.PostgresURL(t), testdb.Sealer(t)
	db, err := store.Open(t.Context(), url, sealer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	b := newBed(t, db, 0)
	other := b.beside(t, url, sealer)
	service, plan := b.plan("sync")
	b.Order("sync", nil)

	if _, err := other.GetInstance(t.Context(), osb.GetInstanceRequest{InstanceID: "i-1"}); osb.StatusOf(err) != 404 {
		t.Fatalf("before there is one: %v", err)
	}
	if _, err := b.client.Provision(t.Context(), b.put("i-1", "sync", true)); err != nil {
		t.Fatal(err)
	}
	asked, err := other.Deprovision(t.Context(), b.delete("i-1", "sync", true))
	if err != nil || !asked.Async {
		t.Fatalf("the deletion of what another process made: %+v, %v", asked, err)
	}
	b.poll(t, "i-1", asked.Operation)

	if _, err := b.client.Provision(t.Context(), b.put("k", "sync", true)); err != nil { // its order is free again
		t.Fatal(err)
	}
	if _, err := other.GetInstance(t.Context(), osb.GetInstanceRequest{InstanceID: "k"}); err != nil {
		t.Fatal(err)
	}
	bind := osb.BindRequest{InstanceID: "k", BindingID: "b-1", ServiceID: service, PlanID: plan, AcceptsIncomplete: true}
	if _, err := other.GetBinding(t.Context(), osb.GetBindingRequest{InstanceID: "k", BindingID: "b-1"}); osb.StatusOf(err) != 404 {
		t.Fatalf("before there is one: %v", err)
	}
	if _, err := b.client.Bind(t.Context(), bind); err != nil {
		t.Fatal(err)
	}
	unbound, err := other.Unbind(t.Context(), osb.UnbindRequest{InstanceID: "k", BindingID: "b-1", ServiceID: service, PlanID: plan, AcceptsIncomplete: true})
	if err != nil || !unbound.Async {
		t.Fatalf("the end of a binding another process made: %+v, %v", unbound, err)
	}
}

// TestAPollOfWhatAnotherProcessBeganIsNotAnsweredFromBefore: a poll that names an operation
// this process has not read of yet is in progress, whatever it remembers of the one before.
func TestAPollOfWhatAnotherProcessBeganIsNotAnsweredFromBefore(t *testing.T) {
	t.Parallel()
	url, sealer := testdb.PostgresURL(t), testdb.Sealer(t)
	db, err := store.Open(t.Context(), url, sealer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	b := newBed(t, db, 0, never)
	other := b.beside(t, url, sealer)
	b.ready(t, "i-1", "sync")
	service, plan := b.plan("sync")
	asked, err := b.client.Bind(t.Context(), osb.BindRequest{InstanceID: "i-1", BindingID: "b-1", ServiceID: service, PlanID: plan, AcceptsIncomplete: true})
	if err != nil {
		t.Fatal(err)
	}
	b.pollBinding(t, asked.Operation)
	look := func() {
		t.Helper()
		if _, err := other.GetInstance(t.Context(), osb.GetInstanceRequest{InstanceID: "i-1"}); err != nil {
			t.Fatal(err)
		}
		if _, err := other.GetBinding(t.Context(), osb.GetBindingRequest{InstanceID: "i-1", BindingID: "b-1"}); err != nil {
			t.Fatal(err)
		}
	}
	look()
	unbound, err := b.client.Unbind(t.Context(), osb.UnbindRequest{InstanceID: "i-1", BindingID: "b-1", ServiceID: service, PlanID: plan, AcceptsIncomplete: true})
	if err != nil || !unbound.Async {
		t.Fatalf("%+v, %v", unbound, err)
	}
	got, err := other.LastBindingOperation(t.Context(), osb.LastBindingOperationRequest{InstanceID: "i-1", BindingID: "b-1", Operation: unbound.Operation})
	if err != nil || got.State != osb.InProgress {
		t.Errorf("the end of a binding it has not read of: %+v, %v", got, err)
	}
	deleted, err := b.client.Deprovision(t.Context(), b.delete("i-1", "sync", true))
	if err != nil || !deleted.Async {
		t.Fatalf("%+v, %v", deleted, err)
	}
	if got, err = other.LastOperation(t.Context(), osb.LastOperationRequest{InstanceID: "i-1", Operation: deleted.Operation}); err != nil || got.State != osb.InProgress {
		t.Errorf("a deletion it has not read of: %+v, %v", got, err)
	}
}

// TestAPollOfAnUpdateIsNotAnsweredWithTheOneBefore is the same of updates.
func TestAPollOfAnUpdateIsNotAnsweredWithTheOneBefore(t *testing.T) {
	t.Parallel()
	url, sealer := testdb.PostgresURL(t), testdb.Sealer(t)
	db, err := store.Open(t.Context(), url, sealer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	b := newBed(t, db, 0, never)
	other := b.beside(t, url, sealer)
	b.ready(t, "i-1", "sync")
	b.Order("bigger", nil)
	moved, err := b.client.Update(t.Context(), b.patch("i-1", "sync", "bigger", true))
	if err != nil {
		t.Fatal(err)
	}
	b.poll(t, "i-1", moved.Operation)
	if _, err := other.GetInstance(t.Context(), osb.GetInstanceRequest{InstanceID: "i-1"}); err != nil {
		t.Fatal(err)
	}
	back, err := b.client.Update(t.Context(), b.patch("i-1", "bigger", "sync", true))
	if err != nil || !back.Async {
		t.Fatalf("%+v, %v", back, err)
	}
	got, err := other.LastOperation(t.Context(), osb.LastOperationRequest{InstanceID: "i-1", Operation: back.Operation})
	if err != nil || got.State != osb.InProgress {
		t.Errorf("an update it has not read of: %+v, %v", got, err)
	}
}
