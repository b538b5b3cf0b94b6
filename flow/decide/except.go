package decide

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/base/policy"
	"naru/flow/inventory"
)

// AskIn asks for an exception.
type AskIn struct {
	Component inventory.ComponentID `json:"component" doc:"component id"`
	Venue     policy.Venue          `json:"venue" doc:"government, private, ppp, own or onsite"`
	Pack      string                `json:"pack,omitempty" doc:"instrument whose bar is to be lifted; empty for the first that leaves a way open"`
	Reason    string                `json:"reason" doc:"why, for those who decide"`
}

// ask files the wish for an exception where today's law leaves one open.
func (b bulk) ask(ctx context.Context, c *op.Call, s Store, in AskIn) (Exception, error) {
	if strings.TrimSpace(in.Reason) == "" {
		return Exception{}, naru.NewError(naru.Invalid, "decide.no_reason")
	}
	v, sys, err := b.verdictOf(ctx, c, s, in.Component)
	if err != nil {
		return Exception{}, err
	}
	r, err := liftable(&v, in)
	if err != nil {
		return Exception{}, err
	}
	open, err := s.Exceptions(ctx, ExceptionFilter{System: sys.ID}, naru.Page{Limit: naru.MaxPage})
	if err != nil {
		return Exception{}, err
	}
	for i := range open.Rows {
		e := &open.Rows[i].Exception
		if e.Component == in.Component && e.Venue == in.Venue && e.Pack == r.Pack && (e.State == Asked || e.State == Heard) {
			return Exception{}, naru.NewError(naru.Conflict, "decide.exception_open", "exception", string(e.ID))
		}
	}
	e := Exception{
		ID: ExceptionID(c.NewID("exc")), Component: in.Component, System: sys.ID, Institution: sys.Institution, Venue: in.Venue,
		Pack: r.Pack, Rule: r.Rule, Rules: besides(&v, in.Venue, &r), By: r.Lift.By, Hears: r.Lift.Opinion, Reason: in.Reason, State: Asked, Law: v.law,
		RequestedBy: c.Actor.User, RequestedAt: c.Now, Conditions: []naru.Text{}, Version: 1,
	}
	c.Record(e.subjects(), "venue", string(e.Venue), "pack", e.Pack, "rule", e.Rule, "by", e.By)
	return e, s.PutException(ctx, e)
}

// todays is today's verdict of a component with the law it rests on.
type todays struct {
	policy.Verdict
	law string
}

// verdictOf decides the component by the law of today, exceptions included.
func (b bulk) verdictOf(ctx context.Context, c *op.Call, s Store, id inventory.ComponentID) (todays, inventory.System, error) {
	of, err := s.SystemOfComponent(ctx, id)
	if err != nil {
		return todays{}, inventory.System{}, err
	}
	sys, err := s.System(ctx, of)
	if err != nil {
		return todays{}, sys, err
	}
	if err := identity.RequireSight(c.Actor, string(sys.Institution), string(id)); err != nil {
		return todays{}, sys, err
	}
	inst, err := s.Institution(ctx, sys.Institution)
	if err != nil {
		return todays{}, sys, err
	}
	inForce, err := b.book.InForce(ctx, s, c.Today())
	if err != nil {
		return todays{}, sys, err
	}
	lifts, err := s.Lifts(ctx, "", sys.ID)
	if err != nil {
		return todays{}, sys, err
	}
	i := slices.IndexFunc(sys.Components, func(k inventory.Component) bool { return k.ID == id })
	if i < 0 {
		return todays{}, sys, fmt.Errorf("component %s is not in system %s", id, of)
	}
	return todays{Judge(inForce, inst, sys, lifts)[i], inForce.Digest()}, sys, nil
}

// liftable finds the rule that closes the venue and that somebody may lift; one that
// surely applies before one that may.
func liftable(v *todays, in AskIn) (policy.Reason, error) {
	at := v.At(in.Venue)
	if at.Permits() {
		return policy.Reason{}, naru.NewError(naru.Conflict, "decide.already_open", "venue", string(in.Venue))
	}
	for _, truth := range []policy.Truth{policy.True, policy.Unknown} {
		for _, r := range at.Reasons {
			if r.Truth == truth && r.Lift != nil && r.Lifted == nil && (in.Pack == "" || r.Pack == in.Pack) {
				return r, nil
			}
		}
	}
	return policy.Reason{}, naru.NewError(naru.Conflict, "decide.nothing_to_lift", "venue", string(in.Venue))
}

