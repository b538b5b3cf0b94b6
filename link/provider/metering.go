package provider

import (
	"context"
	"time"

	"naru/flow/catalog"
	"naru/flow/meter"
)

// Metered is the link as meter's port: it hands usage on as it was told, unjudged.
type Metered struct{ *Link }

// Usage implements meter.Source.
func (m Metered) Usage(ctx context.Context, p catalog.Provider, from, to time.Time) ([]meter.Reading, error) {
	records, err := m.Link.Usage(ctx, p, from, to)
	if err != nil {
		return nil, err
	}
	out := make([]meter.Reading, len(records))
	for i, r := range records {
		out[i] = meter.Reading{
			Line: r.LineID, Instance: r.InstanceID, Meter: r.Meter, Unit: r.Unit, Quantity: r.Quantity, From: r.From, To: r.To,
		}
	}
	return out, nil
}
