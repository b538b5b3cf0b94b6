package op

import (
	"context"
	"fmt"
	"reflect"

	"naru"
	"naru/base/identity"
)

// Info describes an operation to the doors: its name ("inventory.import"), the
// permission it needs, and one sentence on what it does.
type Info struct {
	Name       string
	Permission identity.Permission
	Doc        naru.Text
	Write      bool
	In, Out    reflect.Type
}

// Op is an operation: a value around an unexported function of a step. S is the
// step's Store, the part of a transaction it needs.
type Op[S, In, Out any] struct {
	info Info
	run  func(context.Context, *Call, S, In) (Out, error)
}

// Read makes an operation that changes nothing.
func Read[S, In, Out any](name string, p identity.Permission, doc naru.Text, run func(context.Context, *Call, S, In) (Out, error)) Op[S, In, Out] {
	return Op[S, In, Out]{newInfo[In, Out](name, p, doc, false), run}
}

// Write makes an operation that changes something and therefore must record it.
func Write[S, In, Out any](name string, p identity.Permission, doc naru.Text, run func(context.Context, *Call, S, In) (Out, error)) Op[S, In, Out] {
	return Op[S, In, Out]{newInfo[In, Out](name, p, doc, true), run}
}

func newInfo[In, Out any](name string, p identity.Permission, doc naru.Text, write bool) Info {
	return Info{name, p, doc, write, reflect.TypeFor[In](), reflect.TypeFor[Out]()}
}

// Any is an operation with its types erased: what a list of operations holds and
// what REST, CLI and the permission page are made from.
type Any interface {
	Info() Info
	// DoAny runs the operation; in must be a pointer to the type Info().In.
	DoAny(ctx context.Context, r *Runner, c naru.Call, in any) (any, error)
	// Fits returns an error when a transaction does not offer the Store the
	// operation needs; a test calls it for every operation.
	Fits(tx any) error
}

// Info returns the description.
func (o Op[S, In, Out]) Info() Info { return o.info }

// DoAny implements Any.
func (o Op[S, In, Out]) DoAny(ctx context.Context, r *Runner, c naru.Call, in any) (any, error) {
	p, ok := in.(*In)
	if !ok {
		return nil, fmt.Errorf("%s takes %v, got %T", o.info.Name, o.info.In, in)
	}
	return Do(ctx, r, c, o, *p)
}

// Fits implements Any.
func (o Op[S, In, Out]) Fits(tx any) error {
	if _, ok := tx.(S); !ok {
		return fmt.Errorf("%s: %T is no %v", o.info.Name, tx, reflect.TypeFor[S]())
	}
	return nil
}

// Do runs an operation for a caller: permission, transaction, function, record,
// commit. The error, if any, is one a door can show (see [naru.KindOf]).
func Do[S, In, Out any](ctx context.Context, r *Runner, who naru.Call, o Op[S, In, Out], in In) (Out, error) {
	var out, none Out
	if !r.rights.May(who.Actor, o.info.Permission) {
		err := naru.NewError(naru.Denied, "identity.no_permission", "permission", string(o.info.Permission), "op", o.info.Name)
		return none, r.refused(ctx, who, o.info.Name, err)
	}
	c := r.newCall(who, o.info.Name)
	run := func(ctx context.Context, tx any) error {
		s, ok := tx.(S)
		if !ok {
			return o.Fits(tx)
		}
		var err error
		out, err = o.run(ctx, c, s, in)
		return err
	}
	var err error
	if o.info.Write {
		err = r.write(ctx, c, run)
	} else {
		err = r.db.Read(ctx, run)
	}
	if err != nil {
		return none, r.refused(ctx, who, o.info.Name, err)
	}
	return out, nil
}
