package osb

import (
	"encoding/json"
	"time"
)

// BindResource says what the credentials are for.
type BindResource struct {
	AppGUID            string `json:"app_guid,omitempty"`
	Route              string `json:"route,omitempty"`
	BackupAgent        bool   `json:"backup_agent,omitempty"`
	CredentialClientID string `json:"credential_client_id,omitempty"`
}

// BindRequest is PUT .../service_bindings/:binding_id. With PredecessorBindingID it is a
// rotation, whose body may lack service_id and plan_id (section "Binding Rotation").
type BindRequest struct {
	Caller               `json:"-"`
	InstanceID           string          `json:"-"`
	BindingID            string          `json:"-"`
	AcceptsIncomplete    bool            `json:"-"`
	ServiceID            string          `json:"service_id,omitempty"`
	PlanID               string          `json:"plan_id,omitempty"`
	Context              json.RawMessage `json:"context,omitempty"`
	AppGUID              string          `json:"app_guid,omitempty"`
	BindResource         *BindResource   `json:"bind_resource,omitempty"`
	Parameters           json.RawMessage `json:"parameters,omitempty"`
	PredecessorBindingID string          `json:"predecessor_binding_id,omitempty"`
	// Requires is what the catalogue says the service requires. When it is not nil, a client refuses an
	// answer with a log drain, route or volume that was not announced.
	Requires []string `json:"-"`
}

// BindingMetadata bounds the life of a binding; both times are yyyy-mm-ddThh:mm:ss.sZ.
type BindingMetadata struct {
	ExpiresAt   string `json:"expires_at,omitempty"`
	RenewBefore string `json:"renew_before,omitempty"`
}

// Endpoint is one network endpoint an application must reach to use the binding.
type Endpoint struct {
	Host     string   `json:"host"`
	Ports    []string `json:"ports"`
	Protocol string   `json:"protocol,omitempty"`
}

// Binding is the content of a binding (연결정보). Credentials are secret: pass them on, never
// log or record them.
type Binding struct {
	Metadata        *BindingMetadata `json:"metadata,omitempty"`
	Credentials     json.RawMessage  `json:"credentials,omitempty"`
	SyslogDrainURL  string           `json:"syslog_drain_url,omitempty"`
	RouteServiceURL string           `json:"route_service_url,omitempty"`
	VolumeMounts    json.RawMessage  `json:"volume_mounts,omitempty"`
	Endpoints       []Endpoint       `json:"endpoints,omitempty"`
}

// BindResponse answers a bind: 202 when Async (then without credentials), 200 when Existed, else 201.
type BindResponse struct {
	Async     bool   `json:"-"`
	Existed   bool   `json:"-"`
	Operation string `json:"operation,omitempty"`
	Binding
	// RetryAfter is the Retry-After header of a 202: when to poll first.
	RetryAfter time.Duration `json:"-"`
}

// GetBindingRequest is GET .../service_bindings/:binding_id.
type GetBindingRequest struct {
	Caller
	InstanceID string
	BindingID  string
	ServiceID  string
	PlanID     string
}

// GetBindingResponse describes a binding that is ready, with its credentials.
type GetBindingResponse struct {
	Binding
	Parameters json.RawMessage `json:"parameters,omitempty"`
}

// UnbindRequest is DELETE .../service_bindings/:binding_id.
type UnbindRequest struct {
	Caller
	InstanceID        string
	BindingID         string
	AcceptsIncomplete bool
	ServiceID         string
	PlanID            string
}

// UnbindResponse answers an unbind: 202 when Async, else 200.
type UnbindResponse struct {
	Async     bool   `json:"-"`
	Operation string `json:"operation,omitempty"`
	// RetryAfter is the Retry-After header of a 202: when to poll first.
	RetryAfter time.Duration `json:"-"`
}
