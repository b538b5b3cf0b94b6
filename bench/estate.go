package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"

	"naru/flow/inventory"
	"naru/wire/mapping"
	"naru/wire/sheet"
)

// systems is the size of the estate of every claim: more than the 17,243 systems that the government counts.
const systems = 20_000

// institutions is how many own them.
const institutions = 300

func nation() []inventory.InstitutionRow {
	kinds := []string{"central", "local", "quasi_government", "other_public", "public_corp"}
	rows := make([]inventory.InstitutionRow, institutions)
	for i := range rows {
		rows[i] = inventory.InstitutionRow{Row: i + 2, Code: code(i), Value: inventory.Institution{
			Name: fmt.Sprintf("측정기관 %03d", i), Kind: kinds[i%len(kinds)], Synthetic: true,
		}}
	}
	return rows
}

func code(i int) string { return fmt.Sprintf("9%06d", i) }

// estate writes the sheet of the nation's systems as officers would send it: one and a half components each, facts
// spread by a fixed seed, some of them unknown. It is invented, and imported as synthetic.
func estate(m *mapping.Mapping) ([]byte, error) {
	var buf bytes.Buffer
	w, err := sheet.WriteXLSX(&buf, "정보시스템", m.Heads())
	if err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range systems {
		own := system(rng, i)
		for c := range 1 + i%2 {
			values := component(rng, c)
			for field, v := range own {
				values[field] = v
			}
			if err := w.Row(m.Cells(mapping.Record{Values: values})); err != nil {
				return nil, err
			}
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

func system(rng *rand.Rand, i int) map[string]mapping.Value {
	return map[string]mapping.Value{
		"institution.code":         text(code(rng.IntN(institutions))),
		"system.code":              text(fmt.Sprintf("S-%05d", i)),
		"system.name":              text(fmt.Sprintf("측정 정보시스템 %05d", i)),
		"system.stage":             enum(rng, "new", "operating", "replacing", "rebuilding"),
		"system.public_facing":     yes(rng.IntN(2) == 0),
		"system.internal_business": yes(rng.IntN(2) == 0),
		"system.grade":             number(1 + rng.Int64N(4)),
		"system.site":              enum(rng, "government", "private", "own", "onsite"),
		"system.in_service_since":  {Type: mapping.TypeDate, Text: fmt.Sprintf("20%02d-%02d-%02d", rng.IntN(25), 1+rng.IntN(12), 1+rng.IntN(28))},
		"system.users":             number(rng.Int64N(100_000)),
		"system.yearly_cost":       number(rng.Int64N(1e9)),
	}
}

func component(rng *rand.Rand, c int) map[string]mapping.Value {
	personal := rng.Int64N(2) // no personal data, no data subjects
	v := map[string]mapping.Value{
		"component.name":               text([]string{"웹", "자료"}[c]),
		"component.personal_data":      yes(personal == 1),
		"component.subjects":           number(personal * rng.Int64N(2_000_000)),
		"component.sensitive_subjects": number(personal * rng.Int64N(100_000)),
		"component.onsite_reasons":     {Type: mapping.TypeList, List: []string{}},
	}
	if rng.IntN(3) > 0 {
		v["component.info_kinds"] = list(rng, "trade", "investigation", "system_log", "life_safety")
		v["component.foi_items"] = list(rng, "foi1", "foi5", "foi6")
	}
	if rng.IntN(2) == 0 {
		v["component.open_only"] = yes(rng.IntN(2) == 0)
	}
	return v
}

func text(s string) mapping.Value  { return mapping.Value{Type: mapping.TypeText, Text: s} }
func number(n int64) mapping.Value { return mapping.Value{Type: mapping.TypeInt, Int: n} }
func yes(b bool) mapping.Value     { return mapping.Value{Type: mapping.TypeBool, Bool: b} }
func enum(rng *rand.Rand, codes ...string) mapping.Value {
	return mapping.Value{Type: mapping.TypeEnum, Text: codes[rng.IntN(len(codes))]}
}

func list(rng *rand.Rand, codes ...string) mapping.Value {
	return mapping.Value{Type: mapping.TypeList, List: []string{codes[rng.IntN(len(codes))]}}
}
