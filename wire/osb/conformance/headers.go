package conformance

import (
	"context"
	"net/http"

	"naru/wire/osb"
)

// headers tries what every request must carry.
func (s *session) headers(ctx context.Context) {
	s.authentication(ctx)
	a := s.catalogAsk()
	a.header = map[string]string{osb.HeaderVersion: ""}
	s.want("version.missing", s.do(ctx, a), http.StatusBadRequest, http.StatusPreconditionFailed)
	a.header = map[string]string{osb.HeaderVersion: "99.0"}
	s.want("version.unsupported", s.do(ctx, a), http.StatusPreconditionFailed)
	a.header = map[string]string{osb.HeaderIdentity: "nothing %%%"}
	x := s.do(ctx, a)
	s.check("identity.broken", x.Status >= 200 && x.Status < 500, why("refusal_or_ignored", "got", x.statusText()), x)
}

func (s *session) authentication(ctx context.Context) {
	if s.o.User == "" {
		s.skipAll([]string{"auth.required", "auth.wrong", "auth.change"}, "no_password")
		return
	}
	nobody, a := "", s.catalogAsk()
	a.user = &nobody
	s.want("auth.required", s.do(ctx, a), http.StatusUnauthorized)
	a.user = &s.o.User // with another password
	s.want("auth.wrong", s.do(ctx, a), http.StatusUnauthorized)
	// A creation that could not be valid, so that a broker that lets it through has made nothing.
	change := ask{op: osb.OpProvision, method: http.MethodPut, path: instancePath(s.newID("nobody")), body: map[string]string{}, user: &nobody}
	s.want("auth.change", s.do(ctx, change), http.StatusUnauthorized)
}

// unknown asks for what does not exist.
func (s *session) unknown(ctx context.Context) {
	i := &instance{id: s.newID("unknown"), plan: s.plans[0]}
	s.want("poll.unknown", s.do(ctx, s.pollAsk(i, "", "")), http.StatusNotFound, http.StatusGone)
	s.want("deprovision.unknown", s.do(ctx, s.deleteAsk(i, true)), http.StatusGone)
	s.wantRefusal("update.unknown", s.do(ctx, s.updateAsk(i, true, nil)))
	if s.service.InstancesRetrievable {
		s.want("fetch.unknown", s.do(ctx, s.fetchAsk(i)), http.StatusNotFound)
	} else {
		s.skip("fetch.unknown", "not_declared", "what", "instances_retrievable")
	}
	if !s.service.CanBind(s.plans[0]) {
		s.skipAll([]string{"bind.unknown", "unbind.unknown", "poll_binding.unknown", "fetch_binding.unknown"}, "not_declared", "what", "bindable")
		return
	}
	binding := s.newID("binding")
	s.wantRefusal("bind.unknown", s.do(ctx, s.bindAsk(i, binding, true)))
	s.want("unbind.unknown", s.do(ctx, s.unbindAsk(i, binding, true)), http.StatusGone)
	s.want("poll_binding.unknown", s.do(ctx, s.pollAsk(i, binding, "")), http.StatusNotFound, http.StatusGone)
	if s.service.BindingsRetrievable {
		s.want("fetch_binding.unknown", s.do(ctx, s.fetchBindingAsk(i, binding)), http.StatusNotFound)
	} else {
		s.skip("fetch_binding.unknown", "not_declared", "what", "bindings_retrievable")
	}
}
