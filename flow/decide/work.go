package decide

import (
	"context"
	"encoding/hex"
	"fmt"

	"naru/base/op"
	"naru/base/policy"
	"naru/flow/inventory"
)

// chunk is how many systems are read, decided and stored at a time: it bounds memory,
// whatever the size of the nation.
const chunk = 2000

// work is one pass over systems.
type work struct {
	law     *policy.Law
	digest  string
	lifts   Lifts
	scope   inventory.InstitutionID
	edition Edition
	all     bool  // every system of the scope is decided, not single ones
	entry   int64 // of the record, that caused the pass; 0 when a person or the calendar did
	sum     tally
	flips   int
	found   policy.Finding // used again for every component
}

// each reads, decides and stores chunk by chunk until nothing is left.
func (w *work) each(ctx context.Context, c *op.Call, s Store, next func(after inventory.SystemID) ([]Subject, error)) error {
	var after inventory.SystemID
	for {
		subjects, err := next(after)
		if err != nil {
			return fmt.Errorf("systems after %q: %w", after, err)
		}
		if len(subjects) == 0 {
			return w.sweep(ctx, s, after)
		}
		last := subjects[len(subjects)-1].System.ID
		before, err := s.DecisionsBetween(ctx, w.edition, w.scope, after, last)
		if err != nil {
			return fmt.Errorf("decisions after %q: %w", after, err)
		}
		if err := w.take(ctx, c, s, before, subjects); err != nil {
			return fmt.Errorf("decisions after %q: %w", after, err)
		}
		after = last
	}
}

// take decides systems, compares the decisions with those before, and stores them with
// the facts and the flips.
func (w *work) take(ctx context.Context, c *op.Call, s Store, before []Decision, subjects []Subject) error {
	stood := make(map[inventory.ComponentID]*Decision, len(before))
	for i := range before {
		stood[before[i].Component] = &before[i]
	}
	list := make([]Decision, 0, 2*len(subjects))
	var flips []Flip
	var facts []Archived
	for i := range subjects {
		decided := w.settle(&subjects[i])
		for n := range decided {
			d := &decided[n]
			d.DecidedAt = c.Now
			old := stood[d.Component]
			if old == nil || old.Facts != d.Facts {
				facts = append(facts, Archived{d.Facts, w.law.Schema().Encode(&d.facts)})
			}
			if old != nil && w.edition == Standing && old.Outcomes != d.Outcomes {
				flips = append(flips, w.flip(c, old, &d.Decision))
			}
			list = append(list, d.Decision)
			delete(stood, d.Component)
		}
		w.sum.add(list[len(list)-len(decided):])
	}
	if err := s.KeepFacts(ctx, facts); err != nil {
		return err
	}
	w.flips += len(flips)
	if err := s.PutFlips(ctx, flips); err != nil {
		return err
	}
	if err := s.PutDecisions(ctx, w.edition, list); err != nil {
		return err
	}
	return s.DropComponents(ctx, w.edition, w.gone(stood, subjects))
}

// gone lists, of the decisions that nothing took the place of, those whose components are
// no more: of the systems that were decided, or all when every system was.
func (w *work) gone(left map[inventory.ComponentID]*Decision, subjects []Subject) []Decision {
	if len(left) == 0 {
		return nil
	}
	decided := make(map[inventory.SystemID]bool, len(subjects))
	for i := range subjects {
		decided[subjects[i].System.ID] = true
	}
	var gone []Decision
	for _, d := range left {
		if w.all || decided[d.System] {
			gone = append(gone, *d)
		}
	}
	return gone
}

// sweep drops the decisions of systems behind the last one, which are no more.
func (w *work) sweep(ctx context.Context, s Store, after inventory.SystemID) error {
	if !w.all {
		return nil
	}
	return s.DropDecisions(ctx, w.edition, w.scope, after, "")
}

// done keeps what the decisions rest on, so that they replay.
func (w *work) done(ctx context.Context, s Store) error {
	if err := s.KeepLaw(ctx, w.digest, w.law.Packs(), w.law.Instruments()); err != nil {
		return fmt.Errorf("law of %s: %w", w.law.Date(), err)
	}
	return nil
}

// Archived are facts in their canonical form, by their digest.
type Archived struct {
	Digest string
	Facts  []byte
}

// Key is the digest in bytes.
func (a Archived) Key() ([]byte, error) { return hex.DecodeString(a.Digest) }
