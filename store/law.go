package store

import (
	"context"

	"naru"
	"naru/flow/law"
)

// PublishedMark implements law.Reader.
func (tx *Tx) PublishedMark(ctx context.Context) (int64, error) {
	return cached(ctx, tx, "mark", nil, func(ctx context.Context) (int64, error) {
		return one(ctx, tx, scanInt, `SELECT COALESCE(MAX(mark), 0) FROM instrument`)
	})
}

const draftColumns = `id, key, title_ko, title_en, valid_from, digest, state, note, author, proposed_by, decided_by, reason,
	changed_at, decided_at, version`

// scanDraft scans the columns of a draft and whatever follows them.
func scanDraft(s scanner, more func(*law.Draft) []any) (d law.Draft, err error) {
	var changed, decided int64
	err = s.Scan(append([]any{
		&d.ID, &d.Key, &d.Title.Ko, &d.Title.En, &d.From, &d.Digest, &d.State, &d.Note, &d.Author, &d.ProposedBy, &d.DecidedBy,
		&d.Reason, &changed, &decided, &d.Version,
	}, more(&d)...)...)
	d.ChangedAt, d.DecidedAt = instant(changed), instant(decided)
	return d, err
}

func draftTexts(d *law.Draft) []any { return []any{&d.Text, &d.Cases} }

func noTexts(*law.Draft) []any { return nil }

// Published implements law.Reader.
func (tx *Tx) Published(ctx context.Context) ([]law.Draft, error) {
	const q = `SELECT ` + draftColumns + `, pack, cases FROM instrument WHERE state = 'published' ORDER BY mark, id`
	return collect(ctx, tx, func(s scanner) (law.Draft, error) { return scanDraft(s, draftTexts) }, q)
}

// Draft implements law.Store.
func (tx *Tx) Draft(ctx context.Context, id law.DraftID) (law.Draft, error) {
	const q = `SELECT ` + draftColumns + `, pack, cases FROM instrument WHERE id = $1`
	d, err := one(ctx, tx, func(s scanner) (law.Draft, error) { return scanDraft(s, draftTexts) }, q, id)
	return d, missing(err, "draft", string(id))
}

// Drafts implements law.Store.
func (tx *Tx) Drafts(ctx context.Context, state law.State, p naru.Page) (naru.List[law.Draft], error) {
	const q = `SELECT ` + draftColumns + ` FROM instrument WHERE ($1 = '' OR state = $1) AND ($2 = '' OR id < $2)
		ORDER BY id DESC LIMIT $3`
	rows, err := collect(ctx, tx, func(s scanner) (law.Draft, error) { return scanDraft(s, noTexts) }, q, state, p.After, p.Size()+1)
	return page(rows, p, func(d law.Draft) string { return string(d.ID) }), err
}

// PutDraft implements law.Store.
func (tx *Tx) PutDraft(ctx context.Context, d law.Draft) error {
	const q = `INSERT INTO instrument (` + draftColumns + `, pack, cases)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		ON CONFLICT (id) DO UPDATE SET key = excluded.key, title_ko = excluded.title_ko, title_en = excluded.title_en,
			valid_from = excluded.valid_from, digest = excluded.digest, state = excluded.state, note = excluded.note,
			author = excluded.author, proposed_by = excluded.proposed_by, decided_by = excluded.decided_by, reason = excluded.reason,
			changed_at = excluded.changed_at, decided_at = excluded.decided_at, version = excluded.version,
			pack = excluded.pack, cases = excluded.cases`
	return tx.exec(ctx, q, d.ID, d.Key, d.Title.Ko, d.Title.En, d.From, d.Digest, d.State, d.Note, d.Author, d.ProposedBy,
		d.DecidedBy, d.Reason, micros(d.ChangedAt), micros(d.DecidedAt), d.Version, d.Text, d.Cases)
}

// Mark implements law.Store.
func (tx *Tx) Mark(ctx context.Context, id law.DraftID) error {
	return tx.exec(ctx, `UPDATE instrument SET mark = (SELECT MAX(mark) + 1 FROM instrument) WHERE id = $1`, id)
}
