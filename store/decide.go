package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"

	"naru"
	"naru/base/policy"
	"naru/flow/decide"
	"naru/flow/inventory"
)

const subjectColumns = `s.id, s.institution, i.kind, s.facts, s.version, s.synthetic, c.id, c.facts`

// Subjects implements decide.Store.
func (tx *Tx) Subjects(ctx context.Context, of inventory.InstitutionID, after inventory.SystemID, limit int) ([]decide.Subject, error) {
	const q = `SELECT ` + subjectColumns + ` FROM
		(SELECT id, institution, facts, version, synthetic FROM system WHERE ($1 = '' OR institution = $1) AND id > $2 ORDER BY id LIMIT $3) s
		JOIN institution i ON i.id = s.institution JOIN component c ON c.system = s.id ORDER BY s.id, c.seq`
	return tx.subjects(ctx, q, of, after, limit)
}

// Stale implements decide.Store.
func (tx *Tx) Stale(ctx context.Context, of inventory.InstitutionID, after inventory.SystemID, limit int) ([]decide.Subject, error) {
	const q = `SELECT ` + subjectColumns + ` FROM
		(SELECT s.id, s.institution, s.facts, s.version, s.synthetic FROM system s JOIN institution i ON i.id = s.institution
			WHERE ($1 = '' OR s.institution = $1) AND s.id > $2 AND NOT EXISTS (SELECT 1 FROM decision d
				WHERE d.edition = '' AND d.system = s.id AND d.version = s.version AND d.kind = i.kind)
			ORDER BY s.id LIMIT $3) s
		JOIN institution i ON i.id = s.institution JOIN component c ON c.system = s.id ORDER BY s.id, c.seq`
	return tx.subjects(ctx, q, of, after, limit)
}

// subjects groups components by system and reads their facts, row by row: a nation
// passes through here.
func (tx *Tx) subjects(ctx context.Context, q string, of inventory.InstitutionID, after inventory.SystemID, limit int) ([]decide.Subject, error) {
	schema := inventory.Facts()
	list := make([]decide.Subject, 0, limit)
	_, err := collect(ctx, tx, func(s scanner) (none struct{}, err error) {
		var (
			id, inst, kind, component string
			version                   int64
			synthetic                 bool
			facts, own                sql.RawBytes
		)
		if err = s.Scan(&id, &inst, &kind, &facts, &version, &synthetic, &component, &own); err != nil {
			return none, err
		}
		if n := len(list); n == 0 || string(list[n-1].System.ID) != id {
			sys := inventory.System{ID: inventory.SystemID(id), Institution: inventory.InstitutionID(inst), Version: version, Synthetic: synthetic}
			list = append(list, decide.Subject{Kind: kind, System: sys})
			if list[n].System.Facts, err = schema.Decode(facts); err != nil {
				return none, fmt.Errorf("facts of %s: %w", id, err)
			}
		}
		sys := &list[len(list)-1].System
		part := inventory.Component{ID: inventory.ComponentID(component)}
		if part.Facts, err = schema.Decode(own); err != nil {
			return none, fmt.Errorf("facts of %s: %w", component, err)
		}
		sys.Components = append(sys.Components, part)
		return none, nil
	}, q, of, after, limit)
	return list, err
}

// DropDecisions implements decide.Store.
func (tx *Tx) DropDecisions(ctx context.Context, e decide.Edition, of inventory.InstitutionID, after, last inventory.SystemID) error {
	return tx.exec(ctx, `DELETE FROM decision WHERE edition = $1 AND system > $3 AND ($4 = '' OR system <= $4) AND ($2 = '' OR institution = $2)`,
		e, of, after, last)
}

// DropComponents implements decide.Store.
func (tx *Tx) DropComponents(ctx context.Context, e decide.Edition, list []decide.Decision) error {
	for i := range list {
		err := tx.exec(ctx, `DELETE FROM decision WHERE edition = $1 AND system = $2 AND component = $3`, e, list[i].System, list[i].Component)
		if err != nil {
			return fmt.Errorf("decision of %s: %w", list[i].Component, err)
		}
	}
	return nil
}

