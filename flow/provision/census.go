package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/catalog"
)

// CensusIn asks for a census of a provider.
type CensusIn struct {
	Provider catalog.ProviderID `json:"provider" doc:"provider id"`
}

// CensusAsked confirms that a census will be taken.
type CensusAsked struct {
	Provider catalog.ProviderID `json:"provider"`
}

// CensusesIn asks for the results, the newest first.
type CensusesIn struct {
	Provider catalog.ProviderID `json:"provider,omitempty"`
	naru.Page
}

// Census is one comparison of what a provider holds with what naru knows (전수 대조).
type Census struct {
	ID       string             `json:"id"`
	Provider catalog.ProviderID `json:"provider"`
	At       time.Time          `json:"at"`
	Held     int                `json:"held"`  // at the provider
	Known    int                `json:"known"` // ready in naru
	Findings []Finding          `json:"findings"`
	Fault    naru.Message       `json:"fault"` // why the provider could not be counted; empty key = it was
}

// Finding is one difference.
type Finding struct {
	Kind     FindingKind `json:"kind"`
	Instance InstanceID  `json:"instance"`
	Binding  BindingID   `json:"binding,omitempty"`
	Action   string      `json:"action,omitempty"` // "delete" when naru takes it away
}

// FindingKind says what differs.
type FindingKind string

// The differences. Stray is what naru knows to be gone and the provider still holds:
// naru deletes it. Foreign is what naru never made: people must look at it.
const (
	Stray   FindingKind = "stray"
	Foreign FindingKind = "foreign"
	Lost    FindingKind = "lost" // ready in naru, unknown to the provider
)

// counting is what a census asks, and since when.
type counting struct {
	provider catalog.Provider
	asked    time.Time
}

type counted struct {
	held []Held
	err  error
}

func askCensus(ctx context.Context, c *op.Call, s Store, in CensusIn) (CensusAsked, error) {
	p, err := s.Provider(ctx, in.Provider)
	if err != nil {
		return CensusAsked{}, err
	}
	if p.BrokerURL == "" {
		return CensusAsked{}, naru.NewError(naru.Conflict, "provision.no_broker", "provider", p.Name.Ko)
	}
	c.Record([]string{string(p.ID)}, "asked", "true")
	c.EnqueueIn(string(p.ID), TaskCensus, string(p.ID))
	return CensusAsked{Provider: p.ID}, nil
}

func listCensuses(ctx context.Context, _ *op.Call, s Store, in CensusesIn) (naru.List[Census], error) {
	return s.Censuses(ctx, in.Provider, in.Page)
}

func prepareCensus(ctx context.Context, c *op.Call, s Store, subject string) (counting, bool, error) {
	p, err := s.Provider(ctx, catalog.ProviderID(subject))
	return counting{p, c.Now}, err == nil && p.BrokerURL == "", err
}

func countWith(b Broker) func(context.Context, counting) counted {
	return func(ctx context.Context, k counting) counted {
		held, err := b.Held(ctx, k.provider)
		return counted{held, err}
	}
}

// settleCensus stores the comparison and takes away what should not be there any more.
// A provider that does not answer is a census with a fault, not a clean one.
func settleCensus(ctx context.Context, c *op.Call, s Store, k counting, a counted) (op.Step, error) {
	census := Census{ID: c.NewID("cen"), Provider: k.provider.ID, At: c.Now, Held: len(a.held)}
	if a.err != nil {
		census.Fault = faultOf(a.err, k.provider)
		c.Record([]string{string(k.provider.ID)}, "fault", census.Fault.Key)
		return op.Step{Done: true}, s.PutCensus(ctx, census)
	}
	instances, err := s.InstancesAt(ctx, k.provider.ID)
	if err != nil {
		return op.Step{}, err
	}
	bindings, err := s.BindingsAt(ctx, k.provider.ID)
	if err != nil {
		return op.Step{}, err
	}
	census.Findings, census.Known = compare(a.held, instances, bindings, k.asked)
	if err := sweep(ctx, c, s, census.Findings); err != nil {
		return op.Step{}, err
	}
	c.Record(censusSubjects(census), "held", fmt.Sprint(census.Held), "known", fmt.Sprint(census.Known),
		"findings", fmt.Sprint(len(census.Findings)))
	return op.Step{Done: true}, s.PutCensus(ctx, census)
}