// besides names the rules that one decision lifts: the one asked about, and what else of
// its instrument surely bars the venue and is for the same person to decide.
func besides(v *todays, venue policy.Venue, asked *policy.Reason) []string {
	rules := []string{asked.Rule}
	for _, r := range v.At(venue).Reasons {
		if r.Pack == asked.Pack && r.Rule != asked.Rule && r.Truth == policy.True && r.Lifted == nil && r.Lift != nil && r.Lift.By == asked.Lift.By {
			rules = append(rules, r.Rule)
		}
	}
	return rules
}

// HearIn gives the opinion of the authority that is to be heard.
type HearIn struct {
	ID      ExceptionID `json:"id" doc:"exception id"`
	Version int64       `json:"version,omitempty" doc:"version that was looked at; 0 skips the comparison"`
	Favours bool        `json:"favours,omitempty" doc:"the opinion speaks for the exception"`
	Opinion string      `json:"opinion" doc:"the opinion with its grounds"`
}

func (b bulk) hear(ctx context.Context, c *op.Call, s Store, in HearIn) (Exception, error) {
	e, err := s.Exception(ctx, in.ID)
	if err != nil {
		return Exception{}, err
	}
	if e.Hears == "" {
		return Exception{}, naru.NewError(naru.Conflict, "decide.nobody_heard", "exception", string(e.ID))
	}
	if err := e.requireOffice(c.Actor, e.Hears); err != nil {
		return Exception{}, err
	}
	if err := e.ready(in.Version, Asked); err != nil {
		return Exception{}, err
	}
	if strings.TrimSpace(in.Opinion) == "" {
		return Exception{}, naru.NewError(naru.Invalid, "decide.no_reason")
	}
	e.State, e.Opinion, e.Favours, e.HeardBy, e.HeardAt = Heard, in.Opinion, in.Favours, c.Actor.User, c.Now
	e.Version++
	c.Record(e.subjects(), "favours", fmt.Sprint(e.Favours))
	return e, s.PutException(ctx, e)
}

// DecideIn decides an exception.
type DecideIn struct {
	ID         ExceptionID `json:"id" doc:"exception id"`
	Version    int64       `json:"version,omitempty" doc:"version that was looked at; 0 skips the comparison"`
	Grant      bool        `json:"grant,omitempty" doc:"grant it; otherwise it is refused"`
	Decision   string      `json:"decision" doc:"the grounds of the decision"`
	Conditions []string    `json:"conditions,omitempty" doc:"conditions under which it is granted"`
	From       naru.Date   `json:"from,omitempty" doc:"first day; empty for today"`
	Until      naru.Date   `json:"until,omitempty" doc:"last day, needed to grant"`
}

// maxYears bounds an exception: it is for a time.
const maxYears = 5

// ruleOn lets the person the instrument names grant or refuse the exception.
func (b bulk) ruleOn(ctx context.Context, c *op.Call, s Store, in DecideIn) (Exception, error) {
	e, err := s.Exception(ctx, in.ID)
	if err != nil {
		return Exception{}, err
	}
	if err := e.requireOffice(c.Actor, e.By); err != nil {
		return Exception{}, err
	}
	if c.Actor.User == e.RequestedBy {
		return Exception{}, naru.NewError(naru.Denied, "decide.same_person", "object", string(e.ID))
	}
	if e.Hears != "" && e.State == Asked {
		return Exception{}, naru.NewError(naru.Conflict, "decide.opinion_first", "exception", string(e.ID), "office", e.Hears)
	}
	if err := e.ready(in.Version, Asked, Heard); err != nil {
		return Exception{}, err
	}
	if strings.TrimSpace(in.Decision) == "" {
		return Exception{}, naru.NewError(naru.Invalid, "decide.no_reason")
	}
	e.State, e.Decision, e.DecidedBy, e.DecidedAt = Refused, in.Decision, c.Actor.User, c.Now
	if in.Grant {
		if err := b.stillBars(ctx, c, s, &e); err != nil {
			return Exception{}, err
		}
		if err := e.grant(in, c.Today()); err != nil {
			return Exception{}, err
		}
	}
	e.Version++
	c.Record(e.subjects(), "state", string(e.State), "venue", string(e.Venue), "pack", e.Pack, "by", e.By,
		"from", string(e.From), "until", string(e.Until))
	return e, s.PutException(ctx, e)
}

