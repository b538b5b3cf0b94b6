package provision

import (
	"context"
	"fmt"
	"strings"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/inventory"
)

// FindingID identifies a finding: "fnd_…".
type FindingID string

// Finding is one difference with its dates (발견 사항): between orders, naru's ledger and
// what a provider says, or between what runs and what may run. It is told to the owner,
// the ministry and its provider; it never stops what runs.
type Finding struct {
	ID             FindingID               `json:"id"`
	Kind           FindingKind             `json:"kind"`
	Provider       catalog.ProviderID      `json:"provider"`
	Institution    inventory.InstitutionID `json:"institution,omitempty"` // "" = nobody's that naru knows
	System         inventory.SystemID      `json:"system,omitempty"`
	Order          contract.OrderID        `json:"order,omitempty"`
	Instance       InstanceID              `json:"instance"` // of a foreign one: the broker's id
	Binding        BindingID               `json:"binding,omitempty"`
	Why            naru.Message            `json:"why,omitzero"` // with the rule that is not met
	Action         Action                  `json:"action"`       // proposed
	State          FindingState            `json:"state"`
	FirstAt        time.Time               `json:"first_at"`
	LastAt         time.Time               `json:"last_at"` // when it was last seen
	EndedAt        time.Time               `json:"ended_at,omitzero"`
	AcknowledgedBy string                  `json:"acknowledged_by,omitempty"`
	AcknowledgedAt time.Time               `json:"acknowledged_at,omitzero"`
	Words          string                  `json:"words,omitempty"` // of who acknowledged it
}

// FindingState is where a finding stands.
type FindingState string

// The states of a finding. Only what is seen to be gone ends; an acknowledged one says
// that somebody answers for it.
const (
	FindingOpen         FindingState = "open"
	FindingAcknowledged FindingState = "acknowledged"
	FindingEnded        FindingState = "ended"
)

// FindingKind says what differs.
type FindingKind string

// The kinds a census finds. Stray is what naru knows to be gone and the provider still
// holds: naru deletes it. Foreign is what naru never made: people must look at it.
const (
	Stray            FindingKind = "stray"
	Foreign          FindingKind = "foreign"
	Lost             FindingKind = "lost"               // ready in naru, unknown to the provider
	Unordered        FindingKind = "unordered"          // it runs, and no order in force covers it
	BilledNotRunning FindingKind = "billed_not_running" // usage is told of what does not run
	RunningNotBilled FindingKind = "running_not_billed" // it runs, and no usage is told
	OtherPlan        FindingKind = "other_plan"         // the provider says that it has another plan
	PlanUnsure       FindingKind = "plan_unsure"        // a change of plan ended, and nobody knows how
)

// The kinds a re-check finds: what would refuse a creation today.
const (
	Unlawful    FindingKind = "unlawful"
	Uncertified FindingKind = "uncertified"
	OrderEnded  FindingKind = "order_ended"
	Unfunded    FindingKind = "unfunded"
	PlanGone    FindingKind = "plan_gone"
)

// LeftBehind is the kind that stays when two people wrote a deletion off.
const LeftBehind FindingKind = "written_off"

// Action is what a finding proposes; only ActDelete is naru's own to do.
type Action string

// The actions.
const (
	ActDelete      Action = "delete"          // naru deletes its own stray
	ActAskProvider Action = "ask_provider"    // ask the provider what it is, and to remove it
	ActReplace     Action = "replace"         // ask the provider; delete it in naru and create anew
	ActOrder       Action = "order_or_delete" // order it, or delete it
	ActDispute     Action = "dispute"         // dispute the usage that was told
	ActMeter       Action = "ask_usage"       // ask the provider for the usage that is missing
	ActMove        Action = "move_or_except"  // move it, or ask for an exception
	ActCertify     Action = "certify_or_move" // the provider renews its certificate, or it moves
	ActFund        Action = "fund_or_delete"
	ActChangePlan  Action = "change_plan"
	ActAlign       Action = "align_plan" // ask for the change again, or have the provider undo it
)

// proposal is the action that fits a kind.
func (k FindingKind) proposal() Action {
	switch k {
	case Stray:
		return ActDelete
	case Lost:
		return ActReplace
	case Unordered, OrderEnded:
		return ActOrder
	case BilledNotRunning:
		return ActDispute
	case RunningNotBilled:
		return ActMeter
	case OtherPlan, PlanUnsure:
		return ActAlign
	case Unlawful:
		return ActMove
	case Uncertified:
		return ActCertify
	case Unfunded:
		return ActFund
	case PlanGone:
		return ActChangePlan
	}
	return ActAskProvider
}

// rechecked reports whether a re-check opens and ends findings of the kind.
func (k FindingKind) rechecked() bool {
	switch k {
	case Unlawful, Uncertified, OrderEnded, Unfunded, PlanGone:
		return true
	}
	return false
}

// FindingRow is a finding with the names a reader wants; empty when nothing is known.
type FindingRow struct {
	Finding
	InstitutionName string    `json:"institution_name,omitempty"`
	SystemName      string    `json:"system_name,omitempty"`
	ProviderName    naru.Text `json:"provider_name"`
}

// FindingFilter narrows the list of findings.
type FindingFilter struct {
	Kind        FindingKind             `json:"kind,omitempty" doc:"stray, foreign, lost, unordered, billed_not_running, running_not_billed, other_plan, plan_unsure, unlawful, uncertified, order_ended, unfunded, plan_gone or written_off"`
	Provider    catalog.ProviderID      `json:"provider,omitempty" doc:"provider id"`
	Institution inventory.InstitutionID `json:"institution,omitempty" doc:"institution id"`
	Instance    InstanceID              `json:"instance,omitempty" doc:"instance id"`
	State       FindingState            `json:"state,omitempty" doc:"open, acknowledged or ended"`
	Live        bool                    `json:"live,omitempty" doc:"leave out what has ended"`
}

