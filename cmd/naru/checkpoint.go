package main

import (
	"context"
	"time"

	"naru/flow/ledger"
)

// signEvery is how often the record gets a signed checkpoint when it has grown.
const signEvery = time.Second

// sign keeps the record's checkpoint up to date until ctx ends, and once more then.
func (s *system) sign(ctx context.Context) {
	tick := time.NewTicker(signEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			s.signNow(context.WithoutCancel(ctx))
			return
		case <-tick.C:
			s.signNow(ctx)
		}
	}
}

// signNow signs the record as it stands, if it has grown since the last checkpoint.
func (s *system) signNow(ctx context.Context) {
	if _, err := ledger.Sign(ctx, s.db, s.signer); err != nil {
		s.report("checkpoint", err)
	}
}
