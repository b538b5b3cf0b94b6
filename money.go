package naru

import (
	"fmt"
	"math"
)

// Won is the currency code of every amount in naru unless it says otherwise
// (ISO 4217; the won has no minor unit in use).
const Won = "KRW"

// Cost is an amount that is not payable yet: millionths of a won. A charge line is a
// Cost, so that many small lines lose nothing before the statement rounds once.
type Cost int64

// Money is a payable amount in whole won.
type Money int64

// microPerWon is how many Cost units make one won.
const microPerWon = 1_000_000

// Rate returns rate (won per unit) times quantity as a Cost, rounded half to even to
// a millionth of a won: the first of the two roundings in naru.
func Rate(rate, quantity Decimal) (Cost, error) {
	n := rate.Mul(quantity).roundTo(6)
	if !n.IsInt64() {
		return 0, fmt.Errorf("cost of %s x %s is out of range", rate, quantity)
	}
	return Cost(n.Int64()), nil
}

// Add returns c + d, or an error when the sum leaves the range (9.2 trillion won).
func (c Cost) Add(d Cost) (Cost, error) {
	if (d > 0 && c > math.MaxInt64-d) || (d < 0 && c < math.MinInt64-d) {
		return 0, fmt.Errorf("sum of costs %d and %d is out of range", c, d)
	}
	return c + d, nil
}

// Won rounds the cost half to even to whole won: the second rounding, done once at
// the statement line.
func (c Cost) Won() Money {
	q, r := int64(c)/microPerWon, int64(c)%microPerWon
	switch twice := 2 * abs(r); {
	case twice > microPerWon, twice == microPerWon && q%2 != 0:
		q += sign(r)
	}
	return Money(q)
}

// Decimal returns the cost in won, exactly.
func (c Cost) Decimal() Decimal {
	d := DecimalOf(int64(c))
	d.scale = 6
	return d
}

// Add returns m + n, or an error when the sum leaves the range.
func (m Money) Add(n Money) (Money, error) {
	if (n > 0 && m > math.MaxInt64-n) || (n < 0 && m < math.MinInt64-n) {
		return 0, fmt.Errorf("sum of amounts %d and %d is out of range", m, n)
	}
	return m + n, nil
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

func sign(n int64) int64 {
	if n < 0 {
		return -1
	}
	return 1
}
