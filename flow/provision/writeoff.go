package provision

import (
	"context"
	"fmt"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/inventory"
)

// WriteOffID identifies a proposal to write off: "wro_…".
type WriteOffID string

// WriteOff is a deletion that does not succeed and is given up by two people (포기 처리):
// one proposes, another confirms. What is left at the provider stays a finding.
type WriteOff struct {
	ID          WriteOffID              `json:"id"`
	Instance    InstanceID              `json:"instance"`
	Binding     BindingID               `json:"binding,omitempty"`
	Provider    catalog.ProviderID      `json:"provider"`
	Institution inventory.InstitutionID `json:"institution"`
	State       WriteOffState           `json:"state"`
	Reason      string                  `json:"reason"`
	ProposedBy  string                  `json:"proposed_by"`
	ProposedAt  time.Time               `json:"proposed_at"`
	DecidedBy   string                  `json:"decided_by,omitempty"`
	DecidedAt   time.Time               `json:"decided_at,omitzero"`
}

// WriteOffState is where a proposal stands.
type WriteOffState string

// The states of a proposal.
const (
	WriteOffProposed  WriteOffState = "proposed"
	WriteOffConfirmed WriteOffState = "confirmed"
	WriteOffRefused   WriteOffState = "refused"   // by anybody who may confirm
	WriteOffWithdrawn WriteOffState = "withdrawn" // by who proposed it, before anybody decided
	WriteOffMoot      WriteOffState = "moot"      // the deletion ended before anybody decided
)

// WriteOffIn proposes to give up a deletion.
type WriteOffIn struct {
	Instance InstanceID `json:"instance" doc:"instance id"`
	Binding  BindingID  `json:"binding,omitempty" doc:"binding id, when the instance itself is not meant"`
	Reason   string     `json:"reason" doc:"what was tried, and why it is given up"`
}

// DecideIn names a proposal.
type DecideIn struct {
	ID WriteOffID `json:"id" doc:"id of the proposal"`
}

// proposeWriteOff wants a deletion that was tried and does not succeed.
func proposeWriteOff(ctx context.Context, c *op.Call, s Store, in WriteOffIn) (WriteOff, error) {
	reason, err := checkWords(in.Reason)
	if err != nil {
		return WriteOff{}, err
	}
	what, err := findSubject(ctx, c, s, in.Instance, in.Binding)
	if err != nil {
		return WriteOff{}, err
	}
	if err := what.givenUp(c.Now); err != nil {
		return WriteOff{}, err
	}
	old, ok, err := s.ProposedWriteOff(ctx, what.instance.ID, what.bindingID())
	if err != nil || ok {
		if ok {
			err = naru.NewError(naru.Conflict, "provision.write_off_proposed", "object", what.name(), "proposal", string(old.ID))
		}
		return old, err
	}
	o := WriteOff{
		ID: WriteOffID(c.NewID("wro")), Instance: what.instance.ID, Binding: what.bindingID(), Provider: what.instance.Provider,
		Institution: what.instance.Institution, State: WriteOffProposed, Reason: reason, ProposedBy: c.Actor.User, ProposedAt: c.Now,
	}
	c.Record(append([]string{string(o.ID)}, what.subjects()...), "write_off", string(o.State), "attempts", fmt.Sprint(what.work().Attempts))
	return o, s.PutWriteOff(ctx, o)
}

// hopeless is how long a deletion that never answers is tried before people may give it up.
const hopeless = time.Hour

// givenUp refuses to write off what is not being deleted, or not yet without success.
func (s *subject) givenUp(now time.Time) error {
	w := s.work()
	switch {
	case w.State != Deleting && w.State != Orphan:
		return naru.NewError(naru.Conflict, "provision.not_deleting", "object", s.name(), "state", string(w.State))
	case w.Attempts < stuckAttempt && now.Sub(w.Since) < hopeless:
		return naru.NewError(naru.Conflict, "provision.not_stuck", "object", s.name(), "attempts", fmt.Sprint(w.Attempts), "least", fmt.Sprint(stuckAttempt))
	}
	return nil
}

// openWriteOff finds a proposal that waits for somebody.
func openWriteOff(ctx context.Context, c *op.Call, s Store, id WriteOffID) (WriteOff, subject, error) {
	o, err := s.WriteOff(ctx, id)
	if err != nil {
		return o, subject{}, err
	}
	what, err := findSubject(ctx, c, s, o.Instance, o.Binding)
	if err == nil && o.State != WriteOffProposed {
		err = naru.NewError(naru.Conflict, "provision.write_off_decided", "proposal", string(o.ID))
	}
	return o, what, err
}

// confirmWriteOff settles what was proposed by somebody else: an instance with its
// bindings, or one binding. The sealed credentials go, a finding stays.
func confirmWriteOff(ctx context.Context, c *op.Call, s Store, in DecideIn) (WriteOff, error) {
	o, what, err := openWriteOff(ctx, c, s, in.ID)
	if err != nil {
		return o, err
	}
	if o.ProposedBy == c.Actor.User {
		return o, naru.NewError(naru.Denied, "provision.same_person", "object", string(o.ID))
	}
	if err := what.givenUp(c.Now); err != nil {
		return o, err
	}
	o.State, o.DecidedBy, o.DecidedAt = WriteOffConfirmed, c.Actor.User, c.Now
	if err := s.PutWriteOff(ctx, o); err != nil {
		return o, err
	}
	if what.binding == nil {
		if err := writeOffBindings(ctx, c, s, what.instance); err != nil {
			return o, err
		}
	}
	return o, what.writeOff(ctx, c, s)
}

