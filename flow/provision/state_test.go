package provision

import (
	"slices"
	"testing"
	"time"

	"naru"
)

var noon = time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)

// at returns Work in a state with a call under way since noon.
func at(s State, phase Step) Work {
	return Work{State: s, Phase: phase, CallID: "call_1", Since: noon}
}

func unsure(w Work) Work {
	w.Unsure = true
	return w
}

// looked returns Work that looks at an instance for a reason.
func looked(w Work) Work {
	w.Fault = naru.Msg("why")
	return w
}

// late returns Work that looks at an instance because its update took too long.
func late(w Work) Work {
	w.Fault = naru.Msg(tooSlowKey)
	return w
}

func tried(w Work, n int) Work {
	w.Attempts = n
	return w
}

func TestEveryAnswerInEveryStateLeadsToAStatedState(t *testing.T) {
	t.Parallel()
	const later = 25 * time.Hour
	tests := []struct {
		name  string
		from  Work
		after time.Duration
		says  Outcome
		state State
		next  Step
	}{
		{"a creation done is ready", at(Creating, None), 0, Done, Ready, None},
		{"a creation accepted is polled", at(Creating, None), 0, Accepted, Creating, Poll},
		{"a creation refused has failed", at(Creating, None), 0, Rejected, Failed, None},
		{"a creation refused after a lost answer is cleaned up", unsure(at(Creating, None)), 0, Rejected, Orphan, Delete},
		{"410 to a creation is a refusal", at(Creating, None), 0, Gone, Failed, None},
		{"404 to a creation is a refusal", at(Creating, None), 0, Missing, Failed, None},
		{"a busy broker is asked again, never cleaned up", at(Creating, None), 0, Busy, Creating, Put},
		{"a creation that was not sent is sent again", at(Creating, None), 0, Unsent, Creating, Put},
		{"a broker that stays down fails the creation", at(Creating, None), later, Unsent, Failed, None},
		{"a broker that stays down after a lost answer leaves an orphan", unsure(at(Creating, None)), later, Unsent, Orphan, Delete},
		{"a broker that stays busy fails the creation", at(Creating, None), later, Busy, Failed, None},
		{"a lost answer to a creation is cleaned up", at(Creating, None), 0, Unknown, Orphan, Delete},
		{"a malformed answer to a creation is cleaned up", at(Creating, None), 0, Invalid, Orphan, Delete},

		{"a creation in progress is polled on", at(Creating, Poll), 0, InProgress, Creating, Poll},
		{"a creation that never ends is cleaned up", at(Creating, Poll), later, InProgress, Orphan, Delete},
		{"an operation that succeeded is ready", at(Creating, Poll), 0, Done, Ready, None},
		{"an operation that failed is cleaned up", at(Creating, Poll), 0, FailedOp, Orphan, Delete},
		{"410 to the poll of a creation is not believed at once", at(Creating, Poll), 0, Gone, Creating, Poll},
		{"404 to the poll of a creation is not believed at once", at(Creating, Poll), 0, Missing, Creating, Poll},
		{"a creation forgotten three times is cleaned up", tried(at(Creating, Poll), 2), 0, Missing, Orphan, Delete},
		{"a poll without answer goes on", at(Creating, Poll), 0, Unknown, Creating, Poll},
		{"a poll against the specification goes on", at(Creating, Poll), 0, Invalid, Creating, Poll},
		{"a poll that is refused goes on", at(Creating, Poll), 0, Rejected, Creating, Poll},
		{"polls without answer end after the limit", at(Creating, Poll), later, Unsent, Orphan, Delete},

		{"a fetch done is ready", at(Creating, Fetch), 0, Done, Ready, None},
		{"a fetch without answer is repeated", at(Creating, Fetch), 0, Unknown, Creating, Fetch},
		{"a fetch without answer for long is cleaned up", at(Creating, Fetch), later, Unknown, Orphan, Delete},
		{"a fetch refused is cleaned up", at(Creating, Fetch), 0, Rejected, Orphan, Delete},
		{"a fetch of nothing is cleaned up", at(Creating, Fetch), 0, Missing, Orphan, Delete},

		{"a deletion done is deleted", at(Deleting, None), 0, Done, Deleted, None},
		{"410 to a deletion is deleted", at(Deleting, None), 0, Gone, Deleted, None},
		{"a deletion accepted is polled", at(Deleting, None), 0, Accepted, Deleting, Poll},
		{"404 to a deletion is not believed", at(Deleting, None), 0, Missing, Deleting, Delete},
		{"a deletion refused is tried again", at(Deleting, None), later, Rejected, Deleting, Delete},
		{"a deletion without answer is tried again", at(Deleting, None), later, Unknown, Deleting, Delete},
		{"a deletion of a broker that is down is tried again", at(Deleting, None), later, Unsent, Deleting, Delete},
		{"a malformed answer to a deletion is tried again", at(Deleting, None), 0, Invalid, Deleting, Delete},
		{"a deletion in progress is polled on", at(Deleting, Poll), 0, InProgress, Deleting, Poll},
		{"a deletion that never ends is asked for again", at(Deleting, Poll), later, InProgress, Deleting, Delete},
		{"410 to the poll of a deletion is deleted", at(Deleting, Poll), 0, Gone, Deleted, None},
		{"404 to the poll of a deletion asks for it again", at(Deleting, Poll), 0, Missing, Deleting, Delete},
		{"a deletion that failed is asked for again", at(Deleting, Poll), 0, FailedOp, Deleting, Delete},
		{"a poll of a deletion without answer goes on", at(Deleting, Poll), 0, Unknown, Deleting, Poll},

		{"an update done is ready", at(Updating, None), 0, Done, Ready, None},
		{"an update accepted is polled", at(Updating, None), 0, Accepted, Updating, Poll},
		{"an update refused leaves it ready", at(Updating, None), 0, Rejected, Ready, None},
		{"410 to an update is a refusal, not the end of the instance", at(Updating, None), 0, Gone, Ready, None},
		{"404 to an update is a refusal, not the end of the instance", at(Updating, None), 0, Missing, Ready, None},
		{"an update refused after a lost answer is looked at", unsure(at(Updating, None)), 0, Rejected, Updating, Fetch},
		{"a busy broker is asked for the update again", at(Updating, None), 0, Busy, Updating, Patch},
		{"an update that was not sent is sent again", at(Updating, None), 0, Unsent, Updating, Patch},
		{"a broker that stays down ends the update", at(Updating, None), later, Unsent, Ready, None},
		{"a broker that stays down after a lost answer is looked at", unsure(at(Updating, None)), later, Unsent, Updating, Fetch},
		{"a lost answer to an update repeats it", at(Updating, None), 0, Unknown, Updating, Patch},
		{"a malformed answer to an update repeats it", at(Updating, None), 0, Invalid, Updating, Patch},
		{"the third lost answer to an update is looked at", tried(at(Updating, None), 2), 0, Unknown, Updating, Fetch},
		{"an update in progress is polled on", at(Updating, Poll), 0, InProgress, Updating, Poll},
		{"an update that succeeded is ready", at(Updating, Poll), 0, Done, Ready, None},
		{"an update that failed leaves it ready", at(Updating, Poll), 0, FailedOp, Ready, None},
		{"an update that never ends is looked at", at(Updating, Poll), later, InProgress, Updating, Fetch},
		{"410 to the poll of an update is not believed at once", at(Updating, Poll), 0, Gone, Updating, Poll},
		{"an update forgotten three times is looked at", tried(at(Updating, Poll), 2), 0, Missing, Updating, Fetch},
		{"a poll of an update without answer goes on", at(Updating, Poll), 0, Unknown, Updating, Poll},
		{"polls of an update without answer end after the limit", at(Updating, Poll), later, Unsent, Updating, Fetch},
		{"an instance that has the new values is ready", at(Updating, Fetch), 0, Done, Ready, None},
		{"an instance that has the old values is ready", at(Updating, Fetch), 0, FailedOp, Ready, None},
		{"a fetch after an update without answer is repeated", at(Updating, Fetch), 0, Unknown, Updating, Fetch},
		{"a fetch after an update while the broker works is repeated", at(Updating, Fetch), 0, Busy, Updating, Fetch},
		{"a fetch after the limit of an update while the broker works leaves it ready", late(at(Updating, Fetch)), 0, Busy, Ready, None},
		{"a fetch after the limit of an update without answer is repeated", late(at(Updating, Fetch)), 0, Unsent, Updating, Fetch},
		{"a fetch after an update that tells nothing leaves it ready", at(Updating, Fetch), 0, Missing, Ready, None},
		{"a fetch after an update without answer for long leaves it ready", at(Updating, Fetch), later, Unknown, Ready, None},

		{"an orphan deleted is failed", at(Orphan, None), 0, Done, Failed, None},
		{"an orphan the broker does not know is failed", at(Orphan, None), 0, Gone, Failed, None},
		{"an orphan is deleted until that succeeds", at(Orphan, None), 24 * later, Unknown, Orphan, Delete},
		{"an orphan whose deletion is polled ends failed", at(Orphan, Poll), 0, Done, Failed, None},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fault := naru.Msg("provision.test")
			now := noon.Add(tt.after)
			w, wait := tt.from.Settle(Answer{Outcome: tt.says, Fault: fault, Operation: "op"}, now)
			if w.State != tt.state || w.Next() != tt.next {
				t.Errorf("%s -> %s, next %q; want %s, next %q", tt.from.State, w.State, w.Next(), tt.state, tt.next)
			}
			if w.CallID != "" {
				t.Error("the call is still open")
			}
			if w.State.Settled() != w.NextAt.IsZero() || (!w.State.Settled() && w.NextAt != now.Add(wait)) {
				t.Errorf("%s has its next attempt at %v, waits %v", w.State, w.NextAt, wait)
			}
			if w.State == Failed && tt.from.State == Creating && w.Fault.Key == "" {
				t.Error("it failed and says no reason")
			}
			if failed := tt.says != Done && !(tt.from.Phase == Fetch && tt.says == FailedOp); w.State == Ready && failed != (w.Fault.Key != "") {
				t.Errorf("ready after %s with the fault %q", tt.says, w.Fault.Key)
			}
		})
	}
}

