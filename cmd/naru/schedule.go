package main

import (
	"context"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/decide"
	"naru/flow/meter"
)

// lawEvery is how often naru looks whether another law is in force than the one its
// standing decisions rest on, or an exception began or ran out: a new day, or new packs
// after an upgrade.
const lawEvery = 10 * time.Minute

// collectEvery is how often providers are asked for usage. Lines told before are
// dropped, so asking often costs only their reading.
const collectEvery = time.Hour

// every does a piece of work at an interval until ctx ends; a fault is reported and the
// work is tried again at the next turn.
func (s *system) every(ctx context.Context, interval time.Duration, where string, work func(context.Context) error) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := work(ctx); err != nil {
				s.report(where, err)
			}
		}
	}
}

// asNaru starts a call of naru itself.
func (s *system) asNaru(name string) naru.Call {
	return s.runner.CallFor(naru.Actor{User: "naru/" + name, Role: string(identity.System)})
}

// redecide renews the standing decisions that the calendar made old.
func (s *system) redecide(ctx context.Context) error {
	c := s.asNaru("law")
	due, err := op.Do(ctx, s.runner, c, s.steps.Decide.Due, decide.DueIn{})
	if err != nil || !due.Law && len(due.Systems) == 0 {
		return err
	}
	_, err = op.Do(ctx, s.runner, c, s.steps.Decide.Renew, decide.RenewIn{})
	return err
}

// collect asks every provider for its usage.
func (s *system) collect(ctx context.Context) error {
	c := s.asNaru("collect")
	providers, err := op.Do(ctx, s.runner, c, catalog.ListProviders, catalog.ListProvidersIn{Page: naru.Page{Limit: 1}})
	if err != nil || len(providers.Rows) == 0 {
		return err
	}
	_, err = op.Do(ctx, s.runner, c, meter.Collect, meter.CollectIn{})
	return err
}
