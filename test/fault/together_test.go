package fault

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/wire/osb"
)

// TestWhatOneRequestWasToldOutlivesAnotherThatLeft sends the same synchronous creation twice; the first leaves at about
// the moment the broker is done. When the second was told that it is there, it stays there.
func TestWhatOneRequestWasToldOutlivesAnotherThatLeft(t *testing.T) {
	t.Parallel()
	b := newBed(t, testdb.SQLite(t), unhurried)
	for n := range 40 {
		i := b.thing("sync")
		b.Front.Set(testbroker.Slow)
		leaving, leave := context.WithCancel(t.Context())
		var both sync.WaitGroup
		var err error
		both.Go(func() { _, _ = i.createIn(leaving, false) }) // how it ends is not seen
		b.Front.Await(t)
		both.Go(func() { _, err = i.createIn(t.Context(), false) })
		both.Go(func() {
			time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond)
			leave()
		})
		time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond)
		b.Front.Set(testbroker.Pass)
		b.Front.Release(t)
		both.Wait()
		leave()
		b.agree(false) // before the front is slow again
		if err == nil {
			if _, err := b.client.GetInstance(t.Context(), osb.GetInstanceRequest{InstanceID: i.id}); err != nil {
				t.Fatalf("round %d: told that it is there, and then: %v", n, err)
			}
		} else if osb.StatusOf(err) != http.StatusUnprocessableEntity {
			t.Errorf("round %d: %v", n, err)
		}
	}
	b.agree(false)
}

// TestIdenticalRequestsAtOnceHaveOneEffect sends many of each kind.
func TestIdenticalRequestsAtOnceHaveOneEffect(t *testing.T) {
	t.Parallel()
	each(t, func(b *bed) {
		i := b.thing("sync")
		var made, existed int
		for _, got := range atOnce(b, func(n int) (osb.ProvisionResponse, error) { return i.createIn(b.t.Context(), n%2 == 0) }) {
			if got.Existed {
				existed++
			} else if !got.Async {
				made++
			}
		}
		b.ends(i.poll, "", osb.Succeeded)
		var keys sync.Map
		atOnce(b, func(n int) (osb.BindResponse, error) {
			got, err := i.bind(n%2 == 0)
			if !got.Async && err == nil {
				keys.Store(string(got.Credentials), true)
			}
			return got, err
		})
		count := 0
		keys.Range(func(any, any) bool { count++; return true })
		if count > 1 {
			b.t.Errorf("one binding has %d sets of credentials", count)
		}
		b.wait("the binding", func() bool {
			got, err := i.pollBinding("")
			return err == nil && got.State == osb.Succeeded
		})
		b.agree(false)
		puts := b.Front.Forwarded(http.MethodPut)
		if puts != 2 {
			b.t.Errorf("%d requests reached the broker, want one creation and one binding", puts)
		}
	})
}

// atOnce runs the same ten times at once; every answer is a success.
func atOnce[A any](b *bed, call func(int) (A, error)) []A {
	b.t.Helper()
	answers := make([]A, 10)
	errs := make([]error, len(answers))
	var all sync.WaitGroup
	for n := range answers {
		all.Go(func() { answers[n], errs[n] = call(n) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			b.t.Errorf("one of many identical requests: %v", err)
		}
	}
	return answers
}

func (i *thing) createIn(ctx context.Context, async bool) (osb.ProvisionResponse, error) {
	return i.client.Provision(ctx, osb.ProvisionRequest{
		InstanceID: i.id, ServiceID: i.service, PlanID: i.plan, OrganizationGUID: "org", SpaceGUID: "space", AcceptsIncomplete: async,
		Parameters: []byte(`{"order":"` + i.order + `"}`),
	})
}

// TestAClockThatJumps puts naru's clock forward and back while operations are under way.
func TestAClockThatJumps(t *testing.T) {
	t.Parallel()
	for _, jump := range []time.Duration{90 * time.Second, 6 * time.Hour, -90 * time.Second, -6 * time.Hour} {
		t.Run(fmt.Sprint(jump), func(t *testing.T) {
			t.Parallel()
			b := newBed(t, testdb.SQLite(t), callTimeout)
			let := testbroker.Shut(t, b.Broker)
			slow, steady := b.thing("async"), b.thing("sync")
			got, err := slow.create(true)
			if err != nil {
				t.Fatal(err)
			}
			b.wait("the broker took it", func() bool { return b.Front.Forwarded(http.MethodGet) > 1 })
			b.Front.Set(testbroker.Busy)
			waiting, err := steady.create(true) // waits for its next attempt
			if err != nil {
				t.Fatal(err)
			}
			b.Advance(jump)
			b.Front.Set(testbroker.Pass)
			go let()
			if jump < time.Hour { // longer than naru is patient, and then it cleans up
				b.ends(slow.poll, got.Operation, osb.Succeeded)
				b.ends(steady.poll, waiting.Operation, osb.Succeeded)
			}
			b.agree(false)
			gone, err := steady.remove()
			if err != nil && !osb.IsGone(err) {
				t.Fatal(err)
			}
			if err == nil && gone.Async {
				b.Advance(-jump)
				b.wait("the success of the deletion", func() bool {
					got, err := steady.poll(gone.Operation)
					return osb.IsGone(err) || err == nil && got.State == osb.Succeeded
				})
			}
			b.agree(false)
		})
	}
}
