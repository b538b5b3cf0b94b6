package campaign

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"naru/wire/osb"
)

// now is the plan a platform would name.
func (s *subject) now() string { return cmp.Or(s.plan, s.order.plan) }

// update changes the plan of what is at once, and the parameters of everything else.
func (w *worker) update(ctx context.Context, s *subject) {
	r := osb.UpdateRequest{InstanceID: s.id, ServiceID: s.order.service, Parameters: []byte(`{"size":4}`), AcceptsIncomplete: w.rng.IntN(3) > 0 || s.order.async}
	target := s.plan
	if s.order.small && w.rng.IntN(2) == 0 {
		select {
		case o := <-w.h.bigger:
			target = o.plan
			r.PlanID, r.Parameters = o.plan, json.RawMessage(`{"order":"`+o.id+`"}`)
		default: // none is left
		}
	}
	before := s.plan
	s.plan = "" // until it is answered
	got, lost, err := insist(ctx, w, s, "PATCH to "+target, func(ctx context.Context) (osb.UpdateResponse, error) {
		return w.client.Update(ctx, r)
	})
	switch {
	case err == nil && got.Async:
		w.followUpdate(ctx, s, got.Operation, before, target)
	case err == nil:
		s.plan = target
	case silent(err), osb.IsCode(err, osb.CodeConcurrencyError), lost > 0 && osb.StatusOf(err) == http.StatusConflict:
	case osb.StatusOf(err) == http.StatusUnprocessableEntity: // it was not done, unless an attempt before was
		if lost == 0 {
			s.plan = before
		}
	default:
		w.h.history.fault(s.id, "the update was answered %v", err)
	}
	if before == target && s.plan != "" {
		s.plan = target
	}
}

func (w *worker) followUpdate(ctx context.Context, s *subject, operation, before, target string) {
	for end := time.Now().Add(1500 * time.Millisecond); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
		got, _, err := insist(ctx, w, s, "poll of the update", func(ctx context.Context) (osb.LastOperationResponse, error) {
			return w.client.LastOperation(ctx, osb.LastOperationRequest{InstanceID: s.id, Operation: operation})
		})
		switch {
		case silent(err):
			return
		case err != nil:
			w.h.history.fault(s.id, "the poll of the update was answered %v", err)
			return
		case got.State == osb.Succeeded:
			s.plan = target
			return
		case got.State == osb.Failed:
			s.plan = before
			return
		}
	}
}

// rotate makes a successor of a binding; both can be read until the old one is revoked.
func (w *worker) rotate(ctx context.Context, s, old *subject) {
	b := &subject{id: "rotated", told: asked}
	s.bindings = append(s.bindings, b)
	got, _, err := insist(ctx, w, s, "rotation of "+old.id, func(ctx context.Context) (osb.BindResponse, error) {
		return w.client.Bind(ctx, osb.BindRequest{InstanceID: s.id, BindingID: b.id, PredecessorBindingID: old.id, AcceptsIncomplete: w.number%2 == 0})
	})
	switch {
	case err == nil && got.Async:
		b.told = promised
		w.followBinding(ctx, s, b)
	case err == nil:
		b.told = made
		w.secret(got.Credentials)
	case silent(err), osb.IsCode(err, osb.CodeConcurrencyError):
	case osb.StatusOf(err) == http.StatusUnprocessableEntity:
		b.told = refused
	default:
		b.told = refused
		w.h.history.fault(s.id, "the rotation was answered %v", err)
	}
	if b.told == made {
		w.read(ctx, s, b, string(got.Credentials))
		w.read(ctx, s, old, "")
		w.unbind(ctx, s, old)
	}
}