// FindingsIn asks for a page of findings, the newest first.
type FindingsIn struct {
	FindingFilter
	naru.Page
}

func listFindings(ctx context.Context, c *op.Call, s Store, in FindingsIn) (naru.List[FindingRow], error) {
	ok, err := bounded(c.Actor, &in.Institution, &in.Provider)
	if err != nil || !ok {
		return naru.List[FindingRow]{}, err
	}
	return s.Findings(ctx, in.FindingFilter, in.Page)
}

// AcknowledgeIn says that somebody answers for a finding, and how.
type AcknowledgeIn struct {
	ID    FindingID `json:"id" doc:"finding id"`
	Words string    `json:"words" doc:"what is done about it, and by whom"`
}

// maxWords bounds what people may write, in bytes.
const maxWords = 2000

// acknowledge notes who answers for a finding. It ends only when it is seen to be gone.
func acknowledge(ctx context.Context, c *op.Call, s Store, in AcknowledgeIn) (Finding, error) {
	words, err := checkWords(in.Words)
	if err != nil {
		return Finding{}, err
	}
	f, err := s.Finding(ctx, in.ID)
	if err != nil {
		return f, err
	}
	if err := f.requireSight(c.Actor); err != nil {
		return f, err
	}
	if f.State == FindingEnded {
		return f, naru.NewError(naru.Conflict, "provision.finding_ended", "finding", string(f.ID))
	}
	f.State, f.AcknowledgedBy, f.AcknowledgedAt, f.Words = FindingAcknowledged, c.Actor.User, c.Now, words
	c.Record(f.subjects(), f.detail()...)
	return f, s.PutFinding(ctx, f)
}

func checkWords(text string) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return "", naru.NewError(naru.Invalid, "provision.no_words")
	case len(text) > maxWords:
		return "", naru.NewError(naru.Invalid, "provision.words_too_long", "limit", fmt.Sprint(maxWords))
	}
	return text, nil
}

// requireSight is that of the instance; one that is nobody's is for those who see all.
func (f *Finding) requireSight(a naru.Actor) error {
	if identity.Role(a.Role) == identity.Provider && a.Provider != "" && a.Provider == string(f.Provider) {
		return nil
	}
	return identity.RequireSight(a, string(f.Institution), string(f.ID))
}

// subjects are the objects an entry about a finding concerns; a foreign id is no object of
// naru's and stands in the row only.
func (f *Finding) subjects() []string {
	list := []string{string(f.ID)}
	if f.Kind != Foreign {
		if f.Binding != "" {
			list = append(list, string(f.Binding))
		}
		list = append(list, string(f.Instance))
	}
	for _, id := range []string{string(f.Order), string(f.System), string(f.Provider)} {
		if id != "" {
			list = append(list, id)
		}
	}
	return list
}

func (f *Finding) detail() []string {
	pairs := []string{"finding", string(f.Kind), "finding_state", string(f.State), "action", string(f.Action)}
	if f.Why.Key != "" {
		pairs = append(pairs, "why", f.Why.Key)
	}
	return pairs
}

// about names the instance a finding is about.
func (f Finding) about(i *Instance) Finding {
	f.Provider, f.Institution, f.System, f.Order, f.Instance = i.Provider, i.Institution, i.System, i.Order, i.ID
	return f
}

// ledger opens, keeps and ends findings: what is known before, held against what is seen.
type ledger struct {
	call  *op.Call
	store Store
	known []Finding // that have not ended
}

// take stores what is seen now, and ends what was known, is looked at, and is not seen.
func (l *ledger) take(ctx context.Context, seen []Finding, looked func(*Finding) bool) (opened, ended int, err error) {
	met := make([]bool, len(l.known))
	index := make(map[string]int, len(l.known))
	for n := range l.known {
		index[l.known[n].key()] = n
	}
	taken := make(map[string]bool, len(seen))
	for n := range seen {
		key := seen[n].key()
		if taken[key] { // a broker may name a thing twice
			continue
		}
		taken[key] = true
		if at, ok := index[key]; ok {
			met[at] = true
			l.known[at].LastAt = l.call.Now
			if seen[n].Why.Key != "" {
				l.known[at].Why = seen[n].Why
			}
			if err := l.store.PutFinding(ctx, l.known[at]); err != nil {
				return opened, ended, err
			}
			continue
		}
		if err := l.open(ctx, seen[n]); err != nil {
			return opened, ended, err
		}
		opened++
	}
	for n := range l.known {
		if f := l.known[n]; !met[n] && looked(&f) {
			if err := l.end(ctx, f); err != nil {
				return opened, ended, err
			}
			ended++
		}
	}
	return opened, ended, nil
}

func (f *Finding) key() string { return fmt.Sprintf("%s %q %q", f.Kind, f.Instance, f.Binding) }

func (l *ledger) open(ctx context.Context, f Finding) error {
	f.ID, f.State, f.FirstAt, f.LastAt = FindingID(l.call.NewID("fnd")), FindingOpen, l.call.Now, l.call.Now
	f.Action = f.Kind.proposal()
	l.call.Record(f.subjects(), f.detail()...)
	return l.store.PutFinding(ctx, f)
}

func (l *ledger) end(ctx context.Context, f Finding) error {
	f.State, f.EndedAt = FindingEnded, l.call.Now
	l.call.Record(f.subjects(), f.detail()...)
	return l.store.PutFinding(ctx, f)
}
