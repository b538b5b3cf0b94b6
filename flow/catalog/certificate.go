package catalog

import (
	"slices"

	"naru"
)

// Certificate is a security certificate of a service (보안인증): its scheme, the type
// and tier applied for (고시 제14조), and the days it is valid on, both included.
type Certificate struct {
	Scheme string    `json:"scheme" doc:"CSAP"`
	Type   string    `json:"type" doc:"iaas, saas_standard, saas_simple, paas, daas or composite"`
	Tier   string    `json:"tier,omitempty" doc:"low, middle or high; empty = issued before tiers existed"`
	Number string    `json:"number" doc:"number on the certificate"`
	From   naru.Date `json:"from" doc:"first day it is valid"`
	To     naru.Date `json:"to" doc:"last day it is valid"`
}

// CSAP is the scheme of the cloud security assurance programme (클라우드컴퓨팅법 제23조의2).
const CSAP = "CSAP"

// ValidOn reports whether the certificate counts on a date.
func (c Certificate) ValidOn(d naru.Date) bool { return c.From <= d && d <= c.To }

// CertificateTypes lists the types of the CSAP scheme: IaaS, SaaS, PaaS and composite by
// 고시 제14조제1항, SaaS in its standard and simple form, DaaS as a kind of the scheme.
func CertificateTypes() []string {
	return []string{"iaas", "saas_standard", "saas_simple", "paas", "daas", "composite"}
}

// CertificateTiers lists the tiers from low to high (고시 제14조제2항: 하·중·상).
func CertificateTiers() []string { return []string{"low", "middle", "high"} }

// check returns what is wrong with a certificate; both ends are needed, because an end
// that is not known is not an end that never comes.
func (c Certificate) check() *problems {
	ps := &problems{}
	ps.want(c.Scheme != "" && len(c.Scheme) <= 40, "scheme", "catalog.field_missing")
	ps.want(c.Number != "" && len(c.Number) <= 80, "number", "catalog.field_missing")
	if c.Scheme == CSAP {
		ps.want(slices.Contains(CertificateTypes(), c.Type), "type", "catalog.bad_certificate_type", "value", c.Type)
		ps.want(c.Tier == "" || slices.Contains(CertificateTiers(), c.Tier), "tier", "catalog.bad_certificate_tier", "value", c.Tier)
	}
	ps.date("from", c.From)
	ps.date("to", c.To)
	ps.want(c.From <= c.To, "to", "catalog.ends_before_start", "from", string(c.From), "to", string(c.To))
	return ps
}

// grant returns the certificates with one added or, when its number is known already,
// with that one's last day changed: renewed (고시 제20조) or cancelled. What a number
// certifies never changes.
func grant(have []Certificate, c Certificate) (Certificate, error) {
	for _, old := range have {
		if old.Scheme != c.Scheme || old.Number != c.Number {
			continue
		}
		if old.Type != c.Type || old.Tier != c.Tier || old.From != c.From {
			return Certificate{}, naru.NewError(naru.Conflict, "catalog.certificate_differs", "number", c.Number)
		}
	}
	return c, nil
}
