package conformance

import (
	"context"
	"net/http"

	"naru/wire/osb"
)

// updates changes an instance that is ready: nothing, the context, the plan, the maintenance.
func (s *session) updates(ctx context.Context, i *instance, accepts bool) {
	s.want("update.fields", s.do(ctx, s.updateAsk(i, true, map[string]any{"service_id": nil})), http.StatusBadRequest)
	s.wantRefusal("update.unknown_plan", s.do(ctx, s.updateAsk(i, true, map[string]any{"plan_id": s.newID("nobody")})))
	s.settled(ctx, "update.nothing", i, s.do(ctx, s.updateAsk(i, accepts, nil)))
	if s.service.AllowContextUpdates {
		s.settled(ctx, "update.context", i, s.do(ctx, s.updateAsk(i, accepts, map[string]any{"context": s.o.Context})))
	} else {
		s.skip("update.context", "not_declared", "what", "allow_context_updates")
	}
	s.maintenance(ctx, i, accepts)
	if !s.service.CanUpdatePlan(i.plan) {
		s.skipAll([]string{"update.plan", "update.applied", "update.kept"}, "not_declared", "what", "plan_updateable")
		return
	}
	s.changePlan(ctx, i, accepts)
}

// settled judges an update that must succeed, at once or over time.
func (s *session) settled(ctx context.Context, rule string, i *instance, x *answer) {
	if !s.want(rule, x, http.StatusOK, http.StatusAccepted) || x.Status != http.StatusAccepted {
		return
	}
	e := s.follow(ctx, i, "", x.text("operation"))
	s.check(rule, e.state == osb.Succeeded, why("failed", "what", orElse(cut(e.last.text("description")), e.last.statusText())), x, e.last)
}

func (s *session) maintenance(ctx context.Context, i *instance, accepts bool) {
	wrong := map[string]any{"maintenance_info": osb.MaintenanceInfo{Version: "99.99.99-conformance"}}
	s.wantCode("update.maintenance", s.do(ctx, s.updateAsk(i, accepts, wrong)), osb.CodeMaintenanceInfoConflict)
	if i.plan.MaintenanceInfo == nil {
		s.skip("update.maintained", "not_declared", "what", "maintenance_info")
		return
	}
	right := map[string]any{"maintenance_info": i.plan.MaintenanceInfo}
	s.settled(ctx, "update.maintained", i, s.do(ctx, s.updateAsk(i, accepts, right)))
}

// changePlan looks for a plan the instance may change to; a broker may support only some changes.
func (s *session) changePlan(ctx context.Context, i *instance, accepts bool) {
	tried := 0
	for _, target := range s.service.Plans {
		if target.ID == i.plan.ID || tried == maxPlans {
			continue
		}
		tried++
		if s.changeTo(ctx, i, target, accepts) {
			return
		}
	}
	if tried == 0 {
		s.skip("update.plan", "one_plan")
		return
	}
	s.skip("update.plan", "refused")
}

// changeTo changes the plan; done says that the change was accepted or that it broke a rule.
func (s *session) changeTo(ctx context.Context, i *instance, target osb.Plan, accepts bool) (done bool) {
	changes := map[string]any{"plan_id": target.ID}
	if raw := s.o.parameters(target); raw != nil {
		changes["parameters"] = raw
	}
	if target.MaintenanceInfo != nil {
		changes["maintenance_info"] = target.MaintenanceInfo
	}
	a := s.updateAsk(i, accepts, changes)
	x := s.do(ctx, a)
	switch {
	case x.Status == http.StatusUnprocessableEntity && x.text("error") == osb.CodeAsyncRequired && !accepts:
		s.put("update.async_required", Passed, nil)
		return false
	case x.Status == http.StatusUnprocessableEntity:
		s.unchanged(ctx, i, x)
		return false
	case !s.want("update.plan", x, http.StatusOK, http.StatusAccepted, http.StatusUnprocessableEntity):
		s.unchanged(ctx, i, x)
		return true
	case x.Status == http.StatusAccepted:
		return s.follows(ctx, i, target, a, x)
	}
	i.plan = target
	s.applied(ctx, i, accepts)
	return true
}

// follows is a change that takes its time: repeated, fetched while it runs, followed.
func (s *session) follows(ctx context.Context, i *instance, target osb.Plan, a ask, x *answer) (done bool) {
	operation := x.text("operation")
	again := s.do(ctx, a)
	if s.during(ctx, "update.repeat", running{i, "", operation}, again, http.StatusAccepted) {
		s.check("update.repeat", again.text("operation") == operation, why("differs", "field", "operation"), again)
	}
	if s.service.InstancesRetrievable {
		s.during(ctx, "update.fetch", running{i, "", operation}, s.do(ctx, s.fetchAsk(i)), http.StatusUnprocessableEntity)
	}
	e := s.follow(ctx, i, "", operation)
	s.check("poll.ends", e.state != osb.InProgress, why("endless"), e.last)
	if e.state == osb.Failed { // its right, when nothing changed
		s.unchanged(ctx, i, e.last)
		return false
	}
	if e.state == osb.Succeeded {
		i.plan = target
		s.applied(ctx, i, true)
	}
	return true
}

// applied looks for the new plan, and that an update without a plan leaves it.
func (s *session) applied(ctx context.Context, i *instance, accepts bool) {
	if !s.service.InstancesRetrievable {
		s.skipAll([]string{"update.applied", "update.kept"}, "not_declared", "what", "instances_retrievable")
		return
	}
	x := s.do(ctx, s.fetchAsk(i))
	plan := orElse(x.text("plan_id"), i.plan.ID)
	s.check("update.applied", x.Status == http.StatusOK && plan == i.plan.ID, why("differs", "field", "plan_id"), x)
	y := s.do(ctx, s.updateAsk(i, accepts, nil))
	if y.Status == http.StatusAccepted {
		s.follow(ctx, i, "", y.text("operation"))
	}
	x = s.do(ctx, s.fetchAsk(i))
	plan = orElse(x.text("plan_id"), i.plan.ID)
	s.check("update.kept", x.Status == http.StatusOK && plan == i.plan.ID, why("differs", "field", "plan_id"), y, x)
}

// unchanged looks at an instance whose change was refused.
func (s *session) unchanged(ctx context.Context, i *instance, refused *answer) {
	if !s.service.InstancesRetrievable {
		return
	}
	x := s.do(ctx, s.fetchAsk(i))
	plan := orElse(x.text("plan_id"), i.plan.ID)
	s.check("update.refused", x.Status == http.StatusOK && plan == i.plan.ID, why("differs", "field", "plan_id"), refused, x)
}
