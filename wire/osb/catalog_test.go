package osb_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"naru/wire/osb"
)

func TestCatalogProblemsNameEachBreach(t *testing.T) {
	t.Parallel()
	plan := func(id, name string) osb.Plan { return osb.Plan{ID: id, Name: name, Description: "d"} }
	service := func(id, name string, plans ...osb.Plan) osb.Service {
		return osb.Service{ID: id, Name: name, Description: "d", Plans: plans}
	}
	versioned := func(v string) osb.Service {
		p := plan("p", "a")
		p.MaintenanceInfo = &osb.MaintenanceInfo{Version: v}
		return service("s", "n", p)
	}
	schema := func(s string) osb.Service {
		p := plan("p", "a")
		p.Schemas = json.RawMessage(`{"service_instance":{"update":{"parameters":` + s + `}}}`)
		return service("s", "n", p)
	}
	drains := service("s", "n", plan("p", "a"))
	drains.Requires = []string{"syslog_drain", "root"}
	badVersion := plan("p", "a")
	badVersion.MaintenanceInfo = &osb.MaintenanceInfo{Version: "1.2"}
	tests := []struct {
		name     string
		services []osb.Service
		want     string
	}{
		{"a service without plan", []osb.Service{service("s", "n")}, "must have a plan"},
		{"an empty name", []osb.Service{service("s", "", plan("p", "a"))}, "must not be empty"},
		{"two services of one name", []osb.Service{service("s", "n", plan("p", "a")), service("t", "n", plan("q", "a"))}, "used twice"},
		{"two plans of one name", []osb.Service{service("s", "n", plan("p", "a"), plan("q", "a"))}, "used twice in its service"},
		{"a plan id used by another service", []osb.Service{service("s", "n", plan("p", "a")), service("t", "m", plan("p", "a"))}, "already used by services[0].plans[0]"},
		{"a plan with its service's id", []osb.Service{service("s", "n", plan("s", "a"))}, "already used by services[0]"},
		{"a version that is not semantic", []osb.Service{service("s", "n", badVersion)}, "semantic versioning"},
		{"a version with a leading zero", []osb.Service{versioned("1.02.3")}, "semantic versioning"},
		{"a pre-release number with a leading zero", []osb.Service{versioned("1.2.3-01")}, "semantic versioning"},
		{"an empty pre-release identifier", []osb.Service{versioned("1.2.3-a..b")}, "semantic versioning"},
		{"a full version", []osb.Service{versioned("10.20.30-alpha.1.x-y+build.007")}, ""},
		{"a permission of no specification", []osb.Service{drains}, `requires "root"`},
		{"a schema without $schema", []osb.Service{schema(`{"type":"object"}`)}, "$schema must be there"},
		{"a schema that refers outside", []osb.Service{schema(`{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"a":[{"$ref":"https://h/x"}]}}`)}, "https://h/x"},
		{"a schema that refers to itself", []osb.Service{schema(`{"$schema":"http://json-schema.org/draft-07/schema#","$ref":"#/definitions/a"}`)}, ""},
		{"a schema that is an array", []osb.Service{schema(`[]`)}, "JSON schema object"},
		{"a schema of more than 64 kB", []osb.Service{schema(`{"$schema":"` + strings.Repeat("x", 64<<10) + `"}`)}, "64 kB"},
		{"no services field", nil, "must be there"},
		{"no service at all", []osb.Service{}, ""},
		{"names that differ in case only are fine", []osb.Service{service("s", "n", plan("p", "a"), plan("q", "A"))}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := strings.Join(osb.Catalog{Services: test.services}.Problems(), "; ")
			if (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
				t.Errorf("problems %q, want %q", got, test.want)
			}
		})
	}
}

// Real catalogues of deployed brokers carry fields the specification does not know: they must be read.
func TestRealCatalogsAreRead(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../shared/data/osb-catalogs/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("../shared/data/osb-catalogs is not here")
	}
	plans := map[string]int{"govuk-paas-aws-brokers.json": 152, "govuk-paas-aiven-broker.json": 10, "kpaas-container-platform-broker.json": 3}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var catalog osb.Catalog
		if err := json.Unmarshal(raw, &catalog); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		n := 0
		for _, s := range catalog.Services {
			n += len(s.Plans)
		}
		if want := plans[filepath.Base(file)]; n != want {
			t.Errorf("%s: %d plans, want %d", file, n, want)
		}
	}
}

func TestMetadataKeepsWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	m, err := osb.NewMetadata(map[string]any{"displayNameKo": "객체 저장소", "quota": map[string]int64{"bytes": 1 << 60}})
	if err != nil {
		t.Fatal(err)
	}
	var quota struct{ Bytes int64 }
	if m.Text("displayNameKo") != "객체 저장소" || !m.Decode("quota", &quota) || quota.Bytes != 1<<60 || m.Text("none") != "" {
		t.Errorf("metadata %v, quota %+v", m, quota)
	}
	if _, err := osb.NewMetadata([]int{1}); err == nil {
		t.Error("an array became metadata")
	}
}

func TestAPlanOverridesItsService(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	s := osb.Service{Bindable: true, PlanUpdateable: false}
	if !s.CanBind(osb.Plan{}) || s.CanBind(osb.Plan{Bindable: &no}) || s.CanUpdatePlan(osb.Plan{}) || !s.CanUpdatePlan(osb.Plan{PlanUpdateable: &yes}) {
		t.Error("the plan's word must win")
	}
}
