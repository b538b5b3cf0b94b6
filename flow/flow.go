// Package flow is the table of contents of the road (업무의 길): the steps in their order,
// the operations they offer, and who follows whom. Read it first.
//
// A step imports only steps before it and knows nothing of those behind it; a later
// step follows the record instead. What leaves the process is wired in cmd, because it
// needs ports.
package flow

import (
	"fmt"
	"io"
	"slices"

	"naru/base/op"
	"naru/base/policy"
	"naru/flow/access"
	"naru/flow/account"
	"naru/flow/admission"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/flow/law"
	"naru/flow/ledger"
	"naru/flow/match"
	"naru/flow/meter"
	"naru/flow/plan"
	"naru/flow/provision"
	"naru/flow/report"
)

// Steps holds the operations of the steps that are wired with what they need; the
// others (inventory, catalog, admission, meter, account, report) keep theirs in their package.
type Steps struct {
	Access    access.Ops
	Ledger    ledger.Ops
	Law       law.Ops
	Decide    decide.Ops
	Plan      plan.Ops
	Match     match.Ops
	Contract  contract.Ops
	Provision provision.Ops

	book *law.Book
}

// Handlers lists the tasks that call nobody outside; those that do are wired in cmd.
func (s Steps) Handlers() []op.Handler { return []op.Handler{provision.RecheckHandler(s.book)} }

// New wires the steps with the instruments that ship, the public key of the record, and the entropy that
// salts passwords and makes tokens.
func New(shipped *policy.Instruments, verifier string, entropy io.Reader) (Steps, error) {
	people, err := access.New(entropy)
	if err != nil {
		return Steps{}, fmt.Errorf("access: %w", err)
	}
	book := law.NewBook(shipped)
	return Steps{
		Access: people, Ledger: ledger.New(verifier), Law: law.New(book), Decide: decide.New(book), Plan: plan.New(book, plan.Config{}),
		Match: match.New(book), Contract: contract.New(contract.Config{Book: book}), Provision: provision.New(book), book: book,
	}, nil
}

// All lists every operation in the order of the road.
func (s Steps) All() []op.Any {
	return slices.Concat(
		s.Access.All(),
		s.Ledger.All(),
		inventory.Operations(),
		catalog.Operations(),
		admission.Operations(),
		s.Law.All(),
		s.Decide.All(),
		s.Plan.All(),
		s.Match.All(),
		s.Contract.All(),
		s.Provision.All(),
		meter.Operations(),
		account.Operations(),
		report.Operations(),
	)
}

// Followers lists who follows whom: decide follows inventory and law, provision follows what
// instances rest on, meter follows provision.
func (s Steps) Followers() []op.Follower {
	return []op.Follower{s.Decide.Follower(), provision.Follower(), meter.Follower()}
}