// Every outcome in every state that has a task leads on: either settled, or with a next
// call and its time.
func TestNoPairOfStateAndAnswerIsForgotten(t *testing.T) {
	t.Parallel()
	outcomes := []Outcome{Done, Accepted, InProgress, FailedOp, Rejected, Busy, Gone, Missing, Unsent, Unknown, Invalid, "never heard of"}
	froms := []Work{
		at(Creating, None), at(Creating, Poll), at(Creating, Fetch), at(Deleting, None), at(Deleting, Poll), at(Orphan, None), at(Orphan, Poll),
		at(Updating, None), at(Updating, Poll), looked(at(Updating, Fetch)), late(at(Updating, Fetch)),
	}
	for _, from := range froms {
		for _, o := range outcomes {
			for _, after := range []time.Duration{0, patience, pollLimit, 240 * time.Hour} {
				for _, w0 := range []Work{from, unsure(from), tried(from, 40)} {
					now := noon.Add(after)
					w, wait := w0.Settle(Answer{Outcome: o, Fault: naru.Msg("x")}, now)
					if !w.State.Settled() && (w.Next() == None || w.NextAt.Before(now) || wait > retryMost) {
						t.Errorf("%s/%s + %s: %+v waits %v", from.State, from.Phase, o, w, wait)
					}
					if w.State == Deleted && from.State != Deleting {
						t.Errorf("%s became deleted by %s without a wish", from.State, o)
					}
					if w.State == Ready && o != Done && (from.State != Updating || w.Fault.Key == "") {
						t.Errorf("%s/%s became ready by %s", from.State, from.Phase, o)
					}
				}
			}
		}
	}
}

