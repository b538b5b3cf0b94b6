package fault

import (
	"cmp"
	"net/http"
	"sync"
	"testing"
	"time"

	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/store"
	"naru/wire/osb"
)

// end is what a platform sees of an operation while the broker fails.
type end string

const (
	lasts    end = "in progress, and done after the fault"
	forgets  end = "in progress, and failed after the fault"
	fails    end = "failed, and nothing is left after the fault"
	succeeds end = "succeeded"
)

// way is one fault with what it makes of each operation; remove is of unbind too. A broker that lies says that
// something was done, or will be, and holds something else: only a census finds that.
type way struct {
	set                        func(*bed)
	create, bind, remove, poll end
	lies                       bool
	timeout                    time.Duration // of naru's calls; 0 is long
}

// ways are the faults.
func ways() map[string]way {
	front := func(m testbroker.Mode) func(*bed) { return func(b *bed) { b.Front.Set(m) } }
	lost := func(m testbroker.Mode) way { // the effect is not known: naru cleans up
		return way{set: front(m), create: fails, bind: fails, remove: lasts, poll: lasts}
	}
	waits := way{create: lasts, bind: lasts, remove: lasts, poll: lasts} // nothing happened: naru tries again
	hangs := func(m testbroker.Mode) way {
		w := lost(m)
		w.timeout = hasty
		return w
	}
	away, busy := waits, waits
	away.set, busy.set = (*bed).away, front(testbroker.Busy)
	return map[string]way{
		"is not there":                          away,
		"is busy with something else":           busy,
		"closes every connection":               lost(testbroker.Down),
		"takes the request and hangs":           hangs(testbroker.Hang),
		"does it and hangs":                     hangs(testbroker.HangAfter),
		"does it and closes the connection":     lost(testbroker.Drop),
		"answers 500":                           lost(testbroker.Error500),
		"does it and answers 500":               lost(testbroker.Error500After),
		"does it and answers half of a 201":     lost(testbroker.Malformed201),
		"does it and answers 200 with nothing":  lost(testbroker.Empty200),
		"does it and answers 204":               lost(testbroker.NoContent204),
		"answers a page of HTML":                lost(testbroker.Garbage),
		"answers 410 to everything":             {front(testbroker.Gone410), fails, fails, succeeds, fails, true, 0},
		"takes every request and never ends it": {front(testbroker.NeverEnding), forgets, forgets, lasts, lasts, true, 0},
		"fails every operation it took":         {front(testbroker.FailedOperation), fails, fails, lasts, fails, true, 0},
	}
}

// follow looks at an operation while the fault lasts, ends the fault and looks again.
func (b *bed) follow(w way, poll poller, operation string, want end) {
	b.t.Helper()
	switch want {
	case lasts, forgets:
		b.lasts(poll, operation)
	case fails:
		b.ends(poll, operation, osb.Failed)
	case succeeds:
		b.ends(poll, operation, osb.Succeeded)
	}
	b.back()
	switch want {
	case lasts:
		b.ends(poll, operation, osb.Succeeded)
	case forgets:
		b.ends(poll, operation, osb.Failed)
	}
	b.agree(w.lies)
}

// together bounds how many ways are tried at once: they mostly wait for time.
const together = 6

func TestEveryFaultOfABrokerWithEveryOperation(t *testing.T) {
	t.Parallel()
	var beside sync.WaitGroup
	slots := make(chan struct{}, together)
	for name, w := range ways() {
		for kind, open := range map[string]func(testing.TB) *store.DB{"sqlite": testdb.SQLite, "postgres": testdb.Postgres} {
			beside.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				t.Run(name+" "+kind, func(t *testing.T) {
					b := newBed(t, open(t), cmp.Or(w.timeout, callTimeout))
					b.creation(w)
					b.synchronousCreation(w)
					b.binding(w)
					b.unbinding(w)
					b.deletion(w)
					b.polling(w)
				})
			})
		}
	}
	beside.Wait()
}

func (b *bed) creation(w way) {
	i := b.thing("sync")
	w.set(b)
	got, err := i.create(true)
	if err != nil || !got.Async {
		b.t.Fatalf("create: %+v, %v", got, err)
	}
	again, err := i.create(true)
	switch {
	case err != nil && !osb.IsCode(err, osb.CodeConcurrencyError), err == nil && !again.Async:
		b.t.Errorf("the same creation again: %+v, %v", again, err)
	case err == nil && again.Operation != got.Operation: // the first had failed, and its id was free
		b.ends(i.poll, got.Operation, osb.Failed)
		got = again
	}
	b.follow(w, i.poll, got.Operation, w.create)
}

