package ledger

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"naru"
	"naru/base/op"
	"naru/base/record"
)

// Store is what this step needs of a transaction.
type Store interface {
	RecordSize(ctx context.Context) (int64, error)
	RecordTree(ctx context.Context, size int64) (record.Tree, error)
	RecordTile(ctx context.Context, t record.Tile) (record.Tile, error)
	EntriesBefore(ctx context.Context, before int64, limit int) ([]record.Entry, error)
	EntriesOf(ctx context.Context, subject string, limit int) ([]record.Entry, error)
	StoredEntries(ctx context.Context, from int64, limit int) ([]record.Stored, error)
	LastCheckpoint(ctx context.Context) (size int64, note []byte, err error)
}

// Ops are the operations of this step.
type Ops struct {
	// Entries lists what was done and denied, newest first.
	Entries op.Op[Store, EntriesIn, EntriesOut]
	// Entry returns one entry with its proof.
	Entry op.Op[Store, EntryIn, EntryOut]
	// Export returns a page of stored entries as they are.
	Export op.Op[Store, ExportIn, ExportOut]

	verifier string
}

// New returns the operations; verifier is the public key checkpoints are signed for.
func New(verifier string) Ops {
	o := Ops{verifier: verifier}
	o.Entries = op.Read("ledger.entries", "record.read",
		naru.Text{Ko: "기록 목록", En: "List entries of the record"}, entries)
	o.Entry = op.Read("ledger.entry", "record.read",
		naru.Text{Ko: "기록 한 건과 그 증명", En: "Get an entry with its proof"}, o.entry)
	o.Export = op.Read("ledger.export", "record.read",
		naru.Text{Ko: "기록을 검증할 수 있는 형태로 내보낸다", En: "Export the record in a form that can be verified"}, o.export)
	return o
}

// All lists the operations.
func (o Ops) All() []op.Any { return []op.Any{o.Entries, o.Entry, o.Export} }

// EntriesIn narrows the list of entries.
type EntriesIn struct {
	Before  int64  `json:"before,omitempty" doc:"entries below this index; 0 means the newest"`
	Subject string `json:"subject,omitempty" doc:"entries about this object only"`
	Limit   int    `json:"limit,omitempty" doc:"rows wanted, 1 to 200; 0 means 50"`
}

// Row is an entry with its index, as pages show it.
type Row struct {
	Index int64 `json:"index"`
	record.Entry
}

// EntriesOut is a page of entries, newest first.
type EntriesOut struct {
	Size int64 `json:"size"` // of the whole record
	Rows []Row `json:"rows"`
	Next int64 `json:"next,omitempty"` // Before of the next page, 0 at the end
}

func entries(ctx context.Context, _ *op.Call, s Store, in EntriesIn) (EntriesOut, error) {
	size, err := s.RecordSize(ctx)
	if err != nil {
		return EntriesOut{}, err
	}
	limit := naru.Page{Limit: in.Limit}.Size()
	if in.Before <= 0 || in.Before > size {
		in.Before = size
	}
	var list []record.Entry
	if in.Subject != "" {
		list, err = s.EntriesOf(ctx, in.Subject, limit)
	} else {
		list, err = s.EntriesBefore(ctx, in.Before, limit)
	}
	if err != nil {
		return EntriesOut{}, err
	}
	out := EntriesOut{Size: size, Rows: make([]Row, len(list))}
	for i, e := range list {
		out.Rows[i] = Row{e.Index, e}
	}
	if in.Subject == "" && len(list) == limit && list[limit-1].Index > 0 {
		out.Next = list[limit-1].Index
	}
	return out, nil
}

// EntryIn names an entry.
type EntryIn struct {
	Index int64 `json:"index" doc:"index of the entry, from 0"`
}

// EntryOut is an entry with the proof that the signed record holds it (RFC 6962
// section 2.1.1). Proof is empty while no checkpoint covers the entry yet.
type EntryOut struct {
	Row
	Leaf       []byte   `json:"leaf"` // the bytes that are hashed
	Hash       string   `json:"hash"`
	Proof      []string `json:"proof,omitempty"` // hashes from the leaf upwards, base64
	Size       int64    `json:"size,omitempty"`  // of the tree the proof is against
	Root       string   `json:"root,omitempty"`
	Checkpoint string   `json:"checkpoint,omitempty"`
	Verifier   string   `json:"verifier"`
	Proven     bool     `json:"proven"` // the proof was checked before it was given
}

func (o Ops) entry(ctx context.Context, _ *op.Call, s Store, in EntryIn) (EntryOut, error) {
	out := EntryOut{Verifier: o.verifier}
	list, err := s.StoredEntries(ctx, in.Index, 1)
	if err != nil {
		return out, err
	}
	if in.Index < 0 || len(list) == 0 || list[0].Index != in.Index {
		return out, naru.NewError(naru.NotFound, "not_found", "object", fmt.Sprint(in.Index))
	}
	e, err := record.ParseLeaf(in.Index, list[0].Leaf)
	if err != nil {
		return out, err
	}
	out.Row, out.Leaf, out.Hash = Row{in.Index, e}, list[0].Leaf, list[0].Hash.String()
	size, note, err := s.LastCheckpoint(ctx)
	if err != nil || size <= in.Index {
		return out, err
	}
	return o.prove(ctx, s, out, size, note)
}

// prove adds the proof against the last checkpoint and checks it as a stranger would:
// from the bytes of the leaf to the signed root.
func (o Ops) prove(ctx context.Context, s Store, out EntryOut, size int64, note []byte) (EntryOut, error) {
	signed, err := record.OpenCheckpoint(note, o.verifier)
	if err != nil {
		return out, err
	}
	read := func(t record.Tile) (record.Tile, error) { return s.RecordTile(ctx, t) }
	out.Size, out.Root, out.Checkpoint = size, signed.Root.String(), string(note)
	proof, err := record.Prove(size, signed.Root, out.Index, read)
	if err != nil {
		return out, nil // stored hashes that do not add up are shown as "not proven"
	}
	for _, h := range proof {
		out.Proof = append(out.Proof, h.String())
	}
	out.Proven = tlog.CheckRecord(proof, size, signed.Root, out.Index, record.LeafHash(out.Leaf)) == nil
	return out, nil
}
