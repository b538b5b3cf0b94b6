package campaign

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"naru/wire/osb"
)

// told is what a platform may rely on.
type told string

const (
	asked    told = "asked for, no answer came"
	promised told = "202 to the creation"
	made     told = "created"
	refused  told = "not created"
	leaving  told = "202 or no answer to the deletion"
	gone     told = "deleted"
)

// subject is one instance, or one binding of it, as the platform knows it.
type subject struct {
	id       string
	told     told
	plan     string // the platform was told; "" when a change had no answer
	order    order
	bindings []*subject
}

// worker is a platform that does one thing after the other.
type worker struct {
	h        *house
	client   *osb.Client
	rng      *rand.Rand
	number   int
	subjects []*subject
	secrets  map[string]bool
}

func newWorker(t testing.TB, h *house, number int) *worker {
	t.Helper()
	return &worker{h: h, client: h.Platform(t), rng: h.random(100 + number), number: number, secrets: map[string]bool{}}
}

// load makes and deletes instances until ctx ends; what is under way then stays as it is.
func (w *worker) load(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		var o order
		select {
		case o = <-w.h.orders:
		case <-ctx.Done():
			return
		}
		s := &subject{id: fmt.Sprintf("w%d/%d ü?%%2F#", w.number, n), told: asked, order: o, plan: o.plan}
		w.subjects = append(w.subjects, s)
		w.live(ctx, s)
		if (s.told == gone || s.told == refused) && s.plan == o.plan {
			w.h.orders <- o // free again
		}
	}
}

// live walks the whole life of an instance, or a part of it.
func (w *worker) live(ctx context.Context, s *subject) {
	w.provision(ctx, s)
	if s.told == promised {
		w.follow(ctx, s, 1500*time.Millisecond)
	}
	if s.told == made {
		w.again(ctx, s)
		for n := range w.rng.IntN(3) {
			w.bind(ctx, s, n)
		}
		if w.rng.IntN(2) == 0 {
			w.update(ctx, s)
		}
		if len(s.bindings) > 0 && s.bindings[0].told == made {
			w.rotate(ctx, s, s.bindings[0])
		}
		w.look(ctx, s)
		for _, b := range s.bindings {
			if b.told == made && w.rng.IntN(2) == 0 {
				w.unbind(ctx, s, b)
			}
		}
	}
	if s.told == refused || s.told == made && w.rng.IntN(8) == 0 { // some stay
		return
	}
	w.deprovision(ctx, s)
	if s.told == leaving && w.rng.IntN(2) == 0 {
		w.follow(ctx, s, 1500*time.Millisecond)
	}
}

// silent reports that no answer came: naru was not there, or died, or took too long.
func silent(err error) bool {
	var call *osb.CallError
	return errors.As(err, &call) && call.Status == 0
}

const (
	insistence = 25 * time.Second // with a naru that does not answer
	oneCall    = 5 * time.Second
)

// insist repeats a request until an answer comes. lost counts those without.
func insist[A any](ctx context.Context, w *worker, s *subject, what string, call func(context.Context) (A, error)) (a A, lost int, err error) {
	end := time.Now().Add(insistence)
	for {
		w.h.gate.pass(insistence)
		one, cancel := context.WithTimeout(context.WithoutCancel(ctx), oneCall)
		a, err = call(one)
		cancel()
		w.h.history.tally(err)
		w.h.history.add(s.id, "%s: %s", what, short(a, err))
		if status := statusOf(err); status >= 500 {
			w.h.history.fault(s.id, "%s was answered %d: %v", what, status, err)
		}
		if !silent(err) || time.Now().After(end) {
			return a, lost, err
		}
		lost++
		time.Sleep(5 * time.Millisecond)
	}
}

func statusOf(err error) int {
	var call *osb.CallError
	if errors.As(err, &call) {
		return call.Status
	}
	return 0
}

// short tells an answer without its secrets.
func short(a any, err error) string {
	if err != nil {
		return err.Error()
	}
	switch a := a.(type) {
	case osb.ProvisionResponse:
		return fmt.Sprintf("async %v, existed %v, operation %q", a.Async, a.Existed, a.Operation)
	case osb.BindResponse:
		return fmt.Sprintf("async %v, existed %v, operation %q", a.Async, a.Existed, a.Operation)
	case osb.LastOperationResponse:
		return string(a.State) + " " + a.Description
	}
	return "ok"
}

