package feed

import (
	"fmt"
	"iter"

	"naru"
	"naru/flow/inventory"
)

// Nation is the example nation: synthetic institutions and systems, made from a seed so
// that the same seed gives the same nation. No row describes a real institution or a
// real system; importers mark all of it as synthetic.
type Nation struct {
	Institutions []inventory.InstitutionRow
	Lines        []Line // one per component
	Systems      int
}

// MakeNation returns a nation of size systems, all of it in memory.
func MakeNation(seed uint64, size int) Nation {
	g := NewGenerator(seed, size)
	n := Nation{Institutions: g.Institutions(), Systems: size}
	for lines := range g.Systems() {
		n.Lines = append(n.Lines, lines...)
	}
	return n
}

// Rows returns the systems as the inventory takes them, without the way through a file.
func (n Nation) Rows() []inventory.Row {
	rows := make([]inventory.Row, len(n.Lines))
	for i, l := range n.Lines {
		rows[i] = l.Row
	}
	return rows
}

// NationSize is how many systems the real estate had (N72), and the example has by default.
func NationSize() int { return proportionTable().count("estate.systems") }

// NationDay is the day the dates of the example nation are laid out around.
const NationDay naru.Date = "2026-01-01"

// usefulLife is the life of a system in years, as the plan of 2021 counted it (N21).
const usefulLife = 6

// ready is how many systems of the first institution are described so well that they
// can be carried across at once: something to try the road with.
const ready = 5

// Generator draws the example nation. A system follows from its number and the seed
// alone, so that a nation of any size needs no memory for its systems.
type Generator struct {
	seed   uint64
	size   int
	table  table
	rates  rates
	layout *layout
	places []place
	decks  decks
	hubs   []hub

	subjects  []string
	functions map[work][]string
}

// rates are the configured chances, in thousandths.
type rates struct {
	fresh, field, incomplete, open, personal, linked, two, three, platform, own, classified, soft int
}

func ratesOf(t table) rates {
	return rates{
		fresh: t.perMille("stage.new"), field: t.perMille("onsite.field"), incomplete: t.perMille("facts.incomplete"),
		open: t.perMille("data.open"), personal: t.perMille("data.personal"), linked: t.perMille("data.linked"),
		two: t.perMille("parts.two"), three: t.perMille("parts.three"), platform: t.perMille("needs.platform"),
		own: t.perMille("needs.own"), classified: t.perMille("facts.classified"), soft: t.perMille("facts.soft"),
	}
}

// decks deal what the table gives as quota.
type decks struct {
	service, grade, daejeon, life, stage     *deck
	work, publicWork, resource               *deck
	graveCentral, graveConstitutional, grave *deck
}

// NewGenerator lays out a nation of size systems.
func NewGenerator(seed uint64, size int) *Generator {
	g := &Generator{seed: seed, size: max(size, 0), table: proportionTable(), subjects: subjects(), functions: map[work][]string{}}
	for w := workInternal; w <= workOther; w++ {
		g.functions[w] = functions(w)
	}
	g.rates = ratesOf(g.table)
	g.layout = newLayout(seed, g.size, g.table)
	g.places = newPlaces(g.layout, g.table, g.size)
	g.decks = g.shuffleDecks()
	g.hubs = g.findHubs()
	return g
}

// Institutions returns the institutions, the home institution first.
func (g *Generator) Institutions() []inventory.InstitutionRow {
	rows := make([]inventory.InstitutionRow, len(g.places))
	for i := range g.places {
		rows[i] = g.places[i].row
	}
	return rows
}

// Systems yields the lines of one system after the other, a line per component.
func (g *Generator) Systems() iter.Seq[[]Line] {
	return func(yield func([]Line) bool) {
		row := 2 // the first line under the headings
		for i := range g.size {
			lines := g.system(i)
			for k := range lines {
				lines[k].Row.Row = row
				row++
			}
			if !yield(lines) {
				return
			}
		}
	}
}

// code is the number an institution gives its system.
func (g *Generator) code(i int) string { return fmt.Sprintf("SYS-%05d", i+1) }

// system draws one system.
func (g *Generator) system(i int) []Line {
	b, at := g.layout.find(i)
	p := g.placeOf(b, at)
	if i < g.layout.ready {
		return []Line{readyLine(p, g.code(i), i)}
	}
	s := g.sketch(i)
	facts := g.systemFacts(&s)
	needs := g.needs(&s, p)
	parts := g.parts(&s)
	lines := make([]Line, len(parts))
	for k, part := range parts {
		lines[k] = Line{InstitutionCode: p.row.Code, InstitutionName: p.row.Value.Name, Row: inventory.Row{
			Synthetic:       true,
			InstitutionCode: p.row.Code, Code: g.code(i), Name: g.name(&s, p), Component: part.name, Needs: needs, Links: part.links,
			Facts: make(map[string]any, len(facts)+20),
		}}
		for key, v := range facts {
			lines[k].Facts[key] = v
		}
		g.componentFacts(lines[k].Facts, &s, part)
	}
	return lines
}

func readyLine(p *place, code string, i int) Line {
	name := []string{"민원 안내 누리집", "정보공개 포털", "행사 예약서비스", "통계 공개 포털", "홍보 누리집"}[i]
	return Line{InstitutionCode: p.row.Code, InstitutionName: p.row.Value.Name, Row: inventory.Row{
		Synthetic:       true,
		InstitutionCode: p.row.Code, Code: code, Name: name,
		Facts: map[string]any{
			"system.stage": "operating", "system.public_facing": true, "system.internal_business": false, "system.linked_internal": false,
			"system.grade": int64(3), "system.site": "onsite", "system.in_service_since": "2020-03-04", "system.useful_life_end": "2026-03-03",
			"system.users": int64(40_000 * (i + 1)), "system.yearly_cost": int64(30_000_000 * (i + 1)),
			"component.info_kinds": []string{}, "component.personal_data": false, "component.foi_items": []string{},
			"component.nonpublic_business": false, "component.open_only": true, "component.csap_tier": "middle",
			"component.n2sf_class": "O", "component.safety_review": "passed", "component.nis_review": "passed",
			"component.precedent": true, "component.onsite_reasons": []string{}, "component.teaching": false,
			"component.security_service": false,
		},
	}}
}
