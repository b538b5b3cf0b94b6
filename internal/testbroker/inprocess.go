package testbroker

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"sync"
	"testing"

	"naru/broker/kit"
	"naru/wire/osb"
)

// Serve runs a broker inside the test process, where a test's own clock can drive it. The broker ends with
// the test, or at Stop; it cannot be killed. The objects broker cannot run twice in one process.
func Serve(t testing.TB, run RunFunc, c kit.Config) *Broker {
	t.Helper()
	b := &Broker{Config: filled(t, c)}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, b.Config, in)
		_ = in.CloseWithError(io.EOF)
		ended <- err
	}()
	b.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("broker ended: %v", err)
		}
	})
	t.Cleanup(func() { b.Stop(t) })
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatalf("broker not ready: %v", err)
	}
	b.connect(t, line)
	return b
}

// filled gives the empty fields of a configuration values for tests.
func filled(t testing.TB, c kit.Config) kit.Config {
	if c.DataDir == "" {
		c.DataDir = t.TempDir()
	}
	if c.SiteName == "" {
		c.SiteName = "test-site"
	}
	if c.User == "" {
		c.User, c.Password = "platform", "test-password"
	}
	c.Synthetic = true
	return c
}

// connect reads the ready line and makes the client.
func (b *Broker) connect(t testing.TB, line []byte) {
	t.Helper()
	var ready struct {
		Ready  bool
		URL    string
		Broker string
	}
	if err := json.Unmarshal(line, &ready); err != nil || !ready.Ready {
		t.Fatalf("broker %s: not ready: %q\n%s", b.Name, line, b.said())
	}
	b.Name, b.URL = ready.Broker, ready.URL
	client, err := osb.NewClient(osb.ClientConfig{URL: b.URL, User: b.Config.User, Password: b.Config.Password})
	if err != nil {
		t.Fatal(err)
	}
	b.Client = client
}
