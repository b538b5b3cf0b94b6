package plan

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/inventory"
)

// BlastIn says what is lost and which rows to show.
type BlastIn struct {
	Loss
	Grade  int64  `json:"grade,omitempty" doc:"only rows of this system grade, 1 to 4"`
	Action string `json:"action,omitempty" doc:"only rows with this first action"`
	naru.Page
}

// Blast is what a loss hits (피해 범위), in the caller's sight only, and the ordered list of
// what to do first.
type Blast struct {
	Loss
	Name       naru.Text `json:"name"` // of what is lost
	Systems    int       `json:"systems"`
	Direct     int       `json:"direct"`
	Through    int       `json:"through"` // hit only because they need one that is hit
	Public     int       `json:"public_facing"`
	PublicMay  int       `json:"public_facing_unknown"`
	Components int       `json:"components"` // of the systems that are hit directly
	Users      int64     `json:"users"`      // summed where they are known
	NotKnown   int       `json:"not_known"`  // systems whose place nobody entered: may be hit too
	Orders     int       `json:"orders"`
	Instances  int       `json:"instances"`
	Grades     []Slice   `json:"grades"`
	Kinds      []Slice   `json:"kinds"`
	Ministries []Slice   `json:"ministries"`
	Actions    []Slice   `json:"actions"`
	Deals      []Deal    `json:"deals"` // at most MaxDeals
	Synthetic  bool      `json:"synthetic"`
	Rows       []Hit     `json:"rows"`
	Next       string    `json:"next,omitempty"`
}

// MaxDeals bounds how many orders an answer lists; Orders counts all.
const MaxDeals = 200

// Slice counts the hits of one grade, kind, ministry or action.
type Slice struct {
	Key     string `json:"key"`
	Direct  int    `json:"direct"`
	Through int    `json:"through"`
}

// wave is one system as the loss reaches it.
type wave struct {
	*Subject
	traits
	level int   // 0 = directly; -1 = not hit
	via   int32 // the system through which it is hit
	// Of what is hit directly: how many systems in the caller's sight wait for it, each
	// counted once on its shortest way, and the most pressing grade among it and them.
	waiting  int
	pressing int64
	place    policy.Truth
	needed   int // systems in the caller's sight that need it
	parts    int // components hit directly, of a loss found through contracts
}

// spread is a computed loss: every system of the estate and those that are hit.
type spread struct {
	loss  Loss
	waves []wave
	deals []Deal
	sees  func(inventory.InstitutionID) bool
}

func (d desk) blast(ctx context.Context, c *op.Call, s Store, in BlastIn) (Blast, error) {
	if err := in.check(c.Actor, d.lens.schema); err != nil {
		return Blast{}, err
	}
	name, err := d.nameOf(ctx, s, in.Loss)
	if err != nil {
		return Blast{}, err
	}
	estate, err := estateOf(ctx, s, "") // the whole: a loss reaches an institution through others
	if err != nil {
		return Blast{}, err
	}
	needs, err := s.PlanNeeds(ctx, "")
	if err != nil {
		return Blast{}, fmt.Errorf("needs: %w", err)
	}
	deals, err := s.LiveDeals(ctx, in.Loss, c.Today())
	if err != nil {
		return Blast{}, fmt.Errorf("deals of %s: %w", in.Of, err)
	}
	sees := func(i inventory.InstitutionID) bool { return identity.Sees(c.Actor, string(i)) }
	x := spread{loss: in.Loss, deals: deals, sees: sees}
	x.strike(estate, needs, d.read)
	out := x.sum(name)
	hits := x.hits(d.cfg.targets())
	out.Actions = actionSlices(hits)
	hits = slices.DeleteFunc(hits, func(h Hit) bool {
		return in.Grade > 0 && h.Grade != in.Grade || in.Action != "" && h.Action != in.Action
	})
	from, to, next := window(len(hits), in.Page)
	out.Rows, out.Next = hits[from:to], next
	return out, d.advise(ctx, c, s, out.Rows)
}

func (d desk) nameOf(ctx context.Context, s Store, l Loss) (naru.Text, error) {
	if l.Kind == LostCentre || l.Kind == LostSite {
		f, _ := d.lens.schema.Field("system." + l.Kind)
		i := slices.IndexFunc(f.Codes, func(c policy.Code) bool { return c.Key == l.Of })
		return f.Codes[i].Label, nil
	}
	return s.LossName(ctx, l)
}

// strike finds what is hit directly, then follows the needs backwards, level by level:
// whoever needs what is hit is hit one step further. It is pure and in a fixed order.
func (x *spread) strike(estate []Subject, needs []Need, read func(*Subject) traits) {
	x.waves = make([]wave, len(estate))
	at := make(map[inventory.SystemID]int32, len(estate))
	struck := x.struck()
	var front []int32
	for i := range estate {
		w := &x.waves[i]
		*w = wave{Subject: &estate[i], traits: read(&estate[i]), level: -1, via: -1}
		at[w.ID] = int32(i)
		if x.loss.placed() {
			w.place = x.loss.at(w.Institution, w.traits)
		} else if w.parts = struck[w.ID]; w.parts > 0 {
			w.place = policy.True
		}
		if w.place == policy.True {
			w.level = 0
			front = append(front, int32(i))
		}
	}
	users := x.users(at, needs)
	for level := 1; len(front) > 0; level++ {
		slices.SortFunc(front, x.compareCodes)
		var next []int32
		for _, hit := range front {
			for _, u := range users[hit] {
				if w := &x.waves[u]; w.level < 0 {
					w.level, w.via = level, hit
					next = append(next, u)
				}
			}
		}
		front = next
	}
	x.press()
}

