package decide

import (
	"context"
	"fmt"
	"strconv"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/inventory"
	"naru/flow/law"
)

// RunIn says what to decide and for which date.
type RunIn struct {
	Institution inventory.InstitutionID `json:"institution,omitempty" doc:"one institution; empty for all the caller sees"`
	AsOf        naru.Date               `json:"as_of,omitempty" doc:"date YYYY-MM-DD; empty for today, which renews the standing decisions"`
}

// RunOut is what a run did.
type RunOut struct {
	AsOf       naru.Date        `json:"as_of"`
	Edition    Edition          `json:"edition"` // "" = standing, else the date asked for
	Systems    int              `json:"systems"`
	Components int              `json:"components"`
	Hybrid     int              `json:"hybrid"` // systems whose components may not all go to the same places
	Flips      int              `json:"flips"`  // components that came out otherwise than before
	Law        string           `json:"law"`    // digest of the instruments
	Result     string           `json:"result"` // digest over every outcome, in the order of ids
	Packs      []policy.PackRef `json:"packs"`
}

// bulk decides many systems by the law in the book.
type bulk struct{ book *law.Book }

// run decides everything in the caller's sight and replaces what was stored of it.
func (b bulk) run(ctx context.Context, c *op.Call, s Store, in RunIn) (RunOut, error) {
	scope, err := inventory.Within(c.Actor, in.Institution)
	if err != nil {
		return RunOut{}, err
	}
	edition, date := editionOf(c, in.AsOf)
	w, err := b.work(ctx, s, scope, date)
	if err != nil {
		return RunOut{}, err
	}
	w.edition, w.all = edition, true
	err = w.each(ctx, c, s, func(after inventory.SystemID) ([]Subject, error) { return s.Subjects(ctx, scope, after, chunk) })
	if err != nil {
		return RunOut{}, err
	}
	if err := w.done(ctx, s); err != nil {
		return RunOut{}, err
	}
	out := RunOut{
		AsOf: date, Edition: edition, Systems: w.sum.Systems, Components: w.sum.Components, Hybrid: w.sum.Hybrid, Flips: w.flips,
		Law: w.digest, Result: w.sum.digest(), Packs: w.law.Packs(),
	}
	c.Record(subjects(scope), w.summary()...)
	return out, nil
}

// summary is what the record keeps of a pass over systems.
func (w *work) summary() []string {
	return []string{
		"as_of", string(w.law.Date()), "systems", strconv.Itoa(w.sum.Systems), "components", strconv.Itoa(w.sum.Components),
		"hybrid", strconv.Itoa(w.sum.Hybrid), "flips", strconv.Itoa(w.flips), "law", w.digest, "result", w.sum.digest(),
	}
}

// editionOf tells which set a date belongs to: today's run renews the standing one.
func editionOf(c *op.Call, asOf naru.Date) (Edition, naru.Date) {
	if asOf == "" || asOf == c.Today() {
		return Standing, c.Today()
	}
	return Edition(asOf), asOf
}

func subjects(scope inventory.InstitutionID) []string {
	if scope == "" {
		return nil
	}
	return []string{string(scope)}
}

// work begins a pass over systems by the law of a date, with the exceptions granted in
// the scope.
func (b bulk) work(ctx context.Context, s Store, scope inventory.InstitutionID, date naru.Date) (*work, error) {
	inForce, err := b.book.InForce(ctx, s, date)
	if err != nil {
		return nil, err
	}
	lifts, err := s.Lifts(ctx, scope, "")
	if err != nil {
		return nil, fmt.Errorf("exceptions on %s: %w", date, err)
	}
	return &work{law: inForce, digest: inForce.Digest(), lifts: lifts, scope: scope}, nil
}
