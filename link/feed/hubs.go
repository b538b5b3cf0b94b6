package feed

import "slices"

// hub is a shared platform (공통기반) of the example nation: a system that many others
// cannot work without, so that losing it reaches far. All of them are invented.
type hub struct {
	name   string
	number int    // of the system that plays it
	code   string // institution/code
	needs  []int  // other hubs, around in a circle too
}

// hubPlan lists the shared platforms and what they need of each other.
func hubPlan() []hub {
	return []hub{
		{name: "통합인증 공통기반", needs: []int{3}},
		{name: "행정정보 공유 공통기반", needs: []int{0}},
		{name: "전자문서 유통 공통기반", needs: []int{0}},
		{name: "국민알림 공통기반", needs: []int{0}},
		{name: "지방행정 공통기반", needs: []int{1}},
		{name: "지방재정 공통기반", needs: []int{4}},
		{name: "교육행정 공통기반", needs: []int{0}},
		{name: "공공재정 공통기반", needs: []int{1}},
	}
}

// The places of hubs in the plan.
const (
	hubSignIn = iota
	hubSharing
	hubDocuments
	hubNotices
	hubLocal
	hubLocalFinance
	hubSchools
	hubFinance
)

// findHubs lets the most important systems of central agencies be the platforms: grade 1
// at the Daejeon centre first, then whatever is nearest to it.
func (g *Generator) findHubs() []hub {
	plan := hubPlan()
	b := &g.layout.blocks[0]
	byRank := make([][]int, 4)
	for i := b.start + g.layout.ready; i < b.start+b.size; i++ {
		s := g.sketch(i)
		rank := 3
		switch {
		case s.cell.centre == "daejeon" && s.grade == 1:
			rank = 0
		case s.cell.centre == "daejeon":
			rank = 1
		case s.cell.site == "government":
			rank = 2
		}
		byRank[rank] = append(byRank[rank], i)
	}
	found := slices.Concat(byRank...)
	plan = plan[:min(len(plan), len(found))]
	for k := range plan {
		at := found[k]
		if len(byRank[0]) >= len(plan) { // spread over the institutions
			at = byRank[0][k*len(byRank[0])/len(plan)]
		}
		plan[k].number = at
		plan[k].code = g.placeOf(b, at-b.start).row.Code + "/" + g.code(at)
	}
	return plan
}

// needs draws what a system needs: the platforms of its kind of work, and now and then
// the first system of its own institution.
func (g *Generator) needs(s *sketch, p *place) []string {
	var list []string
	for k := range g.hubs {
		if g.hubs[k].number == s.number {
			for _, other := range g.hubs[k].needs {
				if other < len(g.hubs) {
					list = append(list, g.hubs[other].code)
				}
			}
			return list
		}
	}
	if s.chance(g.rates.platform) {
		for n, k := range g.platforms(s) {
			if k < len(g.hubs) && (n == 0 || s.chance(300)) {
				list = append(list, g.hubs[k].code)
			}
		}
	}
	first := g.layout.startOf(p.kind) + p.start
	if p.start == 0 && p.kind == "central" {
		first += g.layout.ready
	}
	if s.number > first && s.chance(g.rates.own) {
		list = append(list, g.code(first))
	}
	return list
}

// platforms lists the platforms a system may need, the likeliest first.
func (g *Generator) platforms(s *sketch) []int {
	var list []int
	switch s.cell.kind {
	case "local":
		list = append(list, hubLocal)
		if s.work.internal() {
			list = append(list, hubLocalFinance)
		}
	case "education_office", "public_school":
		list = append(list, hubSchools)
	case "central":
		list = append(list, hubSharing)
	}
	if s.work.facing() {
		list = append(list, hubSignIn, hubNotices)
	}
	if s.work.internal() {
		list = append(list, hubDocuments)
		if s.cell.kind != "local" {
			list = append(list, hubFinance)
		}
	}
	return append(list, hubSharing)
}
