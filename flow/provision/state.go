package provision

import (
	"time"

	"naru"
)

// State is where an instance or a binding stands.
type State string

// The states. Ready, Failed, Deleted and WrittenOff are settled; every other state has a
// task.
const (
	Requested State = "requested" // intended; nothing has left the house
	Creating  State = "creating"  // asked for at the provider, or about to be
	Ready     State = "ready"
	Updating  State = "updating" // ready, and to get other values at the provider
	Failed    State = "failed"   // not created, and nothing is left at the provider
	Deleting  State = "deleting" // to be deleted at the provider
	Deleted   State = "deleted"
	Orphan    State = "orphan" // creation failed, something may be left: being deleted, then Failed
	// WrittenOff is a deletion without success that two people gave up.
	WrittenOff State = "written_off"
)

// Settled reports whether nothing is left to do.
func (s State) Settled() bool { return s == Ready || !s.Live() }

// Live reports whether something exists at the provider, or may, and naru cares for it.
func (s State) Live() bool { return s != Failed && s != Deleted && s != WrittenOff }

// Step is a call to the provider's broker.
type Step string

// The steps. Poll asks how far a creation, an update or a deletion is.
const (
	None   Step = ""
	Put    Step = "put"
	Patch  Step = "patch"
	Poll   Step = "poll"
	Fetch  Step = "fetch" // read a binding made asynchronously, or what an update came to
	Delete Step = "delete"
	Wait   Step = "wait"  // nothing to call yet
	Sleep  Step = "sleep" // nothing to call until its bindings are gone
	Look   Step = "look"  // ask whether it is there, for people and for the census
)

// Outcome is what a call came to, as far as this side can know.
type Outcome string

// The outcomes. The link maps every answer of a broker, and the lack of one, to these.
const (
	Done       Outcome = "done"        // it is there, or it is gone as asked
	Accepted   Outcome = "accepted"    // the broker works on it: poll
	InProgress Outcome = "in_progress" // of a poll
	FailedOp   Outcome = "failed"      // of a poll: the operation ended without success
	Rejected   Outcome = "rejected"    // the broker refused and changed nothing
	Busy       Outcome = "busy"        // another operation is running, or too many requests
	Gone       Outcome = "gone"        // 410: the broker does not know it
	Missing    Outcome = "missing"     // 404 to a poll or a fetch
	Unsent     Outcome = "unsent"      // it never left this side
	Unknown    Outcome = "unknown"     // it may have had its effect
	Invalid    Outcome = "invalid"     // an answer against the specification
)

// Answer is what became of a call.
type Answer struct {
	Outcome    Outcome
	Operation  string        // of Accepted
	RetryAfter time.Duration // wished by the broker, 0 = none
	Dashboard  string        // address of a page about the instance
	Metadata   []byte        // JSON object about the instance, nil = the broker gave none
	Content    naru.Secret   // of a binding that is Done: a Content as JSON
	Shown      *Shown        // of an instance that was fetched
	Usable     *bool         // of an update or deletion that failed: the instance works, as the broker says
	Repeatable *bool         // of an update that failed: the same may be tried again, as the broker says
	Fault      naru.Message  // why it is not Done
	Reply      Reply         // the broker's own words
}

// Shown is an instance as its broker shows it, in the broker's own words.
type Shown struct {
	Plan        string
	Maintenance string
	Params      []byte // nil = the broker does not show them
}

// Work is how far the way of an instance or a binding has come: all the state machine
// knows. Every method returns the next Work and changes nothing.
type Work struct {
	State     State        `json:"state"`
	Phase     Step         `json:"phase,omitempty"`     // Poll or Fetch once the broker accepted
	Operation string       `json:"operation,omitempty"` // the broker's token for polling
	CallID    string       `json:"call,omitempty"`      // the call under way, or whose answer was lost
	Unsure    bool         `json:"unsure,omitempty"`    // an earlier call is open: something may be there
	Attempts  int          `json:"attempts"`            // without progress, in a row
	Since     time.Time    `json:"since"`               // when the present state or phase began
	NextAt    time.Time    `json:"next_at"`             // of the next attempt; zero when settled
	Fault     naru.Message `json:"fault"`               // why it failed or is failing; empty key = none
	Trouble   naru.Message `json:"trouble"`             // of the last attempt in the present state

	// Limit is how long the operation under way may take; 0 means naru's own limit. It is
	// set before Settle and not stored, because it follows from the plan.
	Limit time.Duration `json:"-"`
}

