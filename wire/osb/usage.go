package osb

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// UsageRecord is one line of metered usage (사용량), a vendor extension. LineID never changes
// its meaning: a reader drops a line it has seen. A line belongs to the period its From lies in.
type UsageRecord struct {
	LineID     string    `json:"line_id"`
	InstanceID string    `json:"instance_id"`
	Meter      string    `json:"meter"`
	Quantity   string    `json:"quantity"`
	Unit       string    `json:"unit"`
	From       time.Time `json:"from"`
	To         time.Time `json:"to"`
}

// UsageRequest asks for the lines whose From lies in [From, To); an empty InstanceID asks for all instances.
type UsageRequest struct {
	Caller
	InstanceID string
	From       time.Time
	To         time.Time
}

// UsageResponse carries usage lines, deleted instances included.
type UsageResponse struct {
	Records []UsageRecord `json:"records"`
}

// UsageReporter is a Broker that meters; the handler then serves GET /v2/usage and
// GET /v2/service_instances/:instance_id/usage.
type UsageReporter interface {
	// Usage returns the lines that begin in the window, each with a stable LineID.
	Usage(ctx context.Context, r UsageRequest) (UsageResponse, error)
}

// ListRequest asks for every instance a broker holds.
type ListRequest struct {
	Caller
}

// InstanceSummary is one held instance: what a census (전수 대조) compares with its own records.
type InstanceSummary struct {
	InstanceID string   `json:"instance_id"`
	ServiceID  string   `json:"service_id"`
	PlanID     string   `json:"plan_id"`
	State      string   `json:"state"`
	BindingIDs []string `json:"binding_ids"`
}

// ListResponse carries the instances held.
type ListResponse struct {
	Instances []InstanceSummary `json:"instances"`
}

// Lister is a Broker that can be counted; the handler then serves GET /v2/service_instances.
type Lister interface {
	// ListInstances returns every instance that still holds something.
	ListInstances(ctx context.Context, r ListRequest) (ListResponse, error)
}

var decimalText = regexp.MustCompile(`^-?\d{1,30}(\.\d{1,30})?$`)

// Valid tells why a usage line cannot be accounted, or nil.
func (u UsageRecord) Valid() error {
	switch {
	case u.LineID == "" || u.InstanceID == "" || u.Meter == "" || u.Unit == "":
		return fmt.Errorf("usage line %q: line_id, instance_id, meter and unit must not be empty", u.LineID)
	case strings.ContainsRune(u.LineID+u.InstanceID+u.Meter+u.Unit, 0): // nothing that keeps text keeps it
		return fmt.Errorf("usage line %q: a NUL stands in its texts", u.LineID)
	case !decimalText.MatchString(u.Quantity):
		return fmt.Errorf("usage line %q: quantity %q is not a decimal", u.LineID, u.Quantity)
	case u.To.Before(u.From):
		return fmt.Errorf("usage line %q: ends before it begins", u.LineID)
	}
	return nil
}
