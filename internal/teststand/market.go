package teststand

import (
	"crypto/rand"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"naru"
	"naru/base/identity"
	"naru/base/policy"
	"naru/base/record"
	"naru/flow/catalog"
)

// sign makes a key of its own for the record of this stand.
func (s *Stand) sign(t testing.TB) (*record.Signer, string) {
	t.Helper()
	signing, verifier, err := note.GenerateKey(rand.Reader, "stand.example/record")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := record.NewSigner(signing)
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier
}

// market registers two invented providers with certified and priced services.
func (s *Stand) market(t testing.TB) {
	t.Helper()
	root := naru.Actor{User: "setup", Role: string(identity.Operator)}
	gov := Do(t, s, root, catalog.Register, catalog.RegisterIn{Name: naru.Text{Ko: "가온 공공센터", En: "Gaon Government Centre"}, Venue: policy.Government, Synthetic: true})
	s.Seller = Do(t, s, root, catalog.Register, catalog.RegisterIn{Name: naru.Text{Ko: "한빛클라우드", En: "Hanbit Cloud"}, Venue: policy.Private, Synthetic: true})
	for _, p := range []catalog.Provider{gov, s.Seller} {
		Do(t, s, root, catalog.Load, catalog.LoadIn{Provider: p.ID, Listing: listing(string(p.Venue))})
		list := Do(t, s, root, catalog.ListServices, catalog.ListServicesIn{Filter: catalog.Filter{Provider: p.ID}})
		for i, row := range list.Rows {
			s.stock(t, root, row.ID, i)
		}
	}
}

// stock certifies a service and prices its plans.
func (s *Stand) stock(t testing.TB, root naru.Actor, id catalog.ServiceID, n int) {
	t.Helper()
	Do(t, s, root, catalog.Certify, catalog.CertifyIn{Service: id, Certificate: catalog.Certificate{
		Scheme: catalog.CSAP, Type: "iaas", Tier: []string{"middle", "high", "low"}[n%3], Number: "SYN-CSAP-" + string(id)[4:12], From: "2025-01-01", To: "2029-12-31",
	}})
	offer := Do(t, s, root, catalog.GetService, catalog.ServiceIn{ID: id})
	for i, plan := range offer.Plans {
		var prices []catalog.Price
		for k, m := range offer.Meters {
			rate := naru.DecimalOf(int64(12 + 7*i + 3*k)).Mul(naru.MustDecimal("0.25"))
			prices = append(prices, catalog.Price{Meter: m.Name, Unit: m.Unit, Rate: rate, From: "2025-01-01"})
		}
		Do(t, s, root, catalog.SetPrices, catalog.SetPricesIn{Plan: plan.ID, Prices: prices})
	}
}

func listing(site string) catalog.Listing {
	service := func(slug, ko, en, category string, meters ...catalog.Meter) catalog.ServiceOffer {
		return catalog.ServiceOffer{
			OSBID: site + "-" + slug, Slug: slug, Name: naru.Text{Ko: ko, En: en}, Category: category, Region: "KR", Meters: meters, Bindable: true,
			Doc: naru.Text{Ko: ko + " 서비스. 시험을 위한 가상의 서비스입니다.", En: en + ". An invented service for tests."},
			Plans: []catalog.PlanOffer{
				{OSBID: site + "-" + slug + "-s", Slug: "small", Name: naru.Text{Ko: "소형", En: "Small"}, Quota: map[string]string{"bytes": "10737418240"}},
				{OSBID: site + "-" + slug + "-l", Slug: "large", Name: naru.Text{Ko: "대형", En: "Large"}, Quota: map[string]string{"bytes": "1099511627776"}},
			},
		}
	}
	return catalog.Listing{Services: []catalog.ServiceOffer{
		service("objects", "객체 저장소", "Object storage", "object-storage", catalog.Meter{Name: "storage", Unit: "GiB-hour"}, catalog.Meter{Name: "requests", Unit: "1000 requests"}),
		service("postgres", "관계형 데이터베이스", "Relational database", "database", catalog.Meter{Name: "storage", Unit: "GiB-hour"}),
		service("messages", "메시지 스트림", "Message streams", "messaging", catalog.Meter{Name: "messages", Unit: "1000 messages"}),
	}}
}