// limit is how long the operation under way may take.
func (w Work) limit() time.Duration {
	if w.Limit <= 0 {
		return pollLimit
	}
	return w.Limit
}

// The patience of naru with a provider.
const (
	patience     = 10 * time.Minute // with a broker that does not take a creation
	pollLimit    = 24 * time.Hour   // with an operation that does not end, when nothing else was set
	pollLeast    = time.Second
	pollMost     = 30 * time.Second
	retryFirst   = time.Second
	retryMost    = 10 * time.Minute
	soonMost     = time.Minute
	forgetLimit  = 3               // polls in a row that find a creation or an update unknown
	repeatLimit  = 3               // times an update is sent whose answers say nothing
	callLease    = 2 * time.Minute // of the task; longer than any call
	stuckAttempt = 3               // failed attempts after which a platform is told
)

// Next returns the call that is due.
func (w Work) Next() Step {
	switch w.State {
	case Requested:
		return Put
	case Creating:
		if w.Phase != None {
			return w.Phase
		}
		return Put
	case Updating:
		if w.Phase != None {
			return w.Phase
		}
		return Patch
	case Deleting, Orphan:
		if w.Phase == Poll {
			return Poll
		}
		return Delete
	}
	return None
}

// Begin is what is stored before a call: the intent, and that an answer is awaited. A
// call that is found still open, and that nobody is at, lost its answer, so what it asked
// for may exist.
func (w Work) Begin(call string, now time.Time) Work {
	if w.CallID != "" && w.Next().changes() {
		w.Unsure = true
	}
	if w.State == Requested {
		w = w.enter(Creating, now)
	}
	if w.Since.After(now) { // the clock went back: patience begins anew, it does not wait for the old time
		w.Since = now
	}
	w.CallID, w.NextAt = call, now
	return w
}

// longestWait is more than naru ever waits for the next step of its own.
const longestWait = 2 * retryMost

// early reports whether the next attempt is still to come. A time further away than any
// wait was written by a clock that has gone back since, and counts as past.
func (w Work) early(now time.Time) bool {
	return now.Before(w.NextAt) && w.NextAt.Sub(now) <= longestWait
}

// release is for a call that came back to a Work that wants something else by now.
func (w Work) release(now time.Time) Work {
	w.CallID, w.NextAt = "", now
	return w
}

// Abandon is the wish to have it deleted. The caller gives a settled Work a task.
func (w Work) Abandon(now time.Time) Work {
	switch w.State {
	case Requested, Failed:
		next := w.enter(Deleted, now)
		next.Fault = w.Fault
		return next
	case Deleted, WrittenOff, Deleting:
		return w
	case Orphan: // a deletion is under way already; it only ends elsewhere
		w.State, w.Unsure = Deleting, true
		return w
	}
	next := w.enter(Deleting, now)
	next.Unsure = w.State != Ready
	next.CallID, next.NextAt = w.CallID, now
	if w.CallID != "" { // its answer comes first: a deletion must not overtake a creation
		next.NextAt = w.NextAt
	}
	return next
}

// Settle is what a call's answer makes of the work, and how long to wait before the
// next step.
func (w Work) Settle(a Answer, now time.Time) (Work, time.Duration) {
	step := w.Next()
	w.CallID = ""
	var wait time.Duration
	switch step {
	case Put:
		w, wait = w.afterPut(a, now)
	case Patch:
		w, wait = w.afterPatch(a, now)
	case Poll:
		w, wait = w.afterPoll(a, now)
	case Fetch:
		w, wait = w.afterFetch(a, now)
	case Delete:
		w, wait = w.afterDelete(a, now)
	}
	w.NextAt = time.Time{}
	if !w.State.Settled() {
		w.NextAt = now.Add(wait)
	}
	return w, wait
}

func (w Work) afterPut(a Answer, now time.Time) (Work, time.Duration) {
	switch a.Outcome {
	case Done:
		return w.enter(Ready, now), 0
	case Accepted:
		return w.poll(a, now)
	case Unsent, Busy:
		if now.Sub(w.Since) < patience {
			return w.soon(a)
		}
		return w.refused(a.Fault, now), 0
	case Rejected, Gone, Missing:
		return w.refused(a.Fault, now), 0
	}
	return w.orphan(a.Fault, now), 0
}

// refused ends a creation that had no effect, unless an earlier call may have had one.
func (w Work) refused(fault naru.Message, now time.Time) Work {
	if w.Unsure {
		return w.orphan(fault, now)
	}
	w = w.enter(Failed, now)
	w.Fault = fault
	return w
}

