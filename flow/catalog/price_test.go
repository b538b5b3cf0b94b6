package catalog_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"naru"
	"naru/base/policy"
	"naru/base/record"
	"naru/flow/catalog"
	"naru/internal/testdb"
	"naru/store"
)

func cost(rate string, from, to naru.Date) catalog.Price {
	return catalog.Price{Meter: "storage", Unit: "GiB-hour", Rate: naru.MustDecimal(rate), From: from, To: to}
}

// shelf is a bed with one service of one plan.
func shelf(t *testing.T, db *store.DB) (b *bed, own naru.Actor, o catalog.Offer) {
	t.Helper()
	b = newBed(t, db)
	p := b.provider("가", "http://127.0.0.1:1/a", policy.Private)
	b.sync(p.ID, &site{listing: listing(service("s1", "storage", plan("p1")))})
	return b, seller(p.ID), do(b, operator, catalog.GetService, catalog.ServiceIn{ID: b.services(operator, catalog.Filter{})[0].ID})
}

func TestANewPriceClosesTheOldOne(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b, own, o := shelf(t, db)
		set := func(prices ...catalog.Price) (catalog.Plan, error) {
			return try(b, own, catalog.SetPrices, catalog.SetPricesIn{Plan: o.Plans[0].ID, Prices: prices})
		}
		if _, err := set(cost("0.000000000000000001", "2025-01-01", ""), cost("12.5", "2026-01-01", "")); err != nil {
			t.Fatal(err)
		}
		p, err := set(cost("13", "2026-04-01", "2026-12-31"))
		if err != nil {
			t.Fatal(err)
		}
		want := []catalog.Price{cost("0.000000000000000001", "2025-01-01", "2025-12-31"), cost("12.5", "2026-01-01", "2026-03-31"), cost("13", "2026-04-01", "2026-12-31")}
		for i, w := range want {
			if g := p.Prices[i]; len(p.Prices) != 3 || g.From != w.From || g.To != w.To || g.Rate.Cmp(w.Rate) != 0 {
				t.Errorf("price %d of %d is %+v, want %+v", i, len(p.Prices), g, w)
			}
		}
		for day, rate := range map[naru.Date]string{"2024-12-31": "", "2025-12-31": "0.000000000000000001", "2026-01-01": "12.5", "2026-04-01": "13", "2027-01-01": ""} {
			if got, ok := catalog.PriceOn(p.Prices, "storage", day); ok != (rate != "") || (ok && got.Rate.String() != rate) {
				t.Errorf("on %s: %+v, %t; want %q", day, got, ok, rate)
			}
		}
		if again, err := set(cost("13", "2026-04-01", "2026-12-31")); err != nil || len(again.Prices) != 3 {
			t.Errorf("the same again: %+v, %v", again.Prices, err)
		}
		_, err = set(cost("1", "2026-04-01", ""))
		refused(t, err, naru.Conflict, "catalog.price_overlaps")
		_, err = set(cost("1", "2026-02-01", ""))
		refused(t, err, naru.Conflict, "catalog.price_overlaps")
	})
}

func TestPricesAreRefused(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b, own, o := shelf(t, db)
		wrongUnit, unknown := cost("1", "2026-01-01", ""), cost("1", "2026-01-01", "")
		wrongUnit.Unit, unknown.Meter = "bytes", "calls"
		tests := map[string]struct {
			price catalog.Price
			key   string
		}{
			"below zero":                     {cost("-0.1", "2026-01-01", ""), "catalog.price_negative"},
			"a day that does not exist":      {cost("1", "2026-02-30", ""), "catalog.bad_date"},
			"an end before the start":        {cost("1", "2026-02-02", "2026-02-01"), "catalog.ends_before_start"},
			"another unit than the broker's": {wrongUnit, "catalog.unit_differs"},
			"a meter the broker lacks":       {unknown, "catalog.meter_unknown"},
		}
		for name, tt := range tests {
			_, err := try(b, own, catalog.SetPrices, catalog.SetPricesIn{Plan: o.Plans[0].ID, Prices: []catalog.Price{tt.price}})
			if e := refused(t, err, naru.Invalid, "catalog.price_refused"); e.Problems[0].Message.Key != tt.key || e.Problems[0].Row != 1 {
				t.Errorf("%s: %+v", name, e.Problems)
			}
		}
		do(b, own, catalog.SetPrices, catalog.SetPricesIn{Plan: o.Plans[0].ID, Prices: []catalog.Price{cost("1", "2026-01-01", "2026-01-31")}})
		_, err := try(b, own, catalog.SetPrices, catalog.SetPricesIn{Plan: o.Plans[0].ID, Prices: []catalog.Price{cost("2", "2026-03-01", "")}})
		refused(t, err, naru.Conflict, "catalog.price_in_past")
		_, err = try(b, own, catalog.SetPrices, catalog.SetPricesIn{Plan: "pln_0", Prices: []catalog.Price{cost("2", "2026-03-01", "")}})
		refused(t, err, naru.NotFound, "not_found")
	})
}

