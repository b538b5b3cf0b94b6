package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/base/policy"
	"naru/door/web"
	"naru/flow/access"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/inventory"
	"naru/link/feed"
)

// exampleSeed makes the example nation the same everywhere.
const exampleSeed = 20260302

// exampleSource names the example nation in the inventory and the record.
const exampleSource = "example nation"

// asOperator starts a call of the operator who sets the example up.
func (s *system) asOperator() naru.Call {
	return s.runner.CallFor(naru.Actor{User: "operator@local", Role: string(identity.Operator)})
}

// settled reports a naru that has systems already.
func (s *system) settled(ctx context.Context) (bool, error) {
	have, err := op.Do(ctx, s.runner, s.asOperator(), inventory.ListSystems, inventory.ListSystemsIn{Page: naru.Page{Limit: 1}})
	return len(have.Rows) > 0, err
}

// settle brings the example nation in once; a second start finds it and leaves it.
func (s *system) settle(ctx context.Context, size int) (institutions, systems int, err error) {
	have, err := s.settled(ctx)
	if err != nil || have {
		return len(feed.NewGenerator(exampleSeed, size).Institutions()), size, err
	}
	n := feed.MakeNation(exampleSeed, size)
	_, err = op.Do(ctx, s.runner, s.asOperator(), inventory.ImportInstitutions,
		inventory.ImportInstitutionsIn{Rows: n.Institutions, Source: exampleSource})
	if err != nil {
		return 0, 0, fmt.Errorf("example institutions: %w", err)
	}
	_, err = op.Do(ctx, s.runner, s.asOperator(), inventory.Import,
		inventory.ImportIn{Rows: n.Rows(), Source: exampleSource, Synthetic: true})
	if err != nil {
		return 0, 0, fmt.Errorf("example systems: %w", err)
	}
	return len(n.Institutions), n.Systems, nil
}

// person is an example account with its password.
type person struct {
	User     string        `json:"user"`
	Password string        `json:"password"`
	Role     identity.Role `json:"role"`
}

// secondMinistry is the other account of the ministry: two people publish.
const secondMinistry = "ministry2"

