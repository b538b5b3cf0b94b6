package feed

import "slices"

// systemFacts draws the facts of a system in their outside form; what is left out is
// unknown.
func (g *Generator) systemFacts(s *sketch) map[string]any {
	since, end := s.dates()
	facts := map[string]any{
		"system.stage": s.stage, "system.public_facing": s.work.facing(), "system.internal_business": s.work.internal(),
		"system.linked_internal": s.chance(g.rates.linked),
		"system.grade":           s.grade, "system.site": s.cell.site,
	}
	if s.cell.centre != "" {
		facts["system.centre"] = s.cell.centre
	}
	if s.stage != "new" {
		facts["system.in_service_since"], facts["system.useful_life_end"] = string(since), string(end)
	}
	put := func(key string, v any) {
		if !s.chance(g.rates.soft) {
			facts[key] = v
		}
	}
	put("system.data_centre_plan", "none")
	big := int64(5 - s.grade)
	put("system.users", 50+big*big*big*int64(s.n(30_000)))
	put("system.yearly_cost", big*big*int64(5+s.n(120))*1_000_000)
	rto := recovery(s.grade)
	put("system.rto_minutes", int64(rto[0]+s.n(rto[1]-rto[0]+1)))
	put("system.rpo_minutes", int64(s.n(rto[1])))
	return facts
}

// recovery is the range of recovery targets of a grade in minutes. The plan of 2026 (N45)
// gives three ranges for three classes of systems; that grade 1 is the first class,
// grade 2 the second and the rest the third is an inference of the example.
func recovery(grade int64) [2]int {
	switch grade {
	case 1:
		return [2]int{5, 60}
	case 2:
		return [2]int{3 * 60, 12 * 60}
	}
	return [2]int{24 * 60, 5 * 24 * 60}
}

// componentFacts draws what rules ask of a component.
func (g *Generator) componentFacts(facts map[string]any, s *sketch, p part) {
	kinds, foi := g.secrets(s, p)
	facts["component.info_kinds"], facts["component.foi_items"] = kinds, foi
	personal := p.data == dataPersonal || p.data == dataGrave && s.chance(500)
	facts["component.personal_data"] = personal
	facts["component.nonpublic_business"] = p.data == dataNonpublic || p.data == dataGrave || p.data == dataPersonal && s.work.internal()
	facts["component.open_only"] = p.data == dataOpen
	facts["component.onsite_reasons"] = []string{}
	if p.field {
		facts["component.onsite_reasons"] = []string{pick(&s.dice, "sensor_cctv", "sensor_cctv", "plant_control", "onsite_security", "communication", "law_fixes_place")}
	}
	teaching := (s.cell.kind == "public_school" || s.cell.kind == "education_office") && s.work == workPublic
	facts["component.teaching"], facts["component.teaching_purpose"], facts["component.use_model"] = teaching, teaching, false
	facts["component.security_service"] = s.work == workInternal && s.chance(20)
	if personal {
		g.people(facts, s)
	}
	if s.resource != "" {
		facts["component.resource_grade"] = s.resource
	}
	if s.cell.cloud {
		facts["component.service_certified"] = s.cell.site == "private"
		if s.service != "" {
			facts["component.service_kind"] = s.service
		}
	}
	g.classes(facts, s, p)
	if s.incomplete {
		g.forget(facts, s)
	}
}

// secrets draws the kinds of grave information and the items of the FOI Act.
func (g *Generator) secrets(s *sketch, p part) (kinds, foi []string) {
	kinds, foi = []string{}, []string{}
	switch p.data {
	case dataGrave:
		switch s.cell.kind {
		case "constitutional":
			return []string{"trial"}, []string{"foi4"}
		case "central":
			kind := pick(&s.dice, "national_security", "defence", "diplomacy", "unification", "trade", "investigation", "sentence")
			if kind == "investigation" || kind == "sentence" {
				return []string{kind}, []string{"foi4"}
			}
			return []string{kind}, []string{"foi2"}
		}
		return []string{pick(&s.dice, "investigation", "national_security", "trade")}, []string{"foi1"}
	case dataPersonal:
		foi = append(foi, "foi6")
	case dataNonpublic:
		foi = append(foi, pick(&s.dice, "foi5", "foi5", "foi7"))
	}
	return kinds, foi
}

// people draws how many people a component knows: many know few, few know many.
func (g *Generator) people(facts map[string]any, s *sketch) {
	count := int64(30 + s.n(970))
	for range s.n(5) {
		count *= int64(2 + s.n(7))
	}
	sensitive := int64(0)
	if s.chance(500) {
		sensitive = count / int64(1+s.n(10))
	}
	facts["component.subjects"], facts["component.sensitive_subjects"] = count, sensitive
	facts["component.linked_subjects"] = count + int64(s.n(int(count)+1))/2
	if count >= 1_000_000 || sensitive >= 50_000 || s.chance(200) {
		facts["component.pia"] = pick(&s.dice, "passed", "passed", "passed", "under_way", "none")
	}
}

// classes draws what an institution judged itself, which it has done for some systems
// only; what it judged agrees with the facts.
func (g *Generator) classes(facts map[string]any, s *sketch, p part) {
	if s.chance(g.rates.classified) {
		tier := []string{"low", "middle", "middle", "high"}[p.data]
		if administrative(s.cell.kind) && s.work.internal() && s.grade <= 2 {
			tier = "high" // internal business, of importance (NIS guideline, N12)
		}
		facts["component.csap_tier"] = tier
		facts["component.n2sf_class"] = []string{"O", "S", "S", "C"}[p.data]
	}
	put := func(key string, v any) {
		if !s.chance(g.rates.soft) {
			facts[key] = v
		}
	}
	put("component.safety_review", pick(&s.dice, "none", "under_way", "passed"))
	put("component.nis_review", pick(&s.dice, "none", "under_way", "passed"))
	put("component.precedent", s.cell.site == "private" || s.chance(150))
}

// forget leaves out facts that the law asks about, as officers do who had no time.
func (g *Generator) forget(facts map[string]any, s *sketch) {
	asked := []string{
		"component.info_kinds", "component.onsite_reasons", "component.personal_data", "component.foi_items", "component.nonpublic_business",
		"component.open_only", "component.resource_grade", "component.csap_tier", "component.n2sf_class", "component.subjects",
	}
	keep := s.n(len(asked)) // two neighbours go, whatever else
	for k, key := range slices.Concat(asked[keep:], asked[:keep]) {
		if k < 2 || s.chance(300) {
			delete(facts, key)
		}
	}
}