func faultOf(err error, p catalog.Provider) naru.Message {
	var known *naru.Error
	if errors.As(err, &known) {
		return known.Message
	}
	return naru.Msg("provision.provider_silent", "provider", p.Name.Ko)
}

// maxSubjects bounds the objects one entry names; the census row has them all.
const maxSubjects = 100

func censusSubjects(c Census) []string {
	subjects := []string{string(c.Provider)}
	for _, f := range c.Findings[:min(len(c.Findings), maxSubjects)] {
		subjects = append(subjects, string(f.Instance))
	}
	return subjects
}

// compare finds the differences. What changed since the question was asked is left out:
// the answer is older than it.
func compare(held []Held, instances []Instance, bindings []Binding, asked time.Time) (findings []Finding, known int) {
	there := make(map[InstanceID]Held, len(held))
	for _, h := range held {
		there[h.Instance] = h
	}
	here := make(map[InstanceID]bool, len(instances))
	for _, i := range instances {
		here[i.ID] = true
		h, ok := there[i.ID]
		settled := i.State.Settled() && i.Since.Before(asked)
		switch {
		case i.State == Ready && settled && !ok:
			findings = append(findings, Finding{Kind: Lost, Instance: i.ID})
		case !i.State.Live() && settled && ok && h.State != string(Deleting):
			findings = append(findings, Finding{Kind: Stray, Instance: i.ID, Action: "delete"})
		}
		if i.State == Ready {
			known++
		}
	}
	for _, h := range held {
		if !here[h.Instance] {
			findings = append(findings, Finding{Kind: Foreign, Instance: h.Instance})
		}
	}
	findings = append(findings, compareBindings(there, here, bindings, asked)...)
	slices.SortFunc(findings, func(a, b Finding) int {
		return strings.Compare(string(a.Instance)+string(a.Binding), string(b.Instance)+string(b.Binding))
	})
	return findings, known
}

func compareBindings(there map[InstanceID]Held, here map[InstanceID]bool, bindings []Binding, asked time.Time) []Finding {
	var findings []Finding
	known := make(map[BindingID]bool, len(bindings))
	for _, b := range bindings {
		known[b.ID] = true
		h, ok := there[b.Instance]
		if !ok || !b.State.Settled() || !b.Since.Before(asked) {
			continue
		}
		held := slices.Contains(h.Bindings, b.ID)
		switch {
		case b.State == Ready && !held:
			findings = append(findings, Finding{Kind: Lost, Instance: b.Instance, Binding: b.ID})
		case !b.State.Live() && held:
			findings = append(findings, Finding{Kind: Stray, Instance: b.Instance, Binding: b.ID, Action: "delete"})
		}
	}
	for id, h := range there {
		for _, b := range h.Bindings {
			if here[id] && !known[b] {
				findings = append(findings, Finding{Kind: Foreign, Instance: id, Binding: b})
			}
		}
	}
	return findings
}

// sweep puts what is stray back on the way to its deletion.
func sweep(ctx context.Context, c *op.Call, s Store, findings []Finding) error {
	for _, f := range findings {
		var err error
		switch {
		case f.Kind != Stray:
		case f.Binding != "":
			err = sweepBinding(ctx, c, s, f.Binding)
		default:
			err = sweepInstance(ctx, c, s, f.Instance)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func sweepInstance(ctx context.Context, c *op.Call, s Store, id InstanceID) error {
	i, err := s.Instance(ctx, id)
	if err != nil {
		return err
	}
	before := i.State
	i.Work = i.stray(c.Now)
	c.Record(i.subjects(), i.detail(before)...)
	c.EnqueueIn(string(i.Provider), TaskInstance, string(i.ID))
	return s.PutInstance(ctx, i)
}

func sweepBinding(ctx context.Context, c *op.Call, s Store, id BindingID) error {
	b, err := s.Binding(ctx, id)
	if err != nil {
		return err
	}
	i, err := s.Instance(ctx, b.Instance)
	if err != nil {
		return err
	}
	before := b.State
	b.Work = b.stray(c.Now)
	c.Record(b.subjects(i), b.detail(before)...)
	c.EnqueueIn(string(i.Provider), TaskBinding, string(b.ID))
	return s.PutBinding(ctx, b)
}