// stillBars refuses to grant what today's law bars no more, or leaves to somebody else.
func (b bulk) stillBars(ctx context.Context, c *op.Call, s Store, e *Exception) error {
	v, _, err := b.verdictOf(ctx, c, s, e.Component)
	if err != nil {
		return err
	}
	for _, r := range v.At(e.Venue).Reasons {
		if r.Pack == e.Pack && slices.Contains(e.Rules, r.Rule) && r.Lift != nil && r.Lift.By == e.By {
			return nil
		}
	}
	return naru.NewError(naru.Conflict, "decide.nothing_to_lift", "venue", string(e.Venue))
}

// grant takes the time and the conditions of a granted exception.
func (e *Exception) grant(in DecideIn, today naru.Date) error {
	from := in.From
	if from == "" {
		from = today
	}
	for _, d := range []naru.Date{from, in.Until} {
		if _, ok := d.Days(); !ok {
			return naru.NewError(naru.Invalid, "decide.bad_until", "date", string(d))
		}
	}
	if from < today || in.Until < from || in.Until > from.AddDays(maxYears*366) {
		return naru.NewError(naru.Invalid, "decide.bad_term", "from", string(from), "until", string(in.Until), "years", fmt.Sprint(maxYears))
	}
	e.State, e.From, e.Until = Granted, from, in.Until
	for _, text := range in.Conditions {
		if text = strings.TrimSpace(text); text != "" {
			e.Conditions = append(e.Conditions, naru.Text{Ko: text, En: text})
		}
	}
	return nil
}

// EndIn ends an exception before its time.
type EndIn struct {
	ID      ExceptionID `json:"id" doc:"exception id"`
	Version int64       `json:"version,omitempty" doc:"version that was looked at; 0 skips the comparison"`
	Reason  string      `json:"reason" doc:"why, for the other side to read"`
}

// endException lets who asked withdraw what is not decided, and who may decide revoke
// what was granted: the old verdict stands again at once.
func (b bulk) endException(ctx context.Context, c *op.Call, s Store, in EndIn) (Exception, error) {
	e, err := s.Exception(ctx, in.ID)
	if err != nil {
		return Exception{}, err
	}
	if strings.TrimSpace(in.Reason) == "" {
		return Exception{}, naru.NewError(naru.Invalid, "decide.no_reason")
	}
	to := Withdrawn
	if e.State == Granted {
		to = Revoked
		err = e.requireOffice(c.Actor, e.By)
	} else {
		err = identity.RequireSight(c.Actor, string(e.Institution), string(e.ID))
	}
	if err != nil {
		return Exception{}, err
	}
	if err := e.ready(in.Version, Asked, Heard, Granted); err != nil {
		return Exception{}, err
	}
	e.State, e.EndReason, e.EndedBy, e.EndedAt = to, in.Reason, c.Actor.User, c.Now
	e.Version++
	c.Record(e.subjects(), "state", string(e.State))
	return e, s.PutException(ctx, e)
}

// ExceptionIn names an exception.
type ExceptionIn struct {
	ID ExceptionID `json:"id" doc:"exception id"`
}

func (b bulk) exception(ctx context.Context, c *op.Call, s Store, in ExceptionIn) (ExceptionRow, error) {
	r, err := s.ExceptionRow(ctx, in.ID)
	if err != nil {
		return r, err
	}
	if err := identity.RequireSight(c.Actor, string(r.Institution), string(in.ID)); err != nil {
		return ExceptionRow{}, err
	}
	return b.named(ctx, c, s, r)
}

// ExceptionsIn narrows the list of exceptions.
type ExceptionsIn struct {
	ExceptionFilter
	naru.Page
}

func (b bulk) exceptions(ctx context.Context, c *op.Call, s Store, in ExceptionsIn) (naru.List[ExceptionRow], error) {
	scope, err := inventory.Within(c.Actor, in.Institution)
	if err != nil {
		return naru.List[ExceptionRow]{}, err
	}
	in.Institution = scope
	list, err := s.Exceptions(ctx, in.ExceptionFilter, in.Page)
	if err != nil {
		return list, err
	}
	for i := range list.Rows {
		if list.Rows[i], err = b.named(ctx, c, s, list.Rows[i]); err != nil {
			return list, err
		}
	}
	return list, nil
}

// named adds the names the authorities have today.
func (b bulk) named(ctx context.Context, c *op.Call, s Store, r ExceptionRow) (ExceptionRow, error) {
	set, err := b.book.Instruments(ctx, s)
	if err != nil {
		return r, err
	}
	r.ByName = set.NameOf(r.By, c.Today())
	if r.Hears != "" {
		r.HearsName = set.NameOf(r.Hears, c.Today())
	}
	return r, nil
}
