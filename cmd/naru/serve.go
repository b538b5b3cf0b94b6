package main

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"naru"
	"naru/door/rest"
	"naru/wire/api"
)

// patience is how long requests under way may take when naru stops.
const patience = 10 * time.Second

// handler puts the doors together.
func (s *system) handler() (http.Handler, error) {
	mux := http.NewServeMux()
	door, err := rest.New(rest.Deps{
		Runner: s.runner, Operations: s.steps.all(), Who: s.who, Words: s.words, Version: version(), Report: s.report,
		Files: rest.Files{Import: s.importFile, Export: s.exportFile},
	})
	if err != nil {
		return nil, err
	}
	mux.Handle(api.Prefix+"/", door)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		if err := s.db.Read(r.Context(), func(context.Context, any) error { return nil }); err != nil {
			http.Error(w, "database", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
	return http.NewCrossOriginProtection().Handler(mux), nil
}

// serve answers requests and runs followers, tasks and the signing of the record until
// ctx ends; ready is called with the address once requests are answered.
func (s *system) serve(ctx context.Context, ready func(url string) error) error {
	handler, err := s.handler()
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.Addr)
	if err != nil {
		return naru.NewError(naru.Unavailable, "cli.address_taken", "addr", s.cfg.Addr).WithCause(err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	served := make(chan error, 1)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var loops sync.WaitGroup
	loops.Go(func() { s.runner.Run(ctx, s.work()) })
	loops.Go(func() { s.sign(ctx) })
	loops.Go(func() { served <- server.Serve(listener) })
	if ready != nil {
		err = ready("http://" + listener.Addr().String())
	}
	if err == nil {
		select {
		case <-ctx.Done():
		case err = <-served:
			err = fmt.Errorf("server: %w", err)
		}
	}
	stop()
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if cerr := server.Shutdown(closing); cerr != nil {
		err = errors.Join(err, cerr, server.Close())
	}
	loops.Wait()
	return err
}

// bearer reports whether the request carries the token, in constant time.
func bearer(r *http.Request, token string) bool {
	got, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && token != "" && subtle.ConstantTimeCompare([]byte(got), []byte(token)) == 1
}
