package provision

import (
	"context"
	"fmt"

	"naru"
	"naru/base/op"
)

// RotateIn asks for new credentials in the place of others, which stay valid until they
// are revoked.
type RotateIn struct {
	BindingRef
	NewID   string `json:"new_platform_id,omitempty" doc:"id the calling platform gives to the new binding"`
	EndUser string `json:"-"`
}

// RotateCheck is what a rotation would be held to, and whether it would pass.
type RotateCheck struct {
	Binding  BindingID  `json:"binding"`
	Instance InstanceID `json:"instance"`
	Allowed  bool       `json:"allowed"`
	Checks   []Check    `json:"checks"`
}

// rotate makes a binding beside its predecessor, with the same parameters and for the same
// use. Instance, service and plan are those of naru's own record, whatever was named.
func rotate(ctx context.Context, c *op.Call, s Store, in RotateIn) (Bound, error) {
	if _, err := checkParams("", in.NewID, in.EndUser); err != nil {
		return Bound{}, err
	}
	old, i, err := findBinding(ctx, c, s, in.BindingRef)
	if err != nil {
		return Bound{}, err
	}
	digest := digestOf("rotate", string(i.ID), string(old.ID))
	known, ok, err := knownBinding(ctx, s, i, in.NewID, digest)
	if err != nil {
		return Bound{}, err
	}
	if ok {
		c.Record(known.subjects(i), "state", string(known.State), "repeated", "true")
		return Bound{Binding: known, Existed: true}, nil
	}
	for _, a := range rotatable(ctx, c, s, old, i) {
		if err := a.run(); err != nil {
			return Bound{}, err
		}
	}
	b := Binding{
		ID: BindingID(c.NewID("bnd")), Instance: i.ID, Params: old.Params, Resource: old.Resource, Digest: digest, Predecessor: old.ID,
		PlatformID: in.NewID, EndUser: in.EndUser, RequestedBy: c.Actor.User, CreatedAt: c.Now,
		Work: Work{State: Requested, Since: c.Now, NextAt: c.Now},
	}
	c.Record(b.subjects(i), append(append(b.detail(""), "predecessor", string(old.ID)), userDetail(in.EndUser)...)...)
	if err := dispatchBinding(ctx, c, s, i, &b); err != nil {
		return Bound{}, fmt.Errorf("binding after %s: %w", old.ID, err)
	}
	return Bound{Binding: b}, nil
}

// checkRotate is the dry run of rotate: every check with its outcome, and no effect.
func checkRotate(ctx context.Context, c *op.Call, s Store, in RotateIn) (RotateCheck, error) {
	old, i, err := findBinding(ctx, c, s, in.BindingRef)
	if err != nil {
		return RotateCheck{}, err
	}
	out := RotateCheck{Binding: old.ID, Instance: i.ID}
	out.Checks, out.Allowed, err = results(rotatable(ctx, c, s, old, i))
	return out, err
}

// rotatable says what a rotation has to pass: a ready instance whose plan allows it, and a
// predecessor that is ready and not expired.
func rotatable(ctx context.Context, c *op.Call, s Store, old Binding, i Instance) []ask {
	return []ask{
		{"bindable", func() error { return bindable(ctx, s, i) }},
		{"rotatable", func() error {
			offer, err := s.Offer(ctx, i.Service)
			if err != nil {
				return fmt.Errorf("service of %s: %w", i.ID, err)
			}
			if plan, ok := offer.Find(i.Plan); ok && offer.Terms(plan).BindingRotatable {
				return nil
			}
			return naru.NewError(naru.Invalid, "provision.not_rotatable", "instance", string(i.ID))
		}},
		{"predecessor", func() error {
			switch {
			case old.State != Ready:
				return naru.NewError(naru.Invalid, "provision.predecessor_not_ready", "binding", string(old.ID), "state", string(old.State))
			case !old.ExpiresAt.IsZero() && !c.Now.Before(old.ExpiresAt):
				return naru.NewError(naru.Invalid, "provision.predecessor_expired", "binding", string(old.ID), "at", old.ExpiresAt.Format("2006-01-02T15:04:05Z"))
			}
			return nil
		}},
	}
}
