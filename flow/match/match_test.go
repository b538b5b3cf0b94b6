package match_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"naru"
	"naru/base/policy"
	"naru/flow/catalog"
	"naru/flow/inventory"
	"naru/flow/match"
)

const today naru.Date = "2026-03-02"

func inForce(t testing.TB, on naru.Date) *policy.Law {
	t.Helper()
	law, err := testLaw(t).InForce(on)
	if err != nil {
		t.Fatal(err)
	}
	return law
}

// subject is a component with facts.
func subject(t testing.TB, facts map[string]any) match.Subject {
	t.Helper()
	c := inventory.Component{ID: "cmp_1", Name: "자료"}
	for key, v := range facts {
		if err := inventory.Facts().Set(&c.Facts, key, v); err != nil {
			t.Fatal(err)
		}
	}
	return match.Subject{
		Institution: inventory.Institution{ID: "inst_1", Kind: "central"},
		System:      inventory.System{ID: "sys_1", Institution: "inst_1", Components: []inventory.Component{c}}, Component: c,
	}
}

func price(meter, rate string) catalog.Price {
	return catalog.Price{Meter: meter, Unit: "GiB", Rate: naru.MustDecimal(rate), From: "2026-01-01"}
}

func certificate(kind, tier string) catalog.Certificate {
	return catalog.Certificate{Scheme: catalog.CSAP, Type: kind, Tier: tier, Number: "CSAP-" + kind + tier, From: "2025-01-01", To: "2026-03-02"}
}

func offer(id string, venue policy.Venue, certs []catalog.Certificate, prices ...catalog.Price) catalog.Offer {
	return catalog.Offer{
		Service: catalog.Service{ID: catalog.ServiceID("svc_" + id), Provider: "prv_1", Category: "storage", Venue: venue, Certificates: certs},
		Plans:   []catalog.Plan{{ID: catalog.PlanID("pln_" + id), Service: catalog.ServiceID("svc_" + id), Prices: prices}},
	}
}

func keys(list []naru.Message) []string {
	out := make([]string, len(list))
	for i, m := range list {
		out[i] = m.Key
	}
	return out
}

func TestWeighGivesEveryReason(t *testing.T) {
	t.Parallel()
	personal := map[string]any{"component.personal_data": true, "component.info_kinds": []string{}}
	open := map[string]any{"component.personal_data": false, "component.info_kinds": []string{}}
	defence := map[string]any{"component.personal_data": true, "component.info_kinds": []string{"defence"}}
	some := []catalog.Price{price("storage", "1")}
	certs := func(list ...catalog.Certificate) []catalog.Certificate { return list }
	lapsed := certificate("iaas", "middle")
	lapsed.To = "2026-03-01"
	gone := offer("a", policy.Government, nil)
	gone.Gone, gone.Plans[0].Gone, gone.Unavailable.Ko = true, true, "엔진 없음"
	tests := map[string]struct {
		facts    map[string]any
		offer    catalog.Offer
		standing match.Standing
		reasons  []string // against, then unknown
	}{
		"no personal data needs no certificate":          {open, offer("a", policy.Private, nil, some...), match.Fits, nil},
		"a certificate of type and tier on its last day": {personal, offer("a", policy.Private, certs(certificate("iaas", "middle")), some...), match.Fits, nil},
		"an old certificate without a tier counts middle": {
			personal, offer("a", policy.Private, certs(certificate("iaas", "")), some...), match.Fits, nil,
		},
		"a higher tier serves and says so": {personal, offer("a", policy.Private, certs(certificate("iaas", "high")), some...), match.Fits, nil},
		"no certificate at all":            {personal, offer("a", policy.Private, nil, some...), match.Excluded, []string{"match.no_certificate"}},
		"a certificate that lapsed the day before": {
			personal, offer("a", policy.Private, certs(lapsed), some...), match.Excluded, []string{"match.certificate_not_valid"},
		},
		"a tier too low and another type, both said": {
			personal, offer("a", policy.Private, certs(certificate("iaas", "low"), certificate("daas", "")), some...), match.Excluded,
			[]string{"match.certificate_type", "match.certificate_tier"},
		},
		"a type on which sources conflict": {
			personal, offer("a", policy.Private, certs(certificate("saas_simple", "")), some...), match.Undecided, []string{"match.certificate_type_conflict"},
		},
		"a type with its tier that is not asked for": {
			personal, offer("a", policy.Private, certs(certificate("daas", "high")), some...), match.Excluded, []string{"match.certificate_type"},
		},
		"a certificate without a tier nobody mapped": {
			personal, offer("a", policy.Private, certs(certificate("saas_standard", "")), some...), match.Undecided, []string{"match.certificate_no_tier"},
		},
		"a composite certificate": {
			personal, offer("a", policy.Private, certs(certificate("composite", "")), some...), match.Undecided, []string{"match.certificate_composite"},
		},
		"one good certificate among bad ones": {
			personal, offer("a", policy.Private, certs(lapsed, certificate("saas_simple", "low"), certificate("iaas", "middle")), some...), match.Fits, nil,
		},
		"a venue the law closes":               {defence, offer("a", policy.Private, certs(certificate("iaas", "middle")), some...), match.Excluded, []string{"match.venue_closed"}},
		"the government centre is open to all": {defence, offer("a", policy.Government, nil, some...), match.Fits, nil},
		"a venue where somebody decides first": {open, offer("a", policy.PPP, nil, some...), match.Undecided, []string{"match.consult"}},
		"a venue no instrument speaks of":      {open, offer("a", policy.OnSite, nil, some...), match.Undecided, []string{"match.silence"}},
		"facts that are missing":               {nil, offer("a", policy.Private, nil, some...), match.Undecided, []string{"match.fact_missing", "match.fact_missing"}},
		"everything wrong at once":             {open, gone, match.Excluded, []string{"match.service_gone", "match.plan_gone", "match.unavailable", "match.no_price"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := match.Weigh(inForce(t, today), subject(t, tt.facts), &tt.offer, &tt.offer.Plans[0])
			got := slices.Concat(keys(f.Against), keys(f.Unknown))
			if f.Standing != tt.standing || !slices.Equal(got, tt.reasons) {
				t.Errorf("%s because %v; want %s because %v", f.Standing, got, tt.standing, tt.reasons)
			}
			if f.Standing == match.Fits && len(f.For) == 0 {
				t.Error("it fits without a reason")
			}
		})
	}
}

