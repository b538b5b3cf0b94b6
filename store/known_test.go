package store_test

import (
	"context"
	"fmt"
	"testing"

	"naru/base/op"
	"naru/flow/provision"
	"naru/internal/testdb"
	"naru/store"
)

// TestNewIDsOfPlatformsAreKnownToBeNew makes many instances: after a few of them a write
// no longer asks the engine whether an id of a platform is new, finds those that are
// there, and those that another process puts.
func TestNewIDsOfPlatformsAreKnownToBeNew(t *testing.T) {
	t.Parallel()
	url := testdb.PostgresURL(t)
	var dbs [2]*store.DB
	for i := range dbs {
		db, err := store.Open(t.Context(), url, testdb.Sealer(t))
		must(t, err)
		t.Cleanup(func() { _ = db.Close() })
		dbs[i] = db
	}
	w := newWorld(t, dbs[0])
	instance := func(id string) provision.Instance {
		return provision.Instance{
			ID: provision.InstanceID("ins_" + id), Order: w.orders[0], Institution: w.road.A, System: w.system(), Component: "c",
			Provider: w.road.Provider, Service: w.road.Offer.ID, Plan: w.plan.ID, CreatedAt: w.now, Platform: "platform", PlatformID: id,
			Work: provision.Work{State: provision.Failed, Since: w.now},
		}
	}
	known := func(db *store.DB, id string) (known bool, statements int64) {
		t.Helper()
		before := db.Statements()
		must(t, db.Write(t.Context(), func(ctx context.Context, tx op.Tx) (err error) {
			_, known, err = tx.(*store.Tx).InstanceOf(ctx, "platform", id)
			return err
		}))
		return known, db.Statements() - before
	}
	put := func(db *store.DB, id string) {
		t.Helper()
		must(t, db.Write(t.Context(), func(ctx context.Context, tx op.Tx) error { return tx.(*store.Tx).PutInstance(ctx, instance(id)) }))
	}
	for n := range 20 {
		if there, _ := known(dbs[0], fmt.Sprint(n)); there {
			t.Errorf("instance %d is known before it is made", n)
		}
		put(dbs[0], fmt.Sprint(n))
	}
	dbs[0].AwaitIDs()
	_, alone := known(dbs[0], "0") // remembered, so what it costs is its transaction
	if there, cost := known(dbs[0], "new"); there || cost > alone {
		t.Errorf("a new id is known: %t, for %d statements where a remembered one costs %d", there, cost, alone)
	}
	put(dbs[1], "of the other")
	if there, _ := known(dbs[0], "of the other"); !there {
		t.Error("what another process put is taken for new")
	}
	dbs[0].Forget()
	if there, _ := known(dbs[0], "7"); !there {
		t.Error("an instance is taken for new once what was remembered is forgotten")
	}
}
