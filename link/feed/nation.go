package feed

import (
	"fmt"
	"math/rand/v2"

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

// body is a group of institutions of the example nation.
type body struct {
	kind   string
	names  []string
	weight int // how many systems, relative to the others
}

func bodies() []body {
	return []body{
		{"central", []string{"가상행정부", "가상국토부", "가상복지부", "가상교육부", "가상환경부", "가상통상부", "가상해양부", "가상국방부"}, 6},
		{"local", []string{"가람특별시", "나루광역시", "다솔도", "라온도", "마루시", "바다군", "새벽구", "아름시", "자작군", "하늘구"}, 4},
		{"public_corp", []string{"가상수자원공사", "가상철도공사", "가상전력거래공사"}, 3},
		{"quasi_government", []string{"가상연금공단", "가상건강보험공단", "가상정보화진흥원", "가상환경공단"}, 3},
		{"other_public", []string{"가상과학기술연구원", "가상문화재단", "가상국립병원"}, 2},
		{"education_office", []string{"나루광역시교육청", "다솔도교육청"}, 3},
		{"local_corp", []string{"나루도시철도공사", "마루시설관리공단"}, 1},
		{"special_corp", []string{"가상공제회"}, 1},
		{"public_school", []string{"나루중앙고등학교", "다솔초등학교"}, 1},
		{"constitutional", []string{"가상선거관리위원회"}, 2},
		{"private_school", []string{"가상사립대학교"}, 1},
	}
}

// words of system names: what it is about and what it does.
func subjects() []string {
	return []string{"민원", "예산", "인사", "급여", "문서", "통계", "도서관", "상수도", "도로", "교통", "환경", "보건", "복지", "연금", "지방세", "주민", "재난", "기상", "산림", "농업", "수산", "관광", "체육", "문화재", "교육", "입찰", "자산", "법령", "감사", "홍보", "채용", "연구과제", "에너지", "폐기물", "하천"}
}

func functions() []string {
	return []string{"포털", "관리시스템", "통합플랫폼", "신고센터", "예약서비스", "정보공개시스템", "업무지원시스템", "분석시스템", "누리집", "모바일서비스"}
}

// MakeNation returns a nation of size systems.
func MakeNation(seed uint64, size int) Nation {
	m := &maker{rng: rand.New(rand.NewPCG(seed, 0x6e617275))}
	m.institutions()
	for i := range size {
		if i < ready {
			m.readySystem(i)
			continue
		}
		m.system(i)
	}
	m.nation.Systems = size
	return m.nation
}

// ready is how many systems of the first institution are described so well that they
// can be carried across at once: something to try the road with.
const ready = 5

func (m *maker) readySystem(i int) {
	inst := m.nation.Institutions[0]
	name := []string{"민원 안내 누리집", "정보공개 포털", "행사 예약서비스", "통계 공개 포털", "홍보 누리집"}[i]
	m.nation.Lines = append(m.nation.Lines, Line{
		InstitutionCode: inst.Code, InstitutionName: inst.Value.Name,
		Row: inventory.Row{
			Row: len(m.nation.Lines) + 2, InstitutionCode: inst.Code, Code: fmt.Sprintf("SYS-%05d", i+1), Name: name,
			Facts: map[string]any{
				"system.stage": "operating", "system.public_facing": true, "system.internal_business": false, "system.linked_internal": false,
				"system.grade": int64(3), "system.site": "onsite", "system.in_service_since": "2019-03-04", "system.useful_life_end": "2026-03-03",
				"system.users": int64(40_000 * (i + 1)), "system.yearly_cost": int64(30_000_000 * (i + 1)),
				"component.info_kinds": []string{}, "component.personal_data": false, "component.foi_items": []string{},
				"component.nonpublic_business": false, "component.open_only": true, "component.csap_tier": "middle",
				"component.n2sf_class": "O", "component.safety_review": "passed", "component.nis_review": "passed",
				"component.precedent": true, "component.onsite_reasons": []string{}, "component.teaching": false,
				"component.security_service": false,
			},
		},
	})
}

// maker draws a nation.
type maker struct {
	rng     *rand.Rand
	nation  Nation
	choices []inventory.InstitutionRow // repeated by weight
	known   bool                       // the system being drawn has every fact: its officer has done the work
}

func (m *maker) institutions() {
	central := ""
	for _, b := range bodies() {
		for i, name := range b.names {
			row := inventory.InstitutionRow{Row: len(m.nation.Institutions) + 2, Code: fmt.Sprintf("EX%05d", len(m.nation.Institutions)+1)}
			row.Value = inventory.Institution{Name: name, Kind: b.kind, Synthetic: true}
			switch {
			case b.kind == "central" && i == 0:
				central = row.Code
			case b.kind != "central" && b.kind != "constitutional" && b.kind != "local":
				row.ParentCode, row.Value.Ministry = central, b0()
			}
			m.nation.Institutions = append(m.nation.Institutions, row)
			for range b.weight {
				m.choices = append(m.choices, row)
			}
		}
	}
}

// b0 is the name of the ministry that stands over the example's public bodies.
func b0() string { return bodies()[0].names[0] }

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// chance is true in percent of the draws.
func (m *maker) chance(percent int) bool { return m.rng.IntN(100) < percent }

func (m *maker) system(i int) {
	inst := pick(m.rng, m.choices)
	name := pick(m.rng, subjects()) + " " + pick(m.rng, functions())
	code := fmt.Sprintf("SYS-%05d", i+1)
	m.known = m.chance(30)
	facts := m.systemFacts()
	parts := []string{""}
	switch {
	case m.chance(15):
		parts = []string{"대국민 웹", "업무 서버", "데이터베이스"}
	case m.chance(25):
		parts = []string{"대국민 웹", "내부 업무"}
	}
	for k, part := range parts {
		line := Line{InstitutionCode: inst.Code, InstitutionName: inst.Value.Name, Row: inventory.Row{
			Row: len(m.nation.Lines) + 2, InstitutionCode: inst.Code, Code: code, Name: name, Component: part, Facts: map[string]any{},
		}}
		for key, v := range facts {
			line.Facts[key] = v
		}
		m.componentFacts(line.Facts, inst.Value.Kind, k)
		m.nation.Lines = append(m.nation.Lines, line)
	}
}

func (m *maker) systemFacts() map[string]any {
	facts := map[string]any{}
	put := func(percent int, key string, v any) {
		if m.chance(percent) || m.known {
			facts[key] = v
		}
	}
	since := naru.Date("2010-01-01").AddDays(m.rng.IntN(365 * 15))
	put(95, "system.stage", pick(m.rng, []string{"operating", "operating", "operating", "new", "replacing", "rebuilding"}))
	put(92, "system.public_facing", m.chance(45))
	put(90, "system.internal_business", m.chance(50))
	put(80, "system.linked_internal", m.chance(40))
	put(93, "system.grade", int64(1+m.rng.IntN(4)))
	put(95, "system.site", pick(m.rng, []string{"onsite", "onsite", "onsite", "government", "government", "private", "own", "ppp"}))
	put(85, "system.in_service_since", string(since))
	put(75, "system.useful_life_end", string(since.AddDays(365*(5+m.rng.IntN(6)))))
	put(80, "system.users", int64(50+m.rng.IntN(200_000)))
	put(90, "system.yearly_cost", int64(1+m.rng.IntN(900))*1_000_000)
	put(60, "system.rto_minutes", int64(30*(1+m.rng.IntN(96))))
	put(55, "system.rpo_minutes", int64(15*(1+m.rng.IntN(96))))
	return facts
}

// componentFacts draws what rules ask of a component; what is left out is unknown.
func (m *maker) componentFacts(facts map[string]any, kind string, part int) {
	put := func(percent int, key string, v any) {
		if m.chance(percent) || m.known {
			facts[key] = v
		}
	}
	put(90, "component.info_kinds", m.infoKinds(kind))
	personal := part > 0 || m.chance(50)
	put(95, "component.personal_data", personal)
	if personal {
		count := int64(10 + m.rng.IntN(1_500_000))
		put(85, "component.subjects", count)
		put(75, "component.sensitive_subjects", count/int64(1+m.rng.IntN(20)))
		put(60, "component.linked_subjects", count+int64(m.rng.IntN(200_000)))
		put(80, "component.pia", pick(m.rng, []string{"none", "under_way", "passed", "passed"}))
	}
	put(75, "component.foi_items", m.foiItems(personal))
	put(85, "component.nonpublic_business", m.chance(40))
	put(85, "component.open_only", !personal && m.chance(40))
	put(88, "component.csap_tier", pick(m.rng, []string{"low", "low", "middle", "high"}))
	put(60, "component.n2sf_class", pick(m.rng, []string{"O", "O", "S", "C"}))
	put(70, "component.resource_grade", pick(m.rng, []string{"1", "2", "3"}))
	put(75, "component.safety_review", pick(m.rng, []string{"none", "under_way", "passed"}))
	put(75, "component.nis_review", pick(m.rng, []string{"none", "under_way", "passed"}))
	put(70, "component.precedent", m.chance(30))
	put(90, "component.onsite_reasons", m.onsiteReasons())
	put(90, "component.teaching", kind == "public_school" || kind == "education_office" && m.chance(30))
	put(90, "component.security_service", m.chance(3))
	put(70, "component.service_kind", pick(m.rng, []string{"iaas", "paas", "saas"}))
}

func (m *maker) infoKinds(kind string) []string {
	switch {
	case kind == "constitutional" && m.chance(30):
		return []string{"trial"}
	case kind == "central" && m.chance(12):
		return []string{pick(m.rng, []string{"national_security", "defence", "diplomacy", "investigation", "trade"})}
	case m.chance(4):
		return []string{"life_safety"}
	}
	return []string{}
}

func (m *maker) foiItems(personal bool) []string {
	if personal {
		return []string{"foi6"}
	}
	if m.chance(15) {
		return []string{pick(m.rng, []string{"foi5", "foi7"})}
	}
	return []string{}
}

func (m *maker) onsiteReasons() []string {
	if m.chance(6) {
		return []string{pick(m.rng, []string{"plant_control", "sensor_cctv", "law_fixes_place"})}
	}
	return []string{}
}

// Rows returns the systems as the inventory takes them, without the way through a file.
func (n Nation) Rows() []inventory.Row {
	rows := make([]inventory.Row, len(n.Lines))
	for i, l := range n.Lines {
		rows[i] = l.Row
	}
	return rows
}