// synchronousCreation ends in time with a refusal: a 4xx, since naru itself cleans up.
func (b *bed) synchronousCreation(w way) {
	i := b.thing("sync")
	w.set(b)
	began := time.Now()
	_, err := i.create(false)
	if osb.StatusOf(err) != http.StatusUnprocessableEntity {
		b.t.Errorf("a synchronous creation: %v, want 422", err)
	}
	if took := time.Since(began); took > 20*time.Second {
		b.t.Errorf("a synchronous creation took %s", took)
	}
	b.agree(w.lies)
}

func (b *bed) binding(w way) {
	i := b.ready("sync")
	w.set(b)
	got, err := i.bind(true)
	if err != nil || !got.Async || got.Credentials != nil {
		b.t.Fatalf("bind: async %v, %v", got.Async, err)
	}
	b.follow(w, i.pollBinding, got.Operation, w.bind)
	if _, err := b.client.GetInstance(b.t.Context(), osb.GetInstanceRequest{InstanceID: i.id}); err != nil {
		b.t.Errorf("the instance after a binding that failed: %v", err)
	}
}

func (b *bed) unbinding(w way) {
	i, credentials := b.bound()
	w.set(b)
	shown, err := b.client.GetBinding(b.t.Context(), osb.GetBindingRequest{InstanceID: i.id, BindingID: "b"})
	if err != nil || string(shown.Credentials) != credentials {
		b.t.Errorf("what exists cannot be read while the broker fails: %v", err)
	}
	got, err := i.unbind()
	if err != nil {
		b.t.Fatalf("unbind: %v", err)
	}
	b.deleted(w, i.pollBinding, got.Operation)
}

func (b *bed) deletion(w way) {
	i, _ := b.bound()
	w.set(b)
	if _, err := b.client.GetInstance(b.t.Context(), osb.GetInstanceRequest{InstanceID: i.id}); err != nil {
		b.t.Errorf("what exists cannot be read while the broker fails: %v", err)
	}
	got, err := i.remove()
	if err != nil {
		b.t.Fatalf("delete: %v", err)
	}
	b.deleted(w, i.poll, got.Operation)
}

// deleted follows a deletion: a fault that lasts is told as a failure after some attempts, and naru goes on.
func (b *bed) deleted(w way, poll poller, operation string) {
	b.t.Helper()
	if w.remove == succeeds {
		b.ends(poll, operation, osb.Succeeded)
		b.agree(w.lies)
		return
	}
	for range 25 {
		got, err := poll(operation)
		switch {
		case err != nil || got.State == osb.Succeeded:
			b.t.Errorf("a deletion that had no success was answered %q, %v", got.State, err)
		case got.State == osb.Failed && got.Description == "":
			b.t.Error("a deletion failed without a reason")
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.back()
	b.wait("the success of the deletion", func() bool {
		got, err := poll(operation)
		return osb.IsGone(err) || err == nil && got.State == osb.Succeeded
	})
	b.agree(w.lies)
}

// polling fails when the broker has taken a creation already and works on it.
func (b *bed) polling(w way) {
	let := testbroker.Shut(b.t, b.Broker)
	i := b.thing("async")
	polls := b.Front.Forwarded(http.MethodGet)
	got, err := i.create(true)
	if err != nil || !got.Async {
		b.t.Fatalf("create: %+v, %v", got, err)
	}
	b.wait("the first poll", func() bool { return b.Front.Forwarded(http.MethodGet) > polls })
	w.set(b)
	if w.poll == lasts {
		b.lasts(i.poll, got.Operation)
	} else {
		b.ends(i.poll, got.Operation, osb.Failed)
	}
	b.back()
	go let()
	if w.poll == lasts {
		b.ends(i.poll, got.Operation, osb.Succeeded)
	}
	b.agree(w.lies)
}

func TestAnAnswerThatComesAfterNaruGaveUpIsCleanedUp(t *testing.T) {
	t.Parallel()
	b := newBed(t, testdb.SQLite(t), hasty)
	i := b.thing("sync")
	b.Front.Set(testbroker.Slow)
	got, err := i.create(true)
	if err != nil {
		t.Fatal(err)
	}
	b.Front.Await(t)
	b.ends(i.poll, got.Operation, osb.Failed) // naru's own limit
	b.Front.Release(t)                        // and now the broker makes it
	b.agree(false)
}