func (w Work) orphan(fault naru.Message, now time.Time) Work {
	w = w.enter(Orphan, now)
	w.Fault = fault
	return w
}

// poll begins to follow an operation the broker accepted.
func (w Work) poll(a Answer, now time.Time) (Work, time.Duration) {
	w.Phase, w.Operation, w.Since = Poll, a.Operation, now
	w.Attempts, w.Trouble = 0, naru.Message{}
	return w, pollWait(a.RetryAfter, 0)
}

func (w Work) afterPoll(a Answer, now time.Time) (Work, time.Duration) {
	switch {
	case a.Outcome == InProgress && now.Sub(w.Since) < w.limit():
		w.Attempts, w.Trouble = 0, naru.Message{}
		return w, pollWait(a.RetryAfter, now.Sub(w.Since))
	case w.State == Creating:
		return w.afterCreatePoll(a, now)
	case w.State == Updating:
		return w.afterUpdatePoll(a, now)
	default:
		return w.afterDeletePoll(a, now)
	}
}

func (w Work) afterCreatePoll(a Answer, now time.Time) (Work, time.Duration) {
	switch a.Outcome {
	case Done:
		return w.enter(Ready, now), 0
	case FailedOp:
		return w.orphan(a.Fault, now), 0
	case Gone, Missing: // 410 is meant for deletions; 404 says that the broker lost it
		if w.Attempts+1 >= forgetLimit {
			return w.orphan(a.Fault, now), 0
		}
	}
	if now.Sub(w.Since) >= w.limit() {
		return w.orphan(w.tooSlow("provision.too_slow"), now), 0
	}
	return w.again(a)
}

func (w Work) afterDeletePoll(a Answer, now time.Time) (Work, time.Duration) {
	switch a.Outcome {
	case Done, Gone:
		return w.gone(now), 0
	case FailedOp, Missing: // ask again for the deletion; if it is gone, 410 will say so
		w.Phase, w.Operation = None, ""
		return w.again(a)
	}
	if now.Sub(w.Since) >= w.limit() {
		a.Fault = w.tooSlow("provision.too_slow")
		w.Phase, w.Operation, w.Since = None, "", now
	}
	return w.again(a)
}

func (w Work) afterFetch(a Answer, now time.Time) (Work, time.Duration) {
	if w.State == Updating {
		return w.afterUpdateFetch(a, now)
	}
	switch a.Outcome {
	case Done:
		return w.enter(Ready, now), 0
	case Unsent, Unknown, Busy:
		if now.Sub(w.Since) < patience {
			return w.soon(a)
		}
	}
	return w.orphan(a.Fault, now), 0
}

func (w Work) afterDelete(a Answer, now time.Time) (Work, time.Duration) {
	switch a.Outcome {
	case Done, Gone:
		return w.gone(now), 0
	case Accepted:
		return w.poll(a, now)
	}
	return w.again(a)
}

// gone ends a deletion: what was wanted away is deleted, what never came to be failed.
func (w Work) gone(now time.Time) Work {
	if w.State == Orphan {
		fault := w.Fault
		w = w.enter(Failed, now)
		w.Fault = fault
		return w
	}
	return w.enter(Deleted, now)
}

// again tries the same step later, at growing distance.
func (w Work) again(a Answer) (Work, time.Duration) {
	wait := min(retryMost, retryFirst<<min(w.Attempts, 10))
	w.Attempts++
	w.Trouble = a.Fault
	return w, max(wait, min(a.RetryAfter, retryMost))
}

// soon is again while somebody waits for a creation: not later than in a minute, unless
// the broker wishes so.
func (w Work) soon(a Answer) (Work, time.Duration) {
	next, wait := w.again(a)
	return next, max(min(wait, soonMost), min(a.RetryAfter, patience))
}

func (w Work) enter(s State, now time.Time) Work {
	return Work{State: s, Since: now}
}

// Stuck reports whether a deletion goes on without success, which a platform is told
// as a failure though naru goes on trying.
func (w Work) Stuck() bool {
	return (w.State == Deleting || w.State == Orphan) && w.Attempts >= stuckAttempt
}

// pollWait is the pause before the next poll: as the broker wishes, else a quarter of
// the time it took so far.
func pollWait(wish, elapsed time.Duration) time.Duration {
	if wish > 0 {
		return max(pollLeast, min(wish, retryMost))
	}
	return max(pollLeast, min(elapsed/4, pollMost))
}

func (w Work) tooSlow(key string) naru.Message { return naru.Msg(key, "limit", w.limit().String()) }
