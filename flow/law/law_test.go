package law_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/law"
	"naru/internal/testdb"
	"naru/internal/testlaw"
	"naru/store"
)

var (
	anna = naru.Actor{User: "anna", Role: "ministry"}
	bora = naru.Actor{User: "bora", Role: "ministry"}
)

// bed is a database and the book over the instruments that ship, with a clock that only
// the test moves.
type bed struct {
	*op.Runner
	t    testing.TB
	db   *store.DB
	book *law.Book
	ops  law.Ops
	days *atomic.Int64
}

func newBed(t testing.TB, db *store.DB) *bed {
	t.Helper()
	set := testlaw.Shipped(t)
	b := &bed{t: t, db: db, book: law.NewBook(set), days: new(atomic.Int64)}
	b.ops = law.New(b.book)
	b.Runner = op.NewRunner(db, func() time.Time { return testdb.Noon.AddDate(0, 0, int(b.days.Load())) }, naru.NewIDs(rand.Reader))
	return b
}

func do[S, In, Out any](b *bed, a naru.Actor, o op.Op[S, In, Out], in In) Out {
	b.t.Helper()
	out, err := op.Do(b.t.Context(), b.Runner, b.CallFor(a), o, in)
	if err != nil {
		var e *naru.Error
		if errors.As(err, &e) {
			b.t.Fatal(e.Message, e.Problems, err)
		}
		b.t.Fatal(err)
	}
	return out
}

// refused runs an operation that must be refused with a message key.
func refused[S, In, Out any](b *bed, a naru.Actor, o op.Op[S, In, Out], in In, key string) *naru.Error {
	b.t.Helper()
	_, err := op.Do(b.t.Context(), b.Runner, b.CallFor(a), o, in)
	var e *naru.Error
	if !errors.As(err, &e) || e.Message.Key != key {
		b.t.Fatalf("%s: got %v, want a refusal %s", o.Info().Name, err, key)
	}
	return e
}

// bars is an instrument that closes private cloud to the high tier from a day on.
func bars(from string) string {
	return fmt.Sprintf(`key: TEST2026
title: {ko: 시험 고시, en: Test notice}
status: notice
in_force: {from: %s}
sources: {T: {title: 시험, url: "https://example.org/test"}}
rules:
  - id: "1"
    when: component.csap_tier == "high"
    venues: [private]
    outcome: not_allowed
    article: 제1조
    source: T
    message: {ko: 상 등급은 민간 클라우드를 쓸 수 없다., en: The high tier may not use private cloud.}
    exception: {ko: "{committee}의 심의를 거쳐 {head}이 정한다.", en: "Decided by the {head} after the {committee}.", opinion: committee, decides: head}
`, from)
}

const cases = `- {name: a, date: 2026-12-01, facts: {component.csap_tier: high}, expect: {private: not_allowed}, fires: ["1"]}
- {name: b, date: 2026-12-01, facts: {component.csap_tier: low}, expect: {private: cannot_decide}, silent: ["1"]}
`

// inForce lists the instruments of a date.
func (b *bed) inForce(date naru.Date) string {
	b.t.Helper()
	var keys []string
	err := b.db.Read(b.t.Context(), func(ctx context.Context, tx any) error {
		l, err := b.book.InForce(ctx, tx.(law.Reader), date)
		if err != nil {
			return err
		}
		for _, p := range l.Packs() {
			keys = append(keys, p.Key)
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return strings.Join(keys, " ")
}

func TestTwoPeoplePublishAnInstrumentThatBindsFromItsDay(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		saved := do(b, anna, b.ops.Draft, law.DraftIn{Text: bars("2026-04-01"), Cases: cases, Note: "시험"})
		if len(saved.Report.Failures) > 0 || saved.Report.Cases != 2 || saved.Draft.From != "2026-04-01" {
			t.Fatalf("saved %+v", saved)
		}
		id := saved.Draft.ID
		refused(b, bora, b.ops.Publish, law.DecideIn{ID: id}, "law.wrong_state")
		do(b, anna, b.ops.Propose, law.DecideIn{ID: id})
		refused(b, anna, b.ops.Publish, law.DecideIn{ID: id}, "law.same_person")
		if strings.Contains(b.inForce("2026-04-01"), "TEST2026") {
			t.Error("a proposed draft is law already")
		}
		v := do(b, bora, b.ops.Publish, law.DecideIn{ID: id})
		if v.State != law.Published || v.DecidedBy != "bora" || v.ProposedBy != "anna" {
			t.Errorf("published %+v", v)
		}
		for date, want := range map[naru.Date]bool{"2026-03-31": false, "2026-04-01": true, "2030-01-01": true} {
			if got := strings.Contains(b.inForce(date), "TEST2026"); got != want {
				t.Errorf("on %s in force: %v", date, got)
			}
		}
		if list := do(b, anna, b.ops.List, law.ListIn{State: law.Published}); len(list.Rows) != 1 || list.Rows[0].Text != "" {
			t.Errorf("list %+v", list)
		}
		again := newBed(t, db) // another naru on the same database reads what was published
		if !strings.Contains(again.inForce("2026-04-01"), "TEST2026") {
			t.Error("a second book does not know what was published")
		}
	})
}

func TestWhatIsNotSoundOrTooLateIsNotPublished(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		for name, c := range map[string]struct{ text, cases, key string }{
			"a case that fails":          {bars("2026-04-01"), strings.Replace(cases, "not_allowed", "allowed", 1), "law.case_fails"},
			"a rule that never fires":    {bars("2026-04-01"), strings.SplitAfter(cases, "\n")[1], "law.rule_never_fires"},
			"a rule that always fires":   {bars("2026-04-01"), strings.SplitAfter(cases, "\n")[0], "law.rule_never_silent"},
			"a first day that is passed": {bars("2026-03-01"), cases, "law.in_past"},
		} {
			d := do(b, anna, b.ops.Draft, law.DraftIn{Text: c.text, Cases: c.cases}).Draft
			want := "law.not_sound"
			if c.key == "law.in_past" {
				want = c.key
			}
			e := refused(b, anna, b.ops.Propose, law.DecideIn{ID: d.ID}, want)
			if want == "law.not_sound" && (len(e.Problems) != 1 || e.Problems[0].Message.Key != c.key) {
				t.Errorf("%s: problems %+v, want %s", name, e.Problems, c.key)
			}
		}
		bad := strings.Replace(bars("2026-04-01"), `"high"`, `"hihg"`, 1)
		e := refused(b, anna, b.ops.Draft, law.DraftIn{Text: bad}, "policy.pack_refused")
		if len(e.Problems) != 1 || e.Problems[0].Row != 8 || e.Problems[0].Message.Key != "policy.fault.bad_code" {
			t.Errorf("faults %+v, want the code list broken on line 8", e.Problems)
		}
		refused(b, naru.Actor{User: "o", Role: "officer"}, b.ops.Draft, law.DraftIn{Text: bars("2026-04-01")}, "identity.no_permission")
	})
}