func TestAnOrphanKeepsTheReasonOfItsFailure(t *testing.T) {
	t.Parallel()
	w, _ := at(Creating, None).Settle(Answer{Outcome: Unknown, Fault: naru.Msg("why")}, noon)
	w, _ = w.Begin("call_2", noon).Settle(Answer{Outcome: Unsent, Fault: naru.Msg("down")}, noon)
	if w.State != Orphan || w.Fault.Key != "why" || w.Trouble.Key != "down" || w.Attempts != 1 {
		t.Errorf("orphan: %+v", w)
	}
	w, _ = w.Begin("call_3", noon).Settle(Answer{Outcome: Gone}, noon)
	if w.State != Failed || w.Fault.Key != "why" {
		t.Errorf("after the clean-up: %+v", w)
	}
}

func TestAKilledCreationIsUnsure(t *testing.T) {
	t.Parallel()
	w := Work{State: Requested}.Begin("call_1", noon)
	if w.State != Creating || w.Unsure || w.CallID != "call_1" {
		t.Fatalf("after the first prepare: %+v", w)
	}
	w = w.Begin("call_2", noon)
	if !w.Unsure {
		t.Fatalf("after a lost answer: %+v", w)
	}
	if w, _ = w.Settle(Answer{Outcome: Done}, noon); w.State != Ready || w.Unsure {
		t.Errorf("a repeated creation that succeeds: %+v", w)
	}
}

