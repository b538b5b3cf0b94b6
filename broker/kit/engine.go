package kit

import (
	"context"

	"naru/wire/osb"
)

// Instance is what an engine is told about a service instance.
type Instance struct {
	// ID is the platform's id, of any characters.
	ID string
	// Key is a short lower-case hexadecimal name that follows from ID: fit for buckets, roles, files.
	Key  string
	Plan Plan
}

// Grant is one binding of an instance. Key follows from both ids as Instance.Key does.
type Grant struct {
	ID      string
	Key     string
	Binding osb.Binding
}

// Held is an instance with its live bindings, as it was when the broker stopped.
type Held struct {
	Instance Instance
	Grants   []Grant
}

// Engine does the real work. Every method is repeat-safe: called again after a kill it completes
// what was begun. A method refuses with *osb.Error when the fault is the caller's.
type Engine interface {
	// Restore starts the engine with what it held; it is called once, before any other method.
	Restore(ctx context.Context, held []Held) error
	// Create makes the instance.
	Create(ctx context.Context, i Instance) error
	// Resize gives the instance the limits of its (new) plan.
	Resize(ctx context.Context, i Instance) error
	// Destroy removes the instance, its data and every credential; an unknown instance is no error. What is
	// used up to the end of the last connection must be in the ledger before the counters go: usage that
	// cannot be read is a failure, since lost usage is lost money.
	Destroy(ctx context.Context, i Instance) error
	// Grant makes credentials of the binding; called again it replaces them.
	Grant(ctx context.Context, i Instance, g Grant) (osb.Binding, error)
	// Revoke makes the credentials useless; unknown ones are no error.
	Revoke(ctx context.Context, i Instance, g Grant) error
	// Sample puts the instance's present levels and counts into the ledger.
	Sample(ctx context.Context, i Instance) error
	// Done is closed when the engine died by itself; nil when it cannot.
	Done() <-chan struct{}
	// Close stops the engine.
	Close() error
}
