package conformance

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"naru/wire/osb"
)

// instance is one that the suite asked for, with the bindings it asked for.
type instance struct {
	id       string
	plan     osb.Plan
	bindings []string
	gone     bool // known to be removed
}

func segment(id string) string {
	if id == "." || id == ".." {
		return strings.ReplaceAll(id, ".", "%2E")
	}
	return url.PathEscape(id)
}

func instancePath(id string) string { return "/v2/service_instances/" + segment(id) }

func bindingPath(i *instance, binding string) string {
	return instancePath(i.id) + "/service_bindings/" + segment(binding)
}

func (s *session) catalogAsk() ask {
	return ask{op: osb.OpCatalog, method: http.MethodGet, path: "/v2/catalog"}
}

// begin notes an instance before it is asked for, so that the clean-up knows it.
func (s *session) begin(plan osb.Plan) *instance {
	return s.beginAs(plan, s.newID("instance"))
}

func (s *session) beginAs(plan osb.Plan, id string) *instance {
	i := &instance{id: id, plan: plan}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made = append(s.made, i)
	return i
}

// wish is the body of a creation.
func (s *session) wish(plan osb.Plan) osb.ProvisionRequest {
	return osb.ProvisionRequest{
		ServiceID: s.service.ID, PlanID: plan.ID, Context: s.o.Context, OrganizationGUID: s.o.Organization, SpaceGUID: s.o.Space,
		Parameters: s.o.parameters(plan), MaintenanceInfo: plan.MaintenanceInfo,
	}
}

func (s *session) putAsk(i *instance, accepts bool) ask {
	return ask{op: osb.OpProvision, method: http.MethodPut, path: instancePath(i.id), body: s.wish(i.plan), accepts: accepts}
}

// bodyWith is a request's body with fields changed; a nil value takes the field out.
func bodyWith(body any, changes map[string]any) json.RawMessage {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil
	}
	fields := map[string]json.RawMessage{}
	if json.Unmarshal(raw, &fields) != nil {
		return nil
	}
	for name, value := range changes {
		if value == nil {
			delete(fields, name)
			continue
		}
		if fields[name], err = json.Marshal(value); err != nil {
			return nil
		}
	}
	raw, err = json.Marshal(fields)
	if err != nil {
		return nil
	}
	return raw
}

func (s *session) deleteAsk(i *instance, accepts bool) ask {
	return ask{
		op: osb.OpDeprovision, method: http.MethodDelete, path: instancePath(i.id), accepts: accepts,
		query: []string{"service_id", s.service.ID, "plan_id", i.plan.ID},
	}
}

func (s *session) fetchAsk(i *instance) ask {
	return ask{
		op: osb.OpGetInstance, method: http.MethodGet, path: instancePath(i.id),
		query: []string{"service_id", s.service.ID, "plan_id", i.plan.ID},
	}
}

func (s *session) pollAsk(i *instance, binding, operation string) ask {
	a := ask{
		op: osb.OpLastOperation, method: http.MethodGet, path: instancePath(i.id),
		query: []string{"service_id", s.service.ID, "plan_id", i.plan.ID, "operation", operation},
	}
	if binding != "" {
		a.op, a.path = osb.OpLastBindingOperation, bindingPath(i, binding)
	}
	a.path += "/last_operation"
	return a
}

// bindWish is the body of a bind: for an application of its own, so that no two are alike.
func (s *session) bindWish(i *instance, app string) osb.BindRequest {
	return osb.BindRequest{
		ServiceID: s.service.ID, PlanID: i.plan.ID, Context: s.o.Context, AppGUID: app, BindResource: &osb.BindResource{AppGUID: app},
	}
}

func (s *session) bindAsk(i *instance, binding string, accepts bool) ask {
	s.mu.Lock()
	if !slices.Contains(i.bindings, binding) {
		i.bindings = append(i.bindings, binding)
	}
	s.mu.Unlock()
	return ask{
		op: osb.OpBind, method: http.MethodPut, path: bindingPath(i, binding), body: s.bindWish(i, "conformance-app"), accepts: accepts,
	}
}

func (s *session) unbindAsk(i *instance, binding string, accepts bool) ask {
	return ask{
		op: osb.OpUnbind, method: http.MethodDelete, path: bindingPath(i, binding), accepts: accepts,
		query: []string{"service_id", s.service.ID, "plan_id", i.plan.ID},
	}
}

func (s *session) fetchBindingAsk(i *instance, binding string) ask {
	return ask{
		op: osb.OpGetBinding, method: http.MethodGet, path: bindingPath(i, binding),
		query: []string{"service_id", s.service.ID, "plan_id", i.plan.ID},
	}
}

func (s *session) updateAsk(i *instance, accepts bool, changes map[string]any) ask {
	body := osb.UpdateRequest{ServiceID: s.service.ID, PreviousValues: &osb.PreviousValues{
		ServiceID: s.service.ID, PlanID: i.plan.ID, OrganizationID: s.o.Organization, SpaceID: s.o.Space, MaintenanceInfo: i.plan.MaintenanceInfo,
	}}
	return ask{
		op: osb.OpUpdate, method: http.MethodPatch, path: instancePath(i.id), body: bodyWith(body, changes), accepts: accepts,
	}
}

// ending is how an asynchronous operation ended.
type ending struct {
	state osb.State // InProgress: it did not end in time
	gone  bool      // 410: for a deletion that is a success
	last  *answer
}

// succeeded reports the end that was hoped for.
func (e ending) succeeded() bool { return e.state == osb.Succeeded || e.gone }

// follow polls an operation until it ends, within the bounds of the plan and of the run.
func (s *session) follow(ctx context.Context, i *instance, binding, operation string) ending {
	limit := s.o.Patience
	if most := time.Duration(i.plan.MaximumPollingDuration) * time.Second; most > 0 {
		limit = min(limit, most)
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	e := ending{state: osb.InProgress}
	for {
		x := s.do(limited, s.pollAsk(i, binding, operation))
		x.cut = x.Status == 0 && ctx.Err() != nil // the end of the patience is no interruption
		if x.Status != 0 || e.last == nil {
			e.last = x
		}
		switch state := osb.State(x.text("state")); {
		case x.Status == http.StatusGone, x.Status == http.StatusNotFound:
			e.gone = true
			return e
		case x.Status == http.StatusOK && (state == osb.Succeeded || state == osb.Failed):
			e.state = state
			return e
		case x.Status == http.StatusOK && state != osb.InProgress:
			e.state = state
			return e
		}
		wait := s.o.PollEvery
		if wait <= 0 {
			wait = x.retryAfter(time.Second)
		}
		if !pause(limited, max(wait, time.Millisecond)) {
			e.last.cut = e.last.cut || ctx.Err() != nil
			return e
		}
	}
}
