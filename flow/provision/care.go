package provision

import (
	"context"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/catalog"
)

// CareStore is the part of Store that keeps what was made: the journal, findings, looks at
// the provider's side, and what is written off.
type CareStore interface {
	// PutCall writes the row of a call before it leaves, and its answer: of a row that is
	// there it stores state, code, the broker's own answer and the times of both.
	PutCall(ctx context.Context, k BrokerCall) error
	// SendCall turns an intended call of the same step about the same object into this one,
	// which leaves now; ok is false when none was intended.
	SendCall(ctx context.Context, k BrokerCall) (ok bool, err error)
	// LoseCall says of a call that is still sent that its answer was lost.
	LoseCall(ctx context.Context, id string, at time.Time) error
	// SettleCalls settles every call about an instance, or a binding of it, that is not:
	// those that were taken with the code given, those that never left as not sent, the
	// others with the code they have.
	SettleCalls(ctx context.Context, i InstanceID, b BindingID, how BrokerCall) error
	// ForgetCalls removes the oldest calls that were settled before a moment, limit at most,
	// and returns them, the oldest first.
	ForgetCalls(ctx context.Context, before time.Time, limit int) ([]BrokerCall, error)
	Calls(ctx context.Context, f CallFilter, p naru.Page) (naru.List[BrokerCall], error)
	InFlight(ctx context.Context, f InFlightFilter, p naru.Page) (naru.List[InFlight], error)
	// Hasten makes the task of a name about a subject due, which does not concern a process
	// that is at it; ok is false when there is none.
	Hasten(ctx context.Context, task, subject string, now time.Time) (ok bool, err error)
	// Supersede removes the tasks of a name about a subject that no process is at.
	Supersede(ctx context.Context, task, subject string, now time.Time) error
	// Queued counts the tasks of a name about a subject.
	Queued(ctx context.Context, task, subject string) (int, error)

	Finding(ctx context.Context, id FindingID) (Finding, error)
	Findings(ctx context.Context, f FindingFilter, p naru.Page) (naru.List[FindingRow], error)
	// OpenFindings returns what has not ended, of a provider or an instance.
	OpenFindings(ctx context.Context, f FindingFilter) ([]Finding, error)
	PutFinding(ctx context.Context, f Finding) error
	// Billing returns what a provider told of usage since a moment.
	Billing(ctx context.Context, p catalog.ProviderID, since time.Time) (Billing, error)
	// Running returns instances that may be in use, in the order of their ids behind one.
	Running(ctx context.Context, s Scope, after InstanceID, limit int) ([]Instance, error)

	Inspection(ctx context.Context, id string) (Inspection, error)
	Inspections(ctx context.Context, i InstanceID, p naru.Page) (naru.List[Inspection], error)
	PutInspection(ctx context.Context, n Inspection) error
	WriteOff(ctx context.Context, id WriteOffID) (WriteOff, error)
	// ProposedWriteOff returns the proposal about a subject that nobody decided yet.
	ProposedWriteOff(ctx context.Context, i InstanceID, b BindingID) (WriteOff, bool, error)
	WriteOffs(ctx context.Context, f WriteOffFilter, p naru.Page) (naru.List[WriteOff], error)
	PutWriteOff(ctx context.Context, w WriteOff) error
}

// Care are the operations that look after what was made.
type Care struct {
	Calls            op.Op[Store, CallsIn, naru.List[BrokerCall]]
	Forget           op.Op[Store, ForgetIn, Forgotten]
	InFlight         op.Op[Store, InFlightIn, naru.List[InFlight]]
	Circuits         op.Op[Store, CircuitsIn, []Circuit]
	Findings         op.Op[Store, FindingsIn, naru.List[FindingRow]]
	Acknowledge      op.Op[Store, AcknowledgeIn, Finding]
	Recheck          op.Op[Store, RecheckIn, RecheckAsked]
	Retry            op.Op[Store, RetryIn, Retried]
	Inspect          op.Op[Store, InspectIn, Inspection]
	Inspections      op.Op[Store, InspectionsIn, naru.List[Inspection]]
	WriteOff         op.Op[Store, WriteOffIn, WriteOff]
	WriteOffConfirm  op.Op[Store, DecideIn, WriteOff]
	WriteOffRefuse   op.Op[Store, DecideIn, WriteOff]
	WriteOffWithdraw op.Op[Store, DecideIn, WriteOff]
	WriteOffs        op.Op[Store, WriteOffsIn, naru.List[WriteOff]]
}

