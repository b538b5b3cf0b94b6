package kit_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"naru/broker/kit"
	"naru/internal/testbroker"
	"naru/wire/osb"
)

// site is a running broker with the ids of its catalogue.
type site struct {
	client  *osb.Client
	dir     string
	service string
	plans   map[string]string
}

func openSite(t *testing.T, client *osb.Client, dir string) site {
	t.Helper()
	got, err := client.Catalog(t.Context(), osb.CatalogRequest{})
	if err != nil {
		t.Fatal(err)
	}
	s := site{client: client, dir: dir, service: got.Services[0].ID, plans: map[string]string{}}
	for _, p := range got.Services[0].Plans {
		s.plans[p.Name] = p.ID
	}
	return s
}

func serveFolders(t *testing.T) site {
	t.Helper()
	dir := t.TempDir()
	return openSite(t, testbroker.Serve(t, testbroker.Folders, kit.Config{DataDir: dir}).Client, dir)
}

func (s site) request(id, plan string) osb.ProvisionRequest {
	return osb.ProvisionRequest{
		InstanceID: id, ServiceID: s.service, PlanID: s.plans[plan], OrganizationGUID: "o", SpaceGUID: "s", AcceptsIncomplete: true,
		Parameters: json.RawMessage(`{"a":1,"b":[2]}`),
	}
}

