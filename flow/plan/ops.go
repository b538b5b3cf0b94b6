package plan

import (
	"context"

	"naru"
	"naru/base/op"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/flow/law"
)

// Store is what this step needs of a transaction.
type Store interface {
	decide.Asker
	System(ctx context.Context, id inventory.SystemID) (inventory.System, error)
	Institution(ctx context.Context, id inventory.InstitutionID) (inventory.Institution, error)
	Subjects(ctx context.Context, of inventory.InstitutionID, after inventory.SystemID, limit int) ([]decide.Subject, error)
	// PlanEstate returns the systems of an institution, or all when it is "", in no order
	// and without their parts.
	PlanEstate(ctx context.Context, of inventory.InstitutionID) ([]Subject, error)
	// PlanParts returns what the standing decisions say of the components of those systems.
	PlanParts(ctx context.Context, of inventory.InstitutionID) (map[inventory.SystemID][]Part, error)
	// PlanNames returns the names of the components of some systems, and maybe of others.
	PlanNames(ctx context.Context, of []inventory.SystemID) (map[inventory.ComponentID]string, error)
	// PlanNeeds returns what the systems of an institution need, or all needs, in no order.
	PlanNeeds(ctx context.Context, of inventory.InstitutionID) ([]Need, error)
	// PlanBasis tells which dates and laws the standing decisions are of.
	PlanBasis(ctx context.Context, of inventory.InstitutionID) ([]Basis, error)
	// LiveDeals returns the orders that stand on a date and the instances that exist, each
	// with what it is for: of a provider, service or certificate, or all.
	LiveDeals(ctx context.Context, l Loss, on naru.Date) ([]Deal, error)
	// LossName returns the name of what is lost, in both languages, or NotFound.
	LossName(ctx context.Context, l Loss) (naru.Text, error)
	KeepPlan(ctx context.Context, k Kept) error
	KeptPlan(ctx context.Context, id ID) (Kept, error)
	KeptPlans(ctx context.Context, of inventory.InstitutionID, p naru.Page) (naru.List[Kept], error)
}

// Ops are the operations of this step.
type Ops struct {
	Waves    op.Op[Store, WavesIn, Waves]
	Rows     op.Op[Store, RowsIn, naru.List[Row]]
	Keep     op.Op[Store, KeepIn, Kept]
	List     op.Op[Store, naru.Page, naru.List[Kept]]
	Get      op.Op[Store, GetIn, KeptOut]
	Recovery op.Op[Store, RecoveryIn, Recovery]
	Blast    op.Op[Store, BlastIn, Blast]

	book *law.Book
}

// New returns the operations of planning; the book of law tells what an undecided system
// misses and who decides.
func New(book *law.Book, cfg Config) Ops {
	d := desk{book: book, cfg: cfg, lens: newLens(inventory.Facts())}
	return Ops{
		book: book,
		Waves: op.Read("plan.waves", "plan.read",
			naru.Text{Ko: "연도별 예산 안에서 전환 계획을 세운다", En: "Plan the conversion year by year under a budget"}, d.waves),
		Rows: op.Read("plan.rows", "plan.read",
			naru.Text{Ko: "전환 계획의 모든 행", En: "List every row of a plan"}, d.rows),
		Keep: op.Write("plan.keep", "plan.edit",
			naru.Text{Ko: "전환 계획을 이름을 붙여 보관한다", En: "Keep a plan with its inputs and digest"}, d.keep),
		List: op.Read("plan.list", "plan.read", naru.Text{Ko: "보관한 전환 계획 목록", En: "List kept plans"}, list),
		Get: op.Read("plan.get", "plan.read",
			naru.Text{Ko: "보관한 계획을 오늘 다시 세워 견준다", En: "Compute a kept plan again and compare"}, d.get),
		Recovery: op.Read("plan.recovery", "plan.read",
			naru.Text{Ko: "목표 복구시간을 예고된 등급별 목표와 견준다", En: "Compare stated recovery times with the announced targets"}, d.recovery),
		Blast: op.Read("plan.blast", "plan.read",
			naru.Text{Ko: "센터·공급자·인증을 잃으면 무엇이 멈추고 무엇부터 할지", En: "Tell what a loss hits and what to do first"}, d.blast),
	}
}

// Configured returns the same operations under what an installation decided.
func (o Ops) Configured(cfg Config) Ops { return New(o.book, cfg) }

// All lists the operations.
func (o Ops) All() []op.Any {
	return []op.Any{o.Waves, o.Rows, o.Keep, o.List, o.Get, o.Recovery, o.Blast}
}

// desk is where plans are made: the law, what the installation configured, and how to
// read facts.
type desk struct {
	book *law.Book
	cfg  Config
	lens lens
}

func (d desk) read(s *Subject) traits { return d.lens.read(&s.Facts) }
