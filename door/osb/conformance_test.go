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
// each plan: a door that answers at once what the provider did at once, and one that always answers 202.
func TestTheDoorIsConformant(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]func(*door.Config){"answered at once": func(*door.Config) {}, "polled": never} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conformant(t, wait)
		})
	}
}

func conformant(t *testing.T, wait func(*door.Config)) {
	t.Helper()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db, time.Minute, wait)
		for _, plan := range []string{"sync", "bigger", "async"} {
			b.Order(plan, nil)
		}
		testbroker.Conformant(t, testbroker.Options(b.url, "platform-a", "secret"))
		if held, err := b.Broker.Client.ListInstances(t.Context(), osb.ListRequest{}); err != nil || len(held.Instances) != 0 {
			t.Errorf("the provider still holds %+v, %v", held, err)
		}
	})
}
