package main

import (
	"context"
	"fmt"

	"naru/flow/decide"
	"naru/flow/plan"
)

// planWaves is a plan of the whole estate from its stored decisions; the best of three.
func planWaves(ctx context.Context, b *bed) (float64, error) {
	if err := b.decided(ctx); err != nil {
		return 0, err
	}
	seconds, err := best(3, func() error {
		out, err := do(ctx, b, b.plan.Waves, plan.WavesIn{})
		if err == nil && out.Systems != systems {
			err = fmt.Errorf("%d systems planned of %d", out.Systems, systems)
		}
		return err
	})
	return seconds * 1000, err
}

// planBlast is what the loss of every government centre hits, and the list of what to do
// first; the best of three.
func planBlast(ctx context.Context, b *bed) (float64, error) {
	if err := b.decided(ctx); err != nil {
		return 0, err
	}
	seconds, err := best(3, func() error {
		out, err := do(ctx, b, b.plan.Blast, plan.BlastIn{Loss: plan.Loss{Kind: plan.LostSite, Of: "government"}})
		if err == nil && out.Direct == 0 {
			err = fmt.Errorf("nothing of %d systems was hit", systems)
		}
		return err
	})
	return seconds * 1000, err
}

// decided makes sure that decisions stand.
func (b *bed) decided(ctx context.Context) error {
	if err := b.ready(ctx); err != nil {
		return err
	}
	sum, err := do(ctx, b, b.decide.Summary, decide.SummaryIn{})
	if err != nil || sum.Components > 0 {
		return err
	}
	_, err = do(ctx, b, b.decide.Run, decide.RunIn{})
	return err
}
