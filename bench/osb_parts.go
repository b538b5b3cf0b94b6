package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"naru/wire/osb"
)

// The parts that the claims about the platforms' door run as processes of their own, from this same program.
const (
	partBroker = "part-broker" // a provider's broker: how many services, how many plans of each
	partProxy  = "part-proxy"  // the peer: a plain reverse proxy before an address
)

// part runs this program as one of the parts; ok is false when it is not asked to.
func part(args []string) (ok bool, err error) {
	switch {
	case len(args) == 3 && args[0] == partBroker:
		services, serr := strconv.Atoi(args[1])
		plans, perr := strconv.Atoi(args[2])
		if err := errors.Join(serr, perr); err != nil {
			return true, err
		}
		return true, serve(osb.Handler(newMemoryBroker(services, plans), guest))
	case len(args) == 2 && args[0] == partProxy:
		to, err := url.Parse(args[1])
		if err != nil {
			return true, err
		}
		return true, serve(reverseProxy(to))
	}
	return false, nil
}

// serve answers on a free port, which it prints, until the process is ended.
func serve(h http.Handler) error {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + l.Addr().String())
	return (&http.Server{Handler: h, ReadHeaderTimeout: time.Minute}).Serve(l)
}

// reverseProxy is the peer at its best: connections are kept, buffers are used again.
func reverseProxy(to *url.URL) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite:    func(r *httputil.ProxyRequest) { r.SetURL(to) },
		Transport:  &http.Transport{MaxIdleConns: 512, MaxIdleConnsPerHost: 128, IdleConnTimeout: time.Minute},
		BufferPool: &buffers{sync.Pool{New: func() any { return make([]byte, 32<<10) }}},
	}
}

type buffers struct{ pool sync.Pool }

func (b *buffers) Get() []byte  { return b.pool.Get().([]byte) }
func (b *buffers) Put(p []byte) { b.pool.Put(p) } //nolint:staticcheck // as the proxy wants it

// The platform's and naru's name and password at the broker: the proxy hands them on.
const (
	guestUser     = "platform"
	guestPassword = "naru-example-1"
)

func guest(r *http.Request) (context.Context, error) {
	if user, password, ok := r.BasicAuth(); !ok || user != guestUser || password != guestPassword {
		return nil, errors.New("not the guest")
	}
	return r.Context(), nil
}

// memoryBroker is a broker without an engine, so that little but the way to it is measured. The plans whose names end
// in "-slow" never become ready.
type memoryBroker struct {
	osb.Broker
	catalog osb.Catalog
	raw     []byte
	slow    map[string]bool // plans

	mu   sync.Mutex
	held map[string]osb.ProvisionRequest
}

func newMemoryBroker(services, plans int) *memoryBroker {
	b := &memoryBroker{held: map[string]osb.ProvisionRequest{}, slow: map[string]bool{}}
	for s := range services {
		service := osb.Service{
			ID: fmt.Sprintf("service-%03d", s), Name: fmt.Sprintf("service-%03d", s), Bindable: true, InstancesRetrievable: true,
			Description: strings.Repeat("A service that is measured and does nothing. ", 6),
		}
		for p := range plans {
			name := "now"
			if p%2 == 1 {
				name = "slow"
			}
			plan := osb.Plan{ID: fmt.Sprintf("plan-%03d-%03d", s, p), Name: fmt.Sprintf("p%03d-%03d-%s", s, p, name), Description: strings.Repeat("A plan of it. ", 20)}
			b.slow[plan.ID] = name == "slow"
			service.Plans = append(service.Plans, plan)
		}
		b.catalog.Services = append(b.catalog.Services, service)
	}
	b.raw, _ = json.Marshal(b.catalog) // of strings: it cannot fail
	return b
}

func (b *memoryBroker) Catalog(context.Context, osb.CatalogRequest) (osb.CatalogResponse, error) {
	return osb.CatalogResponse{Catalog: b.catalog, Raw: b.raw}, nil
}

func (b *memoryBroker) Provision(_ context.Context, r osb.ProvisionRequest) (osb.ProvisionResponse, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held[r.InstanceID] = r
	return osb.ProvisionResponse{Async: b.slow[r.PlanID]}, nil
}

func (b *memoryBroker) GetInstance(_ context.Context, r osb.GetInstanceRequest) (osb.GetInstanceResponse, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	held, ok := b.held[r.InstanceID]
	if !ok {
		return osb.GetInstanceResponse{}, osb.NotFound("no such instance")
	}
	return osb.GetInstanceResponse{ServiceID: held.ServiceID, PlanID: held.PlanID}, nil
}

func (b *memoryBroker) Deprovision(_ context.Context, r osb.DeprovisionRequest) (osb.DeprovisionResponse, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.held[r.InstanceID]; !ok {
		return osb.DeprovisionResponse{}, osb.Gone()
	}
	delete(b.held, r.InstanceID)
	return osb.DeprovisionResponse{}, nil
}

func (b *memoryBroker) LastOperation(_ context.Context, r osb.LastOperationRequest) (osb.LastOperationResponse, error) {
	if b.slow[r.PlanID] {
		return osb.LastOperationResponse{State: osb.InProgress}, nil
	}
	return osb.LastOperationResponse{State: osb.Succeeded}, nil
}

func (b *memoryBroker) Bind(context.Context, osb.BindRequest) (osb.BindResponse, error) {
	return osb.BindResponse{Binding: osb.Binding{Credentials: json.RawMessage(`{"uri":"memory://nothing","password":"nothing"}`)}}, nil
}

func (b *memoryBroker) Unbind(context.Context, osb.UnbindRequest) (osb.UnbindResponse, error) {
	return osb.UnbindResponse{}, nil
}

// process is a part that runs.
type process struct {
	cmd *exec.Cmd
	url string
}

func startPart(args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(self, args...)}
	p.cmd.Stderr = os.Stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if _, err := fmt.Fscanln(out, &p.url); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", args[0], err), p.end())
	}
	return p, nil
}

func (p *process) end() error {
	if err := p.cmd.Process.Kill(); err != nil {
		return err
	}
	_ = p.cmd.Wait() // it says that it was killed
	return nil
}

// cpu is the time a process spent computing, its own and the kernel's for it.
func cpu(pid int) (time.Duration, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(data), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0, errors.New("no times in stat")
	}
	user, uerr := strconv.Atoi(f[11])
	system, serr := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(uerr, serr)
}

// rss is the memory of a process in MB.
func rss(pid int) (float64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmRSS:" {
			kb, err := strconv.ParseFloat(f[1], 64)
			return kb / 1024, err
		}
	}
	return 0, errors.New("no VmRSS")
}
