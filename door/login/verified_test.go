package login

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"naru"
)

// After a start every request of a platform comes with a password that is not yet known.
func TestAPairIsCheckedOnceAtATimeAndOthersAreNotHeldUp(t *testing.T) {
	t.Parallel()
	v, password := newVerified(), naru.NewSecret("물결")
	var inside, most, checks atomic.Int64
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			done, err := v.alone(t.Context(), "platform", password)
			if err != nil {
				t.Error(err)
				return
			}
			defer done()
			most.Store(max(most.Load(), inside.Add(1)))
			if _, _, known := v.find("platform", password, fitted); !known {
				checks.Add(1)
				v.keep("platform", password, fit{id: "usr_1", until: fitted.AddDate(0, 0, 1)})
			}
			inside.Add(-1)
		})
	}
	all.Wait()
	if most.Load() != 1 || checks.Load() != 1 {
		t.Errorf("%d checks, at most %d at once; want one", checks.Load(), most.Load())
	}
	done, err := v.alone(t.Context(), "platform", password)
	if err != nil {
		t.Fatal(err)
	}
	other, err := v.alone(t.Context(), "platform", naru.NewSecret("another"))
	if err != nil {
		t.Fatal("another password waits for this one", err)
	}
	other()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := v.alone(ctx, "platform", password); naru.KindOf(err) != naru.Unavailable {
		t.Errorf("who left while waiting: %v", err)
	}
	done()
	if len(v.turn) != 0 {
		t.Errorf("%d turns are kept", len(v.turn))
	}
}

var fitted = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
