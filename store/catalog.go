package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"naru"
	"naru/flow/catalog"
)

const providerColumns = `id, name, name_en, venue, broker_url, broker_user, broker_password, version, synced_at, fault, problems, synthetic`

// scanProvider unseals the broker's password, which is bound to the provider's id.
func (tx *Tx) scanProvider(s scanner) (p catalog.Provider, err error) {
	var (
		sealed, problems []byte
		synced           int64
	)
	err = s.Scan(&p.ID, &p.Name.Ko, &p.Name.En, &p.Venue, &p.BrokerURL, &p.BrokerUser, &sealed, &p.Version, &synced, &p.Fault, &problems, &p.Synthetic)
	if err != nil {
		return p, err
	}
	p.SyncedAt = instant(synced)
	if len(problems) > 0 {
		if err := json.Unmarshal(problems, &p.Problems); err != nil {
			return p, fmt.Errorf("provider %s: %w", p.ID, err)
		}
	}
	if len(sealed) > 0 {
		p.BrokerPassword, err = tx.sealer.Unseal(string(p.ID), sealed)
	}
	return p, err
}

// Provider implements catalog.Store.
func (tx *Tx) Provider(ctx context.Context, id catalog.ProviderID) (catalog.Provider, error) {
	p, err := cached(ctx, tx, "provider "+string(id), nil, func(ctx context.Context) (catalog.Provider, error) {
		return one(ctx, tx, tx.scanProvider, `SELECT `+providerColumns+` FROM provider WHERE id = $1`, id)
	})
	p.Problems = slices.Clone(p.Problems)
	return p, missing(err, "provider", string(id))
}

// ProviderByBroker implements catalog.Store.
func (tx *Tx) ProviderByBroker(ctx context.Context, url string) (p catalog.Provider, ok bool, err error) {
	rows, err := collect(ctx, tx, tx.scanProvider, `SELECT `+providerColumns+` FROM provider WHERE broker_url = $1`, url)
	if err != nil || len(rows) == 0 {
		return p, false, err
	}
	return rows[0], true, nil
}

// Providers implements catalog.Store. The order is by name and id.
func (tx *Tx) Providers(ctx context.Context, of catalog.ProviderID, p naru.Page) (naru.List[catalog.Provider], error) {
	id, name, _ := strings.Cut(p.After, "/")
	const q = `SELECT ` + providerColumns + ` FROM provider WHERE ($1 = '' OR id = $1) AND (name, id) > ($2, $3) ORDER BY name, id LIMIT $4`
	rows, err := collect(ctx, tx, tx.scanProvider, q, of, name, id, p.Size()+1)
	return page(rows, p, func(v catalog.Provider) string { return string(v.ID) + "/" + v.Name.Ko }), err
}