func TestANextVersionSucceedsAndCanBeTakenBackBeforeItsDay(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		publish := func(text string) law.Draft {
			d := do(b, anna, b.ops.Draft, law.DraftIn{Text: text, Cases: cases}).Draft
			do(b, anna, b.ops.Propose, law.DecideIn{ID: d.ID})
			return do(b, bora, b.ops.Publish, law.DecideIn{ID: d.ID})
		}
		first := publish(bars("2026-04-01"))
		was := do(b, anna, b.ops.Text, law.TextIn{Key: "TEST2026", AsOf: "2026-04-01"})
		if was.Digest != first.Digest || was.Cases != cases {
			t.Fatalf("text of the first version: %+v", was)
		}
		d := publish(strings.Replace(strings.Replace(was.Text, "2026-04-01", "2026-05-01", 1), "시험 고시", "시험 고시 개정", 1))
		digest := func(date naru.Date) string {
			return do(b, anna, b.ops.Text, law.TextIn{Key: "TEST2026", AsOf: date}).Digest
		}
		if digest("2026-04-30") != first.Digest || digest("2026-05-01") != d.Digest || d.Digest == first.Digest {
			t.Error("the versions do not meet on the first day of the second")
		}
		do(b, anna, b.ops.Withdraw, law.RefuseIn{ID: d.ID, Reason: "다시 검토"})
		if digest("2026-05-01") != first.Digest {
			t.Error("what was taken back is still law")
		}
		refused(b, anna, b.ops.Withdraw, law.RefuseIn{ID: d.ID, Reason: "또"}, "law.wrong_state")
	})
}

// concludes is an instrument that lets conclude the resource grade, or only looks like it.
func concludes(key, from string, derive bool) string {
	text := strings.Replace(bars(from), "key: TEST2026", "key: "+key, 1)
	if !derive {
		return text
	}
	return text + `derive:
  - id: grade
    fact: component.resource_grade
    value: "1"
    when: component.csap_tier == "high"
    article: 제2조
    source: T
    message: {ko: 가, en: a}
`
}

func TestWhatOthersLeanOnIsNotTakenBack(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		publish := func(text string) law.Draft {
			d := do(b, anna, b.ops.Draft, law.DraftIn{Text: text, Cases: cases}).Draft
			do(b, anna, b.ops.Propose, law.DecideIn{ID: d.ID})
			return do(b, bora, b.ops.Publish, law.DecideIn{ID: d.ID})
		}
		publish(concludes("X", "2026-04-01", true))
		silent := publish(concludes("X", "2026-04-01", false)) // of the same day: it replaces the first
		publish(concludes("Y", "2026-05-01", true))
		refused(b, anna, b.ops.Withdraw, law.RefuseIn{ID: silent.ID, Reason: "다시 검토"}, "law.leaned_on")
		if got := b.inForce("2026-05-01"); !strings.Contains(got, "X") || !strings.Contains(got, "Y") {
			t.Errorf("in force: %s", got)
		}
	})
}

func TestWhatBindsIsNotTakenBack(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		d := do(b, anna, b.ops.Draft, law.DraftIn{Text: bars("2026-03-10"), Cases: cases}).Draft
		do(b, anna, b.ops.Propose, law.DecideIn{ID: d.ID})
		do(b, bora, b.ops.Reject, law.RefuseIn{ID: d.ID, Reason: "오탈자"})
		refused(b, anna, b.ops.Propose, law.DecideIn{ID: d.ID}, "law.wrong_state")
		d = do(b, anna, b.ops.Draft, law.DraftIn{ID: d.ID, Text: bars("2026-03-10"), Cases: cases}).Draft
		do(b, anna, b.ops.Propose, law.DecideIn{ID: d.ID})
		do(b, bora, b.ops.Publish, law.DecideIn{ID: d.ID})
		b.days.Store(8) // 2026-03-10
		refused(b, anna, b.ops.Withdraw, law.RefuseIn{ID: d.ID, Reason: "늦었다"}, "law.binds")
		if !strings.Contains(b.inForce("2026-03-10"), "TEST2026") {
			t.Error("a refused withdrawal changed the law")
		}
	})
}
