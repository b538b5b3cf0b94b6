package provision

import (
	"context"
	"fmt"

	"naru"
	"naru/base/op"
)

// BindIn asks for credentials of an instance.
type BindIn struct {
	Instance         InstanceID `json:"instance,omitempty" doc:"instance id"`
	PlatformInstance string     `json:"platform_instance,omitempty" doc:"id the calling platform gave to the instance"`
	Params           string     `json:"params,omitempty" doc:"JSON object for the provider's broker"`
	Resource         string     `json:"resource,omitempty" doc:"JSON object that says what the credentials are for, such as app_guid"`
	PlatformID       string     `json:"platform_id,omitempty" doc:"id the calling platform gives it"`
	EndUser          string     `json:"-"`
}

// Bound is the binding asked for. Existed says that the same had been asked before.
type Bound struct {
	Binding
	Existed bool `json:"existed"`
}

// UnbindIn asks for the end of a binding.
type UnbindIn struct {
	BindingRef
	// Unfinished takes back a creation that is under way, and leaves alone what is ready: another request may have been
	// told so.
	Unfinished bool `json:"-"`
}

// maxBindings bounds the credentials that live beside each other: more than this is a
// leak, not a need.
const maxBindings = 100

func bind(ctx context.Context, c *op.Call, s Store, in BindIn) (Bound, error) {
	params, err := checkParams(in.Params, in.PlatformID, in.EndUser)
	if err != nil {
		return Bound{}, err
	}
	resource, err := checkParams(in.Resource, "", "")
	if err != nil {
		return Bound{}, err
	}
	i, err := find(ctx, c, s, InstanceRef{ID: in.Instance, PlatformID: in.PlatformInstance})
	if err != nil {
		return Bound{}, err
	}
	digest := digestOf(string(i.ID), string(params), string(resource))
	old, ok, err := knownBinding(ctx, s, i, in.PlatformID, digest)
	if err != nil {
		return Bound{}, err
	}
	if ok {
		c.Record(old.subjects(i), "state", string(old.State), "repeated", "true")
		return Bound{Binding: old, Existed: true}, nil
	}
	if err := bindable(ctx, s, i); err != nil {
		return Bound{}, err
	}
	b := Binding{
		ID: BindingID(c.NewID("bnd")), Instance: i.ID, Params: params, Resource: resource, Digest: digest, PlatformID: in.PlatformID,
		EndUser: in.EndUser, RequestedBy: c.Actor.User, CreatedAt: c.Now, Work: Work{State: Requested, Since: c.Now, NextAt: c.Now},
	}
	if err := dispatchBinding(ctx, c, s, i, &b); err != nil {
		return Bound{}, fmt.Errorf("binding of %s: %w", i.ID, err)
	}
	c.Record(b.subjects(i), append(b.detail(""), userDetail(in.EndUser)...)...)
	return Bound{Binding: b}, nil
}

// knownBinding finds what a platform asked for before under the same id.
func knownBinding(ctx context.Context, s Store, i Instance, platformID, digest string) (Binding, bool, error) {
	if platformID == "" {
		return Binding{}, false, nil
	}
	old, ok, err := s.BindingOf(ctx, i.ID, platformID)
	switch {
	case err != nil || !ok || !old.State.Live():
		return Binding{}, false, err
	case old.Digest != digest:
		return Binding{}, false, naru.NewError(naru.Conflict, "provision.id_taken", "id", platformID)
	}
	return old, true, nil
}

// bindable wants a ready instance of a service that gives credentials.
func bindable(ctx context.Context, s Store, i Instance) error {
	if i.State != Ready {
		return naru.NewError(naru.Conflict, "provision.not_ready", "instance", string(i.ID), "state", string(i.State))
	}
	offer, err := s.Offer(ctx, i.Service)
	if err != nil {
		return err
	}
	plan, ok := offer.Find(i.Plan)
	if !ok || !offer.Terms(plan).Bindable {
		return naru.NewError(naru.Invalid, "provision.not_bindable", "service", offer.Name.Ko, "service.en", offer.Name.En)
	}
	bindings, err := s.Bindings(ctx, i.ID)
	if err == nil && countLive(bindings) >= maxBindings {
		err = naru.NewError(naru.Exhausted, "provision.too_many_bindings", "limit", fmt.Sprint(maxBindings))
	}
	return err
}

// unbind revokes credentials. Asking twice is asking once.
func unbind(ctx context.Context, c *op.Call, s Store, in UnbindIn) (Binding, error) {
	b, i, err := findBinding(ctx, c, s, in.BindingRef)
	if err != nil {
		return b, err
	}
	if in.Unfinished && b.State != Requested && b.State != Creating {
		c.Record(b.subjects(i), "state", string(b.State), "repeated", "true")
		return b, nil
	}
	return b, abandonBinding(ctx, c, s, i, &b)
}

// abandonBinding stores the wish to have a binding revoked. The sealed credentials go at
// once: nobody shall read what is about to be revoked.
func abandonBinding(ctx context.Context, c *op.Call, s Store, i Instance, b *Binding) error {
	before := b.Work
	b.Work = b.Abandon(c.Now)
	if b.Work.State == before.State {
		c.Record(b.subjects(i), "state", string(b.State), "repeated", "true")
		return nil
	}
	kept, err := before.makeWay(ctx, c, s, TaskBinding, string(b.ID))
	switch {
	case err != nil:
	case b.State == Deleted:
		b.DeletedAt = c.Now
		err = s.PutBinding(ctx, *b)
		if err == nil {
			err = s.SettleCalls(ctx, i.ID, b.ID, BrokerCall{Code: CodeNotSent, SettledAt: c.Now})
		}
	case kept:
		err = s.PutBinding(ctx, *b)
	default:
		err = dispatchBinding(ctx, c, s, i, b)
	}
	if err != nil {
		return err
	}
	c.Record(b.subjects(i), b.detail(before.State)...)
	return s.PutCredentials(ctx, b.ID, naru.Secret{})
}

// reveal shows credentials, and records that it did and to whom.
func reveal(ctx context.Context, c *op.Call, s Store, in BindingRef) (Revealed, error) {
	b, i, err := findBinding(ctx, c, s, in)
	if err != nil {
		return Revealed{}, err
	}
	if b.State != Ready {
		return Revealed{}, naru.NewError(naru.Conflict, "provision.binding_not_ready", "binding", string(b.ID), "state", string(b.State))
	}
	secret, err := s.Credentials(ctx, b.ID)
	if err != nil {
		return Revealed{}, fmt.Errorf("credentials of %s: %w", b.ID, err)
	}
	content, err := OpenContent(secret)
	if err != nil {
		return Revealed{}, err
	}
	c.Record(b.subjects(i), "shown", "true")
	return Revealed{Binding: b.ID, ReadyAt: b.ReadyAt, Content: content}, nil
}

// subjects are the objects an entry about the binding concerns.
func (b *Binding) subjects(i Instance) []string {
	return append([]string{string(b.ID)}, i.subjects()...)
}
