package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"naru"
	"naru/base/policy"
	"naru/flow/decide"
	"naru/flow/inventory"
)

// typed runs a command line of naru inside this process.
func typed(t *testing.T, in string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = runOn(t.Context(), append([]string{"--lang", "en"}, args...), strings.NewReader(in), &o, &e)
	return code, o.String(), e.String()
}

// masked hides digests, which change with every word of a pack.
func masked(out string) []byte {
	return regexp.MustCompile(`[0-9a-f]{64}`).ReplaceAll([]byte(out), []byte("DIGEST"))
}

// writePack writes a folder of one pack, changed from one that ships.
func writePack(t *testing.T, key string, changes ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), key)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pack.yaml", "cases.yaml"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "packs", "law", key, name))
		if err != nil {
			t.Fatal(err)
		}
		changed := strings.NewReplacer(changes...).Replace(string(text))
		if err := os.WriteFile(filepath.Join(dir, name), []byte(changed), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAFolderWithoutInstrumentsIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, args := range [][]string{{"policy", "test", dir}, {"decide", "--facts", "-", "--packs", dir}} {
		code, out, errs := typed(t, "{}", args...)
		if code != 2 || out != "" || !strings.Contains(errs, "no instrument") {
			t.Errorf("%v: exit %d\n%s%s", args, code, out, errs)
		}
	}
}

func TestPolicyTestPassesOnWhatShips(t *testing.T) {
	t.Parallel()
	code, out, errs := typed(t, "", "policy", "test", "--format", "json")
	var r trialOut
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 || !r.OK || r.Cases < 250 || len(r.Failures) > 0 || len(r.Uncovered) > 0 {
		t.Fatalf("exit %d, %d cases, %d failures, %v: %v\n%s", code, r.Cases, len(r.Failures), r.Uncovered, err, errs)
	}
	if code, out, _ = typed(t, "", "policy", "test"); code != 0 || !strings.Contains(out, "0 failures, 0 rules not covered") || !strings.Contains(out, "INT2020/10-1-3") {
		t.Errorf("exit %d\n%s", code, out)
	}
}

func TestPolicyTestFindsWhatDoesNotHoldAndWhatIsNotCovered(t *testing.T) {
	t.Parallel()
	dir := writePack(t, "NATIVE2023", `system.stage == "new"`, `system.stage == "rebuilding"`)
	code, out, errs := typed(t, "", "policy", "test", dir)
	if code == 0 || !strings.Contains(errs, "cases do not hold") {
		t.Errorf("exit %d, %s", code, errs)
	}
	if want := "cases.yaml:1:3: A new system of 2024 is built cloud-native, wherever it stands: want new fires, got existing"; !strings.Contains(out, "cases.yaml:1:3: A new system of 2024") {
		t.Errorf("want %s in\n%s", want, out)
	}
	bare := writePack(t, "NATIVE2023")
	if err := os.WriteFile(filepath.Join(bare, "cases.yaml"), []byte("- {name: one, date: 2024-05-01, facts: {system.stage: new}, fires: [new]}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, out, _ = typed(t, "", "policy", "test", bare, "--format", "json"); code == 0 || !strings.Contains(out, `"ok": false`) || !strings.Contains(out, `"rule": "existing"`) {
		t.Errorf("exit %d\n%s", code, out)
	}
}

func TestPolicyTestTakesAFolderOfPacks(t *testing.T) {
	t.Parallel()
	dir := filepath.Dir(writePack(t, "GL2016"))
	if code, out, errs := typed(t, "", "policy", "test", dir); code != 0 || !strings.Contains(out, "GL2016/16-3") || strings.Contains(out, "INT2020") {
		t.Errorf("exit %d %s\n%s", code, errs, out)
	}
}

func TestABrokenPackIsRefusedWithItsPlace(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ old, with, want string }{
		"an unknown field":            {"outcome: consult", "outcome: consult\n    colour: red", "pack.yaml line "},
		"a code outside its list":     {`== "2"`, `== "9"`, "not a listed value"},
		"a condition that is no bool": {`institution.kind in ["central", "local"]`, "component.resource_grade", "must be true or false"},
		"a rule without citation":     {"    source: N10\n", "", "no citation"},
		"overlapping ids":             {"id: 16-2", "id: 16-1", "16-1 stands twice"},
		"a condition too costly":      {`institution.kind in ["central", "local"]`, strings.Repeat("system.public_facing || ", 140) + "system.public_facing", "costs more than the limit"},
	} {
		dir := writePack(t, "GL2016", tt.old, tt.with)
		code, out, errs := typed(t, "", "policy", "test", dir)
		if code != 2 || out != "" || !strings.Contains(errs, tt.want) || !strings.Contains(errs, "pack.yaml line ") || !strings.Contains(errs, " column ") {
			t.Errorf("%s: exit %d, %s%s", name, code, out, errs)
		}
	}
}

