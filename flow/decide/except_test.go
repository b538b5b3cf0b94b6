package decide_test

import (
	"crypto/rand"
	"errors"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/flow/law"
	"naru/internal/testdb"
	"naru/store"
)

// era is a bed whose clock the test moves, from 2020-07-01 on.
type era struct {
	*bed
	days *atomic.Int64
}

func newEra(t testing.TB, db *store.DB) *era {
	t.Helper()
	e := &era{bed: newBed(t, db), days: new(atomic.Int64)}
	first := time.Date(2020, 7, 1, 3, 0, 0, 0, time.UTC)
	e.Runner = op.NewRunner(db, func() time.Time { return first.AddDate(0, 0, int(e.days.Load())) }, naru.NewIDs(rand.Reader))
	return e
}

// refused runs an operation that must be refused with a message key.
func refused[S, In, Out any](b *bed, a naru.Actor, o op.Op[S, In, Out], in In, key string) {
	b.t.Helper()
	_, err := op.Do(b.t.Context(), b.Runner, b.CallFor(a), o, in)
	var e *naru.Error
	if !errors.As(err, &e) || e.Message.Key != key {
		b.t.Errorf("%s: got %v, want a refusal %s", o.Info().Name, err, key)
	}
}

// barred imports a system that INT2020 10(1)3 keeps from private cloud.
func (e *era) barred() decide.Row {
	e.importRows(row("B", "S1", "", map[string]any{
		"system.stage": "operating", "system.internal_business": true, "component.info_kinds": []string{},
		"component.onsite_reasons": []string{}, "component.personal_data": false, "component.security_service": false,
	}))
	e.follow()
	return e.stored(decide.Standing)[0]
}

func TestAnExceptionRunsFromTheWishToItsLastDay(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		e := newEra(t, db)
		was := e.barred()
		if was.Outcomes.Private != policy.NotAllowed {
			t.Fatalf("private is %s before the exception", was.Outcomes.Private)
		}
		ministry := naru.Actor{User: "m", Role: "ministry"}
		approver := naru.Actor{User: "a", Role: "approver", Institution: string(e.ids["B"])}
		asked := do(e.bed, e.officer("B"), e.ops.Ask, decide.AskIn{Component: was.Component, Venue: policy.Private, Reason: "업무 연속성"})
		if asked.Pack != "INT2020" || asked.Hears != "committee" || asked.By != "head" || asked.Rule != "10-1-3" {
			t.Errorf("asked %+v", asked)
		}
		id := asked.ID
		refused(e.bed, e.officer("B"), e.ops.Ask, decide.AskIn{Component: was.Component, Venue: policy.Private, Reason: "또"}, "decide.exception_open")
		refused(e.bed, e.officer("B"), e.ops.Ask, decide.AskIn{Component: was.Component, Venue: policy.Government, Reason: "가"}, "decide.already_open")
		grant := decide.DecideIn{ID: id, Grant: true, Decision: "타당함", Conditions: []string{"망을 나눌 것", " "}, Until: "2020-12-31"}
		refused(e.bed, approver, e.ops.RuleException, grant, "decide.opinion_first")
		refused(e.bed, approver, e.ops.Hear, decide.HearIn{ID: id, Opinion: "가"}, "decide.not_the_office")
		do(e.bed, ministry, e.ops.Hear, decide.HearIn{ID: id, Favours: true, Opinion: "이의 없음"})
		refused(e.bed, ministry, e.ops.RuleException, grant, "decide.not_the_office")
		elsewhere := approver
		elsewhere.Institution = string(e.ids["A"])
		refused(e.bed, elsewhere, e.ops.RuleException, grant, "not_found")
		bad := grant
		bad.Until = "2020-06-30"
		refused(e.bed, approver, e.ops.RuleException, bad, "decide.bad_term")
		do(e.bed, approver, e.ops.RuleException, grant)
		e.follow()
		now := e.stored(decide.Standing)[0]
		if now.Outcomes.Private != policy.Conditional || !slices.Equal(now.Exempt, []string{string(id)}) {
			t.Errorf("granted: %+v", now.Decision)
		}
		v := do(e.bed, operator, e.ops.System, decide.SystemIn{ID: was.System}).Components[0].Verdict.At(policy.Private)
		if !slices.Contains(v.Conditions, naru.Text{Ko: "망을 나눌 것", En: "망을 나눌 것"}) {
			t.Errorf("conditions %v", v.Conditions)
		}
		if due := do(e.bed, operator, e.ops.Due, decide.DueIn{}); due.Law || len(due.Systems) > 0 {
			t.Errorf("due on the day itself: %+v", due)
		}
		e.days.Store(183) // 2020-12-31, the last day
		if due := do(e.bed, operator, e.ops.Due, decide.DueIn{}); len(due.Systems) > 0 {
			t.Errorf("due on the last day: %+v", due)
		}
		e.days.Store(184)
		if due := do(e.bed, operator, e.ops.Due, decide.DueIn{}); !slices.Equal(due.Systems, []inventory.SystemID{was.System}) {
			t.Errorf("due after the last day: %+v", due)
		}
		if other := do(e.bed, e.officer("A"), e.ops.Due, decide.DueIn{}); len(other.Systems) > 0 {
			t.Errorf("an officer is told of systems of another institution: %+v", other)
		}
		do(e.bed, operator, e.ops.Renew, decide.RenewIn{})
		if back := e.stored(decide.Standing)[0]; back.Outcomes != was.Outcomes || len(back.Exempt) > 0 {
			t.Errorf("after the last day: %+v, want the old verdict", back.Decision)
		}
		flips := do(e.bed, operator, e.ops.Flips, decide.FlipsIn{FlipFilter: decide.FlipFilter{Cause: decide.ByException}}).Rows
		if len(flips) != 2 || flips[0].After != was.Outcomes || !slices.Equal(flips[1].Changed(), []policy.Venue{policy.Private}) || flips[1].Entry == 0 {
			t.Errorf("flips %+v", flips)
		}
	})
}

