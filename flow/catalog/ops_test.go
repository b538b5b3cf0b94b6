package catalog_test

import (
	"testing"

	"naru"
	"naru/base/policy"
	"naru/flow/catalog"
	"naru/internal/testdb"
	"naru/store"
)

func TestSyncTakesOverAddedChangedAndGone(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		p := b.provider("가", "http://127.0.0.1:1/a", policy.Private)
		s := &site{listing: listing(service("s1", "storage", plan("p1"), plan("p2")), service("s2", "queue", plan("p3")))}
		if got := b.sync(p.ID, s); got.SyncedAt.IsZero() || got.Fault != "" {
			t.Fatalf("after the first sync: %+v", got)
		}
		if s.asked[0].BrokerPassword.Open() != "열쇠-가" || s.asked[0].BrokerUser != "naru" {
			t.Errorf("the broker was asked with %q", s.asked[0].BrokerUser)
		}
		before := b.services(officer, catalog.Filter{})
		if len(before) != 2 || before[0].Plans != 2 || before[0].Venue != policy.Private || before[0].ProviderName.Ko != "가" || before[0].Meters[0].Unit != "GiB-hour" {
			t.Fatalf("services: %+v", before)
		}

		changed := service("s1", "", plan("p1"))
		changed.Name.Ko = "새 이름"
		s.listing = listing(changed)
		b.sync(p.ID, s)
		now := b.services(officer, catalog.Filter{})
		if len(now) != 1 || now[0].Name.Ko != "새 이름" || now[0].Category != "storage" || now[0].Plans != 1 || now[0].ID != before[0].ID {
			t.Errorf("after a change: %+v", now)
		}
		all := b.services(officer, catalog.Filter{Gone: true})
		if len(all) != 2 || !all[1].Gone {
			t.Errorf("with what is gone: %+v", all)
		}
		offer := do(b, officer, catalog.GetService, catalog.ServiceIn{ID: now[0].ID})
		if len(offer.Plans) != 2 || offer.Plans[0].Gone || !offer.Plans[1].Gone || string(offer.Plans[0].Wire) != `{"id":"p1"}` || offer.Plans[0].Quota["bytes"] != "1048576" {
			t.Errorf("plans: %+v", offer.Plans)
		}
		s.listing = listing(changed, service("s2", "queue", plan("p3")))
		b.sync(p.ID, s)
		if back := b.services(officer, catalog.Filter{Query: "서비스 S2"}); len(back) != 1 || back[0].ID != before[1].ID || back[0].Plans != 1 {
			t.Errorf("a service that came back: %+v", back)
		}
	})
}

func TestALyingCatalogueIsRefusedWhole(t *testing.T) {
	t.Parallel()
	long := make([]byte, 300)
	for i := range long {
		long[i] = 'x'
	}
	good := service("s1", "storage", plan("p1"))
	tests := map[string]struct {
		listing catalog.Listing
		err     error
		fault   string
		key     string
		row     int
	}{
		"nothing at all":            {listing(), nil, "catalog.listing_refused", "catalog.listing_empty", 0},
		"a service twice":           {listing(good, service("s1", "storage", plan("p9"))), nil, "catalog.listing_refused", "catalog.stands_twice", 2},
		"a plan id of two services": {listing(good, service("s2", "storage", plan("p1"))), nil, "catalog.listing_refused", "catalog.stands_twice", 2},
		"a service without a plan":  {listing(good, service("s2", "storage")), nil, "catalog.listing_refused", "catalog.service_without_plan", 2},
		"an id that is missing":     {listing(service("", "storage", plan("p1"))), nil, "catalog.listing_refused", "catalog.field_missing", 1},
		"an id that is too long":    {listing(service(string(long), "storage", plan("p1"))), nil, "catalog.listing_refused", "catalog.text_too_long", 1},
		"a plan that moved":         {listing(service("s2", "storage", plan("p1"))), nil, "catalog.listing_refused", "catalog.plan_moved", 1},
		"a broker that is down":     {listing(), naru.NewError(naru.Unavailable, "provider.unreachable"), "provider.unreachable", "", 0},
	}
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		p := b.provider("가", "http://127.0.0.1:1/a", policy.Private)
		b.sync(p.ID, &site{listing: listing(good)})
		for name, tt := range tests {
			got := b.sync(p.ID, &site{listing: tt.listing, err: tt.err})
			if got.Fault != tt.fault {
				t.Errorf("%s: fault %q, want %q", name, got.Fault, tt.fault)
			}
			if tt.key != "" && (len(got.Problems) == 0 || got.Problems[0].Message.Key != tt.key || got.Problems[0].Row != tt.row) {
				t.Errorf("%s: problems %+v, want %s in row %d", name, got.Problems, tt.key, tt.row)
			}
			if rows := b.services(officer, catalog.Filter{}); len(rows) != 1 || rows[0].Slug != "s1" || rows[0].Plans != 1 {
				t.Errorf("%s: the old catalogue became %+v", name, rows)
			}
		}
		if got := b.sync(p.ID, &site{listing: listing(good)}); got.Fault != "" || len(got.Problems) != 0 {
			t.Errorf("the fault stays after a good catalogue: %+v", got)
		}
	})
}

