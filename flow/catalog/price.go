package catalog

import (
	"slices"
	"strings"

	"naru"
)

// Price is what one unit of a meter costs from one date to another (단가), both
// included; an empty To means until a new price closes it.
type Price struct {
	Meter string       `json:"meter"`
	Unit  string       `json:"unit"`
	Rate  naru.Decimal `json:"rate"` // won per unit
	From  naru.Date    `json:"from"`
	To    naru.Date    `json:"to,omitempty"`
}

// PricesOn returns the price of every meter in force on a date, by meter.
func (p *Plan) PricesOn(d naru.Date) []Price { return PricesOn(p.Prices, d) }

// PricesOn returns of a history the prices in force on a date, by meter.
func PricesOn(history []Price, d naru.Date) []Price {
	var out []Price
	for _, p := range history {
		if d.Within(p.From, p.To) {
			out = append(out, p)
		}
	}
	sortPrices(out)
	return out
}

// PriceOn returns the price of one meter in force on a date.
func PriceOn(history []Price, meter string, d naru.Date) (Price, bool) {
	i := slices.IndexFunc(history, func(p Price) bool { return p.Meter == meter && d.Within(p.From, p.To) })
	if i < 0 {
		return Price{}, false
	}
	return history[i], true
}

func sortPrices(list []Price) {
	slices.SortFunc(list, func(a, b Price) int {
		if c := strings.Compare(a.Meter, b.Meter); c != 0 {
			return c
		}
		return strings.Compare(string(a.From), string(b.From))
	})
}

// reprice adds new prices to a history and returns the rows to store: the new ones and
// those they close. What was in force before today stays as it was, so that a past
// month is priced the same for ever. The first prices of a meter may begin earlier.
func reprice(history, add []Price, today naru.Date) ([]Price, error) {
	add = slices.Clone(add)
	sortPrices(add)
	var put []Price
	for start := 0; start < len(add); {
		end := start + 1
		for end < len(add) && add[end].Meter == add[start].Meter {
			end++
		}
		rows, err := repriceMeter(ofMeter(history, add[start].Meter), add[start:end], today)
		if err != nil {
			return nil, err
		}
		put = append(put, rows...)
		start = end
	}
	return put, nil
}

func ofMeter(history []Price, meter string) []Price {
	var out []Price
	for _, p := range history {
		if p.Meter == meter {
			out = append(out, p)
		}
	}
	sortPrices(out)
	return out
}

// repriceMeter does it for one meter; both lists are in order of date.
func repriceMeter(old, add []Price, today naru.Date) ([]Price, error) {
	var put []Price
	line := slices.Clone(old)
	for _, p := range add {
		if len(line) == 0 {
			line = append(line, p)
			put = append(put, p)
			continue
		}
		last := &line[len(line)-1]
		switch {
		case samePrice(*last, p):
			continue // the same request again
		case p.From <= last.From:
			return nil, naru.NewError(naru.Conflict, "catalog.price_overlaps", "meter", p.Meter, "from", string(p.From), "other", string(last.From))
		case len(old) > 0 && p.From < today:
			return nil, naru.NewError(naru.Conflict, "catalog.price_in_past", "meter", p.Meter, "from", string(p.From), "today", string(today))
		}
		if last.To == "" || last.To >= p.From {
			last.To = p.From.AddDays(-1)
			put = replace(put, *last)
		}
		line = append(line, p)
		put = append(put, p)
	}
	return put, nil
}

func samePrice(a, b Price) bool {
	return a.Meter == b.Meter && a.Unit == b.Unit && a.From == b.From && a.Rate.Cmp(b.Rate) == 0 && (a.To == b.To || b.To == "")
}

// replace puts a row in the place of the one with its meter and date, or adds it.
func replace(rows []Price, p Price) []Price {
	for i := range rows {
		if rows[i].Meter == p.Meter && rows[i].From == p.From {
			rows[i] = p
			return rows
		}
	}
	return append(rows, p)
}

// checkPrices returns what is wrong with prices for a service: every price needs a
// meter the broker counts, in the broker's unit.
func checkPrices(s *Service, prices []Price) *problems {
	ps := &problems{}
	ps.want(len(prices) > 0, "prices", "catalog.field_missing")
	for i, p := range prices {
		ps.row = i + 1
		ps.want(p.Meter != "" && len(p.Meter) <= 80, "meter", "catalog.field_missing")
		ps.want(p.Unit != "" && len(p.Unit) <= 80, "unit", "catalog.field_missing")
		ps.want(p.Rate.Sign() >= 0, "rate", "catalog.price_negative", "value", p.Rate.String())
		ps.date("from", p.From)
		if p.To != "" {
			ps.date("to", p.To)
			ps.want(p.From <= p.To, "to", "catalog.ends_before_start", "from", string(p.From), "to", string(p.To))
		}
		m := slices.IndexFunc(s.Meters, func(m Meter) bool { return m.Name == p.Meter })
		switch {
		case len(s.Meters) > 0 && m < 0:
			ps.want(false, "meter", "catalog.meter_unknown", "meter", p.Meter)
		case m >= 0:
			ps.want(s.Meters[m].Unit == p.Unit, "unit", "catalog.unit_differs", "meter", p.Meter, "unit", s.Meters[m].Unit)
		}
	}
	return ps
}
