package osb

import (
	"encoding/json"
	"time"
)

// ProvisionRequest is PUT /v2/service_instances/:instance_id.
type ProvisionRequest struct {
	Caller            `json:"-"`
	InstanceID        string           `json:"-"`
	AcceptsIncomplete bool             `json:"-"`
	ServiceID         string           `json:"service_id"`
	PlanID            string           `json:"plan_id"`
	Context           json.RawMessage  `json:"context,omitempty"`
	OrganizationGUID  string           `json:"organization_guid"`
	SpaceGUID         string           `json:"space_guid"`
	Parameters        json.RawMessage  `json:"parameters,omitempty"`
	MaintenanceInfo   *MaintenanceInfo `json:"maintenance_info,omitempty"`
}

// ProvisionResponse answers a provision: 202 when Async, 200 when Existed, else 201.
type ProvisionResponse struct {
	Async        bool            `json:"-"`
	Existed      bool            `json:"-"`
	DashboardURL string          `json:"dashboard_url,omitempty"`
	Operation    string          `json:"operation,omitempty"`
	Metadata     json.RawMessage `json:"metadata,omitempty"`
	// RetryAfter is the Retry-After header of a 202: when to poll first.
	RetryAfter time.Duration `json:"-"`
}

// GetInstanceRequest is GET /v2/service_instances/:instance_id.
type GetInstanceRequest struct {
	Caller
	InstanceID string
	ServiceID  string
	PlanID     string
}

// GetInstanceResponse describes an instance that is ready.
type GetInstanceResponse struct {
	ServiceID       string           `json:"service_id,omitempty"`
	PlanID          string           `json:"plan_id,omitempty"`
	DashboardURL    string           `json:"dashboard_url,omitempty"`
	Parameters      json.RawMessage  `json:"parameters,omitempty"`
	MaintenanceInfo *MaintenanceInfo `json:"maintenance_info,omitempty"`
	Metadata        json.RawMessage  `json:"metadata,omitempty"`
}

// PreviousValues tells a broker what an instance was before an update; all but plan_id and
// maintenance_info are deprecated.
type PreviousValues struct {
	ServiceID       string           `json:"service_id,omitempty"`
	PlanID          string           `json:"plan_id,omitempty"`
	OrganizationID  string           `json:"organization_id,omitempty"`
	SpaceID         string           `json:"space_id,omitempty"`
	MaintenanceInfo *MaintenanceInfo `json:"maintenance_info,omitempty"`
}

// UpdateRequest is PATCH /v2/service_instances/:instance_id. An empty PlanID leaves the plan
// and nil Parameters leave the parameters as they are.
type UpdateRequest struct {
	Caller            `json:"-"`
	InstanceID        string           `json:"-"`
	AcceptsIncomplete bool             `json:"-"`
	ServiceID         string           `json:"service_id"`
	PlanID            string           `json:"plan_id,omitempty"`
	Context           json.RawMessage  `json:"context,omitempty"`
	Parameters        json.RawMessage  `json:"parameters,omitempty"`
	PreviousValues    *PreviousValues  `json:"previous_values,omitempty"`
	MaintenanceInfo   *MaintenanceInfo `json:"maintenance_info,omitempty"`
}

// UpdateResponse answers an update: 202 when Async, else 200. An empty DashboardURL keeps the old one.
type UpdateResponse struct {
	Async        bool            `json:"-"`
	DashboardURL string          `json:"dashboard_url,omitempty"`
	Operation    string          `json:"operation,omitempty"`
	Metadata     json.RawMessage `json:"metadata,omitempty"`
	// RetryAfter is the Retry-After header of a 202: when to poll first.
	RetryAfter time.Duration `json:"-"`
}

// DeprovisionRequest is DELETE /v2/service_instances/:instance_id.
type DeprovisionRequest struct {
	Caller
	InstanceID        string
	AcceptsIncomplete bool
	ServiceID         string
	PlanID            string
}

// DeprovisionResponse answers a deletion: 202 when Async, else 200.
type DeprovisionResponse struct {
	Async     bool   `json:"-"`
	Operation string `json:"operation,omitempty"`
	// RetryAfter is the Retry-After header of a 202: when to poll first.
	RetryAfter time.Duration `json:"-"`
}
