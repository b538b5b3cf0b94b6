package op

import (
	"cmp"
	"context"
	"slices"
	"sync"
)

// Calls under way at once when [Work] does not say.
const (
	defaultLane = 16  // in one lane
	defaultAll  = 256 // in the process
)

// perSeat is how many handed-over calls may wait in memory for each call that may be
// under way in their lane. Beyond it operations leave their work to the queue.
const perSeat = 4

// crew is the one scheduler of a process. It has a goroutine for every call under way
// and none for what waits: that is a row in the queue, or an errand in a lane's line.
type crew struct {
	r     *Runner
	bench bench
	ctx   context.Context // of Run: calls end with it
	work  Work
	wg    sync.WaitGroup

	mu     sync.Mutex
	busy   int
	lanes  map[string]*lane
	held   map[string]*hold // by row: under way or in a line
	over   bool
	hungry bool // rows may be due that the process had no room for
}

// lane is what the calls of one provider share.
type lane struct {
	busy   int      // calls under way
	seats  int      // promised to operations that have not committed, and to rows being claimed
	queued int      // of both, and of the line, those that come from the queue
	line   []errand // waiting for another call to end: rows of the queue, then what was handed over
	past   bool     // the queue was looked at without this lane, or for more than it had room for
}

// taken counts the calls under way in a lane and those to come.
func (l *lane) taken() int { return l.busy + l.seats + len(l.line) }

// shareOf is one place of how many in a lane that is the queue's, however much is handed over.
const shareOf = 4

// full reports whether a lane takes no row of the queue. While operations hand over more
// than it has places for, the queue still gets its share: polls and repeats must not wait
// until nobody asks for anything new.
func (c *crew) full(l *lane) bool {
	return l.taken() >= c.work.Lane && l.queued >= max(1, c.work.Lane/shareOf)
}

// errand is a task on its way: its row, the hold on it and, when handed over, what
// Prepare would return.
type errand struct {
	row    TaskRow
	hold   *hold
	what   any
	queued bool // it was claimed, not handed over
}

func newCrew(ctx context.Context, r *Runner, w Work) *crew {
	w.Lane, w.Tasks = cmp.Or(w.Lane, defaultLane), cmp.Or(w.Tasks, defaultAll)
	return &crew{r: r, bench: newBench(w.Handlers, shortLease), ctx: ctx, work: w, lanes: map[string]*lane{}, held: map[string]*hold{}}
}

// lane returns the lane of a name; the caller holds the lock.
func (c *crew) lane(name string) *lane {
	l := c.lanes[name]
	if l == nil {
		l = &lane{}
		c.lanes[name] = l
	}
	return l
}

// seat promises an operation that a call may follow its commit soon.
func (c *crew) seat(task, name string) bool {
	if _, known := c.bench.handlers[task]; !known {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lane(name)
	if c.over || l.taken() >= c.work.Lane*(1+perSeat) {
		return false
	}
	l.seats++
	return true
}

// leave gives a seat back.
func (c *crew) leave(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lane(name).seats--
}

// forgo is leave for the seat of a row that was not claimed.
func (c *crew) forgo(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lane(name)
	l.seats--
	l.queued--
}

// take turns a seat into a call, at once or when others have ended. After the end it lets
// go of the row, and another process goes on.
func (c *crew) take(e errand) {
	e.hold = c.bench.hold(e.row)
	if !c.accept(e) {
		c.release([]errand{e})
	}
}

// accept is take while there is no end.
func (c *crew) accept(e errand) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lane(e.row.Lane)
	l.seats--
	if c.over {
		return false
	}
	c.held[e.row.ID] = e.hold
	switch {
	case l.busy < c.work.Lane && c.busy < c.work.Tasks:
		c.start(l, e)
	case e.queued: // the lease of its row has begun
		at := slices.IndexFunc(l.line, func(other errand) bool { return !other.queued })
		if at < 0 {
			at = len(l.line)
		}
		l.line = slices.Insert(l.line, at, e)
	default:
		l.line = append(l.line, e)
	}
	return true
}

// start runs an errand in a goroutine of its own; the caller holds the lock.
func (c *crew) start(l *lane, e errand) {
	l.busy++
	c.busy++
	c.wg.Go(func() {
		defer c.finish(l, e)
		if err := c.r.run(c.ctx, c.bench, e); err != nil {
			c.work.Report("task", err)
		}
	})
}

// finish frees a place and gives it to the next in line, of the same lane first.
func (c *crew) finish(l *lane, e errand) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.held, e.row.ID)
	l.busy--
	c.busy--
	if e.queued {
		l.queued--
	}
	c.advance(l)
	for _, other := range c.lanes {
		if c.busy >= c.work.Tasks {
			return
		}
		c.advance(other)
	}
	if c.hungry || l.past && !c.full(l) {
		l.past = false
		wake(c.r.taskWake)
	}
}

// advance starts the next errand in a lane's line, if it may; the caller holds the lock.
func (c *crew) advance(l *lane) {
	if c.over || len(l.line) == 0 || l.busy >= c.work.Lane || c.busy >= c.work.Tasks {
		return
	}
	e := l.line[0]
	l.line = slices.Delete(l.line, 0, 1)
	c.start(l, e)
}

// room tells how many more calls there may be, and which lanes have room for none.
func (c *crew) room() (n int, full []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, l := range c.lanes {
		switch {
		case l.taken() == 0:
			delete(c.lanes, name) // providers come and go
		case c.full(l):
			full, l.past = append(full, name), true
		}
	}
	slices.Sort(full)
	n = c.work.Tasks - c.busy
	c.hungry = n <= 0
	return n, full
}

// choose gives a seat to every row that its lane has room for, and returns those. One
// that this process is at already, whatever the clock says of its lease, stays there.
func (c *crew) choose(rows []TaskRow) []TaskRow {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(rows, func(row TaskRow) bool {
		if c.held[row.ID] != nil {
			return true
		}
		l := c.lane(row.Lane)
		if c.full(l) {
			l.past = true
			return true
		}
		l.seats++
		l.queued++
		return false
	})
}

// claimBatch is how many rows are claimed in one transaction at most.
const claimBatch = 64

// claim starts due tasks of lanes with room; more is true when there may be others.
func (c *crew) claim() (more bool, err error) {
	room, full := c.room()
	if room <= 0 {
		return false, nil // a call that ends wakes the loop
	}
	due, err := c.r.due(c.ctx, c.bench, full, min(room, claimBatch))
	if err != nil || len(due) == 0 {
		return false, err
	}
	chosen := c.choose(due)
	if len(chosen) == 0 {
		return false, nil
	}
	claimed, err := c.r.claim(c.ctx, c.bench, chosen)
	for _, row := range chosen {
		i := slices.IndexFunc(claimed, func(t TaskRow) bool { return t.ID == row.ID })
		if i < 0 { // another process was faster
			c.forgo(row.Lane)
			continue
		}
		c.take(errand{row: claimed[i], queued: true})
	}
	return err == nil, err
}

// end lets no more calls begin, lets go of what stands in line, and waits for the calls
// under way.
func (c *crew) end() {
	c.mu.Lock()
	c.over = true
	var rest []errand
	for _, l := range c.lanes {
		for _, e := range l.line {
			delete(c.held, e.row.ID)
		}
		rest = append(rest, l.line...)
		l.line = nil
	}
	c.mu.Unlock()
	c.release(rest)
	c.wg.Wait()
}