// accounts makes one account per role, and a second one of the ministry, at the first
// start and keeps their passwords in a file of mode 0600, because they are shown again at
// every start.
func (s *system) accounts(ctx context.Context) ([]person, error) {
	path := filepath.Join(s.cfg.Dir, "example-accounts.json")
	var list []person
	data, err := os.ReadFile(path)
	switch {
	case err == nil:
		err = json.Unmarshal(data, &list)
	case errors.Is(err, fs.ErrNotExist):
		for _, r := range []identity.Role{identity.Officer, identity.Approver, identity.Ministry, identity.Auditor, identity.Operator, identity.Provider, identity.Platform} {
			list = append(list, person{string(r), "naru-" + random(6), r})
		}
		list = append(list, person{secondMinistry, "naru-" + random(6), identity.Ministry})
		if data, err = json.MarshalIndent(list, "", "  "); err == nil {
			err = os.WriteFile(path, data, 0o600)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("example accounts: %w", err)
	}
	home, err := s.homeOf(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		if a.Role != identity.Provider { // its provider is not registered yet
			if err := s.createAccount(ctx, a, home); err != nil {
				return nil, err
			}
		}
		if a.Role != identity.Platform { // a program, which has no use for pages
			s.hints = append(s.hints, web.Hint{User: a.User, Password: a.Password, Role: a.Role})
		}
	}
	return list, nil
}

// openProvider makes the account of the example's provider once its broker is registered.
func (s *system) openProvider(ctx context.Context, people []person) error {
	list, err := op.Do(ctx, s.runner, s.asOperator(), catalog.ListProviders, catalog.ListProvidersIn{})
	if err != nil {
		return err
	}
	for _, p := range list.Rows {
		if p.Venue != policy.Private {
			continue
		}
		for _, a := range people {
			if a.Role == identity.Provider {
				return s.createAccount(ctx, a, string(p.ID))
			}
		}
	}
	return nil // no private broker came up
}

// homeOf is the institution of the example's officer and approver.
func (s *system) homeOf(ctx context.Context) (string, error) {
	list, err := op.Do(ctx, s.runner, s.asOperator(), inventory.ListInstitutions, inventory.ListInstitutionsIn{Query: "가상행정부"})
	if err != nil {
		return "", err
	}
	if len(list.Rows) == 0 {
		return "", errors.New("the example nation is not there")
	}
	return string(list.Rows[0].ID), nil
}

// exampleBudget is the yearly budget of the example's home institution, in won.
const exampleBudget = 500_000_000

// fund gives the home institution a budget for the year, once.
func (s *system) fund(ctx context.Context) error {
	home, err := s.homeOf(ctx)
	if err != nil {
		return err
	}
	c := s.asOperator()
	year, err := strconv.Atoi(c.Today().Month().Year())
	if err != nil {
		return err
	}
	var in contract.BudgetsIn
	in.Institution, in.Year = inventory.InstitutionID(home), year
	have, err := op.Do(ctx, s.runner, c, s.steps.Contract.Budgets, in)
	if err != nil || len(have.Rows) > 0 {
		return err
	}
	_, err = op.Do(ctx, s.runner, c, s.steps.Contract.SetBudget,
		contract.BudgetIn{Institution: inventory.InstitutionID(home), Year: year, Amount: exampleBudget})
	return err
}

// createAccount makes an account that belongs to an institution or a provider; one from
// an earlier start stays.
func (s *system) createAccount(ctx context.Context, a person, owner string) error {
	in := access.CreateUserIn{User: a.User, Name: s.words.Text("ko", "role."+string(a.Role), nil), Role: a.Role, Password: naru.NewSecret(a.Password)}
	if a.Role == identity.Officer || a.Role == identity.Approver || a.Role == identity.Platform {
		in.Institution = owner
	}
	if a.Role == identity.Provider {
		in.Provider = owner
	}
	_, err := op.Do(ctx, s.runner, s.asOperator(), s.steps.Access.CreateUser, in)
	if naru.KindOf(err) == naru.Conflict {
		return nil // from an earlier start
	}
	return err
}

// enlist registers a broker of the example as a provider, takes its catalogue over and
// gives its services the certificates and prices of the example.
func (s *system) enlist(ctx context.Context, c *child, address string) error {
	idFile := filepath.Join(c.dir, "provider")
	id, err := os.ReadFile(idFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	p, err := op.Do(ctx, s.runner, s.asOperator(), catalog.Register, catalog.RegisterIn{
		ID: catalog.ProviderID(id), Name: naru.Text{Ko: c.site.title + " " + brokerTitle(c.name), En: c.site.name + " " + c.name},
		Venue: policy.Venue(c.site.venue), BrokerURL: address, BrokerUser: "naru", BrokerPassword: naru.NewSecret(c.token), Synthetic: true,
	})
	if err != nil {
		return fmt.Errorf("provider %s %s: %w", c.site.name, c.name, err)
	}
	if err := os.WriteFile(idFile, []byte(p.ID), 0o600); err != nil {
		return err
	}
	since := time.Now().UTC()
	if _, err := op.Do(ctx, s.runner, s.asOperator(), catalog.Sync, catalog.ProviderIn{ID: p.ID}); err != nil {
		return err
	}
	if err := s.synced(ctx, p.ID, since); err != nil {
		return err
	}
	return s.offer(ctx, c, p.ID)
}

// synced waits until the catalogue was taken over, or says why it was not.
func (s *system) synced(ctx context.Context, id catalog.ProviderID, since time.Time) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		p, err := op.Do(ctx, s.runner, s.asOperator(), catalog.GetProvider, catalog.ProviderIn{ID: id})
		switch {
		case err != nil:
			return err
		case p.Fault != "":
			return fmt.Errorf("catalogue of %s: %s", id, p.Fault)
		case !p.SyncedAt.Before(since.Truncate(time.Microsecond)):
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// offer certifies and prices every service of an example provider that has none yet.
func (s *system) offer(ctx context.Context, c *child, id catalog.ProviderID) error {
	var in catalog.ListServicesIn
	in.Provider = id
	list, err := op.Do(ctx, s.runner, s.asOperator(), catalog.ListServices, in)
	if err != nil {
		return err
	}
	for _, row := range list.Rows {
		o, err := op.Do(ctx, s.runner, s.asOperator(), catalog.GetService, catalog.ServiceIn{ID: row.ID})
		if err != nil {
			return err
		}
		if c.site.venue == "private" && len(o.Service.Certificates) == 0 {
			if err := s.certify(ctx, c.name, o.Service.ID); err != nil {
				return err
			}
		}
		for _, plan := range o.Plans {
			if err := s.price(ctx, &o.Service, &plan); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *system) certify(ctx context.Context, broker string, id catalog.ServiceID) error {
	c, kind := s.asOperator(), "paas"
	if broker == "objects" {
		kind = "iaas"
	}
	_, err := op.Do(ctx, s.runner, c, catalog.Certify, catalog.CertifyIn{Service: id, Certificate: catalog.Certificate{
		Scheme: "CSAP", Type: kind, Tier: "middle", Number: "EXAMPLE-" + broker, From: c.Today().AddDays(-400), To: c.Today().AddDays(1400),
	}})
	return err
}

func (s *system) price(ctx context.Context, svc *catalog.Service, plan *catalog.Plan) error {
	if len(plan.Prices) > 0 {
		return nil
	}
	c := s.asOperator()
	in := catalog.SetPricesIn{Plan: plan.ID}
	for _, m := range svc.Meters {
		in.Prices = append(in.Prices, catalog.Price{
			Meter: m.Name, Unit: m.Unit, Rate: exampleRate(m.Name), From: naru.Date(string(c.Today())[:4] + "-01-01"),
		})
	}
	if len(in.Prices) == 0 {
		return nil
	}
	_, err := op.Do(ctx, s.runner, c, catalog.SetPrices, in)
	return err
}

// exampleRate is a price of the example in won per unit; no real provider asks it.
func exampleRate(meter string) naru.Decimal {
	rates := map[string]string{
		"storage_gib_hours": "0.0512", "messages": "0.35", "requests": "0.4", "transfer_gib": "98.5",
		"instance_hours": "35.7", "connections": "0.9",
	}
	if r, ok := rates[meter]; ok {
		return naru.MustDecimal(r)
	}
	return naru.MustDecimal("1.25")
}

func brokerTitle(name string) string {
	switch name {
	case "objects":
		return "오브젝트 저장소"
	case "messaging":
		return "메시지 서비스"
	}
	return "데이터베이스"
}