func TestTheWishToDelete(t *testing.T) {
	t.Parallel()
	tests := []struct {
		from Work
		want State
		next Step
	}{
		{Work{State: Requested}, Deleted, None},
		{Work{State: Failed}, Deleted, None},
		{Work{State: Deleted}, Deleted, None},
		{Work{State: Ready}, Deleting, Delete},
		{at(Updating, None), Deleting, Delete},
		{at(Updating, Poll), Deleting, Delete},
		{at(Creating, None), Deleting, Delete},
		{at(Creating, Poll), Deleting, Delete},
		{at(Orphan, None), Deleting, Delete},
		{at(Orphan, Poll), Deleting, Poll},
		{at(Deleting, Poll), Deleting, Poll},
	}
	for _, tt := range tests {
		got := tt.from.Abandon(noon)
		if got.State != tt.want || got.Next() != tt.next {
			t.Errorf("%s/%s -> %s, next %s; want %s, next %s", tt.from.State, tt.from.Phase, got.State, got.Next(), tt.want, tt.next)
		}
	}
	open := Work{State: Requested}.Begin("call_1", noon)
	if got := open.Abandon(noon.Add(time.Second)); got.CallID != "call_1" || got.NextAt != open.NextAt {
		t.Errorf("a deletion would overtake the creation: %+v", got)
	}
}

func TestABindingWithoutCredentialsIsTakenBack(t *testing.T) {
	t.Parallel()
	w, _ := at(Creating, None).SettleBinding(Answer{Outcome: Done}, noon)
	if w.State != Orphan || w.Fault.Key != "provision.no_credentials" {
		t.Errorf("without credentials: %+v", w)
	}
	w, _ = at(Creating, None).SettleBinding(Answer{Outcome: Done, Content: naru.NewSecret("{}")}, noon)
	if w.State != Ready {
		t.Errorf("with credentials: %+v", w)
	}
	w, _ = at(Creating, Poll).SettleBinding(Answer{Outcome: Done}, noon)
	if w.State != Creating || w.Next() != Fetch {
		t.Errorf("an asynchronous one is fetched: %+v", w)
	}
}

