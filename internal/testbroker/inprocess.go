package testbroker

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"testing"

	"naru/broker/kit"
	"naru/wire/osb"
)

// Serve runs a broker inside the test process, where a test's own clock can drive it. It returns a
// client; the broker ends with the test. The objects broker cannot run twice in one process.
func Serve(t testing.TB, run RunFunc, c kit.Config) *osb.Client {
	t.Helper()
	if c.DataDir == "" {
		c.DataDir = t.TempDir()
	}
	if c.SiteName == "" {
		c.SiteName = "test-site"
	}
	if c.User == "" {
		c.User, c.Password = "platform", "test-password"
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, c, in)
		_ = in.CloseWithError(io.EOF)
		ended <- err
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("broker ended: %v", err)
		}
	})
	var ready struct{ URL string }
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &ready)
	}
	if err != nil {
		t.Fatalf("broker not ready: %v", err)
	}
	client, err := osb.NewClient(osb.ClientConfig{URL: ready.URL, User: c.User, Password: c.Password})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}
