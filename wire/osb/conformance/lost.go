package conformance

import (
	"context"
	"net/http"
	"time"

	"naru/wire/osb"
)

// lost cuts its own connection after a request went out: the platform does not know what happened, and what it
// does then must lead back to one known state.
func (s *session) lost(ctx context.Context) {
	s.subject = ""
	plan, accepts, ok := s.usable()
	if !ok {
		s.skipAll([]string{"lost.put", "lost.bind", "lost.delete", "lost.orphan"}, "no_plan", "kind", "any")
		return
	}
	i := s.begin(plan)
	s.lose(ctx, s.putAsk(i, accepts))
	last, there := s.again(ctx, i, "", s.putAsk(i, accepts))
	if !s.check("lost.put", there, statusWhy(last, http.StatusOK, http.StatusCreated, http.StatusAccepted), last) {
		s.skipAll([]string{"lost.bind", "lost.delete"}, "not_reached")
		s.destroy(ctx, i)
	} else {
		s.lostBind(ctx, i, accepts)
		s.lose(ctx, s.deleteAsk(i, true))
		x := s.destroy(ctx, i)
		s.check("lost.delete", i.gone, why("still_there", "got", x.statusText()), x)
	}
	s.orphan(ctx, plan, accepts)
}

// lose sends a request and hangs up before an answer can come.
func (s *session) lose(ctx context.Context, a ask) {
	a.drop = true
	s.do(ctx, a)
}

// again repeats a creation until it is known to have happened; a broker that still works on the first may say so.
func (s *session) again(ctx context.Context, i *instance, binding string, a ask) (last *answer, there bool) {
	limited, cancel := context.WithTimeout(ctx, s.o.Patience)
	defer cancel()
	for {
		x := s.do(limited, a)
		x.cut = x.Status == 0 && ctx.Err() != nil
		switch {
		case x.Status == http.StatusOK, x.Status == http.StatusCreated:
			return x, true
		case x.Status == http.StatusAccepted:
			e := s.follow(limited, i, binding, x.text("operation"))
			return e.last, e.state == osb.Succeeded
		case x.Status == http.StatusUnprocessableEntity && x.text("error") == osb.CodeConcurrencyError:
		default:
			return x, false
		}
		if !pause(limited, s.look(x)) {
			return x, false
		}
	}
}

func (s *session) lostBind(ctx context.Context, i *instance, accepts bool) {
	if !s.service.CanBind(i.plan) {
		s.skip("lost.bind", "not_declared", "what", "bindable")
		return
	}
	id := s.newID("binding")
	a := s.bindAsk(i, id, accepts)
	s.lose(ctx, a)
	last, there := s.again(ctx, i, id, a)
	s.check("lost.bind", there, statusWhy(last, http.StatusOK, http.StatusCreated, http.StatusAccepted), last)
	s.removeBinding(ctx, i, id)
}

// settling is how long a creation that lost its platform gets before it is looked for.
func (s *session) settling() time.Duration {
	if s.o.PollEvery > 0 {
		return 20 * s.o.PollEvery
	}
	return time.Second
}

// orphan is what a platform owes after a timeout: it deletes what it does not know to exist, until that
// succeeds, and then nothing may be there.
func (s *session) orphan(ctx context.Context, plan osb.Plan, accepts bool) {
	i := s.begin(plan)
	s.lose(ctx, s.putAsk(i, accepts))
	if !pause(ctx, s.settling()) { // a platform's timeout is not over at once either
		return
	}
	first := s.destroy(ctx, i)
	if !s.check("lost.orphan", i.gone, why("still_there", "got", first.statusText()), first) {
		return
	}
	// The creation may have been slower than the deletion: look once more after a while.
	if !pause(ctx, s.settling()) {
		return
	}
	x := s.do(ctx, s.deleteAsk(i, true))
	i.gone = s.check("lost.orphan", x.Status == http.StatusGone, why("still_there", "got", x.statusText()), first, x)
}
