package conformance

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"naru/wire/osb"
)

// concurrent sends the same request many times at once: it must have one effect.
func (s *session) concurrent(ctx context.Context) {
	s.subject = ""
	plan, accepts, ok := s.usable()
	if !ok {
		s.skipAll([]string{"concurrent.put", "concurrent.one", "concurrent.bind", "concurrent.delete"}, "no_plan", "kind", "any")
		return
	}
	i := s.begin(plan)
	all := s.atOnce(ctx, s.putAsk(i, accepts))
	s.agree("concurrent.put", all, http.StatusOK, http.StatusCreated, http.StatusAccepted)
	made := 0
	for _, x := range all {
		if x.Status == http.StatusCreated {
			made++
		}
	}
	s.check("concurrent.one", made <= 1, why("two_effects", "count", strconv.Itoa(made)), all...)
	if !s.ready(ctx, i, accepts) {
		s.skip("concurrent.bind", "not_reached")
		s.destroy(ctx, i)
		return
	}
	if s.service.CanBind(plan) {
		id := s.newID("binding")
		s.agree("concurrent.bind", s.atOnce(ctx, s.bindAsk(i, id, accepts)), http.StatusOK, http.StatusCreated, http.StatusAccepted)
		s.removeBinding(ctx, i, id)
	} else {
		s.skip("concurrent.bind", "not_declared", "what", "bindable")
	}
	for _, binding := range slices.Clone(i.bindings) {
		s.removeBinding(ctx, i, binding)
	}
	all = s.atOnce(ctx, s.deleteAsk(i, true))
	s.agree("concurrent.delete", all, http.StatusOK, http.StatusAccepted, http.StatusGone)
	x := s.destroy(ctx, i)
	s.check("concurrent.delete", i.gone, why("still_there", "got", x.statusText()), x)
}

// atOnce sends a request as often as the options say and returns all answers.
func (s *session) atOnce(ctx context.Context, a ask) []*answer {
	all := make([]*answer, s.o.Concurrency)
	var wg sync.WaitGroup
	for n := range all {
		wg.Go(func() { all[n] = s.do(ctx, a) })
	}
	wg.Wait()
	return all
}

// agree holds every answer to the statuses or to "busy": never a conflict, never a fault.
func (s *session) agree(rule string, all []*answer, statuses ...int) {
	for _, x := range all {
		busy := x.Status == http.StatusUnprocessableEntity && x.text("error") == osb.CodeConcurrencyError
		if !busy && !s.want(rule, x, statuses...) {
			return
		}
	}
	s.put(rule, Passed, nil)
}

// ready asks for the instance again until it is there: some of the concurrent requests may have been told to
// come back.
func (s *session) ready(ctx context.Context, i *instance, accepts bool) bool {
	limited, cancel := context.WithTimeout(ctx, s.o.Patience)
	defer cancel()
	for {
		x := s.do(limited, s.putAsk(i, accepts))
		switch x.Status {
		case http.StatusOK, http.StatusCreated:
			return true
		case http.StatusAccepted:
			return s.follow(limited, i, "", x.text("operation")).state == osb.Succeeded
		case http.StatusUnprocessableEntity:
		default:
			return false
		}
		if !pause(limited, s.look(x)) {
			return false
		}
	}
}
