package plan

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"naru"
	"naru/base/policy"
	"naru/flow/decide"
	"naru/flow/inventory"
)

// row of a test estate: facts as the outside form, and the venues open to each part.
type sys struct {
	code  string
	facts map[string]any
	open  [][]policy.Venue // per component; nil element = undecided
}

func subject(t testing.TB, l lens, s sys) Subject {
	t.Helper()
	x := Subject{ID: inventory.SystemID("sys_" + s.code), Code: s.code, Name: s.code, InstitutionCode: "A"}
	for k, v := range s.facts {
		if err := l.schema.Set(&x.Facts, "system."+k, v); err != nil {
			t.Fatal(err)
		}
	}
	for i, venues := range s.open {
		p := Part{ID: inventory.ComponentID(fmt.Sprint("cmp_", s.code, i)), Open: decide.PlacesOf(venues...)}
		for n, v := range Clouds() {
			p.Cloud[n] = policy.NotAllowed
			if slices.Contains(venues, v) {
				p.Cloud[n] = policy.Allowed
			}
			if venues == nil {
				p.Cloud[n] = policy.CannotDecide
			}
		}
		x.Parts = append(x.Parts, p)
	}
	return x
}

func someEstate(t testing.TB, l lens, list ...sys) []Subject {
	t.Helper()
	out := make([]Subject, len(list))
	for i, s := range list {
		out[i] = subject(t, l, s)
	}
	return out
}

func reader(l lens) func(*Subject) traits {
	return func(s *Subject) traits { return l.read(&s.Facts) }
}

func needs(pairs ...string) []Need {
	var list []Need
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, Need{inventory.SystemID("sys_" + pairs[i]), inventory.SystemID("sys_" + pairs[i+1])})
	}
	return list
}

var private = [][]policy.Venue{{policy.Private}}

func old(life string, more ...any) map[string]any {
	f := map[string]any{"stage": "operating", "site": "onsite", "useful_life_end": life}
	for i := 0; i < len(more); i += 2 {
		f[more[i].(string)] = more[i+1]
	}
	return f
}

func fresh(more ...any) map[string]any {
	f := old("2040-01-01", more...)
	f["stage"] = "new"
	return f
}

