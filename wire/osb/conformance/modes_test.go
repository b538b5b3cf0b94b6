package conformance_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"naru/broker/fault"
	"naru/internal/testbroker"
	"naru/wire/osb"
	"naru/wire/osb/conformance"
)

// faulty serves a fault broker over real HTTP.
func faulty(t *testing.T, faults ...string) (*fault.Server, string) {
	t.Helper()
	c := fault.Config{User: "u", Password: "p", Delay: 40 * time.Millisecond, Now: time.Now}
	for _, text := range faults {
		f, err := fault.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		c.Faults = append(c.Faults, f)
	}
	s, err := fault.New(c)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		s.Close()
		server.CloseClientConnections()
		server.Close()
	})
	return s, server.URL
}

func TestTheFaultBrokerIsConformantWithoutAFault(t *testing.T) {
	t.Parallel()
	s, url := faulty(t)
	r := judge(t, url, "u", "p")
	if !r.Conformant() || testbroker.Failures(r, conformance.Should) != "" || len(r.Leftovers) != 0 {
		t.Errorf("MUST %+v SHOULD %+v, left %+v%s%s", r.Must, r.Should, r.Leftovers, testbroker.Failures(r, conformance.Must), testbroker.Failures(r, conformance.Should))
	}
	if held, err := s.Broker.ListInstances(t.Context(), osb.ListRequest{}); err != nil || len(held.Instances) != 0 {
		t.Errorf("the suite left %+v, %v", held, err)
	}
	if r.SyncPlan != "small" || r.AsyncPlan != "slow" {
		t.Errorf("tried %q and %q", r.SyncPlan, r.AsyncPlan)
	}
}

func TestEveryFaultThatBreaksAMustIsFound(t *testing.T) {
	t.Parallel()
	busy := make(chan struct{}, 24)
	var wg sync.WaitGroup
	defer wg.Wait()
	for faults, rule := range map[string]string{
		"provision=drop":                 "provision.created",
		"provision=drop_after":           "provision.created",
		"provision=hang":                 "provision.created",
		"provision=hang_after":           "provision.created",
		"provision=cut":                  "provision.created",
		"provision=error_500":            "provision.created",
		"provision=error_500_after":      "provision.created",
		"provision=error_503":            "provision.created",
		"provision=error_400":            "provision.created",
		"provision=error_401":            "provision.created",
		"provision=error_404":            "malformed.json",
		"provision=error_408":            "malformed.json",
		"provision=error_409":            "malformed.fields",
		"provision=error_410":            "malformed.json",
		"provision=error_412":            "malformed.json",
		"provision=error_422":            "malformed.json",
		"provision=error_429":            "malformed.json",
		"provision=concurrency_error":    "malformed.json",
		"provision=maintenance_conflict": "malformed.json",
		"provision=async_required":       "malformed.json",
		"provision=requires_app":         "malformed.json",
		"provision=redirect":             "malformed.json",
		"provision=usable_everywhere":    "error.fields",
		"provision=empty_words":          "error.text",
		"provision=malformed_200":        "answer.object",
		"provision=malformed_201":        "answer.object",
		"provision=malformed_202":        "answer.object",
		"provision=empty":                "answer.object",
		"provision=no_content_204":       "answer.object",
		"provision=array":                "answer.object",
		"provision=wrong_type":           "answer.operation",
		"provision=garbage":              "answer.object",
		"provision=trailing":             "answer.object",
		"bind=wrong_type":                "bind.content",
		"poll=bad_state":                 "poll.state",
		"provision=endless_async":        "answer.unasked_async",
		"poll=endless_async":             "poll.ends",
		"poll_binding=endless_async":     "poll_binding.ends",
		"poll=failing_async":             "poll.succeeds",
		"poll_binding=failing_async":     "poll_binding.succeeds",
		"provision=unasked_async":        "answer.unasked_async",
		"bind=early_secret":              "bind.early_secret",
		"provision=long_operation":       "answer.operation",
		"provision=forget":               "fetch.ready",
		"bind=forget":                    "bind.credentials",
		"deprovision=forget":             "deprovision.again",
		"unbind=forget":                  "unbind.again",
		"update=forget":                  "update.applied",
		"all=open":                       "auth.change",
		"catalog=open":                   "auth.required",
		"catalog=error_500":              "catalog.status",
		"catalog=garbage":                "catalog.types",
		"catalog=catalog_moving":         "catalog.stable",
		"catalog=catalog_same_ids":       "catalog.ids",
		"catalog=catalog_same_names":     "catalog.names",
		"catalog=catalog_no_plans":       "catalog.plans",
		"catalog=catalog_unnamed":        "catalog.named",
		"catalog=catalog_schema":         "catalog.schemas",
		"catalog=catalog_version":        "catalog.maintenance",
		"catalog=catalog_requires":       "catalog.requires",
		"fetch=error_404":                "fetch.ready",
		"fetch=error_410":                "fetch.unknown",
		"fetch_binding=error_404":        "fetch_binding.ready",
		"deprovision=error_500_after":    "deprovision.done",
		"deprovision=error_404":          "deprovision.unknown",
		"deprovision=no_content_204":     "answer.object",
		"unbind=error_500":               "unbind.done",
		"bind=error_409":                 "bind.created",
		"bind=cut":                       "bind.created",
		"update=error_500":               "update.fields",
		"update=error_409":               "update.fields",
		"all=error_500":                  "provision.created",
	} {
		_, url := faulty(t, faults)
		wg.Go(func() {
			busy <- struct{}{} // most of a run is waiting: more at once than there are processors
			defer func() { <-busy }()
			r, err := patiently(t.Context(), testbroker.Options(url, "u", "p", func(o *conformance.Options) {
				o.Patience, o.Concurrency = 400*time.Millisecond, 3
				if strings.Contains(faults, "hang") {
					o.Timeout = 300 * time.Millisecond
				}
			}))
			switch {
			case err != nil:
				t.Errorf("%s: %v", faults, err)
			case r.Conformant() || !found(r, rule):
				t.Errorf("%s: %s did not fail%s", faults, rule, testbroker.Failures(r, conformance.Must))
			}
		})
	}
}

