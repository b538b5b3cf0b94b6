package provider_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"naru/flow/catalog"
	"naru/flow/provision"
	"naru/internal/testbroker"
	"naru/link/provider"
)

// hand is a clock that only the test moves.
type hand struct{ nanos atomic.Int64 }

func (h *hand) now() time.Time          { return time.Unix(0, h.nanos.Load()) }
func (h *hand) advance(d time.Duration) { h.nanos.Add(int64(d)) }

// clocked is a bed whose link has the clock and a limit.
func clocked(t *testing.T, timeout time.Duration, limit int) (*bed, *hand) {
	t.Helper()
	b, h := newBed(t, timeout), &hand{}
	h.advance(time.Hour)
	b.link = provider.New(provider.Config{Timeout: timeout, Loopback: true, Limit: limit, Now: h.now})
	t.Cleanup(b.link.Close)
	return b, h
}

func (b *bed) circuit(t *testing.T, of catalog.ProviderID) provision.Circuit {
	t.Helper()
	for _, k := range b.link.Circuits() {
		if k.Provider == of {
			return k
		}
	}
	t.Fatalf("no circuit of %s", of)
	return provision.Circuit{}
}

// trip lets calls fail until the circuit opens.
func (b *bed) trip(t *testing.T) provision.Circuit {
	t.Helper()
	b.front.Set(testbroker.Down)
	for range 5 {
		b.call(t, provision.Delete, "sync", "")
	}
	k := b.circuit(t, b.to.ID)
	if k.State != provision.CircuitOpen || k.Failures != 5 || k.Until.IsZero() || k.Fault.Key == "" {
		t.Fatalf("after five calls without an answer: %+v", k)
	}
	return k
}

func TestACircuitOpensAndOneProbeClosesIt(t *testing.T) {
	t.Parallel()
	b, h := clocked(t, time.Minute, 0)
	k := b.trip(t)
	calls := b.front.Forwarded("PUT")
	b.front.Set(testbroker.Pass)
	a := b.call(t, provision.Put, "sync", "")
	if a.Outcome != provision.Unsent || a.RetryAfter != k.Until.Sub(h.now()) || a.Fault.Key != k.Fault.Key || b.front.Forwarded("PUT") != calls {
		t.Errorf("while it is open: %+v", a)
	}
	b.front.Set(testbroker.Down)
	h.advance(a.RetryAfter)
	b.call(t, provision.Put, "sync", "")
	again := b.circuit(t, b.to.ID)
	if wait := again.Until.Sub(h.now()); again.State != provision.CircuitOpen || wait != 2*a.RetryAfter {
		t.Errorf("after a probe that failed: %+v", again)
	}
	b.front.Set(testbroker.Pass)
	h.advance(again.Until.Sub(h.now()))
	want(t, "the probe", b.call(t, provision.Put, "sync", ""), provision.Done, "")
	if k := b.circuit(t, b.to.ID); k.State != provision.CircuitClosed || k.Failures != 0 || !k.Until.IsZero() || k.UnderWay != 0 {
		t.Errorf("after a probe that was answered: %+v", k)
	}
}

func TestExactlyOneCallProbes(t *testing.T) {
	t.Parallel()
	b, h := clocked(t, time.Minute, 0)
	k := b.trip(t)
	b.front.Set(testbroker.Slow)
	h.advance(k.Until.Sub(h.now()))
	var (
		wg     sync.WaitGroup
		unsent atomic.Int64
		done   = make(chan provision.Answer, 1)
	)
	wg.Go(func() { done <- b.call(t, provision.Put, "sync", "") })
	b.front.Await(t)
	for range 50 {
		wg.Go(func() {
			if a := b.call(t, provision.Put, "sync", ""); a.Outcome == provision.Unsent && a.RetryAfter > 0 {
				unsent.Add(1)
			}
		})
	}
	for unsent.Load() < 50 { // the probe still waits for its answer
		if t.Context().Err() != nil {
			t.Fatal("the others do not fail at once")
		}
	}
	if k := b.circuit(t, b.to.ID); k.State != provision.CircuitProbe || k.UnderWay != 1 {
		t.Errorf("while it is probed: %+v", k)
	}
	b.front.Release(t)
	wg.Wait()
	want(t, "the probe", <-done, provision.Done, "")
}

