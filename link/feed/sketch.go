package feed

import (
	"fmt"
	"slices"
	"strconv"

	"naru"
)

// work says what a system is for.
type work int

const (
	workInternal work = iota
	workBoth
	workPublic
	workOther
)

func (w work) internal() bool { return w == workInternal || w == workBoth }
func (w work) facing() bool   { return w == workBoth || w == workPublic }

// data says what kind of data is the most sensitive that a system holds.
type data int

const (
	dataOpen data = iota
	dataPersonal
	dataNonpublic
	dataGrave
)

// sketch is one system before its facts: what the quotas say of it.
type sketch struct {
	dice

	number     int
	cell       *cell
	service    string // kind of cloud service, "" = unknown
	grade      int64
	past       bool // its useful life
	stage      string
	work       work
	data       data
	resource   string // grade of the 2016 guideline, "" = not a public institution
	field      bool   // a part of it must stand on site
	incomplete bool   // its officer left out facts that the law asks about
}

// shuffleDecks prepares the quotas of the table.
func (g *Generator) shuffleDecks() decks {
	t, l := g.table, g.layout
	deck := func(name string, in func(*cell) bool, weights []int, readyCategory int) *deck {
		return l.deck(keyed(g.seed, name), in, func(size int) share { return share{apportion(size, weights), readyCategory} })
	}
	kind := func(k string) func(*cell) bool { return func(c *cell) bool { return c.kind == k } }
	plain := func(c *cell) bool { return c.kind != "central" && c.kind != "constitutional" }
	office := func(c *cell) bool { return administrative(c.kind) }
	body := func(c *cell) bool { return !administrative(c.kind) }
	const none = 0 // no ready system is in the deck
	planned := t.perMille("stage.replacing")
	room := siteCounts(t.count("estate.systems"), t)["onsite"]
	return decks{
		service: deck("service", func(c *cell) bool { return c.cloud }, t.weights("service.iaas", "service.saas", "service.paas"), none),
		daejeon: deck("daejeon", func(c *cell) bool { return c.centre == "daejeon" }, t.weights("daejeon.1", "daejeon.2", "daejeon.3", "daejeon.4")[:4], none),
		grade: l.deck(keyed(g.seed, "grade"), func(c *cell) bool { return c.centre != "daejeon" }, func(size int) share {
			return share{g.gradesElsewhere(size), 2}
		}),
		life: deck("life", func(*cell) bool { return true }, t.weights("life.past"), 1),
		stage: deck("stage", func(c *cell) bool { return c.site == "onsite" }, []int{
			t.count("stage.planned") * planned, t.count("stage.planned") * (1000 - planned), (room - t.count("stage.planned")) * 1000,
		}, 2),
		work:                deck("work", office, t.weights("work.administrative.internal", "work.administrative.both", "work.administrative.public"), int(workPublic)),
		publicWork:          deck("public work", body, t.weights("work.public.internal", "work.public.both", "work.public.public"), none),
		resource:            deck("resource", body, t.weights("resource.3", "resource.2"), none),
		graveCentral:        deck("grave central", kind("central"), t.weights("data.grave.central"), 1),
		graveConstitutional: deck("grave constitutional", kind("constitutional"), t.weights("data.grave.constitutional"), 1),
		grave:               deck("grave", plain, t.weights("data.grave.other"), 1),
	}
}

// gradesElsewhere splits the systems outside the Daejeon centre by grade: the nation's
// count of grades 1 and 2 less the centre's, and the rest by configuration.
func (g *Generator) gradesElsewhere(size int) []int {
	nation := apportion(g.size, g.table.weights("grade.1", "grade.2"))
	centre := apportion(g.size-size, g.table.weights("daejeon.1", "daejeon.2", "daejeon.3", "daejeon.4")[:4])
	first, second := max(nation[0]-centre[0], 0), max(nation[1]-centre[1], 0)
	rest := apportion(size-first-second, g.table.weights("grade.3"))
	return []int{first, second, rest[0], rest[1]}
}

