package op

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// shortLease is how long the rows of a process that died stay with it: what was under
// way stands still until then. A scheduler renews its leases while it lives.
const shortLease = 15 * time.Second

// renewPause is how often a scheduler looks at its leases; one is renewed when a third of
// it has passed.
const renewPause = 250 * time.Millisecond

// errLost is the fault of a process that was held up so long that another took its row.
var errLost = errors.New("the lease ended and another process took the task")

// hold is what a process knows of its lease of a row.
type hold struct {
	row   TaskRow // as it was leased
	term  time.Duration
	mu    sync.Mutex
	until time.Time
	asked time.Time // of a renewal that is not known to have been stored; zero = none
	lost  bool
}

// leaseEnd is when a lease ends, to the precision that is stored.
func leaseEnd(now time.Time, lease time.Duration) time.Time {
	return now.UTC().Add(lease).Truncate(time.Microsecond)
}

// hold is the hold on a row that was just leased.
func (b bench) hold(row TaskRow) *hold {
	return &hold{row: row, term: b.lease(row.Name), until: row.LeasedUntil}
}

func (h *hold) gone() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lost
}

// fresh reports whether more than a part of the lease is left, and no more than there
// can be unless the clock has gone back.
func (h *hold) fresh(now time.Time, part time.Duration) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	left := h.until.Sub(now)
	return !h.lost && left > part && left <= h.term
}

// check is an error when another process has the row by now. While the lease lasts none
// can; after that the row itself tells.
func (h *hold) check(ctx context.Context, tx View, now time.Time) error {
	if h.fresh(now, 0) {
		return nil
	}
	if h.gone() {
		return errLost
	}
	until, err := tx.Lease(ctx, h.row.ID)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if until.IsZero() || !until.Equal(h.until) && !until.Equal(h.asked) {
		return errLost
	}
	return nil
}

// rows are the row as this process may have leased it, for a renewal until a time.
func (h *hold) rows(until time.Time) []TaskRow {
	h.mu.Lock()
	defer h.mu.Unlock()
	rows := []TaskRow{{ID: h.row.ID, LeasedUntil: h.until}}
	if !h.asked.IsZero() {
		rows = append(rows, TaskRow{ID: h.row.ID, LeasedUntil: h.asked})
	}
	h.asked = until
	return rows
}

// renewed notes what became of a renewal.
func (h *hold) renewed(until time.Time, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lost = !ok
	h.until, h.asked = until, time.Time{}
}

// renewing renews leases until end is called.
func (c *crew) renewing(ctx context.Context) (end func()) {
	ctx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(renewPause)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if err := c.renew(ctx); err != nil && ctx.Err() == nil {
				c.work.Report("lease", err)
			}
		}
	})
	return func() { stop(); wg.Wait() }
}

// renew renews all leases that a third of has passed, in one statement.
func (c *crew) renew(ctx context.Context) error {
	now := c.r.clock()
	until := leaseEnd(now, shortLease)
	var rows []TaskRow
	holds := map[string]*hold{}
	c.mu.Lock()
	for id, h := range c.held {
		if !h.gone() && !h.fresh(now, h.term*2/3) {
			holds[id] = h
			rows = append(rows, h.rows(until)...)
		}
	}
	c.mu.Unlock()
	if len(rows) == 0 {
		return nil
	}
	var kept []string
	err := c.r.db.Write(ctx, func(ctx context.Context, tx Tx) (err error) {
		kept, err = tx.RenewTasks(ctx, rows, until)
		return err
	})
	if err != nil {
		return err // what is not known to be renewed is tried again soon
	}
	for id, h := range holds {
		h.renewed(until, slices.Contains(kept, id))
	}
	return nil
}

// release ends the leases of rows that this process does not begin any more, so that another
// takes them at once.
func (c *crew) release(list []errand) {
	if len(list) == 0 {
		return
	}
	ctx := context.WithoutCancel(c.ctx) // it ends
	err := c.r.db.Write(ctx, func(ctx context.Context, tx Tx) error {
		for _, e := range list {
			err := e.hold.check(ctx, tx, c.r.clock())
			if errors.Is(err, errLost) {
				continue
			}
			if err != nil {
				return err
			}
			if err := tx.UpdateTask(ctx, e.row); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		c.work.Report("lease", err)
	}
}

// at reports whether this process is at a task on a subject, beside one row.
func (c *crew) at(task, subject, beside string) bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, h := range c.held {
		if id != beside && h.row.Name == task && h.row.Subject == subject {
			return true
		}
	}
	return false
}

// UnderWay reports whether a task on a subject is being worked at, by this process or
// another, beside the row that this call is about.
func (c *Call) UnderWay(ctx context.Context, tx any, task, subject string) (bool, error) {
	if c.crew.at(task, subject, c.row) {
		return true, nil
	}
	rows, err := tx.(View).LeasedFor(ctx, task, subject, c.Now)
	return slices.ContainsFunc(rows, func(id string) bool { return id != c.row }), err
}
