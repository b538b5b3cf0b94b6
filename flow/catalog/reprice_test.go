package catalog

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"naru"
)

// keep keeps a history as the table does: a row that is there can only be closed.
func keep(history, rows []Price) []Price {
	for _, r := range rows {
		found := false
		for i := range history {
			if history[i].Meter == r.Meter && history[i].From == r.From {
				history[i].To, found = r.To, true
			}
		}
		if !found {
			history = append(history, r)
		}
	}
	return history
}

// TestPricesNeverOverlapNorRewriteThePast sets random prices on a moving day: every day
// has at most one price of a meter, and a day that is past keeps its price for ever.
func TestPricesNeverOverlapNorRewriteThePast(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 5))
	const first naru.Date = "2026-01-01"
	taken, refused := 0, 0
	for range 200 {
		var history []Price
		past := map[string]string{} // meter and day to rate, once the day is over
		for day := range 60 {
			today := first.AddDays(day)
			add := []Price{randomPrice(rng, today), randomPrice(rng, today)}
			rows, err := reprice(history, add, today)
			if err != nil {
				refused++
			} else {
				taken++
				history = keep(history, rows)
			}
			for _, meter := range []string{"a", "b"} {
				for d := range 60 {
					checkDay(t, history, meter, first.AddDays(d))
				}
				if was, ok := PriceOn(history, meter, today); ok { // the first price of a meter may fill days before it
					past[meter+string(today)] = was.Rate.String()
				}
			}
		}
		for key, rate := range past {
			if now, _ := PriceOn(history, key[:1], naru.Date(key[1:])); now.Rate.String() != rate {
				t.Fatalf("the price of %s was %s and became %s", key, rate, now.Rate)
			}
		}
	}
	if taken < 1000 || refused < 1000 {
		t.Errorf("%d taken, %d refused: the test bites only with both", taken, refused)
	}
}

func randomPrice(rng *rand.Rand, today naru.Date) Price {
	p := Price{Meter: []string{"a", "b"}[rng.IntN(2)], Unit: "u", Rate: naru.DecimalOf(rng.Int64N(1000)), From: today.AddDays(rng.IntN(12) - 2)}
	if p.From < today && rng.IntN(4) > 0 {
		p.From = today
	}
	if rng.IntN(3) == 0 {
		p.To = p.From.AddDays(rng.IntN(5))
	}
	return p
}

func checkDay(t *testing.T, history []Price, meter string, d naru.Date) {
	t.Helper()
	n := 0
	for _, p := range PricesOn(history, d) {
		if p.Meter == meter {
			n++
		}
	}
	if n > 1 {
		t.Fatalf("%s has %d prices on %s: %v", meter, n, d, fmt.Sprint(history))
	}
}
