package plan

import (
	"container/heap"
	"slices"

	"naru"
	"naru/flow/inventory"
)

// plan is a computed plan: every system of the estate in a slot, and the groups that
// move together.
type plan struct {
	in    Inputs
	slots []slot
	ranks []rank // of the slots
	teams []team
	order []int32 // slots in the order rows are shown in
}

// team is a group of systems that need each other and so move together; mostly one.
type team struct {
	members []int32 // slots, by rank
	cost    naru.Money
	first   rank    // of its members
	drawn   rank    // the most pressing of it and of all that need it
	needs   []int32 // teams that must not come later
	users   []int32 // teams that wait for it
	unmet   int
	year    int
}

// Compute makes the plan of an estate. It is pure: the same estate, needs and inputs
// give the same plan, in whatever order they come.
func compute(estate []Subject, needs []Need, read func(*Subject) traits, in Inputs) *plan {
	p := &plan{in: in, slots: make([]slot, len(estate))}
	at := make(map[inventory.SystemID]int32, len(estate))
	for i := range estate {
		p.slots[i] = slot{Subject: &estate[i], traits: read(&estate[i]), pulledBy: int32(i)}
		p.slots[i].classify(&in)
		at[estate[i].ID] = int32(i)
	}
	edges := p.graph(at, needs)
	p.ranks = make([]rank, len(p.slots))
	for i := range p.slots {
		p.ranks[i] = p.slots[i].rank(int32(i))
	}
	p.gather(edges)
	p.draw()
	p.fill()
	p.settle()
	return p
}

// graph links what may move. A need of a system that stays where it is (in a cloud
// already, closed, undecided) holds nobody back; it is counted as a link that will cross.
func (p *plan) graph(at map[inventory.SystemID]int32, needs []Need) [][]int32 {
	var nodes int32
	for i := range p.slots {
		if p.slots[i].state == Planned {
			p.slots[i].node = nodes
			nodes++
		}
	}
	edges := make([][]int32, nodes)
	for _, n := range needs {
		from, ok := at[n.System]
		to, known := at[n.Needs]
		if !ok || !known || from == to {
			continue
		}
		a, b := &p.slots[from], &p.slots[to]
		a.needs++
		b.needed++
		switch {
		case b.node < 0 && b.state != Already:
			a.crossing++
		case a.node >= 0 && b.node >= 0:
			edges[a.node] = append(edges[a.node], b.node)
		}
	}
	return edges
}

// gather makes teams of the strongly connected groups, what is needed before who needs it.
func (p *plan) gather(edges [][]int32) {
	slotOf := make([]int32, 0, len(edges))
	for i := range p.slots {
		if p.slots[i].node >= 0 {
			slotOf = append(slotOf, int32(i))
		}
	}
	list, of := groups(edges)
	p.teams = make([]team, len(list))
	for g, nodes := range list {
		t := &p.teams[g]
		t.cost = p.in.Cost * naru.Money(len(nodes))
		for _, n := range nodes {
			t.members = append(t.members, slotOf[n])
			p.slots[slotOf[n]].group = int32(g)
			for _, to := range edges[n] {
				if of[to] != int32(g) {
					t.needs = append(t.needs, of[to])
				}
			}
		}
		slices.Sort(t.needs)
		t.needs = slices.Compact(t.needs)
		t.unmet = len(t.needs)
		for _, need := range t.needs {
			p.teams[need].users = append(p.teams[need].users, int32(g))
		}
		slices.SortFunc(t.members, func(a, b int32) int { return p.ranks[a].compare(&p.ranks[b]) })
		t.first = p.ranks[t.members[0]]
	}
}

// draw gives what is needed the rank of the most pressing that needs it: a hub moves
// before or with its users, even before its own useful life ends.
func (p *plan) draw() {
	for g := len(p.teams) - 1; g >= 0; g-- {
		t := &p.teams[g]
		t.drawn = t.first
		for _, u := range t.users {
			if p.teams[u].drawn.compare(&t.drawn) < 0 {
				t.drawn = p.teams[u].drawn
			}
		}
		for _, m := range t.members {
			if p.slots[m].own > t.drawn.year {
				p.slots[m].pulledBy = t.drawn.slot
			}
		}
	}
}

// fill gives each year its teams: by rank, only when all they need is placed, and only
// while the budget lasts. What does not fit waits; a smaller one may take the rest.
func (p *plan) fill() {
	placed := 0
	for year := p.in.From; year <= p.in.last(); year++ {
		left, q := p.in.Budget, &queue{teams: p.teams}
		for g := range p.teams {
			if t := &p.teams[g]; t.year == 0 && t.unmet == 0 && t.drawn.year <= year {
				q.list = append(q.list, int32(g))
			}
		}
		for heap.Init(q); q.Len() > 0 && left >= p.in.Cost; {
			t := &p.teams[heap.Pop(q).(int32)]
			if t.cost > left {
				continue
			}
			left -= t.cost
			t.year = year
			for _, m := range t.members {
				p.slots[m].year, p.slots[m].order = year, placed
				placed++
			}
			for _, u := range t.users {
				if p.teams[u].unmet--; p.teams[u].unmet == 0 && p.teams[u].drawn.year <= year {
					heap.Push(q, u)
				}
			}
		}
	}
}

// queue orders teams by rank.
type queue struct {
	teams []team
	list  []int32
}

func (q *queue) Len() int      { return len(q.list) }
func (q *queue) Swap(i, j int) { q.list[i], q.list[j] = q.list[j], q.list[i] }
func (q *queue) Push(x any)    { q.list = append(q.list, x.(int32)) }
func (q *queue) Less(i, j int) bool {
	a, b := &q.teams[q.list[i]], &q.teams[q.list[j]]
	if c := a.drawn.compare(&b.drawn); c != 0 {
		return c < 0
	}
	return a.first.compare(&b.first) < 0
}

func (q *queue) Pop() any {
	last := q.list[len(q.list)-1]
	q.list = q.list[:len(q.list)-1]
	return last
}

// settle says of everything that may move where it ended, and orders the rows: the
// schedule first, then what is not planned, by state and rank.
func (p *plan) settle() {
	p.order = make([]int32, len(p.slots))
	for i := range p.slots {
		p.order[i] = int32(i)
		s := &p.slots[i]
		if s.group < 0 {
			continue
		}
		t := &p.teams[s.group]
		switch {
		case t.year > t.drawn.year:
			s.state = Slipped
		case t.year > 0:
			s.state = Planned
		case t.drawn.year > p.in.last():
			s.state = Later
		case t.unmet > 0:
			s.state = Blocked
		default:
			s.state = OverBudget
		}
	}
	at := make([]int, len(p.slots))
	for i := range p.slots {
		at[i] = max(slices.Index(States(), p.slots[i].state), 1) // planned and slipped stand in one schedule
	}
	slices.SortFunc(p.order, func(a, b int32) int {
		x, y := &p.slots[a], &p.slots[b]
		if d := at[a] - at[b]; d != 0 {
			return d
		}
		if x.year > 0 {
			return x.order - y.order
		}
		return p.ranks[a].compare(&p.ranks[b])
	})
}

// ready is the first year a team could have had: the one it wants, or the latest of
// what it needs; by is the team that came last, or -1.
func (p *plan) ready(t *team) (year int, by int32) {
	year, by = t.drawn.year, -1
	for _, n := range t.needs {
		if y := p.teams[n].year; y > year {
			year, by = y, n
		}
	}
	return year, by
}
