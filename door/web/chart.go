package web

import (
	"fmt"

	"naru/base/policy"
	"naru/flow/decide"
)

// segment is one part of a bar: its place and width in units of the drawing, its tone
// and its words. Drawings carry sizes as attributes, which the security policy allows
// where styles are not, and every drawing has a table beside it.
type segment struct {
	X, Width int64
	Tone     string
	Text     string // on the segment, when it is wide enough
	Title    string
}

// barWidth is the width of a whole bar in the units of its drawing.
const barWidth = 1000

// share returns n of whole in units of the bar, at least 4 when n is not zero.
func share(n, whole int64) int64 {
	if n <= 0 || whole <= 0 {
		return 0
	}
	return max(n*barWidth/whole, 4)
}

// percent writes n of whole with one decimal, exactly rounded half up.
func percent(n, whole int64) string {
	if whole <= 0 {
		return "–"
	}
	tenths := (n*2000 + whole) / (whole * 2)
	return fmt.Sprintf("%d.%d%%", tenths/10, tenths%10)
}

// outcomeSegments lays the outcomes of one venue side by side.
func (p page) outcomeSegments(v decide.VenueCount, whole int64) []segment {
	var out []segment
	var x int64
	for _, o := range decide.Words() {
		n := v.Outcomes[o]
		w := min(share(n, whole), barWidth-x)
		if w <= 0 {
			continue
		}
		s := segment{X: x, Width: w, Tone: tone(o), Title: p.Outcome(o) + " " + grouped(n)}
		if o == policy.Required {
			s.Tone = "primary"
		}
		if w >= 60 {
			s.Text = percent(n, whole)
		}
		out = append(out, s)
		x += w
	}
	return out
}
