package testnaru

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"naru"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/inventory"
	"naru/wire/api"
	"naru/wire/osb"
)

// Password is that of every account that Open makes.
const Password = "naru-example-1"

// Site is a broker to be registered.
type Site struct{ URL, User, Password string }

// Market is a naru with one institution, one provider and an account of every role that is needed.
type Market struct {
	*Naru
	Institution inventory.InstitutionID
	System      inventory.SystemID
	Component   inventory.ComponentID
	Provider    catalog.ProviderID
	Offers      []catalog.Offer

	officer, approver *api.Client
	orders            int
}

// do runs an operation that must succeed.
func do[Out any](t testing.TB, c *api.Client, op string, in any) Out {
	t.Helper()
	var out Out
	if err := c.Do(t.Context(), op, in, &out); err != nil {
		t.Fatalf("%s: %v", op, err)
	}
	return out
}

// Do runs an operation as the operator; it must succeed.
func Do[Out any](t testing.TB, n *Naru, op string, in any) Out {
	t.Helper()
	return do[Out](t, n.REST, op, in)
}

// Open makes the institution, registers the broker as a private cloud, certifies and prices what it offers.
func (n *Naru) Open(t testing.TB, s Site) *Market {
	t.Helper()
	m := &Market{Naru: n}
	m.inventory(t)
	m.catalogue(t, s)
	for _, role := range []string{"officer", "approver", "platform"} {
		do[any](t, n.REST, "access.create_user", map[string]any{
			"user": role, "name": role, "role": role, "institution": m.Institution, "password": Password,
		})
	}
	m.officer, m.approver = n.As(t, "officer"), n.As(t, "approver")
	do[any](t, m.approver, "contract.budget", map[string]any{"year": time.Now().Year(), "amount": 900_000_000_000})
	return m
}

// As signs in as a user that Open made.
func (n *Naru) As(t testing.TB, user string) *api.Client {
	t.Helper()
	c := &api.Client{URL: n.URL, Lang: "en", HTTP: &http.Client{Timeout: time.Minute}}
	in, err := c.SignIn(t.Context(), api.SignIn{User: user, Password: Password})
	if err != nil {
		t.Fatalf("sign in as %s: %v", user, err)
	}
	c.Token = in.Token
	return c
}

func (m *Market) inventory(t testing.TB) {
	t.Helper()
	do[any](t, m.REST, "inventory.import_institutions", inventory.ImportInstitutionsIn{Source: "test", Rows: []inventory.InstitutionRow{
		{Row: 2, Code: "A", Value: inventory.Institution{Name: "가 기관", Kind: "central", Synthetic: true}},
	}})
	m.Institution = do[naru.List[inventory.Institution]](t, m.REST, "inventory.institutions", nil).Rows[0].ID
	facts := map[string]any{
		"system.stage": "new", "system.internal_business": false, "component.foi_items": []string{"foi5"}, "component.info_kinds": []string{},
		"component.personal_data": false, "component.nonpublic_business": true, "component.onsite_reasons": []string{},
	}
	do[any](t, m.REST, "inventory.import", inventory.ImportIn{Source: "test", Synthetic: true, Rows: []inventory.Row{
		{Row: 2, InstitutionCode: "A", Code: "S1", Name: "시험 시스템", Component: "열림", Facts: facts},
	}})
	m.System = do[naru.List[inventory.SystemRow]](t, m.REST, "inventory.systems", nil).Rows[0].ID
	m.Component = do[inventory.SystemOut](t, m.REST, "inventory.system", inventory.SystemIn{ID: m.System}).Components[0].ID
}

