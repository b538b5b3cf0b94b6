package conformance

import (
	"context"
	"encoding/json"
	"net/http"

	"naru/wire/osb"
)

// bindings makes, repeats, fetches, rotates and removes bindings of an instance that is ready.
func (s *session) bindings(ctx context.Context, i *instance, accepts bool) {
	if !s.service.CanBind(i.plan) {
		s.skipAll([]string{"bind.created", "bind.credentials", "unbind.done"}, "not_declared", "what", "bindable")
		return
	}
	s.bindFields(ctx, i)
	id := s.newID("binding")
	content, ok := s.bound(ctx, i, id, accepts, s.bindAsk(i, id, accepts))
	if !ok {
		return
	}
	s.repeatedBind(ctx, i, id, accepts)
	s.fetchBinding(ctx, i, id, content)
	if i.plan.BindingRotatable {
		s.rotate(ctx, i, id, accepts)
	} else {
		s.skipAll([]string{"rotate.created", "rotate.both", "rotate.unknown", "rotate.outlives"}, "not_declared", "what", "binding_rotatable")
	}
	s.unbind(ctx, i, id, accepts)
}

// bound binds and follows the binding until it is there; content holds its credentials, from wherever they came.
func (s *session) bound(ctx context.Context, i *instance, id string, accepts bool, a ask) (content json.RawMessage, ok bool) {
	x := s.do(ctx, a)
	if x.Status == http.StatusUnprocessableEntity && !accepts && x.text("error") == osb.CodeAsyncRequired {
		s.put("bind.async_required", Passed, nil)
		a.accepts = true
		x = s.do(ctx, a)
	}
	switch x.Status {
	case http.StatusAccepted:
		s.put("bind.accepted", Passed, nil)
		return s.asyncBound(ctx, i, id, a, x)
	default:
		if !s.want("bind.created", x, http.StatusCreated) {
			return nil, false
		}
	}
	s.content(x)
	return x.object["credentials"], true
}

// asyncBound follows a binding that was accepted and fetches its credentials.
func (s *session) asyncBound(ctx context.Context, i *instance, id string, a ask, x *answer) (json.RawMessage, bool) {
	operation := x.text("operation")
	again := s.do(ctx, a)
	if again.Status != http.StatusAccepted && s.over(ctx, running{i, id, operation}) {
		s.skip("bind.identical_running", "raced")
	} else {
		s.want("bind.identical_running", again, http.StatusAccepted)
	}
	early := s.do(ctx, s.fetchBindingAsk(i, id))
	if early.Status != http.StatusNotFound && s.over(ctx, running{i, id, operation}) {
		s.skip("fetch_binding.running", "raced")
	} else {
		s.want("fetch_binding.running", early, http.StatusNotFound)
	}
	e := s.follow(ctx, i, id, operation)
	if !s.check("poll_binding.ends", e.state != osb.InProgress, why("endless"), e.last) ||
		!s.check("poll_binding.succeeds", e.state == osb.Succeeded, why("failed", "what", orElse(cut(e.last.text("description")), e.last.statusText())), e.last) {
		return nil, false
	}
	got := s.do(ctx, s.fetchBindingAsk(i, id))
	if !s.want("fetch_binding.ready", got, http.StatusOK) { // the only way to asynchronous credentials
		return nil, false
	}
	s.content(got)
	return got.object["credentials"], true
}

// content holds what a binding says to the specification.
func (s *session) content(x *answer) {
	var b osb.Binding
	err := json.Unmarshal(x.body, &b)
	if err == nil {
		err = b.Check()
	}
	if err != nil {
		s.check("bind.content", false, why("problem", "what", cut(err.Error())), x)
		return
	}
	s.check("bind.content", true, nil)
	err = osb.CheckRequires(s.service.Requires, b)
	text := ""
	if err != nil {
		text = err.Error()
	}
	s.check("bind.requires", err == nil, why("problem", "what", text), x)
	there := len(b.Credentials) > 0 || b.SyslogDrainURL != "" || b.RouteServiceURL != "" || len(b.VolumeMounts) > 0
	s.check("bind.credentials", there, why("missing", "field", "credentials"), x)
}

func (s *session) bindFields(ctx context.Context, i *instance) {
	for _, field := range []string{"service_id", "plan_id"} {
		a := s.bindAsk(i, s.newID("binding"), true)
		a.body = bodyWith(s.bindWish(i, "conformance-app"), map[string]any{field: nil})
		if !s.want("bind.fields", s.do(ctx, a), http.StatusBadRequest) {
			return
		}
	}
}