func TestCertificatesAreRenewedCancelledAndNeverReused(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b, _, o := shelf(t, db)
		c := catalog.Certificate{Scheme: catalog.CSAP, Type: "iaas", Tier: "middle", Number: "C-1", From: "2025-01-01", To: "2029-12-31"}
		set := func(c catalog.Certificate) (catalog.Service, error) {
			return try(b, ministry, catalog.Certify, catalog.CertifyIn{Service: o.ID, Certificate: c})
		}
		for _, to := range []naru.Date{"2029-12-31", "2034-12-31", "2026-03-01"} {
			c.To = to
			if got, err := set(c); err != nil || len(got.Certificates) != 1 || got.Certificates[0] != c {
				t.Errorf("until %s: %+v, %v", to, got.Certificates, err)
			}
		}
		c.Type = "paas"
		_, err := set(c)
		refused(t, err, naru.Conflict, "catalog.certificate_differs")
		for key, bad := range map[string]catalog.Certificate{
			"catalog.bad_certificate_type": {Scheme: catalog.CSAP, Type: "gold", Number: "C-2", From: "2025-01-01", To: "2026-01-01"},
			"catalog.bad_certificate_tier": {Scheme: catalog.CSAP, Type: "iaas", Tier: "best", Number: "C-2", From: "2025-01-01", To: "2026-01-01"},
			"catalog.ends_before_start":    {Scheme: catalog.CSAP, Type: "iaas", Number: "C-2", From: "2026-01-02", To: "2026-01-01"},
			"catalog.bad_date":             {Scheme: catalog.CSAP, Type: "iaas", Number: "C-2", From: "2025-01-01"},
			"catalog.field_missing":        {Scheme: catalog.CSAP, Type: "iaas", From: "2025-01-01", To: "2026-01-01"},
		} {
			_, err := set(bad)
			if e := refused(t, err, naru.Invalid, "catalog.certificate_refused"); e.Problems[0].Message.Key != key {
				t.Errorf("%s: %+v", key, e.Problems)
			}
		}
	})
}

func TestLoadAndDescribeServeProvidersWithoutABroker(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		p := b.provider("다", "", policy.PPP)
		_, err := try(b, operator, catalog.Sync, catalog.ProviderIn{ID: p.ID})
		refused(t, err, naru.Invalid, "catalog.no_broker")
		got := do(b, seller(p.ID), catalog.Load, catalog.LoadIn{Provider: p.ID, Listing: listing(service("s1", "", plan("p1")))})
		if got.Added != 2 || got.Services != 1 || got.Plans != 1 {
			t.Errorf("change: %+v", got)
		}
		again := do(b, seller(p.ID), catalog.Load, catalog.LoadIn{Provider: p.ID, Listing: listing(service("s1", "", plan("p1")))})
		if again.Same != 2 || again.Changed != 0 {
			t.Errorf("the same again: %+v", again)
		}
		id := b.services(officer, catalog.Filter{})[0].ID
		if s := do(b, seller(p.ID), catalog.Describe, catalog.DescribeIn{ID: id, Category: "storage", Region: "kr-central"}); s.Category != "storage" || s.Region != "kr-central" {
			t.Errorf("described: %+v", s)
		}
		if rows := b.services(officer, catalog.Filter{Category: "storage"}); len(rows) != 1 || rows[0].Region != "kr-central" {
			t.Errorf("by category: %+v", rows)
		}
		_, err = try(b, seller(p.ID), catalog.Describe, catalog.DescribeIn{ID: id})
		refused(t, err, naru.Invalid, "catalog.service_refused")
		with := b.provider("라", "http://127.0.0.1:1/d", policy.Private)
		_, err = try(b, operator, catalog.Load, catalog.LoadIn{Provider: with.ID, Listing: listing(service("s1", "", plan("p1")))})
		refused(t, err, naru.Conflict, "catalog.has_broker")
		_, err = try(b, seller(p.ID), catalog.Load, catalog.LoadIn{Provider: p.ID})
		refused(t, err, naru.Invalid, "catalog.listing_refused")
	})
}

// TestNoSecretReachesRecordOrDisk looks for a broker's password in every entry and in
// every byte of the database file.
func TestNoSecretReachesRecordOrDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := store.Open(t.Context(), filepath.Join(dir, "naru.db"), testdb.Sealer(t))
	if err != nil {
		t.Fatal(err)
	}
	b := newBed(t, db)
	p := b.provider("가", "http://127.0.0.1:1/a", policy.Private)
	b.sync(p.ID, &site{err: naru.NewError(naru.Unavailable, "provider.unreachable")})
	err = db.Read(t.Context(), func(ctx context.Context, v any) error {
		entries, err := v.(*store.Tx).EntriesFrom(ctx, 0, 100)
		var ops []string
		for _, e := range entries {
			leaf, lerr := e.Leaf()
			if lerr != nil || bytes.Contains(leaf, []byte("열쇠")) {
				t.Errorf("entry %d: %s, %v", e.Index, leaf, lerr)
			}
			if e.Outcome == record.Done {
				ops = append(ops, e.Op+" "+e.Detail["outcome"])
			}
		}
		if got := strings.Join(ops, ", "); got != "catalog.register , catalog.sync asked, catalog.sync refused" {
			t.Errorf("entries: %s", got)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil || bytes.Contains(data, []byte("열쇠-가")) || !bytes.Contains(data, []byte("127.0.0.1:1/a")) {
			t.Errorf("%s: %d bytes show the password or lack the address, %v", f.Name(), len(data), err)
		}
	}
}
