package decide

import (
	"context"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/inventory"
	"naru/flow/law"
)

// Store is what this step needs of a transaction.
type Store interface {
	Asker
	Estate
	Archive
	Exempter
	System(ctx context.Context, id inventory.SystemID) (inventory.System, error)
	SystemOfComponent(ctx context.Context, id inventory.ComponentID) (inventory.SystemID, error)
	Institution(ctx context.Context, id inventory.InstitutionID) (inventory.Institution, error)

	// Stale returns as Subjects does those systems whose standing decision is absent or
	// rests on an older version of the system or another kind of its institution.
	Stale(ctx context.Context, of inventory.InstitutionID, after inventory.SystemID, limit int) ([]Subject, error)

	// DropDecisions removes an edition's decisions of an institution, or all when it is "",
	// behind one system and up to another ("" = to the end).
	DropDecisions(ctx context.Context, e Edition, of inventory.InstitutionID, after, last inventory.SystemID) error
	// PutDecisions stores decisions in place of what stood of their components.
	PutDecisions(ctx context.Context, e Edition, list []Decision) error
	// DropComponents removes the decisions of components, named by system and component.
	DropComponents(ctx context.Context, e Edition, list []Decision) error
	// DecisionsBetween returns what can be compared of an edition's decisions (system,
	// component, day, outcomes, law, facts, exceptions) of an institution, or of all when it is "", of
	// the systems behind one and up to another.
	DecisionsBetween(ctx context.Context, e Edition, of inventory.InstitutionID, after, last inventory.SystemID) ([]Decision, error)
	DecisionsOf(ctx context.Context, e Edition, id inventory.SystemID) ([]Decision, error)
	Decisions(ctx context.Context, f Filter, p naru.Page) (naru.List[Row], error)
	Tally(ctx context.Context, e Edition, of inventory.InstitutionID) ([]Tally, error)
	// Draft returns an instrument that is only thought of.
	Draft(ctx context.Context, id law.DraftID) (law.Draft, error)

	PutFlips(ctx context.Context, list []Flip) error
	Flips(ctx context.Context, f FlipFilter, p naru.Page) (naru.List[FlipRow], error)
}

// Estate is what a transaction tells of everything that is decided.
type Estate interface {
	// EstateMark returns a number that changes with every change of a system or institution.
	EstateMark(ctx context.Context) (int64, error)
	// Subjects returns systems with their components in the order of ids, after one id,
	// at most limit; of one institution, or of all when it is "".
	Subjects(ctx context.Context, of inventory.InstitutionID, after inventory.SystemID, limit int) ([]Subject, error)
	AllInstitutions(ctx context.Context) ([]inventory.Institution, error)
	// SystemNames returns code and name of systems, by id.
	SystemNames(ctx context.Context, ids []inventory.SystemID) (map[inventory.SystemID]SystemName, error)
}

// Archive keeps what decisions rest on, by digest.
type Archive interface {
	// KeepLaw remembers which instruments a digest stands for, and their texts.
	KeepLaw(ctx context.Context, digest string, refs []policy.PackRef, packs []*policy.Pack) error
	// KeptLaw returns the canonical forms of the instruments a digest stands for, in order.
	KeptLaw(ctx context.Context, digest string) ([][]byte, error)
	KeepFacts(ctx context.Context, list []Archived) error
	KeptFacts(ctx context.Context, digest string) ([]byte, error)
}

// Asker is what a step needs of a transaction to ask the law before it acts.
type Asker interface {
	law.Reader
	// Lifts returns every exception that was granted, whatever its dates, of an institution
	// ("" = all) and a system ("" = all), by component in the order of ids; one that was
	// revoked with the days it held.
	Lifts(ctx context.Context, of inventory.InstitutionID, system inventory.SystemID) (Lifts, error)
}

// Exempter keeps exceptions.
type Exempter interface {
	ExemptionsByID(ctx context.Context, ids []string) (policy.Exemptions, error)
	// Exempted returns the standing decisions that rest on an exception, or whose
	// component was granted one.
	Exempted(ctx context.Context) ([]Decision, error)
	PutException(ctx context.Context, e Exception) error
	Exception(ctx context.Context, id ExceptionID) (Exception, error)
	ExceptionRow(ctx context.Context, id ExceptionID) (ExceptionRow, error)
	Exceptions(ctx context.Context, f ExceptionFilter, p naru.Page) (naru.List[ExceptionRow], error)
}

