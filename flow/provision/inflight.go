package provision

import (
	"context"
	"slices"
	"strings"
	"time"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/inventory"
)

// InFlight is an operation that is not settled: of an instance, or of a binding of it.
type InFlight struct {
	Instance        InstanceID              `json:"instance"`
	Binding         BindingID               `json:"binding,omitempty"`
	Institution     inventory.InstitutionID `json:"institution"`
	InstitutionName string                  `json:"institution_name"`
	Provider        catalog.ProviderID      `json:"provider"`
	ProviderName    naru.Text               `json:"provider_name"`
	ServiceName     naru.Text               `json:"service_name"`
	Work
	Calling      bool         `json:"calling"` // a call is under way, or its answer was lost
	Stuck        bool         `json:"stuck"`   // it goes on without success
	Circuit      CircuitState `json:"circuit"` // of the provider, as this process sees it
	CircuitUntil time.Time    `json:"circuit_until,omitzero"`
}

// InFlightFilter narrows the operations in flight.
type InFlightFilter struct {
	Institution inventory.InstitutionID `json:"institution,omitempty" doc:"institution id"`
	Provider    catalog.ProviderID      `json:"provider,omitempty" doc:"provider id"`
	State       State                   `json:"state,omitempty" doc:"requested, creating, updating, deleting or orphan"`
}

// InFlightIn asks for the operations in flight, the oldest first.
type InFlightIn struct {
	InFlightFilter
	naru.Page
}

// CircuitState says whether a provider is called.
type CircuitState string

// The states of a circuit.
const (
	CircuitClosed CircuitState = "closed"    // calls go out
	CircuitOpen   CircuitState = "open"      // calls fail at once, because the last ones did
	CircuitProbe  CircuitState = "half_open" // one call is tried; the others fail at once
)

// Circuit is how a provider's broker answered lately, as this process saw it.
type Circuit struct {
	Provider catalog.ProviderID `json:"provider"`
	State    CircuitState       `json:"state"`
	Failures int                `json:"failures"` // calls in a row without an answer
	Since    time.Time          `json:"since,omitzero"`
	Until    time.Time          `json:"until,omitzero"` // of an open one: the next try
	UnderWay int                `json:"under_way"`      // calls now
	Limit    int                `json:"limit"`          // of calls under way
	Fault    naru.Message       `json:"fault,omitzero"` // why it opened
}

// Circuits is the port to what this process knows of the providers' brokers.
type Circuits interface {
	// Circuits returns those that were called since the start, by provider.
	Circuits() []Circuit
	// Probe lets the next call to a provider out, if its circuit is open.
	Probe(p catalog.ProviderID)
}

// watch reads circuits; without a port nothing is known.
type watch struct{ port Circuits }

func (w watch) circuits() []Circuit {
	if w.port == nil {
		return []Circuit{}
	}
	return w.port.Circuits()
}

func (w watch) inFlight(ctx context.Context, c *op.Call, s Store, in InFlightIn) (naru.List[InFlight], error) {
	ok, err := bounded(c.Actor, &in.Institution, &in.Provider)
	if err != nil || !ok {
		return naru.List[InFlight]{}, err
	}
	list, err := s.InFlight(ctx, in.InFlightFilter, in.Page)
	if err != nil {
		return list, err
	}
	known := map[catalog.ProviderID]Circuit{}
	for _, k := range w.circuits() {
		known[k.Provider] = k
	}
	for n := range list.Rows {
		f := &list.Rows[n]
		f.Calling, f.Stuck, f.Circuit = f.CallID != "", f.Work.Stuck(), CircuitClosed
		if k, ok := known[f.Provider]; ok {
			f.Circuit, f.CircuitUntil = k.State, k.Until
		}
	}
	return list, nil
}

// CircuitsIn asks for the circuits this process keeps.
type CircuitsIn struct{}

// list shows a provider only its own.
func (w watch) list(_ context.Context, c *op.Call, _ Store, _ CircuitsIn) ([]Circuit, error) {
	all := slices.Clone(w.circuits())
	if identity.Role(c.Actor.Role) == identity.Provider {
		all = slices.DeleteFunc(all, func(k Circuit) bool { return c.Actor.Provider == "" || string(k.Provider) != c.Actor.Provider })
	}
	slices.SortFunc(all, func(a, b Circuit) int { return strings.Compare(string(a.Provider), string(b.Provider)) })
	return all, nil
}
