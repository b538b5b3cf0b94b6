package testbroker_test

import (
	"context"
	"testing"

	"naru/broker/kit"
	"naru/internal/testbroker"
	"naru/wire/osb"
)

// behind serves a folders broker behind a front, and a client that sees only the front.
func behind(t *testing.T) (*testbroker.Broker, *testbroker.Front, *osb.Client, osb.ProvisionRequest) {
	t.Helper()
	b := testbroker.Serve(t, testbroker.Folders, kit.Config{})
	front := testbroker.NewFront(t, b.URL)
	client, err := osb.NewClient(osb.ClientConfig{URL: front.URL, User: b.Config.User, Password: b.Config.Password})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	got, err := client.Catalog(t.Context(), osb.CatalogRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return b, front, client, osb.ProvisionRequest{
		InstanceID: "i", ServiceID: got.Services[0].ID, PlanID: got.Services[0].Plans[0].ID,
		OrganizationGUID: "o", SpaceGUID: "s", AcceptsIncomplete: true,
	}
}

func TestEachFaultLooksAsItSays(t *testing.T) {
	t.Parallel()
	for mode, want := range map[testbroker.Mode]struct {
		status, forwarded int
		mitigate          bool
	}{
		testbroker.Down:          {0, 0, true},
		testbroker.Drop:          {0, 1, true},
		testbroker.Error500:      {500, 0, true},
		testbroker.Error500After: {500, 1, true},
		testbroker.Malformed201:  {201, 1, true},
		testbroker.Empty200:      {200, 1, false},
		testbroker.NoContent204:  {204, 1, true},
		testbroker.Garbage:       {200, 0, false},
		testbroker.Gone410:       {410, 0, false},
		testbroker.Busy:          {422, 0, false},
	} {
		b, front, client, request := behind(t)
		front.Set(mode)
		_, err := client.Provision(t.Context(), request)
		call, ok := err.(*osb.CallError) //nolint:errorlint // the client's own type
		if !ok || call.Status != want.status || call.Mitigate != want.mitigate || front.Forwarded("PUT") != want.forwarded {
			t.Errorf("mode %d: %v (%+v), forwarded %d", mode, err, call, front.Forwarded("PUT"))
		}
		held, err := b.Client.ListInstances(t.Context(), osb.ListRequest{})
		if err != nil || len(held.Instances) != want.forwarded {
			t.Errorf("mode %d: held %+v, %v", mode, held, err)
		}
	}
}

func TestASlowBrokerActsAfterTheClientLeft(t *testing.T) {
	t.Parallel()
	b, front, client, request := behind(t)
	front.Set(testbroker.Slow)
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan error, 1)
	go func() {
		_, err := client.Provision(ctx, request)
		answered <- err
	}()
	front.Await(t)
	cancel()
	if err := <-answered; err == nil {
		t.Error("a call that was given up must fail")
	}
	front.Release(t)
	for {
		if _, err := b.Client.GetInstance(t.Context(), osb.GetInstanceRequest{InstanceID: "i"}); err == nil {
			return
		} else if osb.StatusOf(err) != 404 {
			t.Fatal(err)
		}
	}
}

func TestAnOperationNeverEndsOrFails(t *testing.T) {
	t.Parallel()
	for mode, want := range map[testbroker.Mode]osb.State{testbroker.NeverEnding: osb.InProgress, testbroker.FailedOperation: osb.Failed} {
		_, front, client, request := behind(t)
		front.Set(mode)
		if got, err := client.Provision(t.Context(), request); err != nil || !got.Async {
			t.Errorf("%+v, %v", got, err)
		}
		got, err := client.LastOperation(t.Context(), osb.LastOperationRequest{InstanceID: "i"})
		if err != nil || got.State != want {
			t.Errorf("%+v, %v", got, err)
		}
	}
}