func TestARevokedExceptionEndsAtOnceAndAWithdrawnOneNeverBegins(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		e := newEra(t, db)
		was := e.barred()
		ministry := naru.Actor{User: "m", Role: "ministry"}
		approver := naru.Actor{User: "a", Role: "approver", Institution: string(e.ids["B"])}
		in := decide.AskIn{Component: was.Component, Venue: policy.Private, Reason: "업무 연속성"}
		first := do(e.bed, e.officer("B"), e.ops.Ask, in)
		do(e.bed, e.officer("B"), e.ops.EndException, decide.EndIn{ID: first.ID, Reason: "착오"})
		refused(e.bed, ministry, e.ops.Hear, decide.HearIn{ID: first.ID, Opinion: "가"}, "decide.exception_state")
		second := do(e.bed, e.officer("B"), e.ops.Ask, in)
		do(e.bed, ministry, e.ops.Hear, decide.HearIn{ID: second.ID, Opinion: "반대"})
		do(e.bed, approver, e.ops.RuleException, decide.DecideIn{ID: second.ID, Grant: true, Decision: "그래도 필요", Until: "2021-06-30"})
		e.follow()
		if o := e.stored(decide.Standing)[0].Outcomes.Private; o != policy.Conditional {
			t.Fatalf("granted: private is %s", o)
		}
		refused(e.bed, e.officer("B"), e.ops.EndException, decide.EndIn{ID: second.ID, Reason: "가"}, "decide.not_the_office")
		do(e.bed, approver, e.ops.EndException, decide.EndIn{ID: second.ID, Reason: "조건을 어김"})
		e.follow()
		if o := e.stored(decide.Standing)[0].Outcomes; o != was.Outcomes {
			t.Errorf("revoked: %+v", o)
		}
		e.days.Store(10)
		third := do(e.bed, e.officer("B"), e.ops.Ask, in)
		do(e.bed, ministry, e.ops.Hear, decide.HearIn{ID: third.ID, Opinion: "이의 없음"})
		do(e.bed, approver, e.ops.RuleException, decide.DecideIn{ID: third.ID, Grant: true, Decision: "필요", Until: "2021-06-30"})
		e.days.Store(20)
		do(e.bed, approver, e.ops.EndException, decide.EndIn{ID: third.ID, Reason: "끝"})
		for asOf, want := range map[naru.Date]policy.Outcome{"2020-07-10": policy.NotAllowed, "2020-07-11": policy.Conditional, "2020-07-20": policy.Conditional, "2020-07-21": policy.NotAllowed} {
			v := do(e.bed, operator, e.ops.System, decide.SystemIn{ID: was.System, AsOf: asOf}).Components[0].Verdict.At(policy.Private)
			if v.Outcome != want {
				t.Errorf("as of %s private is %s, want %s: the exception held from the 11th to the 20th", asOf, v.Outcome, want)
			}
		}
		list := do(e.bed, e.officer("B"), e.ops.Exceptions, decide.ExceptionsIn{}).Rows
		states := map[decide.ExceptionID]decide.ExceptionState{}
		for _, x := range list {
			states[x.ID] = x.State
		}
		if len(list) != 3 || states[second.ID] != decide.Revoked || states[first.ID] != decide.Withdrawn || list[0].ByName.Ko != "기관의 장" {
			t.Errorf("list %+v", list)
		}
		for _, x := range list {
			switch {
			case x.ID == second.ID && (x.Decision != "그래도 필요" || x.DecidedBy != "a" || x.EndReason != "조건을 어김" || x.EndedBy != "a" || x.EndedAt.IsZero()):
				t.Errorf("the revoked one does not keep why it was granted and why it ended: %+v", x.Exception)
			case x.ID == first.ID && (x.Decision != "" || x.DecidedBy != "" || x.EndReason != "착오" || x.EndedBy != "officer"):
				t.Errorf("the withdrawn one looks decided: %+v", x.Exception)
			}
		}
		if other := do(e.bed, e.officer("A"), e.ops.Exceptions, decide.ExceptionsIn{}).Rows; len(other) > 0 {
			t.Error("an officer sees the exceptions of another institution")
		}
	})
}

