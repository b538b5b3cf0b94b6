package admission

import (
	"context"
	"fmt"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/flow/catalog"
)

// Store is what this step needs of a transaction.
type Store interface {
	Provider(ctx context.Context, id catalog.ProviderID) (catalog.Provider, error)
	Offers(ctx context.Context, of catalog.ProviderID) ([]catalog.Offer, error)
	Offer(ctx context.Context, id catalog.ServiceID) (catalog.Offer, error)
	Scores(ctx context.Context, of catalog.ProviderID) (map[catalog.ProviderID]catalog.Score, error)
	PutScore(ctx context.Context, of catalog.ProviderID, s catalog.Score) error

	Admission(ctx context.Context, id RunID) (Run, error)
	// AdmissionReport returns the report of a run; nil when there is none.
	AdmissionReport(ctx context.Context, id RunID) (*Report, error)
	// AdmissionUnderWay returns the run of a provider that is not over.
	AdmissionUnderWay(ctx context.Context, of catalog.ProviderID) (Run, bool, error)
	// Admissions returns runs, the newest first; "" means those of every provider.
	Admissions(ctx context.Context, of catalog.ProviderID, p naru.Page) (naru.List[Run], error)
	// PutAdmission stores a run, and its report unless that is nil.
	PutAdmission(ctx context.Context, r Run, report *Report) error
}

// Preview tells what a run would create and delete, without asking for it.
var Preview = op.Read("admission.preview", "admission.read",
	naru.Text{Ko: "입점 시험이 공급자에게 무엇을 만들고 지우는지 미리 본다", En: "Tell what an admission run would create and delete at the provider's"}, preview)

// Ask asks for a run; a task judges the broker.
var Ask = op.Write("admission.run", "admission.run",
	naru.Text{Ko: "공급자 브로커의 입점 시험을 시작한다", En: "Run the admission bench over a provider's broker"}, ask)

// HandIn keeps a report that a provider made without this server.
var HandIn = op.Write("admission.hand_in", "admission.hand_in",
	naru.Text{Ko: "공급자가 스스로 한 시험의 결과를 낸다", En: "Hand in a report that the provider made itself"}, handIn)

// List lists runs.
var List = op.Read("admission.runs", "admission.read",
	naru.Text{Ko: "입점 시험 목록", En: "List admission runs"}, list)

// Get returns one run with its report.
var Get = op.Read("admission.report", "admission.read",
	naru.Text{Ko: "입점 시험 한 건과 결과", En: "Get an admission run with its report"}, get)

// Operations lists the operations of this step.
func Operations() []op.Any { return []op.Any{Preview, Ask, HandIn, List, Get} }

// ProviderIn names a provider, and the service to try if it is not the first one.
type ProviderIn struct {
	Provider catalog.ProviderID `json:"provider" doc:"provider id"`
	Service  catalog.ServiceID  `json:"service,omitempty" doc:"service to try; empty means the first that can be bound"`
}

// Plan is what a run will do at the provider's (시험 미리 보기).
type Plan struct {
	Provider     catalog.ProviderID `json:"provider"`
	ProviderName naru.Text          `json:"provider_name"`
	Service      catalog.ServiceID  `json:"service"`
	ServiceName  naru.Text          `json:"service_name"`
	Plans        []PlannedPlan      `json:"plans"`               // one instance of each at a time
	UnderWay     RunID              `json:"under_way,omitempty"` // the run that keeps another from beginning
}

// PlannedPlan is a plan of which instances are created and deleted, with what that costs.
type PlannedPlan struct {
	ID     catalog.PlanID  `json:"id"`
	OSBID  string          `json:"osb_id"`
	Slug   string          `json:"slug"`
	Name   naru.Text       `json:"name"`
	Prices []catalog.Price `json:"prices"` // in force today
}

// mostPlans is how many plans of a service are tried.
const mostPlans = 6

func preview(ctx context.Context, c *op.Call, s Store, in ProviderIn) (Plan, error) {
	if err := requireSight(c.Actor, in.Provider); err != nil {
		return Plan{}, err
	}
	p, err := s.Provider(ctx, in.Provider)
	if err != nil {
		return Plan{}, err
	}
	return plan(ctx, c, s, p, in.Service)
}

// plan finds the service that a run tries.
func plan(ctx context.Context, c *op.Call, s Store, p catalog.Provider, wish catalog.ServiceID) (Plan, error) {
	out := Plan{Provider: p.ID, ProviderName: p.Name}
	if p.BrokerURL == "" {
		return out, naru.NewError(naru.Conflict, "admission.no_broker")
	}
	offers, err := s.Offers(ctx, p.ID)
	if err != nil {
		return out, err
	}
	offer, ok := choose(offers, wish)
	if !ok {
		return out, naru.NewError(naru.Conflict, "admission.nothing_to_try")
	}
	out.Service, out.ServiceName = offer.ID, offer.Name
	for i := range offer.Plans {
		if v := &offer.Plans[i]; !v.Gone && len(out.Plans) < mostPlans {
			out.Plans = append(out.Plans, PlannedPlan{ID: v.ID, OSBID: v.OSBID, Slug: v.Slug, Name: v.Name, Prices: v.PricesOn(c.Today())})
		}
	}
	now, busy, err := s.AdmissionUnderWay(ctx, p.ID)
	if busy {
		out.UnderWay = now.ID
	}
	return out, err
}

