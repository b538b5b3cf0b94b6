package provider

import (
	"context"
	"encoding/json"

	"naru/flow/provision"
	"naru/wire/osb"
)

// maintenance is nil for no version: an empty one is malformed.
func maintenance(version string) *osb.MaintenanceInfo {
	if version == "" {
		return nil
	}
	return &osb.MaintenanceInfo{Version: version}
}

// maxMetadata bounds what is kept of a broker's metadata of an instance.
const maxMetadata = 64 << 10

// about is the metadata of an instance, if it is an object of bounded size.
func about(raw json.RawMessage) []byte {
	var object map[string]json.RawMessage
	if len(raw) > maxMetadata || json.Unmarshal(raw, &object) != nil || len(object) == 0 {
		return nil
	}
	return raw
}

// update sends a change. What is to stay is left out, as the specification wants it; the
// context always goes along, because it is naru's own and never changes but for the name.
func (l *Link) update(ctx context.Context, r provision.Request) (provision.Answer, error) {
	w := r.Wanted
	if w == nil {
		w = &provision.Wanted{}
	}
	got, err := do(ctx, l, r.Provider, func(ctx context.Context, c *osb.Client) (osb.UpdateResponse, error) {
		return c.Update(ctx, osb.UpdateRequest{
			Caller: caller(r), InstanceID: string(r.Instance), AcceptsIncomplete: !r.Sync, ServiceID: r.Service, PlanID: w.Plan,
			Context: platform(r), Parameters: params(w.Params), MaintenanceInfo: maintenance(w.Maintenance),
			PreviousValues: &osb.PreviousValues{
				ServiceID: r.Service, PlanID: r.Plan, OrganizationID: string(r.Institution), SpaceID: string(r.System),
				MaintenanceInfo: maintenance(w.FromMaintenance),
			},
		})
	})
	a := done(got.Async, got.Operation)
	a.Dashboard, a.Metadata = address(got.DashboardURL), about(got.Metadata)
	return a, err
}

// show reads what an instance is now.
func (l *Link) show(ctx context.Context, r provision.Request) (provision.Answer, error) {
	got, err := do(ctx, l, r.Provider, func(ctx context.Context, c *osb.Client) (osb.GetInstanceResponse, error) {
		return c.GetInstance(ctx, osb.GetInstanceRequest{Caller: caller(r), InstanceID: string(r.Instance), ServiceID: r.Service, PlanID: r.Plan})
	})
	shown := provision.Shown{Plan: got.PlanID, Params: got.Parameters}
	if got.MaintenanceInfo != nil {
		shown.Maintenance = got.MaintenanceInfo.Version
	}
	return provision.Answer{Outcome: provision.Done, Shown: &shown}, err
}