func TestStoredDecisionsReplayToTheSameBytes(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		e := newEra(t, db)
		e.importRows(hybrid()...)
		e.follow()
		for _, asOf := range []naru.Date{"2017-03-02", "2024-05-01"} {
			do(e.bed, operator, e.ops.Run, decide.RunIn{AsOf: asOf})
		}
		id := e.stored(decide.Standing)[0].System
		// another fact and another law: the book that ships is now one instrument only
		changed := hybrid()
		changed[0].Facts["system.internal_business"] = true
		changed[1].Facts["system.internal_business"] = true
		e.importRows(changed...)
		e.ops = decide.New(law.NewBook(only(t, e.set, "INT2020")))
		for edition, current := range map[decide.Edition]bool{"": false, "2017-03-02": false, "2024-05-01": false} {
			list := do(e.bed, operator, e.ops.Replay, decide.ReplayIn{System: id, Edition: edition})
			if len(list) != 2 {
				t.Fatalf("edition %q: %d replays, want 2", edition, len(list))
			}
			for _, r := range list {
				if !r.Same || r.Current != current || !reflect.DeepEqual(r.Stored.Canonical(), r.Again.Canonical()) || r.Facts["system.internal_business"] != false {
					t.Errorf("edition %q: %+v", edition, r)
				}
			}
		}
		e.follow()
		for _, r := range do(e.bed, operator, e.ops.Replay, decide.ReplayIn{System: id}) {
			if !r.Same || !r.Current || len(r.Verdict.Packs) != 1 {
				t.Errorf("after the change: %+v", r)
			}
		}
		refused(e.bed, operator, e.ops.Replay, decide.ReplayIn{System: id, Edition: "2019-01-01"}, "decide.not_decided")
	})
}

