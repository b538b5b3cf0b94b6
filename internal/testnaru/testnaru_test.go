package testnaru_test

import (
	"testing"

	"naru/broker/kit"
	"naru/internal/testbroker"
	"naru/internal/testnaru"
	"naru/wire/osb"
)

func TestAnInstanceIsThereAfterAKill(t *testing.T) {
	t.Parallel()
	broker := testbroker.Serve(t, testbroker.Folders, kit.Config{})
	n := testnaru.Start(t, testnaru.Config{})
	m := n.Open(t, testnaru.Site{URL: broker.URL, User: broker.Config.User, Password: broker.Config.Password.Reveal()})
	order := m.Order(t, "sync")
	service, plan := m.Plan(t, "sync")
	client := m.Platform(t)
	put := osb.ProvisionRequest{
		InstanceID: "i-1", ServiceID: string(service), PlanID: string(plan), OrganizationGUID: "o", SpaceGUID: "s",
		Parameters: []byte(`{"order":"` + string(order) + `"}`),
	}
	if got, err := client.Provision(t.Context(), put); err != nil || got.Async || got.Existed {
		t.Fatalf("create: %+v, %v", got, err)
	}
	n.Kill(t)
	n.Restart(t)
	if got, err := client.Provision(t.Context(), put); err != nil || !got.Existed {
		t.Errorf("the same after a kill: %+v, %v", got, err)
	}
	n.Verify(t)
}
