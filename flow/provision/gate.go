package provision

import (
	"context"
	"fmt"
	"slices"

	"naru"
	"naru/base/policy"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/decide"
	"naru/flow/inventory"
)

// grounds is everything a creation must be lawful by, read in one transaction.
type grounds struct {
	today    naru.Date
	order    contract.Order
	offer    catalog.Offer
	plan     catalog.Plan
	provider catalog.Provider
	system   inventory.System
	venue    policy.VenueVerdict // of the component at the service's venue, today
}

// read collects the grounds of an order.
func (k creation) read(ctx context.Context, s Store, today naru.Date, order contract.Order) (grounds, error) {
	g := grounds{today: today, order: order}
	var err error
	if g.offer, err = s.Offer(ctx, order.Service); err != nil {
		return g, fmt.Errorf("service of order %s: %w", order.ID, err)
	}
	if g.provider, err = s.Provider(ctx, g.offer.Provider); err != nil {
		return g, fmt.Errorf("provider of order %s: %w", order.ID, err)
	}
	i := slices.IndexFunc(g.offer.Plans, func(p catalog.Plan) bool { return p.ID == order.Plan })
	if i < 0 {
		return g, naru.NewError(naru.Conflict, "provision.plan_unknown", "order", string(order.ID))
	}
	g.plan = g.offer.Plans[i]
	if g.system, err = s.System(ctx, order.System); err != nil {
		return g, fmt.Errorf("system of order %s: %w", order.ID, err)
	}
	inst, err := s.Institution(ctx, order.Institution)
	if err != nil {
		return g, fmt.Errorf("institution of order %s: %w", order.ID, err)
	}
	g.venue, err = k.judge(ctx, s, inst, g)
	return g, err
}

// judge asks the law in force today; an order approved under an older rule does not
// carry a creation through a newer one.
func (k creation) judge(ctx context.Context, s Store, inst inventory.Institution, g grounds) (policy.VenueVerdict, error) {
	law, err := k.book.InForce(ctx, s, g.today)
	if err != nil {
		return policy.VenueVerdict{}, err
	}
	lifts, err := s.Lifts(ctx, "", g.system.ID)
	if err != nil {
		return policy.VenueVerdict{}, fmt.Errorf("exceptions of %s: %w", g.system.ID, err)
	}
	i := slices.IndexFunc(g.system.Components, func(c inventory.Component) bool { return c.ID == g.order.Component })
	if i < 0 {
		return policy.VenueVerdict{}, naru.NewError(naru.Conflict, "provision.component_unknown", "order", string(g.order.ID))
	}
	verdicts := decide.Judge(law, inst, g.system, lifts)
	return verdicts[i].At(g.offer.Venue), nil
}

// check refuses a creation that something forbids: first what was agreed, then what is
// on offer, then the law. What the law refuses is a denial and stands in the record.
func (g grounds) check() error {
	for _, a := range g.asks() {
		if err := a.run(); err != nil {
			return err
		}
	}
	return nil
}

// asks are the checks in their order.
func (g grounds) asks() []ask {
	return []ask{{"ordered", g.ordered}, {"paid", g.paid}, {"on_offer", g.onOffer}, {"lawful", g.lawful}, {"certified", g.certified}}
}

// ordered wants an approved order that covers today.
func (g grounds) ordered() error {
	o := &g.order
	switch {
	case o.State != contract.Approved:
		return naru.NewError(naru.Denied, "provision.order_not_approved", "object", string(o.ID))
	case !g.today.Within(o.From, o.To):
		return naru.NewError(naru.Denied, "provision.order_not_covering", "object", string(o.ID),
			"from", string(o.From), "to", string(o.To), "today", string(g.today))
	}
	return nil
}

// paid wants money held for the order: nothing is begun that cannot be paid.
func (g grounds) paid() error {
	if g.order.Held > 0 {
		return nil
	}
	return naru.NewError(naru.Exhausted, "provision.no_hold", "order", string(g.order.ID))
}

func (g grounds) onOffer() error {
	switch {
	case g.plan.Service != g.offer.ID:
		return naru.NewError(naru.Conflict, "provision.plan_unknown", "order", string(g.order.ID))
	case g.plan.Gone, g.offer.Gone:
		return naru.NewError(naru.Conflict, "provision.plan_gone", "plan", g.plan.Name.Ko, "plan.en", g.plan.Name.En)
	case !g.offer.Unavailable.IsZero():
		return naru.NewError(naru.Unavailable, "provision.service_unavailable", "service", g.offer.Name.Ko, "service.en", g.offer.Name.En, "why", g.offer.Unavailable.Ko, "why.en", g.offer.Unavailable.En)
	case g.provider.BrokerURL == "":
		return naru.NewError(naru.Unavailable, "provision.no_broker", "provider", g.provider.Name.Ko, "provider.en", g.provider.Name.En)
	}
	return nil
}

// lawful wants the venue open to the component: unknown facts and a decision that is
// still somebody's to make keep it shut.
func (g grounds) lawful() error {
	if g.venue.Permits() {
		return nil
	}
	return naru.NewError(naru.Denied, "provision.law_forbids", "object", string(g.order.ID),
		"venue", string(g.offer.Venue), "outcome", string(g.venue.Outcome), "articles", articles(g.venue, "ko"), "articles.en", articles(g.venue, "en"))
}

// articles names the articles that decided in a language, each once.
func articles(v policy.VenueVerdict, lang string) string {
	var out string
	seen := map[string]bool{}
	for _, r := range v.Reasons {
		text := r.Title.In(lang) + " " + r.Article
		if !r.Wins || seen[text] {
			continue
		}
		seen[text] = true
		if out != "" {
			out += ", "
		}
		out += text
	}
	if out == "" {
		return "-"
	}
	return out
}

// certified wants a certificate the verdict asks for, valid today.
func (g grounds) certified() error {
	need := g.venue.Certificate
	if need == nil {
		return nil
	}
	if slices.ContainsFunc(g.offer.Certificates, func(c catalog.Certificate) bool { return meets(c, need, g.today) }) {
		return nil
	}
	return naru.NewError(naru.Denied, "provision.not_certified", "object", string(g.order.ID),
		"service", g.offer.Name.Ko, "service.en", g.offer.Name.En, "scheme", need.Scheme, "tier", orDash(need.Tier), "today", string(g.today))
}

// meets reports whether a certificate is valid today and surely enough. A type for
// which the sources conflict is not a yes.
func meets(c catalog.Certificate, need *policy.CertificateNeed, today naru.Date) bool {
	return c.ValidOn(today) && need.Accepts(c.Scheme, c.Type, c.Tier) == policy.True
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
