package osb

import (
	"context"
	"strings"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/provision"
	wire "naru/wire/osb"
)

// The operations a platform polls. The id behind the colon tells old from new when a
// platform uses an id of its own again.
const (
	tokenCreate = "create:"
	tokenUpdate = "update:" // then the change behind the instance
	tokenDelete = "delete:"
	tokenBind   = "bind:"
	tokenUnbind = "unbind:"
)

const tombstone = 10 * time.Minute // a deletion answers "succeeded" that long, then 410

// LastOperation tells how far an instance is. An operation that is not one of naru's is
// taken for the latest: deployed platforms send one of their own.
func (d *door) LastOperation(ctx context.Context, r wire.LastOperationRequest) (wire.LastOperationResponse, error) {
	ref := provision.InstanceRef{PlatformID: r.InstanceID}
	for _, token := range []string{tokenCreate, tokenDelete, tokenUpdate} {
		if id, ok := strings.CutPrefix(r.Operation, token); ok {
			id, _, _ = strings.Cut(id, ":")
			ref = provision.InstanceRef{ID: provision.InstanceID(id)}
		}
	}
	i, err := op.Do(ctx, d.Runner, d.call(ctx), d.Ops.Instance, ref)
	if err != nil {
		return wire.LastOperationResponse{}, d.refuse(err)
	}
	if i.PlatformID != r.InstanceID {
		return wire.LastOperationResponse{}, wire.BadRequest("the operation belongs to another service instance")
	}
	if unread(i.Instance, r.Operation) {
		return d.inProgress(naru.Message{}), nil
	}
	if change := changeOf(i.Instance, r.Operation); change != nil {
		return d.updateProgress(i.Instance, change), nil
	}
	return d.progress(ctx, i.Work, i.DeletedAt, strings.HasPrefix(r.Operation, tokenCreate))
}

// LastBindingOperation tells how far a binding is.
func (d *door) LastBindingOperation(ctx context.Context, r wire.LastBindingOperationRequest) (wire.LastOperationResponse, error) {
	ref := provision.BindingRef{PlatformInstance: r.InstanceID, PlatformID: r.BindingID}
	for _, token := range []string{tokenBind, tokenUnbind} {
		if id, ok := strings.CutPrefix(r.Operation, token); ok {
			ref = provision.BindingRef{ID: provision.BindingID(id)}
		}
	}
	b, err := op.Do(ctx, d.Runner, d.call(ctx), d.Ops.Binding, ref)
	if err != nil {
		return wire.LastOperationResponse{}, d.refuse(err)
	}
	if b.PlatformID != r.BindingID {
		return wire.LastOperationResponse{}, wire.BadRequest("the operation belongs to another service binding")
	}
	if strings.HasPrefix(r.Operation, tokenUnbind) && b.State == provision.Ready {
		return d.inProgress(naru.Message{}), nil
	}
	return d.progress(ctx, b.Work, b.DeletedAt, strings.HasPrefix(r.Operation, tokenBind))
}

// unread reports whether an operation of naru's has begun that is not in what was read: what
// this process remembers may be older than what another wrote. Ids sort by time.
func unread(i provision.Instance, token string) bool {
	if strings.HasPrefix(token, tokenDelete) {
		return i.State == provision.Ready || i.State == provision.Updating
	}
	rest, update := strings.CutPrefix(token, tokenUpdate)
	_, change, _ := strings.Cut(rest, ":")
	return update && i.State.Live() && (i.Change == nil || i.Change.ID < change)
}

// gone reports whether a platform is told that something is not known any more.
func gone(s provision.State) bool { return s == provision.Deleted || s == provision.WrittenOff }

// progress is the answer to a poll of a creation or, otherwise, of whatever is under way.
func (d *door) progress(ctx context.Context, w provision.Work, deleted time.Time, creation bool) (wire.LastOperationResponse, error) {
	switch w.State {
	case provision.Requested, provision.Creating:
		return d.inProgress(w.Trouble), nil
	case provision.Ready, provision.Updating:
		return wire.LastOperationResponse{State: wire.Succeeded}, nil
	case provision.Failed, provision.Orphan:
		return wire.LastOperationResponse{State: wire.Failed, Description: d.sayIf(w.Fault)}, nil
	}
	switch now := d.call(ctx).Now; {
	case creation:
		return wire.LastOperationResponse{State: wire.Failed, Description: "the creation was taken back"}, nil
	case w.State == provision.WrittenOff, w.State == provision.Deleted && now.Sub(deleted) > tombstone:
		return wire.LastOperationResponse{}, wire.Gone()
	case w.State == provision.Deleted:
		return wire.LastOperationResponse{State: wire.Succeeded}, nil
	case w.Stuck():
		usable := false
		return wire.LastOperationResponse{State: wire.Failed, Description: d.sayIf(w.Trouble), InstanceUsable: &usable}, nil
	}
	return d.inProgress(w.Trouble), nil
}

func (d *door) inProgress(trouble naru.Message) wire.LastOperationResponse {
	return wire.LastOperationResponse{State: wire.InProgress, RetryAfter: pollAfter, Description: d.sayIf(trouble)}
}

// sayIf words a message, if there is one.
func (d *door) sayIf(m naru.Message) string {
	if m.Key == "" {
		return ""
	}
	return d.Say(m)
}
