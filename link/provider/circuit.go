package provider

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"naru"
	"naru/flow/catalog"
	"naru/flow/provision"
	"naru/wire/osb"
)

// A circuit keeps a provider's trouble to itself. After tripAfter calls in a row without
// any answer its calls fail at once, as not sent, until one single call is answered again.
const (
	tripAfter    = 5
	openFirst    = 5 * time.Second // until the first probe; doubled after every one that fails
	openMost     = 2 * time.Minute
	defaultLimit = 128         // calls under way to one provider
	crowdedWait  = time.Second // for those beyond the limit, or behind a probe
)

// circuits are those of all providers.
type circuits struct {
	now   func() time.Time
	limit int

	mu sync.Mutex
	of map[catalog.ProviderID]*circuit
}

// circuit is that of one provider, guarded by the mutex of all.
type circuit struct {
	url string
	provision.Circuit
	wait time.Duration
}

// refusedHere is why a call was not made: it never left.
type refusedHere struct {
	fault naru.Message
	after time.Duration
}

func (e refusedHere) Error() string { return "not called: " + e.fault.Key }

// turn is a call that may go out.
type turn struct {
	of    *circuits
	to    *circuit
	probe bool
}

// enter lets a call out, or says when to come again. A provider that is not registered yet
// has no circuit.
func (c *circuits) enter(p catalog.Provider) (turn, error) {
	if p.ID == "" {
		return turn{}, nil
	}
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.of[p.ID]
	if k == nil || k.url != p.BrokerURL { // another address is another broker
		k = &circuit{url: p.BrokerURL, Circuit: provision.Circuit{Provider: p.ID, State: provision.CircuitClosed, Limit: c.limit, Since: now}}
		c.of[p.ID] = k
	}
	crowded := refusedHere{naru.Msg("provision.provider_crowded", "provider", p.Name.Ko, "provider.en", p.Name.En), crowdedWait}
	t := turn{of: c, to: k}
	switch k.State {
	case provision.CircuitOpen:
		if left := k.Until.Sub(now); left > 0 && left <= openMost { // a longer time is that of a clock that went back
			return turn{}, refusedHere{k.Fault, left}
		}
		k.State, k.Since, t.probe = provision.CircuitProbe, now, true
	case provision.CircuitProbe:
		return turn{}, refusedHere{k.Fault, crowdedWait}
	default:
		if k.UnderWay >= c.limit {
			return turn{}, crowded
		}
	}
	k.UnderWay++
	return t, nil
}

// leave takes in how a call went.
func (t turn) leave(ctx context.Context, p catalog.Provider, err error) {
	if t.to == nil {
		return
	}
	now := t.of.now()
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	k := t.to
	k.UnderWay--
	switch mute := unanswered(err); {
	case mute && ctx.Err() != nil: // whoever asked has left: that says nothing of the broker
		if t.probe {
			k.State, k.Until = provision.CircuitOpen, now
		}
	case !mute:
		k.State, k.Failures, k.wait, k.Since, k.Until, k.Fault = provision.CircuitClosed, 0, 0, now, time.Time{}, naru.Message{}
	default:
		k.Failures++
		if t.probe || (k.State == provision.CircuitClosed && k.Failures >= tripAfter) {
			k.wait = min(max(2*k.wait, openFirst), openMost)
			k.State, k.Since, k.Until = provision.CircuitOpen, now, now.Add(k.wait)
			k.Fault = failed(provision.None, p.Name, err).Fault
		}
	}
}

// unanswered reports whether a broker gave no answer at all. Whatever it answers, also that
// it has a fault, it is there.
func unanswered(err error) bool {
	var call *osb.CallError
	if !errors.As(err, &call) {
		return false
	}
	if _, ours := isAddress(err); ours {
		return false
	}
	return call.Status == 0 && (call.Outcome == osb.NotSent || call.Outcome == osb.Unknown)
}

// Circuits implements provision.Circuits.
func (l *Link) Circuits() []provision.Circuit {
	l.circuits.mu.Lock()
	defer l.circuits.mu.Unlock()
	out := make([]provision.Circuit, 0, len(l.circuits.of))
	for _, k := range l.circuits.of {
		out = append(out, k.Circuit)
	}
	slices.SortFunc(out, func(a, b provision.Circuit) int { return strings.Compare(string(a.Provider), string(b.Provider)) })
	return out
}

// Probe implements provision.Circuits.
func (l *Link) Probe(p catalog.ProviderID) {
	l.circuits.mu.Lock()
	defer l.circuits.mu.Unlock()
	if k := l.circuits.of[p]; k != nil && k.State == provision.CircuitOpen {
		k.Until = l.circuits.now()
	}
}
