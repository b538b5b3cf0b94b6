package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"naru/base/record"
)

// recordState is the right edge of the record's tree, kept in memory by the writer, and
// the head as stored. Another process may have written since, so the head is read once
// per group commit.
type recordState struct {
	tree    record.Tree
	loaded  bool
	size    int64          // as stored
	version int64          // as stored; see putHead
	fresh   []record.Entry // written in the transaction under way
}

// found takes note of the stored head.
func (s *recordState) found(size, version int64) {
	s.size, s.version, s.fresh = size, version, nil
	s.loaded = s.loaded && s.tree.Size == size
}

// AppendEntries implements op.Tx. The entries get their indices when they are written
// with those of other writes of the group.
func (tx *Tx) AppendEntries(_ context.Context, entries []record.Entry) error {
	for i := range entries {
		leaf, err := entries[i].Leaf()
		if err != nil {
			return err
		}
		for _, s := range entries[i].Subjects {
			if err := checkTexts([]any{s}); err != nil {
				return err
			}
		}
		tx.job.layer.record = append(tx.job.layer.record, pendingEntry{entries[i], leaf})
	}
	return nil
}

// recordStatements takes the entries that wait and gives the statements that write them.
func (w *writer) recordStatements(ctx context.Context, l *layer) ([]statement, error) {
	if len(l.record) == 0 {
		return nil, nil
	}
	if err := w.loadTree(ctx); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	var entries, subjects [][]any
	hashes := make([]tlog.Hash, len(l.record))
	for i, e := range l.record {
		index := w.record.tree.Size + int64(i)
		hashes[i] = tlog.RecordHash(e.leaf)
		entries = append(entries, []any{index, e.Op, e.leaf, hashes[i][:]})
		for n, s := range e.Subjects {
			if !slices.Contains(e.Subjects[:n], s) {
				subjects = append(subjects, []any{s, index})
			}
		}
		e.Index = index
		w.record.fresh = append(w.record.fresh, e.Entry)
	}
	tree, tiles := w.record.tree.Append(hashes)
	rows := make([][]any, len(tiles))
	for i, t := range tiles {
		rows[i] = []any{t.Level, t.Number, joinHashes(t.Hashes)}
	}
	w.record.tree, l.record = tree, nil
	d := w.db.dialect
	list := d.inserts(`INSERT INTO record_entry (idx, op, leaf, hash)`, ``, entries)
	if len(subjects) > 0 {
		list = append(list, d.inserts(`INSERT INTO record_subject (subject, idx)`, ``, subjects)...)
	}
	return append(list, d.inserts(`INSERT INTO record_tile (level, number, hashes)`,
		`ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes`, rows)...), nil
}

// headStatements stores the size of the record, and the version, which moves with every
// group that changed something processes remember.
func (w *writer) headStatements(version int64) []statement {
	size := w.record.size
	if w.record.loaded {
		size = w.record.tree.Size
	}
	if size == w.record.size && version == w.record.version {
		return nil
	}
	w.record.size, w.record.version = size, version
	return []statement{{`UPDATE record_head SET size = $1, version = $2 WHERE id = 1`, []any{size, version}}}
}

// loadTree makes sure the edge in memory is that of the stored tree.
func (w *writer) loadTree(ctx context.Context) (err error) {
	if w.record.loaded {
		return nil
	}
	w.record.tree, err = recordTree(w.record.size, func(t record.Tile) (record.Tile, error) {
		var data []byte
		if err := w.q.QueryRowContext(ctx, tileQuery, t.Level, t.Number).Scan(&data); err != nil {
			return t, fmt.Errorf("tile %d/%d: %w", t.Level, t.Number, err)
		}
		return fillTile(t, data)
	})
	w.record.loaded = err == nil
	return err
}

// RecordSize returns the number of entries.
func (tx *Tx) RecordSize(ctx context.Context) (size int64, err error) {
	return one(ctx, tx, scanInt, `SELECT size FROM record_head WHERE id = 1`)
}

const tileQuery = `SELECT hashes FROM record_tile WHERE level = $1 AND number = $2`

// RecordTree loads the tree of a size from its tiles.
func (tx *Tx) RecordTree(ctx context.Context, size int64) (record.Tree, error) {
	return recordTree(size, func(t record.Tile) (record.Tile, error) { return tx.RecordTile(ctx, t) })
}

func recordTree(size int64, read func(record.Tile) (record.Tile, error)) (record.Tree, error) {
	var edge [][]tlog.Hash
	for _, t := range record.EdgeTiles(size) {
		if len(t.Hashes) > 0 {
			var err error
			if t, err = read(t); err != nil {
				return record.Tree{}, err
			}
		}
		edge = append(edge, t.Hashes)
	}
	return record.NewTree(size, edge), nil
}

// RecordTile fills the wanted tile with as many hashes as it has room for.
func (tx *Tx) RecordTile(ctx context.Context, want record.Tile) (record.Tile, error) {
	if len(want.Hashes) == 0 {
		return want, nil
	}
	data, err := one(ctx, tx, scanBytes, tileQuery, want.Level, want.Number)
	if err != nil {
		return want, fmt.Errorf("tile %d/%d: %w", want.Level, want.Number, err)
	}
	return fillTile(want, data)
}

func fillTile(want record.Tile, data []byte) (record.Tile, error) {
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

// EntriesFrom implements op.View. What a write before it put in the same group may not
// be among them yet.
func (tx *Tx) EntriesFrom(ctx context.Context, from int64, limit int) ([]record.Entry, error) {
	if known := tx.recent.from(from, limit); len(known) > 0 {
		return known, nil
	}
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
	_, err = one(ctx, tx, func(s scanner) (struct{}, error) { return struct{}{}, s.Scan(&size, &note) }, q)
	if errors.Is(err, sql.ErrNoRows) {
		return -1, nil, nil
	}
	return size, note, err
}
