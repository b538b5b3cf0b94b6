// Package fault tries every way in which a provider's broker fails (장애 시험) with every operation of a platform: what the
// platform sees is what the specification's table says, and after the fault naru and the broker agree again.
package fault

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"naru"
	"naru/base/policy"
	door "naru/door/osb"
	"naru/flow/catalog"
	"naru/flow/provision"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/internal/testroad"
	"naru/locale"
	"naru/store"
	"naru/wire/osb"
)

// bed is a naru with its door open over real HTTP, its tasks running on a clock that runs fast, and a broker behind a
// front that fails.
type bed struct {
	*testroad.Road
	t      *testing.T
	url    string
	at     string // of the broker, "" = the front
	client *osb.Client
	last   int
}

// How long a call to the broker may take, and a synchronous request at naru's door. Hasty is for brokers that hang; a
// busy machine must not make one of a broker that does not. A minute of the fast clock is three seconds.
const (
	callTimeout = 2500 * time.Millisecond
	unhurried   = 20 * time.Second // for a clock that does not run fast
	hasty       = 400 * time.Millisecond
	syncWait    = 1500 * time.Millisecond
)

func newBed(t *testing.T, db *store.DB, timeout time.Duration) *bed {
	t.Helper()
	b := &bed{Road: testroad.NewWith(t, db, timeout), t: t}
	words, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(door.New(door.Config{
		Runner: b.Runner, Ops: b.Ops, SyncWait: syncWait, AsyncWait: -1,
		Say: func(m naru.Message) string { return words.Message("en", m) },
		SignIn: func(_ context.Context, user, password string) (naru.Actor, error) {
			if user != "platform-a" || password != "secret" {
				return naru.Actor{}, naru.NewError(naru.Denied, "access.wrong")
			}
			return naru.Actor{User: user, Role: "platform", Institution: string(b.A)}, nil
		},
		Report: func(r *http.Request, err error) {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s %s: %v", r.Method, r.URL, err)
			}
		},
	}))
	t.Cleanup(server.Close)
	b.url = server.URL
	if b.client, err = osb.NewClient(osb.ClientConfig{URL: b.url, User: "platform-a", Password: "secret"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.client.Close)
	if timeout == unhurried {
		b.FlowBy(1)
	} else {
		b.Flow()
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var loops sync.WaitGroup
	loops.Go(func() { b.Runner.Run(ctx, b.Work) })
	t.Cleanup(func() {
		b.Front.Set(testbroker.Pass)
		stop()
		loops.Wait()
	})
	return b
}

// thing is one instance of a platform.
type thing struct {
	*bed
	id, service, plan, order string
}

func (b *bed) thing(slug string) *thing {
	b.t.Helper()
	b.last++
	return &thing{bed: b, id: slug + "-" + strings.Repeat("x", b.last), service: string(b.Offer.ID), plan: string(b.Plan(slug).ID), order: string(b.Order(slug, nil))}
}

func (i *thing) create(async bool) (osb.ProvisionResponse, error) {
	return i.client.Provision(i.t.Context(), osb.ProvisionRequest{
		InstanceID: i.id, ServiceID: i.service, PlanID: i.plan, OrganizationGUID: "org", SpaceGUID: "space", AcceptsIncomplete: async,
		Parameters: []byte(`{"order":"` + i.order + `"}`),
	})
}

func (i *thing) bind(async bool) (osb.BindResponse, error) {
	return i.client.Bind(i.t.Context(), osb.BindRequest{InstanceID: i.id, BindingID: "b", ServiceID: i.service, PlanID: i.plan, AcceptsIncomplete: async})
}

func (i *thing) unbind() (osb.UnbindResponse, error) {
	return i.client.Unbind(i.t.Context(), osb.UnbindRequest{InstanceID: i.id, BindingID: "b", ServiceID: i.service, PlanID: i.plan, AcceptsIncomplete: true})
}

func (i *thing) remove() (osb.DeprovisionResponse, error) {
	return i.client.Deprovision(i.t.Context(), osb.DeprovisionRequest{InstanceID: i.id, ServiceID: i.service, PlanID: i.plan, AcceptsIncomplete: true})
}

func (i *thing) poll(operation string) (osb.LastOperationResponse, error) {
	return i.client.LastOperation(i.t.Context(), osb.LastOperationRequest{InstanceID: i.id, Operation: operation})
}

func (i *thing) pollBinding(operation string) (osb.LastOperationResponse, error) {
	return i.client.LastBindingOperation(i.t.Context(), osb.LastBindingOperationRequest{InstanceID: i.id, BindingID: "b", Operation: operation})
}

// ready makes an instance while nothing fails.
func (b *bed) ready(slug string) *thing {
	b.t.Helper()
	i := b.thing(slug)
	if _, err := i.create(true); err != nil {
		b.t.Fatal(err)
	}
	b.ends(i.poll, "", osb.Succeeded)
	return i
}

// bound makes an instance with credentials.
func (b *bed) bound() (*thing, string) {
	b.t.Helper()
	i := b.ready("sync")
	got, err := i.bind(false)
	if err != nil {
		b.t.Fatal(err)
	}
	return i, string(got.Credentials)
}

type poller func(operation string) (osb.LastOperationResponse, error)

// wait asks until the answer is yes.
func (b *bed) wait(what string, yes func() bool) {
	b.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if yes() {
			return
		}
	}
	b.t.Errorf("it never came: %s", what)
}

