package match

import (
	"slices"

	"naru"
	"naru/base/policy"
	"naru/flow/catalog"
	"naru/flow/inventory"
)

// Standing says in which of the three lists a plan stands.
type Standing string

// The standings.
const (
	Fits      Standing = "fits"
	Undecided Standing = "undecided" // something that counts is not known, or somebody must be consulted first
	Excluded  Standing = "excluded"
)

// Subject is the component that needs a service, with what it belongs to.
type Subject struct {
	Institution inventory.Institution
	System      inventory.System
	Component   inventory.Component
	Exemptions  policy.Exemptions // granted to the component
}

// Fit is what law and certificate say of one plan for one component on a date.
type Fit struct {
	Standing    Standing             `json:"standing"`
	Venue       policy.Venue         `json:"venue"`
	Outcome     policy.Outcome       `json:"outcome"`
	For         []naru.Message       `json:"for"`
	Against     []naru.Message       `json:"against"`
	Unknown     []naru.Message       `json:"unknown"`
	Conditions  []naru.Text          `json:"conditions,omitempty"` // of the law, not met yet
	Decides     naru.Text            `json:"decides,omitzero"`     // who decides, when somebody must be consulted
	Certificate *catalog.Certificate `json:"certificate,omitempty"`
	Citations   []Citation           `json:"citations"` // what the outcome rests on
	FactsDigest string               `json:"facts_digest"`
}

// Citation is one rule the outcome rests on.
type Citation struct {
	Pack    string         `json:"pack"`
	Rule    string         `json:"rule"`
	Outcome policy.Outcome `json:"outcome"`
	Title   naru.Text      `json:"title"`
	Article string         `json:"article"`
	Status  string         `json:"status"`
	Source  string         `json:"source"`
	URL     string         `json:"url,omitempty"`
	Message naru.Text      `json:"message"`
}

func (f *Fit) pro(key string, pairs ...string) { f.For = append(f.For, naru.Msg(key, pairs...)) }
func (f *Fit) con(key string, pairs ...string) {
	f.Against = append(f.Against, naru.Msg(key, pairs...))
}

func (f *Fit) unclear(key string, pairs ...string) {
	f.Unknown = append(f.Unknown, naru.Msg(key, pairs...))
}

// settle derives the standing from the reasons: one against excludes, and one unknown
// keeps the plan from being counted in.
func (f *Fit) settle() {
	switch {
	case len(f.Against) > 0:
		f.Standing = Excluded
	case len(f.Unknown) > 0:
		f.Standing = Undecided
	default:
		f.Standing = Fits
	}
}

// Weigh says whether a plan may be used for a component on the law's date. It is pure:
// match ranks by it, contract orders by it and provision may ask it again.
func Weigh(law *policy.Law, s Subject, offer *catalog.Offer, plan *catalog.Plan) Fit {
	return newScales(law, s).weigh(offer, plan)
}

// scales weighs many plans for one subject; the law is asked once per kind of service.
type scales struct {
	law      *policy.Law
	subject  Subject
	verdicts map[choice]policy.Verdict
}

// choice is what choosing a service makes known to the law.
type choice struct {
	certified bool
	kind      string // iaas, paas, saas, daas; "" = not known
}

func newScales(law *policy.Law, s Subject) *scales {
	return &scales{law: law, subject: s, verdicts: make(map[choice]policy.Verdict)}
}

func (w *scales) weigh(offer *catalog.Offer, plan *catalog.Plan) Fit {
	f := Fit{Venue: offer.Venue, For: []naru.Message{}, Against: []naru.Message{}, Unknown: []naru.Message{}, Citations: []Citation{}}
	if offer.Gone {
		f.con("match.service_gone")
	}
	if plan.Gone {
		f.con("match.plan_gone")
	}
	if !offer.Unavailable.IsZero() {
		f.con("match.unavailable")
	}
	verdict := w.verdict(offer)
	f.FactsDigest = verdict.FactsDigest
	at := verdict.At(offer.Venue)
	f.byLaw(at)
	if need := at.Certificate; need != nil {
		f.byCertificate(need, offer.Certificates, w.law.Date())
	}
	if len(plan.PricesOn(w.law.Date())) == 0 {
		f.con("match.no_price", "date", string(w.law.Date()))
	}
	f.settle()
	return f
}

// verdict is the law's answer when this service is chosen: whether it is certified and
// of which kind are facts of the choice, not of the component.
func (w *scales) verdict(offer *catalog.Offer) policy.Verdict {
	c := choiceOf(offer.Certificates, w.law.Date())
	if v, ok := w.verdicts[c]; ok {
		return v
	}
	schema := w.law.Schema()
	facts := inventory.FactsOf(schema, w.subject.Institution.Kind, &w.subject.System, &w.subject.Component)
	_ = schema.Set(&facts, "component.service_certified", c.certified) // a schema without the fact has no rule that asks
	if c.kind != "" {
		_ = schema.Set(&facts, "component.service_kind", c.kind)
	}
	v := w.law.DecideUnder(w.subject.Exemptions, &facts)
	w.verdicts[c] = v
	return v
}

func choiceOf(certs []catalog.Certificate, on naru.Date) choice {
	var c choice
	for _, cert := range certs {
		if cert.Scheme != catalog.CSAP || !cert.ValidOn(on) {
			continue
		}
		kind := kindOf(cert.Type)
		if c.certified && kind != c.kind {
			kind = "" // certificates of two kinds: which one is used is not known
		}
		c = choice{certified: true, kind: kind}
	}
	return c
}

func kindOf(certificateType string) string {
	switch certificateType {
	case "iaas", "paas", "daas":
		return certificateType
	case "saas_standard", "saas_simple":
		return "saas"
	}
	return "" // composite
}

// byLaw reads the verdict of the venue.
func (f *Fit) byLaw(at policy.VenueVerdict) {
	f.Outcome = at.Outcome
	venue := string(f.Venue)
	switch {
	case at.Permits():
		f.pro("match.venue_open", "venue", venue, "outcome", string(at.Outcome))
		f.Conditions = at.Conditions
		if len(at.Conditions) > 0 {
			f.pro("match.conditions", "count", naru.DecimalOf(int64(len(at.Conditions))).String())
		}
	case at.Outcome == policy.NotAllowed:
		f.con("match.venue_closed", "venue", venue)
	case at.Outcome == policy.Consult:
		f.Decides = at.Decides
		f.unclear("match.consult", "venue", venue)
	case at.Outcome == policy.OutOfScope:
		f.unclear("match.out_of_scope", "venue", venue)
	default:
		f.undecided(at)
	}
	for _, r := range at.Reasons {
		if r.Wins {
			f.Citations = append(f.Citations, Citation{r.Pack, r.Rule, r.Outcome, r.Title, r.Article, r.Status, r.Source, r.URL, r.Message})
		}
	}
}

// undecided names every fact that is missing, or says why facts would not help.
func (f *Fit) undecided(at policy.VenueVerdict) {
	missing := slices.Sorted(slices.Values(at.Missing))
	for _, fact := range missing {
		f.unclear("match.fact_missing", "venue", string(f.Venue), "fact", fact)
	}
	if len(missing) > 0 {
		return
	}
	if at.Because == policy.Silence {
		f.unclear("match.silence", "venue", string(f.Venue))
		return
	}
	f.unclear("match.unverified", "venue", string(f.Venue))
}
