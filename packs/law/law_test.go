package law_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"naru"
	"naru/base/policy"
	"naru/flow/decide"
	"naru/flow/inventory"
	"naru/locale"
	"naru/packs/law"
)

func load(t *testing.T) *policy.Instruments {
	t.Helper()
	set, err := policy.Load(inventory.Facts(), law.Files)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestEveryCaseHoldsAndEveryRuleIsFiredByOneAndNotByAnother(t *testing.T) {
	t.Parallel()
	r := load(t).Test()
	for _, f := range r.Failures {
		t.Errorf("%s %s: want %s, got %s", f.Place, f.Case, f.Want, f.Got)
	}
	for _, c := range r.Uncovered() {
		t.Errorf("%s/%s: fired by %d cases, silent in %d", c.Pack, c.Rule, c.Fired, c.Silent)
	}
	if r.Cases < 250 {
		t.Errorf("only %d cases ran", r.Cases)
	}
}

func TestEveryInstrumentOfTheTimelineIsAPack(t *testing.T) {
	t.Parallel()
	set := load(t)
	for key, want := range map[string][3]string{ // first and last day, or the announcement
		"ACT2015": {"2015-09-28", "", "statute"}, "GL2016": {"2016-07-05", "2018-09-03", "guideline"},
		"PLAN2018": {"2018-09-04", "2019-11-27", "plan"}, "GL2019": {"2019-11-28", "2020-06-15", "guideline"},
		"INT2020": {"2020-06-16", "2023-12-26", "notice"}, "PLAN2021": {"2021-07-26", "2025-12-31", "plan"},
		"USE2022": {"2022-03-31", "2025-12-28", "notice"}, "CSAP2023": {"2023-01-31", "", "notice"},
		"INT2023": {"2023-12-27", "", "notice"}, "NATIVE2023": {"2023-10-24", "2030-12-31", "plan"},
		"N2SF1": {"2025-09-30", "", "guideline"}, "USE2025": {"2025-12-29", "", "notice"},
		"PLAN2026": {"", "", "plan"}, "NISVERIFY": {"", "", "plan"},
	} {
		p, err := set.Pack(key)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := [3]string{string(p.From), string(p.To), p.Status}; got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
		if p.From == "" && p.Announced == "" {
			t.Errorf("%s is neither in force nor announced", key)
		}
	}
}

func TestBeforeTheFirstLawThereIsAClearAnswer(t *testing.T) {
	t.Parallel()
	_, err := load(t).InForce("2015-09-27")
	var e *naru.Error
	if !errors.As(err, &e) || e.Kind != naru.Invalid || e.Message.Key != "policy.before_record" {
		t.Errorf("err = %v", err)
	}
}

func TestRulesNameWhoGivesAnOpinionAndWhoDecides(t *testing.T) {
	t.Parallel()
	set := load(t)
	for key, want := range map[string][3]string{ // opinion, who decides a consultation, who decides an exception
		"GL2016/16-3": {"council", "head", ""}, "GL2019/19-1": {"relevant_bodies", "", "head"}, "GL2019/19-3": {"relevant_bodies", "", "head"},
		"INT2020/10-1-1": {"committee", "", "head"}, "INT2020/10-1-3": {"committee", "", "head"}, "USE2022/7-3": {"nis", "head", ""},
		"USE2025/11-2": {"nis", "", "egov_ministry"}, "INT2023/14-3": {"", "egov_ministry", ""}, "INT2020/11-1": {},
	} {
		pack, id, _ := strings.Cut(key, "/")
		p, err := set.Pack(pack)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(p.Rules, func(r policy.Rule) bool { return r.ID == id })
		if i < 0 {
			t.Errorf("no rule %s", key)
			continue
		}
		r := p.Rules[i]
		if got := [3]string{r.Opinion, r.Decides, r.ExceptionBy}; got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
}

func TestNamesInAVerdictAreThoseOfItsDate(t *testing.T) {
	t.Parallel()
	set := load(t)
	var f policy.Facts
	for key, value := range map[string]any{"institution.kind": "public_corp", "component.resource_grade": "2"} {
		if err := set.Schema().Set(&f, key, value); err != nil {
			t.Fatal(err)
		}
	}
	for date, want := range map[naru.Date][2]string{
		"2017-07-25": {"행정자치부, 미래창조과학부", "Ministry of the Interior, the Ministry of Science, ICT and Future Planning"},
		"2017-07-26": {"행정안전부, 과학기술정보통신부", "Ministry of the Interior and Safety, the Ministry of Science and ICT"},
	} {
		law, err := set.InForce(date)
		if err != nil {
			t.Fatal(err)
		}
		v := law.Decide(&f)
		for _, r := range v.At(policy.Private).Reasons {
			if r.Rule == "16-3" && (!strings.Contains(r.Note.Ko, want[0]) || !strings.Contains(r.Note.En, want[1])) {
				t.Errorf("%s: %s / %s", date, r.Note.Ko, r.Note.En)
			}
		}
		if got := v.At(policy.Private).Decides.Ko; got != "기관의 장" {
			t.Errorf("%s: %s decides", date, got)
		}
	}
}

func TestAuthoritiesAreNamedAsOfTheDay(t *testing.T) {
	t.Parallel()
	set := load(t)
	for _, tt := range []struct {
		role string
		day  naru.Date
		want string
	}{
		{"cloud_ministry", "2017-07-25", "미래창조과학부"},
		{"cloud_ministry", "2017-07-26", "과학기술정보통신부"},
		{"egov_ministry", "2017-07-25", "행정자치부"},
		{"egov_ministry", "2017-07-26", "행정안전부"},
		{"media_regulator", "2025-09-30", "방송통신위원회"},
		{"media_regulator", "2025-10-01", "방송미디어통신위원회"},
		{"finance_ministry", "2026-01-01", "기획재정부"},
		{"finance_ministry", "2026-01-02", "기획예산처"},
		{"economy_ministry", "2026-01-01", "기획재정부"},
		{"economy_ministry", "2026-01-02", "재정경제부"},
		{"nia", "2020-12-09", "한국정보화진흥원"},
		{"nia", "2020-12-10", "한국지능정보사회진흥원"},
		{"integration_agency", "2021-12-08", "공공클라우드센터"},
		{"integration_agency", "2021-12-09", "통합관리기관"},
		{"committee", "2020-07-01", "정보자원통합심의위원회"},
		{"council", "2017-03-02", "클라우드 정책협의체"},
		{"relevant_bodies", "2020-01-06", "관계기관"},
	} {
		if got := set.NameOf(tt.role, tt.day).Ko; got != tt.want {
			t.Errorf("%s on %s is %s, want %s", tt.role, tt.day, got, tt.want)
		}
	}
}

func TestSettingsSayWhereTheyComeFrom(t *testing.T) {
	t.Parallel()
	unsourced := 0
	for _, p := range load(t).Packs() {
		for _, s := range p.Settings {
			if s.Unsourced {
				unsourced++
			} else if p.Source(s.Source).Title == "" {
				t.Errorf("%s/%s cites %q, which has no title", p.Key, s.Key, s.Source)
			}
		}
	}
	if unsourced < 5 {
		t.Errorf("only %d settings say that they have no source", unsourced)
	}
}

func TestEveryFactVenueAndOutcomeIsWorded(t *testing.T) {
	t.Parallel()
	l, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	same := func(key, ko, en string) {
		if got := l.Text("ko", key, nil); got != ko {
			t.Errorf("%s in Korean is %q, the schema says %q", key, got, ko)
		}
		if got := l.Text("en", key, nil); got != en {
			t.Errorf("%s in English is %q, the schema says %q", key, got, en)
		}
	}
	for _, f := range inventory.Facts().Fields() {
		same("fact."+f.Key, f.Label.Ko, f.Label.En)
		for _, c := range f.Codes {
			same("code."+f.Key+"."+c.Key, c.Label.Ko, c.Label.En)
		}
	}
	keys := []string{
		"policy.because." + string(policy.MissingFacts), "policy.because." + string(policy.Unverified), "policy.because." + string(policy.Silence),
		"policy.truth." + string(policy.True), "policy.truth." + string(policy.False), "policy.truth." + string(policy.Unknown),
		"decide.outcome." + string(policy.Obligation),
	}
	for _, v := range policy.Venues() {
		keys = append(keys, "decide.venue."+string(v))
	}
	for _, o := range decide.Words() {
		keys = append(keys, "decide.outcome."+string(o))
	}
	for _, p := range load(t).Packs() {
		keys = append(keys, "policy.status."+p.Status, "policy.state."+p.State("2026-03-02"))
	}
	for _, key := range keys {
		if !l.Has(key) {
			t.Errorf("%s has no text", key)
		}
	}
}

// decided answers for a component on a date, by what ships.
func decided(t *testing.T, date naru.Date, facts map[string]any) *policy.Verdict {
	t.Helper()
	set := load(t)
	law, err := set.InForce(date)
	if err != nil {
		t.Fatal(err)
	}
	var f policy.Facts
	for key, value := range facts {
		if err := set.Schema().Set(&f, key, value); err != nil {
			t.Fatal(err)
		}
	}
	v := law.Decide(&f)
	return &v
}

func reasonOf(t *testing.T, v policy.VenueVerdict, key string) policy.Reason {
	t.Helper()
	i := slices.IndexFunc(v.Reasons, func(r policy.Reason) bool { return r.Pack+"/"+r.Rule == key })
	if i < 0 {
		t.Fatalf("%s is not among the reasons at %s", key, v.Venue)
	}
	return v.Reasons[i]
}

func TestTheStrictestWinsAndTheOthersStayCited(t *testing.T) {
	t.Parallel()
	v := decided(t, "2019-03-01", map[string]any{
		"institution.kind": "public_corp", "system.linked_internal": false, "component.info_kinds": []string{}, "component.personal_data": true,
		"component.subjects": 60000, "component.sensitive_subjects": 60000,
	}).At(policy.Private)
	won, lost := reasonOf(t, v, "PLAN2018/18-8"), reasonOf(t, v, "PLAN2018/18-7")
	if v.Outcome != policy.NotAllowed || !won.Wins || lost.Wins || lost.Outcome != policy.Allowed || lost.Article == "" || lost.URL == "" {
		t.Errorf("%s; %+v; %+v", v.Outcome, won, lost)
	}
}

func TestAnExcludedSystemIsToldItsExceptionAndItsDuties(t *testing.T) {
	t.Parallel()
	v := decided(t, "2020-07-01", map[string]any{
		"institution.kind": "local", "system.stage": "operating", "system.internal_business": true,
		"component.info_kinds": []string{}, "component.onsite_reasons": []string{},
	})
	private := v.At(policy.Private)
	if r := reasonOf(t, private, "INT2020/10-1-3"); !r.Wins || !strings.Contains(r.Exception.Ko, "정보자원통합심의위원회") || r.Status != "notice" {
		t.Errorf("%+v", r)
	}
	v = decided(t, "2026-03-01", map[string]any{
		"institution.kind": "central", "system.stage": "new", "component.foi_items": []string{"foi5"}, "component.info_kinds": []string{},
		"component.personal_data": false, "component.nonpublic_business": true, "component.onsite_reasons": []string{}, "system.internal_business": false,
	})
	due := map[string]policy.Duty{}
	for _, d := range v.At(policy.Private).Duties {
		due[d.Pack+"/"+d.Key] = d
	}
	for key, want := range map[string]policy.Duty{
		"USE2025/register_use": {Days: 30, After: "contract", Article: "제9조"}, "USE2025/operation_check": {Days: 15, After: "before_check", Article: "제12조"},
		"USE2025/end_notice_clause": {Days: 30, After: "before_end", Article: "제7조"}, "USE2025/business_notice_clause": {Days: 30, After: "before_end", Article: "제8조"},
		"USE2025/destruction_proof": {Article: "제14조제3항"}, "ACT2015/demand_forecast": {After: "yearly", Article: "법 제13조제1항, 시행령 제10조제1항"},
	} {
		if d, ok := due[key]; !ok || d.Days != want.Days || d.After != want.After || d.Article != want.Article {
			t.Errorf("%s: %+v, want %+v", key, d, want)
		}
	}
}