func TestAnyAnswerShowsThatABrokerIsThere(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]testbroker.Mode{"500": testbroker.Error500, "422": testbroker.Busy, "a page": testbroker.Garbage, "410": testbroker.Gone410} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, _ := clocked(t, time.Minute, 0)
			b.front.Set(mode)
			for range 12 {
				b.call(t, provision.Delete, "sync", "")
			}
			if k := b.circuit(t, b.to.ID); k.State != provision.CircuitClosed || k.Failures != 0 {
				t.Errorf("circuit: %+v", k)
			}
		})
	}
}

// A hanging provider holds its own calls and nobody else's.
func TestAHangingProviderLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	b, _ := clocked(t, time.Minute, 4)
	healthy := newBed(t, time.Minute)
	healthy.link, healthy.to.ID = b.link, "prv_2"
	b.front.Set(testbroker.Hang)
	ctx, leave := context.WithCancel(t.Context())
	var hanging sync.WaitGroup
	for range 4 {
		hanging.Go(func() { b.link.Call(ctx, b.request(provision.Put, "sync", "")) })
	}
	for b.link.Circuits() == nil || len(b.link.Circuits()) == 0 || b.circuit(t, b.to.ID).UnderWay < 4 {
		if t.Context().Err() != nil {
			t.Fatal("the calls do not leave")
		}
	}
	want(t, "a fifth call to it", b.call(t, provision.Put, "sync", ""), provision.Unsent, "provision.provider_crowded")
	want(t, "a call to another", healthy.call(t, provision.Put, "sync", ""), provision.Done, "")
	leave()
	hanging.Wait()
	if k := b.circuit(t, b.to.ID); k.State != provision.CircuitClosed || k.UnderWay != 0 || k.Failures != 0 {
		t.Errorf("calls that were given up say nothing of the broker: %+v", k)
	}
}

func TestANewAddressOrAClockThatGoesBackEndsAnOpenCircuit(t *testing.T) {
	t.Parallel()
	b, h := clocked(t, time.Minute, 0)
	b.trip(t)
	b.front.Set(testbroker.Pass)
	old := b.to
	b.to.BrokerURL = b.broker.URL
	want(t, "at another address", b.call(t, provision.Put, "sync", ""), provision.Done, "")
	b.to = old
	b.trip(t)
	b.link.Probe(b.to.ID)
	b.front.Set(testbroker.Pass)
	want(t, "when somebody asks for a probe", b.call(t, provision.Put, "sync", ""), provision.Done, "")
	b.trip(t)
	b.front.Set(testbroker.Pass)
	h.advance(-30 * 24 * time.Hour)
	want(t, "a month earlier", b.call(t, provision.Put, "sync", ""), provision.Done, "")
}

func TestAListThatIsNotThereIsToldFromAFault(t *testing.T) {
	t.Parallel()
	b := newBed(t, time.Minute)
	b.front.Set(testbroker.Listless)
	if _, err := b.link.Held(t.Context(), b.to); !errors.Is(err, provision.ErrNoListing) {
		t.Errorf("a broker without a list: %v", err)
	}
	want(t, "create", b.call(t, provision.Put, "sync", ""), provision.Done, "")
	seen := b.call(t, provision.Look, "sync", "")
	want(t, "look", seen, provision.Done, "")
	if seen.Reply.Plan != b.plans["sync"].ID || seen.Reply.Status != 200 || !seen.Content.IsZero() {
		t.Errorf("seen: %+v", seen)
	}
	want(t, "bind", b.call(t, provision.Put, "sync", "bnd_1"), provision.Done, "")
	if a := b.call(t, provision.Look, "sync", "bnd_1"); a.Outcome != provision.Done || !a.Content.IsZero() {
		t.Errorf("look at a binding: %s", a.Outcome)
	}
	want(t, "look at what is not there", b.call(t, provision.Look, "sync", "bnd_2"), provision.Missing, "provision.provider_refused")
}
