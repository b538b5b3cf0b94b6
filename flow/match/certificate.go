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

// serves answers for one certificate, with the reasons. What the need accepts is judged
// in package policy; here it is dated and explained.
func serves(need *policy.CertificateNeed, c *catalog.Certificate, on naru.Date) ([]naru.Message, policy.Truth) {
	if !c.ValidOn(on) {
		return because("match.certificate_not_valid", "number", c.Number, "from", string(c.From), "to", string(c.To), "date", string(on)), policy.False
	}
	answer := need.Accepts(c.Scheme, c.Type, c.Tier)
	switch {
	case answer == policy.True:
		return append(because("match.certificate_valid", "scheme", c.Scheme, "number", c.Number, "to", string(c.To)), higher(need, c)...), answer
	case answer == policy.Unknown && slices.Contains(need.Undecided, c.Type):
		return because("match.certificate_type_conflict", "number", c.Number, "type", c.Type), answer
	case answer == policy.Unknown && c.Tier != "":
		return because("match.certificate_higher_open", "number", c.Number, "has", c.Tier, "tier", cmp.Or(need.Tier, "any")), answer
	case answer == policy.Unknown:
		return because("match.certificate_no_tier", "number", c.Number, "tier", cmp.Or(need.Tier, "any")), answer
	case len(need.Types) == 0 || slices.Contains(need.Types, c.Type):
		return because("match.certificate_tier", "number", c.Number, "has", c.Tier, "tier", cmp.Or(need.Tier, "any")), answer
	case c.Type == "composite": // covers several types and does not say which
		return because("match.certificate_composite", "number", c.Number), policy.Unknown
	}
	return because("match.certificate_type", "number", c.Number, "type", c.Type, "types", strings.Join(need.Types, ", ")), answer
}

// higher says beside a certificate above the need that no text read lets it serve.
func higher(need *policy.CertificateNeed, c *catalog.Certificate) []naru.Message {
	order := catalog.CertificateTiers()
	if need.Tier == "" || slices.Index(order, c.Tier) <= slices.Index(order, need.Tier) {
		return nil
	}
	return because("match.certificate_higher", "number", c.Number, "has", c.Tier, "tier", need.Tier)
}

func because(key string, pairs ...string) []naru.Message {
	return []naru.Message{naru.Msg(key, pairs...)}
}
