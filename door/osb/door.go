package osb

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/flow/inventory"
	"naru/flow/provision"
	wire "naru/wire/osb"
)

// Config is what the door needs.
type Config struct {
	Runner *op.Runner
	Ops    provision.Ops
	// SignIn tells who a user and password belong to. It is asked with every request, so
	// that what is revoked is refused at once; whoever gives it remembers.
	SignIn func(ctx context.Context, user, password string) (naru.Actor, error)
	// Say words a message for the platform's people.
	Say func(naru.Message) string
	// Report takes faults of naru itself, which are answered without their text; may be nil.
	Report func(*http.Request, error)
	// SyncWait is how long a synchronous request waits; 0 means 25 seconds.
	SyncWait time.Duration
	// AsyncWait is how long a request that accepts a 202 waits for the provider's first
	// answer, which may settle it; 0 means a second, less than 0 not at all.
	AsyncWait time.Duration
}

const (
	defaultSyncWait  = 25 * time.Second
	defaultAsyncWait = time.Second
)

// New returns the door, serving /v2/….
func New(c Config) http.Handler {
	if c.SyncWait <= 0 {
		c.SyncWait = defaultSyncWait
	}
	if c.AsyncWait == 0 {
		c.AsyncWait = defaultAsyncWait
	}
	d := &door{Config: c, catalogs: map[inventory.InstitutionID]served{}}
	var options []wire.HandlerOption
	if c.Report != nil {
		options = append(options, wire.WithErrorLog(c.Report))
	}
	return wire.Handler(d, d.authenticate, options...)
}

// door is the broker that platforms see.
type door struct {
	Config
	mu       sync.Mutex
	catalogs map[inventory.InstitutionID]served
}

var _ wire.Broker = (*door)(nil)

// actorKey carries the platform from authentication to the broker: the handler between
// them knows nothing of actors.
type actorKey struct{}

// authenticate lets in platforms that belong to an institution.
func (d *door) authenticate(r *http.Request) (context.Context, error) {
	user, password, ok := r.BasicAuth()
	if !ok {
		return nil, errors.New("no basic credentials")
	}
	actor, err := d.SignIn(r.Context(), user, password)
	if err != nil {
		if kind := naru.KindOf(err); kind == naru.Internal || kind == naru.Unavailable {
			return nil, &wire.Error{Status: http.StatusServiceUnavailable, Description: "sign-in is not available", RetryAfter: time.Second}
		}
		return nil, err
	}
	if identity.Role(actor.Role) != identity.Platform || actor.Institution == "" {
		return nil, errors.New("not a platform of an institution")
	}
	return context.WithValue(r.Context(), actorKey{}, actor), nil
}

// call starts a call of the platform that sent the request.
func (d *door) call(ctx context.Context) naru.Call {
	actor, _ := ctx.Value(actorKey{}).(naru.Actor)
	return d.Runner.CallFor(actor)
}

// refuse turns an error of an operation into one of the specification. A fault of naru
// itself passes through and becomes a 500 without its text.
func (d *door) refuse(err error) error {
	var refusal *naru.Error
	if !errors.As(err, &refusal) {
		return err
	}
	status := statusOf(refusal.Kind)
	if status == 0 {
		return err
	}
	text := d.Say(refusal.Message)
	for _, p := range refusal.Problems {
		text += "\n" + d.Say(p.Message)
	}
	if code := specified(refusal.Message.Key); code != "" {
		return wire.Unprocessable(code, text)
	}
	return &wire.Error{Status: status, Code: refusal.Message.Key, Description: text}
}

// specified is the code that the specification wants for a reason, "" = none.
func specified(key string) string {
	switch key {
	case "provision.under_way", "provision.not_ready":
		return wire.CodeConcurrencyError
	case "provision.maintenance_conflict", "provision.maintenance_stale":
		return wire.CodeMaintenanceInfoConflict
	case "provision.async_required":
		return wire.CodeAsyncRequired
	case "provision.requires_app":
		return wire.CodeRequiresApp
	}
	return ""
}

// failed is the answer for what was asked of the provider and did not come to be.
func (d *door) failed(fault naru.Message) *wire.Error {
	code := specified(fault.Key)
	if code == "" {
		code = fault.Key
	}
	return wire.Unprocessable(code, d.Say(fault))
}

// withStatus answers an error with another status.
func withStatus(err error, status int) error {
	var refusal *wire.Error
	if !errors.As(err, &refusal) {
		return err
	}
	other := *refusal
	other.Status = status
	return &other
}

// statusOf is the door's one table from kind to status. What cannot be had now is a 4xx,
// because nothing was begun and nothing is to be cleaned up.
func statusOf(k naru.Kind) int {
	switch k {
	case naru.Invalid:
		return http.StatusBadRequest
	case naru.Denied:
		return http.StatusForbidden
	case naru.NotFound:
		return http.StatusNotFound
	case naru.Conflict:
		return http.StatusConflict
	case naru.Exhausted, naru.Unavailable:
		return http.StatusUnprocessableEntity
	}
	return 0
}

// wait looks at a subject until it is settled or the patience with a synchronous request ends.
func (d *door) wait(ctx context.Context, subject string, settled func(context.Context) (bool, error)) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, d.SyncWait)
	defer cancel()
	return d.Runner.Await(ctx, subject, settled)
}

// firstAnswer waits a short while for the provider's first answer, so that what is done
// at once is said at once. What it finds out or not changes no answer but this.
func (d *door) firstAnswer(ctx context.Context, subject string, answered func(context.Context) (bool, error)) error {
	if d.AsyncWait < 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, d.AsyncWait)
	defer cancel()
	_, err := d.Runner.Await(ctx, subject, answered)
	return d.refuseNil(err)
}

// answered reports whether no call is under way or about to be.
func answered(w provision.Work) bool { return w.State != provision.Requested && w.CallID == "" }

// endUser is the originating identity as it is kept: the platform's name and its JSON.
func endUser(c wire.Caller) string {
	if c.Identity == nil {
		return ""
	}
	return c.Identity.Platform + " " + string(c.Identity.Value)
}