func TestEveryRowHasItsYearAndSaysWhy(t *testing.T) {
	t.Parallel()
	l := newLens(inventory.Facts())
	tests := map[string]struct {
		estate []sys
		needs  []Need
		years  map[string]int    // 0 = not planned
		why    map[string]string // message keys of why and late
		budget naru.Money        // 0 = plenty
	}{
		"a new system moves at once": {
			estate: []sys{{"N", fresh(), private}}, years: map[string]int{"N": 2026}, why: map[string]string{"N": "plan.why.new"},
		},
		"a system being rebuilt moves with its redevelopment": {
			estate: []sys{{"R", old("2030-01-01", "stage", "rebuilding"), private}}, years: map[string]int{"R": 2026},
			why: map[string]string{"R": "plan.why.redevelopment"},
		},
		"others move in the year their useful life ends": {
			estate: []sys{{"L", old("2028-06-30"), private}}, years: map[string]int{"L": 2028}, why: map[string]string{"L": "plan.why.life"},
		},
		"a useful life that ended is moved in the first year": {
			estate: []sys{{"P", old("2019-06-30"), private}}, years: map[string]int{"P": 2026}, why: map[string]string{"P": "plan.why.past"},
		},
		"a useful life beyond the plan stays out of it": {
			estate: []sys{{"F", old("2031-01-01"), private}}, years: map[string]int{"F": 0}, why: map[string]string{"F": "plan.why.later"},
		},
		"an unknown useful life is not guessed": {
			estate: []sys{{"U", map[string]any{"stage": "operating", "site": "onsite"}, private}}, years: map[string]int{"U": 0},
			why: map[string]string{"U": "plan.why.facts"},
		},
		"an unknown site may mean that it moved already": {
			estate: []sys{{"S", map[string]any{"stage": "new"}, private}}, years: map[string]int{"S": 0}, why: map[string]string{"S": "plan.why.facts"},
		},
		"an undecided component holds the whole system back": {
			estate: []sys{{"U", fresh(), [][]policy.Venue{{policy.Private}, nil}}}, years: map[string]int{"U": 0}, why: map[string]string{"U": "plan.why.undecided"},
		},
		"a system without a decision says so": {
			estate: []sys{{"U", fresh(), nil}}, years: map[string]int{"U": 0}, why: map[string]string{"U": "plan.why.unjudged"},
		},
		"a system with no open cloud stays": {
			estate: []sys{{"C", fresh(), [][]policy.Venue{{policy.OnSite}}}}, years: map[string]int{"C": 0}, why: map[string]string{"C": "plan.why.closed"},
		},
		"what runs in a cloud already does not move": {
			estate: []sys{{"A", fresh("site", "ppp"), private}}, years: map[string]int{"A": 0}, why: map[string]string{"A": "plan.why.already"},
		},
		"a needed hub moves with its first user, before its own useful life ends": {
			estate: []sys{{"HUB", old("2030-01-01"), private}, {"N", fresh(), private}}, needs: needs("N", "HUB"),
			years: map[string]int{"HUB": 2026, "N": 2026}, why: map[string]string{"HUB": "plan.why.pulled", "N": "plan.why.new"},
		},
		"a hub beyond the plan is drawn into it by a user": {
			estate: []sys{{"HUB", old("2039-01-01"), private}, {"L", old("2028-01-01"), private}}, needs: needs("L", "HUB"),
			years: map[string]int{"HUB": 2028, "L": 2028}, why: map[string]string{"HUB": "plan.why.pulled"},
		},
		"systems that need each other move together": {
			estate: []sys{{"X", old("2027-01-01"), private}, {"Y", old("2029-01-01"), private}}, needs: needs("X", "Y", "Y", "X"),
			years: map[string]int{"X": 2027, "Y": 2027}, why: map[string]string{"X": "plan.why.life", "Y": "plan.why.together"},
		},
		"what does not fit slips by grade and says which year it wanted": {
			estate: []sys{{"G4", fresh("grade", 4), private}, {"G1", fresh("grade", 1), private}}, budget: 100,
			years: map[string]int{"G1": 2026, "G4": 2027}, why: map[string]string{"G4": "plan.late.budget"},
		},
		"within a grade public-facing services come first, then what many need, then what many use": {
			estate: []sys{
				{"A", fresh("users", 10), private},
				{"B", fresh("users", 1000), private},
				{"C", fresh("users", 1), private},
				{"D", fresh("public_facing", true), private},
				{"E", fresh("public_facing", false), private},
				{"U", fresh("site", "ppp"), private},
			},
			needs: needs("U", "C"), budget: 100, years: map[string]int{"D": 2026, "C": 2027, "B": 2028, "A": 2029, "E": 2030},
		},
		"a hub takes the rank of its most pressing user": {
			estate: []sys{{"HUB", old("2030-01-01", "grade", 4), private}, {"G1", fresh("grade", 1), private}, {"G2", fresh("grade", 2), private}},
			needs:  needs("G1", "HUB"), budget: 100, years: map[string]int{"HUB": 2026, "G1": 2027, "G2": 2028},
			why: map[string]string{"G1": "plan.late.budget"},
		},
		"a user waits for a hub that slipped": {
			estate: []sys{
				{"X", fresh("grade", 1), private}, {"Y", fresh("grade", 1), private}, {"HUB", old("2030-01-01"), private}, {"G2", fresh("grade", 2), private},
			},
			needs: needs("G2", "HUB", "X", "Y", "Y", "X"), budget: 200, years: map[string]int{"X": 2026, "Y": 2026, "HUB": 2027, "G2": 2027},
			why: map[string]string{"HUB": "plan.late.budget", "G2": "plan.late.needs"},
		},
		"a circle dearer than a year's budget is never split": {
			estate: []sys{{"X", fresh(), private}, {"Y", fresh(), private}, {"Z", fresh(), private}}, needs: needs("X", "Y", "Y", "X", "Z", "X"), budget: 199,
			years: map[string]int{"X": 0, "Y": 0, "Z": 0}, why: map[string]string{"X": "plan.late.too_large", "Z": "plan.late.blocked"},
		},
		"what never fits is over the budget": {
			estate: []sys{{"A", fresh(), private}}, budget: 99, years: map[string]int{"A": 0}, why: map[string]string{"A": "plan.late.too_large"},
		},
		"a need that stays behind holds nobody back": {
			estate: []sys{{"N", fresh(), private}, {"C", fresh(), [][]policy.Venue{{policy.OnSite}}}}, needs: needs("N", "C"),
			years: map[string]int{"N": 2026, "C": 0}, why: map[string]string{"N": "plan.why.new"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.budget == 0 {
				tt.budget = 1_000_000
			}
			p := compute(someEstate(t, l, tt.estate...), tt.needs, reader(l), Inputs{From: 2026, Years: 5, Budget: tt.budget, Cost: 100})
			for at := range p.slots {
				r := p.row(int32(at))
				if r.Year != tt.years[r.Code] {
					t.Errorf("%s moves in %d, want %d (%s, %s)", r.Code, r.Year, tt.years[r.Code], r.Why.Key, r.Late.Key)
				}
				if want := tt.why[r.Code]; want != "" && r.Why.Key != want && r.Late.Key != want {
					t.Errorf("%s says %q and %q, want %q", r.Code, r.Why.Key, r.Late.Key, want)
				}
			}
		})
	}
}

