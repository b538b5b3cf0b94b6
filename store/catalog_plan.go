package store

import (
	"context"
	"encoding/json"
	"fmt"

	"naru/flow/catalog"
	"naru/flow/inventory"
)

// certificateRow is a certificate with the service it belongs to.
type certificateRow struct {
	service catalog.ServiceID
	catalog.Certificate
}

const certificateQuery = `SELECT service, scheme, type, tier, number, valid_from, valid_to FROM certificate`

func scanCertificate(s scanner) (c certificateRow, err error) {
	err = s.Scan(&c.service, &c.Scheme, &c.Type, &c.Tier, &c.Number, &c.From, &c.To)
	return c, err
}

func (tx *Tx) certificates(ctx context.Context, of catalog.ServiceID) ([]catalog.Certificate, error) {
	rows, err := collect(ctx, tx, scanCertificate, certificateQuery+` WHERE service = $1 ORDER BY valid_from, number`, of)
	if err != nil {
		return nil, err
	}
	list := make([]catalog.Certificate, len(rows))
	for i, r := range rows {
		list[i] = r.Certificate
	}
	return list, nil
}

// PutCertificate implements catalog.Store: a number that is known keeps everything but
// its last day.
func (tx *Tx) PutCertificate(ctx context.Context, s catalog.ServiceID, c catalog.Certificate) error {
	const q = `INSERT INTO certificate (service, scheme, number, type, tier, valid_from, valid_to) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (service, scheme, number) DO UPDATE SET valid_to = excluded.valid_to`
	return tx.exec(ctx, q, s, c.Scheme, c.Number, c.Type, c.Tier, string(c.From), string(c.To))
}

func scanPlan(s scanner) (p catalog.Plan, err error) {
	var quota []byte
	err = s.Scan(&p.ID, &p.Service, &p.OSBID, &p.Slug, &p.Name.Ko, &p.Name.En, &p.Doc.Ko, &p.Doc.En, &quota, &p.Gone, &p.Wire)
	if err != nil {
		return p, err
	}
	err = json.Unmarshal(quota, &p.Quota)
	return p, err
}

// priceRow is a price with the plan it belongs to.
type priceRow struct {
	plan catalog.PlanID
	catalog.Price
}

func scanPrice(s scanner) (p priceRow, err error) {
	var rate string
	if err := s.Scan(&p.plan, &p.Meter, &p.From, &p.To, &p.Unit, &rate); err != nil {
		return p, err
	}
	err = p.Rate.UnmarshalText([]byte(rate))
	return p, err
}

// plans reads the plans a condition on p selects, with the history of their prices.
func (tx *Tx) plans(ctx context.Context, where string, arg any) ([]catalog.Plan, error) {
	q := `SELECT p.id, p.service, p.osb_id, p.slug, p.name, p.name_en, p.doc, p.doc_en, p.quota, p.gone, p.wire
		FROM service_plan p WHERE ` + where + ` ORDER BY p.service, p.slug, p.id`
	list, err := collect(ctx, tx, scanPlan, q, arg)
	if err != nil {
		return nil, err
	}
	at := make(map[catalog.PlanID]*catalog.Plan, len(list))
	for i := range list {
		at[list[i].ID] = &list[i]
	}
	q = `SELECT c.plan, c.meter, c.valid_from, c.valid_to, c.unit, c.rate FROM price c JOIN service_plan p ON p.id = c.plan
		WHERE ` + where + ` ORDER BY c.plan, c.meter, c.valid_from`
	prices, err := collect(ctx, tx, scanPrice, q, arg)
	if err != nil {
		return nil, err
	}
	for _, r := range prices {
		at[r.plan].Prices = append(at[r.plan].Prices, r.Price)
	}
	return list, nil
}

// CatalogPlan implements catalog.Store.
func (tx *Tx) CatalogPlan(ctx context.Context, id catalog.PlanID) (catalog.Plan, error) {
	list, err := tx.plans(ctx, `p.id = $1`, id)
	if err != nil {
		return catalog.Plan{}, err
	}
	if len(list) == 0 {
		return catalog.Plan{}, notFound("plan", string(id))
	}
	return list[0], nil
}

// PutPlans implements catalog.Store. Prices are not touched.
func (tx *Tx) PutPlans(ctx context.Context, list []catalog.Plan) error {
	const q = `INSERT INTO service_plan (id, service, osb_id, slug, name, name_en, doc, doc_en, quota, gone, wire)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, name = excluded.name, name_en = excluded.name_en, doc = excluded.doc,
		doc_en = excluded.doc_en, quota = excluded.quota, gone = excluded.gone, wire = excluded.wire`
	for i := range list {
		p := &list[i]
		quota, err := json.Marshal(p.Quota)
		if err != nil {
			return fmt.Errorf("plan %s: %w", p.ID, err)
		}
		err = tx.exec(ctx, q, p.ID, p.Service, p.OSBID, p.Slug, p.Name.Ko, p.Name.En, p.Doc.Ko, p.Doc.En, string(quota), p.Gone, bytesOf(p.Wire))
		if err != nil {
			return fmt.Errorf("plan %s: %w", p.ID, err)
		}
	}
	return nil
}

// PutPrices implements catalog.Store: a price that is there can only be closed.
func (tx *Tx) PutPrices(ctx context.Context, p catalog.PlanID, rows []catalog.Price) error {
	const q = `INSERT INTO price (plan, meter, valid_from, valid_to, unit, rate) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (plan, meter, valid_from) DO UPDATE SET valid_to = excluded.valid_to`
	for _, r := range rows {
		if err := tx.exec(ctx, q, p, r.Meter, string(r.From), string(r.To), r.Unit, r.Rate.String()); err != nil {
			return fmt.Errorf("price of %s from %s: %w", r.Meter, r.From, err)
		}
	}
	return nil
}

// SystemOfComponent implements match.Store.
func (tx *Tx) SystemOfComponent(ctx context.Context, id inventory.ComponentID) (inventory.SystemID, error) {
	system, err := one(ctx, tx, scanText, `SELECT system FROM component WHERE id = $1`, id)
	return inventory.SystemID(system), missing(err, "component", string(id))
}
