package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"naru"
	"naru/base/policy"
	"naru/flow/decide"
	"naru/flow/inventory"
)

// KeepLaw implements decide.Archive.
func (tx *Tx) KeepLaw(ctx context.Context, digest string, refs []policy.PackRef, packs []*policy.Pack) error {
	data, err := json.Marshal(refs)
	if err != nil {
		return err
	}
	for _, p := range packs {
		err := tx.exec(ctx, `INSERT INTO pack (digest, form) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING`, p.Digest, p.Canonical())
		if err != nil {
			return fmt.Errorf("text of %s: %w", p.Key, err)
		}
	}
	return tx.exec(ctx, `INSERT INTO law (digest, packs) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING`, digest, string(data))
}

// KeptLaw implements decide.Archive.
func (tx *Tx) KeptLaw(ctx context.Context, digest string) ([][]byte, error) {
	var refs []policy.PackRef
	data, err := one(ctx, tx, func(s scanner) (b []byte, err error) { err = s.Scan(&b); return b, err }, `SELECT packs FROM law WHERE digest = $1`, digest)
	if err != nil {
		return nil, missing(err, "law", digest)
	}
	if err := json.Unmarshal(data, &refs); err != nil {
		return nil, fmt.Errorf("law %s: %w", digest, err)
	}
	forms := make([][]byte, len(refs))
	for i, r := range refs {
		forms[i], err = one(ctx, tx, func(s scanner) (b []byte, err error) { err = s.Scan(&b); return b, err }, `SELECT form FROM pack WHERE digest = $1`, r.Digest)
		if err != nil {
			return nil, missing(err, "pack", r.Key)
		}
	}
	return forms, nil
}

// KeepFacts implements decide.Archive.
func (tx *Tx) KeepFacts(ctx context.Context, list []decide.Archived) error {
	if len(list) == 0 {
		return nil
	}
	put, done, err := tx.prepare(ctx, `INSERT INTO fact_archive (digest, facts) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING`)
	if err != nil {
		return err
	}
	defer done()
	for _, a := range list {
		key, err := a.Key()
		if err != nil {
			return fmt.Errorf("digest %s: %w", a.Digest, err)
		}
		if err := put(key, string(a.Facts)); err != nil {
			return fmt.Errorf("facts %s: %w", a.Digest, err)
		}
	}
	return nil
}

// KeptFacts implements decide.Archive.
func (tx *Tx) KeptFacts(ctx context.Context, digest string) ([]byte, error) {
	key, err := hex.DecodeString(digest)
	if err != nil {
		return nil, fmt.Errorf("digest %s: %w", digest, err)
	}
	facts, err := one(ctx, tx, func(s scanner) (b []byte, err error) { err = s.Scan(&b); return b, err }, `SELECT facts FROM fact_archive WHERE digest = $1`, key)
	return facts, missing(err, "facts", digest)
}

// EstateMark implements decide.Estate.
func (tx *Tx) EstateMark(ctx context.Context) (int64, error) {
	return one(ctx, tx, func(s scanner) (n int64, err error) { err = s.Scan(&n); return n, err }, `SELECT mark FROM estate WHERE id = 1`)
}

// touchEstate moves the mark of the estate on.
func (tx *Tx) touchEstate(ctx context.Context) error {
	return tx.exec(ctx, `UPDATE estate SET mark = mark + 1 WHERE id = 1`)
}

// maxNames bounds the ids of one look-up of names.
const maxNames = 500

// SystemNames implements decide.Estate.
func (tx *Tx) SystemNames(ctx context.Context, ids []inventory.SystemID) (map[inventory.SystemID]decide.SystemName, error) {
	names := make(map[inventory.SystemID]decide.SystemName, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), maxNames)
		args := make([]any, n)
		marks := make([]string, n)
		for i, id := range ids[:n] {
			args[i], marks[i] = id, fmt.Sprintf("$%d", i+1)
		}
		_, err := collect(ctx, tx, func(s scanner) (none struct{}, err error) {
			var id inventory.SystemID
			var name decide.SystemName
			err = s.Scan(&id, &name.Code, &name.Name, &name.Synthetic)
			names[id] = name
			return none, err
		}, `SELECT id, code, name, synthetic FROM system WHERE id IN (`+strings.Join(marks, ", ")+`)`, args...)
		if err != nil {
			return nil, err
		}
		ids = ids[n:]
	}
	return names, nil
}