func TestTheTargetIsOneVenueWhereOneIsOpenToAll(t *testing.T) {
	t.Parallel()
	l := newLens(inventory.Facts())
	g, p, z, o := policy.Government, policy.Private, policy.PPP, policy.OnSite
	tests := map[string]struct {
		open  [][]policy.Venue
		want  []policy.Venue
		why   string
		stays int
	}{
		"private before the rest":                     {[][]policy.Venue{{g, p, z}}, []policy.Venue{p}, "plan.target.priority", 0},
		"the only one":                                {[][]policy.Venue{{g, o}}, []policy.Venue{g}, "plan.target.only", 0},
		"the one common to both":                      {[][]policy.Venue{{g, p}, {g, z}}, []policy.Venue{g}, "plan.target.only", 0},
		"PPP before a centre":                         {[][]policy.Venue{{g, z}}, []policy.Venue{z}, "plan.target.first", 0},
		"hybrid when nothing is common":               {[][]policy.Venue{{p}, {g}}, []policy.Venue{p, g}, "plan.target.split", 0},
		"a component with nothing open stays on site": {[][]policy.Venue{{p, g}, {o}}, []policy.Venue{p}, "plan.target.priority", 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := propose(subject(t, l, sys{"A", fresh(), tt.open}).Parts)
			if !slices.Equal(got.venues, tt.want) || got.why.Key != tt.why || got.stays != tt.stays {
				t.Errorf("proposed %v because %s, %d stay; want %v, %s, %d", got.venues, got.why.Key, got.stays, tt.want, tt.why, tt.stays)
			}
		})
	}
	must := subject(t, l, sys{"A", fresh(), [][]policy.Venue{{g, p}}})
	must.Parts[0].Cloud[0] = policy.Required
	if got := propose(must.Parts); !slices.Equal(got.venues, []policy.Venue{g}) || got.why.Key != "plan.target.required" {
		t.Errorf("a required venue gave %+v", got)
	}
}

// draw makes an estate and its needs by chance: hubs, chains and circles among them.
func draw(t testing.TB, l lens, rng *rand.Rand, n int) ([]Subject, []Need) {
	t.Helper()
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	venues := [][][]policy.Venue{{{policy.Private}}, {{policy.Government, policy.PPP}}, {{policy.Private}, {policy.Government}}, {nil}, {{policy.OnSite}}}
	list := make([]Subject, n)
	for i := range list {
		facts := old(fmt.Sprintf("%d-03-04", 2022+rng.IntN(14)), "grade", 1+rng.IntN(4), "users", rng.IntN(1e6), "public_facing", rng.IntN(2) == 0)
		facts["stage"], facts["site"] = pick("new", "operating", "operating", "operating", "replacing"), pick("onsite", "onsite", "own", "government")
		list[i] = subject(t, l, sys{fmt.Sprintf("S%05d", i), facts, venues[rng.IntN(len(venues))]})
	}
	var needs []Need
	for range 2 * n {
		a, b := rng.IntN(n), rng.IntN(n)
		if rng.IntN(3) > 0 {
			b = rng.IntN(1 + n/20) // hubs
		}
		needs = append(needs, Need{list[a].ID, list[b].ID})
	}
	return list, needs
}

