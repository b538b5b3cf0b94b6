package main

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"naru"
	"naru/base/op"
	"naru/door/osb"
	"naru/door/rest"
	"naru/wire/api"
)

// patience is how long requests under way may take when naru stops.
const patience = 10 * time.Second

// handler puts the doors together; done ends what a door runs beside its requests.
func (s *system) handler() (h http.Handler, done func(), err error) {
	programs, err := s.programs()
	if err != nil {
		return nil, nil, err
	}
	pages, err := s.pages()
	if err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(api.Prefix+"/", http.NewCrossOriginProtection().Handler(programs))
	mux.Handle("/osb/", http.StripPrefix("/osb", osb.New(osb.Config{
		Runner: s.runner, Ops: s.steps.Provision, Say: func(m naru.Message) string { return s.words.Message("ko", m) },
		SignIn: func(ctx context.Context, user, password string) (naru.Actor, error) {
			return s.login.Basic(ctx, user, naru.NewSecret(password))
		},
		Report: func(_ *http.Request, err error) { s.report("osb", err) },
	})))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		if err := s.db.Read(r.Context(), alive); err != nil {
			http.Error(w, "database", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n")) // the caller is gone when this fails
	})
	mux.Handle("/", pages)
	return mux, pages.Close, nil
}

// alive reads something that is not remembered, so that the database has to answer.
func alive(ctx context.Context, tx any) error {
	_, err := tx.(op.View).Cursor(ctx, "healthz")
	return err
}

// programs is the REST door alone.
func (s *system) programs() (http.Handler, error) {
	return rest.New(rest.Deps{
		Runner: s.runner, Operations: s.steps.All(), Who: s.who, Words: s.words, Version: version(), Report: s.report,
		Files: rest.Files{Import: s.importFile, Export: s.exportFile},
		Issue: func(ctx context.Context, user string, password naru.Secret) (string, time.Time, error) {
			token, session, err := s.login.Issue(ctx, user, password)
			return token, session.ExpiresAt, err
		},
	})
}

// serve answers requests and runs followers, tasks and the signing of the record until
// ctx ends; ready is called with the address once requests are answered.
func (s *system) serve(ctx context.Context, ready func(url string) error) error {
	relaxGC()
	handler, done, err := s.handler()
	if err != nil {
		return err
	}
	defer done()
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
	loops.Go(func() {
		if err := s.redecide(ctx); err != nil {
			s.report("law", err)
		}
		s.every(ctx, lawEvery, "law", s.redecide)
	})
	loops.Go(func() { s.every(ctx, collectEvery, "collect", s.collect) })
	loops.Go(func() { s.every(ctx, countLook, "census", s.count) })
	loops.Go(func() { s.every(ctx, countLook, "recheck", s.recheck) })
	loops.Go(func() { s.every(ctx, countLook, "forget", s.forget) })
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

// relaxGC has memory looked through half as often as Go would: a busy door makes much
// garbage and keeps little. Who sets GOGC decides.
func relaxGC() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
}

// bearer reports whether the request carries the token, in constant time.
func bearer(r *http.Request, token string) bool {
	got, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && token != "" && subtle.ConstantTimeCompare([]byte(got), []byte(token)) == 1
}
