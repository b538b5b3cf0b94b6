package catalog_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"naru"
	"naru/base/policy"
	"naru/flow/catalog"
	"naru/internal/testdb"
	"naru/store"
	"naru/wire/osb"
)

// dataDir finds the folder of real files: NARU_DATA, or shared/data beside a folder
// above this one.
func dataDir(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("NARU_DATA"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		data := filepath.Join(dir, "shared", "data")
		if info, err := os.Stat(data); err == nil && info.IsDir() {
			return data
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skip("shared/data is not beside the repository and NARU_DATA is not set: the real files are not tried")
		}
		dir = up
	}
}

func realListing(t *testing.T, file string) catalog.Listing {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dataDir(t), "osb-catalogs", file))
	if err != nil {
		t.Fatal(err)
	}
	var c osb.Catalog
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	var l catalog.Listing
	for _, s := range c.Services {
		o := catalog.ServiceOffer{OSBID: s.ID, Slug: s.Name, Name: naru.Text{Ko: s.Name}, Doc: naru.Text{Ko: s.Description}, Bindable: s.Bindable}
		for _, p := range s.Plans {
			o.Plans = append(o.Plans, catalog.PlanOffer{OSBID: p.ID, Slug: p.Name, Name: naru.Text{Ko: p.Name}, Doc: naru.Text{Ko: p.Description}})
		}
		l.Services = append(l.Services, o)
	}
	return l
}

// TestRealCataloguesAreTakenOver loads the catalogues of real deployments, each for a
// provider of its own, and again, which changes nothing.
func TestRealCataloguesAreTakenOver(t *testing.T) {
	t.Parallel()
	dataDir(t)
	want := map[string]struct{ services, plans int }{
		"govuk-paas-aws-brokers.json": {5, 152}, "govuk-paas-aiven-broker.json": {2, 10}, "kpaas-container-platform-broker.json": {1, 3},
	}
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db)
		for file, n := range want {
			p, l := b.provider(file, "", policy.Private), realListing(t, file)
			first := do(b, operator, catalog.Load, catalog.LoadIn{Provider: p.ID, Listing: l})
			if first.Services != n.services || first.Plans != n.plans || first.Added != n.services+n.plans {
				t.Errorf("%s: %+v, want %+v", file, first, n)
			}
			if again := do(b, operator, catalog.Load, catalog.LoadIn{Provider: p.ID, Listing: l}); again.Same != n.services+n.plans {
				t.Errorf("%s again: %+v", file, again)
			}
		}
		if rows := b.services(officer, catalog.Filter{Query: "POSTGRES"}); len(rows) != 1 || rows[0].Plans == 0 {
			t.Errorf("a search finds %+v", rows)
		}
	})
}
