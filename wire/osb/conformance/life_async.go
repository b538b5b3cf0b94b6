package conformance

import (
	"context"
	"net/http"

	"naru/wire/osb"
)

// asyncLife is the life of an instance whose creation was accepted with x.
func (s *session) asyncLife(ctx context.Context, i *instance, x *answer) {
	operation, plan := x.text("operation"), i.plan
	s.whileCreating(ctx, i, operation)
	if !s.created(ctx, i, operation) {
		s.destroy(ctx, i)
		return
	}
	s.keptState(ctx, i, operation)
	s.repeatedPut(ctx, i, true)
	s.fetchReady(ctx, i)
	s.wrongMaintenance(ctx, i.plan, true)
	s.bindings(ctx, i, true)
	s.updates(ctx, i, true)
	if i.plan.ID != plan.ID { // it may be of a plan now that is deleted at once
		s.destroy(ctx, i)
		if i = s.anew(ctx, plan); i == nil {
			return
		}
	}
	s.deleteFields(ctx, i)
	s.asyncDelete(ctx, i)
	s.afterDeletion(ctx, i)
	s.deleteDuringCreate(ctx, plan)
}

// anew makes another instance of a plan and waits until it is there, or returns nil.
func (s *session) anew(ctx context.Context, plan osb.Plan) *instance {
	i := s.begin(plan)
	x := s.do(ctx, s.putAsk(i, true))
	if x.Status == http.StatusAccepted && s.created(ctx, i, x.text("operation")) {
		return i
	}
	s.want("provision.accepted", x, http.StatusAccepted)
	s.destroy(ctx, i)
	return nil
}

// running is an operation on an instance or, with its id, on a binding.
type running struct {
	i                  *instance
	binding, operation string
}

// over reports that an operation has ended meanwhile, so that a rule on what runs says nothing.
func (s *session) over(ctx context.Context, r running) bool {
	x := s.do(ctx, s.pollAsk(r.i, r.binding, r.operation))
	return x.cut || x.Status == http.StatusGone || x.Status == http.StatusNotFound || x.Status == http.StatusOK && osb.State(x.text("state")) != osb.InProgress
}

// during judges an answer to something tried while an operation ran: it must have one of the statuses, or the
// operation was over.
func (s *session) during(ctx context.Context, rule string, r running, x *answer, statuses ...int) bool {
	for _, status := range statuses {
		if x.Status == status {
			return s.check(rule, true, nil)
		}
	}
	if s.over(ctx, r) {
		s.skip(rule, "raced")
		return false
	}
	return s.check(rule, false, statusWhy(x, statuses...), x)
}

// whileCreating tries what has its own answer while a creation runs.
func (s *session) whileCreating(ctx context.Context, i *instance, operation string) {
	again := s.do(ctx, s.putAsk(i, true))
	if s.during(ctx, "provision.identical_running", running{i, "", operation}, again, http.StatusAccepted) {
		s.check("provision.identical_running", again.text("operation") == operation, why("differs", "field", "operation"), again)
	}
	if other, ok := s.otherPlan(i.plan); ok {
		a := s.putAsk(i, true)
		a.body = s.wish(other)
		x := s.do(ctx, a)
		s.want("provision.conflict_running", x, http.StatusConflict, http.StatusUnprocessableEntity)
	} else {
		s.skip("provision.conflict_running", "one_plan")
	}
	if s.service.InstancesRetrievable {
		s.during(ctx, "fetch.running", running{i, "", operation}, s.do(ctx, s.fetchAsk(i)), http.StatusNotFound)
	} else {
		s.skip("fetch.running", "not_declared", "what", "instances_retrievable")
	}
	x := s.do(ctx, s.updateAsk(i, true, nil))
	s.during(ctx, "update.running", running{i, "", operation}, x, http.StatusUnprocessableEntity, http.StatusNotFound)
	if s.service.CanBind(i.plan) {
		x := s.do(ctx, s.bindAsk(i, s.newID("binding"), true))
		s.during(ctx, "bind.running", running{i, "", operation}, x, http.StatusUnprocessableEntity, http.StatusNotFound)
	}
}

