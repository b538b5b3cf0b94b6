package main

import (
	"context"
	"fmt"

	"naru"
	"naru/base/identity"
	"naru/base/op"
	"naru/flow/law"
	"naru/link/feed"
)

// exampleLead is how many days lie before the first day of the example's amendment.
const exampleLead = 120

// amend leaves an invented amendment that waits for a second person, once, so that there
// is something to try a what-if on.
func (s *system) amend(ctx context.Context) error {
	c := s.runner.CallFor(naru.Actor{User: secondMinistry, Role: string(identity.Ministry)})
	have, err := op.Do(ctx, s.runner, c, s.steps.Law.List, law.ListIn{Page: naru.Page{Limit: 1}})
	if err != nil || len(have.Rows) > 0 {
		return err
	}
	now, err := op.Do(ctx, s.runner, c, s.steps.Law.Text, law.TextIn{Key: feed.AmendedKey})
	if err != nil {
		return fmt.Errorf("text of %s: %w", feed.AmendedKey, err)
	}
	text, cases := feed.Amend(now.Text, now.Cases, c.Today().AddDays(exampleLead))
	d, err := op.Do(ctx, s.runner, c, s.steps.Law.Draft, law.DraftIn{
		Text: text, Cases: cases, Note: "예시 — 실제 개정안이 아닙니다. ‘가정해 보기’에서 무엇이 달라지는지 보세요. (An invented example: open it in What if.)",
	})
	if err != nil {
		return fmt.Errorf("example amendment: %w", err)
	}
	_, err = op.Do(ctx, s.runner, c, s.steps.Law.Propose, law.DecideIn{ID: d.Draft.ID})
	return err
}
