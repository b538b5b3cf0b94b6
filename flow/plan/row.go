package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"naru"
	"naru/base/policy"
	"naru/flow/inventory"
)

// Row is one system of a plan: its year, where it is proposed to go, and why.
type Row struct {
	System          inventory.SystemID      `json:"system"`
	Institution     inventory.InstitutionID `json:"institution"`
	InstitutionName string                  `json:"institution_name"`
	Code            string                  `json:"code"`
	Name            string                  `json:"name"`
	Grade           int64                   `json:"grade"` // 0 = unknown
	Stage           string                  `json:"stage"`
	LifeEnd         naru.Date               `json:"useful_life_end,omitempty"`
	State           State                   `json:"state"`
	Year            int                     `json:"year,omitempty"`        // 0 = not planned
	Wanted          int                     `json:"wanted_year,omitempty"` // before budget and needs were looked at
	Cost            naru.Money              `json:"cost_won"`
	Target          []policy.Venue          `json:"target,omitempty"` // several = hybrid
	Why             naru.Message            `json:"why"`
	Late            naru.Message            `json:"late,omitzero"` // why later than wanted
	TargetWhy       naru.Message            `json:"target_why,omitzero"`
	Parts           map[string]policy.Venue `json:"parts,omitempty"`   // of several components, by name; "" = stays
	Missing         []string                `json:"missing,omitempty"` // fact keys
	Decides         naru.Text               `json:"decides,omitzero"`  // who decides first
	Together        int                     `json:"together,omitempty"`
	Needs           int                     `json:"needs"`    // systems it needs
	Crossing        int                     `json:"crossing"` // of them, those that stay behind
	Needed          int                     `json:"needed"`   // systems that need it
	Synthetic       bool                    `json:"synthetic"`
}

// row words one slot.
func (p *plan) row(at int32) Row {
	s := &p.slots[at]
	r := Row{
		System: s.ID, Institution: s.Institution, InstitutionName: s.InstitutionName, Code: s.Code, Name: s.Name,
		Grade: max(s.grade, 0), Stage: s.stage, LifeEnd: s.life, State: s.state, Year: s.year, Why: p.why(at),
		Needs: int(s.needs), Crossing: int(s.crossing), Needed: int(s.needed), Synthetic: s.Synthetic,
	}
	if s.group >= 0 {
		t := propose(s.Parts)
		team := &p.teams[s.group]
		r.Target, r.TargetWhy, r.Cost, r.Wanted = t.venues, t.why, p.in.Cost, team.drawn.year
		if len(team.members) > 1 {
			r.Together = len(team.members)
		}
		r.Late = p.late(team)
	}
	if s.state == NoFacts {
		r.Missing = s.missing()
	}
	return r
}

// why says why a system has the year it has, or why it has none.
func (p *plan) why(at int32) naru.Message {
	s := &p.slots[at]
	switch s.state {
	case Planned, Slipped, OverBudget, Blocked:
	case Later:
		return naru.Msg("plan.why.later", "life", string(s.life), "last", strconv.Itoa(p.in.last()))
	case Undecided:
		if len(s.Parts) == 0 {
			return naru.Msg("plan.why.unjudged")
		}
		return naru.Msg("plan.why.undecided")
	default:
		return naru.Msg("plan.why." + string(s.state))
	}
	if s.pulledBy != at {
		by := &p.slots[s.pulledBy]
		if by.group == s.group {
			return naru.Msg("plan.why.together", "system", by.Name)
		}
		return naru.Msg("plan.why.pulled", "system", by.Name)
	}
	switch s.kind {
	case isNew:
		return naru.Msg("plan.why.new")
	case isRebuilt:
		return naru.Msg("plan.why.redevelopment")
	case isPast:
		return naru.Msg("plan.why.past", "life", string(s.life))
	}
	return naru.Msg("plan.why.life", "life", string(s.life))
}