// PutDecisions implements decide.Store.
func (tx *Tx) PutDecisions(ctx context.Context, e decide.Edition, list []decide.Decision) error {
	const q = `INSERT INTO decision (edition, system, component, institution, kind, as_of, government, private, ppp, own, onsite,
		open, hybrid, law, facts, exempt, version, decided_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		ON CONFLICT (edition, system, component) DO UPDATE SET institution = excluded.institution, kind = excluded.kind,
			as_of = excluded.as_of, government = excluded.government, private = excluded.private, ppp = excluded.ppp,
			own = excluded.own, onsite = excluded.onsite, open = excluded.open, hybrid = excluded.hybrid, law = excluded.law,
			facts = excluded.facts, exempt = excluded.exempt, version = excluded.version, decided_at = excluded.decided_at`
	put, done, err := tx.prepare(ctx, q)
	if err != nil {
		return err
	}
	defer done()
	for i := range list {
		d := &list[i]
		facts, err := hex.DecodeString(d.Facts)
		if err != nil {
			return fmt.Errorf("digest of %s: %w", d.Component, err)
		}
		o := &d.Outcomes
		err = put(string(e), string(d.System), string(d.Component), string(d.Institution), d.Kind, string(d.AsOf),
			string(o.Government), string(o.Private), string(o.PPP), string(o.Own), string(o.OnSite),
			int64(decide.PlacesOf(d.Open...)), d.Hybrid, d.Law, facts, strings.Join(d.Exempt, " "),
			d.Version, micros(d.DecidedAt))
		if err != nil {
			return fmt.Errorf("decision of %s: %w", d.Component, err)
		}
	}
	return nil
}

const decisionColumns = `d.system, d.component, d.institution, d.kind, d.as_of, d.government, d.private, d.ppp, d.own, d.onsite,
	d.open, d.hybrid, d.law, d.facts, d.exempt, d.version, d.decided_at`

// scanDecision scans the columns of a decision and whatever follows them.
func scanDecision(s scanner, more ...any) (d decide.Decision, err error) {
	var (
		open, at int64
		facts    []byte
		exempt   string
	)
	o := &d.Outcomes
	err = s.Scan(append([]any{
		&d.System, &d.Component, &d.Institution, &d.Kind, &d.AsOf, &o.Government, &o.Private, &o.PPP, &o.Own, &o.OnSite,
		&open, &d.Hybrid, &d.Law, &facts, &exempt, &d.Version, &at,
	}, more...)...)
	d.Open, d.Facts, d.DecidedAt = decide.Places(open).Venues(), hex.EncodeToString(facts), instant(at)
	if exempt != "" {
		d.Exempt = strings.Fields(exempt)
	}
	return d, err
}

// DecisionsOf implements decide.Store.
func (tx *Tx) DecisionsOf(ctx context.Context, e decide.Edition, id inventory.SystemID) ([]decide.Decision, error) {
	return collect(ctx, tx, func(s scanner) (decide.Decision, error) { return scanDecision(s) },
		`SELECT `+decisionColumns+` FROM decision d WHERE d.edition = $1 AND d.system = $2 ORDER BY d.component`, e, id)
}