// PutFlips implements decide.Store.
func (tx *Tx) PutFlips(ctx context.Context, list []decide.Flip) error {
	if len(list) == 0 {
		return nil
	}
	const q = `INSERT INTO flip (id, system, component, institution, before, after, causes, law_before, law_after, facts_before, facts_after,
		as_of_before, as_of, entry, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`
	put, done, err := tx.prepare(ctx, q)
	if err != nil {
		return err
	}
	defer done()
	for i := range list {
		f := &list[i]
		before, err := hex.DecodeString(f.FactsBefore)
		if err != nil {
			return fmt.Errorf("digest of %s: %w", f.ID, err)
		}
		after, err := hex.DecodeString(f.FactsAfter)
		if err != nil {
			return fmt.Errorf("digest of %s: %w", f.ID, err)
		}
		err = put(string(f.ID), string(f.System), string(f.Component), string(f.Institution), joined(f.Before.List()), joined(f.After.List()),
			decide.CauseMask(f.Causes...), f.LawBefore, f.LawAfter, before, after, string(f.AsOfBefore), string(f.AsOf), f.Entry, micros(f.At))
		if err != nil {
			return fmt.Errorf("flip of %s: %w", f.Component, err)
		}
	}
	return nil
}

// joined writes outcomes with a space between them.
func joined(words []policy.Outcome) string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = string(w)
	}
	return strings.Join(list, " ")
}

// Flips implements decide.Store: the latest first.
func (tx *Tx) Flips(ctx context.Context, f decide.FlipFilter, p naru.Page) (naru.List[decide.FlipRow], error) {
	const q = `SELECT f.id, f.system, f.component, f.institution, f.before, f.after, f.causes, f.law_before, f.law_after, f.facts_before,
		f.facts_after, f.as_of_before, f.as_of, f.entry, f.at, i.name, s.code, s.name, COALESCE(c.name, ''), s.synthetic FROM
		(SELECT id, system, component, institution, before, after, causes, law_before, law_after, facts_before, facts_after, as_of_before,
			as_of, entry, at FROM flip WHERE ($1 = '' OR institution = $1) AND ($2 = '' OR system = $2)
			AND ($3 = 0 OR (causes & $3) <> 0) AND ($4 = '' OR id < $4) ORDER BY id DESC LIMIT $5) f
		JOIN institution i ON i.id = f.institution JOIN system s ON s.id = f.system LEFT JOIN component c ON c.id = f.component
		ORDER BY f.id DESC`
	rows, err := collect(ctx, tx, scanFlip, q, f.Institution, f.System, decide.CauseMask(f.Cause), p.After, p.Size()+1)
	return page(rows, p, func(r decide.FlipRow) string { return string(r.ID) }), err
}

func scanFlip(s scanner) (r decide.FlipRow, err error) {
	var (
		before, after           string
		factsBefore, factsAfter []byte
		causes, at              int64
	)
	err = s.Scan(&r.ID, &r.System, &r.Component, &r.Institution, &before, &after, &causes, &r.LawBefore, &r.LawAfter, &factsBefore,
		&factsAfter, &r.AsOfBefore, &r.AsOf, &r.Entry, &at, &r.InstitutionName, &r.SystemCode, &r.SystemName, &r.ComponentName, &r.Synthetic)
	r.Before, r.After, r.At = outcomes(before), outcomes(after), instant(at)
	r.FactsBefore, r.FactsAfter = hex.EncodeToString(factsBefore), hex.EncodeToString(factsAfter)
	r.Causes = decide.CausesIn(causes)
	return r, err
}

// outcomes reads the words of every venue in their order.
func outcomes(words string) decide.Outcomes {
	var o [5]policy.Outcome
	for i, w := range strings.Fields(words) {
		if i < len(o) {
			o[i] = policy.Outcome(w)
		}
	}
	return decide.OutcomesFrom(o)
}