func (w *worker) put(s *subject) osb.ProvisionRequest {
	return osb.ProvisionRequest{
		InstanceID: s.id, ServiceID: s.order.service, PlanID: s.order.plan, OrganizationGUID: "org", SpaceGUID: "space",
		AcceptsIncomplete: s.order.async || w.rng.IntN(3) == 0, Parameters: []byte(`{"order":"` + s.order.id + `","size":3}`),
	}
}

// provision sends one creation, or three identical ones at once.
func (w *worker) provision(ctx context.Context, s *subject) {
	r := w.put(s)
	times := 1
	if w.rng.IntN(4) == 0 {
		times = 3
	}
	results := make([]told, times)
	var group sync.WaitGroup
	for n := range times {
		group.Go(func() {
			got, _, err := insist(ctx, w, s, fmt.Sprintf("PUT %d of %d, accepts_incomplete %v", n+1, times, r.AcceptsIncomplete), func(ctx context.Context) (osb.ProvisionResponse, error) {
				return w.client.Provision(ctx, r)
			})
			results[n] = w.created(s, got, err)
		})
	}
	group.Wait()
	s.told = results[0]
	for _, r := range results { // the strongest word counts
		if r == made || s.told == refused && r != refused {
			s.told = r
		}
	}
}

func (w *worker) created(s *subject, got osb.ProvisionResponse, err error) told {
	switch {
	case err == nil && got.Async:
		return promised
	case err == nil:
		return made
	case silent(err), osb.IsCode(err, osb.CodeConcurrencyError):
		return asked // the platform cleans up
	case osb.IsCode(err, osb.CodeAsyncRequired):
		return refused
	case osb.StatusOf(err) == http.StatusUnprocessableEntity:
		return refused
	}
	w.h.history.fault(s.id, "the creation was answered %v", err)
	return refused
}

// follow polls an operation for a while.
func (w *worker) follow(ctx context.Context, s *subject, patience time.Duration) {
	end := time.Now().Add(patience)
	deletion := s.told == leaving
	for time.Now().Before(end) && ctx.Err() == nil {
		got, _, err := insist(ctx, w, s, "poll", func(ctx context.Context) (osb.LastOperationResponse, error) {
			return w.client.LastOperation(ctx, osb.LastOperationRequest{InstanceID: s.id, ServiceID: s.order.service, PlanID: s.order.plan})
		})
		switch {
		case err == nil && got.State == osb.Succeeded && deletion, osb.IsGone(err) && deletion:
			s.told = gone
			return
		case err == nil && got.State == osb.Succeeded:
			s.told = made
			return
		case err == nil && got.State == osb.Failed && !deletion:
			s.told = refused
			return
		case err == nil && got.State == osb.Failed, silent(err):
			return
		case err != nil:
			w.h.history.fault(s.id, "the poll was answered %v", err)
			return
		}
		time.Sleep(150 * time.Millisecond)
	}
}

// again repeats the creation of what is there: the same answer, and a conflict for another request.
func (w *worker) again(ctx context.Context, s *subject) {
	if w.rng.IntN(2) == 0 {
		return
	}
	r := w.put(s)
	r.AcceptsIncomplete = true
	got, _, err := insist(ctx, w, s, "the same PUT again", func(ctx context.Context) (osb.ProvisionResponse, error) {
		return w.client.Provision(ctx, r)
	})
	if !silent(err) && (err != nil || !got.Existed) {
		w.h.history.fault(s.id, "the same PUT again was answered %s", short(got, err))
	}
	r.SpaceGUID = "another"
	_, _, err = insist(ctx, w, s, "another PUT", func(ctx context.Context) (osb.ProvisionResponse, error) {
		return w.client.Provision(ctx, r)
	})
	if !silent(err) && osb.StatusOf(err) != http.StatusConflict {
		w.h.history.fault(s.id, "another PUT under the same id was answered %v", err)
	}
}

