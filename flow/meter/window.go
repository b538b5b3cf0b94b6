package meter

import (
	"context"
	"slices"
	"time"

	"naru"
	"naru/base/op"
	"naru/base/record"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/inventory"
	"naru/flow/provision"
)

// Window is the time an instance was live (사용 기간), and so must show usage.
type Window struct {
	Instance    provision.InstanceID    `json:"instance"`
	Order       contract.OrderID        `json:"order"`
	Institution inventory.InstitutionID `json:"institution"`
	Provider    catalog.ProviderID      `json:"provider"`
	OpenedAt    time.Time               `json:"opened_at"`
	ClosedAt    time.Time               `json:"closed_at,omitzero"` // zero = still live
}

// Span is a stretch of time [From, To).
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// within cuts the window to a stretch; ok is false when nothing is left.
func (w Window) within(s Span) (Span, bool) {
	if w.OpenedAt.After(s.From) {
		s.From = w.OpenedAt
	}
	if !w.ClosedAt.IsZero() && w.ClosedAt.Before(s.To) {
		s.To = w.ClosedAt
	}
	return s, s.From.Before(s.To)
}

// slack is how much of a window's edges, or between two lines, may lie open: a broker
// begins and ends to measure when its engine does, naru when it hears of it.
const slack = 5 * time.Minute

// uncovered returns the stretches of a span that no line covers, leaving out those no
// longer than the slack. A span without any line is uncovered however short it is.
func uncovered(s Span, lines []Span) []Span {
	if len(lines) == 0 {
		return []Span{s}
	}
	var out []Span
	reached := s.From
	for _, l := range sorted(lines) {
		if l.From.Sub(reached) > slack {
			out = append(out, Span{reached, minTime(l.From, s.To)})
		}
		if l.To.After(reached) {
			reached = l.To
		}
	}
	if s.To.Sub(reached) > slack {
		out = append(out, Span{reached, s.To})
	}
	return out
}

// covered reports whether explanations leave nothing of a stretch open.
func covered(s Span, explained []Span) bool {
	reached := s.From
	for _, e := range sorted(explained) {
		if e.From.After(reached) {
			return false
		}
		if e.To.After(reached) {
			reached = e.To
		}
		if !reached.Before(s.To) {
			return true
		}
	}
	return !reached.Before(s.To)
}

func sorted(spans []Span) []Span {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b Span) int { return a.From.Compare(b.From) })
	return spans
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Follower opens the window of an instance when provision finds it ready and closes it
// when it is deleted or written off.
func Follower() op.Follower {
	return op.Follow("meter", []string{"provision.settle", "provision.delete", "provision.write_off_confirm"}, follow)
}

func follow(ctx context.Context, c *op.Call, s Store, e record.Entry) error {
	state := provision.State(e.Detail["state"])
	if len(e.Subjects) == 0 || (state != provision.Ready && state != provision.Deleted && state != provision.WrittenOff) {
		return nil
	}
	id := provision.InstanceID(e.Subjects[0])
	w, known, err := s.Window(ctx, id)
	if err != nil {
		return err
	}
	switch {
	case state == provision.Ready && !known:
		i, err := s.Instance(ctx, id)
		if err != nil {
			return err
		}
		w = Window{Instance: id, Order: i.Order, Institution: i.Institution, Provider: i.Provider, OpenedAt: e.At}
	case state != provision.Ready && known && w.ClosedAt.IsZero():
		w.ClosedAt = e.At
	default:
		return nil
	}
	c.Record([]string{string(id), string(w.Order)}, "state", string(state), "date", string(naru.DateOf(e.At)))
	return s.PutWindow(ctx, w)
}
