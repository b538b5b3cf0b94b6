package fault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"naru/broker/kit"
	"naru/wire/osb"
)

// Config is what the fault broker needs; the zero value of a field means its default.
type Config struct {
	// Addr is where platforms are served, "127.0.0.1:0" by default.
	Addr string
	// AdminAddr is where the modes are switched, "127.0.0.1:0" by default; only loopback is taken.
	AdminAddr string
	// User and Password are the platform's credentials; a password is generated and told when it is empty.
	User     string
	Password osb.Secret
	// Site makes the ids of the catalogue, "fault" by default.
	Site string
	// Delay is how long asynchronous operations take, 2 seconds by default.
	Delay time.Duration
	// Faults are on from the start.
	Faults []Fault
	// Now is the clock; required.
	Now func() time.Time
}

// Server is a running fault broker, for tests inside a process; Run makes a process of it.
type Server struct {
	Broker *Broker
	board  *switchboard
	front  *front
	quit   chan struct{}
}

// New makes a server that is not listening yet.
func New(c Config) (*Server, error) {
	if c.Delay <= 0 {
		c.Delay = defaultDelay
	}
	if c.Site == "" {
		c.Site = "fault"
	}
	broker, err := NewBroker(c.Site, c.Delay, c.Now)
	if err != nil {
		return nil, err
	}
	board, err := newSwitchboard(c.Faults)
	if err != nil {
		return nil, err
	}
	s := &Server{Broker: broker, board: board, quit: make(chan struct{})}
	nobody := func(r *http.Request) (context.Context, error) { return r.Context(), nil }
	s.front = &front{
		board: board, quit: s.quit,
		broker: osb.Handler(broker, osb.BasicAuth(c.User, c.Password)), open: osb.Handler(broker, nobody),
	}
	return s, nil
}

// Handler serves platforms.
func (s *Server) Handler() http.Handler { return s.front }

// Set puts a fault on its operation; mode "pass" takes it off.
func (s *Server) Set(f Fault) error { return s.board.set(f) }

// Clear takes every fault off.
func (s *Server) Clear() { s.board.clear() }

// Close lets requests go that hang.
func (s *Server) Close() { close(s.quit) }

// readyLine is the one line the broker prints when it serves.
type readyLine struct {
	Ready    bool   `json:"ready"`
	URL      string `json:"url"`
	Admin    string `json:"admin"`
	Broker   string `json:"broker"`
	User     string `json:"user"`
	Password string `json:"password,omitempty"`
}

// Run serves until ctx ends. When it is ready it prints one JSON line to out, which tells the address, the
// admin address and a password that was generated.
func Run(ctx context.Context, c Config, out io.Writer) error {
	ready := readyLine{Ready: true, Broker: "fault"}
	if c.User == "" {
		c.User = "naru"
	}
	if c.Password == "" {
		ready.Password = kit.NewPassword()
		c.Password = osb.Secret(ready.Password)
	}
	ready.User = c.User
	s, err := New(c)
	if err != nil {
		return fmt.Errorf("fault broker: %w", err)
	}
	defer s.Close()
	platforms, err := listen(ctx, c.Addr)
	if err != nil {
		return fmt.Errorf("fault broker: %w", err)
	}
	admins, err := listen(ctx, c.AdminAddr)
	if err == nil && !isLoopback(admins.Addr()) {
		err = errors.Join(errors.New("the admin address must be a loopback address"), admins.Close())
	}
	if err != nil {
		return errors.Join(fmt.Errorf("fault broker: %w", err), platforms.Close())
	}
	ready.URL, ready.Admin = "http://"+platforms.Addr().String(), "http://"+admins.Addr().String()
	return serve(ctx, map[net.Listener]http.Handler{platforms: s.Handler(), admins: s.Admin()}, func() error {
		return json.NewEncoder(out).Encode(ready)
	})
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	return (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
}

func isLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// serve answers on every listener until ctx ends or one of them fails.
func serve(ctx context.Context, at map[net.Listener]http.Handler, announce func() error) error {
	failed := make(chan error, len(at))
	var servers []*http.Server
	for listener, handler := range at {
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute}
		servers = append(servers, server)
		go func() { failed <- server.Serve(listener) }()
	}
	err := announce()
	if err == nil {
		select {
		case <-ctx.Done():
		case err = <-failed:
		}
	}
	for _, server := range servers {
		err = errors.Join(err, server.Close()) // a fault broker has no manners: hanging requests end here
	}
	return err
}
