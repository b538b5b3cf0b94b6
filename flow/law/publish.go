package law

import (
	"context"
	"fmt"
	"strings"

	"naru"
	"naru/base/op"
	"naru/base/policy"
)

// DecideIn names a draft in the version that was looked at.
type DecideIn struct {
	ID      DraftID `json:"id" doc:"draft id"`
	Version int64   `json:"version,omitempty" doc:"version that was looked at; 0 skips the comparison"`
}

// RefuseIn names a draft and says why it is sent or taken back.
type RefuseIn struct {
	ID      DraftID `json:"id" doc:"draft id"`
	Version int64   `json:"version,omitempty" doc:"version that was looked at; 0 skips the comparison"`
	Reason  string  `json:"reason" doc:"why, for the other side to read"`
}

// propose hands a draft whose cases all hold to a second person.
func (d desk) propose(ctx context.Context, c *op.Call, s Store, in DecideIn) (Draft, error) {
	v, err := s.Draft(ctx, in.ID)
	if err != nil {
		return Draft{}, err
	}
	if err := v.ready(in.Version, Drafted); err != nil {
		return Draft{}, err
	}
	if _, err := d.standing(ctx, s, &v, c.Today()); err != nil {
		return Draft{}, err
	}
	v.State, v.ProposedBy, v.ChangedAt = Proposed, c.Actor.User, c.Now
	v.Version++
	c.Record(v.subjects(), "key", v.Key, "from", string(v.From), "digest", v.Digest)
	return v, s.PutDraft(ctx, v)
}

// publish makes a proposed draft law from its date on. Whoever wrote or proposed it
// cannot publish it, and everything is checked again: other instruments may have been
// published meanwhile.
func (d desk) publish(ctx context.Context, c *op.Call, s Store, in DecideIn) (Draft, error) {
	v, err := s.Draft(ctx, in.ID)
	if err != nil {
		return Draft{}, err
	}
	if err := v.ready(in.Version, Proposed); err != nil {
		return Draft{}, err
	}
	if c.Actor.User == v.Author || c.Actor.User == v.ProposedBy {
		return Draft{}, naru.NewError(naru.Denied, "law.same_person", "object", string(v.ID))
	}
	p, err := d.standing(ctx, s, &v, c.Today())
	if err != nil {
		return Draft{}, err
	}
	v.fill(p)
	v.State, v.DecidedBy, v.DecidedAt, v.ChangedAt = Published, c.Actor.User, c.Now, c.Now
	v.Version++
	c.Record(v.subjects(), "key", v.Key, "from", string(v.From), "digest", v.Digest, "proposed_by", v.ProposedBy)
	if err := s.PutDraft(ctx, v); err != nil {
		return Draft{}, err
	}
	return v, s.Mark(ctx, v.ID)
}

// standing reads the draft's text against what is law now: every case holds, every rule
// is tried both ways, and its first day has not passed, because decisions were made by
// the law of the days before.
func (d desk) standing(ctx context.Context, s Reader, v *Draft, today naru.Date) (*policy.Pack, error) {
	p, report, err := d.read(ctx, s, v.Text, v.Cases)
	if err != nil {
		return nil, err
	}
	if err := sound(&report); err != nil {
		return nil, err
	}
	if p.From < today {
		return nil, naru.NewError(naru.Conflict, "law.in_past", "from", string(p.From), "today", string(today))
	}
	return p, nil
}

func reject(ctx context.Context, c *op.Call, s Store, in RefuseIn) (Draft, error) {
	return turnBack(ctx, c, s, in, [2]State{Proposed, Rejected})
}

// withdraw takes back what was published, while it does not bind yet and what was
// published after it stands without it.
func (d desk) withdraw(ctx context.Context, c *op.Call, s Store, in RefuseIn) (Draft, error) {
	v, err := turnBack(ctx, c, s, in, [2]State{Published, Withdrawn})
	if err != nil {
		return Draft{}, err
	}
	if v.From <= c.Today() {
		return Draft{}, naru.NewError(naru.Conflict, "law.binds", "from", string(v.From))
	}
	rest, err := s.Published(ctx)
	if err != nil {
		return Draft{}, fmt.Errorf("published instruments: %w", err)
	}
	if _, err := d.book.bind(rest); err != nil {
		return Draft{}, naru.NewError(naru.Conflict, "law.leaned_on", "key", v.Key).WithCause(err)
	}
	return v, s.Mark(ctx, v.ID)
}

// turnBack moves a draft from one state to another with a reason.
func turnBack(ctx context.Context, c *op.Call, s Store, in RefuseIn, way [2]State) (Draft, error) {
	v, err := s.Draft(ctx, in.ID)
	if err != nil {
		return Draft{}, err
	}
	if err := v.ready(in.Version, way[0]); err != nil {
		return Draft{}, err
	}
	if strings.TrimSpace(in.Reason) == "" {
		return Draft{}, naru.NewError(naru.Invalid, "law.no_reason")
	}
	v.State, v.Reason, v.DecidedBy, v.DecidedAt, v.ChangedAt = way[1], in.Reason, c.Actor.User, c.Now, c.Now
	v.Version++
	c.Record(v.subjects(), "key", v.Key, "state", string(v.State))
	return v, s.PutDraft(ctx, v)
}
