package plan

import (
	"strings"
	"testing"
)

func TestConfigIsReadOrRefusedWithItsPart(t *testing.T) {
	t.Parallel()
	c, err := ParseConfig("90000000", "1=core/60, 2=core ,4=major")
	if err != nil || c.cost() != 90_000_000 {
		t.Fatalf("%+v, %v", c, err)
	}
	want := []Target{
		{Grade: 1, Class: "core", RTO: 60, RPO: 60}, {Grade: 2, Class: "core", RTO: 60}, {Grade: 3}, {Grade: 4, Class: "major", RTO: 7200},
	}
	for i, got := range c.targets() {
		want[i].Basis, want[i].State = "configuration", "announced"
		if got != want[i] {
			t.Errorf("grade %d: %+v, want %+v", i+1, got, want[i])
		}
	}
	if c, err := ParseConfig("", " "); err != nil || c.cost() != DerivedCost() || len(c.targets()) != 4 || c.targets()[3].Class != "" {
		t.Errorf("the zero configuration is %+v, %v", c, err)
	}
	for text, part := range map[string][2]string{
		"a cost that is no number":  {"many", ""},
		"a cost of nothing":         {"0", ""},
		"an unknown class":          {"", "1=vital"},
		"a grade that is none":      {"", "5=core"},
		"a class without a grade":   {"", "core"},
		"a recovery point of words": {"", "1=core/soon"},
	} {
		if _, err := ParseConfig(part[0], part[1]); err == nil || !strings.Contains(err.Error(), strings.TrimPrefix(part[0]+part[1], "1=core/")) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestARecoveryPointCountsWhereOneIsConfigured(t *testing.T) {
	t.Parallel()
	point := Target{RTO: 60, RPO: 30}
	for name, tt := range map[string]struct {
		rto, rpo int64
		want     Result
	}{
		"both are met":                  {60, 30, Meets},
		"the point is missed":           {60, 31, Misses},
		"the point is unknown":          {60, unknown, Unknown},
		"a miss is sure, known or not":  {61, unknown, Misses},
		"nothing is stated":             {unknown, unknown, Unknown},
		"zero minutes is the best time": {0, 0, Meets},
	} {
		if got := held(point, tt.rto, tt.rpo); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add("86730842", "1=core,2=essential,3=major")
	f.Add("", "1=core/60")
	f.Fuzz(func(t *testing.T, cost, classes string) {
		c, err := ParseConfig(cost, classes)
		if err == nil && (c.cost() < 1 || len(c.targets()) != 4) {
			t.Errorf("%q %q gave %+v", cost, classes, c)
		}
	})
}
