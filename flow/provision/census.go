package provision

import (
	"context"
	"errors"
	"fmt"
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

// Census is one comparison of three sides (전수 대조): the orders, naru's ledger, and what
// the provider says: what it holds, and the usage it told.
type Census struct {
	ID       string             `json:"id"`
	Provider catalog.ProviderID `json:"provider"`
	At       time.Time          `json:"at"`
	Way      Way                `json:"way"`
	Held     int                `json:"held"`   // at the provider, of what was looked at
	Known    int                `json:"known"`  // ready in naru
	Looked   int                `json:"looked"` // instances of naru's that were looked at
	Unseen   int                `json:"unseen"` // instances of naru's that could not be looked at
	Billed   bool               `json:"billed"` // its usage is known, so the bill was compared too
	Findings []Difference       `json:"findings"`
	Fault    naru.Message       `json:"fault"` // why the provider was not counted, or not wholly; empty key = it was
	Through  InstanceID         `json:"-"`     // the last one fetched: the next census goes on behind it
}

// Way is how a provider was counted.
type Way string

// The ways. A broker without the listing, which is an extension, is asked for every
// instance alone.
const (
	ByListing Way = "listing"
	ByFetch   Way = "fetch"
)

// Difference is one finding as a census saw it.
type Difference struct {
	Kind     FindingKind `json:"kind"`
	Instance InstanceID  `json:"instance"`
	Binding  BindingID   `json:"binding,omitempty"`
	Action   Action      `json:"action,omitempty"` // proposed
}

// The bounds of one census, so that no broker can fill the ledger.
const (
	maxForeign  = 1000                // findings of instances that are nobody's
	maxFetched  = 1000                // calls to a broker without a listing
	atOnce      = 4                   // of them under way
	recentDead  = 30 * 24 * time.Hour // how long what is gone is looked at
	censusLease = 15 * time.Minute
	censusTime  = censusLease * 2 / 3 // for the calls
)

// counting is what a census asks, and since when.
type counting struct {
	provider catalog.Provider
	asked    time.Time
	fetch    []Request // for a broker without a listing
	through  InstanceID
}

// counted is what the broker says.
type counted struct {
	way  Way
	held []Held
	seen map[string]Found      // ByFetch: by id of the instance or binding
	plan map[InstanceID]string // ByFetch: the broker's own id of the plan, where it tells
	err  error
}

func askCensus(ctx context.Context, c *op.Call, s Store, in CensusIn) (CensusAsked, error) {
	p, err := s.Provider(ctx, in.Provider)
	if err != nil {
		return CensusAsked{}, err
	}
	if p.BrokerURL == "" {
		return CensusAsked{}, naru.NewError(naru.Conflict, "provision.no_broker", "provider", p.Name.Ko, "provider.en", p.Name.En)
	}
	c.Record([]string{string(p.ID)}, "asked", "true")
	c.EnqueueIn(string(p.ID), TaskCensus, string(p.ID))
	return CensusAsked{Provider: p.ID}, nil
}

func listCensuses(ctx context.Context, _ *op.Call, s Store, in CensusesIn) (naru.List[Census], error) {
	return s.Censuses(ctx, in.Provider, in.Page)
}

// prepareCensus also works out what to fetch when the broker turns out to have no listing.
func prepareCensus(ctx context.Context, c *op.Call, s Store, subject string) (counting, bool, error) {
	p, err := s.Provider(ctx, catalog.ProviderID(subject))
	if err != nil || p.BrokerURL == "" {
		return counting{}, true, err
	}
	k := counting{provider: p, asked: c.Now}
	return k, false, k.plan(ctx, s)
}

// plan lists what a broker without a listing is asked about, behind where the last census
// of it ended.
func (k *counting) plan(ctx context.Context, s Store) error {
	last, err := s.Censuses(ctx, k.provider.ID, naru.Page{Limit: 1})
	if err != nil {
		return err
	}
	instances, err := s.InstancesAt(ctx, k.provider.ID)
	if err != nil {
		return err
	}
	bindings, err := s.BindingsAt(ctx, k.provider.ID)
	if err != nil {
		return err
	}
	of := map[InstanceID][]Binding{}
	for _, b := range bindings {
		of[b.Instance] = append(of[b.Instance], b)
	}
	if len(last.Rows) > 0 {
		instances = from(instances, last.Rows[0].Through)
	}
	shown := map[catalog.ServiceID]retrieval{}
	for n := range instances {
		if err := k.add(ctx, s, &instances[n], of[instances[n].ID], shown); err != nil {
			return err
		}
	}
	return nil
}

// from turns a list so that it begins behind an id.
func from(list []Instance, after InstanceID) []Instance {
	for n := range list {
		if list[n].ID > after {
			return append(list[n:len(list):len(list)], list[:n]...)
		}
	}
	return list
}

// add takes an instance and its bindings into the questions, if its broker answers them.
func (k *counting) add(ctx context.Context, s Store, i *Instance, bindings []Binding, shown map[catalog.ServiceID]retrieval) error {
	if !i.State.Live() && i.State != WrittenOff && k.asked.Sub(i.Since) > recentDead {
		return nil
	}
	can, ok := shown[i.Service]
	if !ok {
		offer, err := s.Offer(ctx, i.Service)
		if err != nil {
			return fmt.Errorf("service of %s: %w", i.ID, err)
		}
		can = retrievalOf(offer)
		shown[i.Service] = can
	}
	if !can.Instances || len(k.fetch) >= maxFetched {
		return nil
	}
	r, err := lookRequest(ctx, s, *i, "")
	if err != nil {
		return err
	}
	k.fetch, k.through = append(k.fetch, r), i.ID
	for n := range bindings {
		if can.Bindings && (bindings[n].State == Ready || k.asked.Sub(bindings[n].Since) < recentDead) && len(k.fetch) < maxFetched {
			r.Binding = bindings[n].ID
			k.fetch = append(k.fetch, r)
		}
	}
	return nil
}

// countWith asks the broker: for its listing, or for one after the other.
func countWith(b Broker) func(context.Context, counting) counted {
	return func(ctx context.Context, k counting) counted {
		held, err := b.Held(ctx, k.provider)
		if !errors.Is(err, ErrNoListing) {
			return counted{way: ByListing, held: held, err: err}
		}
		ctx, done := context.WithTimeout(ctx, censusTime)
		defer done()
		a := fetchAll(ctx, b, k.fetch)
		if len(a.seen) == 0 && a.err == nil {
			a.err = naru.NewError(naru.Unavailable, "provision.not_countable", "provider", k.provider.Name.Ko, "provider.en", k.provider.Name.En)
		}
		return a
	}
}

// settleCensus stores the comparison, keeps the findings, and takes away what should not
// be there any more. A provider that does not answer is a census with a fault, not a clean
// one: nothing is opened and nothing ends.
func settleCensus(ctx context.Context, c *op.Call, s Store, k counting, a counted) (op.Step, error) {
	census := Census{ID: c.NewID("cen"), Provider: k.provider.ID, At: c.Now, Way: a.way, Findings: []Difference{}}
	if a.err != nil {
		census.Fault = faultOf(a.err, k.provider)
		c.Record([]string{string(k.provider.ID)}, "fault", census.Fault.Key)
		return op.Step{Done: true}, s.PutCensus(ctx, census)
	}
	t := table{asked: k.asked, today: c.Today(), provider: k.provider.ID, counted: a}
	if err := t.read(ctx, s); err != nil {
		return op.Step{}, err
	}
	seen := t.compare()
	l := ledger{call: c, store: s, known: t.open}
	opened, ended, err := l.take(ctx, seen, t.looked)
	if err != nil {
		return op.Step{}, err
	}
	if err := sweep(ctx, c, s, seen); err != nil {
		return op.Step{}, err
	}
	t.sum(&census, seen)
	if a.way == ByFetch {
		census.Through = k.through
		if census.Unseen > 0 {
			census.Fault = naru.Msg("provision.partly_counted", "provider", k.provider.Name.Ko, "provider.en", k.provider.Name.En, "unseen", fmt.Sprint(census.Unseen))
		}
	}
	c.Record([]string{string(census.Provider)}, "way", string(census.Way), "held", fmt.Sprint(census.Held), "known", fmt.Sprint(census.Known),
		"unseen", fmt.Sprint(census.Unseen), "findings", fmt.Sprint(len(seen)), "opened", fmt.Sprint(opened), "ended", fmt.Sprint(ended))
	return op.Step{Done: true}, s.PutCensus(ctx, census)
}

func faultOf(err error, p catalog.Provider) naru.Message {
	var known *naru.Error
	if errors.As(err, &known) {
		return known.Message
	}
	return naru.Msg("provision.provider_silent", "provider", p.Name.Ko, "provider.en", p.Name.En)
}