func (m *Market) catalogue(t testing.TB, s Site) {
	t.Helper()
	p := do[catalog.Provider](t, m.REST, "catalog.register", map[string]any{
		"name": naru.Text{Ko: "시험 클라우드", En: "Test cloud"}, "venue": "private", "synthetic": true,
		"broker_url": s.URL, "broker_user": s.User, "broker_password": s.Password,
	})
	m.Provider = p.ID
	do[any](t, m.REST, "catalog.sync", catalog.ProviderIn{ID: p.ID})
	var services []catalog.ServiceRow
	Until(t, "the catalogue of the broker", func(context.Context) (bool, error) {
		services = do[naru.List[catalog.ServiceRow]](t, m.REST, "catalog.services", catalog.ListServicesIn{Filter: catalog.Filter{Provider: p.ID}, Page: naru.Page{Limit: naru.MaxPage}}).Rows
		return len(services) > 0, nil
	})
	year := fmt.Sprint(time.Now().Year())
	for _, row := range services {
		do[any](t, m.REST, "catalog.certify", catalog.CertifyIn{Service: row.ID, Certificate: catalog.Certificate{
			Scheme: catalog.CSAP, Type: "saas_standard", Tier: "high", Number: "T-1", From: naru.Date(year + "-01-01"), To: naru.Date(year + "-12-31"),
		}})
		offer := do[catalog.Offer](t, m.REST, "catalog.service", catalog.ServiceIn{ID: row.ID})
		for _, plan := range offer.Plans {
			m.price(t, offer, plan)
		}
		m.Offers = append(m.Offers, offer)
	}
}

func (m *Market) price(t testing.TB, offer catalog.Offer, plan catalog.Plan) {
	t.Helper()
	meters := offer.Meters
	if len(meters) == 0 { // a broker of others names none
		meters = []catalog.Meter{{Name: "hours", Unit: "hour"}}
	}
	var prices []catalog.Price
	for _, meter := range meters {
		prices = append(prices, catalog.Price{Meter: meter.Name, Unit: meter.Unit, Rate: naru.DecimalOf(10), From: naru.Date(fmt.Sprint(time.Now().Year()) + "-01-01")})
	}
	do[any](t, m.REST, "catalog.price", catalog.SetPricesIn{Plan: plan.ID, Prices: prices})
}

// Plan finds a plan by its short name, and the service it belongs to.
func (m *Market) Plan(t testing.TB, slug string) (catalog.ServiceID, catalog.PlanID) {
	t.Helper()
	for _, o := range m.Offers {
		for _, p := range o.Plans {
			if p.Slug == slug {
				return o.ID, p.ID
			}
		}
	}
	t.Fatalf("no plan %q in the catalogue", slug)
	return "", ""
}

// Order places and approves an order for a plan, from today to the end of the year.
func (m *Market) Order(t testing.TB, slug string) contract.OrderID {
	t.Helper()
	_, plan := m.Plan(t, slug)
	m.orders++
	c := naru.Call{Now: time.Now()}
	o := do[contract.Order](t, m.officer, "contract.order", contract.OrderIn{
		Key: fmt.Sprint("test-", m.orders), System: m.System, Component: m.Component, Plan: plan,
		From: c.Today(), To: naru.Date(fmt.Sprint(c.Today().Month().Year()) + "-12-31"), Hold: 1_000_000, Purpose: "test",
	})
	return do[contract.Order](t, m.approver, "contract.approve", contract.DecideIn{ID: o.ID}).ID
}

// Platform is a client of the northern face.
func (m *Market) Platform(t testing.TB) *osb.Client {
	t.Helper()
	c, err := osb.NewClient(osb.ClientConfig{URL: m.URL + "/osb", User: "platform", Password: Password, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Verify exports the record, as soon as a signature covers it, and verifies the file against the published key.
func (n *Naru) Verify(t testing.TB) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "record.jsonl")
	Until(t, "a signed record", func(context.Context) (bool, error) {
		out, err := n.Command(t, "record", "export", file, "--data", n.Dir)
		if err != nil && strings.Contains(out, "naru:") {
			return false, nil // nothing is signed yet
		}
		return err == nil, err
	})
	if out, err := n.Command(t, "record", "verify", file, "--key", filepath.Join(n.Dir, "record.pub")); err != nil {
		t.Errorf("the record does not verify: %v: %s", err, out)
	}
}

// Until asks until the answer is yes; it gives up after two minutes or with the test.
func Until(t testing.TB, what string, yes func(context.Context) (bool, error)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := yes(ctx)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if ok {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("it never came: %s", what)
		case <-tick.C:
		}
	}
}
