package peers

import (
	"fmt"

	osbc "sigs.k8s.io/go-open-service-broker-client/v2"

	"naru/wire/osb"
)

// renewed is the binding in the place of "bound".
const renewed = "renewed"

// rotate makes new credentials beside those of "bound", which stay. The client of others
// knows nothing of rotation (2.17), so that naru's own asks.
func (w *walk) rotate() {
	w.t.Helper()
	got, err := w.Platform(w.t).Bind(w.t.Context(), osb.BindRequest{
		InstanceID: w.id, BindingID: renewed, PredecessorBindingID: "bound", ServiceID: w.service, PlanID: w.plan, AcceptsIncomplete: w.async,
	})
	w.must("rotation", err)
	if got.Async {
		w.settle("the rotation", false, func() (*osbc.LastOperationResponse, error) {
			return w.client.PollBindingLastOperation(&osbc.BindingLastOperationRequest{InstanceID: w.id, BindingID: renewed, ServiceID: &w.service, PlanID: &w.plan})
		})
	}
	if before, after := w.credentials("bound"), w.credentials(renewed); before == after {
		w.t.Errorf("the rotation gives the credentials there were: %s", w.service)
	}
}

// credentials are those of a binding that must be there.
func (w *walk) credentials(binding string) string {
	w.t.Helper()
	got, err := w.client.GetBinding(&osbc.GetBindingRequest{InstanceID: w.id, BindingID: binding})
	w.must("fetch of "+binding, err)
	if len(got.Credentials) == 0 {
		w.t.Errorf("%s has no credentials", binding)
	}
	return fmt.Sprint(got.Credentials)
}

// retire revokes the renewed credentials, which outlived those before them.
func (w *walk) retire() {
	w.t.Helper()
	w.credentials(renewed)
	got, err := w.client.Unbind(&osbc.UnbindRequest{
		InstanceID: w.id, BindingID: renewed, AcceptsIncomplete: w.async, ServiceID: w.service, PlanID: w.plan, OriginatingIdentity: identity(),
	})
	w.must("unbind of the renewed", err)
	if got.Async {
		w.settle("the unbinding", true, func() (*osbc.LastOperationResponse, error) {
			return w.client.PollBindingLastOperation(&osbc.BindingLastOperationRequest{InstanceID: w.id, BindingID: renewed, ServiceID: &w.service, PlanID: &w.plan})
		})
	}
}
