package provision

import (
	"context"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/inventory"
)

// BrokerCall is one call to a provider's broker that can change something there: a row
// that is committed before the call leaves. Polls and reads have none. It keeps the
// broker's own answer beside naru's code, and never credentials nor the body of a binding.
type BrokerCall struct {
	ID          string                  `json:"id"` // of the call, also in the broker's log
	Instance    InstanceID              `json:"instance"`
	Binding     BindingID               `json:"binding,omitempty"` // "" = about the instance
	Provider    catalog.ProviderID      `json:"provider"`
	Institution inventory.InstitutionID `json:"institution"`
	Step        Step                    `json:"step"`
	Digest      string                  `json:"digest"` // of what was asked for
	State       CallState               `json:"state"`
	Code        Code                    `json:"code,omitempty"`
	Status      int                     `json:"status"` // HTTP status answered, 0 = no answer
	BrokerCode  string                  `json:"broker_code,omitempty"`
	BrokerWords string                  `json:"broker_words,omitempty"`
	IntendedAt  time.Time               `json:"intended_at"`
	SentAt      time.Time               `json:"sent_at,omitzero"`
	AnsweredAt  time.Time               `json:"answered_at,omitzero"`
	SettledAt   time.Time               `json:"settled_at,omitzero"`
}

// CallState is how much is known of a call.
type CallState string

// The states of a call. Every call is settled in the end: by its own answer, or by what
// naru did afterwards to be sure.
const (
	CallIntended CallState = "intended" // committed, waiting for its turn
	CallSent     CallState = "sent"     // committed that it leaves now; after a crash it may have left
	CallKnown    CallState = "known"    // the broker took it and works on it
	CallUnknown  CallState = "unknown"  // its answer is lost or leaves doubt
	CallSettled  CallState = "settled"
)

// Code is naru's own word for what a call came to, whatever the broker called it.
type Code string

// The codes.
const (
	CodeDone     Code = "done"     // it had its effect
	CodeNotSent  Code = "not_sent" // it never left; nothing happened there
	CodeRejected Code = "rejected" // the broker refused and changed nothing
	CodeUnknown  Code = "unknown"  // it may have had its effect
	CodeInvalid  Code = "invalid"  // an answer against the specification
	CodeFailed   Code = "failed"   // the broker took it, and its operation failed
)

// Reply is a broker's own answer, kept for people: bounded, one line, never a body.
type Reply struct {
	Status  int    // HTTP status, 0 = no answer
	Code    string // the broker's error code
	Words   string // the broker's description
	Service string // of a Look: the broker's own id
	Plan    string // of a Look: the broker's own id
}

// changes reports whether a step can change something at a provider.
func (s Step) changes() bool { return s == Put || s == Patch || s == Delete }

// verdict is what an answer makes of its call.
func (a Answer) verdict() (CallState, Code) {
	switch a.Outcome {
	case Done, Gone:
		return CallSettled, CodeDone
	case Accepted:
		return CallKnown, ""
	case Unsent:
		return CallSettled, CodeNotSent
	case Unknown:
		return CallUnknown, CodeUnknown
	case Invalid:
		return CallUnknown, CodeInvalid
	}
	return CallSettled, CodeRejected
}

// open writes that a call leaves now which a task prepared. before is the work as it was: a
// call it still awaits lost its answer.
func (r Request) open(ctx context.Context, c *op.Call, s Store, before Work) error {
	if before.CallID != "" && before.CallID != r.Call {
		if err := s.LoseCall(ctx, before.CallID, c.Now); err != nil {
			return err
		}
	}
	if !r.Step.changes() {
		return nil
	}
	intended, err := s.SendCall(ctx, r.row(c.Now))
	if err != nil || intended {
		return err
	}
	return r.send(ctx, c, s)
}

// intend writes that a call is going to be made when its turn comes. A step that waits for
// the end of another call is not one yet.
func (r Request) intend(ctx context.Context, c *op.Call, s Store) error {
	if !r.Step.changes() || r.Call != "" {
		return nil
	}
	row := r.row(c.Now)
	row.ID, row.State, row.SentAt = c.NewID("call"), CallIntended, time.Time{}
	return s.PutCall(ctx, row)
}

// send writes that a call leaves with this commit.
func (r Request) send(ctx context.Context, c *op.Call, s Store) error {
	return s.PutCall(ctx, r.row(c.Now))
}

