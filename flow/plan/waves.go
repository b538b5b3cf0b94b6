package plan

import (
	"cmp"
	"strconv"

	"naru"
	"naru/base/policy"
	"naru/flow/inventory"
)

// Inputs is everything a plan is computed from beside the estate and its decisions.
type Inputs struct {
	Institution inventory.InstitutionID `json:"institution,omitempty" doc:"one institution; empty for all the caller sees"`
	From        int                     `json:"from_year,omitempty" doc:"first year; 0 for this year"`
	Years       int                     `json:"years,omitempty" doc:"years to plan, 1 to 20; 0 means 5, as the plan of 2021 had"`
	Budget      naru.Money              `json:"yearly_budget,omitempty" doc:"won a year; 0 for the share derived from the plan of 2021"`
	Cost        naru.Money              `json:"cost_per_system,omitempty" doc:"won a system; 0 for the configured cost, which is derived from the plan of 2021"`
}

// The bounds of inputs. They keep every sum of won within 63 bits.
const (
	maxYears             = 20
	maxCost   naru.Money = 1e12
	maxBudget naru.Money = 1e16
)

func (in *Inputs) last() int { return in.From + in.Years - 1 }

// State is where a system stands in a plan.
type State string

// The states. The first two move, the others do not and say why.
const (
	Planned    State = "planned"
	Slipped    State = "slipped"     // moves, later than wanted
	OverBudget State = "over_budget" // does not fit into any year of the plan
	Blocked    State = "blocked"     // needs a system that does not fit
	Later      State = "later"       // its useful life ends after the plan
	NoFacts    State = "facts"       // facts are missing that say when, or whether it moved already
	Undecided  State = "undecided"   // no verdict: facts or a text are missing
	Consult    State = "consult"     // somebody decides first
	Closed     State = "closed"      // no cloud venue stands open
	Exempt     State = "exempt"      // no instrument asks it to move
	Already    State = "already"     // runs in a cloud
)

// States lists every state in the order rows stand in.
func States() []State {
	return []State{Planned, Slipped, OverBudget, Blocked, Later, NoFacts, Undecided, Consult, Closed, Exempt, Already}
}

// Why a system wants its year, from the most pressing.
const (
	isNew        = iota // 신규: at once
	isRebuilt           // 재개발: while it is replaced or rebuilt
	isPast              // its useful life ended before the plan
	isAtLife            // its useful life ends in that year
	isUnpressing        // its useful life ends after the plan
)

// slot is one system on its way through the computation.
type slot struct {
	*Subject
	traits
	state    State
	kind     int   // of the year wanted by its own facts
	own      int   // year wanted by its own facts
	node     int32 // in the graph of what may move; -1 = none
	group    int32
	year     int
	order    int   // position in the schedule
	needs    int32 // systems it needs within the plan's sight
	crossing int32 // of them, those that stay where they are
	needed   int32 // systems that need it
	pulledBy int32 // slot whose year it was given; itself when it is its own
}

// classify says whether a system may move, and in which year it wants to.
func (s *slot) classify(in *Inputs) {
	s.node, s.group = -1, -1
	switch st := stand(s.Parts); {
	case inCloud(s.site):
		s.state = Already
	case st == closed:
		s.state = Closed
	case st == exempt:
		s.state = Exempt
	case st == consult:
		s.state = Consult
	case st != movable:
		s.state = Undecided
	case len(s.missing()) > 0:
		s.state = NoFacts
	default:
		s.state = Planned
		s.own, s.kind = s.wanted(in)
	}
}

// missing lists the facts without which nobody can say when a system moves.
func (s *slot) missing() []string {
	var keys []string
	if s.site == "" {
		keys = append(keys, "system.site")
	}
	switch {
	case s.stage == "":
		keys = append(keys, "system.stage")
	case s.stage == "operating" && s.life == "":
		keys = append(keys, "system.useful_life_end")
	}
	return keys
}

// wanted is the year by a system's own facts: new ones and those being redeveloped at
// once, because for both the cloud must be reviewed first (고시 2025-79 제4조), the others
// having regard to their useful life (고시 2020-31 제9조제2항 in its words, which set no
// deadline: policy.md 10 B6; that notice is no longer in force).
func (s *slot) wanted(in *Inputs) (year, kind int) {
	switch s.stage {
	case "new":
		return in.From, isNew
	case "replacing", "rebuilding":
		return in.From, isRebuilt
	}
	switch year = yearOf(s.life); {
	case year < in.From:
		return in.From, isPast
	case year > in.last():
		return year, isUnpressing
	}
	return year, isAtLife
}

func yearOf(d naru.Date) int {
	n, err := strconv.Atoi(d.Month().Year())
	if err != nil {
		return 0
	}
	return n
}

// rank is the order in which systems take a year's budget: who wanted an earlier year
// first, then new before redeveloped before worn out, then the system grade (which
// drives recovery), public-facing services, how many systems need it, and its users. Codes
// break ties, so that the same estate gives the same plan.
type rank struct {
	year, kind  int
	grade       int64
	public      int
	needed      int32
	users       int64
	institution string
	code        string
	slot        int32
}

func (s *slot) rank(at int32) rank {
	r := rank{
		year: s.own, kind: s.kind, grade: s.grade, public: publicRank(s.public), needed: s.needed, users: s.users,
		institution: s.InstitutionCode, code: s.Code, slot: at,
	}
	if r.grade == unknown {
		r.grade = 5
	}
	return r
}

func publicRank(t policy.Truth) int {
	switch t {
	case policy.True:
		return 0
	case policy.Unknown:
		return 1
	}
	return 2
}

func (r *rank) compare(o *rank) int {
	return cmp.Or(
		cmp.Compare(r.year, o.year), cmp.Compare(r.kind, o.kind), cmp.Compare(r.grade, o.grade), cmp.Compare(r.public, o.public),
		cmp.Compare(o.needed, r.needed), cmp.Compare(o.users, r.users),
		cmp.Compare(r.institution, o.institution), cmp.Compare(r.code, o.code),
	)
}
