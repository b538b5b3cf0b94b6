package policy

import (
	"slices"

	"naru"
)

// Venue is a kind of place where a component may run.
type Venue string

// The venues, in the order verdicts show them.
const (
	Government Venue = "government" // 공공클라우드센터, 국가정보자원관리원
	Private    Venue = "private"    // 보안인증을 받은 민간클라우드센터
	PPP        Venue = "ppp"        // 민관협력형 클라우드
	Own        Venue = "own"        // 자체 클라우드
	OnSite     Venue = "onsite"     // 자체 전산실, 현장
)

// Venues lists every venue in the order verdicts show them.
func Venues() []Venue { return []Venue{Government, Private, PPP, Own, OnSite} }

// Outcome is what the law in force says of one component at one venue.
type Outcome string

// The outcomes, from mildest to strictest where they can be compared.
const (
	Allowed      Outcome = "allowed"
	Conditional  Outcome = "conditional" // allowed if the conditions are met
	Consult      Outcome = "consult"     // somebody named decides first
	NotAllowed   Outcome = "not_allowed"
	Required     Outcome = "required"      // this venue and no other
	OutOfScope   Outcome = "out_of_scope"  // the instrument does not reach this component
	CannotDecide Outcome = "cannot_decide" // facts are missing, or the sources conflict
	Obligation   Outcome = "obligation"    // of a rule only: binds, and neither opens nor closes a venue
)

// Truth is a Kleene truth value: a condition over unknown facts may be unknown.
type Truth string

// The truth values.
const (
	True    Truth = "true"
	False   Truth = "false"
	Unknown Truth = "unknown"
)

// Verdict is the answer for one component on one date at every venue, with
// everything that is needed to replay and to defend it.
type Verdict struct {
	AsOf        naru.Date      `json:"as_of"`
	Venues      []VenueVerdict `json:"venues"`            // in the order of Venues
	Packs       []PackRef      `json:"packs"`             // applied, in order of entry into force
	Pending     []Reason       `json:"pending,omitempty"` // announced, not in force: shown beside, never mixed in
	Derived     []Derived      `json:"derived,omitempty"` // facts concluded by an instrument, not given
	FactsDigest string         `json:"facts_digest"`
}

// Derived is a fact that was not given and that an instrument lets conclude from
// others, with its citation.
type Derived struct {
	Fact    string    `json:"fact"`
	Value   string    `json:"value"`
	Pack    string    `json:"pack"`
	Rule    string    `json:"rule"`
	Article string    `json:"article"`
	Source  string    `json:"source"`
	URL     string    `json:"url,omitempty"`
	Message naru.Text `json:"message"`
}

// Because says why no venue verdict was possible; it is the end of a message key
// "policy.because.…".
type Because string

// The causes of CannotDecide.
const (
	MissingFacts Because = "missing_facts" // a fact that could change the answer is unknown
	Unverified   Because = "unverified"    // the answer would rest on a text not read or on sources that conflict
	Silence      Because = "silence"       // no instrument in force speaks of this venue
)

// At returns the verdict for a venue.
func (v *Verdict) At(venue Venue) VenueVerdict {
	for _, w := range v.Venues {
		if w.Venue == venue {
			return w
		}
	}
	return VenueVerdict{Venue: venue, Outcome: CannotDecide}
}

// PackRef names the exact version of an instrument that was applied.
type PackRef struct {
	Key    string    `json:"key"` // "USE2025"
	Title  naru.Text `json:"title"`
	Status string    `json:"status"` // statute, notice, guideline, plan, draft
	Digest string    `json:"digest"` // hex SHA-256 of the pack's canonical form
}

// VenueVerdict is the answer for one venue: the strictest outcome of all instruments
// in force, and every rule that fired or would have fired.
type VenueVerdict struct {
	Venue       Venue            `json:"venue"`
	Outcome     Outcome          `json:"outcome"`
	Because     Because          `json:"because,omitempty"`    // of CannotDecide
	Conditions  []naru.Text      `json:"conditions,omitempty"` // not met yet
	Missing     []string         `json:"missing,omitempty"`    // fact keys, of CannotDecide
	Certificate *CertificateNeed `json:"certificate,omitempty"`
	Duties      []Duty           `json:"duties,omitempty"`
	Decides     naru.Text        `json:"decides"` // who decides, by the name valid on the date
	Reasons     []Reason         `json:"reasons"`
}