// Ops are the operations of this step on one book.
type Ops struct {
	Run           op.Op[Store, RunIn, RunOut]
	Due           op.Op[Store, DueIn, DueOut]
	Renew         op.Op[Store, RenewIn, RunOut]
	System        op.Op[Store, SystemIn, SystemOut]
	Replay        op.Op[Store, ReplayIn, []ReplayOut]
	List          op.Op[Store, ListIn, naru.List[Row]]
	Summary       op.Op[Store, SummaryIn, SummaryOut]
	Flips         op.Op[Store, FlipsIn, naru.List[FlipRow]]
	Instruments   op.Op[Store, InstrumentsIn, []Instrument]
	Ask           op.Op[Store, AskIn, Exception]
	Hear          op.Op[Store, HearIn, Exception]
	RuleException op.Op[Store, DecideIn, Exception]
	EndException  op.Op[Store, EndIn, Exception]
	Exception     op.Op[Store, ExceptionIn, ExceptionRow]
	Exceptions    op.Op[Store, ExceptionsIn, naru.List[ExceptionRow]]

	WhatIf op.Op[Store, WhatIfIn, WhatIfOut]
	Eras   op.Op[Store, ErasIn, ErasOut]

	bulk bulk
}

// New returns the operations that decide by the law in a book.
func New(book *law.Book) Ops {
	b := bulk{book}
	o := Ops{
		bulk: b,
		Run: op.Write("decide.run", "decide.run",
			naru.Text{Ko: "기관이나 전국의 정보시스템을 한 번에 판정한다", En: "Decide an institution or the whole nation at once"}, b.run),
		Due: op.Read("decide.due", "decide.read",
			naru.Text{Ko: "날이 바뀌어 다시 판정할 것", En: "Show which standing decisions the calendar made old"}, b.due),
		Renew: op.Write("decide.renew", "decide.renew",
			naru.Text{Ko: "날이 바뀌어 낡은 판정을 다시 한다", En: "Decide again what the calendar made old"}, b.renew),
		System: op.Read("decide.system", "decide.read",
			naru.Text{Ko: "정보시스템 한 건을 근거 조문과 함께 판정한다", En: "Decide one system on any date, with its articles"}, b.system),
		Replay: op.Read("decide.replay", "decide.read",
			naru.Text{Ko: "저장된 판정을 그때의 규정과 사실로 다시 계산해 견준다", En: "Make a stored decision again from the law and the facts it rests on"}, b.replay),
		List: op.Read("decide.list", "decide.read",
			naru.Text{Ko: "저장된 판정 목록", En: "List stored decisions"}, list),
		Summary: op.Read("decide.summary", "decide.read",
			naru.Text{Ko: "판정 결과를 장소와 기관 유형별로 센다", En: "Count decisions by venue, outcome and institution kind"}, summary),
		Flips: op.Read("decide.flips", "decide.read",
			naru.Text{Ko: "바뀐 판정과 그 까닭", En: "List decisions that came out otherwise than before, and why"}, flips),
		Instruments: op.Read("decide.instruments", "policy.read",
			naru.Text{Ko: "어느 날 시행 중인 법령·고시·지침", En: "Show the instruments of a date with their articles"}, b.instruments),
	}
	o.exceptions(b)
	t := think{b, &estate{}}
	o.WhatIf = op.Read("decide.whatif", "decide.whatif",
		naru.Text{Ko: "개정안이나 다른 날의 규정이라면 전국의 판정이 어떻게 바뀌는지 센다", En: "Count who would flip under a draft, or under the law of another date"}, t.whatif)
	o.Eras = op.Read("decide.eras", "decide.read",
		naru.Text{Ko: "같은 현황을 여러 시대의 규정으로 견준다", En: "Compare how the same estate stands under the law of several dates"}, t.eras)
	return o
}

// exceptions adds the operations on exceptions.
func (o *Ops) exceptions(b bulk) {
	o.Ask = op.Write("decide.ask_exception", "exception.ask",
		naru.Text{Ko: "규정이 열어 둔 길로 예외를 신청한다", En: "Ask for an exception by the way an instrument leaves open"}, b.ask)
	o.Hear = op.Write("decide.hear_exception", "exception.decide",
		naru.Text{Ko: "예외 신청에 의견을 낸다", En: "Give the opinion that is to be heard on an exception"}, b.hear)
	o.RuleException = op.Write("decide.rule_exception", "exception.decide",
		naru.Text{Ko: "예외를 조건과 기한을 붙여 승인하거나 거절한다", En: "Grant an exception with conditions and a last day, or refuse it"}, b.ruleOn)
	o.EndException = op.Write("decide.end_exception", "exception.end",
		naru.Text{Ko: "예외 신청을 거두거나 승인된 예외를 철회한다", En: "Withdraw the wish for an exception, or revoke one that was granted"}, b.endException)
	o.Exception = op.Read("decide.exception", "decide.read",
		naru.Text{Ko: "예외 신청 한 건", En: "Show one exception"}, b.exception)
	o.Exceptions = op.Read("decide.exceptions", "decide.read",
		naru.Text{Ko: "예외 신청 목록", En: "List exceptions"}, b.exceptions)
}

// All lists the operations.
func (o Ops) All() []op.Any {
	return []op.Any{
		o.Run, o.Due, o.Renew, o.System, o.Replay, o.List, o.Summary, o.Flips, o.Instruments,
		o.WhatIf, o.Eras, o.Ask, o.Hear, o.RuleException, o.EndException, o.Exception, o.Exceptions,
	}
}
