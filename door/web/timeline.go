package web

import (
	"time"

	"naru/flow/provision"
)

// The drawing of a history: a row per call, from its intent to its end, on one axis.
const (
	lineWidth  = 1000
	lineHeight = 24
	lineLeast  = 8 // of a call too short to be seen
)

// timeline is a drawing of calls; a table of the same stands beside it.
type timeline struct {
	From, To time.Time
	Rows     []lineView
}

// lineView is one call in the drawing.
type lineView struct {
	X, Width int64 // from the intent to the answer, or until now
	Rest     int64 // from the answer until it was settled; 0 = at once
	Tone     string
	Name     string
	Title    string
}

// drawn lays the calls of an instance out, the oldest at the top.
func (p page) drawn(calls []provision.BrokerCall, now time.Time) timeline {
	t := timeline{From: now, To: time.Time{}}
	for i := range calls {
		if calls[i].IntendedAt.Before(t.From) {
			t.From = calls[i].IntendedAt
		}
		if end := endOf(&calls[i], now); end.After(t.To) {
			t.To = end
		}
	}
	span := max(t.To.Sub(t.From), time.Millisecond)
	at := func(when time.Time) int64 {
		return int64(float64(when.Sub(t.From)) / float64(span) * float64(lineWidth-lineLeast))
	}
	for i := len(calls) - 1; i >= 0; i-- {
		k := &calls[i]
		heard := k.AnsweredAt
		if heard.IsZero() {
			heard = endOf(k, now)
		}
		l := lineView{X: at(k.IntendedAt), Tone: callTone(k), Name: p.T("provision.step." + string(k.Step))}
		l.Width = max(at(heard)-l.X, lineLeast)
		l.Rest = max(at(endOf(k, now))-l.X-l.Width, 0)
		l.Title = l.Name + " · " + p.callWord(k) + " · " + p.At(k.IntendedAt)
		t.Rows = append(t.Rows, l)
	}
	return t
}

// endOf is when a call was settled, or now.
func endOf(k *provision.BrokerCall, now time.Time) time.Time {
	if k.State == provision.CallSettled && !k.SettledAt.IsZero() {
		return k.SettledAt
	}
	if now.Before(k.IntendedAt) {
		return k.IntendedAt
	}
	return now
}

// callTone is the tone of what a call came to.
func callTone(k *provision.BrokerCall) string {
	if k.State != provision.CallSettled {
		if k.State == provision.CallUnknown {
			return "warning"
		}
		return "information"
	}
	switch k.Code {
	case provision.CodeDone:
		return "success"
	case provision.CodeNotSent:
		return "gray"
	case provision.CodeUnknown, provision.CodeInvalid:
		return "warning"
	}
	return "danger"
}

// callWord says in a word where a call stands.
func (p page) callWord(k *provision.BrokerCall) string {
	if k.State == provision.CallSettled && k.Code != "" {
		return p.T("provision.code." + string(k.Code))
	}
	return p.T("provision.call_state." + string(k.State))
}

// stripSegments draws a provider's strip on the scale of the busiest one.
func (p page) stripSegments(s strip, most int64) []segment {
	var out []segment
	x := int64(0)
	for _, part := range []struct {
		n         int64
		tone, key string
	}{{s.Calling, "information", "web.operations.calling"}, {s.Waiting, "gray", "web.operations.waiting"}, {s.Stuck, "danger", "web.operations.stuck"}} {
		if w := min(share(part.n, most), barWidth-x); w > 0 {
			out = append(out, segment{X: x, Width: w, Tone: part.tone, Title: p.T(part.key) + " " + grouped(part.n)})
			x += w
		}
	}
	return out
}

// busiest is the largest strip.
func busiest(list []strip) int64 {
	most := int64(1)
	for _, s := range list {
		most = max(most, s.all())
	}
	return most
}

func circuitTone(s provision.CircuitState) string {
	switch s {
	case provision.CircuitOpen:
		return "danger"
	case provision.CircuitProbe:
		return "warning"
	}
	return "success"
}

// flightStates are the states a filter of operations offers.
func (p page) flightStates() []option {
	list := []option{{"", p.T("web.all")}}
	for _, s := range []provision.State{provision.Requested, provision.Creating, provision.Updating, provision.Deleting, provision.Orphan} {
		list = append(list, option{string(s), p.State(s)})
	}
	return list
}