// choose returns the wished service, or the first that can be bound, or the first.
func choose(offers []catalog.Offer, wish catalog.ServiceID) (catalog.Offer, bool) {
	var first *catalog.Offer
	for i := range offers {
		o := &offers[i]
		if o.Gone || !onOffer(o) || (wish != "" && o.ID != wish) {
			continue
		}
		if o.Bindable || wish != "" {
			return *o, true
		}
		if first == nil {
			first = o
		}
	}
	if first == nil {
		return catalog.Offer{}, false
	}
	return *first, true
}

func onOffer(o *catalog.Offer) bool {
	for i := range o.Plans {
		if !o.Plans[i].Gone {
			return true
		}
	}
	return false
}

func ask(ctx context.Context, c *op.Call, s Store, in ProviderIn) (Run, error) {
	if err := requireSight(c.Actor, in.Provider); err != nil {
		return Run{}, err
	}
	p, err := s.Provider(ctx, in.Provider)
	if err != nil {
		return Run{}, err
	}
	planned, err := plan(ctx, c, s, p, in.Service)
	if err != nil {
		return Run{}, err
	}
	if planned.UnderWay != "" {
		return Run{}, naru.NewError(naru.Conflict, "admission.under_way", "run", string(planned.UnderWay))
	}
	r := Run{
		ID: RunID(c.NewID("adm")), Provider: p.ID, ProviderName: p.Name, Source: catalog.Tested, State: Waiting,
		Service: planned.Service, RequestedBy: c.Actor.User, RequestedAt: c.Now,
	}
	for _, v := range planned.Plans {
		r.Plans = append(r.Plans, v.ID)
	}
	c.Record(subjects(r), "state", string(r.State), "service", string(r.Service))
	c.EnqueueIn(string(r.Provider), TaskName, string(r.ID)) // a slow broker keeps only its own lane
	return r, s.PutAdmission(ctx, r, nil)
}

// subjects are what every entry about a run names.
func subjects(r Run) []string { return []string{string(r.ID), string(r.Provider)} }

// HandInIn is a report of the provider's own.
type HandInIn struct {
	Provider catalog.ProviderID `json:"provider" doc:"provider id"`
	Report   string             `json:"report" file:"json" doc:"what naru conformance -o json printed"`
}

func handIn(ctx context.Context, c *op.Call, s Store, in HandInIn) (Full, error) {
	if err := requireSight(c.Actor, in.Provider); err != nil {
		return Full{}, err
	}
	p, err := s.Provider(ctx, in.Provider)
	if err != nil {
		return Full{}, err
	}
	report, err := readReport(in.Report, c.Now)
	if err != nil {
		return Full{}, err
	}
	r := Run{
		ID: RunID(c.NewID("adm")), Provider: p.ID, ProviderName: p.Name, Source: catalog.SelfReported, State: Done,
		RequestedBy: c.Actor.User, RequestedAt: c.Now, StartedAt: report.StartedAt, EndedAt: report.EndedAt,
	}
	r.Score = report.score(r.Source, r.ID)
	c.Record(subjects(r), scored(r.Score)...)
	if err := s.PutAdmission(ctx, r, &report); err != nil {
		return Full{}, err
	}
	return Full{Run: r, Report: &report}, keepScore(ctx, s, r, &report)
}

// scored are the public facts of a score for the record.
func scored(v catalog.Score) []string {
	return []string{
		"source", string(v.Source), "suite", v.Suite, "must", fmt.Sprint(v.Must.Passed, "/", v.Must.Applicable),
		"should", fmt.Sprint(v.Should.Passed, "/", v.Should.Applicable),
	}
}

// keepScore puts the score on the provider's card, unless the run was cut short or a
// better judged one stands there.
func keepScore(ctx context.Context, s Store, r Run, report *Report) error {
	if report.Interrupted || r.Score.Must.Applicable == 0 {
		return nil
	}
	scores, err := s.Scores(ctx, r.Provider)
	if err != nil || !supersedes(r.Score, scores[r.Provider]) {
		return err
	}
	return s.PutScore(ctx, r.Provider, r.Score)
}

// RunsIn narrows the list of runs.
type RunsIn struct {
	Provider catalog.ProviderID `json:"provider,omitempty" doc:"provider id"`
	naru.Page
}

func list(ctx context.Context, c *op.Call, s Store, in RunsIn) (naru.List[Run], error) {
	if identity.Role(c.Actor.Role) == identity.Provider {
		if in.Provider == "" {
			in.Provider = catalog.ProviderID(c.Actor.Provider)
		}
		if err := requireSight(c.Actor, in.Provider); err != nil {
			return naru.List[Run]{}, err
		}
	}
	return s.Admissions(ctx, in.Provider, in.Page)
}

// RunIn names a run.
type RunIn struct {
	ID RunID `json:"id" doc:"run id"`
}

func get(ctx context.Context, c *op.Call, s Store, in RunIn) (Full, error) {
	r, err := s.Admission(ctx, in.ID)
	if err != nil {
		return Full{}, err
	}
	if err := requireSight(c.Actor, r.Provider); err != nil {
		return Full{}, err
	}
	report, err := s.AdmissionReport(ctx, in.ID)
	if err != nil || report == nil {
		return Full{Run: r}, err
	}
	shown := report.shownTo(c.Actor)
	return Full{Run: r, Report: &shown}, nil
}

// requireSight refuses another provider's affairs to a provider.
func requireSight(a naru.Actor, of catalog.ProviderID) error {
	if identity.Role(a.Role) != identity.Provider || (a.Provider != "" && a.Provider == string(of)) {
		return nil
	}
	return naru.NewError(naru.Denied, identity.NotYours, "object", string(of))
}
