package plan

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/flow/inventory"
)

// ID identifies a kept plan: "plan_…".
type ID string

// Kept is a plan that somebody kept (보관한 계획): its name, inputs and sums, and the
// digest of every row. The rows are computed again when it is read.
type Kept struct {
	ID          ID                      `json:"id"`
	Name        string                  `json:"name"`
	Institution inventory.InstitutionID `json:"institution,omitempty"` // "" = the nation
	Inputs      Inputs                  `json:"inputs"`
	Waves       []Year                  `json:"waves"`
	States      []StateCount            `json:"states"`
	Basis       []Basis                 `json:"basis"`
	Digest      string                  `json:"digest"`
	Systems     int                     `json:"systems"`
	Synthetic   bool                    `json:"synthetic"`
	By          string                  `json:"by"`
	At          time.Time               `json:"at"`
}

// KeepIn is a plan to keep under a name.
type KeepIn struct {
	Name string `json:"name" doc:"name of the plan, unique within the institution or the nation"`
	Inputs
}

// maxName bounds a name in letters.
const maxName = 80

func (d desk) keep(ctx context.Context, c *op.Call, s Store, in KeepIn) (Kept, error) {
	name := strings.TrimSpace(in.Name)
	if name == "" || utf8.RuneCountInString(name) > maxName {
		return Kept{}, naru.NewError(naru.Invalid, "plan.bad_name", "max", strconv.Itoa(maxName))
	}
	m, err := d.make(ctx, c, s, in.Inputs)
	if err != nil {
		return Kept{}, err
	}
	w := m.summary()
	k := Kept{
		ID: ID(c.NewID("plan")), Name: name, Institution: m.in.Institution, Inputs: m.in, Waves: w.Waves, States: w.States, Basis: w.Basis,
		Digest: w.Digest, Systems: w.Systems, Synthetic: w.Synthetic, By: c.Actor.User, At: c.Now,
	}
	if err := s.KeepPlan(ctx, k); err != nil {
		if naru.KindOf(err) == naru.Conflict {
			return Kept{}, naru.NewError(naru.Conflict, "plan.name_taken", "name", name)
		}
		return Kept{}, err
	}
	subjects := []string{string(k.ID)}
	if k.Institution != "" {
		subjects = append(subjects, string(k.Institution))
	}
	c.Record(subjects, "from", strconv.Itoa(m.in.From), "years", strconv.Itoa(m.in.Years), "budget", strconv.FormatInt(int64(m.in.Budget), 10),
		"cost", strconv.FormatInt(int64(m.in.Cost), 10), "systems", strconv.Itoa(w.Systems), "digest", w.Digest)
	return k, nil
}

func list(ctx context.Context, c *op.Call, s Store, in naru.Page) (naru.List[Kept], error) {
	return s.KeptPlans(ctx, inventory.InstitutionID(identity.Scope(c.Actor)), in)
}

// GetIn names a kept plan.
type GetIn struct {
	ID ID `json:"id" doc:"plan id"`
}

// KeptOut is a kept plan beside what the same inputs give today.
type KeptOut struct {
	Kept
	Replays bool  `json:"replays"` // every row comes out as it was kept
	Now     Waves `json:"now"`
}

func (d desk) get(ctx context.Context, c *op.Call, s Store, in GetIn) (KeptOut, error) {
	k, err := s.KeptPlan(ctx, in.ID)
	if err != nil {
		return KeptOut{}, err
	}
	if err := identity.RequireSight(c.Actor, string(k.Institution), string(k.ID)); err != nil {
		return KeptOut{}, err
	}
	m, err := d.make(ctx, c, s, k.Inputs)
	if err != nil {
		return KeptOut{}, err
	}
	out := KeptOut{Kept: k, Now: m.summary()}
	out.Replays = out.Now.Digest == k.Digest
	return out, nil
}
