package kit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"naru/wire/osb"
)

// Driver is one reference broker: a name, and how its engine is made ready for a configuration.
type Driver struct {
	Name string
	// Describe returns the offering at this machine; Unavailable is set when the engine is not installed.
	Describe func(ctx context.Context, c Config) (Offering, error)
	// Open makes the engine; it is not called when the offering is unavailable.
	Open func(c Config, ledger *Ledger, log *slog.Logger) (Engine, error)
}

// readyLine is the one line a broker prints when it serves.
type readyLine struct {
	Ready  bool   `json:"ready"`
	URL    string `json:"url"`
	Broker string `json:"broker"`
	Site   string `json:"site"`
	User   string `json:"user"`
	// Password is told only when the broker generated it.
	Password string `json:"password,omitempty"`
}

// Run serves a reference broker until ctx ends or its engine dies. When it is ready it prints one
// JSON line to out; it logs to standard error.
func Run(ctx context.Context, d Driver, c Config, out io.Writer) (err error) {
	c, err = c.Checked()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.DataDir, 0o711); err != nil {
		return fmt.Errorf("%s broker: %w", d.Name, err)
	}
	lock, err := lockDir(c.DataDir)
	if err != nil {
		return fmt.Errorf("%s broker: %w", d.Name, err)
	}
	defer func() { _ = lock.Close() }()
	c, generated, err := c.withPassword()
	if err != nil {
		return fmt.Errorf("%s broker: %w", d.Name, err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("%s broker: %w", d.Name, err)
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil)).With("broker", d.Name, "site", c.SiteName)
	b, err := assemble(ctx, d, c, log)
	if err != nil {
		return errors.Join(fmt.Errorf("%s broker: %w", d.Name, err), listener.Close())
	}
	ready := readyLine{Ready: true, URL: "http://" + listener.Addr().String(), Broker: d.Name, Site: c.SiteName, User: c.User}
	if generated {
		ready.Password = c.Password.Reveal()
	}
	err = b.serve(ctx, c, listener, func() error { return json.NewEncoder(out).Encode(ready) })
	return errors.Join(err, b.Close())
}

// assemble opens ledger and engine, and restores the broker over them.
func assemble(ctx context.Context, d Driver, c Config, log *slog.Logger) (*Broker, error) {
	offering, err := d.Describe(ctx, c)
	if err != nil {
		return nil, err
	}
	ledger, err := OpenLedger(filepath.Join(c.DataDir, "usage"), offering.Meters, c.Now)
	if err != nil {
		return nil, err
	}
	var engine Engine
	if offering.Unavailable == nil {
		if engine, err = d.Open(c, ledger, log); err != nil {
			return nil, err
		}
	}
	b, err := NewBroker(ctx, Parts{Config: c, Offering: offering, Engine: engine, Ledger: ledger, Log: log})
	if err != nil && engine != nil {
		err = errors.Join(err, engine.Close())
	}
	return b, err
}

const shutdownPatience = 10 * time.Second

// serve answers requests until ctx ends; announce is called when it does.
func (b *Broker) serve(ctx context.Context, c Config, listener net.Listener, announce func() error) error {
	report := func(r *http.Request, err error) { b.log.Error("request failed", "path", r.URL.Path, "error", err) }
	server := &http.Server{
		Handler:           osb.Handler(b, osb.BasicAuth(c.User, c.Password), osb.WithErrorLog(report)),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	err := announce()
	if err == nil {
		err = b.watch(ctx, c.SampleEvery, served)
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownPatience)
	defer cancel()
	return errors.Join(err, server.Shutdown(stopping))
}

// watch samples usage until the broker is told to stop, its server fails or its engine dies.
func (b *Broker) watch(ctx context.Context, every time.Duration, served <-chan error) error {
	var died <-chan struct{}
	if b.closed == nil {
		died = b.engine.Done()
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-served:
			return fmt.Errorf("server: %w", err)
		case <-died:
			return errors.New("the engine stopped by itself")
		case <-tick.C:
			if b.closed == nil {
				b.measure(ctx)
			}
		}
	}
}

// measure takes one sample of everything and writes the ledger; what fails is tried again next time.
func (b *Broker) measure(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, shutdownPatience)
	defer cancel()
	if err := errors.Join(b.sample(ctx, ""), b.ledger.Flush()); err != nil && ctx.Err() == nil {
		b.log.Error("usage not measured", "error", err)
	}
}
