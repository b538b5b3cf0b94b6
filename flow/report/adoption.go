package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"naru"
	"naru/base/policy"
	"naru/flow/inventory"
)

// Count is what the store counts for one institution and one site.
type Count struct {
	Institution inventory.InstitutionID
	Venue       string // code of system.site, "" = unknown; of the provider for payments
	Systems     int64
	Cost        int64 // won a year
	CostUnknown int64 // systems without a yearly cost
	Paid        int64 // won of approved statements
}

// Row is a line of the adoption table: a kind of institution, or "total".
type Row struct {
	Kind                string `json:"kind"` // code of institution.kind, "" = unknown, "total"
	Institutions        int64  `json:"institutions"`
	InstitutionsCloud   int64  `json:"institutions_cloud"`   // with a system in any cloud
	InstitutionsPrivate int64  `json:"institutions_private"` // with a system in a private or PPP cloud
	Systems             int64  `json:"systems"`
	Government          int64  `json:"systems_government"`
	Private             int64  `json:"systems_private"`
	PPP                 int64  `json:"systems_ppp"`
	Own                 int64  `json:"systems_own"`
	OnSite              int64  `json:"systems_onsite"`
	SiteUnknown         int64  `json:"systems_unknown"`
	Cost                int64  `json:"cost_won"`
	CostCloud           int64  `json:"cost_cloud_won"`
	CostPrivate         int64  `json:"cost_private_won"` // private and PPP
	CostUnknown         int64  `json:"cost_unknown"`     // systems without a yearly cost
	Paid                int64  `json:"paid_won"`         // approved statements of the year
	PaidPrivate         int64  `json:"paid_private_won"`
}

// Measure is a figure with everything that is needed to judge and to recount it.
type Measure struct {
	Key         string       `json:"key"`
	Definition  naru.Message `json:"definition"`
	Query       naru.Message `json:"query"` // how it was counted
	Numerator   int64        `json:"numerator"`
	Denominator int64        `json:"denominator"`
	Unknown     int64        `json:"unknown"` // objects in the denominator whose fact is missing
	Unit        string       `json:"unit"`    // institutions, systems or won
	Share       string       `json:"share"`   // per cent with two decimals; "" when nothing was counted
	Published   []Published  `json:"published"`
}

// Adoption is the adoption table as of a date.
type Adoption struct {
	AsOf      naru.Date `json:"as_of"`    // institutions that existed, statements of that year up to its month
	FactsAt   time.Time `json:"facts_at"` // facts of systems as they stood at this instant
	Synthetic bool      `json:"synthetic"`
	Rows      []Row     `json:"rows"` // by kind, the total last
	Measures  []Measure `json:"measures"`
	Digest    string    `json:"digest"` // over as_of, rows and measures
}

// adopt makes the table from counts; institutions without a system are in it too.
func adopt(asOf naru.Date, insts []inventory.Institution, counts []Count) Adoption {
	rows := map[string]*Row{}
	at := func(kind string) *Row {
		if rows[kind] == nil {
			rows[kind] = &Row{Kind: kind}
		}
		return rows[kind]
	}
	kinds := map[inventory.InstitutionID]string{}
	out := Adoption{AsOf: asOf}
	for _, i := range insts {
		if asOf.Within(i.ValidFrom, i.ValidTo) {
			kinds[i.ID] = i.Kind
			at(i.Kind).Institutions++
			out.Synthetic = out.Synthetic || i.Synthetic
		}
	}
	cloud, private := map[inventory.InstitutionID]bool{}, map[inventory.InstitutionID]bool{}
	for _, c := range counts {
		kind, known := kinds[c.Institution]
		if !known {
			continue
		}
		r := at(kind)
		r.add(c)
		if c.Systems > 0 && inCloud(c.Venue) && !cloud[c.Institution] {
			cloud[c.Institution] = true
			r.InstitutionsCloud++
		}
		if c.Systems > 0 && inPrivate(c.Venue) && !private[c.Institution] {
			private[c.Institution] = true
			r.InstitutionsPrivate++
		}
	}
	out.Rows = ordered(rows)
	return out
}

func (r *Row) add(c Count) {
	r.Systems += c.Systems
	r.Cost += c.Cost
	r.CostUnknown += c.CostUnknown
	r.Paid += c.Paid
	switch policy.Venue(c.Venue) {
	case policy.Government:
		r.Government += c.Systems
	case policy.Private:
		r.Private += c.Systems
	case policy.PPP:
		r.PPP += c.Systems
	case policy.Own:
		r.Own += c.Systems
	case policy.OnSite:
		r.OnSite += c.Systems
	default:
		r.SiteUnknown += c.Systems
	}
	if inCloud(c.Venue) {
		r.CostCloud += c.Cost
	}
	if inPrivate(c.Venue) {
		r.CostPrivate += c.Cost
		r.PaidPrivate += c.Paid
	}
}

