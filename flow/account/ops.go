package account

import (
	"context"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/inventory"
	"naru/flow/meter"
)

// Store is what this step needs of a transaction.
type Store interface {
	meter.Months
	contract.Payer
	Institution(ctx context.Context, id inventory.InstitutionID) (inventory.Institution, error)
	Offer(ctx context.Context, id catalog.ServiceID) (catalog.Offer, error)
	OrderRow(ctx context.Context, id contract.OrderID) (contract.OrderRow, error)
	Seals(ctx context.Context) ([]meter.Seal, error)

	Close(ctx context.Context, m naru.Month) (Close, bool, error)
	Closes(ctx context.Context) ([]Close, error)
	PutClose(ctx context.Context, v Close) error
	// ReplaceStatements puts the statements of a month in the place of those proposed
	// before; approved ones stay and make it a conflict.
	ReplaceStatements(ctx context.Context, m naru.Month, list []Statement) error
	// StatementsOf returns the statements of a month with their lines, by id.
	StatementsOf(ctx context.Context, m naru.Month) ([]Statement, error)
	Statement(ctx context.Context, id StatementID) (Statement, error)
	Statements(ctx context.Context, f Filter, p naru.Page) (naru.List[StatementRow], error)
	PendingAdjustments(ctx context.Context) ([]Adjustment, error)
	PutAdjustment(ctx context.Context, a Adjustment) error
	ChargeAdjustment(ctx context.Context, id string, m naru.Month) error
}

// Propose computes the statements of a sealed month for approval.
var Propose = op.Write("account.propose", "account.close",
	naru.Text{Ko: "확정된 달의 명세서를 만들어 마감을 올린다", En: "Propose the close of a sealed month"}, propose)

// Approve closes a month: pays from the holds and makes the statements immutable.
var Approve = op.Write("account.approve", "account.approve",
	naru.Text{Ko: "올라온 마감을 승인한다", En: "Approve the close of a month"}, approve)

// Reject sends a proposed close back.
var Reject = op.Write("account.reject", "account.approve",
	naru.Text{Ko: "올라온 마감을 돌려보낸다", En: "Reject the close of a month"}, reject)

// Adjust corrects a closed month in the next one.
var Adjust = op.Write("account.adjust", "account.close",
	naru.Text{Ko: "마감된 달을 다음 달에 정정한다", En: "Correct a closed month in the next one"}, adjust)

// Closes lists the closes, newest first.
var Closes = op.Read("account.closes", "account.read",
	naru.Text{Ko: "월 마감 목록", En: "List closes of months"}, listCloses)

// Statements lists statements, newest month first.
var Statements = op.Read("account.statements", "account.read",
	naru.Text{Ko: "명세서 목록", En: "List statements"}, listStatements)

// GetStatement returns a statement with its lines and charges.
var GetStatement = op.Read("account.statement", "account.read",
	naru.Text{Ko: "명세서 한 건", En: "Get a statement"}, getStatement)

// Focus returns a statement as rows of the FinOps cost format.
var Focus = op.Read("account.focus", "account.read",
	naru.Text{Ko: "명세서를 FOCUS 형식으로", En: "Get a statement as FOCUS rows"}, focusRows)

// Operations lists the operations of this step.
func Operations() []op.Any {
	return []op.Any{Propose, Approve, Reject, Adjust, Closes, Statements, GetStatement, Focus}
}

func listCloses(ctx context.Context, c *op.Call, s Store, _ struct{}) (naru.List[Close], error) {
	rows, err := s.Closes(ctx)
	if !identity.Nationwide(c.Actor) {
		for i := range rows { // the nation's sums are for those who see the nation
			rows[i].Amount, rows[i].Short, rows[i].Statements = 0, 0, 0
		}
	}
	return naru.List[Close]{Rows: rows}, err
}

// Filter narrows a list of statements.
type Filter struct {
	Month       naru.Month              `json:"month,omitempty" doc:"month as YYYY-MM"`
	Institution inventory.InstitutionID `json:"institution,omitempty" doc:"institution id"`
	Provider    catalog.ProviderID      `json:"provider,omitempty" doc:"lines of this provider only"`
}

// StatementsIn asks for a page of statements.
type StatementsIn struct {
	Filter
	naru.Page
}

// StatementRow is a statement without its lines; with a provider chosen, the sum of that
// provider's lines.
type StatementRow struct {
	ID          StatementID             `json:"id"`
	Month       naru.Month              `json:"month"`
	Institution inventory.InstitutionID `json:"institution"`
	Name        string                  `json:"institution_name"`
	Approved    bool                    `json:"approved"`
	Lines       int                     `json:"lines"`
	Amount      naru.Money              `json:"amount"`
	Synthetic   bool                    `json:"synthetic"` // some of it was ordered for an example system
}

func listStatements(ctx context.Context, c *op.Call, s Store, in StatementsIn) (naru.List[StatementRow], error) {
	var none naru.List[StatementRow]
	if c.Actor.Role == string(identity.Provider) {
		if c.Actor.Provider == "" || (in.Provider != "" && string(in.Provider) != c.Actor.Provider) {
			return none, naru.NewError(naru.Denied, identity.NotYours, "object", string(in.Provider))
		}
		in.Provider = catalog.ProviderID(c.Actor.Provider)
	} else if scope := inventory.InstitutionID(identity.Scope(c.Actor)); scope != "" {
		if in.Institution != "" && in.Institution != scope {
			return none, identity.RequireSight(c.Actor, string(in.Institution), string(in.Institution))
		}
		in.Institution = scope
	}
	return s.Statements(ctx, in.Filter, in.Page)
}

// StatementIn names a statement.
type StatementIn struct {
	ID StatementID `json:"id" doc:"statement id"`
}

// getStatement shows a provider only its own lines, and then no digest, which is over all.
func getStatement(ctx context.Context, c *op.Call, s Store, in StatementIn) (Statement, error) {
	st, err := s.Statement(ctx, in.ID)
	if err != nil {
		return st, err
	}
	if c.Actor.Role != string(identity.Provider) {
		return st, identity.RequireSight(c.Actor, string(st.Institution), string(in.ID))
	}
	var own []Line
	for _, l := range st.Lines {
		if c.Actor.Provider != "" && string(l.Provider) == c.Actor.Provider {
			own = append(own, l)
		}
	}
	if len(own) == 0 {
		return Statement{}, naru.NewError(naru.Denied, identity.NotYours, "object", string(in.ID))
	}
	st.Lines, st.Digest = own, ""
	return st, st.total()
}
