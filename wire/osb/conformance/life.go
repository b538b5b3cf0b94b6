package conformance

import (
	"context"
	"net/http"

	"naru/wire/osb"
)

// lifecycles takes one instance of a plan that is created at once through its life, and one of a plan that
// takes its time. Which is which only a try can tell.
func (s *session) lifecycles(ctx context.Context) {
	var syncDone, asyncDone bool
	var last *answer
	for _, plan := range s.plans {
		if syncDone && asyncDone || ctx.Err() != nil {
			break
		}
		if !syncDone {
			last, syncDone = s.trySync(ctx, plan)
		}
		if !asyncDone {
			last, asyncDone = s.tryAsync(ctx, plan)
		}
	}
	s.subject = ""
	switch {
	case syncDone || asyncDone:
	case last != nil && last.cut:
		s.skip("provision.created", "interrupted")
	default:
		s.check("provision.created", false, statusWhy(last, http.StatusCreated, http.StatusAccepted), last)
	}
	if !syncDone {
		s.skip("deprovision.done", "no_plan", "kind", "sync")
	}
	if !asyncDone {
		for _, rule := range []string{"provision.accepted", "provision.identical_running", "provision.conflict_running", "fetch.running", "deprovision.accepted", "deprovision.repeat", "deprovision.during_create", "poll.ends", "poll.succeeds", "poll.status", "poll.deleted"} {
			s.skip(rule, "no_plan", "kind", "async")
		}
	}
}

// trySync asks for an instance without accepting an asynchronous answer; done says that its life was tried.
func (s *session) trySync(ctx context.Context, plan osb.Plan) (x *answer, done bool) {
	s.subject = "sync " + plan.Name
	i := s.begin(plan)
	x = s.do(ctx, s.putAsk(i, false))
	switch {
	case x.Status == http.StatusCreated:
		s.syncPlan = plan
		s.put("provision.created", Passed, nil)
		s.syncLife(ctx, i)
		return x, true
	case x.Status == http.StatusUnprocessableEntity:
		s.wantCode("provision.async_required", x, osb.CodeAsyncRequired)
	case x.Status == http.StatusOK:
		s.want("provision.created", x, http.StatusCreated) // nothing was there before
	}
	s.destroy(ctx, i) // a refusal may have left something, and a success of another status did
	return x, false
}

// tryAsync asks for an instance and accepts an asynchronous answer.
func (s *session) tryAsync(ctx context.Context, plan osb.Plan) (x *answer, done bool) {
	s.subject = "async " + plan.Name
	i := s.begin(plan)
	x = s.do(ctx, s.putAsk(i, true))
	if x.Status == http.StatusAccepted {
		s.asyncPlan = plan
		s.put("provision.accepted", Passed, nil)
		s.asyncLife(ctx, i, x)
		return x, true
	}
	s.destroy(ctx, i)
	return x, false
}

// syncLife is the life of an instance that is there already, up to its deletion.
func (s *session) syncLife(ctx context.Context, i *instance) {
	s.repeatedPut(ctx, i, false)
	s.fetchReady(ctx, i)
	s.wrongMaintenance(ctx, i.plan, false)
	s.bindings(ctx, i, false)
	s.updates(ctx, i, false)
	s.deleteFields(ctx, i)
	x := s.do(ctx, s.deleteAsk(i, false))
	switch x.Status {
	case http.StatusUnprocessableEntity: // created at once, deleted over time
		s.wantCode("deprovision.async_required", x, osb.CodeAsyncRequired)
		s.destroy(ctx, i)
	default:
		i.gone = s.want("deprovision.done", x, http.StatusOK)
	}
	s.afterDeletion(ctx, i)
}

// repeatedPut sends the creation of a finished instance again: the same, with an unknown field, and another.
func (s *session) repeatedPut(ctx context.Context, i *instance, accepts bool) {
	a := s.putAsk(i, accepts)
	s.want("provision.identical", s.do(ctx, a), http.StatusOK)
	a.body = bodyWith(s.wish(i.plan), map[string]any{"x-conformance": map[string]any{"unknown": []int{1}}})
	x := s.do(ctx, a)
	s.check("provision.extension", x.Status >= 200 && x.Status < 300, statusWhy(x, http.StatusOK), x)
	other, ok := s.otherPlan(i.plan)
	if !ok {
		s.skip("provision.conflict", "one_plan")
		return
	}
	a.body = s.wish(other)
	s.want("provision.conflict", s.do(ctx, a), http.StatusConflict)
}

// otherPlan is another plan of the service.
func (s *session) otherPlan(p osb.Plan) (osb.Plan, bool) {
	for _, other := range s.service.Plans {
		if other.ID != p.ID {
			return other, true
		}
	}
	return osb.Plan{}, false
}

// fetchReady fetches an instance that is ready.
func (s *session) fetchReady(ctx context.Context, i *instance) {
	if !s.service.InstancesRetrievable {
		s.skipAll([]string{"fetch.ready", "fetch.values"}, "not_declared", "what", "instances_retrievable")
		return
	}
	x := s.do(ctx, s.fetchAsk(i))
	if s.want("fetch.ready", x, http.StatusOK) {
		service, plan := x.text("service_id"), x.text("plan_id")
		s.check("fetch.values", (service == "" || service == s.service.ID) && (plan == "" || plan == i.plan.ID), why("differs", "field", "plan_id"), x)
	}
}

// wrongMaintenance asks for a version of the maintenance that the catalogue has not.
func (s *session) wrongMaintenance(ctx context.Context, plan osb.Plan, accepts bool) {
	i := s.begin(plan)
	a := s.putAsk(i, accepts)
	a.body = bodyWith(s.wish(plan), map[string]any{"maintenance_info": osb.MaintenanceInfo{Version: "99.99.99-conformance"}})
	s.wantCode("provision.maintenance", s.do(ctx, a), osb.CodeMaintenanceInfoConflict)
	s.destroy(ctx, i)
}

// deleteFields deletes without saying of what, which must leave the instance as it is.
func (s *session) deleteFields(ctx context.Context, i *instance) {
	for _, query := range [][]string{{"service_id", s.service.ID}, {"plan_id", i.plan.ID}} {
		a := s.deleteAsk(i, true)
		a.query = query
		if !s.want("deprovision.fields", s.do(ctx, a), http.StatusBadRequest) {
			return
		}
	}
}

// afterDeletion looks at an instance that was removed.
func (s *session) afterDeletion(ctx context.Context, i *instance) {
	s.want("deprovision.again", s.do(ctx, s.deleteAsk(i, true)), http.StatusGone)
	if s.service.InstancesRetrievable {
		s.want("fetch.deleted", s.do(ctx, s.fetchAsk(i)), http.StatusNotFound)
	} else {
		s.skip("fetch.deleted", "not_declared", "what", "instances_retrievable")
	}
}
