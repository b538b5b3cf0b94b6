package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"

	"naru"
	"naru/door/osb"
	"naru/internal/testdb"
	"naru/internal/testroad"
	"naru/store"
)

// inside is a naru in this process, because the statements are counted by its store: the door, the tasks and the
// follower of the meters over SQLite, before a broker over real HTTP.
type inside struct {
	road   *testroad.Road
	db     *store.DB
	door   *httptest.Server
	market *market
	wish   wish
	orders []string
}

func (b *bed) inside(ctx context.Context) (c *inside, err error) {
	t := &frame{ctx: ctx, dir: b.dir}
	m := &market{t: t, client: &http.Client{Transport: &http.Transport{MaxIdleConns: 512, MaxIdleConnsPerHost: 256}}}
	b.parts = append(b.parts, m)
	c = &inside{market: m}
	return c, caught(func() error {
		if c.db, err = store.Open(ctx, filepath.Join(t.TempDir(), "naru.db"), testdb.Sealer(t)); err != nil {
			return err
		}
		t.Cleanup(func() { _ = c.db.Close() })
		c.road = testroad.New(t, c.db)
		for range mutators {
			c.orders = append(c.orders, string(c.road.Order("sync", nil)))
		}
		platform := c.road.Platform()
		c.door = httptest.NewServer(osb.New(osb.Config{
			Runner: c.road.Runner, Ops: c.road.Ops, Say: func(m naru.Message) string { return m.Key },
			SignIn: func(context.Context, string, string) (naru.Actor, error) { return platform, nil },
		}))
		t.Cleanup(c.door.Close)
		c.road.Flow() // ids order by time
		running, stop := context.WithCancel(ctx)
		var wg sync.WaitGroup
		work := c.road.Work
		work.Report = func(string, error) {}
		wg.Go(func() { c.road.Run(running, work) })
		t.Cleanup(func() { stop(); wg.Wait() })
		c.wish = wish{door: c.door.URL, service: string(c.road.Offer.ID), plan: string(c.road.Plan("sync").ID)}
		return nil
	})
}

// lifecycles runs some for every client.
func (c *inside) lifecycles(ctx context.Context, clients, each int) error {
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	for n := range clients {
		wg.Go(func() {
			for i := range each {
				w := c.wish
				w.order = c.orders[n]
				if err := c.market.lifecycle(ctx, w, fmt.Sprintf("s-%d-%d-%d", clients, n, i)); err != nil {
					failed.Store(&err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// statementsOfMutations counts every statement of the process, BEGIN, COMMIT, SAVEPOINT and those of its tasks and
// followers among them, while clients run lifecycles at once.
func statementsOfMutations(ctx context.Context, b *bed) (float64, error) {
	c, err := b.inside(ctx)
	if err != nil {
		return 0, err
	}
	if err := c.lifecycles(ctx, mutators, 2); err != nil {
		return 0, err
	}
	const each = 25
	before := c.db.Statements()
	if err := c.lifecycles(ctx, mutators, each); err != nil {
		return 0, err
	}
	fmt.Printf("# statements counted with %d clients\n", mutators)
	return float64(c.db.Statements()-before) / float64(4*each*mutators), nil
}

// statementsOfReads counts the statements of catalogue, fetch and last operation once they are remembered.
func statementsOfReads(ctx context.Context, b *bed) (float64, error) {
	c, err := b.inside(ctx)
	if err != nil {
		return 0, err
	}
	w := c.wish
	w.order = c.orders[0]
	if err := c.market.provision(ctx, w, "read", false); err != nil {
		return 0, err
	}
	at := c.wish.door + "/v2/service_instances/read"
	urls := []string{c.wish.door + "/v2/catalog", at, at + "/last_operation"}
	read := func(times int) error {
		for range times {
			for _, url := range urls {
				if _, err := c.market.call(ctx, http.MethodGet, url, "", http.StatusOK); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := read(2); err != nil {
		return 0, err
	}
	// What the process does by itself meanwhile, four times a second, is counted too and told apart by reading a lot.
	const times = 2000
	before := c.db.Statements()
	if err := read(times); err != nil {
		return 0, err
	}
	return float64(c.db.Statements()-before) / float64(times*len(urls)), nil
}
