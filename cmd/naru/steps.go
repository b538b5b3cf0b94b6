package main

import (
	"crypto/rand"
	"fmt"

	"naru/base/op"
	"naru/base/policy"
	"naru/flow/access"
	"naru/flow/account"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/flow/ledger"
	"naru/flow/match"
	"naru/flow/meter"
	"naru/flow/provision"
	"naru/flow/report"
	"naru/link/provider"
)

// steps holds the operations of the steps that are wired with what they need; the
// others keep theirs in their package.
type steps struct {
	access    access.Ops
	ledger    ledger.Ops
	decide    decide.Ops
	match     match.Ops
	contract  contract.Ops
	provision provision.Ops
}

func newSteps(law *policy.Instruments, verifier string) (steps, error) {
	people, err := access.New(rand.Reader)
	if err != nil {
		return steps{}, fmt.Errorf("access: %w", err)
	}
	return steps{
		access: people, ledger: ledger.New(verifier), decide: decide.New(law),
		match: match.New(law), contract: contract.New(contract.Config{Law: law}), provision: provision.New(law),
	}, nil
}

// all lists every operation in the order of the road.
func (s steps) all() []op.Any {
	var list []op.Any
	for _, ops := range [][]op.Any{
		s.access.All(), s.ledger.All(), inventory.Operations(), catalog.Operations(), s.decide.All(),
		s.match.All(), s.contract.All(), s.provision.All(), meter.Operations(), account.Operations(), report.Operations(),
	} {
		list = append(list, ops...)
	}
	return list
}

// work is what runs beside the doors: who follows whom, and what calls outside.
func (s *system) work() op.Work {
	handlers := []op.Handler{catalog.SyncHandler(s.brokers)}
	handlers = append(handlers, provision.Handlers(s.brokers)...)
	handlers = append(handlers, meter.Handlers(provider.Metered{Link: s.brokers})...)
	return op.Work{
		Followers: []op.Follower{s.steps.decide.Follower(), meter.Follower()},
		Handlers:  handlers,
		Report:    s.report,
	}
}
