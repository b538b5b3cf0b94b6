package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	readers  = 8  // clients of the reading claims, as in the measurements the goals come from
	mutators = 32 // clients of the mutations, each with an order of its own
)

// load runs clients in a closed loop for a while and gives how often they came round in a second.
func load(ctx context.Context, clients int, lasts time.Duration, do func(ctx context.Context, client, n int) error) (float64, error) {
	var wg sync.WaitGroup
	var done atomic.Int64
	var failed atomic.Pointer[error]
	start := time.Now()
	for c := range clients {
		wg.Go(func() {
			for n := 0; time.Since(start) < lasts && failed.Load() == nil; n++ {
				if err := do(ctx, c, n); err != nil {
					failed.Store(&err)
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return float64(done.Load()) / time.Since(start).Seconds(), nil
}

// middle is the median.
func middle(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// small is the market of the small catalogue, with one instance that is ready at naru and at the broker itself.
func (b *bed) small(ctx context.Context) (m *market, service, plan string, err error) {
	if b.smallMarket == nil {
		if b.smallMarket, err = b.market(ctx, "", 3, 2); err != nil {
			return nil, "", "", err
		}
		m = b.smallMarket
		err = caught(func() error {
			m.Order(m.t, "p000-000-now")
			s, p := m.Plan(m.t, "p000-000-now")
			if err := m.provision(ctx, wish{door: m.naru(), service: string(s), plan: string(p)}, "ready", false); err != nil {
				return err
			}
			return m.provision(ctx, wish{door: m.proxy.url, service: "service-000", plan: "plan-000-000"}, "ready", false)
		})
		if err != nil {
			return nil, "", "", err
		}
	}
	m = b.smallMarket
	err = caught(func() error {
		s, p := m.Plan(m.t, "p000-000-now")
		service, plan = string(s), string(p)
		return nil
	})
	return m, service, plan, err
}

// reads compares requests a second of a read with those of the proxy, taking turns.
func reads(what string) func(context.Context, *bed) (float64, error) {
	return func(ctx context.Context, b *bed) (float64, error) {
		m, service, plan, err := b.small(ctx)
		if err != nil {
			return 0, err
		}
		own, peer := m.naru(), m.proxy.url
		switch at := "/v2/service_instances/ready"; what {
		case "catalog":
			own, peer = own+"/v2/catalog", peer+"/v2/catalog"
		case "fetch":
			own, peer = own+at+"?"+ids(service, plan), peer+at+"?"+ids("service-000", "plan-000-000")
		default:
			own, peer = own+at+"/last_operation?"+ids(service, plan), peer+at+"/last_operation?"+ids("service-000", "plan-000-000")
		}
		var owns, peers []float64
		for range rounds {
			for _, target := range []struct {
				url  string
				into *[]float64
			}{{own, &owns}, {peer, &peers}} {
				v, err := load(ctx, readers, roundTime, func(ctx context.Context, _, _ int) error {
					_, err := m.call(ctx, http.MethodGet, target.url, "", http.StatusOK)
					return err
				})
				if err != nil {
					return 0, err
				}
				*target.into = append(*target.into, v)
			}
		}
		fmt.Printf("# %s: naru %.0f/s, proxy %.0f/s, %d clients\n", what, middle(owns), middle(peers), readers)
		return middle(owns) / middle(peers), nil
	}
}

// largeCatalog compares the processor time of a catalogue of 400 plans with the proxy's.
func largeCatalog(ctx context.Context, b *bed) (float64, error) {
	m, err := b.market(ctx, "", 100, 4)
	if err != nil {
		return 0, err
	}
	err = caught(func() error {
		for s := range 100 {
			for p := range 4 {
				m.Order(m.t, fmt.Sprintf("p%03d-%03d-%s", s, p, []string{"now", "slow"}[p%2]))
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	sizes := map[string]int{}
	spent := func(pid int, url string) (float64, error) {
		before, err := cpu(pid)
		if err != nil {
			return 0, err
		}
		const requests = 600
		var n atomic.Int64
		_, err = load(ctx, readers, time.Hour, func(ctx context.Context, _, _ int) error {
			if n.Add(1) > requests {
				return errEnough
			}
			body, err := m.call(ctx, http.MethodGet, url+"/v2/catalog", "", http.StatusOK)
			if n.Load() == requests {
				sizes[url] = len(body)
			}
			return err
		})
		if !errors.Is(err, errEnough) {
			return 0, err
		}
		after, err := cpu(pid)
		return float64((after - before).Microseconds()) / requests, err
	}
	var owns, peers []float64
	for range rounds {
		own, err := spent(m.Process().Pid, m.naru())
		if err != nil {
			return 0, err
		}
		peer, err := spent(m.proxy.cmd.Process.Pid, m.proxy.url)
		if err != nil {
			return 0, err
		}
		owns, peers = append(owns, own), append(peers, peer)
	}
	fmt.Printf("# 400 plans: naru %.0f us a request, proxy %.0f us\n", middle(owns), middle(peers))
	return middle(owns) / middle(peers), nil
}

var errEnough = errors.New("enough")

// mutations compares lifecycles through the door, two commits for each of their four mutations, with as many commits of
// one INSERT each by as many clients on the same engine, taking turns.
func mutations(engine string) func(context.Context, *bed) (float64, error) {
	return func(ctx context.Context, b *bed) (float64, error) {
		database, peer, err := b.engine(ctx, engine)
		if err != nil {
			return 0, err
		}
		m, orders, err := b.mutable(ctx, database)
		if err != nil {
			return 0, err
		}
		var owns, peers []float64
		run := atomic.Int64{}
		for range rounds {
			v, err := load(ctx, mutators, 2*roundTime, func(ctx context.Context, c, _ int) error {
				return m.lifecycle(ctx, wish{m.naru(), orders.service, orders.plan, orders.ids[c]}, fmt.Sprintf("i-%d-%d", c, run.Add(1)))
			})
			if err != nil {
				return 0, err
			}
			owns = append(owns, v*4)
			if v, err = load(ctx, mutators, 2*roundTime, peer); err != nil {
				return 0, err
			}
			peers = append(peers, v)
		}
		fmt.Printf("# %s: naru %.0f mutations/s = %.0f commits/s, peer %.0f commits/s, %d clients\n", engine, middle(owns), 2*middle(owns), middle(peers), mutators)
		return 2 * middle(owns) / middle(peers), nil
	}
}

// ordered are the orders of the clients.
type ordered struct {
	service, plan string
	ids           []string
}

func (b *bed) mutable(ctx context.Context, database string) (m *market, o ordered, err error) {
	if m, err = b.market(ctx, database, 1, 2); err != nil {
		return m, o, err
	}
	err = caught(func() error {
		s, p := m.Plan(m.t, "p000-000-now")
		o.service, o.plan = string(s), string(p)
		for range mutators {
			o.ids = append(o.ids, string(m.Order(m.t, "p000-000-now")))
		}
		return nil
	})
	return m, o, err
}

// inflight is how many operations are under way at once in the claim of memory.
const inflight = 1200

// inflightMemory has a broker accept so many creations that it never finishes, and gives naru's memory while it polls them.
func inflightMemory(ctx context.Context, b *bed) (float64, error) {
	m, err := b.market(ctx, "", 1, 2)
	if err != nil {
		return 0, err
	}
	var orders []string
	var service, plan string
	err = caught(func() error {
		s, p := m.Plan(m.t, "p000-001-slow")
		service, plan = string(s), string(p)
		for range inflight {
			orders = append(orders, string(m.Order(m.t, "p000-001-slow")))
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	var wg sync.WaitGroup
	var failed atomic.Pointer[error]
	for c := range mutators {
		wg.Go(func() {
			for n := c; n < inflight; n += mutators {
				if err := m.provision(ctx, wish{m.naru(), service, plan, orders[n]}, fmt.Sprint("slow-", n), true); err != nil {
					failed.Store(&err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	most := 0.0
	for range 20 { // ten seconds of polling
		time.Sleep(500 * time.Millisecond)
		mb, err := rss(m.Process().Pid)
		if err != nil {
			return 0, err
		}
		most = max(most, mb)
	}
	for _, n := range []int{0, inflight - 1} {
		url := fmt.Sprintf("%s/v2/service_instances/slow-%d/last_operation", m.naru(), n)
		if got, err := m.call(ctx, http.MethodGet, url, "", http.StatusOK); err != nil || !strings.Contains(string(got), `"in progress"`) {
			return 0, fmt.Errorf("operation %d is not in flight: %s, %w", n, got, err)
		}
	}
	return most, nil
}
