package admission

import (
	"context"
	"slices"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/catalog"
)

// TaskName is the name of the task that runs the bench.
const TaskName = "admission.run"

// Patience bounds one run; the bench ends it then and reports what it has.
const Patience = 25 * time.Minute

// lease is longer than a run with its cleaning up.
const lease = Patience + 10*time.Minute

// Handler makes the task that judges a provider's broker through the port. A run that is
// found begun was cut off by the end of a process: it is not begun again, because what it
// left at the provider's is not known.
func Handler(b Bench) op.Handler {
	return op.Handle(op.Task[Store, Trial, Verdict]{
		Name: TaskName, Lease: lease,
		Prepare: begin,
		Call:    b.Try,
		Settle: func(ctx context.Context, c *op.Call, s Store, subject string, _ Trial, v Verdict) (op.Step, error) {
			return op.Step{Done: true}, settle(ctx, c, s, RunID(subject), v)
		},
	})
}

func begin(ctx context.Context, c *op.Call, s Store, subject string) (Trial, bool, error) {
	r, err := s.Admission(ctx, RunID(subject))
	if err != nil {
		return Trial{}, false, err
	}
	switch r.State {
	case Waiting:
	case Running:
		return Trial{}, true, fail(ctx, c, s, r, naru.Msg("admission.cut_off"))
	default:
		return Trial{}, true, nil
	}
	p, err := s.Provider(ctx, r.Provider)
	if err != nil {
		return Trial{}, false, err
	}
	o, err := s.Offer(ctx, r.Service)
	if err != nil {
		return Trial{}, false, err
	}
	t := Trial{Run: r.ID, Provider: p, Service: o.OSBID}
	for i := range o.Plans {
		if slices.Contains(r.Plans, o.Plans[i].ID) {
			t.Plans = append(t.Plans, o.Plans[i].OSBID)
		}
	}
	r.State, r.StartedAt = Running, c.Now
	c.Record(subjects(r), "state", string(r.State))
	return t, false, s.PutAdmission(ctx, r, nil)
}

func settle(ctx context.Context, c *op.Call, s Store, id RunID, v Verdict) error {
	r, err := s.Admission(ctx, id)
	if err != nil || !r.State.UnderWay() {
		return err
	}
	if v.Fault.Key != "" {
		return fail(ctx, c, s, r, v.Fault)
	}
	r.State, r.EndedAt = Done, c.Now
	r.Score = v.Report.score(catalog.Tested, r.ID)
	c.Record(subjects(r), append(scored(r.Score), "state", string(r.State))...)
	if err := s.PutAdmission(ctx, r, &v.Report); err != nil {
		return err
	}
	return keepScore(ctx, s, r, &v.Report)
}

func fail(ctx context.Context, c *op.Call, s Store, r Run, fault naru.Message) error {
	r.State, r.EndedAt, r.Fault = Failed, c.Now, fault
	c.Record(subjects(r), "state", string(r.State), "fault", fault.Key)
	return s.PutAdmission(ctx, r, nil)
}
