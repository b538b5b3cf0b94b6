package decide

import (
	"context"
	"slices"

	"naru/base/op"
	"naru/base/record"
	"naru/flow/inventory"
)

// Follower decides again what an entry of the record made stale: facts by an import or
// an edit, the law by a publication, one system by an exception.
func (o Ops) Follower() op.Follower {
	return op.Follow("decide", []string{
		"inventory.import", "inventory.import_institutions", "inventory.edit",
		"law.publish", "law.withdraw", "decide.rule_exception", "decide.end_exception",
	}, o.bulk.follow)
}

func (b bulk) follow(ctx context.Context, c *op.Call, s Store, e record.Entry) error {
	w, err := b.work(ctx, s, "", c.Today())
	if err != nil {
		return err
	}
	w.entry = e.Index
	switch e.Op {
	case "law.publish", "law.withdraw":
		err = b.lawTurned(ctx, c, s, w)
	case "decide.rule_exception", "decide.end_exception":
		err = w.these(ctx, c, s, systemsOf(e))
	default:
		err = w.stale(ctx, c, s, scopesOf(e))
	}
	if err != nil || w.sum.Systems == 0 {
		return err
	}
	c.Record(e.Subjects, append(w.summary(), "cause", e.Op)...)
	return w.done(ctx, s)
}

// stale renews the standing decisions that rest on older facts. An entry that names
// institutions bounds the search to them.
func (w *work) stale(ctx context.Context, c *op.Call, s Store, scopes []inventory.InstitutionID) error {
	for _, scope := range scopes {
		w.scope = scope
		err := w.each(ctx, c, s, func(after inventory.SystemID) ([]Subject, error) { return s.Stale(ctx, scope, after, chunk) })
		if err != nil {
			return err
		}
	}
	return nil
}

// lawTurned decides everything again when what was published changes the law of today.
func (b bulk) lawTurned(ctx context.Context, c *op.Call, s Store, w *work) error {
	groups, err := s.Tally(ctx, Standing, "")
	if err != nil || len(groups) == 0 || !slices.ContainsFunc(groups, func(t Tally) bool { return t.Law != w.digest }) {
		return err
	}
	w.all = true
	return w.each(ctx, c, s, func(after inventory.SystemID) ([]Subject, error) { return s.Subjects(ctx, "", after, chunk) })
}

// these renews the standing decisions of single systems.
func (w *work) these(ctx context.Context, c *op.Call, s Store, systems []inventory.SystemID) error {
	for _, id := range systems {
		sys, err := s.System(ctx, id)
		if err != nil {
			return err
		}
		inst, err := s.Institution(ctx, sys.Institution)
		if err != nil {
			return err
		}
		before, err := s.DecisionsOf(ctx, Standing, id)
		if err != nil {
			return err
		}
		if len(before) == 0 {
			continue // not decided yet: the follower of its import will
		}
		if err := w.take(ctx, c, s, before, []Subject{{Kind: inst.Kind, System: sys}}); err != nil {
			return err
		}
	}
	return nil
}

// manyScopes is from where on one search of the whole nation is cheaper than one for
// every institution that an entry names.
const manyScopes = 8

// scopesOf returns the institutions an entry names; everything when it names none or
// many. What is stale is found either way.
func scopesOf(e record.Entry) []inventory.InstitutionID {
	var scopes []inventory.InstitutionID
	for _, id := range e.Subjects {
		scopes = append(scopes, inventory.InstitutionID(id))
	}
	slices.Sort(scopes)
	scopes = slices.Compact(scopes)
	if len(scopes) == 0 || len(scopes) > manyScopes {
		return []inventory.InstitutionID{""}
	}
	return scopes
}

// systemsOf returns the systems an entry names.
func systemsOf(e record.Entry) []inventory.SystemID {
	var list []inventory.SystemID
	for _, id := range e.Subjects {
		if len(id) > 4 && id[:4] == "sys_" {
			list = append(list, inventory.SystemID(id))
		}
	}
	return list
}
