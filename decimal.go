package naru

import (
	"fmt"
	"math/big"
	"strings"
)

// maxScale and maxDigits bound a decimal read from outside: enough for any price or
// meter reading, small enough that a hostile number costs nothing.
const (
	maxScale  = 18
	maxDigits = 38
)

// Decimal is an exact decimal number for rates and quantities: coefficient times
// 10^-scale. The zero value is 0. It is never a float and never rounds on its own.
type Decimal struct {
	coef  *big.Int // nil means 0
	scale int
}

// ParseDecimal reads a plain decimal such as "-12.50"; no exponent, no separators,
// at most 38 digits of which 18 behind the point.
func ParseDecimal(s string) (Decimal, error) {
	digits, neg := strings.CutPrefix(s, "-")
	whole, frac, point := strings.Cut(digits, ".")
	if whole == "" || (point && frac == "") || len(frac) > maxScale || len(whole)+len(frac) > maxDigits {
		return Decimal{}, fmt.Errorf("decimal %.40q is malformed or too long", s)
	}
	for _, r := range whole + frac {
		if r < '0' || r > '9' {
			return Decimal{}, fmt.Errorf("decimal %.40q has a character that is no digit", s)
		}
	}
	coef, _ := new(big.Int).SetString(whole+frac, 10)
	if neg {
		coef.Neg(coef)
	}
	return Decimal{coef: coef, scale: len(frac)}, nil
}

// MustDecimal is ParseDecimal for constants in code; it panics on a malformed one.
func MustDecimal(s string) Decimal {
	d, err := ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

// DecimalOf returns n as a Decimal.
func DecimalOf(n int64) Decimal { return Decimal{coef: big.NewInt(n)} }

func (d Decimal) int() *big.Int {
	if d.coef == nil {
		return new(big.Int)
	}
	return d.coef
}

// Add returns d + e exactly.
func (d Decimal) Add(e Decimal) Decimal {
	scale := max(d.scale, e.scale)
	sum := new(big.Int).Add(rescale(d, scale), rescale(e, scale))
	return Decimal{coef: sum, scale: scale}
}

// Sub returns d - e exactly.
func (d Decimal) Sub(e Decimal) Decimal {
	return d.Add(Decimal{coef: new(big.Int).Neg(e.int()), scale: e.scale})
}

// Mul returns d * e exactly; the scale grows to the sum of both.
func (d Decimal) Mul(e Decimal) Decimal {
	return Decimal{coef: new(big.Int).Mul(d.int(), e.int()), scale: d.scale + e.scale}
}

// Cmp returns -1, 0 or +1 as d is less than, equal to or greater than e.
func (d Decimal) Cmp(e Decimal) int {
	scale := max(d.scale, e.scale)
	return rescale(d, scale).Cmp(rescale(e, scale))
}

// Sign returns -1, 0 or +1.
func (d Decimal) Sign() int { return d.int().Sign() }

// String writes the number without an exponent and without trailing zeros.
func (d Decimal) String() string {
	digits := new(big.Int).Abs(d.int()).String()
	if d.scale > 0 {
		if pad := d.scale + 1 - len(digits); pad > 0 {
			digits = strings.Repeat("0", pad) + digits
		}
		cut := len(digits) - d.scale
		digits = strings.TrimRight(digits[:cut]+"."+digits[cut:], "0")
		digits = strings.TrimSuffix(digits, ".")
	}
	if d.Sign() < 0 {
		return "-" + digits
	}
	return digits
}

// MarshalText writes the number as text, so JSON keeps every digit.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Decimal) UnmarshalText(b []byte) error {
	v, err := ParseDecimal(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// rescale returns the coefficient of d at a scale not below its own.
func rescale(d Decimal, scale int) *big.Int {
	if scale == d.scale {
		return d.int()
	}
	return new(big.Int).Mul(d.int(), pow10(scale-d.scale))
}

// roundTo returns d times 10^scale as an integer, half to even.
func (d Decimal) roundTo(scale int) *big.Int {
	if scale >= d.scale {
		return rescale(d, scale)
	}
	return divHalfEven(d.int(), pow10(d.scale-scale))
}

// divHalfEven divides n by a positive d and rounds half to even.
func divHalfEven(n, d *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(n, d, new(big.Int))
	twice := new(big.Int).Lsh(new(big.Int).Abs(r), 1)
	c := twice.Cmp(d)
	if c > 0 || (c == 0 && q.Bit(0) == 1) {
		q.Add(q, big.NewInt(int64(n.Sign())))
	}
	return q
}

func pow10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}
