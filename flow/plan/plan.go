package plan

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"naru"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/inventory"
)

// Filter narrows the rows of a plan.
type Filter struct {
	Year  int   `json:"year,omitempty" doc:"only what moves in this year"`
	State State `json:"state,omitempty" doc:"planned, slipped, over_budget, blocked, later, facts, undecided, consult, closed, exempt or already"`
}

// WavesIn says what to plan and which rows to show.
type WavesIn struct {
	Inputs
	Filter
	naru.Page
}

// Waves is a plan: its inputs as they were resolved, the sum of every year, where every
// system stands, and one page of rows.
type Waves struct {
	Inputs
	CostBasis   string       `json:"cost_basis"`   // given, configured or derived
	BudgetBasis string       `json:"budget_basis"` // given or derived
	Systems     int          `json:"systems"`
	Waves       []Year       `json:"waves"`
	States      []StateCount `json:"states"`
	Basis       []Basis      `json:"basis"`
	Digest      string       `json:"digest"`
	Synthetic   bool         `json:"synthetic"`
	Rows        []Row        `json:"rows"`
	Following   string       `json:"next,omitempty"` // cursor of the next rows
}

// made is a computed plan with what its readers ask about it.
type made struct {
	*plan
	basis               []Basis
	costFrom, budgetWas string
	synthetic           bool
}

// make reads the estate in the caller's sight and computes its plan.
func (d desk) make(ctx context.Context, c *op.Call, s Store, in Inputs) (made, error) {
	scope, err := inventory.Within(c.Actor, in.Institution)
	if err != nil {
		return made{}, err
	}
	in.Institution = scope
	if err := in.check(c.Today()); err != nil {
		return made{}, err
	}
	estate, err := estateOf(ctx, s, scope)
	if err != nil {
		return made{}, err
	}
	needs, err := s.PlanNeeds(ctx, scope)
	if err != nil {
		return made{}, fmt.Errorf("needs of %q: %w", scope, err)
	}
	m := made{costFrom: "given", budgetWas: "given"}
	if m.basis, err = s.PlanBasis(ctx, scope); err != nil {
		return made{}, fmt.Errorf("basis of %q: %w", scope, err)
	}
	if in.Cost == 0 {
		in.Cost, m.costFrom = d.cfg.cost(), "derived"
		if d.cfg.CostPerSystem > 0 {
			m.costFrom = "configured"
		}
	}
	if in.Budget == 0 {
		in.Budget, m.budgetWas = DerivedBudget(len(estate), in.Cost), "derived"
	}
	m.plan = compute(estate, needs, d.read, in)
	m.synthetic = slices.ContainsFunc(estate, func(x Subject) bool { return x.Synthetic })
	return m, nil
}

// check fills in what was left open and refuses what cannot be computed.
func (in *Inputs) check(today naru.Date) error {
	if in.From == 0 {
		in.From = yearOf(today)
	}
	if in.Years == 0 {
		in.Years = PlanYears
	}
	switch {
	case in.From < 2015 || in.From > 2100:
		return naru.NewError(naru.Invalid, "plan.bad_from", "year", strconv.Itoa(in.From))
	case in.Years < 1 || in.Years > maxYears:
		return naru.NewError(naru.Invalid, "plan.bad_years", "years", strconv.Itoa(in.Years), "max", strconv.Itoa(maxYears))
	case in.Budget < 0 || in.Budget > maxBudget:
		return naru.NewError(naru.Invalid, "plan.bad_budget")
	case in.Cost < 0 || in.Cost > maxCost:
		return naru.NewError(naru.Invalid, "plan.bad_cost")
	}
	return nil
}

func (d desk) waves(ctx context.Context, c *op.Call, s Store, in WavesIn) (Waves, error) {
	m, err := d.make(ctx, c, s, in.Inputs)
	if err != nil {
		return Waves{}, err
	}
	out := m.summary()
	at, err := m.filtered(in.Filter)
	if err != nil {
		return Waves{}, err
	}
	from, to, next := window(len(at), in.Page)
	out.Following = next
	out.Rows, err = d.shown(ctx, c, s, m.plan, at[from:to])
	return out, err
}

func (m *made) summary() Waves {
	return Waves{
		Inputs: m.in, CostBasis: m.costFrom, BudgetBasis: m.budgetWas, Systems: len(m.slots), Waves: m.years(), States: m.states(),
		Basis: m.basis, Digest: m.digest(), Synthetic: m.synthetic,
	}
}

