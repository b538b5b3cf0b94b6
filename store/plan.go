package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"naru"
	"naru/base/policy"
	"naru/flow/contract"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/flow/plan"
	"naru/flow/provision"
)

// PlanEstate implements plan.Store. A nation passes through here: institutions are read
// once, and the table in its own order.
func (tx *Tx) PlanEstate(ctx context.Context, of inventory.InstitutionID) ([]plan.Subject, error) {
	all, err := tx.AllInstitutions(ctx)
	if err != nil {
		return nil, err
	}
	bodies := make(map[inventory.InstitutionID]*inventory.Institution, len(all))
	for i := range all {
		bodies[all[i].ID] = &all[i]
	}
	schema := inventory.Facts()
	const q = `SELECT id, institution, code, name, facts, synthetic FROM system WHERE ($1 = '' OR institution = $1)`
	return collect(ctx, tx, func(s scanner) (x plan.Subject, err error) {
		var facts sql.RawBytes
		if err = s.Scan(&x.ID, &x.Institution, &x.Code, &x.Name, &facts, &x.Synthetic); err != nil {
			return x, err
		}
		if b := bodies[x.Institution]; b != nil {
			x.Institution, x.InstitutionCode, x.InstitutionName, x.Kind, x.Ministry = b.ID, b.Code, b.Name, b.Kind, b.Ministry
		}
		if x.Facts, err = schema.Decode(facts); err != nil {
			return x, fmt.Errorf("facts of %s: %w", x.ID, err)
		}
		return x, nil
	}, q, of)
}

// PlanParts implements plan.Store. The edition is compared in a way that no index
// serves: the standing set is read whole, and in the table's order that is several times
// faster than through the key.
func (tx *Tx) PlanParts(ctx context.Context, of inventory.InstitutionID) (map[inventory.SystemID][]plan.Part, error) {
	const q = `SELECT system, component, open, government, private, ppp FROM decision
		WHERE edition || '' = '' AND ($1 = '' OR institution = $1)`
	parts := make(map[inventory.SystemID][]plan.Part)
	words := make(map[string]policy.Outcome)
	for _, o := range decide.Words() {
		words[string(o)] = o
	}
	_, err := collect(ctx, tx, func(s scanner) (none struct{}, err error) {
		var (
			system  inventory.SystemID
			p       plan.Part
			open    int64
			a, b, c sql.RawBytes
		)
		if err = s.Scan(&system, &p.ID, &open, &a, &b, &c); err != nil {
			return none, err
		}
		p.Open = decide.Places(open)
		p.Cloud = [3]policy.Outcome{words[string(a)], words[string(b)], words[string(c)]}
		parts[system] = append(parts[system], p)
		return none, nil
	}, q, of)
	return parts, err
}

// PlanNames implements plan.Store: a few systems one by one, many in one pass.
func (tx *Tx) PlanNames(ctx context.Context, of []inventory.SystemID) (map[inventory.ComponentID]string, error) {
	names := make(map[inventory.ComponentID]string, 2*len(of))
	put := func(s scanner) (none struct{}, err error) {
		var (
			id   inventory.ComponentID
			name string
		)
		err = s.Scan(&id, &name)
		names[id] = name
		return none, err
	}
	if len(of) > naru.MaxPage {
		_, err := collect(ctx, tx, put, `SELECT id, name FROM component`)
		return names, err
	}
	for _, id := range of {
		if _, err := collect(ctx, tx, put, `SELECT id, name FROM component WHERE system = $1`, id); err != nil {
			return nil, fmt.Errorf("components of %s: %w", id, err)
		}
	}
	return names, nil
}

// PlanNeeds implements plan.Store.
func (tx *Tx) PlanNeeds(ctx context.Context, of inventory.InstitutionID) ([]plan.Need, error) {
	q, args := `SELECT system, needs FROM system_need`, []any{}
	if of != "" {
		q = `SELECT n.system, n.needs FROM system s JOIN system_need n ON n.system = s.id WHERE s.institution = $1`
		args = append(args, of)
	}
	return collect(ctx, tx, func(s scanner) (n plan.Need, err error) {
		err = s.Scan(&n.System, &n.Needs)
		return n, err
	}, q, args...)
}

// PlanBasis implements plan.Store.
func (tx *Tx) PlanBasis(ctx context.Context, of inventory.InstitutionID) ([]plan.Basis, error) {
	const q = `SELECT as_of, law FROM decision WHERE edition = '' AND ($1 = '' OR institution = $1) GROUP BY as_of, law ORDER BY as_of, law`
	return collect(ctx, tx, func(s scanner) (b plan.Basis, err error) {
		err = s.Scan(&b.AsOf, &b.Law)
		return b, err
	}, q, of)
}

