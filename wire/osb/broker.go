package osb

import (
	"context"
	"time"
)

// Broker is the whole of the API. The handler serves one, the client is one, each
// reference broker implements one: so a proxy is a Handler over a Client.
//
// A method refuses with *Error. Any other error is answered as 500 without its text.
type Broker interface {
	// Catalog lists what may be provisioned.
	Catalog(ctx context.Context, r CatalogRequest) (CatalogResponse, error)
	// Provision creates an instance; a repeated identical request has one effect.
	Provision(ctx context.Context, r ProvisionRequest) (ProvisionResponse, error)
	// GetInstance fetches an instance that is ready.
	GetInstance(ctx context.Context, r GetInstanceRequest) (GetInstanceResponse, error)
	// Update changes plan, parameters or context of an instance.
	Update(ctx context.Context, r UpdateRequest) (UpdateResponse, error)
	// Deprovision deletes an instance; 410 says that it is not known.
	Deprovision(ctx context.Context, r DeprovisionRequest) (DeprovisionResponse, error)
	// LastOperation tells how far the instance's asynchronous operation is.
	LastOperation(ctx context.Context, r LastOperationRequest) (LastOperationResponse, error)
	// Bind creates credentials of an instance.
	Bind(ctx context.Context, r BindRequest) (BindResponse, error)
	// GetBinding fetches a binding that is ready.
	GetBinding(ctx context.Context, r GetBindingRequest) (GetBindingResponse, error)
	// Unbind revokes credentials; 410 says that the binding is not known.
	Unbind(ctx context.Context, r UnbindRequest) (UnbindResponse, error)
	// LastBindingOperation tells how far the binding's asynchronous operation is.
	LastBindingOperation(ctx context.Context, r LastBindingOperationRequest) (LastOperationResponse, error)
}

// State is the state of an asynchronous operation (section "Polling Last Operation").
type State string

// The three states of the specification. Succeeded and Failed end the polling.
const (
	InProgress State = "in progress"
	Succeeded  State = "succeeded"
	Failed     State = "failed"
)

// Caller is what every request carries: who caused it and under which request id.
type Caller struct {
	// Identity is the X-Broker-API-Originating-Identity header; nil when a platform sent none.
	Identity *Identity
	// RequestID is the X-Broker-API-Request-Identity header.
	RequestID string
}

// CatalogRequest asks for the catalogue, conditionally when IfNoneMatch holds an entity tag.
type CatalogRequest struct {
	Caller
	// IfNoneMatch is the header as it came: a tag, a list of tags or "*"; see ETagMatches.
	IfNoneMatch string
	// IfModifiedSince asks for the catalogue only when it changed after that time; zero asks for it anyway.
	IfModifiedSince time.Time
}

// CatalogResponse carries the catalogue. Raw, when set, is the ready-made JSON and is served
// as it is: encoding a large catalogue per request costs 57 times the CPU of ready bytes.
type CatalogResponse struct {
	Catalog
	Raw  []byte
	ETag string
	// LastModified is when the catalogue changed last; zero when that is not known.
	LastModified time.Time
	NotModified  bool
}

// LastOperationRequest polls the operation of an instance.
type LastOperationRequest struct {
	Caller
	InstanceID string
	ServiceID  string
	PlanID     string
	Operation  string
}

// LastBindingOperationRequest polls the operation of a binding.
type LastBindingOperationRequest struct {
	Caller
	InstanceID string
	BindingID  string
	ServiceID  string
	PlanID     string
	Operation  string
}

// LastOperationResponse is the answer to a poll. InstanceUsable and UpdateRepeatable are sent
// only with a failed update or deletion. RetryAfter is the Retry-After header.
type LastOperationResponse struct {
	State            State         `json:"state"`
	Description      string        `json:"description,omitempty"`
	InstanceUsable   *bool         `json:"instance_usable,omitempty"`
	UpdateRepeatable *bool         `json:"update_repeatable,omitempty"`
	RetryAfter       time.Duration `json:"-"`
}