// sketch draws what the quotas say of a system that is not one of the ready ones.
func (g *Generator) sketch(i int) sketch {
	b, at := g.layout.find(i)
	if b.kind == "central" {
		at -= g.layout.ready
	}
	c, rank := g.layout.seat(b, at)
	d := &g.decks
	s := sketch{dice: dice{key: keyed(g.seed, "system") + uint64(i)*0x9e3779b97f4a7c15}, number: i, cell: &g.layout.cells[c]}
	if k := d.service.deal(c, rank); k >= 0 {
		s.service = []string{"iaas", "saas", "paas", ""}[k]
	}
	s.grade = int64(max(d.daejeon.deal(c, rank), d.grade.deal(c, rank)) + 1)
	s.past = d.life.deal(c, rank) == 0
	s.stage = "operating"
	if k := d.stage.deal(c, rank); k == 0 || k == 1 {
		s.stage = []string{"replacing", "rebuilding"}[k]
	} else if s.cell.site == "onsite" && !s.past && s.chance(g.rates.fresh) {
		s.stage = "new"
	}
	s.work = work(max(d.work.deal(c, rank), d.publicWork.deal(c, rank)))
	s.data = g.dataOf(&s, max(d.grave.deal(c, rank), d.graveCentral.deal(c, rank), d.graveConstitutional.deal(c, rank)) == 0)
	if k := d.resource.deal(c, rank); k >= 0 {
		s.resource = []string{"3", "2", "1"}[k]
	}
	s.field = s.chance(g.rates.field)
	s.incomplete = s.chance(g.rates.incomplete)
	return s
}

// dataOf draws the kind of data: only what faces the public alone may be all open.
func (g *Generator) dataOf(s *sketch, grave bool) data {
	switch {
	case grave:
		return dataGrave
	case s.work == workPublic && s.chance(g.rates.open):
		return dataOpen
	case s.chance(g.rates.personal):
		return dataPersonal
	}
	return dataNonpublic
}

// dates draws the day a system went into service, more than a useful life ago when it
// is past; the later day is the likelier.
func (s *sketch) dates() (since, end naru.Date) {
	turn := moved(NationDay, -usefulLife) // who began on this day is past today
	since = turn.AddDays(1 + s.n(2180))
	if s.past {
		since = turn.AddDays(-min(s.n(2600), s.n(2600)))
	}
	return since, moved(since, usefulLife).AddDays(-1)
}

// moved is the same day of another year; 29 February becomes 1 March where there is none.
func moved(d naru.Date, years int) naru.Date {
	year, _ := strconv.Atoi(string(d[:4])) // a date begins with its year
	next := naru.Date(fmt.Sprintf("%04d%s", year+years, d[4:]))
	if _, ok := next.Days(); !ok {
		return next[:4] + "-03-01"
	}
	return next
}

// part is one component to be drawn.
type part struct {
	name  string
	links []string
	data  data
	field bool
}

// parts splits a system into components: what faces the public holds open data, and
// the most sensitive data stands at the back.
func (g *Generator) parts(s *sketch) []part {
	var list []part
	front := part{name: "업무 화면", data: min(s.data, dataNonpublic)}
	if s.work.facing() {
		front = part{name: "대국민 웹", data: dataOpen}
	}
	switch roll := s.n(1000); {
	case roll < g.rates.three:
		list = []part{front, {name: "업무 서버", data: min(s.data, dataNonpublic)}, {name: "데이터베이스", data: s.data}}
	case roll < g.rates.three+g.rates.two:
		list = []part{front, {name: "내부 업무", data: s.data}}
	case s.field && s.chance(500):
		list = []part{{name: "관제 서버", data: s.data}}
	default:
		return []part{{data: s.data, field: s.field}}
	}
	if s.field {
		list = append(list, part{name: "현장 수집", data: dataNonpublic, field: true})
	}
	for i := 1; i < len(list); i++ { // a chain: each exchanges data with the next
		list[i-1].links = append(list[i-1].links, list[i].name)
	}
	return slices.Clip(list)
}
