package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"naru/base/op"
	"naru/store"
)

// errNoTx says that a transaction is not the store's; it cannot happen.
var errNoTx = errors.New("transaction is not the store's")

// signEvery is how often the record gets a signed checkpoint when it has grown.
const signEvery = time.Second

// sign keeps the record's checkpoint up to date until ctx ends, and once more then.
func (s *system) sign(ctx context.Context) {
	tick := time.NewTicker(signEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			if err := s.signNow(context.WithoutCancel(ctx)); err != nil {
				s.report("checkpoint", err)
			}
			return
		case <-tick.C:
			if err := s.signNow(ctx); err != nil {
				s.report("checkpoint", err)
			}
		}
	}
}

// signNow signs the record as it stands, if it has grown since the last checkpoint.
func (s *system) signNow(ctx context.Context) error {
	var grown bool
	err := s.db.Read(ctx, func(ctx context.Context, tx any) error {
		t, ok := tx.(*store.Tx)
		if !ok {
			return errNoTx
		}
		size, err := t.RecordSize(ctx)
		if err != nil {
			return err
		}
		last, _, err := t.LastCheckpoint(ctx)
		grown = size > max(last, 0)
		return err
	})
	if err != nil || !grown {
		return err
	}
	return s.db.Write(ctx, func(ctx context.Context, tx op.Tx) error {
		t, ok := tx.(*store.Tx)
		if !ok {
			return errNoTx
		}
		size, err := t.RecordSize(ctx)
		if err != nil {
			return err
		}
		tree, err := t.RecordTree(ctx, size)
		if err != nil {
			return fmt.Errorf("record of size %d: %w", size, err)
		}
		note, err := s.signer.Checkpoint(size, tree.Root())
		if err != nil {
			return err
		}
		return t.PutCheckpoint(ctx, size, note)
	})
}
