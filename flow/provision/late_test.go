package provision_test

import (
	"context"
	"testing"
	"time"

	"naru/base/op"
	"naru/flow/provision"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/internal/testroad"
	"naru/store"
)

// tokenless is a broker whose 202 names no operation, and whose answer to the first poll
// comes late: during does something before it.
type tokenless struct {
	provision.Broker
	during func()
}

func (b *tokenless) Call(ctx context.Context, q provision.Request) provision.Answer {
	if q.Step == provision.Poll && b.during != nil {
		during := b.during
		b.during = nil
		during()
		return provision.Answer{Outcome: provision.Done} // of what was under way when it was asked
	}
	a := b.Broker.Call(ctx, q)
	a.Operation = ""
	return a
}

// TestALatePollOfACreationDoesNotEndTheDeletion: the specification lets a broker name no
// operation, so the token alone does not tell one operation from another.
func TestALatePollOfACreationDoesNotEndTheDeletion(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		let := testbroker.Shut(t, r.Broker)
		i := create(r, "async")
		b := &tokenless{Broker: r.Link}
		work := op.Work{Handlers: provision.Handlers(b), Report: r.Work.Report}
		drain := func() {
			if err := r.Runner.Drain(t.Context(), work, 20); err != nil {
				t.Error(err)
			}
		}
		b.during = func() {
			testroad.Do(r, r.Officer(r.A), r.Ops.Delete, provision.DeleteIn{InstanceRef: ref(i.ID)})
			drain()
			if now := get(r, i.ID); now.State != provision.Deleting || now.Next() != provision.Poll {
				t.Fatalf("the broker has not taken the deletion: %+v", now.Work)
			}
		}
		for range 20 {
			if drain(); b.during == nil {
				break
			}
			r.Advance(time.Second)
		}
		if now := get(r, i.ID); now.State != provision.Deleting {
			t.Fatalf("a late answer about the creation made it %s; at the broker %+v", now.State, held(r))
		}
		let()
		until(r, i.ID, provision.Deleted)
		if got := held(r); len(got) != 0 {
			t.Errorf("at the broker: %+v", got)
		}
	})
}
