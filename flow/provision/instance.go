package provision

import (
	"context"
	"time"

	"naru"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/inventory"
)

// InstanceID identifies a service instance: "ins_…". It is also the id the provider's
// broker knows the instance by, so nothing else ever uses it there.
type InstanceID string

// BindingID identifies a binding: "bnd_…", at the provider's broker too.
type BindingID string

// Instance is a running service (서비스 인스턴스): one plan, under one order, for one component.
type Instance struct {
	ID          InstanceID              `json:"id"`
	Order       contract.OrderID        `json:"order"`
	Institution inventory.InstitutionID `json:"institution"`
	System      inventory.SystemID      `json:"system"`
	Component   inventory.ComponentID   `json:"component"`
	Provider    catalog.ProviderID      `json:"provider"`
	Service     catalog.ServiceID       `json:"service"`
	Plan        catalog.PlanID          `json:"plan"`
	Params      []byte                  `json:"-"`                     // JSON object given to the broker, "" = none
	Digest      string                  `json:"-"`                     // of what was asked for, to know a repeated request
	Platform    string                  `json:"platform,omitempty"`    // user of the platform that asked through OSB
	PlatformID  string                  `json:"platform_id,omitempty"` // the platform's own id of it
	EndUser     string                  `json:"-"`                     // who asked the platform, as it says
	Dashboard   string                  `json:"dashboard,omitempty"`   // address of the provider's page about it
	Maintenance string                  `json:"maintenance,omitempty"` // version that runs, as the plan's maintenance_info names it
	Label       string                  `json:"label,omitempty"`       // what the platform calls it
	Metadata    []byte                  `json:"-"`                     // JSON object of the broker about it, nil = none
	Change      *Change                 `json:"change,omitempty"`      // the last update, under way or ended
	RequestedBy string                  `json:"requested_by"`
	CreatedAt   time.Time               `json:"created_at"`
	ReadyAt     time.Time               `json:"ready_at,omitzero"`
	DeletedAt   time.Time               `json:"deleted_at,omitzero"`
	Synthetic   bool                    `json:"synthetic"`
	Version     int64                   `json:"version"`
	Work
}

// Binding is a set of credentials of an instance (연결정보). The credentials themselves are
// sealed in the store and are read by one operation only.
type Binding struct {
	ID          BindingID  `json:"id"`
	Instance    InstanceID `json:"instance"`
	Params      []byte     `json:"-"`
	Digest      string     `json:"-"`
	PlatformID  string     `json:"platform_id,omitempty"`
	EndUser     string     `json:"-"`
	Predecessor BindingID  `json:"predecessor,omitempty"` // it rotates this one, which lives on until it is revoked
	Resource    []byte     `json:"-"`                     // JSON object: what the credentials are for, nil = not said
	RequestedBy string     `json:"requested_by"`
	CreatedAt   time.Time  `json:"created_at"`
	ReadyAt     time.Time  `json:"ready_at,omitzero"`
	DeletedAt   time.Time  `json:"deleted_at,omitzero"`
	ExpiresAt   time.Time  `json:"expires_at,omitzero"`   // after this the credentials are useless; zero = no end is known
	RenewBefore time.Time  `json:"renew_before,omitzero"` // the provider advises to rotate until then
	Version     int64      `json:"version"`
	Work
}

// Change is a wish to give an instance other values (변경), and what came of it.
type Change struct {
	ID          string           `json:"id"`
	Digest      string           `json:"-"`               // of what was asked for, to know a repeated request
	Order       contract.OrderID `json:"order,omitempty"` // that carries the new plan, "" = the plan stays
	Plan        catalog.PlanID   `json:"plan,omitempty"`  // "" = the plan stays
	Params      []byte           `json:"-"`               // nil = the parameters stay
	Maintenance string           `json:"maintenance,omitempty"`
	Label       string           `json:"label,omitempty"`
	From        catalog.PlanID   `json:"from"` // the plan before
	Sync        bool             `json:"-"`    // the platform cannot wait: the broker must finish at once
	AskedBy     string           `json:"asked_by"`
	AskedAt     time.Time        `json:"asked_at"`
	EndedAt     time.Time        `json:"ended_at,omitzero"`           // zero = under way
	Fault       naru.Message     `json:"fault,omitzero"`              // why it failed; empty key = it did not
	Usable      *bool            `json:"instance_usable,omitempty"`   // after a failure, as the broker says
	Repeatable  *bool            `json:"update_repeatable,omitempty"` // after a failure, as the broker says
}

// Running reports whether the change is under way.
func (c *Change) Running() bool { return c != nil && c.EndedAt.IsZero() }

// Term is a stretch of an instance's life under one order, that has ended.
type Term struct {
	Instance InstanceID
	Until    time.Time
	Order    contract.OrderID
	Plan     catalog.PlanID
}

// OrderAt returns the order an instance was under at a moment: terms are its ended ones,
// the oldest first, now is the order it is under.
func OrderAt(terms []Term, now contract.OrderID, at time.Time) contract.OrderID {
	for _, t := range terms {
		if at.Before(t.Until) {
			return t.Order
		}
	}
	return now
}

// Request is one call to a provider's broker: which step, for what.
type Request struct {
	Step        Step
	Provider    catalog.Provider
	Instance    InstanceID
	Binding     BindingID // "" = the call is about the instance
	Service     string    // the broker's own id
	Plan        string    // the broker's own id
	Institution inventory.InstitutionID
	System      inventory.SystemID
	Operation   string
	Since       time.Time // when the operation that is polled began
	Params      []byte
	Call        string // names the call in the broker's log

	Maintenance string        // of Put: the version the plan's catalogue names, "" = none
	Label       string        // what the platform calls the instance
	Wanted      *Wanted       // of Patch, and of the Fetch that follows it
	Predecessor BindingID     // of Put of a binding: it rotates this one
	Resource    []byte        // of Put of a binding: what the credentials are for
	Sync        bool          // the broker must finish at once
	Terms       catalog.Terms // of the plan the instance has
	Limit       time.Duration // how long the operation may take
}

// Wanted is what an update asks for, and from where, in the broker's own words. An empty
// field stays as it is.
type Wanted struct {
	Plan            string
	Params          []byte
	Maintenance     string
	FromMaintenance string
}

// Held is an instance as the provider's broker lists it.
type Held struct {
	Instance InstanceID
	Plan     string // the broker's own id, "" = it does not say
	State    string
	Bindings []BindingID
}

// Broker is the port to the providers' brokers. Call never fails: whatever happens is
// one of the outcomes, and its fault says what to do next.
type Broker interface {
	Call(ctx context.Context, r Request) Answer
	// Held lists what a broker holds, or returns ErrNoListing when it has no list.
	Held(ctx context.Context, p catalog.Provider) ([]Held, error)
}