func (r Request) row(now time.Time) BrokerCall {
	return BrokerCall{
		ID: r.Call, Instance: r.Instance, Binding: r.Binding, Provider: r.Provider.ID, Institution: r.Institution,
		Step: r.Step, Digest: r.digest(), State: CallSent, IntendedAt: now, SentAt: now,
	}
}

// digest is of everything that was asked for.
func (r Request) digest() string {
	parts := []string{
		string(r.Step), string(r.Instance), string(r.Binding), r.Service, r.Plan, string(r.Params), r.Maintenance, r.Label,
		string(r.Predecessor), string(r.Resource),
	}
	if w := r.Wanted; w != nil {
		parts = append(parts, w.Plan, string(w.Params), w.Maintenance, w.FromMaintenance)
	}
	return digestOf(parts...)
}

// passage is a work before and after an answer.
type passage struct{ was, now Work }

// alone reports whether no earlier call can have stayed open: the first try of a creation
// or a change, answered. A deletion may overtake a creation whose call is still open.
func (p passage) alone(r Request) bool {
	return (r.Step == Put || r.Step == Patch) && p.was.Attempts == 0 && !p.was.Unsure && p.was.Phase == None && p.was.CallID == r.Call
}

// close writes what the answer to a request says, and settles what stayed open before once
// the object is settled.
func (r Request) close(ctx context.Context, c *op.Call, s Store, a Answer, p passage) error {
	if r.Step.changes() {
		call := r.row(c.Now)
		call.Status, call.BrokerCode, call.BrokerWords, call.AnsweredAt = a.Reply.Status, a.Reply.Code, a.Reply.Words, c.Now
		call.State, call.Code = a.verdict()
		if call.State == CallSettled {
			call.SettledAt = c.Now
		}
		if err := s.PutCall(ctx, call); err != nil {
			return err
		}
		if call.State == CallSettled && p.alone(r) {
			return nil
		}
	}
	if !p.now.State.Settled() && !(r.Step == Poll && a.Outcome == FailedOp) {
		return nil
	}
	code := CodeDone
	switch {
	case p.now.State == Ready && p.now.Fault.Key == unknownKey:
		code = CodeUnknown
	case a.Outcome == FailedOp, p.now.State == Ready && p.now.Fault.Key != "":
		code = CodeFailed
	}
	return s.SettleCalls(ctx, r.Instance, r.Binding, BrokerCall{Code: code, BrokerWords: a.Reply.Words, SettledAt: c.Now})
}

// CallFilter narrows the journal.
type CallFilter struct {
	Instance    InstanceID              `json:"instance,omitempty" doc:"instance id"`
	Binding     BindingID               `json:"binding,omitempty" doc:"binding id"`
	Provider    catalog.ProviderID      `json:"provider,omitempty" doc:"provider id"`
	Institution inventory.InstitutionID `json:"institution,omitempty" doc:"institution id"`
	State       CallState               `json:"state,omitempty" doc:"intended, sent, known, unknown or settled"`
	Open        bool                    `json:"open,omitempty" doc:"only what is not settled"`
}

// CallsIn asks for a page of the journal, the newest first.
type CallsIn struct {
	CallFilter
	naru.Page
}

func listCalls(ctx context.Context, c *op.Call, s Store, in CallsIn) (naru.List[BrokerCall], error) {
	ok, err := bounded(c.Actor, &in.Institution, &in.Provider)
	if err != nil || !ok {
		return naru.List[BrokerCall]{}, err
	}
	return s.Calls(ctx, in.CallFilter, in.Page)
}

// bounded limits a list to what the actor sees: a provider to its own, people of an
// institution to theirs. ok is false when that is nothing.
func bounded(a naru.Actor, institution *inventory.InstitutionID, provider *catalog.ProviderID) (ok bool, err error) {
	if identity.Role(a.Role) == identity.Provider {
		own := catalog.ProviderID(a.Provider)
		if own == "" || (*provider != "" && *provider != own) {
			return false, nil
		}
		*provider = own
		return true, nil
	}
	scope := inventory.InstitutionID(identity.Scope(a))
	if scope == "" {
		return true, nil
	}
	if *institution != "" && *institution != scope {
		return false, identity.RequireSight(a, string(*institution), string(*institution))
	}
	*institution = scope
	return true, nil
}