// Watching returns the operations with a port to the circuits of this process.
func (o Ops) Watching(port Circuits) Ops {
	o.Care = newCare(port)
	return o
}

func newCare(port Circuits) Care {
	w := watch{port}
	return Care{
		Calls: op.Read("provision.calls", "provision.read",
			naru.Text{Ko: "공급자 브로커를 부른 내역과 브로커의 답", En: "List the calls to providers' brokers with their answers"}, listCalls),
		Forget: op.Write("provision.forget", "provision.forget",
			naru.Text{Ko: "오래전에 정리된 호출 내역을 지운다", En: "Remove calls from the journal that were settled long ago"}, forget),
		InFlight: op.Read("provision.inflight", "provision.read",
			naru.Text{Ko: "진행 중인 작업과 다음 시도", En: "List the operations in flight with their next attempt"}, w.inFlight),
		Circuits: op.Read("provision.circuits", "provision.read",
			naru.Text{Ko: "공급자별 호출 차단 상태", En: "List whether providers are called at present"}, w.list),
		Findings: op.Read("provision.findings", "provision.findings",
			naru.Text{Ko: "전수 대조와 재점검의 발견 사항", En: "List the findings of censuses and re-checks"}, listFindings),
		Acknowledge: op.Write("provision.acknowledge", "provision.acknowledge",
			naru.Text{Ko: "발견 사항을 확인하고 조치를 적는다", En: "Acknowledge a finding and say what is done about it"}, acknowledge),
		Recheck: op.Write("provision.recheck", "provision.recheck",
			naru.Text{Ko: "사용 중인 것을 오늘의 기준으로 다시 점검한다", En: "Check again what runs against what holds today"}, askRecheck),
		Retry: op.Write("provision.retry", "provision.repair",
			naru.Text{Ko: "기다리는 작업을 지금 다시 시도한다", En: "Retry now what waits for its next attempt"}, w.retry),
		Inspect: op.Write("provision.inspect", "provision.repair",
			naru.Text{Ko: "공급자에게 지금 상태를 물어본다", En: "Ask the provider's broker for an instance or a binding now"}, inspect),
		Inspections: op.Read("provision.inspections", "provision.read",
			naru.Text{Ko: "공급자에게 물어본 결과", En: "List what the provider's broker said when it was asked"}, listInspections),
		WriteOff: op.Write("provision.write_off", "provision.repair",
			naru.Text{Ko: "되지 않는 해지의 포기를 제안한다", En: "Propose to write off a deletion that does not succeed"}, proposeWriteOff),
		WriteOffConfirm: op.Write("provision.write_off_confirm", "provision.write_off",
			naru.Text{Ko: "다른 사람이 제안한 포기를 확정한다", En: "Confirm a write-off that somebody else proposed"}, confirmWriteOff),
		WriteOffRefuse: op.Write("provision.write_off_refuse", "provision.write_off",
			naru.Text{Ko: "포기 제안을 물리친다", En: "Refuse a proposal to write off"}, refuseWriteOff),
		WriteOffWithdraw: op.Write("provision.write_off_withdraw", "provision.repair",
			naru.Text{Ko: "스스로 낸 포기 제안을 결정 전에 거둔다", En: "Withdraw one's own proposal to write off before it is decided"}, withdrawWriteOff),
		WriteOffs: op.Read("provision.write_offs", "provision.findings",
			naru.Text{Ko: "포기 제안과 결정", En: "List proposals to write off with their decisions"}, listWriteOffs),
	}
}

func (k Care) all() []op.Any {
	return []op.Any{
		k.Calls, k.Forget, k.InFlight, k.Circuits, k.Findings, k.Acknowledge, k.Recheck, k.Retry, k.Inspect, k.Inspections,
		k.WriteOff, k.WriteOffConfirm, k.WriteOffRefuse, k.WriteOffWithdraw, k.WriteOffs,
	}
}
