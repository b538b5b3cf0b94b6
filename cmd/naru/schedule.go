package main

import (
	"context"
	"strings"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/decide"
	"naru/flow/meter"
	"naru/flow/provision"
)

// lawEvery is how often naru looks whether another law is in force than the one its
// standing decisions rest on, or an exception began or ran out: a new day, or new packs
// after an upgrade.
const lawEvery = 10 * time.Minute

// collectEvery is how often providers are asked for usage. Lines told before are
// dropped, so asking often costs only their reading.
const collectEvery = time.Hour

// countLook is how often naru looks which provider is due for a census.
const countLook = time.Minute

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

// count takes a census of every provider whose last one is older than its interval; the
// first one comes soon after the start. Several naru on one database share the dates.
func (s *system) count(ctx context.Context) error {
	c := s.asNaru("census")
	for page := (naru.Page{Limit: naru.MaxPage}); ; {
		list, err := op.Do(ctx, s.runner, c, catalog.ListProviders, catalog.ListProvidersIn{Page: page})
		if err != nil {
			return err
		}
		for i := range list.Rows {
			if err := s.countDue(ctx, c, &list.Rows[i]); err != nil {
				return err
			}
		}
		if page.After = list.Next; page.After == "" {
			return nil
		}
	}
}

func (s *system) countDue(ctx context.Context, c naru.Call, p *catalog.Provider) error {
	interval := s.censusEvery.of(string(p.ID))
	if p.BrokerURL == "" || interval == 0 || c.Now.Sub(s.counted[p.ID]) < interval {
		return nil
	}
	last, err := op.Do(ctx, s.runner, c, s.steps.Provision.Censuses, provision.CensusesIn{Provider: p.ID, Page: naru.Page{Limit: 1}})
	if err != nil {
		return err
	}
	if len(last.Rows) > 0 {
		if age := c.Now.Sub(last.Rows[0].At); age >= 0 && age < interval {
			s.counted[p.ID] = last.Rows[0].At
			return nil
		}
	}
	s.counted[p.ID] = c.Now
	_, err = op.Do(ctx, s.runner, c, s.steps.Provision.Census, provision.CensusIn{Provider: p.ID})
	return err
}

// recheck has everything that runs checked once on every legal day, because a day alone
// ends orders, certificates and exceptions.
func (s *system) recheck(ctx context.Context) error {
	c := s.asNaru("recheck")
	if s.rechecked == c.Today() {
		return nil
	}
	_, err := op.Do(ctx, s.runner, c, s.steps.Provision.Recheck, provision.RecheckIn{})
	if err == nil {
		s.rechecked = c.Today()
	}
	return err
}

// forget removes old settled calls from the journal once on every legal day.
func (s *system) forget(ctx context.Context) error {
	c := s.asNaru("forget")
	if s.journalDays == 0 || s.forgot == c.Today() {
		return nil
	}
	for {
		gone, err := op.Do(ctx, s.runner, s.asNaru("forget"), s.steps.Provision.Forget, provision.ForgetIn{Days: s.journalDays})
		if err != nil {
			return err
		}
		if !gone.More {
			s.forgot = c.Today()
			return nil
		}
	}
}

// intervals are a duration for all and others for single ids.
type intervals struct {
	all time.Duration
	own map[string]time.Duration
}

// parseIntervals reads "6h" or "6h,prv_1=1h".
func parseIntervals(name, text string) (intervals, error) {
	v := intervals{own: map[string]time.Duration{}}
	for i, part := range strings.Split(text, ",") {
		id, value, own := strings.Cut(strings.TrimSpace(part), "=")
		if !own {
			value = id
		}
		d, err := time.ParseDuration(value)
		if err != nil || d < 0 || own == (i == 0) {
			return v, naru.NewError(naru.Invalid, "cli.bad_intervals", "name", name, "value", text)
		}
		if own {
			v.own[id] = d
			continue
		}
		v.all = d
	}
	return v, nil
}

func (v intervals) of(id string) time.Duration {
	if d, ok := v.own[id]; ok {
		return d
	}
	return v.all
}
