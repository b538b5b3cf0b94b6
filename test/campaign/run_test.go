package campaign

import (
	"context"
	"sync"
	"testing"
	"time"

	"naru/wire/osb"
)

// run kills while the platforms work.
func (h *house) run(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var load sync.WaitGroup
	for _, w := range h.workers {
		load.Go(func() { w.load(ctx) })
	}
	rng := h.random(1)
	h.open(t)
	for n := range h.plan.kills {
		h.history.await(1+rng.IntN(12), 2*time.Second)
		time.Sleep(time.Duration(rng.IntN(40)) * time.Millisecond)
		both := h.plan.broker && n%5 == 3
		h.gate.shut()
		if both && n%2 == 0 {
			h.killBroker(t)
		}
		h.history.add("", "kill %d", n+1)
		h.Kill(t)
		h.kills++
		if both {
			if n%2 == 1 {
				h.killBroker(t)
			}
			h.broker.Restart(t)
		}
		if err := h.Launch(); err != nil {
			t.Fatal(err)
		}
		if rng.IntN(8) == 0 { // sometimes it dies again while it starts, or just after
			time.Sleep(time.Duration(rng.IntN(300)) * time.Millisecond)
			continue
		}
		h.open(t)
	}
	h.open(t)
	h.history.add("", "no more kills")
	stop()
	load.Wait()
}

func (h *house) killBroker(t *testing.T) {
	t.Helper()
	h.history.add("", "kill of the broker")
	h.broker.Kill(t)
	h.breakers++
}

// open waits until naru answers and knows the platform, whose password it has to check slowly once; then the
// workers go on.
func (h *house) open(t *testing.T) {
	t.Helper()
	if err := h.Await(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := h.workers[0].client.Catalog(t.Context(), osb.CatalogRequest{}); err != nil {
		t.Fatalf("the catalogue after a start: %v", err)
	}
	h.gate.open()
}

// gate holds the workers back while naru is away, so that the machine's time goes to what is tried.
type gate struct {
	mu sync.Mutex
	up chan struct{}
}

func newGate() *gate { return &gate{up: make(chan struct{})} }

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.up: // it is open
	default:
		close(g.up)
	}
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.up:
		g.up = make(chan struct{})
	default: // it never opened
	}
}

func (g *gate) pass(patience time.Duration) {
	g.mu.Lock()
	up := g.up
	g.mu.Unlock()
	select {
	case <-up:
	case <-time.After(patience):
	}
}
