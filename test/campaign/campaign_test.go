// Package campaign kills naru at random moments of a lifecycle load (중단 시험) and proves afterwards that nothing
// was lost: no instance at the provider that naru does not know, none twice, nothing left unsettled, and
// nothing that contradicts what the platform was told.
package campaign

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"

	"naru/broker/kit"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/internal/testnaru"
)

func TestMain(m *testing.M) {
	testbroker.Main(m, testbroker.Set{"folders": testbroker.Folders})
}

// setting reads a number from the environment: NARU_CAMPAIGN_SEED and NARU_CAMPAIGN_KILLS, for `make soak` and for
// walking a failure again.
func setting(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text, ok := os.LookupEnv(name)
	if !ok {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// TestNothingIsLostWhenNaruIsKilled runs three houses beside each other: two kill naru only, and the third its
// broker too.
func TestNothingIsLostWhenNaruIsKilled(t *testing.T) {
	seed := setting(t, "NARU_CAMPAIGN_SEED", rand.Uint64())
	kills := int(setting(t, "NARU_CAMPAIGN_KILLS", 306))
	t.Logf("seed: NARU_CAMPAIGN_SEED=%d NARU_CAMPAIGN_KILLS=%d", seed, kills)
	houses := []plan{
		{name: "on SQLite"},
		{name: "on PostgreSQL", postgres: true},
		{name: "on SQLite, the broker killed too", broker: true},
	}
	var beside sync.WaitGroup // parallel tests would wait for each other on a small machine; houses mostly wait for time
	for i, p := range houses {
		p.seed, p.kills = seed+uint64(i), (kills+len(houses)-1-i)/len(houses)
		beside.Go(func() {
			t.Run(p.name, func(t *testing.T) {
				h := build(t, p)
				h.run(t)
				h.prove(t)
			})
		})
	}
	beside.Wait()
}

// plan is how one house is tried.
type plan struct {
	name     string
	postgres bool
	broker   bool // is killed now and then
	seed     uint64
	kills    int
}

// house is a naru, a broker and platforms.
type house struct {
	plan
	*testnaru.Market
	broker   *testbroker.Broker
	orders   chan order
	bigger   chan order // to change to
	history  *history
	gate     *gate
	workers  []*worker
	kills    int // done so far
	breakers int // kills of the broker
}

// order is what carries one instance at a time.
type order struct {
	id, service, plan string
	async, small      bool
}

const (
	workersPerHouse = 6
	ordersPerHouse  = 200
	biggerPerHouse  = 60
)

func build(t *testing.T, p plan) *house {
	t.Helper()
	h := &house{plan: p, history: newHistory(), gate: newGate(), orders: make(chan order, ordersPerHouse+biggerPerHouse), bigger: make(chan order, biggerPerHouse)}
	h.broker = testbroker.Start(t, "folders", kit.Config{Addr: "127.0.0.3:0"})
	h.broker.Config.Addr = h.broker.URL[len("http://"):] // the same again after a kill
	config := testnaru.Config{}
	if p.postgres {
		config.Database = testdb.EmptyPostgresURL(t)
	}
	n := testnaru.Start(t, config)
	c := h.broker.Config
	h.Market = n.Open(t, testnaru.Site{URL: h.broker.URL, User: c.User, Password: c.Password.Reveal()})
	for i := range ordersPerHouse {
		h.orders <- h.order(t, []string{"sync", "async", "sync"}[i%3])
	}
	for range biggerPerHouse {
		h.bigger <- h.order(t, "bigger")
	}
	for i := range workersPerHouse {
		h.workers = append(h.workers, newWorker(t, h, i))
	}
	return h
}

func (h *house) order(t *testing.T, slug string) order {
	t.Helper()
	service, plan := h.Plan(t, slug)
	return order{id: string(h.Order(t, slug)), service: string(service), plan: string(plan), async: slug == "async", small: slug == "sync"}
}

// random is a source of its own for every part of a house, so that a seed means the same choices.
func (p plan) random(part int) *rand.Rand {
	return rand.New(rand.NewPCG(p.seed, uint64(part)))
}

func (h *house) String() string {
	return fmt.Sprintf("%d kills of naru and %d of the broker", h.kills, h.breakers)
}