// ends polls until the operation ends in a state. 410 is the success of a deletion.
func (b *bed) ends(poll poller, operation string, want osb.State) {
	b.t.Helper()
	var got osb.LastOperationResponse
	var err error
	b.wait("the end of the operation", func() bool {
		got, err = poll(operation)
		return err != nil || got.State != osb.InProgress
	})
	if err != nil || got.State != want || got.State == osb.Failed && got.Description == "" {
		b.t.Errorf("the operation ended %q %q, %v; want %q", got.State, got.Description, err, want)
	}
}

// lasts polls for a while: the operation goes on.
func (b *bed) lasts(poll poller, operation string) {
	b.t.Helper()
	for range 25 {
		if got, err := poll(operation); err != nil || got.State != osb.InProgress {
			b.t.Errorf("the poll was answered %q %q, %v; want in progress", got.State, got.Description, err)
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// away registers an address where nobody listens.
func (b *bed) away() { b.move("http://127.0.0.4:9") }

// back ends every fault.
func (b *bed) back() {
	b.Front.Set(testbroker.Pass)
	b.move(b.Front.URL)
}

func (b *bed) move(url string) {
	if b.at == url || b.at == "" && url == b.Front.URL {
		return
	}
	b.at = url
	testroad.Do(b.Road, testroad.Operator(), catalog.Register, catalog.RegisterIn{
		ID: b.Provider, Name: naru.Text{Ko: "시험 클라우드"}, Venue: policy.Private, BrokerURL: url, Synthetic: true,
		BrokerUser: b.Broker.Config.User, BrokerPassword: naru.NewSecret(b.Broker.Config.Password.Reveal()),
	})
}

// agree ends the fault and waits until naru and the broker hold the same and nothing is under way. A broker that lied is
// counted meanwhile.
func (b *bed) agree(lied bool) {
	b.t.Helper()
	b.back()
	why, n := "", 0
	b.wait("naru and the broker agree", func() bool {
		why = b.difference()
		if n++; lied && why != "" && n%50 == 0 {
			testroad.Do(b.Road, testroad.Operator(), b.Ops.Census, provision.CensusIn{Provider: b.Provider})
		}
		return why == ""
	})
	if why != "" {
		b.t.Error(why)
	}
}

// difference tells the first thing that is not settled or not the same on both sides; "" is none.
func (b *bed) difference() string {
	held, err := b.Broker.Client.ListInstances(b.t.Context(), osb.ListRequest{})
	if err != nil {
		return err.Error()
	}
	there := map[string][]string{}
	for _, i := range held.Instances {
		slices.Sort(i.BindingIDs)
		there[i.InstanceID] = i.BindingIDs
	}
	why := ""
	err = b.DB.Read(b.t.Context(), func(ctx context.Context, tx any) error {
		rows, err := tx.(*store.Tx).InstancesAt(ctx, b.Provider)
		for _, i := range rows {
			bindings, err := tx.(*store.Tx).Bindings(ctx, i.ID)
			if err != nil {
				return err
			}
			if w := compare(i, bindings, there); w != "" {
				why = w
			}
			delete(there, string(i.ID))
		}
		return err
	})
	if err != nil {
		return err.Error()
	}
	for id := range there {
		return "the broker holds " + id + ", which naru does not know"
	}
	return why
}

func compare(i provision.Instance, bindings []provision.Binding, there map[string][]string) string {
	held, ok := there[string(i.ID)]
	if !i.State.Settled() || ok != (i.State == provision.Ready) {
		return i.PlatformID + " is " + string(i.State) + " (" + i.Trouble.Key + "), next at " + i.NextAt.String()
	}
	var mine []string
	for _, b := range bindings {
		if !b.State.Settled() {
			return "a binding of " + i.PlatformID + " is " + string(b.State) + " (" + b.Trouble.Key + "), next at " + b.NextAt.String()
		}
		if b.State == provision.Ready {
			mine = append(mine, string(b.ID))
		}
	}
	slices.Sort(mine)
	if ok && !slices.Equal(mine, held) {
		return "the bindings of " + i.PlatformID + " differ"
	}
	return ""
}

// each runs a test on both databases.
func each(t *testing.T, test func(*bed)) {
	t.Helper()
	testdb.Each(t, func(t *testing.T, db *store.DB) { test(newBed(t, db, callTimeout)) })
}
