package kit

import (
	"context"
	"errors"
	"time"

	"naru/wire/osb"
)

// bindLater begins to make credentials in the background; the caller holds the lock.
func (b *Broker) bindLater(held record, r osb.BindRequest, wanted binding) (osb.BindResponse, error) {
	if !r.AcceptsIncomplete {
		return osb.BindResponse{}, osb.AsyncRequired()
	}
	op := newOperation(osb.OpBind, true)
	wanted.Operation = &op
	held.Bindings[r.BindingID] = wanted
	if err := b.states.put(held); err != nil {
		return osb.BindResponse{}, err
	}
	b.grantLater(held.ID, r.BindingID)
	return osb.BindResponse{Async: true, Operation: op.ID}, nil
}

// grantLater makes the credentials of a binding whose intent is on disk.
func (b *Broker) grantLater(instanceID, id string) {
	b.launch(instanceID+"\x00"+id, func(ctx context.Context) {
		held, _ := b.states.get(instanceID)
		wanted, ok := held.Bindings[id]
		if !ok || !wanted.running() {
			return
		}
		limited, cancel := context.WithTimeout(ctx, stepTimeout)
		defer cancel()
		content, err := b.engine.Grant(limited, b.instance(held), grantOf(instanceID, id, wanted))
		if ctx.Err() != nil { // the broker stops: the next start resumes it
			return
		}
		if err := b.granted(instanceID, id, content, err); err != nil {
			b.log.Error("binding not recorded", "instance", instanceID, "error", err)
		}
	})
}

// granted records how the making of a binding ended; after a failure nothing usable is left.
func (b *Broker) granted(instanceID, id string, content osb.Binding, cause error) error {
	unlock, err := b.locks.lock(context.Background(), instanceID)
	if err != nil {
		return err
	}
	defer unlock()
	held, ok := b.states.get(instanceID)
	bound, found := held.Bindings[id]
	if !ok || !found || !bound.running() {
		return nil
	}
	op := *bound.Operation
	op.EndedAt, op.State = b.now().UTC(), osb.Succeeded
	bound.Content, bound.Ready = b.dated(held, content), true
	if cause != nil {
		op.State, op.Description = osb.Failed, b.explain(record{ID: instanceID, Operation: op}, cause)
		bound.Content, bound.Ready = osb.Binding{}, false
		ctx, cancel := context.WithTimeout(context.Background(), stepTimeout)
		defer cancel()
		err = b.engine.Revoke(ctx, b.instance(held), grantOf(instanceID, id, bound))
	}
	bound.Operation = &op
	held.Bindings[id] = bound
	return errors.Join(err, b.states.put(held))
}

// timestamp is the form of times in bindings: yyyy-mm-ddThh:mm:ss.sZ.
const timestamp = "2006-01-02T15:04:05.0Z"

// dated adds when credentials end, for plans that say so. They should be renewed in the last fifth.
func (b *Broker) dated(held record, content osb.Binding) osb.Binding {
	life := b.catalogue.plans[held.PlanID].plan.BindingLife
	if life <= 0 {
		return content
	}
	now := b.now().UTC()
	content.Metadata = &osb.BindingMetadata{
		ExpiresAt: now.Add(life).Format(timestamp), RenewBefore: now.Add(life * 4 / 5).Format(timestamp),
	}
	return content
}

// expired reports whether the credentials have ended.
func (b binding) expired(now time.Time) bool {
	if b.Content.Metadata == nil || b.Content.Metadata.ExpiresAt == "" {
		return false
	}
	end, err := time.Parse(time.RFC3339Nano, b.Content.Metadata.ExpiresAt)
	return err == nil && !now.Before(end)
}
