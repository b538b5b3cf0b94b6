package teststand

import (
	"fmt"
	"testing"

	"naru"
	"naru/base/identity"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/link/feed"
)

// nation imports a few institutions and systems, all of them invented.
func (s *Stand) nation(t testing.TB) {
	t.Helper()
	root := naru.Actor{User: "setup", Role: string(identity.Operator)}
	Do(t, s, root, inventory.ImportInstitutions, inventory.ImportInstitutionsIn{Source: "stand", Rows: []inventory.InstitutionRow{
		{Row: 2, Code: "9990000", Value: inventory.Institution{Name: "가온부", NameEn: "Ministry of Gaon", Kind: "central", Synthetic: true}},
		{Row: 3, Code: "9990100", ParentCode: "9990000", Value: inventory.Institution{Name: "가온정보진흥원", NameEn: "Gaon Information Agency", Kind: "quasi_government", Ministry: "가온부", Synthetic: true}},
		{Row: 4, Code: "9990200", Value: inventory.Institution{Name: "한빛시", NameEn: "Hanbit City", Kind: "local", Synthetic: true}},
	}})
	Do(t, s, root, inventory.Import, inventory.ImportIn{Source: "stand", Synthetic: true, Rows: rows()})
	list := Do(t, s, root, inventory.ListInstitutions, inventory.ListInstitutionsIn{Query: "가온정보진흥원"})
	if len(list.Rows) != 1 {
		t.Fatalf("%d institutions of the name", len(list.Rows))
	}
	s.Office = list.Rows[0]
}

// Enlarge imports the example nation beside the stand's own and decides everything.
func (s *Stand) Enlarge(t testing.TB, size int) {
	t.Helper()
	n := feed.MakeNation(20260302, size)
	Do(t, s, s.As(identity.Operator), inventory.ImportInstitutions, inventory.ImportInstitutionsIn{Source: "example nation", Rows: n.Institutions})
	Do(t, s, s.As(identity.Operator), inventory.Import, inventory.ImportIn{Source: "example nation", Synthetic: true, Rows: n.Rows()})
	Do(t, s, s.As(identity.Operator), s.Decide.Run, decide.RunIn{})
}

func rows() []inventory.Row {
	names := []string{"민원 접수 포털", "전자문서 유통", "공간정보 열람", "인사 급여", "도서관 통합 검색", "재난 문자 발송", "출입 통제", "누리집", "연구과제 관리", "교육 신청", "자원봉사 연계", "기록물 관리"}
	var out []inventory.Row
	for i := range 72 {
		name := names[i%len(names)]
		if i >= len(names) {
			name = fmt.Sprintf("%s %d", name, i/len(names)+1)
		}
		base := inventory.Row{
			Row: 2 + 2*i, InstitutionCode: []string{"9990100", "9990100", "9990200", "9990000"}[i%4], Code: fmt.Sprintf("SYN-%04d", i+1), Name: name,
			Facts: systemFacts(i), Needs: systemNeeds(i),
		}
		web := part(base, 0, "웹", webFacts(i))
		web.Links = []string{"데이터베이스"}
		out = append(out, web, part(base, 1, "데이터베이스", dataFacts(i)))
	}
	return out
}

func part(base inventory.Row, n int, name string, facts map[string]any) inventory.Row {
	row := base
	row.Row += n
	row.Component = name
	row.Facts = facts
	for k, v := range base.Facts {
		row.Facts[k] = v
	}
	return row
}

// systemNeeds hangs every third system on the one before it, of another institution.
func systemNeeds(i int) []string {
	if i%3 != 2 {
		return nil
	}
	return []string{fmt.Sprintf("%s/SYN-%04d", []string{"9990100", "9990100", "9990200", "9990000"}[(i-1)%4], i)}
}

func systemFacts(i int) map[string]any {
	facts := map[string]any{
		"system.stage": []string{"operating", "new", "rebuilding", "replacing"}[i%4], "system.grade": 1 + i%4,
		"system.site":          []string{"onsite", "government", "own", "private"}[i%4],
		"system.public_facing": i%2 == 0, "system.internal_business": i%2 == 1, "system.linked_internal": i%3 == 0,
		"system.yearly_cost": 12_000_000 + i*3_450_000, "system.users": 150 * (i + 1), "system.useful_life_end": fmt.Sprintf("20%d-06-30", 27+i%5),
		"system.data_centre_plan": []string{"other", "law", "agency"}[i%3],
	}
	if i%3 != 0 {
		facts["system.rto_minutes"] = 30 + 45*i
	}
	if facts["system.site"] == "government" && i%8 != 5 {
		facts["system.centre"] = []string{"daejeon", "daejeon", "gwangju"}[i%3]
	}
	return facts
}

func webFacts(i int) map[string]any {
	return map[string]any{
		"component.personal_data": false, "component.open_only": i%3 == 0, "component.nonpublic_business": i%3 == 1, "component.info_kinds": []string{},
		"component.foi_items": []string{}, "component.onsite_reasons": []string{}, "component.resource_grade": "3", "component.csap_tier": "low", "component.n2sf_class": "O",
		"component.nis_review": "passed",
	}
}

func dataFacts(i int) map[string]any {
	facts := map[string]any{
		"component.personal_data": true, "component.subjects": 30_000 * (i + 1), "component.sensitive_subjects": 4_000 * i, "component.open_only": false,
		"component.nonpublic_business": true, "component.onsite_reasons": []string{}, "component.foi_items": []string{"foi6"},
		"component.resource_grade": []string{"1", "2", "3"}[i%3], "component.csap_tier": []string{"middle", "high", "low"}[i%3],
	}
	if i%4 != 0 {
		facts["component.info_kinds"] = []string{}
		facts["component.nis_review"] = "none"
	}
	if i%12 == 0 { // may not go where its web goes
		facts["component.onsite_reasons"] = []string{"sensor_cctv"}
		facts["component.info_kinds"] = []string{}
		facts["component.nis_review"] = "passed"
		facts["component.n2sf_class"] = "S"
	}
	if i%12 == 5 {
		facts["component.info_kinds"] = []string{"life_safety"}
	}
	return facts
}