// only is a set of one instrument, read back from what it is by digest.
func only(t testing.TB, set *policy.Instruments, key string) *policy.Instruments {
	t.Helper()
	p, err := set.Pack(key)
	if err != nil {
		t.Fatal(err)
	}
	empty, err := policy.Load(set.Schema(), noFiles{})
	if err != nil {
		t.Fatal(err)
	}
	one, err := empty.With(p)
	if err != nil {
		t.Fatal(err)
	}
	return one
}

func TestFlipsNameTheirCause(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		e := newEra(t, db)
		was := e.barred()
		e.importRows(row("B", "S1", "", map[string]any{
			"system.stage": "operating", "system.internal_business": false, "component.info_kinds": []string{},
			"component.onsite_reasons": []string{}, "component.personal_data": false, "component.security_service": false,
		}))
		e.follow()
		e.days.Store(365 * 4) // 2024: INT2023 is in force
		if due := do(e.bed, operator, e.ops.Due, decide.DueIn{}); !due.Law {
			t.Error("another law is in force and nothing is due")
		}
		out := do(e.bed, operator, e.ops.Renew, decide.RenewIn{})
		if out.Flips != 1 {
			t.Errorf("%d flips, want 1", out.Flips)
		}
		flips := do(e.bed, operator, e.ops.Flips, decide.FlipsIn{}).Rows
		if len(flips) != 2 {
			t.Fatalf("%d flips, want 2: %+v", len(flips), flips)
		}
		byLaw, byFacts := flips[0], flips[1]
		if !slices.Equal(byFacts.Causes, []decide.Cause{decide.ByFacts}) || byFacts.Before != was.Outcomes || byFacts.Entry == 0 {
			t.Errorf("by facts: %+v", byFacts)
		}
		if !slices.Equal(byLaw.Causes, []decide.Cause{decide.ByLaw}) || byLaw.LawBefore == byLaw.LawAfter || byLaw.AsOf != "2024-06-30" {
			t.Errorf("by law: %+v", byLaw)
		}
		for cause, want := range map[decide.Cause]int{decide.ByFacts: 1, decide.ByLaw: 1, decide.ByDate: 0} {
			got := do(e.bed, operator, e.ops.Flips, decide.FlipsIn{FlipFilter: decide.FlipFilter{Cause: cause}}).Rows
			if len(got) != want {
				t.Errorf("%d flips by %s, want %d", len(got), cause, want)
			}
		}
		refused(e.bed, operator, e.ops.Flips, decide.FlipsIn{FlipFilter: decide.FlipFilter{Cause: "moon"}}, "decide.unknown_cause")
	})
}

func TestWhatNoRuleBarsAnyMoreIsNotGranted(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		e := newEra(t, db)
		was := e.barred()
		asked := do(e.bed, e.officer("B"), e.ops.Ask, decide.AskIn{Component: was.Component, Venue: policy.Private, Reason: "업무 연속성"})
		do(e.bed, naru.Actor{User: "m", Role: "ministry"}, e.ops.Hear, decide.HearIn{ID: asked.ID, Favours: true, Opinion: "이의 없음"})
		approver := naru.Actor{User: "a", Role: "approver", Institution: string(e.ids["B"])}
		e.days.Store(365 * 4) // 2024: INT2020, whose bar it was, has ended
		in := decide.DecideIn{ID: asked.ID, Grant: true, Decision: "타당함", Until: "2026-12-31"}
		refused(e.bed, approver, e.ops.RuleException, in, "decide.nothing_to_lift")
		in.Grant = false
		if x := do(e.bed, approver, e.ops.RuleException, in); x.State != decide.Refused {
			t.Errorf("it cannot be refused either: %s", x.State)
		}
	})
}

func TestADecisionOfYesterdayStandsWhileNothingChanged(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		e := newEra(t, db)
		was := e.barred()
		e.days.Store(1)
		part := do(e.bed, operator, e.ops.System, decide.SystemIn{ID: was.System}).Components[0]
		if part.Stored == nil || part.Stored.AsOf != "2020-07-01" || !part.Replays {
			t.Errorf("a day later: stored %+v, came out again %v", part.Stored, part.Replays)
		}
		e.days.Store(365 * 4) // 2024: INT2023 is in force
		if part := do(e.bed, operator, e.ops.System, decide.SystemIn{ID: was.System}).Components[0]; part.Replays {
			t.Error("under another law the stored decision came out again")
		}
	})
}

