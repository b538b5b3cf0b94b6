package op

import (
	"naru"
	"naru/base/record"
)

// Call is the circumstance of a running operation. It collects what the operation
// wants recorded and enqueued, so that both commit with its effect.
type Call struct {
	naru.Call
	op      string
	entries []record.Entry
	tasks   []newTask
	row     string // of the task that is being worked at, "" in an operation
	crew    *crew  // of the process, nil when none runs
	seats   []seat // taken for calls that are begun in this transaction
	woken   bool   // a row that waits was made due
}

// newTask is a wish to run a task once the operation has committed.
type newTask struct {
	TaskRow
	what   any
	handed bool
}

// seat is a place in a lane.
type seat struct {
	task, lane string
	used       bool
}

// newCall starts a call of the runner's process.
func (r *Runner) newCall(who naru.Call, name string) *Call {
	return &Call{Call: who, op: name, crew: r.crew.Load()}
}

// reset forgets what was collected: the store may run an operation again.
func (c *Call) reset() {
	c.entries, c.tasks, c.woken = nil, nil, false
	for _, s := range c.seats {
		c.crew.leave(s.lane)
	}
	c.seats = nil
}

// committed starts what was handed over and gives back the seats that were not used.
// due is true when a task waits in the queue.
func (c *Call) committed() (due bool) {
	for _, s := range c.seats {
		if !s.used {
			c.crew.leave(s.lane)
		}
	}
	c.seats, due = nil, c.woken
	for i := range c.tasks {
		t := &c.tasks[i]
		if !t.handed {
			due = true
			continue
		}
		c.crew.take(errand{row: t.TaskRow, what: t.what})
	}
	return due
}

// Record adds an entry: the objects concerned and small public facts as name, value
// pairs. Never personal data, never secrets.
func (c *Call) Record(subjects []string, pairs ...string) {
	e := record.NewEntry(&c.Call, c.op, record.Done)
	e.Subjects = subjects
	for i := 0; i+1 < len(pairs); i += 2 {
		if e.Detail == nil {
			e.Detail = make(map[string]string, len(pairs)/2)
		}
		e.Detail[pairs[i]] = pairs[i+1]
	}
	c.entries = append(c.entries, e)
}

// Enqueue asks for a task on a subject once the operation has committed.
func (c *Call) Enqueue(task, subject string) { c.EnqueueIn("", task, subject) }

// EnqueueIn is Enqueue into a lane: tasks of one lane share a limit of calls under way.
func (c *Call) EnqueueIn(lane, task, subject string) {
	c.tasks = append(c.tasks, newTask{TaskRow: TaskRow{Name: task, Subject: subject, Lane: lane, Due: c.Now}})
}

// Wake has the queue looked through once this has committed, because a row of it was made due.
func (c *Call) Wake() { c.woken = true }

// Seat takes a place for a task in a lane of this process's scheduler. With one the
// operation may do itself what the task's Prepare would, and hand the result over with
// EnqueueNow. Without one (no scheduler here, or its lane is full) it leaves the subject
// to Prepare. A place that is not used is given back.
func (c *Call) Seat(task, lane string) bool {
	if c.crew == nil || !c.crew.seat(task, lane) {
		return false
	}
	c.seats = append(c.seats, seat{task: task, lane: lane})
	return true
}

// EnqueueNow asks for a task whose Prepare is already done, in the same transaction:
// what is what it would have returned. The row is leased to this process, which calls
// and settles at once after the commit; when the process dies, the lease ends and
// Prepare finds what was begun. Without a seat it is EnqueueIn.
func (c *Call) EnqueueNow(lane, task, subject string, what any) {
	c.EnqueueIn(lane, task, subject)
	for i := range c.seats {
		s := &c.seats[i]
		if s.used || s.task != task || s.lane != lane {
			continue
		}
		t := &c.tasks[len(c.tasks)-1]
		t.what, t.handed, t.LeasedUntil = what, true, leaseEnd(c.Now, c.crew.bench.lease(task))
		s.used = true
		return
	}
}

// rows names the tasks and gives their rows.
func (c *Call) rows() []TaskRow {
	rows := make([]TaskRow, len(c.tasks))
	for i := range c.tasks {
		c.tasks[i].ID = c.NewID("task")
		rows[i] = c.tasks[i].TaskRow
	}
	return rows
}
