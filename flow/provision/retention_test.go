package provision_test

import (
	"testing"
	"time"

	"naru"
	"naru/flow/provision"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/internal/testroad"
	"naru/store"
)

func TestOldSettledCallsLeaveTheJournalWithOneEntry(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db)
		old := running(r, "sync")
		open := stuck(r)
		r.Advance(31 * 24 * time.Hour)
		r.Front.Set(testbroker.Pass)
		young := running(r, "sync")
		if err := try(r, r.Officer(r.A), r.Ops.Forget, provision.ForgetIn{Days: 30}); naru.KindOf(err) != naru.Denied {
			t.Errorf("an officer: %v", err)
		}
		if err := try(r, testroad.Operator(), r.Ops.Forget, provision.ForgetIn{Days: 29}); naru.KindOf(err) != naru.Invalid {
			t.Errorf("too short: %v", err)
		}
		waits := len(calls(r, open))
		got := testroad.Do(r, testroad.Operator(), r.Ops.Forget, provision.ForgetIn{Days: 30})
		if got.Calls == 0 || len(got.Digest) != 64 || got.More || len(calls(r, old.ID)) != 0 || len(calls(r, young.ID)) != 1 {
			t.Errorf("%+v, old %d, young %d", got, len(calls(r, old.ID)), len(calls(r, young.ID)))
		}
		if n := len(calls(r, open)); n == 0 || n > waits {
			t.Errorf("%d of %d calls that are not settled stay", n, waits)
		}
		said := r.Entries("provision.forget")
		again := testroad.Do(r, testroad.Operator(), r.Ops.Forget, provision.ForgetIn{Days: 30})
		if again.Calls != 0 || len(said) == 0 || said[len(said)-1]["digest"] != got.Digest {
			t.Errorf("again %+v, said %v", again, said)
		}
	})
}
