package provision

import (
	"context"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/inventory"
)

// RetryIn names what is not settled: an instance, or a binding of it.
type RetryIn struct {
	Instance InstanceID `json:"instance" doc:"instance id"`
	Binding  BindingID  `json:"binding,omitempty" doc:"binding id, when the instance itself is not meant"`
}

// Retried says where the operation stands and that its next step is due now.
type Retried struct {
	Instance InstanceID `json:"instance"`
	Binding  BindingID  `json:"binding,omitempty"`
	Work
}

// subject is an instance or a binding of it: what can be retried, inspected, written off.
type subject struct {
	instance Instance
	binding  *Binding // nil = the instance
}

// find returns what a caller names, if the caller sees it.
func findSubject(ctx context.Context, c *op.Call, s Store, id InstanceID, b BindingID) (subject, error) {
	i, err := find(ctx, c, s, InstanceRef{ID: id})
	if err != nil || b == "" {
		return subject{instance: i}, err
	}
	found, err := s.Binding(ctx, b)
	if err == nil && found.Instance != i.ID {
		err = orNotFound(nil, "binding", string(b))
	}
	return subject{i, &found}, err
}

func (s *subject) work() *Work {
	if s.binding != nil {
		return &s.binding.Work
	}
	return &s.instance.Work
}

func (s *subject) bindingID() BindingID {
	if s.binding != nil {
		return s.binding.ID
	}
	return ""
}

func (s *subject) name() string {
	if s.binding != nil {
		return string(s.binding.ID)
	}
	return string(s.instance.ID)
}

func (s *subject) subjects() []string {
	if s.binding != nil {
		return s.binding.subjects(s.instance)
	}
	return s.instance.subjects()
}

// put stores the subject.
func (s *subject) put(ctx context.Context, st Store) error {
	if s.binding != nil {
		return st.PutBinding(ctx, *s.binding)
	}
	return st.PutInstance(ctx, s.instance)
}

// retry makes the next step due now, whatever it waits for: also for a circuit, which it
// may probe.
func (p watch) retry(ctx context.Context, c *op.Call, s Store, in RetryIn) (Retried, error) {
	what, err := findSubject(ctx, c, s, in.Instance, in.Binding)
	if err != nil {
		return Retried{}, err
	}
	w := what.work()
	task := TaskInstance
	if what.binding != nil {
		task = TaskBinding
	}
	if w.State.Settled() {
		return Retried{}, naru.NewError(naru.Conflict, "provision.nothing_to_retry", "object", what.name(), "state", string(w.State))
	}
	busy, err := w.busy(ctx, c, s, task, what.name())
	if err != nil {
		return Retried{}, err
	}
	if busy {
		return Retried{}, naru.NewError(naru.Conflict, "provision.call_under_way", "object", what.name())
	}
	if p.port != nil {
		p.port.Probe(what.instance.Provider)
	}
	w.NextAt = c.Now
	c.Record(what.subjects(), "state", string(w.State), "retry", "true")
	waits, err := s.Hasten(ctx, task, what.name(), c.Now)
	if err != nil {
		return Retried{}, err
	}
	if !waits {
		c.EnqueueIn(string(what.instance.Provider), task, what.name())
	}
	c.Wake()
	return Retried{what.instance.ID, what.bindingID(), *w}, what.put(ctx, s)
}

// busy reports whether the call that is open is under way, by another row of the queue.
// While it is, others leave it alone; a row whose lease ended has lost its answer.
func (w Work) busy(ctx context.Context, c *op.Call, s Store, task, subject string) (bool, error) {
	if w.CallID == "" {
		return false, nil
	}
	return c.UnderWay(ctx, s, task, subject)
}

// InspectIn names what is to be looked at, at the provider.
type InspectIn struct {
	Instance InstanceID `json:"instance" doc:"instance id"`
	Binding  BindingID  `json:"binding,omitempty" doc:"binding id, when the instance itself is not meant"`
}