// late says why a team comes later than it wants, or not at all.
func (p *plan) late(t *team) naru.Message {
	ready, by := p.ready(t)
	wanted := strconv.Itoa(t.drawn.year)
	switch {
	case t.year == 0 && t.drawn.year > p.in.last():
	case t.year == 0 && t.unmet > 0:
		return naru.Msg("plan.late.blocked", "system", p.nameOf(p.blocker(t)))
	case t.year == 0 && t.cost > p.in.Budget:
		return naru.Msg("plan.late.too_large", "systems", strconv.Itoa(len(t.members)))
	case t.year == 0:
		return naru.Msg("plan.late.over_budget", "wanted", wanted)
	case t.year > ready:
		return naru.Msg("plan.late.budget", "wanted", strconv.Itoa(ready))
	case by >= 0:
		return naru.Msg("plan.late.needs", "system", p.nameOf(by), "year", strconv.Itoa(ready))
	}
	return naru.Message{}
}

func (p *plan) blocker(t *team) int32 {
	for _, n := range t.needs {
		if p.teams[n].year == 0 {
			return n
		}
	}
	return 0
}

func (p *plan) nameOf(team int32) string { return p.slots[p.teams[team].members[0]].Name }

// Year is one wave: how many systems move, where to, and what of the budget they take.
type Year struct {
	Year       int        `json:"year"`
	Systems    int        `json:"systems"`
	Cost       naru.Money `json:"cost_won"`
	Budget     naru.Money `json:"budget_won"`
	Private    int        `json:"private"` // by proposed venue; hybrid ones are counted once, there
	PPP        int        `json:"ppp"`
	Government int        `json:"government"`
	Hybrid     int        `json:"hybrid"`
	New        int        `json:"new"`
	Rebuilt    int        `json:"redevelopment"`
	Life       int        `json:"life"`
	Pulled     int        `json:"pulled"`  // earlier than their own facts ask, because others need them
	Slipped    int        `json:"slipped"` // that wanted an earlier year
}

// years sums the plan up.
func (p *plan) years() []Year {
	list := make([]Year, p.in.Years)
	for i := range list {
		list[i] = Year{Year: p.in.From + i, Budget: p.in.Budget}
	}
	for i := range p.slots {
		if s := &p.slots[i]; s.year > 0 {
			list[s.year-p.in.From].add(s, int32(i), p.in.Cost)
		}
	}
	return list
}

func (y *Year) add(s *slot, at int32, cost naru.Money) {
	y.Systems++
	y.Cost += cost
	switch venues := propose(s.Parts).venues; {
	case len(venues) > 1:
		y.Hybrid++
	case venues[0] == policy.Private:
		y.Private++
	case venues[0] == policy.PPP:
		y.PPP++
	default:
		y.Government++
	}
	switch {
	case s.pulledBy != at:
		y.Pulled++
	case s.kind == isNew:
		y.New++
	case s.kind == isRebuilt:
		y.Rebuilt++
	default:
		y.Life++
	}
	if s.state == Slipped {
		y.Slipped++
	}
}

// StateCount is how many systems stand in a state.
type StateCount struct {
	State   State `json:"state"`
	Systems int   `json:"systems"`
}

func (p *plan) states() []StateCount {
	n := make(map[State]int)
	for i := range p.slots {
		n[p.slots[i].state]++
	}
	list := make([]StateCount, 0, len(n))
	for _, s := range States() {
		if n[s] > 0 {
			list = append(list, StateCount{s, n[s]})
		}
	}
	return list
}

// digest names the result: whoever computes the same rows from the same inputs gets it,
// on whatever day.
func (p *plan) digest() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %d %d %d %d\n", p.in.Institution, p.in.From, p.in.Years, p.in.Budget, p.in.Cost)
	line := make([]byte, 0, 128)
	for _, at := range p.order {
		s := &p.slots[at]
		line = append(append(append(line[:0], s.ID...), ' '), s.state...)
		line = strconv.AppendInt(append(line, ' '), int64(s.year), 10)
		if s.group >= 0 {
			for _, v := range propose(s.Parts).venues {
				line = append(append(line, ' '), v...)
			}
		}
		h.Write(append(line, '\n'))
	}
	return hex.EncodeToString(h.Sum(nil))
}
