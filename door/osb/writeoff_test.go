package osb_test

import (
	"testing"
	"time"

	"naru"
	"naru/flow/provision"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/internal/testroad"
	"naru/store"
	"naru/wire/osb"
)

// A deletion that does not succeed is told as failed, and once two people wrote it off the
// instance is not known any more and its id is free.
func TestAPlatformIsToldOfAStuckDeletionAndOfItsWriteOff(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db, time.Minute)
		b.Order("sync", nil)
		ctx := t.Context()
		if _, err := b.client.Provision(ctx, b.put("i-1", "sync", false)); err != nil {
			t.Fatal(err)
		}
		b.Front.Set(testbroker.Error500)
		asked, err := b.client.Deprovision(ctx, b.delete("i-1", "sync", true))
		if err != nil || !asked.Async {
			t.Fatalf("delete: %+v, %v", asked, err)
		}
		told := b.poll(t, "i-1", asked.Operation)
		if told.State != osb.Failed || told.InstanceUsable == nil || *told.InstanceUsable || told.Description == "" {
			t.Errorf("while it is stuck: %+v", told)
		}
		list := testroad.Do(b.Road, testroad.Operator(), b.Ops.InFlight, provision.InFlightIn{}).Rows
		if len(list) != 1 {
			t.Fatalf("in flight: %+v", list)
		}
		w := testroad.Do(b.Road, testroad.Operator(), b.Ops.WriteOff, provision.WriteOffIn{Instance: list[0].Instance, Reason: "tried for a week"})
		testroad.Do(b.Road, naru.Actor{User: "approver", Role: "approver", Institution: string(b.A)}, b.Ops.WriteOffConfirm, provision.DecideIn{ID: w.ID})
		if _, err := b.client.LastOperation(ctx, osb.LastOperationRequest{InstanceID: "i-1", Operation: asked.Operation}); !osb.IsGone(err) {
			t.Errorf("poll after the write-off: %v", err)
		}
		if _, err := b.client.GetInstance(ctx, osb.GetInstanceRequest{InstanceID: "i-1"}); osb.StatusOf(err) != 404 {
			t.Errorf("get after the write-off: %v", err)
		}
		if _, err := b.client.Deprovision(ctx, b.delete("i-1", "sync", true)); !osb.IsGone(err) {
			t.Errorf("delete after the write-off: %v", err)
		}
		b.Front.Set(testbroker.Pass)
		if got, err := b.client.Provision(ctx, b.put("i-1", "sync", false)); err != nil || got.Existed {
			t.Errorf("the id is free again: %+v, %v", got, err)
		}
	})
}