// patiently begins again when the machine was too busy for the very first answer.
func patiently(ctx context.Context, o conformance.Options) (r *conformance.Report, err error) {
	for range 10 {
		if r, err = conformance.Run(ctx, o); !errors.Is(err, conformance.ErrUnreachable) {
			break
		}
	}
	return r, err
}

func found(r *conformance.Report, rule string) bool {
	for _, f := range r.Failures(conformance.Must) {
		if f.ID == rule {
			return true
		}
	}
	return false
}

func TestFaultsOfNoMustCostAShouldOrNothing(t *testing.T) {
	t.Parallel()
	for faults, rule := range map[string]string{
		"provision=slow:1@10ms": "",
		"catalog=slow@10ms":     "",
		"provision=duplicate":   "",
	} {
		_, url := faulty(t, faults)
		r := judge(t, url, "u", "p")
		if !r.Conformant() || rule == "" && testbroker.Failures(r, conformance.Should) != "" {
			t.Errorf("%s:%s%s", faults, testbroker.Failures(r, conformance.Must), testbroker.Failures(r, conformance.Should))
		}
	}
}

func TestAnInterruptionCleansUp(t *testing.T) {
	t.Parallel()
	s, url := faulty(t)
	ctx, stop := context.WithCancel(t.Context())
	o := conformance.Options{
		URL: url, User: "u", Password: "p", Now: time.Now, Seed: "stopped", PollEvery: 5 * time.Millisecond,
		Progress: func(r conformance.Result) {
			if r.ID == "bind.created" {
				stop()
			}
		},
	}
	r, err := conformance.Run(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	held, err := s.Broker.ListInstances(t.Context(), osb.ListRequest{})
	if err != nil || len(held.Instances) != 0 || !r.Interrupted || r.Conformant() || len(r.Leftovers) != 0 {
		t.Errorf("held %+v, interrupted %v, left %+v, %v", held, r.Interrupted, r.Leftovers, err)
	}
	if bad := testbroker.Failures(r, conformance.Must); bad != "" {
		t.Errorf("the interruption was taken for a failure:%s", bad)
	}
}

func TestWhatCannotBeRemovedIsNamed(t *testing.T) {
	t.Parallel()
	s, url := faulty(t, "deprovision=error_500")
	r := judge(t, url, "u", "p", func(o *conformance.Options) { o.Patience = 200 * time.Millisecond })
	held, err := s.Broker.ListInstances(t.Context(), osb.ListRequest{})
	if err != nil || len(held.Instances) == 0 {
		t.Fatalf("%+v, %v", held, err)
	}
	named := map[string]bool{}
	for _, left := range r.Leftovers {
		named[left.Instance] = true
	}
	for _, i := range held.Instances {
		if !named[i.InstanceID] {
			t.Errorf("%s is left and not named", i.InstanceID)
		}
	}
}

func TestNoSecretStandsInAReport(t *testing.T) {
	t.Parallel()
	_, url := faulty(t, "bind=wrong_type", "fetch_binding=error_404")
	r := judge(t, url, "u", "p")
	for _, x := range r.Results {
		for _, e := range x.Exchanges {
			if strings.Contains(e.Seen, `"password":"`) && !strings.Contains(e.Seen, `"password":"***"`) || strings.Contains(e.Sent+e.Seen, "Basic ") {
				t.Errorf("%s shows %s", x.ID, e.Seen)
			}
		}
	}
}

func TestABrokerThatIsNotThereIsAnError(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(nil)
	server.Close()
	_, err := conformance.Run(t.Context(), conformance.Options{URL: server.URL, Now: time.Now, Seed: "x"})
	if !errors.Is(err, conformance.ErrUnreachable) {
		t.Error(err)
	}
	for _, bad := range []string{"", "ftp://h", "http://u:p@h", "http://h?x=1"} {
		if _, err := conformance.Run(t.Context(), conformance.Options{URL: bad, Now: time.Now, Seed: "x"}); err == nil || errors.Is(err, conformance.ErrUnreachable) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestABrokerThatOffersNothingIsNotJudged(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(osb.Handler(nothing{}, osb.BasicAuth("u", "p")))
	t.Cleanup(server.Close)
	r, err := conformance.Run(t.Context(), conformance.Options{URL: server.URL, User: "u", Password: "p", Now: time.Now, Seed: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if r.Tried() || r.Conformant() {
		t.Errorf("tried %t, conformant %t, %+v", r.Tried(), r.Conformant(), r.Must)
	}
}

// nothing is a broker whose catalogue is empty, as a platform without orders sees naru.
type nothing struct{ osb.Broker }

func (nothing) Catalog(context.Context, osb.CatalogRequest) (osb.CatalogResponse, error) {
	return osb.CatalogResponse{}, nil
}