// created follows a creation to its end.
func (s *session) created(ctx context.Context, i *instance, operation string) bool {
	e := s.follow(ctx, i, "", operation)
	if !s.check("poll.status", e.last.Status == http.StatusOK, statusWhy(e.last, http.StatusOK), e.last) {
		return false
	}
	if !s.check("poll.ends", e.state != osb.InProgress, why("endless"), e.last) {
		return false
	}
	return s.check("poll.succeeds", e.state == osb.Succeeded, why("failed", "what", orElse(cut(e.last.text("description")), "-")), e.last)
}

// keptState polls once more: a platform may have lost the answer.
func (s *session) keptState(ctx context.Context, i *instance, operation string) {
	x := s.do(ctx, s.pollAsk(i, "", operation))
	s.check("poll.kept", osb.State(x.text("state")) == osb.Succeeded, why("differs", "field", "state"), x)
}

// asyncDelete deletes over time: accepted, repeated, followed.
func (s *session) asyncDelete(ctx context.Context, i *instance) {
	x := s.do(ctx, s.deleteAsk(i, false))
	switch x.Status {
	case http.StatusOK: // created over time, deleted at once
		i.gone = true
		s.put("deprovision.done", Passed, nil)
		s.skip("deprovision.accepted", "at_once")
		return
	case http.StatusUnprocessableEntity:
		s.wantCode("deprovision.async_required", x, osb.CodeAsyncRequired)
	default:
		s.want("deprovision.done", x, http.StatusOK, http.StatusUnprocessableEntity)
	}
	x = s.do(ctx, s.deleteAsk(i, true))
	if x.Status == http.StatusOK || !s.want("deprovision.accepted", x, http.StatusAccepted, http.StatusOK) {
		s.destroy(ctx, i)
		return
	}
	operation := x.text("operation")
	again := s.do(ctx, s.deleteAsk(i, true))
	s.during(ctx, "deprovision.repeat", running{i, "", operation}, again, http.StatusAccepted)
	e := s.follow(ctx, i, "", operation)
	s.check("poll.ends", e.state != osb.InProgress || e.gone, why("endless"), e.last)
	i.gone = s.check("poll.deleted", e.succeeded(), why("failed", "what", orElse(cut(e.last.text("description")), e.last.statusText())), e.last)
	if !i.gone {
		s.destroy(ctx, i)
	}
}

// deleteDuringCreate deletes what is not ready yet: a broker may refuse, or must stop and remove everything.
func (s *session) deleteDuringCreate(ctx context.Context, plan osb.Plan) {
	i := s.begin(plan)
	x := s.do(ctx, s.putAsk(i, true))
	if x.Status != http.StatusAccepted {
		s.check("deprovision.during_create", x.Status == 0 && x.cut, statusWhy(x, http.StatusAccepted), x)
		s.destroy(ctx, i)
		return
	}
	operation := x.text("operation")
	x = s.do(ctx, s.deleteAsk(i, true))
	switch x.Status {
	case http.StatusUnprocessableEntity: // refused: the creation goes on
		s.wantCode("deprovision.during_create", x, osb.CodeConcurrencyError)
		s.follow(ctx, i, "", operation)
		s.destroy(ctx, i)
		return
	case http.StatusOK, http.StatusAccepted:
	default:
		s.want("deprovision.during_create", x, http.StatusAccepted, http.StatusOK, http.StatusUnprocessableEntity)
		s.destroy(ctx, i)
		return
	}
	end := x
	if x.Status == http.StatusAccepted {
		e := s.follow(ctx, i, "", x.text("operation"))
		if end = e.last; !e.succeeded() {
			s.check("deprovision.during_create", false, why("failed", "what", orElse(cut(end.text("description")), end.statusText())), x, end)
			s.destroy(ctx, i)
			return
		}
	}
	again := s.do(ctx, s.deleteAsk(i, true))
	i.gone = s.check("deprovision.during_create", again.Status == http.StatusGone, why("still_there", "got", again.statusText()), x, end, again)
	if !i.gone {
		s.destroy(ctx, i)
	}
}