func TestPolicyExplainShowsARuleWithItsWords(t *testing.T) {
	t.Parallel()
	for file, args := range map[string][]string{
		"explain-int2020-10-1-3.txt": {"INT2020/10-1-3", "--as-of", "2020-07-01"},
		"explain-use2022-7-3.txt":    {"USE2022/7-3", "--as-of", "2023-05-01"},
		"explain-gl2019.txt":         {"GL2019", "--as-of", "2020-01-06"},
		"explain-native2023.txt":     {"NATIVE2023", "--as-of", "2026-03-01"},
	} {
		code, out, errs := typed(t, "", append([]string{"policy", "explain"}, args...)...)
		if code != 0 {
			t.Errorf("%v: exit %d %s", args, code, errs)
		}
		golden(t, file, masked(out))
	}
	var v policy.View
	code, out, _ := typed(t, "", "policy", "explain", "CSAP2023", "--as-of", "2024-05-01", "--format", "json")
	if err := json.Unmarshal([]byte(out), &v); err != nil || code != 0 || v.Key != "CSAP2023" || len(v.Settings) < 5 || len(v.Derived) != 5 || v.Rules[0].SourceURL == "" {
		t.Errorf("exit %d, %v, %+v", code, err, v)
	}
	for _, args := range [][]string{{"NONE"}, {"INT2020/99"}, {"NONE/1"}} {
		if code, _, errs := typed(t, "", "policy", "explain", args[0]); code != 4 {
			t.Errorf("%v: exit %d %s", args, code, errs)
		}
	}
	if code, _, errs := typed(t, "", "policy", "explain", "ACT2015", "--as-of", "2015-09-27"); code != 2 || !strings.Contains(errs, "2015-09-28") {
		t.Errorf("before the record: exit %d %s", code, errs)
	}
}

func TestPolicyDiffNamesWhatChanged(t *testing.T) {
	t.Parallel()
	dir := writePack(t, "N2SF1", "in_force: {from: 2025-09-30}", "in_force: {from: 2025-09-30, to: 2026-12-31}",
		`system.stage == "new"`, `system.stage in ["new", "replacing"]`, "C-private", "C-elsewhere", `value: "6"`, `value: "7"`)
	code, out, errs := typed(t, "", "policy", "diff", "N2SF1", dir)
	if code != 0 {
		t.Fatalf("exit %d %s", code, errs)
	}
	golden(t, "diff-n2sf1.txt", masked(out))
	var d policy.Diff
	code, out, _ = typed(t, "", "policy", "diff", "N2SF1", filepath.Join(dir, "pack.yaml"), "-o", "json")
	if err := json.Unmarshal([]byte(out), &d); err != nil || code != 0 || len(d.Parts) != 4 {
		t.Errorf("exit %d, %v, %+v", code, err, d)
	}
	if code, out, _ = typed(t, "", "policy", "diff", "N2SF1", "N2SF1"); code != 0 || !strings.Contains(out, "Both say the same.") {
		t.Errorf("exit %d %s", code, out)
	}
}

// hybridFacts are two components of a city's system: an open page and staff records.
const hybridFacts = `[
  {"name": "page", "links": ["staff"], "facts": {"institution.kind": "local", "system.stage": "new", "system.internal_business": false,
    "component.info_kinds": [], "component.onsite_reasons": [], "component.personal_data": false, "component.security_service": false}},
  {"name": "staff", "facts": {"institution.kind": "local", "system.stage": "new", "system.internal_business": true,
    "component.info_kinds": [], "component.onsite_reasons": [], "component.personal_data": null}}
]`

func TestDecideAnswersFromAFileWithNoDatabase(t *testing.T) {
	t.Parallel()
	code, out, errs := typed(t, hybridFacts, "decide", "--facts", "-", "--as-of", "2020-07-01")
	if code != 0 {
		t.Fatalf("exit %d %s", code, errs)
	}
	golden(t, "decide-hybrid.txt", masked(out))
	file := filepath.Join(t.TempDir(), "facts.json")
	one := `{"institution.kind": "central", "component.info_kinds": ["trade"], "component.onsite_reasons": []}`
	if err := os.WriteFile(file, []byte(one), 0o600); err != nil {
		t.Fatal(err)
	}
	var got decide.SystemOut
	code, out, errs = typed(t, "", "decide", "--facts", file, "--as-of", "2020-07-01", "--format", "json")
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 {
		t.Fatalf("exit %d, %v %s", code, err, errs)
	}
	set, err := shippedPacks()
	if err != nil {
		t.Fatal(err)
	}
	law, err := set.InForce("2020-07-01")
	if err != nil {
		t.Fatal(err)
	}
	facts, err := inventory.Facts().Decode([]byte(one))
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(law.Decide(&facts))
	if err != nil {
		t.Fatal(err)
	}
	if verdict, _ := json.Marshal(got.Components[0].Verdict); !bytes.Equal(verdict, want) {
		t.Errorf("the file answers\n%s\nthe law\n%s", verdict, want)
	}
	if got.Law != law.Digest() || got.AsOf != "2020-07-01" {
		t.Errorf("law %s of %s", got.Law, got.AsOf)
	}
}

