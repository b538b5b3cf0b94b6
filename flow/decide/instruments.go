package decide

import (
	"context"

	"naru"
	"naru/base/op"
	"naru/base/policy"
)

// InstrumentsIn names a date.
type InstrumentsIn struct {
	AsOf naru.Date `json:"as_of,omitempty" doc:"date YYYY-MM-DD from 2015-09-28 on; empty for today"`
}

// Instrument is one law, notice, guideline or plan as it stands on a date.
type Instrument struct {
	policy.PackRef
	State      string           `json:"state"` // in_force, announced, future, ended
	From       naru.Date        `json:"from,omitempty"`
	To         naru.Date        `json:"to,omitempty"`
	Announced  naru.Date        `json:"announced,omitempty"`
	Note       naru.Text        `json:"note"`
	UnreadFrom naru.Date        `json:"unread_from,omitempty"` // from this day its text was not read
	UnreadWhy  naru.Text        `json:"unread_why"`
	Settings   []policy.Setting `json:"settings"` // figures and choices beside the rules, with their source or without
	Rules      []policy.Rule    `json:"rules"`
	URLs       []Citation       `json:"sources"`
}

// Citation is where a text was read.
type Citation struct {
	Key string `json:"key"`
	policy.Source
}

// instruments shows the law of a date: every instrument of the book, in order of entry
// into force, with its state on that day.
func (b bulk) instruments(ctx context.Context, c *op.Call, s Store, in InstrumentsIn) ([]Instrument, error) {
	_, date := editionOf(c, in.AsOf)
	set, err := b.book.Instruments(ctx, s)
	if err != nil {
		return nil, err
	}
	if _, err := set.InForce(date); err != nil {
		return nil, err
	}
	list := make([]Instrument, 0, len(set.Packs()))
	for _, p := range set.Packs() {
		i := Instrument{
			PackRef: p.Ref(), State: p.State(date), From: p.From, To: p.To, Announced: p.Announced,
			Note: p.Note, UnreadFrom: p.Unread.From, UnreadWhy: p.Unread.Why, Settings: p.Settings, Rules: p.RulesOn(date),
		}
		for _, key := range p.Sources() {
			i.URLs = append(i.URLs, Citation{Key: key, Source: p.Source(key)})
		}
		list = append(list, i)
	}
	return list, nil
}
