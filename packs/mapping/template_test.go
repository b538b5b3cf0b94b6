package mapping_test

import (
	"bytes"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"naru/base/policy"
	"naru/flow/inventory"
	"naru/packs/mapping"
	wire "naru/wire/mapping"
	"naru/wire/sheet"
)

func TestEveryMappingFileParsesAndSaysWhereItsDataComesFrom(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(mapping.Files, "*.yaml")
	if err != nil || len(names) < 10 {
		t.Fatalf("%v, %v", names, err)
	}
	for _, name := range names {
		m := load(t, strings.TrimSuffix(name, ".yaml"))
		if m.Name+".yaml" != name || m.Source.Title == "" || m.TitleEn == "" {
			t.Errorf("%s: names itself %q, source %q, English title %q", name, m.Name, m.Source.Title, m.TitleEn)
		}
	}
}

// TestTheSystemTemplateHasEveryFact keeps the template and the schema of facts the same: headings, types and code lists.
func TestTheSystemTemplateHasEveryFact(t *testing.T) {
	t.Parallel()
	m := load(t, "systems")
	types := map[policy.FieldType]wire.Type{
		policy.Bool: wire.TypeBool, policy.Int: wire.TypeInt, policy.Date: wire.TypeDate,
		policy.Enum: wire.TypeEnum, policy.Set: wire.TypeList,
	}
	for _, f := range inventory.Facts().Fields() {
		if strings.HasPrefix(f.Key, "institution.") {
			continue
		}
		c := m.Column(f.Key)
		if c == nil {
			t.Errorf("fact %s has no column", f.Key)
			continue
		}
		if c.Type != types[f.Type] || c.Heading() != f.Label.Ko || !slices.Contains(c.Headings, f.Label.En) {
			t.Errorf("fact %s: column %s %v, want %s %q %q", f.Key, c.Type, c.Headings, types[f.Type], f.Label.Ko, f.Label.En)
		}
		checkCodes(t, c, f)
	}
}

// checkCodes reads every label of a fact's code list through the column.
func checkCodes(t *testing.T, c *wire.Column, f policy.Field) {
	t.Helper()
	for _, code := range f.Codes {
		for _, word := range []string{code.Label.Ko, code.Label.En} {
			v, fault := c.Read(word)
			got := v.Text
			if f.Type == policy.Set && len(v.List) == 1 {
				got = v.List[0]
			}
			if fault != "" || got != code.Key {
				t.Errorf("fact %s: %q reads as %q %s, want %q", f.Key, word, got, fault, code.Key)
			}
		}
	}
}

func TestAnEmptyTemplateIsReadWithoutFaults(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"systems", "institutions"} {
		m := load(t, name)
		data, err := m.Template()
		if err != nil {
			t.Fatal(err)
		}
		table, err := m.Open(bytes.NewReader(data), int64(len(data)), name+".xlsx", sheet.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for rec, faults := range m.Apply(table) {
			t.Errorf("%s: record %+v, faults %+v", name, rec, faults)
		}
	}
}
