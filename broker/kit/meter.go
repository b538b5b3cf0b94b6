package kit

import (
	"math/big"
	"strings"
	"time"
)

// Meter is one thing that is measured (계량 항목).
type Meter struct {
	Name string `json:"meter"`
	Unit string `json:"unit"`
	// level meters integrate an amount held over time; others count.
	level bool
	per   int64
}

// LevelMeter measures an amount held over time: its unit is `per` base units for one hour.
func LevelMeter(name, unit string, per int64) Meter {
	return Meter{Name: name, Unit: unit, level: true, per: per}
}

// CountMeter counts: its unit is `per` base units.
func CountMeter(name, unit string, per int64) Meter {
	return Meter{Name: name, Unit: unit, per: per}
}

// GiB is the number of bytes in the unit of the storage meters.
const GiB = 1 << 30

// decimals is how many decimal places a quantity has. A unit of 10^-9 GiB-hours is about one byte-hour.
const decimals = 9

// divisor turns the meter's exact sum (base units, or base units times nanoseconds) into its unit.
func (m Meter) divisor() *big.Int {
	d := big.NewInt(m.per)
	if m.level {
		d.Mul(d, big.NewInt(int64(time.Hour)))
	}
	return d
}

// units is the exact sum in units of 10^-decimals, rounded down. Lines are differences of it, so
// rounding never adds up: the lines of an instance sum to its total rounded down once.
func (m Meter) units(sum *big.Int) *big.Int {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(decimals), nil)
	n := new(big.Int).Mul(sum, scale)
	return n.Quo(n, m.divisor())
}

// formatUnits writes units of 10^-decimals as a plain decimal without trailing zeros.
func formatUnits(units *big.Int) string {
	digits := units.String()
	if len(digits) <= decimals {
		digits = strings.Repeat("0", decimals+1-len(digits)) + digits
	}
	whole, fraction := digits[:len(digits)-decimals], strings.TrimRight(digits[len(digits)-decimals:], "0")
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}
