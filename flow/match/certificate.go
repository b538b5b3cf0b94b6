package match

import (
	"cmp"
	"slices"
	"strings"

	"naru"
	"naru/base/policy"
	"naru/flow/catalog"
)

// byCertificate compares what the law asks for with what the service holds on the
// date. One certificate that serves is enough; without one, every certificate there is
// gets its own reason.
func (f *Fit) byCertificate(need *policy.CertificateNeed, certs []catalog.Certificate, on naru.Date) {
	var held []catalog.Certificate
	for _, c := range certs {
		if c.Scheme == need.Scheme {
			held = append(held, c)
		}
	}
	slices.SortFunc(held, func(a, b catalog.Certificate) int { // the one that lasts longest first
		return cmp.Or(strings.Compare(string(b.To), string(a.To)), strings.Compare(a.Number, b.Number))
	})
	var against, unknown []naru.Message
	for i := range held {
		why, answer := serves(need, &held[i], on)
		switch answer {
		case policy.True:
			f.Certificate = &held[i]
			f.For = append(f.For, why...)
			return
		case policy.Unknown:
			unknown = append(unknown, why...)
		default:
			against = append(against, why...)
		}
	}
	switch {
	case len(unknown) > 0:
		f.Unknown = append(f.Unknown, unknown...)
	case len(against) > 0:
		f.Against = append(f.Against, against...)
	default:
		f.con("match.no_certificate", "scheme", need.Scheme, "tier", cmp.Or(need.Tier, "any"), "types", cmp.Or(strings.Join(need.Types, ", "), "*"))
	}
}

// serves answers for one certificate, with the reasons.
func serves(need *policy.CertificateNeed, c *catalog.Certificate, on naru.Date) ([]naru.Message, policy.Truth) {
	if !c.ValidOn(on) {
		return []naru.Message{naru.Msg("match.certificate_not_valid", "number", c.Number, "from", string(c.From), "to", string(c.To), "date", string(on))}, policy.False
	}
	why, byType := typeServes(need, c)
	more, byTier := tierServes(need, c)
	why = append(why, more...)
	switch {
	case byType == policy.False || byTier == policy.False:
		return why, policy.False
	case byType == policy.Unknown || byTier == policy.Unknown:
		return why, policy.Unknown
	}
	valid := naru.Msg("match.certificate_valid", "scheme", c.Scheme, "number", c.Number, "to", string(c.To))
	return append([]naru.Message{valid}, why...), policy.True
}

// typeServes compares the type. A composite certificate covers several types and does
// not say which, so it is neither a yes nor a no; nor is a type on which sources conflict.
func typeServes(need *policy.CertificateNeed, c *catalog.Certificate) ([]naru.Message, policy.Truth) {
	switch {
	case slices.Contains(need.Undecided, c.Type):
		return []naru.Message{naru.Msg("match.certificate_type_conflict", "number", c.Number, "type", c.Type)}, policy.Unknown
	case len(need.Types) == 0 || slices.Contains(need.Types, c.Type):
		return nil, policy.True
	case c.Type == "composite":
		return []naru.Message{naru.Msg("match.certificate_composite", "number", c.Number)}, policy.Unknown
	}
	return []naru.Message{naru.Msg("match.certificate_type", "number", c.Number, "type", c.Type, "types", strings.Join(need.Types, ", "))}, policy.False
}

// tierServes compares the tier. That a higher tier serves a lower need is a setting of
// naru without a source (policy.md 1.6), and said to be so at every candidate.
func tierServes(need *policy.CertificateNeed, c *catalog.Certificate) ([]naru.Message, policy.Truth) {
	if need.Tier == "" {
		return nil, policy.True
	}
	has := tierOf(c)
	if has == "" {
		return []naru.Message{naru.Msg("match.certificate_no_tier", "number", c.Number, "tier", need.Tier)}, policy.Unknown
	}
	order := catalog.CertificateTiers()
	switch d := slices.Index(order, has) - slices.Index(order, need.Tier); {
	case d < 0:
		return []naru.Message{naru.Msg("match.certificate_tier", "number", c.Number, "has", has, "tier", need.Tier)}, policy.False
	case d > 0:
		return []naru.Message{naru.Msg("match.certificate_higher", "number", c.Number, "has", has, "tier", need.Tier)}, policy.True
	}
	return nil, policy.True
}

// tierOf returns the tier of a certificate; those issued before tiers existed are read
// as the authorities read them (policy.md 1.6, N12 and G02): IaaS, standard SaaS and
// DaaS as middle, simple SaaS as low. For the other types nothing is said.
func tierOf(c *catalog.Certificate) string {
	if c.Tier != "" {
		return c.Tier
	}
	switch c.Type {
	case "iaas", "saas_standard", "daas":
		return "middle"
	case "saas_simple":
		return "low"
	}
	return ""
}
