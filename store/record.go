package store

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"naru/base/record"
)

// recordState is the right edge of the record's tree, kept in memory by the writer.
// Another process may have written since, so its size is compared with the stored
// head once per group commit.
type recordState struct {
	tree    record.Tree
	loaded  bool
	checked bool
}

func (s *recordState) stale()          { s.loaded, s.checked = false, false }
func (s *recordState) checkAtNextUse() { s.checked = false }

// AppendEntries implements op.Tx.
func (tx *Tx) AppendEntries(ctx context.Context, entries []record.Entry) error {
	if err := tx.loadTree(ctx); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	hashes := make([]tlog.Hash, len(entries))
	for i := range entries {
		index := tx.record.tree.Size + int64(i)
		leaf, err := entries[i].Leaf()
		if err != nil {
			return err
		}
		hashes[i] = tlog.RecordHash(leaf)
		if err := tx.putEntry(ctx, index, &entries[i], leaf, hashes[i]); err != nil {
			return fmt.Errorf("record entry %d: %w", index, err)
		}
	}
	tree, tiles := tx.record.tree.Append(hashes)
	for _, t := range tiles {
		const put = `INSERT INTO record_tile (level, number, hashes) VALUES ($1, $2, $3)
			ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes`
		if err := tx.exec(ctx, put, t.Level, t.Number, joinHashes(t.Hashes)); err != nil {
			return fmt.Errorf("record tile %d/%d: %w", t.Level, t.Number, err)
		}
	}
	tx.record.tree = tree
	return tx.exec(ctx, `UPDATE record_head SET size = $1 WHERE id = 1`, tree.Size)
}

func (tx *Tx) putEntry(ctx context.Context, index int64, e *record.Entry, leaf []byte, hash tlog.Hash) error {
	const entry = `INSERT INTO record_entry (idx, op, leaf, hash) VALUES ($1, $2, $3, $4)`
	if err := tx.exec(ctx, entry, index, e.Op, leaf, hash[:]); err != nil {
		return err
	}
	const subject = `INSERT INTO record_subject (subject, idx) VALUES ($1, $2) ON CONFLICT DO NOTHING`
	for _, s := range e.Subjects {
		if err := tx.exec(ctx, subject, s, index); err != nil {
			return err
		}
	}
	return nil
}

// loadTree makes sure the edge in memory is that of the stored tree.
func (tx *Tx) loadTree(ctx context.Context) error {
	if tx.record.checked {
		return nil
	}
	size, err := tx.RecordSize(ctx)
	if err != nil {
		return err
	}
	if !tx.record.loaded || size != tx.record.tree.Size {
		if tx.record.tree, err = tx.RecordTree(ctx, size); err != nil {
			return err
		}
	}
	tx.record.loaded, tx.record.checked = true, true
	return nil
}

// RecordSize returns the number of entries.
func (tx *Tx) RecordSize(ctx context.Context) (size int64, err error) {
	err = tx.q.QueryRowContext(ctx, `SELECT size FROM record_head WHERE id = 1`).Scan(&size)
	return size, err
}

// RecordTree loads the tree of a size from its tiles.
func (tx *Tx) RecordTree(ctx context.Context, size int64) (record.Tree, error) {
	var edge [][]tlog.Hash
	for _, t := range record.EdgeTiles(size) {
		row, err := tx.RecordTile(ctx, t)
		if err != nil {
			return record.Tree{}, err
		}
		edge = append(edge, row.Hashes)
	}
	return record.NewTree(size, edge), nil
}

// RecordTile fills the wanted tile with as many hashes as it has room for.
func (tx *Tx) RecordTile(ctx context.Context, want record.Tile) (record.Tile, error) {
	if len(want.Hashes) == 0 {
		return want, nil
	}
	var data []byte
	const get = `SELECT hashes FROM record_tile WHERE level = $1 AND number = $2`
	if err := tx.q.QueryRowContext(ctx, get, want.Level, want.Number).Scan(&data); err != nil {
		return want, fmt.Errorf("tile %d/%d: %w", want.Level, want.Number, err)
	}
	if len(data) < len(want.Hashes)*tlog.HashSize {
		return want, fmt.Errorf("tile %d/%d is short", want.Level, want.Number)
	}
	for i := range want.Hashes {
		copy(want.Hashes[i][:], data[i*tlog.HashSize:])
	}
	return want, nil
}

func joinHashes(hashes []tlog.Hash) []byte {
	out := make([]byte, 0, len(hashes)*tlog.HashSize)
	for i := range hashes {
		out = append(out, hashes[i][:]...)
	}
	return out
}

// EntriesFrom implements op.View.
func (tx *Tx) EntriesFrom(ctx context.Context, from int64, limit int) ([]record.Entry, error) {
	const q = `SELECT idx, leaf FROM record_entry WHERE idx >= $1 ORDER BY idx LIMIT $2`
	return collect(ctx, tx, scanEntry, q, from, limit)
}

// EntriesOf returns the newest entries about an object, newest first.
func (tx *Tx) EntriesOf(ctx context.Context, subject string, limit int) ([]record.Entry, error) {
	const q = `SELECT e.idx, e.leaf FROM record_subject s JOIN record_entry e ON e.idx = s.idx
		WHERE s.subject = $1 ORDER BY s.idx DESC LIMIT $2`
	return collect(ctx, tx, scanEntry, q, subject, limit)
}

// EntriesBefore returns entries below an index, newest first: the audit page.
func (tx *Tx) EntriesBefore(ctx context.Context, before int64, limit int) ([]record.Entry, error) {
	const q = `SELECT idx, leaf FROM record_entry WHERE idx < $1 ORDER BY idx DESC LIMIT $2`
	return collect(ctx, tx, scanEntry, q, before, limit)
}

func scanEntry(s scanner) (record.Entry, error) {
	var (
		index int64
		leaf  []byte
	)
	if err := s.Scan(&index, &leaf); err != nil {
		return record.Entry{}, err
	}
	return record.ParseLeaf(index, leaf)
}

// StoredEntries returns entries with their leaves and hashes exactly as stored, for
// export; a forged row comes out forged, and verification finds it.
func (tx *Tx) StoredEntries(ctx context.Context, from int64, limit int) ([]record.Stored, error) {
	const q = `SELECT idx, leaf, hash FROM record_entry WHERE idx >= $1 ORDER BY idx LIMIT $2`
	return collect(ctx, tx, func(s scanner) (record.Stored, error) {
		var (
			out  record.Stored
			hash []byte
		)
		err := s.Scan(&out.Index, &out.Leaf, &hash)
		copy(out.Hash[:], hash)
		return out, err
	}, q, from, limit)
}

// PutCheckpoint keeps a signed checkpoint; the same size is kept once.
func (tx *Tx) PutCheckpoint(ctx context.Context, size int64, note []byte) error {
	return tx.exec(ctx, `INSERT INTO record_checkpoint (size, note) VALUES ($1, $2) ON CONFLICT DO NOTHING`, size, note)
}

// LastCheckpoint returns the newest checkpoint and its size; size is -1 when there is
// none yet.
func (tx *Tx) LastCheckpoint(ctx context.Context) (size int64, note []byte, err error) {
	const q = `SELECT size, note FROM record_checkpoint ORDER BY size DESC LIMIT 1`
	rows, err := tx.q.QueryContext(ctx, q)
	if err != nil {
		return 0, nil, err
	}
	defer rows.Close()
	if !rows.Next() {
		return -1, nil, rows.Err()
	}
	err = rows.Scan(&size, &note)
	return size, note, err
}
