package feed

import (
	"slices"
	"testing"
)

func FuzzApportionAddsUp(f *testing.F) {
	f.Add(17243, uint16(1526), uint16(1125), uint16(449))
	f.Add(0, uint16(1), uint16(0), uint16(0))
	f.Fuzz(func(t *testing.T, total int, a, b, c uint16) {
		if total < 0 || total > 10_000_000 {
			return
		}
		weights := []int{int(a), int(b), int(c)}
		sum := weights[0] + weights[1] + weights[2]
		got := apportion(total, weights)
		if sum == 0 {
			return
		}
		if got[0]+got[1]+got[2] != total {
			t.Errorf("%d by %v is %v", total, weights, got)
		}
		for i, n := range got {
			if n < total*weights[i]/sum || n > total*weights[i]/sum+1 {
				t.Errorf("%d by %v is %v: share %d is off by more than one", total, weights, got, i)
			}
		}
	})
}

func FuzzShuffleIsAPermutation(f *testing.F) {
	for _, size := range []uint16{1, 2, 3, 16, 17, 1000} {
		f.Add(size, uint64(size)*7)
	}
	f.Fuzz(func(t *testing.T, size uint16, key uint64) {
		if size == 0 {
			return
		}
		s := newShuffle(int(size), key)
		seen := make([]int, size)
		for i := range seen {
			seen[i] = s.at(i)
		}
		slices.Sort(seen)
		for i, at := range seen {
			if at != i {
				t.Fatalf("size %d, key %d: %d is not reached", size, key, i)
			}
		}
	})
}

func TestTakeLowersTheSumAndStaysAboveZero(t *testing.T) {
	t.Parallel()
	counts := []int{1, 9, 0}
	take(counts, 0, 4)
	if !slices.Equal(counts, []int{0, 6, 0}) {
		t.Errorf("counts are %v", counts)
	}
	take(counts, 2, 100)
	if !slices.Equal(counts, []int{0, 0, 0}) {
		t.Errorf("counts are %v", counts)
	}
}

func TestATableThatClaimsTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"an unknown field":                 "rows: [{key: a, colour: red}]",
		"a share above one":                "rows: [{key: a, count: 3, of: 2, use: configured, ko: 가, en: a}]",
		"no denominator":                   "rows: [{key: a, count: 0, of: 0, use: configured, ko: 가, en: a}]",
		"a source that is not listed":      "rows: [{key: a, count: 1, of: 2, use: drawn, source: N1, ko: 가, en: a}]",
		"a drawn line without source":      "rows: [{key: a, count: 1, of: 2, use: drawn, ko: 가, en: a}]",
		"a configured line with a source":  "sources: {N1: {title: t}}\nrows: [{key: a, count: 1, of: 2, use: configured, source: N1, ko: 가, en: a}]",
		"the same key twice":               "rows: [{key: a, count: 1, of: 2, use: configured, ko: 가, en: a}, {key: a, count: 1, of: 2, use: configured, ko: 가, en: a}]",
		"a line without its English words": "rows: [{key: a, count: 1, of: 2, use: configured, ko: 가}]",
	} {
		if _, err := parseProportions([]byte(text)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
