package rules

import (
	"math/rand/v2"
	"strings"

	"naru/base/policy"
)

// Draw makes the facts of a system with a skew like that of a real estate: most flags
// are off, most sets empty, few codes common. Of gaps times in 8 a fact is unknown.
func Draw(rng *rand.Rand, s *policy.Schema, gaps int) policy.Facts {
	var f policy.Facts
	for i := range s.Fields() {
		field := &s.Fields()[i]
		if rng.IntN(8) < gaps {
			continue
		}
		f.Put(i, draw(rng, field))
	}
	return f
}

func draw(rng *rand.Rand, f *policy.Field) int64 {
	switch f.Type {
	case policy.Bool:
		if rng.IntN(3) == 0 {
			return 1
		}
		return 0
	case policy.Enum: // the first codes are the common ones
		n := len(f.Codes)
		return int64(min(rng.IntN(n), rng.IntN(n)))
	case policy.Set:
		if rng.IntN(2) == 0 {
			return 0
		}
		one, other := rng.IntN(len(f.Codes)), rng.IntN(len(f.Codes))
		return 1<<one | 1<<other
	case policy.Date:
		return 15_000 + rng.Int64N(6_000)
	}
	if f.Max > 0 && f.Max < 1000 {
		return 1 + rng.Int64N(f.Max)
	}
	if strings.HasSuffix(f.Key, "subjects") {
		return []int64{0, 0, 800, 12_000, 60_000, 400_000, 700_000, 3_000_000}[rng.IntN(8)]
	}
	return rng.Int64N(1_000_000)
}
