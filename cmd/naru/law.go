package main

import (
	"context"
	"slices"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/flow/decide"
)

// lawEvery is how often naru looks whether another law is in force than the one its
// standing decisions rest on: a new day, or new packs after an upgrade.
const lawEvery = 10 * time.Minute

// keepLaw decides the nation again whenever the law in force has changed, until ctx ends.
func (s *system) keepLaw(ctx context.Context) {
	tick := time.NewTicker(lawEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := s.redecide(ctx); err != nil {
			s.report("law", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// redecide compares the law of today with that of the standing decisions.
func (s *system) redecide(ctx context.Context) error {
	c := s.runner.CallFor(naru.Actor{User: "naru/law", Role: string(identity.System)})
	inForce, err := s.law.InForce(c.Today())
	if err != nil {
		return err
	}
	sum, err := op.Do(ctx, s.runner, c, s.steps.Decide.Summary, decide.SummaryIn{})
	if err != nil || sum.Components == 0 || slices.Equal(sum.Laws, []string{inForce.Digest()}) {
		return err
	}
	_, err = op.Do(ctx, s.runner, c, s.steps.Decide.Run, decide.RunIn{})
	return err
}