func TestPlansKeepTheirPromisesOnAnyEstate(t *testing.T) {
	t.Parallel()
	l := newLens(inventory.Facts())
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 1))
		estate, needs := draw(t, l, rng, 5+rng.IntN(300))
		cost := naru.Money(1 + rng.IntN(1000))
		in := Inputs{From: 2026, Years: 1 + rng.IntN(10), Cost: cost, Budget: naru.Money(rng.IntN(40))*cost + naru.Money(rng.IntN(int(cost)))}
		p := compute(estate, needs, reader(l), in)
		checkPromises(t, p, estate, needs)
		checkSame(t, p, rng, estate, needs, l)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func checkPromises(t *testing.T, p *plan, estate []Subject, needs []Need) {
	t.Helper()
	year, seen := map[inventory.SystemID]int{}, map[inventory.SystemID]bool{}
	may := map[inventory.SystemID]bool{}
	spent := map[int]naru.Money{}
	for _, at := range p.order {
		r := p.row(at)
		if seen[r.System] {
			t.Errorf("%s stands twice", r.Code)
		}
		seen[r.System], year[r.System] = true, r.Year
		may[r.System] = p.slots[at].group >= 0
		if r.Year > 0 {
			spent[r.Year] += r.Cost
			if r.Year < r.Wanted || len(r.Target) == 0 || r.Year > p.in.last() {
				t.Errorf("%+v", r)
			}
		}
		if (r.State == Slipped) != (r.Year > r.Wanted && r.Year > 0) || r.Why.Key == "" || (r.State == Slipped) != (r.Late.Key != "" && r.Year > 0) {
			t.Errorf("%s is %s in %d, wanted %d: %s %s", r.Code, r.State, r.Year, r.Wanted, r.Why.Key, r.Late.Key)
		}
	}
	if len(seen) != len(estate) {
		t.Errorf("%d rows for %d systems", len(seen), len(estate))
	}
	for y, won := range spent {
		if won > p.in.Budget {
			t.Errorf("%d takes %d of %d", y, won, p.in.Budget)
		}
	}
	for _, n := range needs {
		if !may[n.System] || !may[n.Needs] {
			continue
		}
		if u, d := year[n.System], year[n.Needs]; u > 0 && (d == 0 || d > u) {
			t.Errorf("%s moves in %d and needs %s of %d", n.System, u, n.Needs, d)
		}
	}
	for g := range p.teams { // no year leaves money that a waiting team could have taken
		team := &p.teams[g]
		ready, _ := p.ready(team)
		for y := ready; y <= p.in.last() && (team.year == 0 || y < team.year); y++ {
			if blocked := slices.ContainsFunc(team.needs, func(n int32) bool { return p.teams[n].year == 0 || p.teams[n].year > y }); !blocked && p.in.Budget-spent[y] >= team.cost {
				t.Errorf("team %d costs %d and did not take %d left in %d", g, team.cost, p.in.Budget-spent[y], y)
			}
		}
	}
}

// checkSame computes the plan from the same things in another order.
func checkSame(t *testing.T, p *plan, rng *rand.Rand, estate []Subject, needs []Need, l lens) {
	t.Helper()
	again, other := slices.Clone(estate), slices.Clone(needs)
	rng.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
	rng.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
	q := compute(again, other, reader(l), p.in)
	if p.digest() != q.digest() || !reflect.DeepEqual(p.years(), q.years()) {
		t.Error("another order of the same estate gave another plan")
	}
	for i := range p.order {
		if a, b := p.row(p.order[i]), q.row(q.order[i]); a.System != b.System || a.Why.Key != b.Why.Key || a.Late.Key != b.Late.Key {
			t.Errorf("row %d is %s (%s %s) and %s (%s %s)", i, a.Code, a.Why.Key, a.Late.Key, b.Code, b.Why.Key, b.Late.Key)
		}
	}
}

func TestCostsAreDerivedFromThePublishedPlan(t *testing.T) {
	t.Parallel()
	// 868,089,000,000 won / 10,009 systems = 86,730,842.24…
	if got := DerivedCost(); got != 86_730_842 {
		t.Errorf("cost per system %d", got)
	}
	// 868,089,000,000 won / 5 years x 17,243 / 15,369 systems = 194,787,671,637.7…
	if got := DerivedBudget(17_243, DerivedCost()); got != 194_787_671_638 {
		t.Errorf("budget of the nation %d", got)
	}
	if got := DerivedBudget(1, DerivedCost()); got != DerivedCost() {
		t.Errorf("budget of one system %d, want its cost", got)
	}
}

// BenchmarkCompute plans 17,243 systems with twice as many needs.
func BenchmarkCompute(b *testing.B) {
	l := newLens(inventory.Facts())
	estate, needs := draw(b, l, rand.New(rand.NewPCG(7, 7)), 17_243)
	in := Inputs{From: 2026, Years: 5, Cost: DerivedCost(), Budget: DerivedBudget(17_243, DerivedCost())}
	for b.Loop() {
		p := compute(estate, needs, reader(l), in)
		_, _ = p.years(), p.digest()
	}
}