// inCloud and inPrivate say which venues a figure counts. An unknown site is in neither,
// and is told beside the figure.
func inCloud(venue string) bool {
	return slices.Contains([]policy.Venue{policy.Government, policy.Private, policy.PPP, policy.Own}, policy.Venue(venue))
}

func inPrivate(venue string) bool {
	return policy.Venue(venue) == policy.Private || policy.Venue(venue) == policy.PPP
}

// ordered puts the rows in the order of the law's kinds, unknown kinds behind, and adds
// the total.
func ordered(rows map[string]*Row) []Row {
	var kinds []string
	for _, k := range inventory.InstitutionKinds() {
		kinds = append(kinds, k.Key)
	}
	out := make([]Row, 0, len(rows)+1)
	for _, r := range rows {
		out = append(out, *r)
	}
	rank := func(kind string) int {
		if i := slices.Index(kinds, kind); i >= 0 {
			return i
		}
		return len(kinds)
	}
	slices.SortFunc(out, func(a, b Row) int {
		if d := rank(a.Kind) - rank(b.Kind); d != 0 {
			return d
		}
		return strings.Compare(a.Kind, b.Kind)
	})
	return append(out, totalOf(out))
}

func totalOf(rows []Row) Row {
	t := Row{Kind: "total"}
	for _, r := range rows {
		t.Institutions += r.Institutions
		t.InstitutionsCloud += r.InstitutionsCloud
		t.InstitutionsPrivate += r.InstitutionsPrivate
		t.Systems += r.Systems
		t.Government += r.Government
		t.Private += r.Private
		t.PPP += r.PPP
		t.Own += r.Own
		t.OnSite += r.OnSite
		t.SiteUnknown += r.SiteUnknown
		t.Cost += r.Cost
		t.CostCloud += r.CostCloud
		t.CostPrivate += r.CostPrivate
		t.CostUnknown += r.CostUnknown
		t.Paid += r.Paid
		t.PaidPrivate += r.PaidPrivate
	}
	return t
}

// measures makes the figures of a row, which is the total or one kind.
func measures(r Row) []Measure {
	list := []Measure{
		{
			Key: "institutions_private", Unit: "institutions", Numerator: r.InstitutionsPrivate, Denominator: r.Institutions, Unknown: r.SiteUnknown,
			Definition: naru.Msg("report.institutions_private"), Query: naru.Msg("report.institutions_private.query"),
		},
		{
			Key: "systems_cloud", Unit: "systems", Numerator: r.Government + r.Private + r.PPP + r.Own, Denominator: r.Systems, Unknown: r.SiteUnknown,
			Definition: naru.Msg("report.systems_cloud"), Query: naru.Msg("report.systems_cloud.query"),
		},
		{
			Key: "systems_private", Unit: "systems", Numerator: r.Private + r.PPP, Denominator: r.Systems, Unknown: r.SiteUnknown,
			Definition: naru.Msg("report.systems_private"), Query: naru.Msg("report.systems_private.query"),
		},
		{
			Key: "budget_private", Unit: "won", Numerator: r.CostPrivate, Denominator: r.Cost, Unknown: r.CostUnknown,
			Definition: naru.Msg("report.budget_private"), Query: naru.Msg("report.budget_private.query"),
		},
		{
			Key: "paid_private", Unit: "won", Numerator: r.PaidPrivate, Denominator: r.Paid,
			Definition: naru.Msg("report.paid_private"), Query: naru.Msg("report.paid_private.query"),
		},
	}
	for i := range list {
		list[i].Share = Percent(list[i].Numerator, list[i].Denominator)
		list[i].Published = publishedFor(list[i].Key)
	}
	return list
}

// Percent returns n of d in per cent with two decimals, half to even; "" when d is 0,
// because a share of nothing is not zero.
func Percent(n, d int64) string {
	if d <= 0 || n < 0 {
		return ""
	}
	scaled := new(big.Int).Mul(big.NewInt(n), big.NewInt(10_000))
	q, r := new(big.Int).QuoRem(scaled, big.NewInt(d), new(big.Int))
	if c := r.Lsh(r, 1).Cmp(big.NewInt(d)); c > 0 || (c == 0 && q.Bit(0) == 1) {
		q.Add(q, big.NewInt(1))
	}
	whole, cents := new(big.Int).QuoRem(q, big.NewInt(100), new(big.Int))
	return fmt.Sprintf("%s.%02d", whole, cents.Int64())
}

// digest names the figures: whoever counts the same rows gets the same digest.
func (a Adoption) digest() (string, error) {
	a.FactsAt, a.Digest = time.Time{}, ""
	text, err := json.Marshal(a)
	if err != nil {
		return "", fmt.Errorf("adoption as of %s: %w", a.AsOf, err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
