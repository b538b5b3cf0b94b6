package naru_test

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"naru"
)

func TestDecimalReadsAndWrites(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"0": "0", "-0.50": "-0.5", "12.3400": "12.34", "007": "7", "0.000000000000000001": "0.000000000000000001", "-1": "-1", "100": "100",
	}
	for in, want := range tests {
		d, err := naru.ParseDecimal(in)
		if err != nil || d.String() != want {
			t.Errorf("%q reads as %q, %v; want %q", in, d, err, want)
		}
	}
	for _, bad := range []string{"", "-", ".5", "1.", "1e3", "1,000", " 1", "+1", "٣", "1.0000000000000000001", "123456789012345678901234567890123456789"} {
		if d, err := naru.ParseDecimal(bad); err == nil {
			t.Errorf("%q was read as %q", bad, d)
		}
	}
}

// TestMoneyAgreesWithRationals compares every rounding with arbitrary-precision
// rationals over random rates and quantities.
func TestMoneyAgreesWithRationals(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		rate := naru.DecimalOf(rng.Int64N(2e6) - 1e6).Mul(naru.MustDecimal("0.0001"))
		quantity := naru.DecimalOf(rng.Int64N(1e9)).Mul(naru.MustDecimal("0.000001"))
		cost, err := naru.Rate(rate, quantity)
		if err != nil {
			t.Fatal(err)
		}
		exact := new(big.Rat).Mul(rat(t, rate), rat(t, quantity))
		if want := roundHalfEven(new(big.Rat).Mul(exact, big.NewRat(1_000_000, 1))); want.Cmp(big.NewInt(int64(cost))) != 0 {
			t.Fatalf("%s x %s = %d, want %s", rate, quantity, cost, want)
		}
		if want := roundHalfEven(big.NewRat(int64(cost), 1_000_000)); want.Cmp(big.NewInt(int64(cost.Won()))) != 0 {
			t.Fatalf("%d millionths are %d won, want %s", cost, cost.Won(), want)
		}
	}
}

func TestHalvesGoToEven(t *testing.T) {
	t.Parallel()
	for cost, want := range map[naru.Cost]naru.Money{500_000: 0, 1_500_000: 2, 2_500_000: 2, -500_000: 0, -1_500_000: -2, 2_500_001: 3, -2_500_001: -3} {
		if got := cost.Won(); got != want {
			t.Errorf("%d millionths are %d won, want %d", cost, got, want)
		}
	}
}

func TestSumsDoNotWrap(t *testing.T) {
	t.Parallel()
	const most = naru.Cost(1<<63 - 1)
	if _, err := most.Add(1); err == nil {
		t.Error("a sum past the range was accepted")
	}
	if _, err := naru.Money(-1 << 63).Add(-1); err == nil {
		t.Error("a sum below the range was accepted")
	}
	if _, err := naru.Rate(naru.DecimalOf(1e15), naru.DecimalOf(1e15)); err == nil {
		t.Error("a cost past the range was accepted")
	}
}

func rat(t *testing.T, d naru.Decimal) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(d.String())
	if !ok {
		t.Fatalf("%q is no number", d)
	}
	return r
}

func roundHalfEven(r *big.Rat) *big.Int {
	twice := new(big.Int).Mul(r.Num(), big.NewInt(2))
	floor := new(big.Int).Div(r.Num(), r.Denom()) // towards minus infinity
	switch rest := new(big.Int).Sub(twice, new(big.Int).Mul(floor, new(big.Int).Mul(r.Denom(), big.NewInt(2)))); rest.Cmp(r.Denom()) {
	case 1:
		return floor.Add(floor, big.NewInt(1))
	case 0:
		return floor.Add(floor, big.NewInt(int64(floor.Bit(0))))
	}
	return floor
}

func FuzzDecimal(f *testing.F) {
	for _, s := range []string{"0", "-12.5", "1e9", "..", "999999999999999999.999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := naru.ParseDecimal(s)
		if err != nil {
			return
		}
		again, err := naru.ParseDecimal(d.String())
		if err != nil || again.Cmp(d) != 0 {
			t.Errorf("%q writes as %q, which reads as %q, %v", s, d, again, err)
		}
	})
}