// RowsIn says what to plan and which rows to list: all of them at once, because a plan
// is computed as a whole.
type RowsIn struct {
	Inputs
	Filter
}

func (d desk) rows(ctx context.Context, c *op.Call, s Store, in RowsIn) (naru.List[Row], error) {
	m, err := d.make(ctx, c, s, in.Inputs)
	if err != nil {
		return naru.List[Row]{}, err
	}
	at, err := m.filtered(in.Filter)
	if err != nil {
		return naru.List[Row]{}, err
	}
	rows, err := d.shown(ctx, c, s, m.plan, at)
	return naru.List[Row]{Rows: rows}, err
}

// estateOf reads systems with what was decided of their components.
func estateOf(ctx context.Context, s Store, scope inventory.InstitutionID) ([]Subject, error) {
	estate, err := s.PlanEstate(ctx, scope)
	if err != nil {
		return nil, fmt.Errorf("estate of %q: %w", scope, err)
	}
	parts, err := s.PlanParts(ctx, scope)
	if err != nil {
		return nil, fmt.Errorf("decisions of %q: %w", scope, err)
	}
	for i := range estate {
		estate[i].Parts = parts[estate[i].ID]
	}
	return estate, nil
}

// filtered returns the slots a filter lets through, in the plan's order.
func (p *plan) filtered(f Filter) ([]int32, error) {
	if f.State != "" && !slices.Contains(States(), f.State) {
		return nil, naru.NewError(naru.Invalid, "plan.unknown_state", "state", fmt.Sprintf("%.40s", string(f.State)))
	}
	list := make([]int32, 0, len(p.order))
	for _, at := range p.order {
		s := &p.slots[at]
		if (f.Year == 0 || s.year == f.Year) && (f.State == "" || s.state == f.State) {
			list = append(list, at)
		}
	}
	return list, nil
}

// shown words some slots, with the names of their components and what only the full
// verdict tells.
func (d desk) shown(ctx context.Context, c *op.Call, s Store, p *plan, at []int32) ([]Row, error) {
	rows := make([]Row, len(at))
	var parted []inventory.SystemID
	for i, slot := range at {
		if rows[i] = p.row(slot); p.slots[slot].group >= 0 && len(p.slots[slot].Parts) > 1 {
			parted = append(parted, rows[i].System)
		}
	}
	if len(parted) > 0 {
		names, err := s.PlanNames(ctx, parted)
		if err != nil {
			return nil, err
		}
		for i, slot := range at {
			rows[i].Parts = p.slots[slot].places(names)
		}
	}
	return rows, d.explain(ctx, c, s, p.in.Institution, rows)
}

// places tells of a system of several components where each is proposed to go.
func (s *slot) places(names map[inventory.ComponentID]string) map[string]policy.Venue {
	if s.group < 0 || len(s.Parts) < 2 {
		return nil
	}
	venues := propose(s.Parts).parts
	places := make(map[string]policy.Venue, len(venues))
	for i, v := range venues {
		places[names[s.Parts[i].ID]] = v
	}
	return places
}

// window cuts a page out of a computed list: its bounds, and the cursor of what follows.
func window(n int, want naru.Page) (from, to int, next string) {
	from, err := strconv.Atoi(want.After)
	if err != nil || from < 0 {
		from = 0
	}
	from = min(from, n)
	to = min(from+want.Size(), n)
	if to < n {
		next = strconv.Itoa(to)
	}
	return from, to, next
}

// explain adds what only the full verdict tells: the facts an undecided system misses,
// and who decides where somebody must.
func (d desk) explain(ctx context.Context, c *op.Call, s Store, scope inventory.InstitutionID, rows []Row) error {
	var want []int
	for i := range rows {
		if rows[i].State == Undecided || rows[i].State == Consult {
			want = append(want, i)
		}
	}
	ids := make([]inventory.SystemID, len(want))
	for n, i := range want {
		ids[n] = rows[i].System
	}
	found, err := d.ask(ctx, c, s, scope, ids)
	if err != nil {
		return err
	}
	for _, i := range want {
		r, a := &rows[i], found[rows[i].System]
		if r.Missing, r.Decides = a.missing, a.decides; r.State == Undecided && len(a.missing) == 0 && r.Why.Key == "plan.why.undecided" {
			r.Why = naru.Msg("plan.why.unclear")
		}
	}
	return nil
}
