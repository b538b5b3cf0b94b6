package main

import (
	"context"
	"fmt"
	"strings"

	"naru"
	"naru/base/op"
	"naru/flow/decide"
)

// law shows what the turns of the law did to the same estate, who flips between the first
// and the last, and that a stored hybrid decision comes out again from what was kept.
func (d *demo) law(ctx context.Context) (string, error) {
	eras, err := op.Do(ctx, d.runner, d.as("ministry"), d.steps.Decide.Eras, decide.ErasIn{})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, e := range eras.Eras {
		keys := make([]string, len(e.Packs))
		for i, p := range e.Packs {
			keys[i] = p.Key
		}
		fmt.Fprintln(&b, d.app.T("demo_law_era", "date", string(e.AsOf), "open", fmt.Sprintf("%5d", e.Shares[decide.ShareOpen]),
			"share", fmt.Sprintf("%4.1f", 100*float64(e.Shares[decide.ShareOpen])/float64(max(eras.Systems, 1))), "packs", strings.Join(keys, " ")))
	}
	first := eras.Eras[0]
	turn, err := op.Do(ctx, d.runner, d.as("ministry"), d.steps.Decide.WhatIf, decide.WhatIfIn{Against: first.AsOf})
	if err != nil {
		return "", err
	}
	if turn.Flipped == 0 || turn.Systems != eras.Systems {
		return "", errNotHeld("%d of %d systems flip between %s and today", turn.Flipped, turn.Systems, first.AsOf)
	}
	replay, err := d.replayHybrid(ctx)
	if err != nil {
		return "", err
	}
	b.WriteString(d.app.T("demo_law_out", "from", string(first.AsOf), "flipped", fmt.Sprint(turn.Flipped), "opened", fmt.Sprint(turn.Opened),
		"closed", fmt.Sprint(turn.Closed), "system", replay))
	return b.String(), nil
}

// replayHybrid makes the decisions of a hybrid system again, byte for byte.
func (d *demo) replayHybrid(ctx context.Context) (string, error) {
	in := decide.ListIn{Filter: decide.Filter{Hybrid: true}, Page: naru.Page{Limit: 1}}
	list, err := op.Do(ctx, d.runner, d.as("ministry"), d.steps.Decide.List, in)
	if err != nil {
		return "", err
	}
	if len(list.Rows) == 0 {
		return "", errNotHeld("no system is hybrid")
	}
	row := list.Rows[0]
	again, err := op.Do(ctx, d.runner, d.as("ministry"), d.steps.Decide.Replay, decide.ReplayIn{System: row.System})
	if err != nil {
		return "", err
	}
	for _, r := range again {
		if !r.Same {
			return "", errNotHeld("the decision of %s does not replay", r.Stored.Component)
		}
	}
	return row.SystemName, nil
}