func TestRetriesGrowApartAndKeepToTheBrokersWish(t *testing.T) {
	t.Parallel()
	var waits []time.Duration
	w := at(Deleting, None)
	for range 13 {
		var wait time.Duration
		w, wait = w.Settle(Answer{Outcome: Unsent}, noon)
		waits = append(waits, wait)
	}
	if !slices.IsSorted(waits) || waits[0] != retryFirst || waits[12] != retryMost {
		t.Errorf("waits: %v", waits)
	}
	if _, wait := at(Deleting, None).Settle(Answer{Outcome: Busy, RetryAfter: time.Minute}, noon); wait != time.Minute {
		t.Errorf("the broker asked for a minute and gets %v", wait)
	}
	if _, wait := at(Creating, Poll).Settle(Answer{Outcome: InProgress, RetryAfter: 48 * time.Hour}, noon); wait != retryMost {
		t.Errorf("a broker that asks for two days gets %v", wait)
	}
	if !w.Stuck() {
		t.Error("a deletion that failed 13 times is not called stuck")
	}
}

func TestAPlansOwnWordOnItsDurationIsTheLimit(t *testing.T) {
	t.Parallel()
	for _, state := range []State{Creating, Updating, Deleting} {
		w := at(state, Poll)
		w.Limit = time.Minute
		on, _ := w.Settle(Answer{Outcome: InProgress}, noon.Add(59*time.Second))
		if on.State != state || on.Next() != Poll {
			t.Errorf("%s before the limit: %s, %s", state, on.State, on.Next())
		}
		over, _ := w.Settle(Answer{Outcome: InProgress}, noon.Add(time.Minute))
		if over.State == state && over.Next() == Poll {
			t.Errorf("%s at the limit is polled on", state)
		}
		if fault := over.Fault.Args["limit"] + over.Trouble.Args["limit"]; fault != "1m0s" {
			t.Errorf("%s at the limit says %q", state, fault)
		}
	}
}

func TestAKilledUpdateIsUnsureAndIsSentAgain(t *testing.T) {
	t.Parallel()
	w := Work{State: Ready}.Alter(noon).Begin("call_1", noon)
	if w.State != Updating || w.Next() != Patch || w.Unsure {
		t.Fatalf("after the first prepare: %+v", w)
	}
	w = w.Begin("call_2", noon)
	if !w.Unsure || w.Next() != Patch {
		t.Fatalf("after a lost answer: %+v", w)
	}
	if w, _ = w.Settle(Answer{Outcome: Done}, noon); w.State != Ready || w.Fault.Key != "" {
		t.Errorf("a repeated update that succeeds: %+v", w)
	}
}

func TestWhatABrokerShowsDecidesALostUpdate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		wants Wanted
		shown *Shown
		want  Outcome
	}{
		{"the new plan", Wanted{Plan: "big"}, &Shown{Plan: "big"}, Done},
		{"the old plan", Wanted{Plan: "big"}, &Shown{Plan: "small"}, FailedOp},
		{"no plan", Wanted{Plan: "big"}, &Shown{}, Missing},
		{"the new version", Wanted{Maintenance: "2.0.0", FromMaintenance: "1.0.0"}, &Shown{Maintenance: "2.0.0"}, Done},
		{"the old version", Wanted{Maintenance: "2.0.0", FromMaintenance: "1.0.0"}, &Shown{Maintenance: "1.0.0"}, FailedOp},
		{"the new parameters among others", Wanted{Params: []byte(`{"a":1}`)}, &Shown{Params: []byte(`{"b":2, "a": 1}`)}, Done},
		{"other parameters", Wanted{Params: []byte(`{"a":1}`)}, &Shown{Params: []byte(`{"a":2}`)}, FailedOp},
		{"a parameter that is not there", Wanted{Params: []byte(`{"a":1}`)}, &Shown{Params: []byte(`{}`)}, FailedOp},
		{"parameters that are not shown", Wanted{Params: []byte(`{"a":1}`)}, &Shown{}, Missing},
		{"nothing at all", Wanted{Plan: "big"}, nil, Missing},
		{"a change of the context alone, which no broker shows", Wanted{}, &Shown{Plan: "big"}, Missing},
	}
	for _, tt := range tests {
		r := Request{Step: Fetch, Wanted: &tt.wants}
		if got := r.judge(Answer{Outcome: Done, Shown: tt.shown}); got.Outcome != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got.Outcome, tt.want)
		}
	}
}
