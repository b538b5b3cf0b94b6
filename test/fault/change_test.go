package fault

import (
	"naru/wire/osb"
)

// updating changes parameters. A change whose answer is lost is looked up or sent again: after the fault the platform's
// word, naru's and the broker's are one.
func (b *bed) updating(w way) {
	i := b.ready("async")
	w.set(b)
	got, err := b.client.Update(b.t.Context(), osb.UpdateRequest{
		InstanceID: i.id, ServiceID: i.service, Parameters: []byte(`{"size":7}`), AcceptsIncomplete: true,
	})
	if err != nil || !got.Async {
		b.t.Errorf("update: %+v, %v", got, err)
		b.agree(w.lies)
		return
	}
	if _, err := b.client.GetInstance(b.t.Context(), osb.GetInstanceRequest{InstanceID: i.id}); err != nil && !osb.IsCode(err, osb.CodeConcurrencyError) {
		b.t.Errorf("fetch during an update: %v", err)
	}
	b.back()
	var end osb.LastOperationResponse
	b.wait("the end of the update", func() bool {
		end, err = i.poll(got.Operation)
		return err != nil || end.State != osb.InProgress
	})
	if err != nil {
		b.t.Errorf("poll of the update: %v", err)
	}
	b.agree(w.lies)
	shown, err := b.client.GetInstance(b.t.Context(), osb.GetInstanceRequest{InstanceID: i.id})
	changed := string(shown.Parameters) == `{"size":7}`
	if err != nil || changed != (end.State == osb.Succeeded) {
		b.t.Errorf("the update ended %q, and the instance has parameters %s, %v", end.State, shown.Parameters, err)
	}
}

// rotating makes a successor. Whatever becomes of it, its predecessor stays.
func (b *bed) rotating(w way) {
	i, credentials := b.bound()
	w.set(b)
	got, err := b.client.Bind(b.t.Context(), osb.BindRequest{InstanceID: i.id, BindingID: "next", PredecessorBindingID: "b", AcceptsIncomplete: true})
	if err != nil || !got.Async {
		b.t.Errorf("rotate: %+v, %v", got.Async, err)
		b.agree(w.lies)
		return
	}
	b.follow(w, func(operation string) (osb.LastOperationResponse, error) {
		return b.client.LastBindingOperation(b.t.Context(), osb.LastBindingOperationRequest{InstanceID: i.id, BindingID: "next", Operation: operation})
	}, got.Operation, w.bind)
	old, err := b.client.GetBinding(b.t.Context(), osb.GetBindingRequest{InstanceID: i.id, BindingID: "b"})
	if err != nil || string(old.Credentials) != credentials {
		b.t.Errorf("the predecessor after a rotation: %v", err)
	}
	next, err := b.client.GetBinding(b.t.Context(), osb.GetBindingRequest{InstanceID: i.id, BindingID: "next"})
	if lives := err == nil && len(next.Credentials) > 0; lives != (w.bind == lasts) {
		b.t.Errorf("the successor after the fault: there %v, %v; the rotation %q", lives, err, w.bind)
	}
}