func TestProvidersSeeAndEditOnlyTheirOwn(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		p1, p2 := b.provider("가", "http://127.0.0.1:1/a", policy.Private), b.provider("나", "http://127.0.0.1:1/b", policy.Government)
		b.sync(p1.ID, &site{listing: listing(service("s1", "storage", plan("p1")))})
		b.sync(p2.ID, &site{listing: listing(service("s1", "storage", plan("p1")))})
		foreign := do(b, operator, catalog.GetService, catalog.ServiceIn{ID: b.services(operator, catalog.Filter{Provider: p2.ID})[0].ID})

		me := seller(p1.ID)
		if rows := b.services(me, catalog.Filter{}); len(rows) != 1 || rows[0].Provider != p1.ID {
			t.Errorf("own list: %+v", rows)
		}
		if list := do(b, me, catalog.ListProviders, catalog.ListProvidersIn{}); len(list.Rows) != 1 || list.Rows[0].BrokerURL == "" {
			t.Errorf("own providers: %+v", list.Rows)
		}
		if list := do(b, officer, catalog.ListProviders, catalog.ListProvidersIn{}); len(list.Rows) != 2 || list.Rows[0].BrokerURL != "" || list.Rows[0].BrokerUser != "" {
			t.Errorf("an officer sees %+v", list.Rows)
		}
		price := []catalog.Price{{Meter: "storage", Unit: "GiB-hour", Rate: naru.MustDecimal("0.1"), From: "2026-01-01"}}
		_, err := try(b, me, catalog.GetService, catalog.ServiceIn{ID: foreign.ID})
		refused(t, err, naru.NotFound, "not_found")
		_, err = try(b, me, catalog.GetProvider, catalog.ProviderIn{ID: p2.ID})
		refused(t, err, naru.NotFound, "not_found")
		_, err = try(b, me, catalog.Sync, catalog.ProviderIn{ID: p2.ID})
		refused(t, err, naru.NotFound, "not_found")
		_, err = try(b, me, catalog.SetPrices, catalog.SetPricesIn{Plan: foreign.Plans[0].ID, Prices: price})
		refused(t, err, naru.NotFound, "not_found")
		_, err = try(b, me, catalog.Describe, catalog.DescribeIn{ID: foreign.ID, Category: "x"})
		refused(t, err, naru.NotFound, "not_found")
		_, err = try(b, me, catalog.ListServices, catalog.ListServicesIn{Filter: catalog.Filter{Provider: p2.ID}})
		refused(t, err, naru.NotFound, "not_found")
		_, err = try(b, me, catalog.Register, catalog.RegisterIn{ID: p2.ID, Name: naru.Text{Ko: "내 것"}, Venue: policy.Government})
		refused(t, err, naru.NotFound, "not_found")
		_, err = try(b, me, catalog.Register, catalog.RegisterIn{ID: p1.ID, Name: naru.Text{Ko: "가"}, Venue: policy.Government})
		refused(t, err, naru.Denied, "catalog.venue_by_operator")
		_, err = try(b, me, catalog.Certify, catalog.CertifyIn{Service: foreign.ID})
		refused(t, err, naru.Denied, "identity.no_permission")
		_, err = try(b, seller(""), catalog.GetProvider, catalog.ProviderIn{ID: p1.ID})
		refused(t, err, naru.NotFound, "not_found")

		own := do(b, me, catalog.Register, catalog.RegisterIn{ID: p1.ID, Name: naru.Text{Ko: "가 회사"}, Venue: policy.Private, BrokerURL: "https://broker.example/x", Version: 1})
		if own.Version != 2 || own.BrokerURL != "https://broker.example/x" {
			t.Errorf("own change: %+v", own)
		}
		_, err = try(b, me, catalog.Register, catalog.RegisterIn{ID: p1.ID, Name: naru.Text{Ko: "가"}, Venue: policy.Private, Version: 1})
		refused(t, err, naru.Conflict, "catalog.provider_changed")
	})
}

