package match

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"naru"
	"naru/base/policy"
	"naru/flow/catalog"
	"naru/flow/inventory"
)

// Wish is what the officer asks for beside the law.
type Wish struct {
	Category string                  `json:"category,omitempty"`
	Venue    policy.Venue            `json:"venue,omitempty"`
	Estimate map[string]naru.Decimal `json:"estimate,omitempty"` // units a month by meter
}

// Line is one meter of an estimate.
type Line struct {
	Meter    string       `json:"meter"`
	Unit     string       `json:"unit"`
	Rate     naru.Decimal `json:"rate"`
	Quantity naru.Decimal `json:"quantity"`
	Cost     naru.Decimal `json:"cost"` // won, exact
}

// Candidate is one plan with its place and the reasons for it.
type Candidate struct {
	Plan         catalog.PlanID     `json:"plan"`
	Service      catalog.ServiceID  `json:"service"`
	Provider     catalog.ProviderID `json:"provider"`
	PlanName     naru.Text          `json:"plan_name"`
	ServiceName  naru.Text          `json:"service_name"`
	ProviderName naru.Text          `json:"provider_name"`
	Category     string             `json:"category"`
	Region       string             `json:"region"`
	Unavailable  naru.Text          `json:"unavailable,omitzero"` // why, in the provider's words
	Synthetic    bool               `json:"synthetic"`
	Rank         int                `json:"rank,omitempty"` // from 1, among those that fit
	Monthly      naru.Decimal       `json:"monthly"`        // won of the estimate, exact
	Estimated    bool               `json:"estimated"`      // false: Monthly says nothing
	Lines        []Line             `json:"lines"`
	Notes        []naru.Message     `json:"notes"` // what to know beside it
	Fit
}

// Result is the answer for one component: three lists that together hold every plan.
type Result struct {
	Component     inventory.ComponentID   `json:"component"`
	System        inventory.SystemID      `json:"system"`
	Institution   inventory.InstitutionID `json:"institution"`
	AsOf          naru.Date               `json:"as_of"`
	Wish          Wish                    `json:"wish"`
	Fits          []Candidate             `json:"fits"`      // cheapest first
	Undecided     []Candidate             `json:"undecided"` // never counted in or out
	Excluded      []Candidate             `json:"excluded"`
	Packs         []policy.PackRef        `json:"packs"`
	InputDigest   string                  `json:"input_digest"`  // of everything that was weighed
	ResultDigest  string                  `json:"result_digest"` // of the three lists
	PlansWeighed  int                     `json:"plans_weighed"`
	SystemVersion int64                   `json:"system_version"`
}

// Match weighs every plan and ranks what fits. It is pure, and the order of the offers
// does not matter.
func Match(law *policy.Law, s Subject, w Wish, offers []catalog.Offer) (Result, error) {
	r := Result{
		Component: s.Component.ID, System: s.System.ID, Institution: s.Institution.ID, AsOf: law.Date(), Wish: w, Packs: law.Packs(),
		Fits: []Candidate{}, Undecided: []Candidate{}, Excluded: []Candidate{}, SystemVersion: s.System.Version,
	}
	offers = slices.SortedFunc(slices.Values(offers), func(a, b catalog.Offer) int { return strings.Compare(string(a.ID), string(b.ID)) })
	scales := newScales(law, s)
	for i := range offers {
		for n := range offers[i].Plans {
			c := weighPlan(scales, w, &offers[i], &offers[i].Plans[n])
			r.PlansWeighed++
			switch c.Standing {
			case Fits:
				r.Fits = append(r.Fits, c)
			case Undecided:
				r.Undecided = append(r.Undecided, c)
			default:
				r.Excluded = append(r.Excluded, c)
			}
		}
	}
	r.order()
	return r, r.seal(law, s, offers)
}

// weighPlan adds wish and cost to what the law says of a plan.
func weighPlan(scales *scales, w Wish, o *catalog.Offer, p *catalog.Plan) Candidate {
	c := Candidate{
		Plan: p.ID, Service: o.ID, Provider: o.Provider, PlanName: p.Name, ServiceName: o.Name, ProviderName: o.ProviderName,
		Category: o.Category, Region: o.Region, Unavailable: o.Unavailable, Synthetic: o.Synthetic,
		Lines: []Line{}, Notes: []naru.Message{}, Fit: scales.weigh(o, p),
	}
	c.byWish(w)
	c.cost(p, w.Estimate, scales.law.Date())
	c.notes(o, p, scales.law.Date())
	c.settle()
	return c
}

