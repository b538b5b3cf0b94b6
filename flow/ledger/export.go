package ledger

import (
	"context"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"

	"naru"
	"naru/base/op"
	"naru/base/record"
)

// exportPage is how many entries a page of an export holds.
const exportPage = 1000

// ExportIn asks for the next page of an export.
type ExportIn struct {
	From int64 `json:"from,omitempty" doc:"index of the first entry wanted"`
	Size int64 `json:"size,omitempty" doc:"size the first page gave; 0 on the first page"`
}

// ExportOut is a page of stored entries. Every page of an export carries the same
// size; the checkpoint stands on the first.
type ExportOut struct {
	Verifier   string `json:"verifier"`
	Size       int64  `json:"size"`
	Checkpoint string `json:"checkpoint,omitempty"`
	Lines      []Line `json:"lines"`
}

// Line is a stored entry as it is, forged or not.
type Line struct {
	Index int64  `json:"index"`
	Hash  string `json:"hash"`
	Leaf  []byte `json:"leaf"`
}

func (o Ops) export(ctx context.Context, _ *op.Call, s Store, in ExportIn) (ExportOut, error) {
	out := ExportOut{Verifier: o.verifier, Size: in.Size}
	if in.Size == 0 {
		size, note, err := s.LastCheckpoint(ctx)
		if err != nil {
			return out, err
		}
		if size < 0 {
			return out, naru.NewError(naru.Conflict, "ledger.no_checkpoint")
		}
		out.Size, out.Checkpoint = size, string(note)
	}
	stored, err := s.StoredEntries(ctx, in.From, int(min(exportPage, max(0, out.Size-in.From))))
	for _, e := range stored {
		out.Lines = append(out.Lines, Line{e.Index, e.Hash.String(), e.Leaf})
	}
	return out, err
}

// WriteExport writes a whole export as the file that [record.Verify] reads. fetch runs
// the Export operation, in this process or over a door.
func WriteExport(ctx context.Context, w io.Writer, fetch func(context.Context, ExportIn) (ExportOut, error)) (int64, error) {
	page, err := fetch(ctx, ExportIn{})
	if err != nil {
		return 0, err
	}
	size, checkpoint := page.Size, page.Checkpoint
	x, err := record.NewExporter(w, page.Verifier)
	if err != nil {
		return 0, err
	}
	next := int64(0)
	for next < size {
		if err := writeLines(x, page.Lines); err != nil {
			return next, err
		}
		if len(page.Lines) == 0 {
			break // an entry was removed behind naru's back: the file shows the gap
		}
		next = page.Lines[len(page.Lines)-1].Index + 1
		if page, err = fetch(ctx, ExportIn{From: next, Size: size}); err != nil {
			return next, err
		}
	}
	return next, x.Close([]byte(checkpoint))
}

func writeLines(x *record.Exporter, lines []Line) error {
	for _, l := range lines {
		hash, err := tlog.ParseHash(l.Hash)
		if err != nil {
			return fmt.Errorf("entry %d: %w", l.Index, err)
		}
		if err := x.Entry(record.Stored{Index: l.Index, Leaf: l.Leaf, Hash: hash}); err != nil {
			return err
		}
	}
	return nil
}
