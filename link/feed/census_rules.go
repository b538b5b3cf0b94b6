package feed

import (
	"fmt"
	"slices"

	"naru"
)

// all is the whole estate.
func all(*counted) bool { return true }

// censusRules says how each line of the table is counted in the facts of a nation.
func censusRules() []censusRule {
	return slices.Concat(siteRules(), ownerRules(), lifeRules(), workRules())
}

func siteRules() []censusRule {
	site := func(name string) func(*counted) bool { return func(s *counted) bool { return s.is("site", name) } }
	centre := func(name string) func(*counted) bool { return func(s *counted) bool { return s.is("centre", name) } }
	elsewhere := func(s *counted) bool { return s.is("site", "government") && !s.is("centre", "daejeon") }
	cloud := func(s *counted) bool { return s.cloud() }
	service := func(kind string) func(*counted) bool {
		return func(s *counted) bool { return s.facts["component.service_kind"] == kind }
	}
	return []censusRule{
		{"estate.systems", all, all},
		{"site.nirs", all, func(s *counted) bool { return s.is("site", "government") && s.cloud() }},
		{"site.own", all, site("own")},
		{"site.private", all, site("private")},
		{"site.cloud", all, cloud},
		{"site.room", all, func(s *counted) bool { return s.room() }},
		{"site.hosted", all, func(s *counted) bool { return s.is("site", "government") && !s.cloud() }},
		{"centre.daejeon", all, centre("daejeon")},
		{"centre.gwangju", elsewhere, centre("gwangju")},
		{"centre.daegu", elsewhere, centre("daegu")},
		{"service.iaas", cloud, service("iaas")},
		{"service.saas", cloud, service("saas")},
		{"service.paas", cloud, service("paas")},
	}
}

func ownerRules() []censusRule {
	var list []censusRule
	names := []string{"central", "local", "public"}
	places := map[string]func(*counted) bool{
		"room":       func(s *counted) bool { return s.room() },
		"government": func(s *counted) bool { return s.is("site", "government") },
		"private":    func(s *counted) bool { return s.is("site", "private") },
	}
	for group, name := range names {
		in := func(s *counted) bool { return s.group() == group }
		for place, of := range places {
			list = append(list, censusRule{place + "." + name, of, in})
		}
		for _, kind := range kindsOf(group) {
			list = append(list, censusRule{"kind." + kind, in, func(s *counted) bool { return s.kind == kind }})
		}
	}
	return list
}

func lifeRules() []censusRule {
	past := func(s *counted) bool {
		end, _ := s.facts["system.useful_life_end"].(string)
		return end != "" && naru.Date(end) < NationDay
	}
	planned := func(s *counted) bool { return s.is("stage", "replacing") || s.is("stage", "rebuilding") }
	daejeon := func(s *counted) bool { return s.is("centre", "daejeon") }
	list := []censusRule{
		{"life.past", all, past},
		{"stage.planned", all, planned},
		{"stage.replacing", planned, func(s *counted) bool { return s.is("stage", "replacing") }},
		{"stage.new", func(s *counted) bool { return s.is("site", "onsite") && !past(s) && !planned(s) }, func(s *counted) bool { return s.is("stage", "new") }},
		{"grade.3", func(s *counted) bool { return !daejeon(s) && !s.is("grade", int64(1)) && !s.is("grade", int64(2)) }, func(s *counted) bool { return s.is("grade", int64(3)) }},
	}
	for grade := range int64(4) {
		of := func(s *counted) bool { return s.is("grade", grade+1) }
		list = append(list, censusRule{fmt.Sprintf("daejeon.%d", grade+1), daejeon, of})
		if grade < 2 {
			list = append(list, censusRule{fmt.Sprintf("grade.%d", grade+1), all, of})
		}
	}
	return list
}

func workRules() []censusRule {
	office := func(s *counted) bool { return administrative(s.kind) }
	body := func(s *counted) bool { return !administrative(s.kind) }
	does := func(internal, facing bool) func(*counted) bool {
		return func(s *counted) bool { return s.is("internal_business", internal) && s.is("public_facing", facing) }
	}
	kind := func(name string) func(*counted) bool { return func(s *counted) bool { return s.kind == name } }
	grade := func(g string) func(*counted) bool {
		return func(s *counted) bool {
			return s.some(func(f map[string]any) bool { return f["component.resource_grade"] == g })
		}
	}
	return []censusRule{
		{"work.administrative.internal", office, does(true, false)},
		{"work.administrative.both", office, does(true, true)},
		{"work.administrative.public", office, does(false, true)},
		{"work.public.internal", body, does(true, false)},
		{"work.public.both", body, does(true, true)},
		{"work.public.public", body, does(false, true)},
		{"resource.3", body, grade("3")},
		{"resource.2", body, grade("2")},
		{"data.grave.central", kind("central"), (*counted).grave},
		{"data.grave.constitutional", kind("constitutional"), (*counted).grave},
		{"data.grave.other", func(s *counted) bool { return s.kind != "central" && s.kind != "constitutional" }, (*counted).grave},
		{"data.linked", all, func(s *counted) bool { return s.is("linked_internal", true) }},
		{"onsite.field", all, (*counted).onsite},
		{"parts.two", all, func(s *counted) bool { return len(s.lines) == 2 }},
		{"parts.three", all, func(s *counted) bool { return len(s.lines) == 3 }},
		{"needs.platform", all, func(s *counted) bool { return s.needs(true) }},
		{"needs.own", all, func(s *counted) bool { return s.needs(false) }},
		{"data.open", func(s *counted) bool { return does(false, true)(s) && !s.grave() }, (*counted).open},
		{"data.personal", func(s *counted) bool { return !s.grave() && !s.open() }, func(s *counted) bool {
			return s.some(func(f map[string]any) bool { return f["component.personal_data"] == true })
		}},
		{"facts.classified", all, func(s *counted) bool {
			return s.some(func(f map[string]any) bool { return f["component.csap_tier"] != nil })
		}},
		{"facts.incomplete", all, (*counted).incomplete},
		{"eligible.PLAN2021", func(s *counted) bool { return s.room() && !s.onsite() }, func(s *counted) bool {
			return !s.grave() && !s.unknown() && s.is("internal_business", false)
		}},
	}
}
