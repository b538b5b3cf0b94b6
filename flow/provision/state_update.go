package provision

import (
	"time"

	"naru"
)

// The faults of an update that say nothing of its effect: of one that nobody could find out
// about, and of one that did not end in time. After the second the instance is looked at; what
// is left with it had the old values then.
const (
	unknownKey = "provision.update_unknown"
	tooSlowKey = "provision.update_too_slow"
)

// Alter begins the way to other values of what is ready.
func (w Work) Alter(now time.Time) Work {
	next := w.enter(Updating, now)
	next.NextAt = now
	return next
}

// afterPatch ends an update, follows it, or repeats it: the same request has one effect,
// so a lost answer is no loss. When repeating does not help, the instance is looked at.
func (w Work) afterPatch(a Answer, now time.Time) (Work, time.Duration) {
	switch a.Outcome {
	case Done:
		return w.enter(Ready, now), 0
	case Accepted:
		return w.poll(a, now)
	case Unsent, Busy:
		if now.Sub(w.Since) < patience {
			return w.soon(a)
		}
	case Rejected, Gone, Missing: // nothing changed by this call
	default:
		w.Unsure = true
		if w.Attempts+1 < repeatLimit && !a.final() {
			return w.soon(a)
		}
	}
	if w.Unsure { // an earlier call may have had its effect
		return w.look(a.Fault, now), 0
	}
	return w.asBefore(a.Fault, now), 0
}

// final reports whether the broker asked not to repeat the update.
func (a Answer) final() bool { return a.Repeatable != nil && !*a.Repeatable }

// look turns to fetching the instance, to find out which values it has.
func (w Work) look(fault naru.Message, now time.Time) Work {
	w.Phase, w.Operation, w.Since = Fetch, "", now
	w.Attempts, w.Fault, w.Trouble = 0, fault, naru.Message{}
	return w
}

// asBefore ends an update without effect: ready as before, with the reason.
func (w Work) asBefore(fault naru.Message, now time.Time) Work {
	w = w.enter(Ready, now)
	w.Fault = fault
	return w
}

func (w Work) afterUpdatePoll(a Answer, now time.Time) (Work, time.Duration) {
	switch a.Outcome {
	case Done:
		return w.enter(Ready, now), 0
	case FailedOp:
		return w.asBefore(a.Fault, now), 0
	case Gone, Missing: // the broker lost the operation, not the instance
		if w.Attempts+1 >= forgetLimit {
			return w.look(a.Fault, now), 0
		}
	}
	if now.Sub(w.Since) >= w.limit() {
		return w.look(w.tooSlow(tooSlowKey), now), 0
	}
	return w.again(a)
}

// afterUpdateFetch ends an update by what the instance is now: Done with the new values,
// FailedOp with the old ones. A broker that does not tell leaves it unknown, which is a
// failure with a reason of its own. One that is still at it after the limit had its time.
func (w Work) afterUpdateFetch(a Answer, now time.Time) (Work, time.Duration) {
	switch a.Outcome {
	case Done:
		return w.enter(Ready, now), 0
	case FailedOp:
		return w.asBefore(w.Fault, now), 0
	case Unsent, Unknown, Busy:
		over := a.Outcome == Busy && w.Fault.Key == tooSlowKey
		if now.Sub(w.Since) < patience && !over {
			return w.soon(a)
		}
	}
	return w.asBefore(naru.Msg(unknownKey), now), 0
}
