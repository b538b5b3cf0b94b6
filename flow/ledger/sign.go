package ledger

import (
	"context"
	"fmt"

	"naru/base/op"
	"naru/base/record"
)

// Keeper is what signing needs of a write transaction.
type Keeper interface {
	RecordSize(ctx context.Context) (int64, error)
	RecordTree(ctx context.Context, size int64) (record.Tree, error)
	LastCheckpoint(ctx context.Context) (size int64, note []byte, err error)
	PutCheckpoint(ctx context.Context, size int64, note []byte) error
}

// Sign signs a checkpoint over the whole record when it has grown since the last one
// and reports whether it did. It looks in a read transaction first, so that a quiet
// naru writes nothing. A checkpoint is no entry: it would otherwise call for the next.
func Sign(ctx context.Context, db op.DB, signer *record.Signer) (signed bool, err error) {
	grown := false
	err = db.Read(ctx, func(ctx context.Context, tx any) error {
		_, grown, err = growth(ctx, tx.(Keeper))
		return err
	})
	if err != nil || !grown {
		return false, err
	}
	err = db.Write(ctx, func(ctx context.Context, tx op.Tx) error {
		signed, err = sign(ctx, tx.(Keeper), signer)
		return err
	})
	return signed, err
}

func growth(ctx context.Context, k Keeper) (size int64, grown bool, err error) {
	if size, err = k.RecordSize(ctx); err != nil {
		return 0, false, err
	}
	last, _, err := k.LastCheckpoint(ctx)
	return size, size > last, err
}

func sign(ctx context.Context, k Keeper, signer *record.Signer) (bool, error) {
	size, grown, err := growth(ctx, k)
	if err != nil || !grown {
		return false, err
	}
	tree, err := k.RecordTree(ctx, size)
	if err != nil {
		return false, fmt.Errorf("checkpoint of size %d: %w", size, err)
	}
	note, err := signer.Checkpoint(size, tree.Root())
	if err != nil {
		return false, err
	}
	return true, k.PutCheckpoint(ctx, size, note)
}
