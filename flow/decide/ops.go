package decide

import (
	"context"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/inventory"
)

// Store is what this step needs of a transaction.
type Store interface {
	System(ctx context.Context, id inventory.SystemID) (inventory.System, error)
	Institution(ctx context.Context, id inventory.InstitutionID) (inventory.Institution, error)

	// Subjects returns systems with their components in the order of ids, after one id,
	// at most limit; of one institution, or of all when it is "".
	Subjects(ctx context.Context, of inventory.InstitutionID, after inventory.SystemID, limit int) ([]Subject, error)
	// Stale returns as Subjects does those systems whose standing decision is absent or
	// rests on an older version of the system or another kind of its institution.
	Stale(ctx context.Context, of inventory.InstitutionID, after inventory.SystemID, limit int) ([]Subject, error)

	// KeepLaw remembers which instruments a digest stands for.
	KeepLaw(ctx context.Context, digest string, packs []policy.PackRef) error
	// DropDecisions removes an edition's decisions of an institution, or all when it is "".
	DropDecisions(ctx context.Context, e Edition, of inventory.InstitutionID) error
	// PutDecisions replaces the edition's decisions of the systems they belong to; each
	// system's decisions stand together.
	PutDecisions(ctx context.Context, e Edition, list []Decision) error
	// AddDecisions adds decisions of systems that have none in the edition.
	AddDecisions(ctx context.Context, e Edition, list []Decision) error

	DecisionsOf(ctx context.Context, e Edition, id inventory.SystemID) ([]Decision, error)
	Decisions(ctx context.Context, f Filter, p naru.Page) (naru.List[Row], error)
	Tally(ctx context.Context, e Edition, of inventory.InstitutionID) ([]Tally, error)
}

// Ops are the operations of this step on one set of instruments.
type Ops struct {
	Run         op.Op[Store, RunIn, RunOut]
	System      op.Op[Store, SystemIn, SystemOut]
	List        op.Op[Store, ListIn, naru.List[Row]]
	Summary     op.Op[Store, SummaryIn, SummaryOut]
	Instruments op.Op[Store, InstrumentsIn, []Instrument]

	law *policy.Instruments
}

// New returns the operations that decide by a set of instruments.
func New(law *policy.Instruments) Ops {
	return Ops{
		Run: op.Write("decide.run", "decide.run",
			naru.Text{Ko: "기관이나 전국의 정보시스템을 한 번에 판정한다", En: "Decide an institution or the whole nation at once"}, bulk{law}.run),
		System: op.Read("decide.system", "decide.read",
			naru.Text{Ko: "정보시스템 한 건을 근거 조문과 함께 판정한다", En: "Decide one system on any date, with its articles"}, system(law)),
		List: op.Read("decide.list", "decide.read",
			naru.Text{Ko: "저장된 판정 목록", En: "List stored decisions"}, list),
		Summary: op.Read("decide.summary", "decide.read",
			naru.Text{Ko: "판정 결과를 장소와 기관 유형별로 센다", En: "Count decisions by venue, outcome and institution kind"}, summary),
		Instruments: op.Read("decide.instruments", "policy.read",
			naru.Text{Ko: "어느 날 시행 중인 법령·고시·지침", En: "Show the instruments of a date with their articles"}, instruments(law)),
		law: law,
	}
}

// All lists the operations.
func (o Ops) All() []op.Any { return []op.Any{o.Run, o.System, o.List, o.Summary, o.Instruments} }

// Follower decides again what an import or an edit touched.
func (o Ops) Follower() op.Follower {
	return op.Follow("decide", []string{"inventory.import", "inventory.import_institutions", "inventory.edit"}, bulk{o.law}.follow)
}
