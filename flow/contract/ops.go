package contract

import (
	"context"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/inventory"
	"naru/flow/law"
)

// Config is what an installation decides about buying.
type Config struct {
	Book   *law.Book
	Tracks []Track // nil = Tracks()
}

// Ops are the operations of this step.
type Ops struct {
	SetBudget op.Op[Store, BudgetIn, Budget]
	Budgets   op.Op[Store, BudgetsIn, naru.List[BudgetRow]]
	Order     op.Op[Store, OrderIn, Order]
	Approve   op.Op[Store, DecideIn, Order]
	Reject    op.Op[Store, RefuseIn, Order]
	End       op.Op[Store, RefuseIn, Order]
	Orders    op.Op[Store, OrdersIn, naru.List[OrderRow]]
	Get       op.Op[Store, GetIn, OrderRow]
	Tracks    op.Op[Store, TracksIn, []Track]
}

// New returns the operations of buying.
func New(cfg Config) Ops {
	d := desk{book: cfg.Book, tracks: cfg.Tracks}
	if d.tracks == nil {
		d.tracks = Tracks()
	}
	return Ops{
		SetBudget: op.Write("contract.budget", "contract.budget",
			naru.Text{Ko: "기관의 연도 예산을 정한다", En: "Set the budget of an institution for a year"}, setBudget),
		Budgets: op.Read("contract.budgets", "contract.read",
			naru.Text{Ko: "예산과 확보액, 집행액", En: "List budgets with what is held and spent"}, budgets),
		Order: op.Write("contract.order", "contract.order",
			naru.Text{Ko: "이용상품을 주문하고 결재를 올린다", En: "Order a plan and ask for approval"}, d.order),
		Approve: op.Write("contract.approve", "contract.approve",
			naru.Text{Ko: "다른 사람의 주문을 승인하고 예산을 확보한다", En: "Approve somebody else's order and hold its budget"}, d.approve),
		Reject: op.Write("contract.reject", "contract.approve",
			naru.Text{Ko: "주문을 이유와 함께 반려한다", En: "Reject an order with a reason"}, reject),
		End: op.Write("contract.end", "contract.order",
			naru.Text{Ko: "주문을 끝내거나 거두고 남은 예산을 되돌린다", En: "End or withdraw an order and release its hold"}, end),
		Orders: op.Read("contract.orders", "contract.read", naru.Text{Ko: "주문 목록", En: "List orders"}, orders),
		Get:    op.Read("contract.get", "contract.read", naru.Text{Ko: "주문 한 건", En: "Get an order"}, get),
		Tracks: op.Read("contract.tracks", "contract.read",
			naru.Text{Ko: "고를 수 있는 계약 방식과 근거", En: "List the ways of buying with what allows them"},
			func(context.Context, *op.Call, Store, TracksIn) ([]Track, error) { return d.tracks, nil }),
	}
}

// All lists the operations.
func (o Ops) All() []op.Any {
	return []op.Any{o.SetBudget, o.Budgets, o.Order, o.Approve, o.Reject, o.End, o.Orders, o.Get, o.Tracks}
}

// TracksIn asks for the tracks.
type TracksIn struct{}

// GetIn names an order.
type GetIn struct {
	ID OrderID `json:"id" doc:"order id"`
}

// requireSight refuses an order to the people of another institution, and to those of
// a provider whose service it is not for.
func requireSight(a naru.Actor, o *Order) error {
	if identity.Role(a.Role) != identity.Provider {
		return identity.RequireSight(a, string(o.Institution), string(o.ID))
	}
	if a.Provider == "" || a.Provider != string(o.Provider) {
		return naru.NewError(naru.Denied, identity.NotYours, "object", string(o.ID))
	}
	return nil
}

func get(ctx context.Context, c *op.Call, s Store, in GetIn) (OrderRow, error) {
	r, err := s.OrderRow(ctx, in.ID)
	if err != nil {
		return OrderRow{}, err
	}
	return r, requireSight(c.Actor, &r.Order)
}

// OrdersIn narrows the list of orders.
type OrdersIn struct {
	Filter
	naru.Page
}

func orders(ctx context.Context, c *op.Call, s Store, in OrdersIn) (naru.List[OrderRow], error) {
	var none naru.List[OrderRow]
	if identity.Role(c.Actor.Role) == identity.Provider {
		own := catalog.ProviderID(c.Actor.Provider)
		if own == "" || (in.Provider != "" && in.Provider != own) {
			return none, naru.NewError(naru.Denied, identity.NotYours, "object", string(in.Provider))
		}
		in.Provider = own
		return s.Orders(ctx, in.Filter, in.Page)
	}
	of, err := scoped(c.Actor, in.Institution)
	if err != nil {
		return none, err
	}
	in.Institution = of
	return s.Orders(ctx, in.Filter, in.Page)
}

// scoped returns the institution a list is limited to, given the one that was asked for.
func scoped(a naru.Actor, asked inventory.InstitutionID) (inventory.InstitutionID, error) {
	scope := inventory.InstitutionID(identity.Scope(a))
	if scope == "" {
		return asked, nil
	}
	if asked != "" && asked != scope {
		return "", identity.RequireSight(a, string(asked), string(asked))
	}
	return scope, nil
}
