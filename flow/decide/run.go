package decide

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/base/policy"
	"naru/base/record"
	"naru/flow/inventory"
)

// chunk is how many systems are read, decided and stored at a time: it bounds memory,
// whatever the size of the nation.
const chunk = 2000

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
	Law        string           `json:"law"`    // digest of the instruments
	Result     string           `json:"result"` // digest over every outcome, in the order of ids
	Packs      []policy.PackRef `json:"packs"`
}

// bulk decides many systems by one set of instruments.
type bulk struct{ law *policy.Instruments }

// run decides everything in the caller's sight and replaces what was stored of it.
func (b bulk) run(ctx context.Context, c *op.Call, s Store, in RunIn) (RunOut, error) {
	scope, err := within(c.Actor, in.Institution)
	if err != nil {
		return RunOut{}, err
	}
	edition, date := editionOf(c, in.AsOf)
	law, err := b.law.InForce(date)
	if err != nil {
		return RunOut{}, err
	}
	if err := s.DropDecisions(ctx, edition, scope); err != nil {
		return RunOut{}, fmt.Errorf("decisions before %s: %w", date, err)
	}
	w := work{law: law, digest: law.Digest(), put: func(list []Decision) error { return s.AddDecisions(ctx, edition, list) }}
	if err := w.all(c, func(after inventory.SystemID) ([]Subject, error) { return s.Subjects(ctx, scope, after, chunk) }); err != nil {
		return RunOut{}, err
	}
	if err := s.KeepLaw(ctx, w.digest, law.Packs()); err != nil {
		return RunOut{}, fmt.Errorf("law of %s: %w", date, err)
	}
	out := RunOut{
		AsOf: date, Edition: edition, Systems: w.sum.Systems, Components: w.sum.Components, Hybrid: w.sum.Hybrid,
		Law: w.digest, Result: w.sum.digest(), Packs: law.Packs(),
	}
	c.Record(subjects(scope), "as_of", string(date), "systems", strconv.Itoa(out.Systems),
		"components", strconv.Itoa(out.Components), "hybrid", strconv.Itoa(out.Hybrid), "law", out.Law, "result", out.Result)
	return out, nil
}

// follow renews the standing decisions that an entry made stale. An entry that names
// institutions bounds the search to them.
func (b bulk) follow(ctx context.Context, c *op.Call, s Store, e record.Entry) error {
	law, err := b.law.InForce(c.Today())
	if err != nil {
		return err
	}
	w := work{law: law, digest: law.Digest(), put: func(list []Decision) error { return s.PutDecisions(ctx, Standing, list) }}
	for _, scope := range scopesOf(e) {
		if err := w.all(c, func(after inventory.SystemID) ([]Subject, error) { return s.Stale(ctx, scope, after, chunk) }); err != nil {
			return err
		}
	}
	if w.sum.Systems == 0 {
		return nil
	}
	if err := s.KeepLaw(ctx, w.digest, law.Packs()); err != nil {
		return fmt.Errorf("law of %s: %w", law.Date(), err)
	}
	c.Record(e.Subjects, "cause", strconv.FormatInt(e.Index, 10), "as_of", string(law.Date()), "systems", strconv.Itoa(w.sum.Systems),
		"components", strconv.Itoa(w.sum.Components), "hybrid", strconv.Itoa(w.sum.Hybrid), "law", w.digest, "result", w.sum.digest())
	return nil
}

// work is one pass over systems.
type work struct {
	law    *policy.Law
	digest string
	put    func([]Decision) error
	sum    tally
}

// all reads, decides and stores chunk by chunk until nothing is left.
func (w *work) all(c *op.Call, next func(after inventory.SystemID) ([]Subject, error)) error {
	var after inventory.SystemID
	for {
		subjects, err := next(after)
		if err != nil {
			return fmt.Errorf("systems after %q: %w", after, err)
		}
		if len(subjects) == 0 {
			return nil
		}
		list := make([]Decision, 0, 2*len(subjects))
		for i := range subjects {
			decided := settle(w.law, w.digest, &subjects[i])
			for n := range decided {
				decided[n].DecidedAt = c.Now
			}
			w.sum.add(decided)
			list = append(list, decided...)
		}
		if err := w.put(list); err != nil {
			return fmt.Errorf("decisions after %q: %w", after, err)
		}
		after = subjects[len(subjects)-1].System.ID
	}
}

// editionOf tells which set a date belongs to: today's run renews the standing one.
func editionOf(c *op.Call, asOf naru.Date) (Edition, naru.Date) {
	if asOf == "" || asOf == c.Today() {
		return Standing, c.Today()
	}
	return Edition(asOf), asOf
}

// within bounds a wish to what the caller sees: everybody else's institution is
// refused, and no wish means everything in sight.
func within(a naru.Actor, wish inventory.InstitutionID) (inventory.InstitutionID, error) {
	scope := inventory.InstitutionID(identity.Scope(a))
	if scope == "" || wish == scope {
		return wish, nil
	}
	if wish != "" {
		return "", identity.RequireSight(a, string(wish), string(wish))
	}
	return scope, nil
}

func subjects(scope inventory.InstitutionID) []string {
	if scope == "" {
		return nil
	}
	return []string{string(scope)}
}

// scopesOf returns the institutions an entry names, or everything.
func scopesOf(e record.Entry) []inventory.InstitutionID {
	var scopes []inventory.InstitutionID
	for _, id := range e.Subjects {
		scopes = append(scopes, inventory.InstitutionID(id))
	}
	if len(scopes) == 0 {
		return []inventory.InstitutionID{""}
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}
