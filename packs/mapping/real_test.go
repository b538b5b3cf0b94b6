package mapping_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"naru/packs/mapping"
	wire "naru/wire/mapping"
	"naru/wire/sheet"
)

// dataDir finds the folder of real files: NARU_DATA, or shared/data beside a folder above this one.
func dataDir(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("NARU_DATA"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		data := filepath.Join(dir, "shared", "data")
		if info, err := os.Stat(data); err == nil && info.IsDir() {
			return data
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skip("shared/data is not beside the repository and NARU_DATA is not set: the real files are not tried")
		}
		dir = up
	}
}

func load(t *testing.T, name string) *wire.Mapping {
	t.Helper()
	data, err := mapping.Files.ReadFile(name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := wire.Parse(name+".yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// result is a real file read through a mapping.
type result struct {
	rows    int
	taken   []wire.Record
	refused int
	faults  []sheet.Fault
}

// count gives the faults with a code in a field, keyed "code field".
func (r *result) count() map[string]int {
	n := map[string]int{}
	for _, f := range r.faults {
		n[strings.TrimPrefix(string(f.Code), "sheet.")+" "+f.Field]++
	}
	return n
}

func (r *result) tally(field string) map[string]int {
	n := map[string]int{}
	for _, rec := range r.taken {
		n[rec.Value(field).String()]++
	}
	return n
}

// known counts the records that state a field.
func (r *result) known(field string) int {
	n := 0
	for _, rec := range r.taken {
		if rec.Value(field).Known() {
			n++
		}
	}
	return n
}

// open opens a real file as a mapping says; it is closed with the test.
func open(t *testing.T, m *wire.Mapping, file string) *sheet.Table {
	t.Helper()
	path := filepath.Join(dataDir(t), file)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	table, err := m.Open(f, info.Size(), path, sheet.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func read(t *testing.T, name, file string) *result {
	t.Helper()
	m := load(t, name)
	r := &result{}
	for rec, faults := range m.Apply(open(t, m, file)) {
		for _, fault := range faults {
			if fault.Fatal || rec.Values == nil {
				t.Fatalf("%s: %v", file, &fault)
			}
			if fault.Row != rec.Row || fault.Column == "" || fault.Heading == "" {
				t.Errorf("%s: a fault without its place: %+v", file, fault)
			}
		}
		r.rows++
		r.faults = append(r.faults, faults...)
		if sheet.Refused(faults) {
			r.refused++
			continue
		}
		r.taken = append(r.taken, rec)
	}
	return r
}

// sameCounts compares what a file gave with what it is documented to hold.
func sameCounts(t *testing.T, what string, got, want map[string]int) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestTheCanadianServicesOfThreeYearsAreTaken(t *testing.T) {
	t.Parallel()
	for _, year := range []struct {
		name                string
		rows, repeats, many int
	}{{"2016-2017", 347, 2, 11}, {"2017-2018", 336, 2, 11}, {"2018-2019", 1250, 0, 72}} {
		t.Run(year.name, func(t *testing.T) {
			t.Parallel()
			r := read(t, "canada-services", "canada-services/services-"+year.name+".csv.gz")
			want := map[string]int{}
			if year.repeats > 0 {
				want["duplicate system.code"] = year.repeats // 1548 and 1464 stand twice
			}
			sameCounts(t, "faults", r.count(), want)
			if r.rows != year.rows || len(r.taken) != year.rows-year.repeats {
				t.Errorf("%d of %d rows taken, want all of %d but %d", len(r.taken), r.rows, year.rows, year.repeats)
			}
			if n := len(r.tally("institution.name")); n != year.many {
				t.Errorf("%d departments, want %d", n, year.many)
			}
		})
	}
}

func TestNDIsUnknownAndNeverZero(t *testing.T) {
	t.Parallel()
	r := read(t, "canada-services", "canada-services/services-2018-2019.csv.gz")
	for field, want := range map[string]int{
		"source.calls": 0, "source.telephone_applications": 0, "source.web_visits": 1250 - 603, "source.online_applications": 1250 - 641,
	} {
		if n := r.known(field); n != want {
			t.Errorf("%s is known in %d rows, want %d", field, n, want)
		}
	}
	// only a used identifier says anything about personal data, and what it says is marked as derived
	if n := r.known("component.personal_data"); n != 55 {
		t.Errorf("personal data is known in %d rows, want the 55 that use the SIN", n)
	}
	for _, rec := range r.taken {
		if v := rec.Value("component.personal_data"); v.Known() && (!v.Bool || !v.Derived) {
			t.Fatalf("row %d: %+v is not a derived yes", rec.Row, v)
		}
	}
}

func TestListsAreTheSameInAnyOrder(t *testing.T) {
	t.Parallel()
	r := read(t, "canada-services", "canada-services/services-2016-2017.csv.gz")
	n, none := 0, 0
	for _, rec := range r.taken {
		v := rec.Value("source.designations")
		if !v.Known() {
			t.Fatalf("row %d states no designation", rec.Row)
		}
		if len(v.List) == 0 {
			none++
		}
		if len(v.List) == 3 {
			n++
		}
	}
	if n != 19 || none < 214 {
		t.Errorf("%d rows with three designations and %d with none, want 19 and the 214 to 216 marked non", n, none)
	}
}

func TestTheUSInventoryRefusesRowsWithoutAnID(t *testing.T) {
	t.Parallel()
	r := read(t, "us-ai-use-cases", "us-ai-inventory/use_cases.csv.gz")
	sameCounts(t, "faults", r.count(), map[string]int{
		"required system.code": 562, "duplicate system.code": 2, // DOJ-0357 and DOJ-0160
		"not_date system.in_service_since": 462, // "01/2024", "Jan-24", "2023"
	})
	if r.rows != 2360 || len(r.taken) != 2360-564 {
		t.Errorf("%d of %d rows taken", len(r.taken), r.rows)
	}
	blank := len(r.taken) - r.known("component.personal_data")
	if blank < len(r.taken)/2 {
		t.Errorf("only %d of %d rows leave personal data blank: blank was read as an answer", blank, len(r.taken))
	}
	if n := len(r.tally("institution.code")); n != 14 {
		t.Errorf("%d agencies, want 14: three of the 17 give no id to any row", n)
	}
}

func TestTheKoreanPublicInstitutionsAreTakenByType(t *testing.T) {
	t.Parallel()
	r := read(t, "kr-public-institutions", "kr-public-institutions/institutions.csv")
	sameCounts(t, "faults", r.count(), map[string]int{})
	sameCounts(t, "kinds", r.tally("institution.kind"), map[string]int{"public_corp": 20, "quasi_government": 44, "other_public": 189})
	if r.rows != 253 || r.known("institution.parent_name") != 10 {
		t.Errorf("%d rows, %d attached bodies; want 253 and 10", r.rows, r.known("institution.parent_name"))
	}
}

func TestTheKoreanInstitutionCodesAreTakenWithTheirGaps(t *testing.T) {
	t.Parallel()
	r := read(t, "kr-org-codes", "kr-org-codes/org_codes-incheon-chungbuk.tsv.gz")
	sameCounts(t, "faults", r.count(), map[string]int{
		"dangling institution.parent": 87, "dangling institution.predecessors": 4, "dangling institution.representative": 1,
		"not_date institution.valid_from": 5, // "1988. 1."
	})
	sameCounts(t, "abolished", r.tally("institution.abolished"), map[string]int{"false": 2165, "true": 7583})
	lists := 0
	for _, rec := range r.taken {
		if len(rec.Value("institution.predecessors").List) > 1 {
			lists++
		}
	}
	// 15 cells name no single code of the file: 11 name two codes that both exist, 4 name what is not there
	if r.rows != 9748 || r.refused != 0 || lists != 11 {
		t.Errorf("%d rows, %d refused, %d with two predecessors; want 9748, 0, 11", r.rows, r.refused, lists)
	}
	if n := r.known("institution.valid_from"); n != 9748-2057-5 {
		t.Errorf("%d rows have a date of creation, want 7686", n)
	}
}

const marketplace = "fedramp-marketplace/marketplace-2026-04-28.json.gz"

func TestTheMarketplaceProductsAreTakenByStatusAndLevel(t *testing.T) {
	t.Parallel()
	r := read(t, "fedramp-products", marketplace)
	sameCounts(t, "faults", r.count(), map[string]int{})
	sameCounts(t, "status", r.tally("certificate.status"), map[string]int{
		"authorized": 510, "ready": 59, "agency_in_process": 56, "in_process": 17,
	})
	sameCounts(t, "level", r.tally("certificate.fedramp_level"), map[string]int{
		"moderate": 443, "high": 112, "li_saas": 48, "20x_low": 18, "low": 12, "20x_moderate": 9,
	})
	if n := len(r.taken) - r.known("service.functions"); n != 154 {
		t.Errorf(`%d products without a function, want the 154 with [""]`, n)
	}
	for _, rec := range r.taken {
		for field := range rec.Values {
			if strings.Contains(field, "csap") || strings.Contains(field, "n2sf") {
				t.Fatalf("a FedRAMP level was read as the Korean grade %s", field)
			}
		}
	}
}

func TestTheMarketplaceAuthorizationsNameWhatIsNotListed(t *testing.T) {
	t.Parallel()
	agencies := read(t, "fedramp-agencies", marketplace)
	if len(agencies.taken) != 241 {
		t.Errorf("%d agencies, want 241", len(agencies.taken))
	}
	ato := read(t, "fedramp-ato", marketplace)
	sameCounts(t, "ATO faults", ato.count(), map[string]int{
		"dangling institution.code": 5, "required institution.code": 2, // 7 rows name no listed agency, two of them none at all
	})
	reuse := read(t, "fedramp-reuse", marketplace)
	got := reuse.count()
	// 13 rows name no listed product: 9 really, 4 only by a space after the id
	if got["dangling service.code"] != 9 || got["spaces service.code"] != 4 || got["dangling institution.code"] != 86 {
		t.Errorf("reuse faults: %v", got)
	}
	if ato.rows != 510 || reuse.rows != 2682 {
		t.Errorf("%d ATO and %d reuse rows, want 510 and 2682", ato.rows, reuse.rows)
	}
}

// TestEveryProductCountsItsAuthorizations checks the publisher's own figure against the rows, through the mappings: it
// holds for all 642 products only if no row was lost on the way.
func TestEveryProductCountsItsAuthorizations(t *testing.T) {
	t.Parallel()
	rows := map[string]int64{}
	for _, name := range []string{"fedramp-ato", "fedramp-reuse"} {
		m := load(t, name)
		table := open(t, m, marketplace)
		for row, err := range table.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			for i, h := range table.Headings {
				if h.Name == "id" {
					rows[row.Cells[i].Text]++
				}
			}
		}
	}
	for _, rec := range read(t, "fedramp-products", marketplace).taken {
		if id := rec.Value("service.code").Text; rec.Value("source.authorizations").Int != rows[id] {
			t.Errorf("product %s: %d rows, its figure is %d", id, rows[id], rec.Value("source.authorizations").Int)
		}
	}
}

func TestTheBrokerCataloguesGiveTheirServicesAndPlans(t *testing.T) {
	t.Parallel()
	for file, want := range map[string][2]int{
		"govuk-paas-aws-brokers": {5, 152}, "govuk-paas-aiven-broker": {2, 10}, "kpaas-container-platform-broker": {1, 3},
	} {
		services := read(t, "osb-services", "osb-catalogs/"+file+".json")
		plans := read(t, "osb-plans", "osb-catalogs/"+file+".json")
		if len(services.taken) != want[0] || len(plans.taken) != want[1] || len(services.faults)+len(plans.faults) > 0 {
			t.Errorf("%s: %d services and %d plans, want %v; %v %v", file, len(services.taken), len(plans.taken), want,
				services.count(), plans.count())
		}
		if n := len(plans.tally("service.code")); n != want[0] {
			t.Errorf("%s: plans of %d services, want %d", file, n, want[0])
		}
	}
}