func TestAnExceptionDoesNotCoverWhatWasNotBeforeItsDecider(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		e := newEra(t, db)
		was := e.barred() // by 10(1)3 alone: internal business
		ministry := naru.Actor{User: "m", Role: "ministry"}
		approver := naru.Actor{User: "a", Role: "approver", Institution: string(e.ids["B"])}
		asked := do(e.bed, e.officer("B"), e.ops.Ask, decide.AskIn{Component: was.Component, Venue: policy.Private, Reason: "업무 연속성"})
		do(e.bed, ministry, e.ops.Hear, decide.HearIn{ID: asked.ID, Favours: true, Opinion: "이의 없음"})
		do(e.bed, approver, e.ops.RuleException, decide.DecideIn{ID: asked.ID, Grant: true, Decision: "타당함", Until: "2020-12-31"})
		e.follow()
		if o := e.stored(decide.Standing)[0].Outcomes.Private; o != policy.Conditional {
			t.Fatalf("granted: private is %s", o)
		}
		e.importRows(row("B", "S1", "", map[string]any{
			"system.stage": "operating", "system.internal_business": true, "component.info_kinds": []string{"state_secret"},
			"component.onsite_reasons": []string{}, "component.personal_data": false, "component.security_service": false,
		}))
		e.follow()
		if o := e.stored(decide.Standing)[0].Outcomes.Private; o != policy.NotAllowed {
			t.Errorf("with state secrets private is %s", o)
		}
		again := do(e.bed, e.officer("B"), e.ops.Ask, decide.AskIn{Component: was.Component, Venue: policy.Private, Reason: "다시"})
		if again.Rule != "10-1-1" || !slices.Equal(again.Rules, []string{"10-1-1"}) {
			t.Errorf("asked anew: %+v", again)
		}
	})
}

// turning is an instrument whose only rule begins a month after the instrument itself.
const turning = `key: TURN
title: {ko: 시험, en: Try}
status: notice
in_force: {from: 2020-06-01}
sources: {T: {title: 시험}}
rules:
  - {id: "1", when: "true", from: 2020-08-01, venues: [own], outcome: not_allowed, article: 제1조, source: T, message: {ko: 가, en: a}}
`

func TestARuleThatBeginsOnADayMakesDecisionsDueThoughNoTextChanged(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		e := newEra(t, db)
		p, err := e.set.Draft([]byte(turning), nil)
		if err != nil {
			t.Fatal(err)
		}
		set, err := e.set.With(p)
		if err != nil {
			t.Fatal(err)
		}
		e.ops = decide.New(law.NewBook(set))
		was := e.barred()
		for day, want := range map[int64]bool{0: false, 30: false, 31: true} { // 2020-07-01, 07-31, 08-01
			e.days.Store(day)
			if due := do(e.bed, operator, e.ops.Due, decide.DueIn{}); due.Law != want {
				t.Errorf("%d days on: due %v, want %v", day, due.Law, want)
			}
		}
		e.days.Store(31)
		do(e.bed, operator, e.ops.Renew, decide.RenewIn{})
		if now := e.stored(decide.Standing)[0]; now.Outcomes.Own != policy.NotAllowed || was.Outcomes.Own == policy.NotAllowed {
			t.Errorf("own site is %s, was %s", now.Outcomes.Own, was.Outcomes.Own)
		}
		if due := do(e.bed, operator, e.ops.Due, decide.DueIn{}); due.Law {
			t.Error("still due after the renewal")
		}
		byDate := do(e.bed, operator, e.ops.Flips, decide.FlipsIn{FlipFilter: decide.FlipFilter{Cause: decide.ByDate}}).Rows
		if len(byDate) != 1 {
			t.Errorf("%d flips by date, want 1", len(byDate))
		}
	})
}

// noFiles is a set without instruments.
type noFiles = fstest.MapFS
