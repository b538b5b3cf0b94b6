package catalog_test

import (
	"testing"

	"naru"
	"naru/base/policy"
	"naru/flow/catalog"
	"naru/internal/testdb"
	"naru/store"
)

func TestTheVersionOfABrokerIsFoundOrSet(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		register := func(version, url string) catalog.Provider {
			return do(b, operator, catalog.Register, catalog.RegisterIn{
				Name: naru.Text{Ko: "옛 회사"}, Venue: policy.Private, BrokerURL: url, BrokerVersion: version,
			})
		}
		found := listing(service("s1", "storage", plan("p1")))
		found.Version = "2.13"
		p := register("", "http://127.0.0.1:1/a")
		if p.BrokerVersion != "" || p.VersionSet {
			t.Errorf("before the catalogue was read: %+v", p)
		}
		if p = b.sync(p.ID, &site{listing: found}); p.BrokerVersion != "2.13" || p.VersionSet {
			t.Errorf("found: %+v", p)
		}
		if p = register("", "http://127.0.0.1:1/a"); p.BrokerVersion != "2.13" {
			t.Errorf("registered again: %+v", p)
		}
		if p = register("2.4", "http://127.0.0.1:1/a"); p.BrokerVersion != "2.4" || !p.VersionSet {
			t.Errorf("set by hand: %+v", p)
		}
		s := &site{listing: found}
		if p = b.sync(p.ID, s); p.BrokerVersion != "2.4" || s.asked[0].BrokerVersion != "2.4" || !s.asked[0].VersionSet {
			t.Errorf("read again: %+v", p)
		}
		if p = register("", "http://127.0.0.1:1/a"); p.BrokerVersion != "" || p.VersionSet {
			t.Errorf("set no more: %+v", p)
		}
		if seen := do(b, officer, catalog.GetProvider, catalog.ProviderIn{ID: p.ID}); seen.BrokerVersion != "" {
			t.Errorf("an officer sees %+v", seen)
		}
		for _, bad := range []string{"2.3", "2.18", "3.0", "2", "2.017", "2.+5", "x"} {
			_, err := try(b, operator, catalog.Register, catalog.RegisterIn{Name: naru.Text{Ko: "라"}, Venue: policy.Private, BrokerVersion: bad})
			if e := refused(t, err, naru.Invalid, "catalog.provider_refused"); e.Problems[0].Message.Key != "catalog.bad_broker_version" {
				t.Errorf("%q: %+v", bad, e.Problems)
			}
		}
	})
}
