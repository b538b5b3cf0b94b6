package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"naru"
	"naru/base/policy"
	"naru/flow/inventory"
)

// folded is the form names are searched in: NFC, lower case, no spaces. Both engines
// compare it byte by byte, so they agree.
func folded(parts ...string) string {
	joined := strings.ToLower(norm.NFC.String(strings.Join(parts, "\n")))
	return strings.ReplaceAll(joined, " ", "")
}

// like returns the pattern that finds a folded text anywhere, with the wildcards of
// LIKE escaped by a backslash.
func like(query string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(folded(query)) + "%"
}

const institutionColumns = `id, code, name, name_en, kind, ministry, parent, valid_from, valid_to, synthetic, source`

func scanInstitution(s scanner) (i inventory.Institution, err error) {
	err = s.Scan(&i.ID, &i.Code, &i.Name, &i.NameEn, &i.Kind, &i.Ministry, &i.Parent, &i.ValidFrom, &i.ValidTo, &i.Synthetic, &i.Source)
	return i, err
}

// Institution implements inventory.Store.
func (tx *Tx) Institution(ctx context.Context, id inventory.InstitutionID) (inventory.Institution, error) {
	i, err := cached(ctx, tx, "institution "+string(id), nil, func(ctx context.Context) (inventory.Institution, error) {
		return one(ctx, tx, scanInstitution, `SELECT `+institutionColumns+` FROM institution WHERE id = $1`, id)
	})
	return i, missing(err, "institution", string(id))
}

// AllInstitutions implements inventory.Store.
func (tx *Tx) AllInstitutions(ctx context.Context) ([]inventory.Institution, error) {
	return collect(ctx, tx, scanInstitution, `SELECT `+institutionColumns+` FROM institution ORDER BY code`)
}

// Institutions implements inventory.Store.
func (tx *Tx) Institutions(ctx context.Context, scope inventory.InstitutionID, query string, p naru.Page) (naru.List[inventory.Institution], error) {
	const q = `SELECT ` + institutionColumns + ` FROM institution
		WHERE ($1 = '' OR id = $1) AND search LIKE $2 ESCAPE '\' AND code > $3 ORDER BY code LIMIT $4`
	rows, err := collect(ctx, tx, scanInstitution, q, scope, like(query), p.After, p.Size()+1)
	return page(rows, p, func(i inventory.Institution) string { return i.Code }), err
}

// page cuts the row that was read beyond the page and makes it the cursor's sign.
func page[T any](rows []T, p naru.Page, cursor func(T) string) naru.List[T] {
	if size := p.Size(); len(rows) > size {
		return naru.List[T]{Rows: rows[:size], Next: cursor(rows[size-1])}
	}
	return naru.List[T]{Rows: rows}
}

// PutInstitutions implements inventory.Store.
func (tx *Tx) PutInstitutions(ctx context.Context, list []inventory.Institution) error {
	if err := tx.touchEstate(ctx); err != nil {
		return err
	}
	const q = `INSERT INTO institution (id, code, name, name_en, search, kind, ministry, parent, valid_from, valid_to, synthetic, source)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, search = excluded.search, kind = excluded.kind,
		ministry = excluded.ministry, parent = excluded.parent, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
		synthetic = excluded.synthetic, source = excluded.source`
	put, done, err := tx.prepare(ctx, q)
	if err != nil {
		return err
	}
	defer done()
	for i := range list {
		v := &list[i]
		err := put(v.ID, v.Code, v.Name, v.NameEn, folded(v.Name, v.NameEn, v.Code), v.Kind, v.Ministry, v.Parent,
			string(v.ValidFrom), string(v.ValidTo), v.Synthetic, v.Source)
		if err != nil {
			return fmt.Errorf("institution %s: %w", v.Code, err)
		}
	}
	return nil
}

