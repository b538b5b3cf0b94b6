package osb_test

import (
	"encoding/json"
	"testing"
	"time"

	"naru/flow/provision"
	"naru/internal/testdb"
	"naru/internal/testroad"
	"naru/store"
	"naru/wire/osb"
)

// version is a maintenance_info.
func version(v string) *osb.MaintenanceInfo { return &osb.MaintenanceInfo{Version: v} }

func TestAnUpdateFromAPictureThatIsNotNarusIsRefusedUntilThePicturesAgree(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBed(t, db, time.Minute)
		ctx := t.Context()
		b.ready(t, "i-1", "sync")
		b.Order("bigger", nil)
		service, sync := b.plan("sync")
		_, bigger := b.plan("bigger")
		_, async := b.plan("async")
		list := testroad.Do(b.Road, testroad.Operator(), b.Ops.InFlight, provision.InFlightIn{}).Rows
		if len(list) != 0 {
			t.Fatalf("in flight: %+v", list)
		}
		tests := []struct {
			name   string
			change osb.UpdateRequest
			status int // 0 = it is done
			has    string
		}{
			{"parameters for another plan", osb.UpdateRequest{Parameters: []byte(`{"a":1}`), PreviousValues: &osb.PreviousValues{PlanID: bigger}}, 422, sync},
			{"a plan change from another plan", osb.UpdateRequest{PlanID: bigger, PreviousValues: &osb.PreviousValues{PlanID: async}}, 422, sync},
			{"a plan change from a plan that nobody knows", osb.UpdateRequest{PlanID: bigger, PreviousValues: &osb.PreviousValues{PlanID: "pln_none"}}, 422, sync},
			{"another service", osb.UpdateRequest{PlanID: bigger, PreviousValues: &osb.PreviousValues{ServiceID: "svc_none"}}, 400, sync},
			{"parameters for another version", osb.UpdateRequest{Parameters: []byte(`{"a":1}`), PreviousValues: &osb.PreviousValues{MaintenanceInfo: version("0.9.0")}}, 422, sync},
			{"a move to the version it has", osb.UpdateRequest{MaintenanceInfo: version("1.0.0"), PreviousValues: &osb.PreviousValues{MaintenanceInfo: version("0.9.0")}}, 0, sync},
			{"another name, whatever the plan is", osb.UpdateRequest{Context: json.RawMessage(`{"platform":"p","instance_name":"n"}`), PreviousValues: &osb.PreviousValues{PlanID: bigger}}, 0, sync},
			{"the picture that naru has", osb.UpdateRequest{PlanID: bigger, PreviousValues: &osb.PreviousValues{ServiceID: service, PlanID: sync, MaintenanceInfo: version("1.0.0")}}, 0, bigger},
			{"the same again, as after a lost answer", osb.UpdateRequest{PlanID: bigger, PreviousValues: &osb.PreviousValues{PlanID: sync}}, 0, bigger},
			{"no picture at all", osb.UpdateRequest{Parameters: []byte(`{"a":2}`)}, 0, bigger},
		}
		for _, tt := range tests {
			tt.change.InstanceID, tt.change.ServiceID, tt.change.AcceptsIncomplete = "i-1", service, true
			sent := b.Front.Forwarded("PATCH")
			got, err := b.client.Update(ctx, tt.change)
			switch {
			case tt.status == 0 && err != nil, tt.status != 0 && osb.StatusOf(err) != tt.status:
				t.Errorf("%s: %v, want %d", tt.name, err, tt.status)
			case tt.status != 0 && b.Front.Forwarded("PATCH") != sent:
				t.Errorf("%s: the provider was asked", tt.name)
			case got.Async:
				b.poll(t, "i-1", got.Operation)
			}
			if now := b.shown(t, "i-1"); now.PlanID != tt.has {
				t.Errorf("%s: the plan is %s", tt.name, now.PlanID)
			}
		}
	})
}