// bind makes credentials and reads them twice.
func (w *worker) bind(ctx context.Context, s *subject, n int) {
	b := &subject{id: fmt.Sprintf("b%d/ü", n), told: asked}
	s.bindings = append(s.bindings, b)
	r := osb.BindRequest{
		InstanceID: s.id, BindingID: b.id, ServiceID: s.order.service, PlanID: s.now(), AcceptsIncomplete: w.rng.IntN(2) == 0,
	}
	got, _, err := insist(ctx, w, s, fmt.Sprintf("bind %s, accepts_incomplete %v", b.id, r.AcceptsIncomplete), func(ctx context.Context) (osb.BindResponse, error) {
		return w.client.Bind(ctx, r)
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
		w.h.history.fault(s.id, "bind %s was answered %v", b.id, err)
	}
	if b.told == made {
		w.read(ctx, s, b, string(got.Credentials))
	} else if b.told == asked {
		w.unbind(ctx, s, b)
	}
}

func (w *worker) secret(credentials []byte) {
	if len(credentials) > 0 {
		w.secrets[string(credentials)] = true
	}
}

// read fetches the credentials, which are those of the first answer.
func (w *worker) read(ctx context.Context, s, b *subject, first string) {
	got, _, err := insist(ctx, w, s, "fetch "+b.id, func(ctx context.Context) (osb.GetBindingResponse, error) {
		return w.client.GetBinding(ctx, osb.GetBindingRequest{InstanceID: s.id, BindingID: b.id})
	})
	w.secret(got.Credentials)
	switch {
	case silent(err):
	case err != nil:
		w.h.history.fault(s.id, "the fetch of binding %s was answered %v", b.id, err)
	case first != "" && string(got.Credentials) != first:
		w.h.history.fault(s.id, "the credentials of binding %s are others than before", b.id)
	}
}

func (w *worker) followBinding(ctx context.Context, s, b *subject) {
	end := time.Now().Add(1500 * time.Millisecond)
	for time.Now().Before(end) && ctx.Err() == nil {
		got, _, err := insist(ctx, w, s, "poll "+b.id, func(ctx context.Context) (osb.LastOperationResponse, error) {
			return w.client.LastBindingOperation(ctx, osb.LastBindingOperationRequest{InstanceID: s.id, BindingID: b.id})
		})
		switch {
		case silent(err):
			return
		case err != nil:
			w.h.history.fault(s.id, "the poll of binding %s was answered %v", b.id, err)
			return
		case got.State == osb.Succeeded:
			b.told = made
			return
		case got.State == osb.Failed:
			b.told = refused
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// look fetches the instance, which is there.
func (w *worker) look(ctx context.Context, s *subject) {
	got, _, err := insist(ctx, w, s, "fetch", func(ctx context.Context) (osb.GetInstanceResponse, error) {
		return w.client.GetInstance(ctx, osb.GetInstanceRequest{InstanceID: s.id})
	})
	if silent(err) || s.plan == "" && osb.IsCode(err, osb.CodeConcurrencyError) { // an update runs
		return
	}
	if err != nil || s.plan != "" && got.PlanID != s.plan {
		w.h.history.fault(s.id, "the fetch was answered plan %q, %v; told was %q", got.PlanID, err, s.plan)
	}
}

func (w *worker) unbind(ctx context.Context, s, b *subject) {
	before := b.told
	got, lost, err := insist(ctx, w, s, "unbind "+b.id, func(ctx context.Context) (osb.UnbindResponse, error) {
		return w.client.Unbind(ctx, osb.UnbindRequest{InstanceID: s.id, BindingID: b.id, ServiceID: s.order.service, PlanID: s.now(), AcceptsIncomplete: true})
	})
	b.told = w.ended(s, "binding "+b.id, before, got.Async, lost, err)
}

func (w *worker) deprovision(ctx context.Context, s *subject) {
	before := s.told
	got, lost, err := insist(ctx, w, s, "DELETE", func(ctx context.Context) (osb.DeprovisionResponse, error) {
		return w.client.Deprovision(ctx, osb.DeprovisionRequest{InstanceID: s.id, ServiceID: s.order.service, PlanID: s.now(), AcceptsIncomplete: true})
	})
	s.told = w.ended(s, "instance", before, got.Async, lost, err)
}

// ended is what an answer to a deletion makes of what the platform knew.
func (w *worker) ended(s *subject, what string, before told, async bool, lost int, err error) told {
	switch {
	case err == nil && async, silent(err), osb.IsCode(err, osb.CodeConcurrencyError):
		return leaving
	case err == nil:
		return gone
	case osb.IsGone(err):
		if lost == 0 && (before == made || before == promised) {
			w.h.history.fault(s.id, "the %s (%s) is unknown to its deletion", what, before)
		}
		return gone
	}
	w.h.history.fault(s.id, "the deletion of the %s was answered %v", what, err)
	return leaving
}
