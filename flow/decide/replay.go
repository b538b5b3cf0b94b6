package decide

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/inventory"
)

// ReplayIn names a stored decision.
type ReplayIn struct {
	System    inventory.SystemID    `json:"system" doc:"system id"`
	Component inventory.ComponentID `json:"component,omitempty" doc:"component id; empty replays every component"`
	Edition   Edition               `json:"edition,omitempty" doc:"empty for the standing decision, or the date of a run"`
}

// ReplayOut is a stored decision and the same decision made again from nothing but what
// was kept: the texts of the law by digest, the facts by digest, the exceptions by id.
type ReplayOut struct {
	Stored  Decision       `json:"stored"`
	Again   Decision       `json:"again"`
	Same    bool           `json:"same"`    // both are the same bytes
	Current bool           `json:"current"` // the facts are still those of the inventory
	Facts   map[string]any `json:"facts"`   // as they were
	Verdict policy.Verdict `json:"verdict"` // with every reason, as it was
}

// replay makes stored decisions again.
func (b bulk) replay(ctx context.Context, c *op.Call, s Store, in ReplayIn) ([]ReplayOut, error) {
	sys, err := s.System(ctx, in.System)
	if err != nil {
		return nil, err
	}
	if err := identity.RequireSight(c.Actor, string(sys.Institution), string(in.System)); err != nil {
		return nil, err
	}
	inst, err := s.Institution(ctx, sys.Institution)
	if err != nil {
		return nil, err
	}
	stored, err := s.DecisionsOf(ctx, in.Edition, in.System)
	if err != nil {
		return nil, err
	}
	var list []ReplayOut
	for i := range stored {
		if in.Component != "" && stored[i].Component != in.Component {
			continue
		}
		out, err := again(ctx, s, stored[i])
		if err != nil {
			return nil, err
		}
		for n := range sys.Components {
			if k := &sys.Components[n]; k.ID == stored[i].Component {
				now := inventory.FactsOf(inventory.Facts(), inst.Kind, &sys, k)
				out.Current = inventory.Facts().Digest(&now) == stored[i].Facts
			}
		}
		list = append(list, out)
	}
	if len(list) == 0 {
		return nil, naru.NewError(naru.NotFound, "decide.not_decided", "system", string(in.System))
	}
	return list, nil
}

// again makes one decision from what was kept of it.
func again(ctx context.Context, s Store, d Decision) (ReplayOut, error) {
	out := ReplayOut{Stored: d}
	schema := inventory.Facts()
	law, err := recall(ctx, s, schema, &d)
	if err != nil {
		return out, err
	}
	kept, err := s.KeptFacts(ctx, d.Facts)
	if err != nil {
		return out, err
	}
	facts, err := schema.Decode(kept)
	if err != nil {
		return out, fmt.Errorf("facts %s of %s: %w", d.Facts, d.Component, err)
	}
	lifts, err := s.ExemptionsByID(ctx, d.Exempt)
	if err != nil {
		return out, err
	}
	out.Verdict, out.Facts = law.DecideUnder(lifts, &facts), schema.Map(&facts)
	out.Again = d
	out.Again.Law, out.Again.Facts, out.Again.Exempt = law.Digest(), out.Verdict.FactsDigest, lifts.On(d.AsOf).IDs()
	out.Again.Outcomes = outcomesOf(&out.Verdict)
	open, _ := out.Again.Outcomes.sides()
	out.Again.Open = open.Venues()
	out.Same = bytes.Equal(d.Canonical(), out.Again.Canonical())
	return out, nil
}

// recall puts the law together that the decision was made by.
func recall(ctx context.Context, s Store, schema *policy.Schema, d *Decision) (*policy.Law, error) {
	forms, err := s.KeptLaw(ctx, d.Law)
	if err != nil {
		return nil, err
	}
	packs := make([]*policy.Pack, len(forms))
	for i, form := range forms {
		if packs[i], err = policy.Restore(schema, form); err != nil {
			return nil, fmt.Errorf("law %s: %w", d.Law, err)
		}
	}
	return policy.Recall(schema, d.AsOf, packs), nil
}

// Canonical returns the bytes of a decision that a replay must reach again: what was
// decided, on which day, from which law, facts and exceptions.
func (d *Decision) Canonical() []byte {
	exempt := slices.Clone(d.Exempt)
	slices.Sort(exempt)
	data, err := json.Marshal(struct {
		Component inventory.ComponentID `json:"component"`
		AsOf      naru.Date             `json:"as_of"`
		Outcomes  Outcomes              `json:"outcomes"`
		Open      []policy.Venue        `json:"open"`
		Law       string                `json:"law"`
		Facts     string                `json:"facts"`
		Exempt    []string              `json:"exempt,omitempty"`
	}{d.Component, d.AsOf, d.Outcomes, d.Open, d.Law, d.Facts, exempt})
	if err != nil {
		panic(fmt.Sprintf("decide: decision of %s has no canonical form: %v", d.Component, err)) // plain data always marshals
	}
	return data
}
