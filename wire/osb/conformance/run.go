package conformance

import (
	"context"
	"errors"
	"fmt"

	"naru/wire/osb"
)

// ErrUnreachable is the error of a run whose first request got no answer at all.
var ErrUnreachable = errors.New("the broker did not answer")

// Run judges a broker. It returns an error only when nothing could be tried: the options are wrong, or the
// broker did not answer. When ctx ends, the rest is skipped, what was created is removed and the report says
// that it was interrupted.
func Run(ctx context.Context, o Options) (*Report, error) {
	o, err := o.checked()
	if err != nil {
		return nil, fmt.Errorf("conformance: %w", err)
	}
	s := newSession(o)
	defer s.client.CloseIdleConnections()
	report := &Report{Suite: Version, Specification: osb.Version, URL: o.URL, StartedAt: o.Now().UTC()}
	first := s.do(ctx, s.catalogAsk())
	if first.Status == 0 {
		return nil, fmt.Errorf("conformance: %w: %s", ErrUnreachable, first.Fault)
	}
	s.scenarios(ctx, first)
	report.Interrupted = ctx.Err() != nil
	s.cleanUp(ctx, report)
	s.conclude()
	report.Results, report.Requests = s.results(), s.requests
	report.Service, report.SyncPlan, report.AsyncPlan = s.service.Name, s.syncPlan.Name, s.asyncPlan.Name
	report.EndedAt = o.Now().UTC()
	report.count()
	return report, nil
}

// scenarios tries everything, in the order in which a failure tells most.
func (s *session) scenarios(ctx context.Context, first *answer) {
	s.headers(ctx)
	if !s.catalogue(ctx, first) {
		return
	}
	s.unknown(ctx)
	s.malformed(ctx)
	s.lifecycles(ctx)
	s.ids(ctx)
	s.concurrent(ctx)
	s.lost(ctx)
}
