package provider

import (
	"context"
	"time"

	"naru/flow/catalog"
	"naru/flow/provision"
	"naru/wire/osb"
)

// Usage reads the usage lines that begin in [from, to) of every instance of a provider.
// It hands on the lines as they are: what they mean is for the step meter to judge.
func (l *Link) Usage(ctx context.Context, p catalog.Provider, from, to time.Time) ([]osb.UsageRecord, error) {
	got, err := do(ctx, l, p, func(ctx context.Context, c *osb.Client) (osb.UsageResponse, error) {
		return c.Usage(ctx, osb.UsageRequest{From: from, To: to})
	})
	if err != nil {
		return nil, unavailable(p, err)
	}
	return got.Records, nil
}

// UsageOf reads the usage lines of one instance.
func (l *Link) UsageOf(ctx context.Context, p catalog.Provider, id provision.InstanceID, from, to time.Time) ([]osb.UsageRecord, error) {
	got, err := do(ctx, l, p, func(ctx context.Context, c *osb.Client) (osb.UsageResponse, error) {
		return c.Usage(ctx, osb.UsageRequest{InstanceID: string(id), From: from, To: to})
	})
	if err != nil {
		return nil, unavailable(p, err)
	}
	return got.Records, nil
}