// repeatedBind sends the bind of a finished binding again, the same and another.
func (s *session) repeatedBind(ctx context.Context, i *instance, id string, accepts bool) {
	a := s.bindAsk(i, id, accepts)
	s.want("bind.identical", s.do(ctx, a), http.StatusOK)
	a.body = s.bindWish(i, "conformance-another-app")
	s.want("bind.conflict", s.do(ctx, a), http.StatusConflict)
}

// fetchBinding fetches a binding that is ready.
func (s *session) fetchBinding(ctx context.Context, i *instance, id string, content json.RawMessage) {
	if !s.service.BindingsRetrievable {
		s.skip("fetch_binding.ready", "not_declared", "what", "bindings_retrievable")
		return
	}
	x := s.do(ctx, s.fetchBindingAsk(i, id))
	if s.want("fetch_binding.ready", x, http.StatusOK) {
		same := len(content) == 0 || sameJSON(content, x.object["credentials"])
		s.check("fetch_binding.ready", same, why("differs", "field", "credentials"), x)
	}
}

func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	p, err := json.Marshal(x)
	q, err2 := json.Marshal(y)
	return err == nil && err2 == nil && string(p) == string(q)
}

// rotate makes a successor with nothing but the name of its predecessor, and removes the predecessor.
func (s *session) rotate(ctx context.Context, i *instance, old string, accepts bool) {
	stranger := s.bindAsk(i, s.newID("binding"), accepts)
	stranger.body = map[string]string{"predecessor_binding_id": s.newID("nobody")}
	s.wantRefusal("rotate.unknown", s.do(ctx, stranger))
	// A first binding of its own, so that the one under trial stays for the rest of the life.
	first, next := s.newID("binding"), s.newID("binding")
	if _, ok := s.bound(ctx, i, first, accepts, s.bindAsk(i, first, accepts)); !ok {
		first = old
	}
	a := s.bindAsk(i, next, accepts)
	a.body = map[string]string{"predecessor_binding_id": first}
	x := s.do(ctx, a)
	held := s.check("rotate.created", x.Status == http.StatusCreated || x.Status == http.StatusAccepted, statusWhy(x, http.StatusCreated, http.StatusAccepted), x)
	if !held {
		return
	}
	if x.Status == http.StatusAccepted {
		e := s.follow(ctx, i, next, x.text("operation"))
		s.check("rotate.created", e.state == osb.Succeeded, why("failed", "what", orElse(cut(e.last.text("description")), e.last.statusText())), x, e.last)
	}
	if !s.service.BindingsRetrievable {
		s.skipAll([]string{"rotate.both", "rotate.outlives"}, "not_declared", "what", "bindings_retrievable")
		return
	}
	before, after := s.do(ctx, s.fetchBindingAsk(i, first)), s.do(ctx, s.fetchBindingAsk(i, next))
	both := before.Status == http.StatusOK && after.Status == http.StatusOK
	s.check("rotate.both", both, why("status", "want", "200", "got", before.statusText()+", "+after.statusText()), before, after)
	if first == old {
		s.skip("rotate.outlives", "not_reached")
		return
	}
	s.removeBinding(ctx, i, first)
	s.want("rotate.outlives", s.do(ctx, s.fetchBindingAsk(i, next)), http.StatusOK)
	s.removeBinding(ctx, i, next)
}

// unbind removes a binding and looks for it afterwards.
func (s *session) unbind(ctx context.Context, i *instance, id string, accepts bool) {
	for _, query := range [][]string{{"service_id", s.service.ID}, {"plan_id", i.plan.ID}} {
		a := s.unbindAsk(i, id, accepts)
		a.query = query
		if !s.want("unbind.fields", s.do(ctx, a), http.StatusBadRequest) {
			break
		}
	}
	x := s.do(ctx, s.unbindAsk(i, id, accepts))
	switch {
	case x.Status == http.StatusUnprocessableEntity && !accepts: // a plan that unbinds over time
		s.wantCode("unbind.done", x, osb.CodeAsyncRequired)
		s.removeBinding(ctx, i, id)
	case x.Status == http.StatusAccepted:
		s.put("unbind.accepted", Passed, nil)
		e := s.follow(ctx, i, id, x.text("operation"))
		s.check("poll_binding.ends", e.state != osb.InProgress || e.gone, why("endless"), e.last)
		s.check("poll_binding.succeeds", e.succeeded(), why("failed", "what", orElse(cut(e.last.text("description")), e.last.statusText())), e.last)
	default:
		s.want("unbind.done", x, http.StatusOK)
	}
	s.want("unbind.again", s.do(ctx, s.unbindAsk(i, id, accepts)), http.StatusGone)
	if s.service.BindingsRetrievable {
		s.want("fetch_binding.deleted", s.do(ctx, s.fetchBindingAsk(i, id)), http.StatusNotFound)
	}
}