func (s site) provision(t *testing.T, id, plan string) osb.ProvisionResponse {
	t.Helper()
	got, err := s.client.Provision(t.Context(), s.request(id, plan))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (s site) deprovision(ctx context.Context, id, plan string) (osb.DeprovisionResponse, error) {
	return s.client.Deprovision(ctx, osb.DeprovisionRequest{InstanceID: id, ServiceID: s.service, PlanID: s.plans[plan], AcceptsIncomplete: true})
}

func (s site) bind(ctx context.Context, id, binding string) (osb.BindResponse, error) {
	return s.client.Bind(ctx, osb.BindRequest{InstanceID: id, BindingID: binding, ServiceID: s.service, PlanID: s.plans["sync"]})
}

// settle polls until the operation ends.
func (s site) settle(t *testing.T, id string) osb.LastOperationResponse {
	t.Helper()
	for {
		got, err := s.client.LastOperation(t.Context(), osb.LastOperationRequest{InstanceID: id})
		if err != nil {
			t.Fatal(err)
		}
		if got.State != osb.InProgress {
			return got
		}
	}
}

func (s site) made(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(s.dir, "folders", "made"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.Fields(string(raw))
}

// shut makes slow creations wait and returns the function that lets one through.
func (s site) shut(t *testing.T) (let func()) {
	t.Helper()
	gate := filepath.Join(s.dir, "folders", "gate")
	if err := syscall.Mkfifo(gate, 0o600); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.WriteFile(gate, nil, 0o600); err != nil {
			t.Error(err)
		}
	}
}

func status(t *testing.T, err error, want int) {
	t.Helper()
	if got := osb.StatusOf(err); got != want {
		t.Errorf("status %d, want %d: %v", got, want, err)
	}
}

func TestARepeatedCreationHasOneEffect(t *testing.T) {
	t.Parallel()
	s := serveFolders(t)
	if got := s.provision(t, "a/1", "sync"); got.Existed || got.Async {
		t.Errorf("first answer %+v", got)
	}
	again := s.request("a/1", "sync")
	again.Parameters = json.RawMessage(` {"b":[2], "a":1}`)
	if got, err := s.client.Provision(t.Context(), again); err != nil || !got.Existed {
		t.Errorf("identical answer %+v, %v", got, err)
	}
	for name, change := range map[string]func(*osb.ProvisionRequest){
		"plan":       func(r *osb.ProvisionRequest) { r.PlanID = s.plans["bigger"] },
		"parameters": func(r *osb.ProvisionRequest) { r.Parameters = json.RawMessage(`{"a":2}`) },
		"space":      func(r *osb.ProvisionRequest) { r.SpaceGUID = "x" },
	} {
		other := s.request("a/1", "sync")
		change(&other)
		_, err := s.client.Provision(t.Context(), other)
		t.Log(name)
		status(t, err, 409)
	}
	if made := s.made(t); len(made) != 1 {
		t.Errorf("made %v", made)
	}
}

func TestConcurrentIdenticalCreationsHaveOneEffect(t *testing.T) {
	t.Parallel()
	s := serveFolders(t)
	var wait sync.WaitGroup
	answers := make([]osb.ProvisionResponse, 8)
	errs := make([]error, len(answers))
	for i := range answers {
		wait.Go(func() { answers[i], errs[i] = s.client.Provision(t.Context(), s.request("i", "sync")) })
	}
	wait.Wait()
	created := 0
	for i := range answers {
		if errs[i] != nil {
			t.Error(errs[i])
		}
		if !answers[i].Existed {
			created++
		}
	}
	if made := s.made(t); created != 1 || len(made) != 1 {
		t.Errorf("%d times created, made %v", created, made)
	}
}

func TestRefusalsOfTheSpecification(t *testing.T) {
	t.Parallel()
	s := serveFolders(t)
	s.provision(t, "i", "sync")
	tests := []struct {
		name   string
		status int
		code   string
		do     func(context.Context) error
	}{
		{"a plan that is not in the catalogue is 400", 400, "", func(ctx context.Context) error {
			r := s.request("j", "sync")
			r.PlanID = "none"
			_, err := s.client.Provision(ctx, r)
			return err
		}},
		{"an asynchronous plan without accepts_incomplete is 422", 422, osb.CodeAsyncRequired, func(ctx context.Context) error {
			r := s.request("j", "async")
			r.AcceptsIncomplete = false
			_, err := s.client.Provision(ctx, r)
			return err
		}},
		{"a maintenance_info the catalogue does not hold is 422", 422, osb.CodeMaintenanceInfoConflict, func(ctx context.Context) error {
			r := s.request("j", "sync")
			r.MaintenanceInfo = &osb.MaintenanceInfo{Version: "9.9.9"}
			_, err := s.client.Provision(ctx, r)
			return err
		}},
		{"a deletion of nothing is 410", 410, "", func(ctx context.Context) error { _, err := s.deprovision(ctx, "none", "sync"); return err }},
		{"an unbind of nothing is 410", 410, "", func(ctx context.Context) error {
			_, err := s.client.Unbind(ctx, osb.UnbindRequest{InstanceID: "i", BindingID: "none", ServiceID: "s", PlanID: "p"})
			return err
		}},
		{"a poll of nothing is 404", 404, "", func(ctx context.Context) error {
			_, err := s.client.LastOperation(ctx, osb.LastOperationRequest{InstanceID: "none"})
			return err
		}},
		{"a fetch of nothing is 404", 404, "", func(ctx context.Context) error {
			_, err := s.client.GetInstance(ctx, osb.GetInstanceRequest{InstanceID: "none"})
			return err
		}},
		{"a bind to nothing is 404", 404, "", func(ctx context.Context) error { _, err := s.bind(ctx, "none", "b"); return err }},
		{"a rotation of nothing is 400", 400, "", func(ctx context.Context) error {
			_, err := s.client.Bind(ctx, osb.BindRequest{InstanceID: "i", BindingID: "b", PredecessorBindingID: "none"})
			return err
		}},
		{"a plan change the engine refuses is 422", 422, "", func(ctx context.Context) error {
			s.provision(t, "big", "bigger")
			_, err := s.client.Update(ctx, osb.UpdateRequest{InstanceID: "big", ServiceID: s.service, PlanID: s.plans["sync"]})
			return err
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.do(t.Context())
			status(t, err, test.status)
			if test.code != "" && !osb.IsCode(err, test.code) {
				t.Errorf("code of %v, want %s", err, test.code)
			}
		})
	}
	got, err := s.client.GetInstance(t.Context(), osb.GetInstanceRequest{InstanceID: "big"})
	if err != nil || got.PlanID != s.plans["bigger"] {
		t.Errorf("after a refused plan change: %+v, %v", got, err)
	}
}

func TestARefusedCreationLeavesNothing(t *testing.T) {
	t.Parallel()
	s := serveFolders(t)
	refuse := filepath.Join(s.dir, "folders", "refuse")
	if err := os.WriteFile(refuse, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := s.client.Provision(t.Context(), s.request("i", "sync"))
	status(t, err, 422)
	s.provision(t, "j", "async")
	if got := s.settle(t, "j"); got.State != osb.Failed || got.Description != "no more folders" {
		t.Errorf("asynchronous refusal %+v", got)
	}
	for _, id := range []string{"i", "j"} {
		if _, err := os.Stat(filepath.Join(s.dir, "folders", kit.Key(id))); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("folder of %s is left: %v", id, err)
		}
	}
	if err := os.Remove(refuse); err != nil {
		t.Fatal(err)
	}
	s.provision(t, "i", "sync")
	s.provision(t, "j", "async")
	if got := s.settle(t, "j"); got.State != osb.Succeeded {
		t.Errorf("second try %+v", got)
	}
}

func TestAnAsynchronousCreationIsAnsweredWhileItRuns(t *testing.T) {
	t.Parallel()
	s := serveFolders(t)
	let := s.shut(t)
	first := s.provision(t, "i", "async")
	if !first.Async || first.Operation == "" {
		t.Fatalf("first answer %+v", first)
	}
	if again := s.provision(t, "i", "async"); !again.Async || again.Operation != first.Operation {
		t.Errorf("repeated answer %+v, want %+v", again, first)
	}
	_, err := s.client.GetInstance(t.Context(), osb.GetInstanceRequest{InstanceID: "i"})
	status(t, err, 404)
	_, err = s.bind(t.Context(), "i", "b")
	status(t, err, 422)
	let()
	if got := s.settle(t, "i"); got.State != osb.Succeeded {
		t.Errorf("operation %+v", got)
	}
	if got := s.provision(t, "i", "async"); !got.Existed {
		t.Errorf("after the end %+v", got)
	}
}

func TestADeletionStopsTheCreationItOvertakes(t *testing.T) {
	t.Parallel()
	s := serveFolders(t)
	s.shut(t)
	s.provision(t, "i", "async")
	if got, err := s.deprovision(t.Context(), "i", "async"); err != nil || !got.Async {
		t.Fatalf("deletion %+v, %v", got, err)
	}
	if got := s.settle(t, "i"); got.State != osb.Succeeded {
		t.Errorf("operation %+v", got)
	}
	_, err := s.deprovision(t.Context(), "i", "async")
	status(t, err, 410)
	if got, err := s.client.ListInstances(t.Context(), osb.ListRequest{}); err != nil || len(got.Instances) != 0 {
		t.Errorf("held %+v, %v", got, err)
	}
}

func TestBindingsRotateAndEnd(t *testing.T) {
	t.Parallel()
	s := serveFolders(t)
	s.provision(t, "i", "sync")
	first, err := s.bind(t.Context(), "i", "b1")
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.bind(t.Context(), "i", "b1")
	if err != nil || !again.Existed || string(again.Credentials) != string(first.Credentials) {
		t.Errorf("identical bind %+v, %v", again, err)
	}
	second, err := s.client.Bind(t.Context(), osb.BindRequest{InstanceID: "i", BindingID: "b2", PredecessorBindingID: "b1"})
	if err != nil || second.Existed || string(second.Credentials) == string(first.Credentials) {
		t.Errorf("rotation %+v, %v", second, err)
	}
	got, err := s.client.GetBinding(t.Context(), osb.GetBindingRequest{InstanceID: "i", BindingID: "b1"})
	if err != nil || string(got.Credentials) != string(first.Credentials) {
		t.Errorf("predecessor %+v, %v", got, err)
	}
	unbind := osb.UnbindRequest{InstanceID: "i", BindingID: "b1", ServiceID: s.service, PlanID: s.plans["sync"]}
	if _, err := s.client.Unbind(t.Context(), unbind); err != nil {
		t.Fatal(err)
	}
	_, err = s.client.Unbind(t.Context(), unbind)
	status(t, err, 410)
	if _, err := os.Stat(filepath.Join(s.dir, "folders", kit.Key("i"), kit.Key("b1"))); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("key of b1 is left: %v", err)
	}
	list, err := s.client.ListInstances(t.Context(), osb.ListRequest{})
	if err != nil || len(list.Instances) != 1 || len(list.Instances[0].BindingIDs) != 1 || list.Instances[0].BindingIDs[0] != "b2" {
		t.Errorf("held %+v, %v", list, err)
	}
}

func TestAKilledBrokerGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	b := testbroker.Start(t, "folders", kit.Config{})
	s := openSite(t, b.Client, b.Config.DataDir)
	s.provision(t, "done", "sync")
	bound, err := s.bind(t.Context(), "done", "b")
	if err != nil {
		t.Fatal(err)
	}
	let := s.shut(t)
	began := s.provision(t, "begun", "async")
	b.Kill(t)
	b.Restart(t)
	s = openSite(t, b.Client, b.Config.DataDir)
	got, err := s.client.GetBinding(t.Context(), osb.GetBindingRequest{InstanceID: "done", BindingID: "b"})
	if err != nil || string(got.Credentials) != string(bound.Credentials) {
		t.Errorf("binding after kill -9: %+v, %v", got, err)
	}
	if again := s.provision(t, "begun", "async"); again.Operation != began.Operation {
		t.Errorf("operation %q became %q", began.Operation, again.Operation)
	}
	let()
	if got := s.settle(t, "begun"); got.State != osb.Succeeded {
		t.Errorf("operation after kill -9: %+v", got)
	}
}

func TestTwoSitesOfOneBinaryHaveTheirOwnIds(t *testing.T) {
	t.Parallel()
	ids := map[string]string{}
	for _, name := range []string{"gov-center", "csap-cloud", "정부전산센터"} {
		client := testbroker.Serve(t, testbroker.Folders, kit.Config{SiteName: name}).Client
		got, err := client.Catalog(t.Context(), osb.CatalogRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for _, service := range got.Services {
			for _, id := range []string{service.ID, service.Name, service.Plans[0].ID} {
				if other, taken := ids[id]; taken {
					t.Errorf("%q of %s is used by %s", id, name, other)
				}
				ids[id] = name
			}
			if site := service.Metadata.Text("site"); site != name {
				t.Errorf("site %q", site)
			}
		}
	}
	once, again := kit.StableID("gov-center", "service", "folders"), kit.StableID("gov-center", "service", "folders")
	if once != again {
		t.Error("ids are not stable")
	}
}

func TestAnEngineThatIsNotInstalledIsShownAndRefused(t *testing.T) {
	t.Parallel()
	client := testbroker.Serve(t, testbroker.Folders, kit.Config{EngineDirs: []string{"none"}}).Client
	got, err := client.Catalog(t.Context(), osb.CatalogRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var available bool
	var message kit.Text
	metadata := got.Services[0].Metadata
	if !metadata.Decode("available", &available) || available || !metadata.Decode("message", &message) || message.Ko == "" || message.En == "" {
		t.Errorf("metadata %s", metadata)
	}
	s := openSite(t, client, "")
	_, err = client.Provision(t.Context(), s.request("i", "sync"))
	status(t, err, 422)
	if err == nil || !strings.Contains(err.Error(), "engine not installed") {
		t.Errorf("refusal %v", err)
	}
}

func TestASiteSaysWhoItIsAndThatItIsAnExample(t *testing.T) {
	t.Parallel()
	client := testbroker.Serve(t, testbroker.Folders, kit.Config{
		SiteName: "gov", SiteTitle: kit.Text{Ko: "정부센터", En: "Government centre"}, Venue: "government", Region: "daejeon", Synthetic: true,
	}).Client
	got, err := client.Catalog(t.Context(), osb.CatalogRequest{})
	if err != nil {
		t.Fatal(err)
	}
	metadata := got.Services[0].Metadata
	for key, want := range map[string]string{
		"venue": "government", "region": "daejeon", "site": "gov", "category": "test", "displayNameKo": "폴더 (정부센터)",
	} {
		if metadata.Text(key) != want {
			t.Errorf("%s is %q, want %q", key, metadata.Text(key), want)
		}
	}
	var synthetic bool
	var notice kit.Text
	if !metadata.Decode("synthetic", &synthetic) || !synthetic || !metadata.Decode("notice", &notice) || notice.Ko == "" {
		t.Errorf("metadata %s", metadata)
	}
	var meters []kit.Meter
	if !got.Services[0].Plans[0].Metadata.Decode("meters", &meters) || len(meters) != 2 || meters[0].Unit != "GiB-h" {
		t.Errorf("meters of the plan: %+v", meters)
	}
}

func TestAGeneratedPasswordIsToldAndKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var passwords []osb.Secret
	for range 2 {
		func() {
			ctx, cancel := context.WithCancel(t.Context())
			out, in := io.Pipe()
			ended := make(chan error, 1)
			go func() { ended <- testbroker.Folders(ctx, kit.Config{DataDir: dir, SiteName: "s"}, in) }()
			var ready struct{ URL, User, Password string }
			if err := json.NewDecoder(out).Decode(&ready); err != nil {
				t.Fatal(err)
			}
			passwords = append(passwords, osb.Secret(ready.Password))
			client, err := osb.NewClient(osb.ClientConfig{URL: ready.URL, User: ready.User, Password: passwords[0]})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := client.Catalog(t.Context(), osb.CatalogRequest{}); err != nil {
				t.Error(err)
			}
			client.Close()
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}()
	}
	if len(passwords[0]) < 32 || passwords[0] != passwords[1] {
		t.Error("the password is short or was made anew")
	}
}

func TestASecondBrokerOnTheSameDataIsRefused(t *testing.T) {
	t.Parallel()
	s := serveFolders(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := testbroker.Folders(ctx, kit.Config{DataDir: s.dir, SiteName: "x", User: "u", Password: "p"}, discard{})
	if err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("second broker: %v", err)
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