func TestReasonsAreCited(t *testing.T) {
	t.Parallel()
	o := offer("a", policy.Private, []catalog.Certificate{certificate("iaas", "high")}, price("storage", "1"))
	f := match.Weigh(inForce(t, today), subject(t, map[string]any{"component.personal_data": true, "component.info_kinds": []string{}}), &o, &o.Plans[0])
	if len(f.Citations) != 1 || f.Citations[0].Rule != "1-1" || f.Citations[0].Article != "제1조" || f.Citations[0].URL != "https://example.org/t1" {
		t.Errorf("citations: %+v", f.Citations)
	}
	if f.Certificate == nil || f.Certificate.Number != "CSAP-iaashigh" || !slices.Contains(keys(f.For), "match.certificate_higher") {
		t.Errorf("certificate %+v, for %v", f.Certificate, keys(f.For))
	}
}

func mustMatch(t testing.TB, law *policy.Law, s match.Subject, w match.Wish, offers []catalog.Offer) match.Result {
	t.Helper()
	r, err := match.Match(law, s, w, offers)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRankIsByExactMonthlyCost(t *testing.T) {
	t.Parallel()
	s := subject(t, map[string]any{"component.personal_data": false, "component.info_kinds": []string{}})
	offers := []catalog.Offer{
		offer("dear", policy.Government, nil, price("storage", "0.000000000000000002")),
		offer("cheap", policy.Private, nil, price("storage", "0.000000000000000001"), price("calls", "3")),
		offer("free", policy.Private, nil, price("calls", "1")),
		offer("same", policy.Private, nil, price("storage", "0.000000000000000002")),
	}
	w := match.Wish{Category: "storage", Estimate: map[string]naru.Decimal{"storage": naru.MustDecimal("3.5")}}
	r := mustMatch(t, inForce(t, today), s, w, offers)
	var order []string
	for _, c := range r.Fits {
		order = append(order, fmt.Sprint(c.Rank, c.Plan, c.Monthly))
	}
	want := []string{"1pln_cheap0.0000000000000000035", "2pln_dear0.000000000000000007", "3pln_same0.000000000000000007"}
	if !slices.Equal(order, want) {
		t.Errorf("ranked %v, want %v", order, want)
	}
	if got := keys(r.Fits[0].Notes); !slices.Equal(got, []string{"match.meter_not_estimated"}) {
		t.Errorf("notes: %v", got)
	}
	if len(r.Excluded) != 1 || !slices.Equal(keys(r.Excluded[0].Against), []string{"match.meter_unpriced"}) {
		t.Errorf("excluded: %+v", r.Excluded)
	}
}

func TestWishesExcludeAndUnknownCategoriesDoNot(t *testing.T) {
	t.Parallel()
	s := subject(t, map[string]any{"component.personal_data": false, "component.info_kinds": []string{}})
	other, unknown := offer("b", policy.Private, nil, price("storage", "1")), offer("c", policy.Private, nil, price("storage", "1"))
	other.Category, unknown.Category = "queue", ""
	offers := []catalog.Offer{offer("a", policy.Government, nil, price("storage", "1")), other, unknown}
	r := mustMatch(t, inForce(t, today), s, match.Wish{Category: "storage", Venue: policy.Private}, offers)
	if len(r.Fits) != 0 || len(r.Undecided) != 1 || r.Undecided[0].Unknown[0].Key != "match.category_unknown" || len(r.Excluded) != 2 {
		t.Fatalf("fits %d, undecided %+v, excluded %d", len(r.Fits), r.Undecided, len(r.Excluded))
	}
	if got := slices.Concat(keys(r.Excluded[0].Against), keys(r.Excluded[1].Against)); !slices.Equal(got, []string{"match.other_venue", "match.other_category"}) {
		t.Errorf("against: %v", got)
	}
}

// TestResultReplays shuffles a catalogue many times: the same bytes come out, every
// plan stands in exactly one list, and a change of any input changes the input digest.
func TestResultReplays(t *testing.T) {
	t.Parallel()
	law := inForce(t, today)
	s := subject(t, map[string]any{"component.personal_data": true, "component.info_kinds": []string{}})
	rng := rand.New(rand.NewPCG(7, 7))
	var offers []catalog.Offer
	for i := range 60 {
		venue := policy.Venues()[rng.IntN(5)]
		var certs []catalog.Certificate
		if rng.IntN(2) == 0 {
			certs = append(certs, certificate(catalog.CertificateTypes()[rng.IntN(6)], catalog.CertificateTiers()[rng.IntN(3)]))
		}
		o := offer(fmt.Sprint(i), venue, certs, price("storage", fmt.Sprint(rng.IntN(9))))
		o.Plans = append(o.Plans, catalog.Plan{ID: catalog.PlanID(fmt.Sprintf("pln_%d_b", i)), Prices: []catalog.Price{price("storage", "5")}})
		offers = append(offers, o)
	}
	w := match.Wish{Estimate: map[string]naru.Decimal{"storage": naru.MustDecimal("10")}}
	first := mustMatch(t, law, s, w, offers)
	if first.PlansWeighed != 120 || len(first.Fits)+len(first.Undecided)+len(first.Excluded) != 120 || len(first.Fits) == 0 || len(first.Undecided) == 0 {
		t.Fatalf("%d fit, %d undecided, %d excluded of %d", len(first.Fits), len(first.Undecided), len(first.Excluded), first.PlansWeighed)
	}
	for range 20 {
		rng.Shuffle(len(offers), func(i, k int) { offers[i], offers[k] = offers[k], offers[i] })
		for i := range offers {
			slices.Reverse(offers[i].Plans)
		}
		again := mustMatch(t, law, s, w, offers)
		if again.InputDigest != first.InputDigest || again.ResultDigest != first.ResultDigest {
			t.Fatal("the same inputs give another digest")
		}
	}
	offers[0].Plans[0].Prices[0].Rate = naru.MustDecimal("4.9")
	if changed := mustMatch(t, law, s, w, offers); changed.InputDigest == first.InputDigest {
		t.Error("another price gives the same input digest")
	}
	w.Estimate["storage"] = naru.MustDecimal("11")
	if changed := mustMatch(t, law, s, w, offers); changed.ResultDigest == first.ResultDigest {
		t.Error("another estimate gives the same result digest")
	}
}

// BenchmarkMatch2000 weighs a catalogue of 2,000 plans for one component.
func BenchmarkMatch2000(b *testing.B) {
	law := inForce(b, today)
	s := subject(b, map[string]any{"component.personal_data": true, "component.info_kinds": []string{}})
	var offers []catalog.Offer
	for i := range 2000 {
		offers = append(offers, offer(fmt.Sprint(i), policy.Private, []catalog.Certificate{certificate("iaas", "middle")}, price("storage", fmt.Sprint(i))))
	}
	w := match.Wish{Estimate: map[string]naru.Decimal{"storage": naru.MustDecimal("10")}}
	for b.Loop() {
		mustMatch(b, law, s, w, offers)
	}
}