// Inspection is a look at the provider's side (실시간 확인): what its broker said of an
// instance or a binding at a moment. Credentials that a broker shows are dropped at once.
type Inspection struct {
	ID          string                  `json:"id"`
	Instance    InstanceID              `json:"instance"`
	Binding     BindingID               `json:"binding,omitempty"`
	Provider    catalog.ProviderID      `json:"provider"`
	Institution inventory.InstitutionID `json:"institution"`
	AskedBy     string                  `json:"asked_by"`
	AskedAt     time.Time               `json:"asked_at"`
	SeenAt      time.Time               `json:"seen_at,omitzero"` // zero = not yet
	Found       Found                   `json:"found"`
	Status      int                     `json:"status"`
	BrokerCode  string                  `json:"broker_code,omitempty"`
	BrokerWords string                  `json:"broker_words,omitempty"`
	Service     string                  `json:"service,omitempty"` // the broker's own id
	Plan        string                  `json:"plan,omitempty"`    // the broker's own id
	Dashboard   string                  `json:"dashboard,omitempty"`
	Fault       naru.Message            `json:"fault,omitzero"`
}

// Found says whether something is there.
type Found string

// What a look can come to.
const (
	FoundWaiting Found = ""        // not looked yet
	FoundThere   Found = "there"   // the broker has it
	FoundNot     Found = "gone"    // the broker does not know it
	FoundBusy    Found = "busy"    // the broker works on it
	FoundUnknown Found = "unknown" // the broker does not say
)

// inspect asks for a look; a task takes it, because a transaction never waits for others.
func inspect(ctx context.Context, c *op.Call, s Store, in InspectIn) (Inspection, error) {
	what, err := findSubject(ctx, c, s, in.Instance, in.Binding)
	if err != nil {
		return Inspection{}, err
	}
	n := Inspection{
		ID: c.NewID("isp"), Instance: what.instance.ID, Binding: what.bindingID(), Provider: what.instance.Provider,
		Institution: what.instance.Institution, AskedBy: c.Actor.User, AskedAt: c.Now,
	}
	c.Record(append([]string{n.ID}, what.subjects()...), "asked", "true")
	c.EnqueueIn(string(n.Provider), TaskInspect, n.ID)
	return n, s.PutInspection(ctx, n)
}

// looking is an inspection under way.
type looking struct {
	inspection Inspection
	request    Request
}

func prepareInspection(ctx context.Context, _ *op.Call, s Store, id string) (looking, bool, error) {
	n, err := s.Inspection(ctx, id)
	if err != nil || n.Found != FoundWaiting {
		return looking{}, true, err
	}
	i, err := s.Instance(ctx, n.Instance)
	if err != nil {
		return looking{}, false, err
	}
	r, err := lookRequest(ctx, s, i, n.Binding)
	r.Call = n.ID
	return looking{n, r}, false, err
}

// lookRequest is the question whether an instance or a binding is there.
func lookRequest(ctx context.Context, s Store, i Instance, b BindingID) (Request, error) {
	r, err := request(ctx, s, i, Work{})
	r.Step, r.Binding, r.Wanted = Look, b, nil
	return r, err
}

func settleInspection(ctx context.Context, c *op.Call, s Store, l looking, a Answer) (op.Step, error) {
	n := l.inspection
	n.SeenAt, n.Status, n.BrokerCode, n.BrokerWords, n.Fault = c.Now, a.Reply.Status, a.Reply.Code, a.Reply.Words, a.Fault
	n.Found, n.Service, n.Plan, n.Dashboard = a.found(), a.Reply.Service, a.Reply.Plan, a.Dashboard
	subjects := []string{n.ID}
	if n.Binding != "" {
		subjects = append(subjects, string(n.Binding))
	}
	c.Record(append(subjects, string(n.Instance), string(n.Provider)), "found", string(n.Found))
	return op.Step{Done: true}, s.PutInspection(ctx, n)
}

// found is what an answer to a look says.
func (a Answer) found() Found {
	switch a.Outcome {
	case Done:
		return FoundThere
	case Missing, Gone:
		return FoundNot
	case Busy, InProgress:
		return FoundBusy
	}
	return FoundUnknown
}

// InspectionsIn asks for what was looked at, the newest first.
type InspectionsIn struct {
	Instance InstanceID `json:"instance" doc:"instance id"`
	naru.Page
}

func listInspections(ctx context.Context, c *op.Call, s Store, in InspectionsIn) (naru.List[Inspection], error) {
	if _, err := find(ctx, c, s, InstanceRef{ID: in.Instance}); err != nil {
		return naru.List[Inspection]{}, err
	}
	return s.Inspections(ctx, in.Instance, in.Page)
}
