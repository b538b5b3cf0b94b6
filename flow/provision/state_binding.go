package provision

import (
	"time"

	"naru"
)

// SettleBinding is Settle for a binding: one made asynchronously is fetched, because a
// 202 carries no credentials, and one without credentials is of no use.
func (w Work) SettleBinding(a Answer, now time.Time) (Work, time.Duration) {
	if w.State != Creating || a.Outcome != Done {
		return w.Settle(a, now)
	}
	if w.Next() == Poll {
		w.CallID = ""
		return w.fetch(now), 0
	}
	if a.Content.IsZero() {
		a = Answer{Outcome: Invalid, Fault: naru.Msg("provision.no_credentials")}
	}
	return w.Settle(a, now)
}

// fetch turns a binding whose asynchronous creation succeeded to reading it.
func (w Work) fetch(now time.Time) Work {
	w.Phase, w.Operation, w.Since, w.NextAt = Fetch, "", now, now
	w.Attempts, w.Trouble = 0, naru.Message{}
	return w
}
