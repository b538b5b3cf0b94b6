package feed_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"naru/base/policy"
	"naru/flow/inventory"
	"naru/link/feed"
	"naru/packs/law"
)

const seed = 20260302

func census(t *testing.T, size int) map[string]feed.Count {
	t.Helper()
	set, err := policy.Load(inventory.Facts(), law.Files)
	if err != nil {
		t.Fatal(err)
	}
	list, err := feed.Census(feed.NewGenerator(seed, size), set)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]feed.Count{}
	for _, c := range list {
		out[c.Key] = c
	}
	return out
}

func TestPublishedProportionsComeOutToTheSystem(t *testing.T) {
	t.Parallel()
	for key, c := range census(t, feed.NationSize()) {
		if c.Use != feed.Drawn {
			continue
		}
		if c.Of == 17_243 && c.Got != c.Count && c.GotOf != 0 {
			t.Errorf("%s: %d of 17,243 published, %d drawn", key, c.Count, c.Got)
		}
		// another denominator: to the nearest whole system, of which a group may need two roundings
		if off := c.Got*c.Of - c.Count*c.GotOf; off > 2*c.Of || off < -2*c.Of || c.GotOf == 0 {
			t.Errorf("%s: %d of %d published, %d of %d drawn", key, c.Count, c.Of, c.Got, c.GotOf)
		}
	}
}

func TestProportionsHoldAtOtherSizes(t *testing.T) {
	t.Parallel()
	for _, size := range []int{3_000, 40_000} {
		for key, c := range census(t, size) {
			if c.Use != feed.Drawn || strings.HasPrefix(key, "institutions.") || strings.HasPrefix(key, "estate.") || c.GotOf == 0 {
				continue
			}
			if off := c.Got*c.Of - c.Count*c.GotOf; off > 3*c.Of || off < -3*c.Of {
				t.Errorf("%d systems: %s is %d of %d, published %d of %d", size, key, c.Got, c.GotOf, c.Count, c.Of)
			}
		}
	}
}

// TestEligibleSharesComeOutUnderTheLaw decides the whole nation by the packs and compares
// with what was published of each time: about 8 %, more than half, 45.5 % of those to move.
func TestEligibleSharesComeOutUnderTheLaw(t *testing.T) {
	t.Parallel()
	got := census(t, feed.NationSize())
	for key, perMille := range map[string][2]int64{
		"eligible.GL2016": {75, 85}, "eligible.GL2019": {540, 600}, "eligible.INT2020": {510, 570}, "eligible.PLAN2021": {445, 465},
	} {
		c := got[key]
		if share := c.Got * 1000 / c.GotOf; c.Use != feed.Calibrated || share < perMille[0] || share > perMille[1] {
			t.Errorf("%s is %d of %d, want %d to %d in a thousand", key, c.Got, c.GotOf, perMille[0], perMille[1])
		}
	}
}

func TestEveryProportionSaysWhereItComesFrom(t *testing.T) {
	t.Parallel()
	for _, p := range feed.Proportions() {
		switch {
		case p.Use == feed.Configured && (p.Source != "" || !p.Unsourced):
			t.Errorf("%s is configuration and claims the source %s", p.Key, p.Source)
		case p.Use != feed.Configured && p.Source == "" && p.Note.IsZero():
			t.Errorf("%s is %s without source or note", p.Key, p.Use)
		case p.Source != "" && p.Title == "":
			t.Errorf("%s: source %s has no title", p.Key, p.Source)
		case (p.Note.Ko == "") != (p.Note.En == ""):
			t.Errorf("%s is noted in one language only", p.Key)
		}
	}
}

func TestANationIsTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	a, b, other := feed.MakeNation(7, 400), feed.MakeNation(7, 400), feed.MakeNation(8, 400)
	if !reflect.DeepEqual(a, b) {
		t.Error("the same seed gave another nation")
	}
	if reflect.DeepEqual(a.Lines, other.Lines) {
		t.Error("another seed gave the same nation")
	}
	var lines []feed.Line
	for some := range feed.NewGenerator(7, 400).Systems() {
		if lines = append(lines, some...); len(lines) > 50 {
			break
		}
	}
	if !reflect.DeepEqual(lines, a.Lines[:len(lines)]) {
		t.Error("reading one by one gave another nation than all at once")
	}
}

func TestANationOfAnySizeHoldsTogether(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 4, 5, 6, 9, 23, 120, 300, 1200} {
		n := feed.MakeNation(seed, size)
		systems, codes, names := map[string]bool{}, map[string]bool{}, map[string]bool{}
		for _, i := range n.Institutions {
			if codes[i.Code] || names[i.Value.Name] || !i.Value.Synthetic {
				t.Errorf("%d systems: institution %s %s stands twice or is not marked", size, i.Code, i.Value.Name)
			}
			if i.ParentCode != "" && !codes[i.ParentCode] {
				t.Errorf("%d systems: %s has the parent %s, which is not above it", size, i.Code, i.ParentCode)
			}
			codes[i.Code], names[i.Value.Name] = true, true
		}
		for _, l := range n.Lines {
			systems[l.InstitutionCode+"/"+l.Code] = true
			if !codes[l.InstitutionCode] || !l.Synthetic {
				t.Fatalf("%d systems: %s belongs to %s, or is not marked", size, l.Code, l.InstitutionCode)
			}
		}
		if len(systems) != size || size > 0 && n.Institutions[0].Value.Name != "가상행정부" {
			t.Errorf("%d systems asked, %d made", size, len(systems))
		}
		for _, l := range n.Lines {
			for _, need := range l.Needs {
				if !strings.Contains(need, "/") {
					need = l.InstitutionCode + "/" + need
				}
				if !systems[need] || need == l.InstitutionCode+"/"+l.Code {
					t.Errorf("%d systems: %s needs %s", size, l.Code, need)
				}
			}
		}
		home := slices.IndexFunc(n.Lines, func(l feed.Line) bool { return l.InstitutionCode != "EX00001" })
		if home < 0 {
			home = len(n.Lines)
		}
		if home < min(size, 5) {
			t.Errorf("%d systems: the home institution has %d", size, home)
		}
	}
}

func TestNamesOfSystemsDifferWithinAnInstitution(t *testing.T) {
	t.Parallel()
	names := map[string]string{}
	for lines := range feed.NewGenerator(seed, feed.NationSize()).Systems() {
		l := lines[0]
		key := l.InstitutionCode + " " + l.Name
		if other := names[key]; other != "" {
			t.Errorf("%s has two systems %q: %s and %s", l.InstitutionCode, l.Name, other, l.Code)
		}
		names[key] = l.Code
	}
}

func TestSharedPlatformsReachFar(t *testing.T) {
	t.Parallel()
	needed := map[string]int{}
	for lines := range feed.NewGenerator(seed, feed.NationSize()).Systems() {
		for _, need := range lines[0].Needs {
			needed[need]++
		}
	}
	far := 0
	for _, n := range needed {
		if n > 500 {
			far++
		}
	}
	if far < 6 {
		t.Errorf("%d systems are needed by more than 500 others", far)
	}
}

// BenchmarkNation draws the whole estate, one system at a time.
func BenchmarkNation(b *testing.B) {
	for b.Loop() {
		n := 0
		for lines := range feed.NewGenerator(seed, feed.NationSize()).Systems() {
			n += len(lines)
		}
		b.ReportMetric(float64(n), "components")
	}
}