// CertificateNeed is what a service must hold before this component may use it.
type CertificateNeed struct {
	Scheme string   `json:"scheme"`          // "CSAP"
	Types  []string `json:"types,omitempty"` // any of: iaas, saas_standard, saas_simple, paas, daas; empty = any
	Tier   string   `json:"tier,omitempty"`  // low, middle, high; empty = any

	// Higher says whether a certificate of a higher tier suffices: accepted, undecided or
	// refused. No source settles it (policy.md 1.6), so it is a setting of the pack.
	Higher string `json:"higher,omitempty"`

	// Untiered are the types whose certificate counts although it names no tier: it was
	// issued before there were tiers and is valid for five years.
	Untiered []string `json:"untiered,omitempty"`

	// Undecided are the types for which the sources conflict (policy.md A9): a match
	// on one of them is neither a yes nor a no.
	Undecided []string `json:"undecided,omitempty"`
}

// Accepts reports whether a certificate is enough: its scheme, its type and its tier
// ("" for one issued before there were tiers). A type on which the sources conflict,
// or one that nobody mapped to a tier, is unknown and never a yes; so is a higher tier
// where the pack does not say that it suffices.
func (c *CertificateNeed) Accepts(scheme, kind, tier string) Truth {
	switch {
	case scheme != c.Scheme:
		return False
	case slices.Contains(c.Undecided, kind):
		return Unknown
	case len(c.Types) > 0 && !slices.Contains(c.Types, kind):
		return False
	case c.Tier == "", tier == c.Tier:
		return True
	case slices.Index(tiers(), tier) > slices.Index(tiers(), c.Tier):
		return c.higher()
	case tier != "":
		return False
	case slices.Contains(c.Untiered, kind):
		return True
	}
	return Unknown
}

func (c *CertificateNeed) higher() Truth {
	switch c.Higher {
	case higherAccepted:
		return True
	case higherRefused:
		return False
	default:
		return Unknown
	}
}

// Duty is something the law asks somebody to do because of the choice.
type Duty struct {
	Key     string    `json:"key"`
	Text    naru.Text `json:"text"`
	Days    int       `json:"days,omitempty"`  // deadline in days, 0 = none stated
	After   string    `json:"after,omitempty"` // "contract", "decision", "before_check", "before_end", "recommendation", "yearly"
	Article string    `json:"article"`
	Pack    string    `json:"pack"`
}

// Reason is one rule that fired, or would have fired if a missing fact were known,
// with its article and the truth of each of its conditions.
type Reason struct {
	Pack      string      `json:"pack"`
	Rule      string      `json:"rule"`
	Venue     Venue       `json:"venue"`
	Outcome   Outcome     `json:"outcome"`
	Truth     Truth       `json:"truth"`           // true or unknown
	Wins      bool        `json:"wins"`            // decided the outcome
	Would     Outcome     `json:"would,omitempty"` // what an unverified rule would say; Outcome is then cannot_decide
	Note      naru.Text   `json:"note"`            // the conflict of an unverified rule, or what to know beside it
	Article   string      `json:"article"`
	Title     naru.Text   `json:"title"` // of the instrument
	Status    string      `json:"status"`
	Source    string      `json:"source"` // key in the list of sources, "L07"
	URL       string      `json:"url,omitempty"`
	Message   naru.Text   `json:"message"`
	Exception naru.Text   `json:"exception"` // who may decide otherwise, if anyone
	Atoms     []AtomTruth `json:"atoms,omitempty"`
	Missing   []string    `json:"missing,omitempty"`
	Lift      *Lift       `json:"lift,omitempty"`   // who may decide otherwise
	Lifted    *Exemption  `json:"lifted,omitempty"` // the exception that was granted
}

// Lift says who may lift a rule for one component, and who is heard before: roles as the
// instrument names them, with the names valid on the date.
type Lift struct {
	By          string    `json:"by"`
	Name        naru.Text `json:"name"`
	Opinion     string    `json:"opinion,omitempty"`
	OpinionName naru.Text `json:"opinion_name"`
}

// AtomTruth is the truth of one elementary condition, with the fact it read.
type AtomTruth struct {
	Fact  string `json:"fact"`
	Test  string `json:"test"`  // "component.subjects >= 1000000"
	Value string `json:"value"` // the fact's outside form, "" when unknown
	Truth Truth  `json:"truth"`

	// Derived is the rule that concluded the fact, "PACK/id", when it was not given.
	Derived string `json:"derived,omitempty"`
}