// LiveDeals implements plan.Store: an approved order that has not run out, or one with
// an instance that exists or may exist.
func (tx *Tx) LiveDeals(ctx context.Context, l plan.Loss, on naru.Date) ([]plan.Deal, error) {
	const q = `SELECT o.institution, o.system, y.name, o.component, COALESCE(c.name, ''), o.id, COALESCE(n.id, ''),
		o.provider, p.name, p.name_en, o.service, v.name, v.name_en, o.valid_to, o.synthetic,
		EXISTS (SELECT 1 FROM certificate k WHERE k.service = o.service AND k.valid_from <= $3 AND k.valid_to >= $3
			AND NOT ($1 = 'certificate' AND k.number = $2))
		FROM purchase o JOIN system y ON y.id = o.system JOIN provider p ON p.id = o.provider JOIN service v ON v.id = o.service
		LEFT JOIN component c ON c.id = o.component
		LEFT JOIN instance n ON n.order_id = o.id AND n.state NOT IN ($5, $6)
		WHERE ((o.state = $4 AND o.valid_to >= $3) OR n.id IS NOT NULL)
		AND ($1 <> 'provider' OR o.provider = $2) AND ($1 <> 'service' OR o.service = $2)
		AND ($1 <> 'certificate' OR EXISTS (SELECT 1 FROM certificate k WHERE k.service = o.service AND k.number = $2))
		ORDER BY o.id`
	return collect(ctx, tx, func(s scanner) (d plan.Deal, err error) {
		err = s.Scan(&d.Institution, &d.System, &d.SystemName, &d.Component, &d.ComponentName, &d.Order, &d.Instance,
			&d.Provider, &d.ProviderName.Ko, &d.ProviderName.En, &d.Service, &d.ServiceName.Ko, &d.ServiceName.En, &d.To, &d.Synthetic, &d.Certified)
		return d, err
	}, q, l.Kind, l.Of, string(on), string(contract.Approved), string(provision.Failed), string(provision.Deleted))
}

// LossName implements plan.Store.
func (tx *Tx) LossName(ctx context.Context, l plan.Loss) (naru.Text, error) {
	q := map[string]string{
		plan.LostRoom:        `SELECT name, name_en FROM institution WHERE id = $1`,
		plan.LostProvider:    `SELECT name, name_en FROM provider WHERE id = $1`,
		plan.LostService:     `SELECT name, name_en FROM service WHERE id = $1`,
		plan.LostCertificate: `SELECT number, number FROM certificate WHERE number = $1 LIMIT 1`,
	}[l.Kind]
	t, err := one(ctx, tx, func(s scanner) (t naru.Text, err error) {
		err = s.Scan(&t.Ko, &t.En)
		return t, err
	}, q, l.Of)
	return t, missing(err, l.Kind, l.Of)
}

// KeepPlan implements plan.Store.
func (tx *Tx) KeepPlan(ctx context.Context, k plan.Kept) error {
	state, err := json.Marshal(k)
	if err != nil {
		return err
	}
	const q = `INSERT INTO kept_plan (id, institution, name, digest, state, at) VALUES ($1, $2, $3, $4, $5, $6)`
	return tx.dialect.translate(tx.exec(ctx, q, k.ID, k.Institution, k.Name, k.Digest, string(state), micros(k.At)))
}

func scanKept(s scanner) (k plan.Kept, err error) {
	var state []byte
	if err = s.Scan(&state); err != nil {
		return k, err
	}
	return k, json.Unmarshal(state, &k)
}

// KeptPlan implements plan.Store.
func (tx *Tx) KeptPlan(ctx context.Context, id plan.ID) (plan.Kept, error) {
	k, err := one(ctx, tx, scanKept, `SELECT state FROM kept_plan WHERE id = $1`, id)
	return k, missing(err, "plan", string(id))
}

// KeptPlans implements plan.Store. The newest come first; ids grow with time.
func (tx *Tx) KeptPlans(ctx context.Context, of inventory.InstitutionID, p naru.Page) (naru.List[plan.Kept], error) {
	const q = `SELECT state FROM kept_plan WHERE ($1 = '' OR institution = $1) AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3`
	rows, err := collect(ctx, tx, scanKept, q, of, p.After, p.Size()+1)
	return page(rows, p, func(k plan.Kept) string { return string(k.ID) }), err
}
