package decide

import (
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/policy"
	"naru/flow/inventory"
)

// ExceptionID identifies an exception: "exc_…".
type ExceptionID string

// ExceptionState says how far an exception has come.
type ExceptionState string

// The states. A granted exception needs no further step to end: it holds until its day.
const (
	Asked     ExceptionState = "asked"     // waits for an opinion, if one is to be heard, and for a decision
	Heard     ExceptionState = "heard"     // the opinion is there
	Granted   ExceptionState = "granted"   // holds from its first to its last day
	Refused   ExceptionState = "refused"   // by who decides
	Withdrawn ExceptionState = "withdrawn" // by who asked, before it was decided
	Revoked   ExceptionState = "revoked"   // by who may decide, before its last day
)

// Exception is the wish to run a component where an instrument bars it (예외 신청), by
// the way the instrument itself leaves open: an opinion where one is to be heard
// (클라우드 정책협의체), and a decision by the person it names (기관의 장,
// 정보자원통합심의위원회, 관계기관), with conditions and a last day.
type Exception struct {
	ID          ExceptionID             `json:"id"`
	Component   inventory.ComponentID   `json:"component"`
	System      inventory.SystemID      `json:"system"`
	Institution inventory.InstitutionID `json:"institution"`
	Venue       policy.Venue            `json:"venue"`
	Pack        string                  `json:"pack"`
	Rule        string                  `json:"rule"`            // that bars, or asks for a consultation
	Rules       []string                `json:"rules"`           // all that bar by the same instrument and are lifted with it
	By          string                  `json:"by"`              // role that decides, as the instrument names it
	Hears       string                  `json:"hears,omitempty"` // role whose opinion is heard before
	Reason      string                  `json:"reason"`
	State       ExceptionState          `json:"state"`
	Law         string                  `json:"law"` // digest of the law it was asked under
	RequestedBy string                  `json:"requested_by"`
	RequestedAt time.Time               `json:"requested_at"`
	Opinion     string                  `json:"opinion,omitempty"`
	Favours     bool                    `json:"favours"` // the opinion speaks for it
	HeardBy     string                  `json:"heard_by,omitempty"`
	HeardAt     time.Time               `json:"heard_at"`
	Conditions  []naru.Text             `json:"conditions"`
	Decision    string                  `json:"decision,omitempty"` // the decider's grounds
	DecidedBy   string                  `json:"decided_by,omitempty"`
	DecidedAt   time.Time               `json:"decided_at"`
	EndReason   string                  `json:"end_reason,omitempty"` // why it was withdrawn or revoked
	EndedBy     string                  `json:"ended_by,omitempty"`
	EndedAt     time.Time               `json:"ended_at"`
	From        naru.Date               `json:"from,omitempty"`
	Until       naru.Date               `json:"until,omitempty"` // last day; from the next one the old verdict stands again
	Version     int64                   `json:"version"`
}

// Exemption is the exception as the law reads it once granted.
func (e *Exception) Exemption() policy.Exemption {
	return policy.Exemption{
		ID: string(e.ID), Pack: e.Pack, Rules: e.Rules, By: e.By, Venue: e.Venue, From: e.From, Until: e.Until, Conditions: e.Conditions,
		Note: naru.Text{Ko: e.Decision, En: e.Decision},
	}
}

// Held is the exception with the days on which it held: one that was revoked held until
// the day before. ok is false for one that never held a whole day.
func (e *Exception) Held() (x policy.Exemption, ok bool) {
	x = e.Exemption()
	if e.State == Revoked {
		x.Until = min(x.Until, naru.DateOf(e.EndedAt).AddDays(-1))
	}
	return x, x.From <= x.Until
}

// subjects are the objects an entry about the exception concerns.
func (e *Exception) subjects() []string {
	return []string{string(e.ID), string(e.System), string(e.Institution)}
}

// ready refuses an exception that somebody changed meanwhile or that is in no such state.
func (e *Exception) ready(version int64, states ...ExceptionState) error {
	if version != 0 && version != e.Version {
		return naru.NewError(naru.Conflict, "decide.exception_changed", "exception", string(e.ID))
	}
	for _, s := range states {
		if e.State == s {
			return nil
		}
	}
	return naru.NewError(naru.Conflict, "decide.exception_state", "exception", string(e.ID), "state", string(e.State))
}

// OfficeOf says who acts for an authority that an instrument names: the head of the
// institution is its approver; councils, committees, ministries and agencies are kept by
// the ministry.
func OfficeOf(role string) identity.Role {
	if role == "head" {
		return identity.Approver
	}
	return identity.Ministry
}

// requireOffice refuses an actor who does not act for the authority, or for another
// institution's head.
func (e *Exception) requireOffice(a naru.Actor, role string) error {
	office := OfficeOf(role)
	if identity.Role(a.Role) != office {
		return naru.NewError(naru.Denied, "decide.not_the_office", "object", string(e.ID), "office", role)
	}
	return identity.RequireSight(a, string(e.Institution), string(e.ID))
}

// ExceptionRow is one line of the list of exceptions.
type ExceptionRow struct {
	Exception
	InstitutionName string    `json:"institution_name"`
	SystemCode      string    `json:"system_code"`
	SystemName      string    `json:"system_name"`
	ComponentName   string    `json:"component_name"`
	ByName          naru.Text `json:"by_name"`    // of the deciding authority today
	HearsName       naru.Text `json:"hears_name"` // of the authority heard before
	Synthetic       bool      `json:"synthetic"`
}

// ExceptionFilter narrows the list of exceptions.
type ExceptionFilter struct {
	Institution inventory.InstitutionID `json:"institution,omitempty" doc:"institution id"`
	System      inventory.SystemID      `json:"system,omitempty" doc:"system id"`
	State       ExceptionState          `json:"state,omitempty" doc:"asked, heard, granted, refused, withdrawn or revoked; empty for all"`
}
