package osb_test

import (
	"testing"
	"time"

	door "naru/door/osb"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/store"
	"naru/wire/osb"
)

// TestTheDoorIsConformant runs the public suite against naru as a platform sees it, with one approved order for
// each plan: a door that waits a moment for the provider's first answer, and one that answers 202 at once.
func TestTheDoorIsConformant(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]time.Duration{"answered at once": time.Second, "polled": -1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testdb.Each(t, func(t *testing.T, db *store.DB) { conformant(t, db, wait) })
		})
	}
}

func conformant(t *testing.T, db *store.DB, wait time.Duration) {
	t.Helper()
	b := newBed(t, db, time.Minute, func(c *door.Config) { c.AsyncWait = wait })
	for _, plan := range []string{"sync", "bigger", "async"} {
		b.Order(plan, nil)
	}
	testbroker.Conformant(t, testbroker.Options(b.url, "platform-a", "secret"))
	if held, err := b.Broker.Client.ListInstances(t.Context(), osb.ListRequest{}); err != nil || len(held.Instances) != 0 {
		t.Errorf("the provider still holds %+v, %v", held, err)
	}
}