// DecisionsBetween implements decide.Store. A nation passes through here, so only what is
// compared is read, and the few words that outcomes, laws and days are stand once.
func (tx *Tx) DecisionsBetween(ctx context.Context, e decide.Edition, of inventory.InstitutionID, after, last inventory.SystemID) ([]decide.Decision, error) {
	words := make(map[string]string)
	once := func(b sql.RawBytes) string {
		w, ok := words[string(b)]
		if !ok {
			w = string(b)
			words[w] = w
		}
		return w
	}
	var asOf, law, exempt sql.RawBytes
	var out [5]sql.RawBytes
	var facts []byte
	dest := []any{nil, nil, &asOf, &out[0], &out[1], &out[2], &out[3], &out[4], &law, &facts, &exempt}
	return collect(ctx, tx, func(s scanner) (d decide.Decision, err error) {
		dest[0], dest[1] = &d.System, &d.Component
		if err = s.Scan(dest...); err != nil {
			return d, err
		}
		var o policy.Outcomes
		for i := range out {
			o[i] = policy.Outcome(once(out[i]))
		}
		d.AsOf, d.Law, d.Outcomes, d.Facts = naru.Date(once(asOf)), once(law), decide.OutcomesFrom(o), hex.EncodeToString(facts)
		if len(exempt) > 0 {
			d.Exempt = strings.Fields(string(exempt))
		}
		return d, nil
	}, `SELECT system, component, as_of, government, private, ppp, own, onsite, law, facts, exempt FROM decision
		WHERE edition = $1 AND system > $3 AND system <= $4 AND ($2 = '' OR institution = $2)`, e, of, after, last)
}

// Decisions implements decide.Store. The order is by system and component.
func (tx *Tx) Decisions(ctx context.Context, f decide.Filter, p naru.Page) (naru.List[decide.Row], error) {
	system, component, _ := strings.Cut(p.After, "/")
	const q = `SELECT ` + decisionColumns + `, i.name, s.code, s.name, COALESCE(c.name, ''), s.synthetic FROM
		(SELECT edition, system, component, institution, kind, as_of, government, private, ppp, own, onsite, open, hybrid, law, facts,
			exempt, version, decided_at FROM decision WHERE edition = $1 AND (system, component) > ($2, $3) AND ($4 = '' OR institution = $4)
			AND ($5 = 0 OR (open & $5) <> 0) AND (NOT $6 OR hybrid)
			AND ($8 = '' OR ($7 IN ('', 'government') AND government = $8) OR ($7 IN ('', 'private') AND private = $8)
				OR ($7 IN ('', 'ppp') AND ppp = $8) OR ($7 IN ('', 'own') AND own = $8) OR ($7 IN ('', 'onsite') AND onsite = $8))
			ORDER BY system, component LIMIT $9) d
		JOIN institution i ON i.id = d.institution JOIN system s ON s.id = d.system LEFT JOIN component c ON c.id = d.component
		ORDER BY d.system, d.component`
	rows, err := collect(ctx, tx, func(s scanner) (r decide.Row, err error) {
		r.Decision, err = scanDecision(s, &r.InstitutionName, &r.SystemCode, &r.SystemName, &r.ComponentName, &r.Synthetic)
		return r, err
	}, q, f.Edition, system, component, f.Institution, int64(f.Open()), f.Hybrid, f.Venue, f.Outcome, p.Size()+1)
	return page(rows, p, func(r decide.Row) string { return string(r.System) + "/" + string(r.Component) }), err
}

// Tally implements decide.Store.
func (tx *Tx) Tally(ctx context.Context, e decide.Edition, of inventory.InstitutionID) ([]decide.Tally, error) {
	const q = `SELECT kind, as_of, law, government, private, ppp, own, onsite, hybrid, COUNT(*) FROM decision
		WHERE edition = $1 AND ($2 = '' OR institution = $2)
		GROUP BY kind, as_of, law, government, private, ppp, own, onsite, hybrid
		ORDER BY kind, as_of, law, government, private, ppp, own, onsite, hybrid`
	return collect(ctx, tx, func(s scanner) (t decide.Tally, err error) {
		var hybrid bool
		o := &t.Outcomes
		err = s.Scan(&t.Kind, &t.AsOf, &t.Law, &o.Government, &o.Private, &o.PPP, &o.Own, &o.OnSite, &hybrid, &t.Components)
		if hybrid {
			t.Hybrid = t.Components
		}
		return t, err
	}, q, e, of)
}