// PutProvider implements catalog.Store.
func (tx *Tx) PutProvider(ctx context.Context, p catalog.Provider) error {
	sealed := []byte{}
	if !p.BrokerPassword.IsZero() {
		var err error
		if sealed, err = tx.sealer.Seal(string(p.ID), p.BrokerPassword); err != nil {
			return err
		}
	}
	problems := ""
	if len(p.Problems) > 0 {
		text, err := json.Marshal(p.Problems)
		if err != nil {
			return fmt.Errorf("provider %s: %w", p.ID, err)
		}
		problems = string(text)
	}
	const q = `INSERT INTO provider (` + providerColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, venue = excluded.venue,
		broker_url = excluded.broker_url, broker_user = excluded.broker_user, broker_password = excluded.broker_password,
		version = excluded.version, synced_at = excluded.synced_at, fault = excluded.fault, problems = excluded.problems, synthetic = excluded.synthetic`
	return tx.exec(ctx, q, p.ID, p.Name.Ko, p.Name.En, p.Venue, p.BrokerURL, p.BrokerUser, sealed, p.Version, micros(p.SyncedAt), p.Fault, problems, p.Synthetic)
}

const serviceColumns = `s.id, s.provider, s.osb_id, s.slug, s.name, s.name_en, s.doc, s.doc_en, s.category, s.region, s.meters,
	s.bindable, s.unavailable, s.unavailable_en, s.gone, s.wire, v.venue, v.synthetic, v.name, v.name_en`

// scanOffer reads a service with its provider's name; plans are still missing.
func scanOffer(s scanner) (o catalog.Offer, err error) {
	var meters []byte
	err = s.Scan(&o.ID, &o.Provider, &o.OSBID, &o.Slug, &o.Name.Ko, &o.Name.En, &o.Doc.Ko, &o.Doc.En, &o.Category, &o.Region, &meters,
		&o.Bindable, &o.Unavailable.Ko, &o.Unavailable.En, &o.Gone, &o.Wire, &o.Venue, &o.Synthetic, &o.ProviderName.Ko, &o.ProviderName.En)
	if err != nil {
		return o, err
	}
	err = json.Unmarshal(meters, &o.Meters)
	return o, err
}

// Offer implements catalog.Store.
func (tx *Tx) Offer(ctx context.Context, id catalog.ServiceID) (catalog.Offer, error) {
	o, err := cached(ctx, tx, "offer "+string(id), nil, func(ctx context.Context) (catalog.Offer, error) { return tx.readOffer(ctx, id) })
	o.Certificates, o.Plans = slices.Clone(o.Certificates), slices.Clone(o.Plans)
	return o, err
}

func (tx *Tx) readOffer(ctx context.Context, id catalog.ServiceID) (catalog.Offer, error) {
	const q = `SELECT ` + serviceColumns + ` FROM service s JOIN provider v ON v.id = s.provider WHERE s.id = $1`
	o, err := one(ctx, tx, scanOffer, q, id)
	if err != nil {
		return o, missing(err, "service", string(id))
	}
	if o.Certificates, err = tx.certificates(ctx, id); err != nil {
		return o, err
	}
	o.Plans, err = tx.plans(ctx, `p.service = $1`, id)
	return o, err
}

// Offers implements catalog.Store: four statements, however large the catalogue is.
func (tx *Tx) Offers(ctx context.Context, of catalog.ProviderID) ([]catalog.Offer, error) {
	const q = `SELECT ` + serviceColumns + ` FROM service s JOIN provider v ON v.id = s.provider
		WHERE ($1 = '' OR s.provider = $1) ORDER BY s.slug, s.id`
	list, err := collect(ctx, tx, scanOffer, q, of)
	if err != nil {
		return nil, err
	}
	at := make(map[catalog.ServiceID]*catalog.Offer, len(list))
	for i := range list {
		at[list[i].ID] = &list[i]
	}
	certs, err := collect(ctx, tx, scanCertificate, certificateQuery+` WHERE ($1 = '' OR service IN (SELECT id FROM service WHERE provider = $1))
		ORDER BY service, valid_from, number`, of)
	if err != nil {
		return nil, err
	}
	for _, c := range certs {
		at[c.service].Certificates = append(at[c.service].Certificates, c.Certificate)
	}
	plans, err := tx.plans(ctx, `($1 = '' OR p.service IN (SELECT id FROM service WHERE provider = $1))`, of)
	if err != nil {
		return nil, err
	}
	for _, p := range plans {
		at[p.Service].Plans = append(at[p.Service].Plans, p)
	}
	return list, nil
}

// Services implements catalog.Store. The order is by short name and id.
func (tx *Tx) Services(ctx context.Context, f catalog.Filter, p naru.Page) (naru.List[catalog.ServiceRow], error) {
	id, slug, _ := strings.Cut(p.After, "/")
	const q = `SELECT ` + serviceColumns + `, (SELECT COUNT(*) FROM service_plan n WHERE n.service = s.id AND n.gone = FALSE)
		FROM service s JOIN provider v ON v.id = s.provider
		WHERE ($1 = '' OR s.provider = $1) AND ($2 = '' OR s.category = $2) AND ($3 = '' OR v.venue = $3)
		AND s.search LIKE $4 ESCAPE '\' AND ($5 OR s.gone = FALSE)
		AND (($6 = '' AND $7 = '') OR EXISTS (SELECT 1 FROM certificate c WHERE c.service = s.id
			AND ($6 = '' OR c.type = $6) AND ($7 = '' OR c.tier = $7) AND c.valid_from <= $8 AND $8 <= c.valid_to))
		AND (s.slug, s.id) > ($9, $10) ORDER BY s.slug, s.id LIMIT $11`
	rows, err := collect(ctx, tx, func(s scanner) (r catalog.ServiceRow, err error) {
		o, err := scanOffer(tail{s, &r.Plans})
		r.Service, r.ProviderName = o.Service, o.ProviderName
		return r, err
	}, q, f.Provider, f.Category, f.Venue, like(f.Query), f.Gone, f.Certificate, f.Tier, string(f.AsOf), slug, id, p.Size()+1)
	if err != nil {
		return naru.List[catalog.ServiceRow]{}, err
	}
	list := page(rows, p, func(r catalog.ServiceRow) string { return string(r.ID) + "/" + r.Slug })
	for i := range list.Rows {
		if list.Rows[i].Certificates, err = tx.certificates(ctx, list.Rows[i].ID); err != nil {
			return list, err
		}
	}
	return list, nil
}

// tail scans further columns behind those a shared scan function knows.
type tail struct {
	scanner
	more any
}

func (t tail) Scan(dest ...any) error { return t.scanner.Scan(append(dest, t.more)...) }

// PutServices implements catalog.Store.
func (tx *Tx) PutServices(ctx context.Context, list []catalog.Service) error {
	const q = `INSERT INTO service (id, provider, osb_id, slug, name, name_en, doc, doc_en, search, category, region, meters,
		bindable, unavailable, unavailable_en, gone, wire)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, name = excluded.name, name_en = excluded.name_en, doc = excluded.doc,
		doc_en = excluded.doc_en, search = excluded.search, category = excluded.category, region = excluded.region, meters = excluded.meters,
		bindable = excluded.bindable, unavailable = excluded.unavailable, unavailable_en = excluded.unavailable_en, gone = excluded.gone, wire = excluded.wire`
	for i := range list {
		s := &list[i]
		meters, err := json.Marshal(s.Meters)
		if err != nil {
			return fmt.Errorf("service %s: %w", s.ID, err)
		}
		err = tx.exec(ctx, q, s.ID, s.Provider, s.OSBID, s.Slug, s.Name.Ko, s.Name.En, s.Doc.Ko, s.Doc.En,
			folded(s.Name.Ko, s.Name.En, s.Slug, s.Doc.Ko, s.Doc.En, s.Category), s.Category, s.Region, string(meters),
			s.Bindable, s.Unavailable.Ko, s.Unavailable.En, s.Gone, bytesOf(s.Wire))
		if err != nil {
			return fmt.Errorf("service %s: %w", s.ID, err)
		}
	}
	return nil
}

// bytesOf makes nil an empty value, because the columns take no NULL.
func bytesOf(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
