package contract

import (
	"time"

	"naru"
	"naru/base/policy"
	"naru/flow/catalog"
	"naru/flow/inventory"
)

// OrderID identifies an order: "ord_…".
type OrderID string

// State is where an order stands.
type State string

// The states of an order.
const (
	Requested State = "requested" // waits for a second person
	Approved  State = "approved"  // holds budget; services may be provisioned
	Rejected  State = "rejected"
	Ended     State = "ended" // ended or withdrawn; nothing new may be provisioned
)

// Order is a purchase of one plan for one component from one day to another (개별계약),
// both included, within one budget year.
type Order struct {
	ID          OrderID                 `json:"id"`
	Key         string                  `json:"key"` // the caller's own, unique within the institution
	Institution inventory.InstitutionID `json:"institution"`
	System      inventory.SystemID      `json:"system"`
	Component   inventory.ComponentID   `json:"component"`
	Provider    catalog.ProviderID      `json:"provider"`
	Service     catalog.ServiceID       `json:"service"`
	Plan        catalog.PlanID          `json:"plan"`
	Track       string                  `json:"track"`
	Purpose     string                  `json:"purpose"`
	From        naru.Date               `json:"from"`
	To          naru.Date               `json:"to"`
	Hold        naru.Money              `json:"hold"`   // asked for
	Held        naru.Money              `json:"held"`   // still reserved
	Spent       naru.Money              `json:"spent"`  // of the budget, by statements
	Prices      []catalog.Price         `json:"prices"` // frozen when it was asked for
	Basis       Basis                   `json:"basis"`
	State       State                   `json:"state"`
	Reason      string                  `json:"reason,omitempty"` // of a rejection or an end
	RequestedBy string                  `json:"requested_by"`
	DecidedBy   string                  `json:"decided_by,omitempty"`
	RequestedAt time.Time               `json:"requested_at"`
	DecidedAt   time.Time               `json:"decided_at,omitzero"`
	EndedAt     time.Time               `json:"ended_at,omitzero"`
	Synthetic   bool                    `json:"synthetic"`
	Version     int64                   `json:"version"`
}

// Basis is what an order rests on: the verdict of the day it was last checked, with
// the digests that replay it, and the certificate that was counted.
type Basis struct {
	AsOf        naru.Date            `json:"as_of"`
	Venue       policy.Venue         `json:"venue"`
	Outcome     policy.Outcome       `json:"outcome"`
	Conditions  []naru.Text          `json:"conditions,omitempty"` // the approver signs in sight of them
	Certificate *catalog.Certificate `json:"certificate,omitempty"`
	Packs       []policy.PackRef     `json:"packs"`
	FactsDigest string               `json:"facts_digest"`
}

// OrderRow is an order with the names a reader wants.
type OrderRow struct {
	Order
	InstitutionName string    `json:"institution_name"`
	SystemName      string    `json:"system_name"`
	ComponentName   string    `json:"component_name"`
	ProviderName    naru.Text `json:"provider_name"`
	ServiceName     naru.Text `json:"service_name"`
	PlanName        naru.Text `json:"plan_name"`
}

// Year returns the budget year the order belongs to.
func (o *Order) Year() int { return yearOf(o.From) }

// Covers refuses unless the order stands for a plan on a date: what provision asks
// before anything leaves the house.
func Covers(o *Order, plan catalog.PlanID, on naru.Date) error {
	switch {
	case o.State != Approved:
		return naru.NewError(naru.Conflict, "contract.not_approved", "order", string(o.ID), "state", string(o.State))
	case o.Plan != plan:
		return naru.NewError(naru.Conflict, "contract.other_plan", "order", string(o.ID))
	case !on.Within(o.From, o.To):
		return naru.NewError(naru.Conflict, "contract.outside_period", "order", string(o.ID), "from", string(o.From), "to", string(o.To), "date", string(on))
	}
	return nil
}

// yearOf returns the budget year of a date, which is the calendar year (국가재정법 제2조).
func yearOf(d naru.Date) int {
	year := 0
	for _, r := range d.Month().Year() {
		year = year*10 + int(r-'0')
	}
	return year
}
