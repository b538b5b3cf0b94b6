package web

import (
	"fmt"
	"slices"
	"strings"

	"naru/base/policy"
	"naru/flow/decide"
)

// sketch is the picture of a system whose components may run in different places: a
// zone per set of places, the components in it as boxes, the links between them as
// lines. The table beside it says the same.
type sketch struct {
	Width, Height int
	Zones         []zone
	Lines         []line
}

// zone holds the components to which the same places are open.
type zone struct {
	X, Width, Height int
	Names            []string // of the places, one per row; none = nothing is open
	Boxes            []box
}

// box is a component.
type box struct {
	X, Y        int
	Name, Short string
}

// line is a link between two components.
type line struct {
	Path   string
	Tone   string // "inner", "may" or "must"
	Number int    // of the crossing in the table, 0 = it does not cross
	X, Y   int    // where the number stands
}

// Measures of the sketch, in units of its drawing.
const (
	zoneWidth = 270
	zoneGap   = 96
	boxWidth  = 206
	boxHeight = 44
	boxStep   = 68
	nameStep  = 22
	zoneEdge  = 16
	laneStep  = 30
)

// sketchOf lays the components out by where each may run.
func (p page) sketchOf(v verdictView) sketch {
	s, at := p.zones(v)
	crossing, lanes := make(map[[2]string]int), 0
	for i, x := range v.Crossings {
		crossing[[2]string{x.From, x.To}] = i
	}
	for _, c := range v.Inventory.Components {
		for _, to := range c.Links {
			from, there := at[c.Name]
			end, here := at[to]
			if !there || !here {
				continue
			}
			l := line{Tone: "inner"}
			if i, crosses := crossing[[2]string{c.Name, to}]; crosses {
				l.Number, l.Tone = i+1, "may"
				if v.Crossings[i].Must {
					l.Tone = "must"
				}
			} else if _, twice := crossing[[2]string{to, c.Name}]; twice {
				continue // drawn from its other end
			}
			if l.draw(from, end, lanes, s.Height) {
				lanes++
			}
			s.Lines = append(s.Lines, l)
		}
	}
	s.Height += lanes * laneStep
	for i := range s.Zones {
		s.Zones[i].Height = s.Height
	}
	return s
}

// zones groups the components and returns where each stands.
func (p page) zones(v verdictView) (sketch, map[string]box) {
	var s sketch
	index := make(map[string]int)
	for _, part := range v.Parts {
		names := p.venueNames(part.Open)
		key := strings.Join(names, ",")
		if _, known := index[key]; !known {
			index[key] = len(s.Zones)
			s.Zones = append(s.Zones, zone{X: len(s.Zones) * (zoneWidth + zoneGap), Width: zoneWidth, Names: names})
		}
		z := &s.Zones[index[key]]
		z.Boxes = append(z.Boxes, box{Name: part.Name, Short: clip(part.Name, 15)})
	}
	head, most := nameStep, 0
	for _, z := range s.Zones {
		head = max(head, nameStep*len(z.Names))
		most = max(most, len(z.Boxes))
	}
	top := zoneEdge + head + zoneEdge
	s.Height = top + most*boxStep
	s.Width = len(s.Zones)*(zoneWidth+zoneGap) - zoneGap
	at := make(map[string]box)
	for i := range s.Zones {
		z := &s.Zones[i]
		for k := range z.Boxes {
			b := &z.Boxes[k]
			b.X, b.Y = z.X+(zoneWidth-boxWidth)/2, top+k*boxStep
			at[b.Name] = *b
		}
	}
	return s, at
}

func (p page) venueNames(list []policy.Venue) []string {
	names := make([]string, len(list))
	for i, v := range list {
		names[i] = p.Venue(v)
	}
	return names
}

// draw leads the line from box to box: across the gap, around when both stand in one
// zone, or below the zones between them, which takes a lane.
func (l *line) draw(a, b box, lane, bottom int) (below bool) {
	if a.X > b.X {
		a, b = b, a
	}
	y1, y2 := a.Y+boxHeight/2, b.Y+boxHeight/2
	x1, x2 := a.X+boxWidth, b.X
	middle := (x1 + x2) / 2
	switch {
	case a.X == b.X:
		l.Path = fmt.Sprintf("M%d %d C%d %d %d %d %d %d", a.X, y1, a.X-40, y1, a.X-40, y2, a.X, y2)
		l.X, l.Y = a.X-28, (y1+y2)/2
	case b.X-a.X > zoneWidth+zoneGap:
		turn, y := (zoneWidth-boxWidth)/2+12+12*lane, bottom+laneStep*lane
		l.Path = fmt.Sprintf("M%d %d H%d V%d H%d V%d H%d", x1, y1, x1+turn, y, x2-turn, y2, x2)
		l.X, l.Y = middle, y
		return true
	default:
		l.Path = fmt.Sprintf("M%d %d C%d %d %d %d %d %d", x1, y1, middle, y1, middle, y2, x2, y2)
		l.X, l.Y = middle, (y1+y2)/2
	}
	return false
}

// clip shortens a name to what fits into a box.
func clip(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most-1]) + "…"
}

// asks lists the reasons that close a venue and that somebody may lift, one per
// instrument.
func asks(w policy.VenueVerdict) []policy.Reason {
	if w.Permits() {
		return nil
	}
	var list []policy.Reason
	for _, r := range w.Reasons {
		known := slices.ContainsFunc(list, func(k policy.Reason) bool { return k.Pack == r.Pack })
		if r.Lift != nil && r.Lifted == nil && !known {
			list = append(list, r)
		}
	}
	return list
}

// crossed counts the links that cross for sure.
func crossed(list []decide.Crossing) (n int64) {
	for _, x := range list {
		if x.Must {
			n++
		}
	}
	return n
}

func (p page) orNone(list []policy.Venue) string {
	if len(list) == 0 {
		return p.T("web.none")
	}
	return p.venues(list)
}
