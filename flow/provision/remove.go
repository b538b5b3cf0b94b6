package provision

import (
	"context"
	"fmt"

	"naru"
	"naru/base/op"
)

// DeleteIn asks for the deletion of an instance.
type DeleteIn struct {
	InstanceRef
	Unbind bool `json:"unbind,omitempty" doc:"revoke the bindings first; otherwise live bindings refuse the deletion"`
	// Unfinished takes back a creation that is under way, and leaves alone what is ready: another request may have been
	// told so.
	Unfinished bool `json:"-"`
}

// remove ends an instance, its bindings before it. Asking twice is asking once. No rule
// of the catalogue or the law refuses it: what runs may always be stopped.
func remove(ctx context.Context, c *op.Call, s Store, in DeleteIn) (Instance, error) {
	i, err := find(ctx, c, s, in.InstanceRef)
	if err != nil {
		return i, err
	}
	if in.Unfinished && i.State != Requested && i.State != Creating {
		c.Record(i.subjects(), "state", string(i.State), "repeated", "true")
		return i, nil
	}
	bindings, err := s.Bindings(ctx, i.ID)
	if err != nil {
		return i, err
	}
	if live := countLive(bindings); live > 0 && !in.Unbind {
		return i, naru.NewError(naru.Conflict, "provision.still_bound", "instance", string(i.ID), "bindings", fmt.Sprint(live))
	}
	bound := false
	for _, b := range bindings {
		if b.State.Live() && b.State != Deleting {
			if err := abandonBinding(ctx, c, s, i, &b); err != nil {
				return i, err
			}
		}
		bound = bound || b.State.Live()
	}
	return i, abandon(ctx, c, s, &i, !bound)
}

func countLive(bindings []Binding) int {
	n := 0
	for _, b := range bindings {
		if b.State.Live() {
			n++
		}
	}
	return n
}

// abandon stores the wish to have an instance deleted, free of bindings or not yet.
func abandon(ctx context.Context, c *op.Call, s Store, i *Instance, free bool) error {
	before := i.Work
	i.Work = i.Abandon(c.Now)
	if i.Work.State == before.State {
		c.Record(i.subjects(), "state", string(i.State), "repeated", "true")
		return nil
	}
	i.overtaken(c)
	kept, err := before.makeWay(ctx, c, s, TaskInstance, string(i.ID))
	switch {
	case err != nil:
	case i.State == Deleted:
		i.DeletedAt = c.Now
		err = s.PutInstance(ctx, *i)
		if err == nil {
			err = s.SettleCalls(ctx, i.ID, "", BrokerCall{Code: CodeNotSent, SettledAt: c.Now})
		}
	case kept:
		err = s.PutInstance(ctx, *i)
	default:
		err = dispatchInstance(ctx, c, s, i, free)
	}
	c.Record(i.subjects(), i.detail(before.State)...)
	return err
}