// KnownSystems implements inventory.Store. It reads the institutions one by one, so
// that the number of parameters stays bounded.
func (tx *Tx) KnownSystems(ctx context.Context, of []inventory.InstitutionID) (map[inventory.Key]inventory.Known, error) {
	out := make(map[inventory.Key]inventory.Known)
	const q = `SELECT s.id, s.code, s.digest, s.version, c.id, c.name FROM system s
		JOIN component c ON c.system = s.id WHERE s.institution = $1`
	for _, inst := range of {
		_, err := collect(ctx, tx, func(s scanner) (struct{}, error) {
			var (
				k    inventory.Known
				code string
				cid  inventory.ComponentID
				name string
			)
			if err := s.Scan(&k.ID, &code, &k.Digest, &k.Version, &cid, &name); err != nil {
				return struct{}{}, err
			}
			key := inventory.Key{Institution: inst, Code: code}
			if old, ok := out[key]; ok {
				k = old
			} else {
				k.Components = make(map[string]inventory.ComponentID)
			}
			k.Components[name] = cid
			out[key] = k
			return struct{}{}, nil
		}, q, inst)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// PutSystems implements inventory.Store.
func (tx *Tx) PutSystems(ctx context.Context, systems []inventory.System) error {
	if err := tx.touchEstate(ctx); err != nil {
		return err
	}
	const system = `INSERT INTO system (id, institution, code, name, name_en, search, site, stage, grade, yearly_cost, components,
		facts, digest, version, source, synthetic, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, search = excluded.search, site = excluded.site,
		stage = excluded.stage, grade = excluded.grade, yearly_cost = excluded.yearly_cost, components = excluded.components,
		facts = excluded.facts, digest = excluded.digest, version = excluded.version, source = excluded.source,
		synthetic = excluded.synthetic, updated_at = excluded.updated_at`
	const component = `INSERT INTO component (id, system, seq, name, facts, links) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, name = excluded.name, facts = excluded.facts, links = excluded.links`
	putSystem, done, err := tx.prepare(ctx, system)
	if err != nil {
		return err
	}
	defer done()
	putComponent, done2, err := tx.prepare(ctx, component)
	if err != nil {
		return err
	}
	defer done2()
	putNeed, done3, err := tx.prepare(ctx, `INSERT INTO system_need (system, needs) VALUES ($1, $2)`)
	if err != nil {
		return err
	}
	defer done3()
	schema := inventory.Facts()
	for i := range systems {
		s := &systems[i]
		if s.Version > 1 {
			if err := tx.dropComponents(ctx, s); err != nil {
				return err
			}
			if err := tx.exec(ctx, `DELETE FROM system_need WHERE system = $1`, s.ID); err != nil {
				return fmt.Errorf("needs of %s: %w", s.Code, err)
			}
		}
		if err := putSystem(systemRow(schema, s)...); err != nil {
			return fmt.Errorf("system %s: %w", s.Code, err)
		}
		for n := range s.Components {
			c := &s.Components[n]
			if err := putComponent(c.ID, s.ID, n, c.Name, string(schema.Encode(&c.Facts)), names(c.Links)); err != nil {
				return fmt.Errorf("component %s of %s: %w", c.Name, s.Code, err)
			}
		}
		for _, id := range s.Needs {
			if err := putNeed(s.ID, id); err != nil {
				return fmt.Errorf("need %s of %s: %w", id, s.Code, err)
			}
		}
	}
	return nil
}

func systemRow(schema *policy.Schema, s *inventory.System) []any {
	text := func(key string) string {
		v, _ := schema.Outside(&s.Facts, schema.Index(key)).(string)
		return v
	}
	number := func(key string) int64 {
		v, _ := s.Facts.Get(schema.Index(key))
		return v
	}
	return []any{
		s.ID, s.Institution, s.Code, s.Name, s.NameEn, folded(s.Name, s.NameEn, s.Code),
		text("system.site"), text("system.stage"), number("system.grade"), number("system.yearly_cost"), len(s.Components),
		string(schema.Encode(&s.Facts)), s.Digest(schema), s.Version, s.Source, s.Synthetic, micros(s.UpdatedAt),
	}
}

// dropComponents removes the components a changed system no longer has.
func (tx *Tx) dropComponents(ctx context.Context, s *inventory.System) error {
	old, err := collect(ctx, tx, scanText, `SELECT id FROM component WHERE system = $1`, s.ID)
	if err != nil {
		return err
	}
	for _, id := range old {
		if slices.ContainsFunc(s.Components, func(c inventory.Component) bool { return string(c.ID) == id }) {
			continue
		}
		if err := tx.exec(ctx, `DELETE FROM component WHERE id = $1`, id); err != nil {
			return fmt.Errorf("component %s of %s: %w", id, s.Code, err)
		}
	}
	return nil
}

// System implements inventory.Store.
func (tx *Tx) System(ctx context.Context, id inventory.SystemID) (inventory.System, error) {
	sys, err := cached(ctx, tx, "system "+string(id), nil, func(ctx context.Context) (inventory.System, error) { return tx.readSystem(ctx, id) })
	sys.Components, sys.Needs = slices.Clone(sys.Components), slices.Clone(sys.Needs)
	return sys, err
}

func (tx *Tx) readSystem(ctx context.Context, id inventory.SystemID) (inventory.System, error) {
	const q = `SELECT id, institution, code, name, name_en, facts, version, source, synthetic, updated_at FROM system WHERE id = $1`
	schema := inventory.Facts()
	sys, err := one(ctx, tx, func(s scanner) (inventory.System, error) {
		var (
			out   inventory.System
			facts []byte
			at    int64
		)
		err := s.Scan(&out.ID, &out.Institution, &out.Code, &out.Name, &out.NameEn, &facts, &out.Version, &out.Source, &out.Synthetic, &at)
		if err != nil {
			return out, err
		}
		out.UpdatedAt = instant(at)
		out.Facts, err = schema.Decode(facts)
		return out, err
	}, q, id)
	if err != nil {
		return sys, missing(err, "system", string(id))
	}
	if sys.Components, err = tx.components(ctx, schema, id); err != nil {
		return sys, err
	}
	sys.Needs, err = collect(ctx, tx, func(s scanner) (need inventory.SystemID, err error) {
		err = s.Scan(&need)
		return need, err
	}, `SELECT needs FROM system_need WHERE system = $1 ORDER BY needs`, id)
	return sys, err
}

// Needed implements inventory.Store.
func (tx *Tx) Needed(ctx context.Context, id inventory.SystemID) ([]inventory.Need, error) {
	const q = `SELECT s.id, s.institution, i.code, i.name, s.code, s.name, s.synthetic FROM system_need n
		JOIN system s ON s.id = n.needs JOIN institution i ON i.id = s.institution WHERE n.system = $1 ORDER BY i.code, s.code`
	return collect(ctx, tx, func(s scanner) (n inventory.Need, err error) {
		err = s.Scan(&n.ID, &n.Institution, &n.InstitutionCode, &n.InstitutionName, &n.Code, &n.Name, &n.Synthetic)
		return n, err
	}, q, id)
}

// names writes a list of names as JSON, [] when there are none.
func names(list []string) string {
	if len(list) == 0 {
		return "[]"
	}
	data, _ := json.Marshal(list) // texts always marshal
	return string(data)
}

func (tx *Tx) components(ctx context.Context, schema *policy.Schema, id inventory.SystemID) ([]inventory.Component, error) {
	return collect(ctx, tx, func(s scanner) (inventory.Component, error) {
		var (
			c            inventory.Component
			facts, links []byte
		)
		err := s.Scan(&c.ID, &c.Name, &facts, &links)
		if err != nil {
			return c, err
		}
		if err := json.Unmarshal(links, &c.Links); err != nil {
			return c, fmt.Errorf("links of %s: %w", c.ID, err)
		}
		c.Facts, err = schema.Decode(facts)
		return c, err
	}, `SELECT id, name, facts, links FROM component WHERE system = $1 ORDER BY seq`, id)
}

// Systems implements inventory.Store. The order is by code and id.
func (tx *Tx) Systems(ctx context.Context, f inventory.Filter, p naru.Page) (naru.List[inventory.SystemRow], error) {
	id, code, _ := strings.Cut(p.After, "/")
	const q = `SELECT s.id, s.institution, i.name, s.code, s.name, s.site, s.stage, s.grade, s.yearly_cost, s.components, s.synthetic
		FROM system s JOIN institution i ON i.id = s.institution
		WHERE ($1 = '' OR s.institution = $1) AND s.search LIKE $2 ESCAPE '\' AND ($3 = '' OR s.site = $3) AND ($4 = 0 OR s.grade = $4)
		AND (NOT $8 OR s.synthetic) AND (s.code, s.id) > ($5, $6) ORDER BY s.code, s.id LIMIT $7`
	rows, err := collect(ctx, tx, func(s scanner) (r inventory.SystemRow, err error) {
		err = s.Scan(&r.ID, &r.Institution, &r.InstitutionName, &r.Code, &r.Name, &r.Site, &r.Stage, &r.Grade, &r.YearlyCost, &r.Components, &r.Synthetic)
		return r, err
	}, q, f.Institution, like(f.Query), f.Site, f.Grade, code, id, p.Size()+1, f.Synthetic)
	return page(rows, p, func(r inventory.SystemRow) string { return string(r.ID) + "/" + r.Code }), err
}