// press tells what is hit directly who waits for it: a hub is as pressing as the most
// important system behind it.
func (x *spread) press() {
	for i := range x.waves {
		x.waves[i].pressing = ranked(x.waves[i].grade)
	}
	for i := range x.waves {
		w := &x.waves[i]
		if w.level < 1 || !x.sees(w.Institution) {
			continue
		}
		root := w.via
		for x.waves[root].via >= 0 {
			root = x.waves[root].via
		}
		r := &x.waves[root]
		r.waiting++
		r.pressing = min(r.pressing, ranked(w.grade))
	}
}

// struck counts the components that contracts tie to what is lost, by system.
func (x *spread) struck() map[inventory.SystemID]int {
	parts := map[inventory.SystemID]map[inventory.ComponentID]bool{}
	for _, d := range x.deals {
		if parts[d.System] == nil {
			parts[d.System] = map[inventory.ComponentID]bool{}
		}
		parts[d.System][d.Component] = true
	}
	n := make(map[inventory.SystemID]int, len(parts))
	for id, set := range parts {
		n[id] = len(set)
	}
	return n
}

// users turns the needs around and counts who needs whom in the caller's sight.
func (x *spread) users(at map[inventory.SystemID]int32, needs []Need) [][]int32 {
	list := make([][]int32, len(x.waves))
	for _, n := range needs {
		from, ok := at[n.System]
		to, known := at[n.Needs]
		if !ok || !known || from == to {
			continue
		}
		list[to] = append(list[to], from)
		if x.sees(x.waves[from].Institution) {
			x.waves[to].needed++
		}
	}
	return list
}

func (x *spread) compareCodes(a, b int32) int {
	v, w := &x.waves[a], &x.waves[b]
	return cmp.Or(cmp.Compare(v.InstitutionCode, w.InstitutionCode), cmp.Compare(v.Code, w.Code))
}

// sum counts what is hit in the caller's sight.
func (x *spread) sum(name naru.Text) Blast {
	out := Blast{Loss: x.loss, Name: name, Deals: []Deal{}}
	grades, kinds, ministries := tallies{}, tallies{}, tallies{}
	hit := map[inventory.SystemID]bool{}
	for i := range x.waves {
		w := &x.waves[i]
		if !x.sees(w.Institution) {
			continue
		}
		if w.place == policy.Unknown {
			out.NotKnown++
		}
		if w.level < 0 {
			continue
		}
		out.add(w)
		hit[w.ID] = w.level == 0
		grades.add(gradeKey(w.grade), w.level)
		kinds.add(w.Kind, w.level)
		ministries.add(w.ministry(), w.level)
	}
	out.Grades, out.Kinds, out.Ministries = grades.list(true), kinds.list(false), ministries.list(false)
	for i := range x.deals {
		if d := &x.deals[i]; hit[d.System] {
			out.Orders++
			if d.Instance != "" {
				out.Instances++
			}
			if len(out.Deals) < MaxDeals {
				out.Deals = append(out.Deals, *d)
			}
		}
	}
	return out
}

func (b *Blast) add(w *wave) {
	b.Systems++
	b.Synthetic = b.Synthetic || w.Synthetic
	if w.level == 0 {
		b.Direct++
		b.Components += max(w.parts, 0)
		if w.parts == 0 {
			b.Components += len(w.Parts)
		}
	} else {
		b.Through++
	}
	switch w.public {
	case policy.True:
		b.Public++
	case policy.Unknown:
		b.PublicMay++
	}
	b.Users += max(w.users, 0)
}

// ministry is who stands over a system's institution: its competent ministry, or itself.
func (w *wave) ministry() string {
	if w.Ministry == "" && w.Kind == "central" {
		return w.InstitutionName
	}
	return w.Ministry
}

func gradeKey(grade int64) string {
	if grade < 1 {
		return ""
	}
	return strconv.FormatInt(grade, 10)
}

// tallies count by key.
type tallies map[string]*Slice

func (t tallies) add(key string, level int) {
	if t[key] == nil {
		t[key] = &Slice{Key: key}
	}
	if level == 0 {
		t[key].Direct++
	} else {
		t[key].Through++
	}
}

// list orders by key, unknown last, or by size.
func (t tallies) list(byKey bool) []Slice {
	list := make([]Slice, 0, len(t))
	for _, s := range t {
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b Slice) int {
		switch {
		case byKey && (a.Key == "") != (b.Key == ""):
			return cmp.Compare(b.Key, a.Key)
		case byKey:
			return cmp.Compare(a.Key, b.Key)
		}
		return cmp.Or(cmp.Compare(b.Direct+b.Through, a.Direct+a.Through), cmp.Compare(a.Key, b.Key))
	})
	return list
}