func (c *Candidate) byWish(w Wish) {
	switch {
	case w.Category == "":
	case c.Category == "":
		c.unclear("match.category_unknown", "category", w.Category)
	case c.Category != w.Category:
		c.con("match.other_category", "has", c.Category, "category", w.Category)
	default:
		c.pro("match.category", "category", w.Category)
	}
	if w.Venue != "" && c.Venue != w.Venue {
		c.con("match.other_venue", "has", string(c.Venue), "venue", string(w.Venue))
	}
}

// cost prices the estimate exactly: rates times quantities, nothing rounded.
func (c *Candidate) cost(p *catalog.Plan, estimate map[string]naru.Decimal, on naru.Date) {
	prices := p.PricesOn(on)
	if len(prices) == 0 {
		return // said by the law's part already
	}
	for _, meter := range slices.Sorted(maps.Keys(estimate)) {
		price, ok := catalog.PriceOn(prices, meter, on)
		if !ok {
			c.con("match.meter_unpriced", "meter", meter, "date", string(on))
			continue
		}
		line := Line{Meter: meter, Unit: price.Unit, Rate: price.Rate, Quantity: estimate[meter], Cost: price.Rate.Mul(estimate[meter])}
		c.Lines = append(c.Lines, line)
		c.Monthly = c.Monthly.Add(line.Cost)
	}
	c.Estimated = len(estimate) > 0 && len(c.Lines) == len(estimate)
	if c.Estimated {
		c.pro("match.monthly", "won", c.Monthly.String())
	}
	for _, price := range prices {
		if _, ok := estimate[price.Meter]; !ok {
			c.Notes = append(c.Notes, naru.Msg("match.meter_not_estimated", "meter", price.Meter, "rate", price.Rate.String(), "unit", price.Unit))
		}
	}
}

// notes says what the price does not show: things that are counted and have no price.
func (c *Candidate) notes(o *catalog.Offer, p *catalog.Plan, on naru.Date) {
	prices := p.PricesOn(on)
	for _, m := range o.Meters {
		if _, ok := catalog.PriceOn(prices, m.Name, on); !ok && len(prices) > 0 {
			c.Notes = append(c.Notes, naru.Msg("match.meter_without_price", "meter", m.Name))
		}
	}
}

// order ranks what fits: the cheapest first, those without an estimate behind, then by
// id, so that equal plans always stand in the same order.
func (r *Result) order() {
	slices.SortFunc(r.Fits, func(a, b Candidate) int {
		if a.Estimated != b.Estimated {
			if a.Estimated {
				return -1
			}
			return 1
		}
		return cmp.Or(a.Monthly.Cmp(b.Monthly), strings.Compare(string(a.Plan), string(b.Plan)))
	})
	for i := range r.Fits {
		r.Fits[i].Rank = i + 1
	}
	byID := func(a, b Candidate) int { return strings.Compare(string(a.Plan), string(b.Plan)) }
	slices.SortFunc(r.Undecided, byID)
	slices.SortFunc(r.Excluded, byID)
}

// seal adds the digests by which a third party can compare a second run.
func (r *Result) seal(law *policy.Law, s Subject, offers []catalog.Offer) error {
	schema := law.Schema()
	facts := inventory.FactsOf(schema, s.Institution.Kind, &s.System, &s.Component)
	weighed := slices.Clone(offers)
	for i := range weighed { // plans in one order, whatever order they came in
		weighed[i].Plans = slices.SortedFunc(slices.Values(weighed[i].Plans), func(a, b catalog.Plan) int { return strings.Compare(string(a.ID), string(b.ID)) })
	}
	var err error
	r.InputDigest, err = digest(struct {
		AsOf      naru.Date             `json:"as_of"`
		Component inventory.ComponentID `json:"component"`
		Facts     json.RawMessage       `json:"facts"`
		Wish      Wish                  `json:"wish"`
		Packs     []policy.PackRef      `json:"packs"`
		Offers    []catalog.Offer       `json:"offers"`
	}{r.AsOf, r.Component, schema.Encode(&facts), r.Wish, r.Packs, weighed})
	if err != nil {
		return err
	}
	r.ResultDigest, err = digest([][]Candidate{r.Fits, r.Undecided, r.Excluded})
	return err
}

// digest returns the hex SHA-256 of a value's JSON, whose fields stand in a fixed order.
func digest(v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("digest of a match: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
