package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/base/record"
	"naru/door/login"
	"naru/door/web"
	"naru/flow"
	"naru/flow/catalog"
	"naru/flow/inventory"
	"naru/flow/plan"
	"naru/link/provider"
	"naru/locale"
	"naru/packs/law"
	"naru/store"
)

// system is a naru put together: what every door and every background loop stands on.
type system struct {
	cfg    config
	keys   keys
	log    *slog.Logger
	words  *locale.Catalog
	db     *store.DB
	runner *op.Runner
	signer *record.Signer
	steps  flow.Steps
	login  *login.Login
	hints  []web.Hint                       // example accounts, shown under the sign-in form of a demonstration
	made   func() ([]web.Proportion, error) // what the example nation was made from; nil outside a demonstration

	brokers *provider.Link

	censusEvery intervals
	counted     map[catalog.ProviderID]time.Time // when a census was last known to be asked for; of one loop
	rechecked   naru.Date                        // the day that was asked for; of one loop
	journalDays int                              // how long settled calls are kept; 0 = for ever
	forgot      naru.Date                        // the day the journal was looked over; of one loop
	longest     time.Duration                    // an operation of a provider may take; 0 = the default
}

// open makes the data folder, the keys and the database ready and wires the steps.
func open(ctx context.Context, cfg config, log *slog.Logger) (*system, error) {
	s := &system{cfg: cfg, log: log, counted: map[catalog.ProviderID]time.Time{}}
	var err error
	if s.censusEvery, err = parseIntervals("census_every", cmp.Or(cfg.Census, "0")); err != nil {
		return nil, err
	}
	if s.longest, err = cfg.longest(); err != nil {
		return nil, err
	}
	if s.journalDays, err = cfg.journalDays(); err != nil {
		return nil, err
	}
	if s.keys, err = loadKeys(cfg.Dir, cfg.Origin); err != nil {
		return nil, err
	}
	if s.words, err = locale.Load(); err != nil {
		return nil, err
	}
	shipped, err := policy.Load(inventory.Facts(), law.Files)
	if err != nil {
		return nil, fmt.Errorf("policy packs: %w", err)
	}
	if s.signer, err = record.NewSigner(s.keys.Signing); err != nil {
		return nil, err
	}
	sealer, err := store.NewSealer(s.keys.Seal)
	if err != nil {
		return nil, err
	}
	if s.db, err = store.Open(ctx, cfg.dsn(), sealer); err != nil {
		return nil, err
	}
	s.runner = op.NewRunner(s.db, time.Now, naru.NewIDs(rand.Reader))
	s.brokers = provider.New(provider.Config{Loopback: cfg.Loopback})
	if s.steps, err = flow.New(shipped, s.keys.Verifier, rand.Reader); err != nil {
		return nil, errors.Join(err, s.close())
	}
	planning, err := plan.ParseConfig(cfg.PlanCost, cfg.Recovery)
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.steps.Plan = s.steps.Plan.Configured(planning)
	public, err := cfg.public()
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	if public != "" {
		s.steps.Access = s.steps.Access.At(public)
	}
	s.steps.Provision = s.steps.Provision.Watching(s.brokers)
	s.login = login.New(login.Config{
		Runner: s.runner, DB: s.db, Ops: s.steps.Access, Secure: cfg.Secure,
		Report: func(err error) { s.report("login", err) },
	})
	if err := os.WriteFile(filepath.Join(cfg.Dir, "record.pub"), []byte(s.keys.Verifier+"\n"), 0o644); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *system) close() error { return s.db.Close() }

// report is the one place where faults of loops and doors are logged.
func (s *system) report(where string, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	s.log.Error(where, "error", err)
}

// who finds the caller of a request. The operator's token lies in the data folder with
// mode 0600: whoever reads it runs this machine anyway.
func (s *system) who(r *http.Request) (naru.Actor, bool) {
	if bearer(r, s.keys.Token) {
		return naru.Actor{User: "operator@local", Name: "운영자", Role: "operator"}, true
	}
	return s.login.Actor(r)
}

// version is the module's version or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "dev"
	}
	return info.Main.Version
}