// writeOffBindings gives up the bindings of an instance that is given up.
func writeOffBindings(ctx context.Context, c *op.Call, s Store, i Instance) error {
	bindings, err := s.Bindings(ctx, i.ID)
	if err != nil {
		return err
	}
	for n := range bindings {
		if !bindings[n].State.Live() {
			continue
		}
		part := subject{i, &bindings[n]}
		if err := part.writeOff(ctx, c, s); err != nil {
			return err
		}
	}
	return nil
}

// writeOff ends the work on a subject.
func (s *subject) writeOff(ctx context.Context, c *op.Call, st Store) error {
	w := s.work()
	before := *w
	*w = w.enter(WrittenOff, c.Now)
	w.Fault, w.Trouble = before.Fault, before.Trouble
	c.Record(s.subjects(), w.detail(before.State)...)
	if s.binding != nil {
		s.binding.DeletedAt = c.Now
	} else {
		s.instance.DeletedAt = c.Now // nothing is charged from here on
	}
	if err := s.put(ctx, st); err != nil {
		return err
	}
	if s.binding != nil {
		if err := st.PutCredentials(ctx, s.binding.ID, naru.Secret{}); err != nil {
			return err
		}
	}
	settled := BrokerCall{Code: CodeUnknown, SettledAt: c.Now}
	if err := st.SettleCalls(ctx, s.instance.ID, s.bindingID(), settled); err != nil {
		return err
	}
	if s.binding != nil {
		if err := s.instance.wake(ctx, c, st); err != nil {
			return err
		}
	}
	f := Finding{Kind: LeftBehind, Binding: s.bindingID(), Why: before.Trouble}.about(&s.instance)
	l := ledger{call: c, store: st}
	return l.open(ctx, f)
}

// refuseWriteOff sends a proposal back; naru goes on trying.
func refuseWriteOff(ctx context.Context, c *op.Call, s Store, in DecideIn) (WriteOff, error) {
	o, what, err := openWriteOff(ctx, c, s, in.ID)
	if err != nil {
		return o, err
	}
	o.State, o.DecidedBy, o.DecidedAt = WriteOffRefused, c.Actor.User, c.Now
	c.Record(append([]string{string(o.ID)}, what.subjects()...), "write_off", string(o.State))
	return o, s.PutWriteOff(ctx, o)
}

// withdrawWriteOff takes a proposal back. Only who made it may: to others it is theirs to
// refuse, if to anybody. naru goes on trying.
func withdrawWriteOff(ctx context.Context, c *op.Call, s Store, in DecideIn) (WriteOff, error) {
	o, what, err := openWriteOff(ctx, c, s, in.ID)
	if err != nil {
		return o, err
	}
	if o.ProposedBy != c.Actor.User {
		return o, naru.NewError(naru.Denied, "provision.not_proposer", "object", string(o.ID))
	}
	o.State, o.DecidedBy, o.DecidedAt = WriteOffWithdrawn, c.Actor.User, c.Now
	c.Record(append([]string{string(o.ID)}, what.subjects()...), "write_off", string(o.State))
	return o, s.PutWriteOff(ctx, o)
}

// closeMoot ends a proposal to write off what is not being deleted any more. A deletion that
// went through at the first try was never proposed, so nothing is looked for.
func closeMoot(ctx context.Context, c *op.Call, st Store, s subject, was Work) error {
	if was.State != Deleting && was.State != Orphan || !s.work().State.Settled() {
		return nil
	}
	if was.Attempts == 0 && was.Phase == None && c.Now.Sub(was.Since) < hopeless {
		return nil
	}
	o, ok, err := st.ProposedWriteOff(ctx, s.instance.ID, s.bindingID())
	if err != nil || !ok {
		return err
	}
	o.State, o.DecidedAt = WriteOffMoot, c.Now
	c.Record(append([]string{string(o.ID)}, s.subjects()...), "write_off", string(o.State), "state", string(s.work().State))
	return st.PutWriteOff(ctx, o)
}

// WriteOffFilter narrows the list of proposals.
type WriteOffFilter struct {
	Institution inventory.InstitutionID `json:"institution,omitempty" doc:"institution id"`
	Provider    catalog.ProviderID      `json:"provider,omitempty" doc:"provider id"`
	Instance    InstanceID              `json:"instance,omitempty" doc:"instance id"`
	State       WriteOffState           `json:"state,omitempty" doc:"proposed, confirmed, refused, withdrawn or moot"`
}

// WriteOffsIn asks for a page of proposals, the newest first.
type WriteOffsIn struct {
	WriteOffFilter
	naru.Page
}

func listWriteOffs(ctx context.Context, c *op.Call, s Store, in WriteOffsIn) (naru.List[WriteOff], error) {
	ok, err := bounded(c.Actor, &in.Institution, &in.Provider)
	if err != nil || !ok {
		return naru.List[WriteOff]{}, err
	}
	return s.WriteOffs(ctx, in.WriteOffFilter, in.Page)
}
