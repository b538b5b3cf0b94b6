package southern

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"code.cloudfoundry.org/brokerapi/v13"

	"naru/broker/kit"
)

// Run serves the broker until ctx ends; when it is ready it prints the line that a testbroker waits for.
func Run(ctx context.Context, c kit.Config, out io.Writer) error {
	kept, err := openStore(c.DataDir)
	if err != nil {
		return err
	}
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: brokerapi.New(&broker{store: kept}, slog.New(slog.DiscardHandler), brokerapi.BrokerCredentials{
			Username: c.User, Password: c.Password.Reveal(),
		}),
		ReadHeaderTimeout: 10 * time.Second,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	ready := map[string]any{"ready": true, "url": "http://" + listener.Addr().String(), "broker": "southern"}
	if err := json.NewEncoder(out).Encode(ready); err != nil {
		return errors.Join(err, server.Close())
	}
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		return server.Close()
	}
}
