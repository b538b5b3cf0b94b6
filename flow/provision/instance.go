package provision

import (
	"context"
	"time"

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
	RequestedBy string     `json:"requested_by"`
	CreatedAt   time.Time  `json:"created_at"`
	ReadyAt     time.Time  `json:"ready_at,omitzero"`
	DeletedAt   time.Time  `json:"deleted_at,omitzero"`
	Version     int64      `json:"version"`
	Work
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
	Params      []byte
	Call        string // names the call in the broker's log
}

// Held is an instance as the provider's broker lists it.
type Held struct {
	Instance InstanceID
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