func TestDecideTriesADraftOnAFile(t *testing.T) {
	t.Parallel()
	dir := writePack(t, "GL2019", "component.sensitive_subjects >= 50000 ||", "component.sensitive_subjects >= 500000 ||")
	facts := `{"institution.kind": "public_corp", "system.internal_business": false, "component.info_kinds": [], "component.personal_data": true,
		"component.subjects": 60000, "component.sensitive_subjects": 60000, "component.linked_subjects": 0, "component.pia": "none"}`
	for _, tt := range []struct {
		args []string
		want policy.Outcome
	}{{nil, policy.Conditional}, {[]string{"--packs", dir}, policy.Allowed}} {
		var got decide.SystemOut
		code, out, errs := typed(t, facts, append([]string{"decide", "--facts", "-", "--as-of", "2020-01-06", "--format", "json"}, tt.args...)...)
		if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 {
			t.Fatalf("exit %d, %v %s", code, err, errs)
		}
		if at := got.Components[0].Verdict.At(policy.Private); at.Outcome != tt.want {
			t.Errorf("%v: %s, want %s", tt.args, at.Outcome, tt.want)
		}
	}
}

func TestBadFactsAreRefusedWithTheirRowAndKey(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		facts, date string
		want        []string
	}{
		"a code outside its list, and a number that is none": {
			`[{"name": "a", "facts": {"institution.kind": "local"}}, {"name": "b", "facts": {"institution.kind": "village", "component.subjects": -1}}]`, "2026-03-01",
			[]string{"2 facts are wrong", "row 2 column institution.kind: village", "row 2 column component.subjects: -1"},
		},
		"a fact nobody knows":      {`{"system.colour": "red"}`, "2026-03-01", []string{"row 1 column system.colour:"}},
		"a name that stands twice": {`[{"name": "a", "facts": {}}, {"name": "a", "facts": {}}]`, "2026-03-01", []string{"row 2 column name: component a"}},
		"a link that leads nowhere": {
			`[{"name": "a", "facts": {}, "links": ["z"]}]`, "2026-03-01", []string{"row 1 column links:"},
		},
		"no JSON":                     {`{`, "2026-03-01", []string{"cannot be read"}},
		"a fact that stands twice":    {`{"system.grade": 1, "system.grade": 4}`, "2026-03-01", []string{"cannot be read"}},
		"facts that are no object":    {`[{"name": "a", "facts": [1]}]`, "2026-03-01", []string{"cannot be read"}},
		"two values":                  {`{} {}`, "2026-03-01", []string{"cannot be read"}},
		"an unknown field":            {`[{"name": "a", "fact": {}}]`, "2026-03-01", []string{"cannot be read"}},
		"a row without facts":         {`[{"name": "a"}]`, "2026-03-01", []string{"cannot be read"}},
		"an empty list":               {`[]`, "2026-03-01", []string{"cannot be read"}},
		"a day before the law begins": {`{}`, "2015-09-27", []string{"2015-09-28"}},
		"no day at all":               {`{}`, "2026-02-30", []string{"2026-02-30 is no date"}},
	} {
		code, out, errs := typed(t, tt.facts, "decide", "--facts", "-", "--as-of", tt.date)
		if code != 2 || out != "" {
			t.Errorf("%s: exit %d\n%s", name, code, out)
		}
		for _, want := range tt.want {
			if !strings.Contains(errs, want) {
				t.Errorf("%s: want %q in\n%s", name, want, errs)
			}
		}
	}
}

func TestTheStepsOfDecideStayBesideItsOwnAnswer(t *testing.T) {
	t.Parallel()
	code, out, _ := typed(t, "", "decide", "--help")
	for _, want := range []string{"run", "system", "--facts", "--as-of", "--format"} {
		if !strings.Contains(out, want) {
			t.Errorf("exit %d, no %s in the help", code, want)
		}
	}
	if code, _, errs := typed(t, "", "decide", "fly"); code != 2 || !strings.Contains(errs, "decide fly") {
		t.Errorf("exit %d %s", code, errs)
	}
	if code, _, errs := typed(t, "{}", "decide", "--facts", "-", "--format", "xml"); code != 2 || !strings.Contains(errs, "no output xml") {
		t.Errorf("exit %d %s", code, errs)
	}
	if code, out, _ := typed(t, "", "decide", "run", "--help"); code != 0 || strings.Contains(out, "--facts") {
		t.Errorf("exit %d: a subcommand took the flag\n%s", code, out)
	}
}

// FuzzReadFactsNeverPanics reads any text as a file of facts: it is read or refused.
func FuzzReadFactsNeverPanics(f *testing.F) {
	f.Add([]byte(hybridFacts))
	f.Add([]byte(`{"system.grade": 1e3}`))
	f.Add([]byte(`[{"facts": {"component.info_kinds": ["trade", 1]}}]`))
	schema := inventory.Facts()
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := readFacts(schema, data); err != nil && naru.KindOf(err) != naru.Invalid {
			t.Errorf("%q: %v", data, err)
		}
	})
}
