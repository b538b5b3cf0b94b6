package teststand

import (
	"testing"

	"naru/base/identity"
	"naru/flow/account"
	"naru/flow/contract"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/flow/match"
	"naru/flow/meter"
	"naru/flow/plan"
)

// trade gives the office a budget, one approved order and one that waits.
func (s *Stand) trade(t testing.TB) {
	t.Helper()
	officer, approver := s.As(identity.Officer), s.As(identity.Approver)
	Do(t, s, approver, s.Contract.SetBudget, contract.BudgetIn{Year: 2026, Amount: 300_000_000})
	list := Do(t, s, officer, inventory.ListSystems, inventory.ListSystemsIn{})
	for i, row := range list.Rows[:2] {
		sys := Do(t, s, officer, s.Decide.System, decide.SystemIn{ID: row.ID})
		component := sys.Components[0].ID
		found := Do(t, s, officer, s.Match.Candidates, match.In{Component: component})
		if len(found.Fits) == 0 {
			t.Fatalf("nothing fits %s", row.Name)
		}
		order := Do(t, s, officer, s.Contract.Order, contract.OrderIn{
			System: row.ID, Component: component, Plan: found.Fits[i].Plan, From: "2026-03-02", To: "2026-12-31", Hold: 24_000_000, Purpose: "민원 첨부 자료 보관",
		})
		if i == 0 {
			Do(t, s, approver, s.Contract.Approve, contract.DecideIn{ID: order.ID})
			s.Order = order.ID
		}
	}
	Do(t, s, officer, s.Plan.Keep, plan.KeepIn{Name: "2026년 전환 계획"})
	operator := s.As(identity.Operator)
	Do(t, s, operator, meter.SealMonth, meter.SealIn{Month: "2026-02"})
	Do(t, s, operator, account.Propose, account.MonthIn{Month: "2026-02"})
}
