package conformance

import (
	"context"
	"net/http"
	"slices"
	"time"
)

// maxTries bounds the attempts to remove something that a broker answers badly; a broker that is busy is asked
// again as long as the patience lasts.
const maxTries = 4

// look is the time between two attempts.
func (s *session) look(x *answer) time.Duration {
	if s.o.PollEvery > 0 {
		return s.o.PollEvery
	}
	return max(x.retryAfter(time.Second), 50*time.Millisecond)
}

// destroy removes an instance with what is bound to it, and notes when it is known to be gone.
func (s *session) destroy(ctx context.Context, i *instance) *answer {
	for _, binding := range slices.Clone(i.bindings) {
		s.removeBinding(ctx, i, binding)
	}
	x, gone := s.remove(ctx, i, "", s.deleteAsk(i, true))
	i.gone = i.gone || gone
	return x
}

// removeBinding removes one binding of an instance.
func (s *session) removeBinding(ctx context.Context, i *instance, binding string) *answer {
	x, gone := s.remove(ctx, i, binding, s.unbindAsk(i, binding, true))
	if gone {
		s.mu.Lock()
		i.bindings = slices.DeleteFunc(i.bindings, func(id string) bool { return id == binding })
		s.mu.Unlock()
	}
	return x
}

// remove sends a deletion until it is known that nothing is left.
func (s *session) remove(ctx context.Context, i *instance, binding string, a ask) (x *answer, gone bool) {
	limited, cancel := context.WithTimeout(ctx, s.o.Patience)
	defer cancel()
	for tries := 0; ; {
		x = s.do(limited, a)
		switch x.Status {
		case http.StatusOK, http.StatusGone:
			return x, true
		case http.StatusAccepted:
			e := s.follow(limited, i, binding, x.text("operation"))
			if e.succeeded() {
				return e.last, true
			}
			x = e.last
			tries++
		case http.StatusUnprocessableEntity:
		default:
			tries++
		}
		if tries >= maxTries || !pause(limited, s.look(x)) {
			return x, false
		}
	}
}

// cleanUp removes what is left, also after an interruption, and names what could not be removed.
func (s *session) cleanUp(ctx context.Context, report *Report) {
	ctx = context.WithoutCancel(ctx)
	s.subject = ""
	for _, i := range s.made {
		if i.gone {
			continue
		}
		if s.o.Keep {
			report.Leftovers = append(report.Leftovers, Leftover{Instance: i.id, Service: s.service.ID, Plan: i.plan.ID})
			continue
		}
		x := s.destroy(ctx, i)
		if i.gone {
			continue
		}
		left := Leftover{Instance: i.id, Service: s.service.ID, Plan: i.plan.ID, Why: x.statusText()}
		report.Leftovers = append(report.Leftovers, left)
		for _, binding := range i.bindings {
			left.Binding = binding
			report.Leftovers = append(report.Leftovers, left)
		}
	}
	if len(s.made) > 0 && !s.o.Keep {
		s.check("cleanup.done", len(report.Leftovers) == 0, why("leftovers"))
	}
}
