package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"naru/internal/testnaru"
)

// market is a naru process with a broker process behind it and the peer beside it.
type market struct {
	*testnaru.Market
	broker, proxy *process
	client        *http.Client
	t             *frame
}

// frame lets the harness of the tests work here: what fails a test ends the measurement.
type frame struct {
	testing.TB
	ctx  context.Context
	dir  string
	ends []func()
}

type fault struct{ error }

// errSkipped is for a claim that cannot be measured here.
var errSkipped = errors.New("skipped")

func (f *frame) Helper()                   {}
func (f *frame) Context() context.Context  { return f.ctx }
func (f *frame) Cleanup(end func())        { f.ends = append(f.ends, end) }
func (f *frame) Failed() bool              { return false }
func (f *frame) Logf(string, ...any)       {}
func (f *frame) Log(...any)                {}
func (f *frame) Fatal(args ...any)         { panic(fault{errors.New(fmt.Sprint(args...))}) }
func (f *frame) Fatalf(s string, a ...any) { panic(fault{fmt.Errorf(s, a...)}) }
func (f *frame) Errorf(s string, a ...any) { f.Fatalf(s, a...) }
func (f *frame) Skip(args ...any) {
	panic(fault{fmt.Errorf("%w: %s", errSkipped, fmt.Sprint(args...))})
}

func (f *frame) TempDir() string {
	dir, err := os.MkdirTemp(f.dir, "osb-")
	if err != nil {
		f.Fatal(err)
	}
	return dir
}

// caught turns a failure of the harness into an error.
func caught(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			failure, ok := p.(fault)
			if !ok {
				panic(p)
			}
			err = failure.error
		}
	}()
	return do()
}

// open starts the parts: a broker with so many services and plans, naru on a database ("" is SQLite) and the proxy.
func (b *bed) market(ctx context.Context, database string, services, plans int) (m *market, err error) {
	m = &market{t: &frame{ctx: ctx, dir: b.dir}, client: &http.Client{Transport: &http.Transport{MaxIdleConns: 512, MaxIdleConnsPerHost: 256}}}
	b.parts = append(b.parts, m)
	if m.broker, err = startPart(partBroker, fmt.Sprint(services), fmt.Sprint(plans)); err != nil {
		return m, err
	}
	if m.proxy, err = startPart(partProxy, m.broker.url); err != nil {
		return m, err
	}
	return m, caught(func() error {
		n := testnaru.Start(m.t, testnaru.Config{Binary: binaryPath(), Database: database})
		m.Market = n.Open(m.t, testnaru.Site{URL: m.broker.url, User: guestUser, Password: guestPassword})
		return nil
	})
}

func binaryPath() string {
	here, err := os.Getwd()
	if err != nil {
		return binary
	}
	return here + "/" + binary
}

func (m *market) close() error {
	for _, end := range m.t.ends {
		end()
	}
	m.client.CloseIdleConnections()
	var err error
	for _, p := range []*process{m.proxy, m.broker} {
		if p != nil {
			err = errors.Join(err, p.end())
		}
	}
	return err
}

// call sends one request as the platform and wants one of the statuses.
func (m *market) call(ctx context.Context, method, url, body string, want ...int) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.SetBasicAuth(guestUser, guestPassword)
	req.Header.Set("X-Broker-API-Version", "2.17")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	r, err := m.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	got, err := io.ReadAll(r.Body)
	for _, status := range want {
		if r.StatusCode == status {
			return got, err
		}
	}
	return got, fmt.Errorf("%s %s: status %d: %.300s", method, url, r.StatusCode, got)
}

// ids are what a platform sends with requests about an instance.
func ids(service, plan string) string { return "service_id=" + service + "&plan_id=" + plan }

func (m *market) naru() string { return m.URL + "/osb" }

// wish is what an instance is wanted of, and through which door.
type wish struct{ door, service, plan, order string }

// provision makes an instance.
func (m *market) provision(ctx context.Context, w wish, id string, async bool) error {
	body := fmt.Sprintf(`{"service_id":%q,"plan_id":%q,"organization_guid":"o","space_guid":"s","parameters":{"order":%q}}`, w.service, w.plan, w.order)
	if w.order == "" {
		body = fmt.Sprintf(`{"service_id":%q,"plan_id":%q,"organization_guid":"o","space_guid":"s"}`, w.service, w.plan)
	}
	url := w.door + "/v2/service_instances/" + id
	if async {
		url += "?accepts_incomplete=true"
	}
	_, err := m.call(ctx, http.MethodPut, url, body, http.StatusCreated, http.StatusAccepted)
	return err
}

// lifecycle is four mutations: provision, bind, unbind, deprovision.
func (m *market) lifecycle(ctx context.Context, w wish, id string) error {
	if err := m.provision(ctx, w, id, false); err != nil {
		return err
	}
	at := w.door + "/v2/service_instances/" + id
	body := fmt.Sprintf(`{"service_id":%q,"plan_id":%q}`, w.service, w.plan)
	if _, err := m.call(ctx, http.MethodPut, at+"/service_bindings/b-"+id, body, http.StatusCreated); err != nil {
		return err
	}
	if _, err := m.call(ctx, http.MethodDelete, at+"/service_bindings/b-"+id+"?"+ids(w.service, w.plan), "", http.StatusOK); err != nil {
		return err
	}
	_, err := m.call(ctx, http.MethodDelete, at+"?"+ids(w.service, w.plan), "", http.StatusOK)
	return err
}

// rounds is how often the targets of a comparison take turns; the middle of each counts.
const (
	rounds    = 5
	roundTime = 1500 * time.Millisecond
)
