package osb_test

import (
	"testing"
	"time"

	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/store"
	"naru/wire/osb"
)

// TestTheDoorIsConformant runs the public suite against naru as a platform sees it, with one approved order for
// each plan.
func TestTheDoorIsConformant(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db, time.Minute)
		for _, plan := range []string{"sync", "bigger", "async"} {
			b.Order(plan, nil)
		}
		testbroker.Conformant(t, testbroker.Options(b.url, "platform-a", "secret"))
		if held, err := b.Broker.Client.ListInstances(t.Context(), osb.ListRequest{}); err != nil || len(held.Instances) != 0 {
			t.Errorf("the provider still holds %+v, %v", held, err)
		}
	})
}