func TestRegisterIsRepeatSafeAndChecked(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		first := b.provider("가", "http://127.0.0.1:1/a", policy.Private)
		if again := b.provider("가", "http://127.0.0.1:1/a", policy.Private); again.ID != first.ID || again.Version != 2 {
			t.Errorf("the same again: %+v", again)
		}
		_, err := try(b, operator, catalog.Register, catalog.RegisterIn{Name: naru.Text{Ko: "다"}, Venue: policy.Private, BrokerURL: "http://127.0.0.1:1/a"})
		refused(t, err, naru.Conflict, "catalog.broker_taken")
		for _, url := range []string{"ftp://x", "http://", "http://user:pw@host/", "http://host?x=1", "javascript:1", "http://a b"} {
			_, err := try(b, operator, catalog.Register, catalog.RegisterIn{Name: naru.Text{Ko: "라"}, Venue: policy.Private, BrokerURL: url})
			if e := refused(t, err, naru.Invalid, "catalog.provider_refused"); e.Problems[0].Message.Key != "catalog.bad_broker_url" {
				t.Errorf("%q: %+v", url, e.Problems)
			}
		}
		_, err = try(b, operator, catalog.Register, catalog.RegisterIn{Venue: "moon"})
		if e := refused(t, err, naru.Invalid, "catalog.provider_refused"); len(e.Problems) != 2 {
			t.Errorf("problems: %+v", e.Problems)
		}
		_, err = try(b, officer, catalog.Register, catalog.RegisterIn{Name: naru.Text{Ko: "마"}, Venue: policy.Private})
		refused(t, err, naru.Denied, "identity.no_permission")
	})
}

func TestServicesFilter(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		p1, p2 := b.provider("가", "http://127.0.0.1:1/a", policy.Private), b.provider("나", "http://127.0.0.1:1/b", policy.Government)
		b.sync(p1.ID, &site{listing: listing(service("s1", "storage", plan("p1")), service("s2", "queue", plan("p2")))})
		b.sync(p2.ID, &site{listing: listing(service("s3", "storage", plan("p3")))})
		s1 := b.services(officer, catalog.Filter{Query: "s1"})[0].ID
		do(b, ministry, catalog.Certify, catalog.CertifyIn{Service: s1, Certificate: catalog.Certificate{
			Scheme: catalog.CSAP, Type: "iaas", Tier: "middle", Number: "CSAP-1", From: "2025-01-01", To: "2026-03-02",
		}})
		tests := map[string]struct {
			filter catalog.Filter
			want   int
		}{
			"all":                            {catalog.Filter{}, 3},
			"category":                       {catalog.Filter{Category: "storage"}, 2},
			"venue":                          {catalog.Filter{Venue: policy.Government}, 1},
			"text in Korean, spaces apart":   {catalog.Filter{Query: "서비스s"}, 3},
			"text in English, case apart":    {catalog.Filter{Query: "SERVICE S2"}, 1},
			"wildcards are letters":          {catalog.Filter{Query: "%"}, 0},
			"certified today, the last day":  {catalog.Filter{Certificate: "iaas"}, 1},
			"certified the day after":        {catalog.Filter{Certificate: "iaas", AsOf: "2026-03-03"}, 0},
			"certified before the first day": {catalog.Filter{Tier: "middle", AsOf: "2024-12-31"}, 0},
			"of a tier":                      {catalog.Filter{Tier: "middle"}, 1},
			"of another tier":                {catalog.Filter{Certificate: "iaas", Tier: "low"}, 0},
			"provider":                       {catalog.Filter{Provider: p1.ID}, 2},
		}
		for name, tt := range tests {
			if rows := b.services(officer, tt.filter); len(rows) != tt.want {
				t.Errorf("%s: %d services, want %d", name, len(rows), tt.want)
			}
		}
		first := do(b, officer, catalog.ListServices, catalog.ListServicesIn{Page: naru.Page{Limit: 2}})
		rest := do(b, officer, catalog.ListServices, catalog.ListServicesIn{Page: naru.Page{Limit: 2, After: first.Next}})
		if len(first.Rows) != 2 || len(rest.Rows) != 1 || rest.Rows[0].Slug != "s3" || rest.Next != "" {
			t.Errorf("pages: %+v then %+v", first, rest)
		}
		_, err := try(b, officer, catalog.ListServices, catalog.ListServicesIn{Filter: catalog.Filter{AsOf: "2026-02-30"}})
		refused(t, err, naru.Invalid, "catalog.bad_date")
	})
}

func TestEveryOperationFitsTheStore(t *testing.T) {
	t.Parallel()
	for _, o := range catalog.Operations() {
		if err := o.Fits(&store.Tx{}); err != nil {
			t.Error(err)
		}
	}
}
