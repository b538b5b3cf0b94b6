package teststand

import (
	"testing"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/access"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/flow/law"
	"naru/link/feed"
)

// Second is the second account of the role ministry: two people publish.
const Second = "ministry2"

// second opens the second account of the ministry.
func (s *Stand) second(t testing.TB) {
	t.Helper()
	in := access.CreateUserIn{User: Second, Name: "윤둘째", Role: identity.Ministry, Password: naru.NewSecret(Password)}
	out, err := op.Do(t.Context(), s.Runner, s.Runner.SystemCall("setup"), s.Access.CreateUser, in)
	if err != nil {
		t.Fatalf("account %s: %v", Second, err)
	}
	s.accounts[Second] = out.Actor()
}

// lawmaking leaves two drafts, one of them proposed, an exception that waits and one
// that was granted and turned a decision.
func (s *Stand) lawmaking(t testing.TB) {
	t.Helper()
	ministry, other, officer := s.As(identity.Ministry), s.accounts[Second], s.As(identity.Officer)
	now := Do(t, s, ministry, s.Law.Text, law.TextIn{Key: feed.AmendedKey})
	text, cases := feed.Amend(now.Text, now.Cases, "2026-07-01")
	proposed := Do(t, s, other, s.Law.Draft, law.DraftIn{Text: text, Cases: cases, Note: "예시: 정보주체가 많은 구성요소를 어떻게 할지 견주어 본다"}).Draft
	Do(t, s, other, s.Law.Propose, law.DecideIn{ID: proposed.ID})
	text, cases = feed.Amend(now.Text, now.Cases, "2026-10-01")
	s.Draft = Do(t, s, ministry, s.Law.Draft, law.DraftIn{Text: text, Cases: cases + "- name: A case that fails\n  date: 2026-10-01\n  facts: {institution.kind: local}\n  expect: {private: not_allowed}\n  fires: [example-subjects]\n"}).Draft.ID

	asked := s.consulting(t, 2)
	Do(t, s, officer, s.Decide.Ask, decide.AskIn{Component: asked[0], Venue: policy.OnSite, Reason: "현장 설비와 떨어져 운영할 수 없다"})
	made := Do(t, s, officer, s.Decide.Ask, decide.AskIn{Component: asked[1], Venue: policy.OnSite, Reason: "이전까지 한 해가 더 필요하다"})
	Do(t, s, ministry, s.Decide.RuleException, decide.DecideIn{
		ID: made.ID, Grant: true, Decision: "이전 계획이 확인됨", Conditions: []string{"망을 분리할 것", "분기마다 이전 상황을 알릴 것"}, Until: "2026-12-31",
	})
	Do(t, s, s.As(identity.Operator), s.Decide.Run, decide.RunIn{})
}

// consulting finds components of the office that ask for a consultation before they may
// stay on site.
func (s *Stand) consulting(t testing.TB, n int) (list []inventory.ComponentID) {
	t.Helper()
	officer := s.As(identity.Officer)
	for _, row := range Do(t, s, officer, inventory.ListSystems, inventory.ListSystemsIn{}).Rows {
		c := Do(t, s, officer, s.Decide.System, decide.SystemIn{ID: row.ID}).Components[0]
		if at := c.Verdict.At(policy.OnSite); at.Outcome == policy.Consult && len(list) < n {
			list = append(list, c.ID)
		}
	}
	if len(list) < n {
		t.Fatalf("%d components ask for a consultation, want %d", len(list), n)
	}
	return list
}
