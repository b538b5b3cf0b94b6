package provision

import (
	"context"
	"fmt"
	"time"

	"naru"
	"naru/base/op"
)

// ForgetIn says how old a settled call must be to leave the journal.
type ForgetIn struct {
	Days int `json:"days" doc:"calls that were settled longer ago than this many days are removed; at least 30"`
}

// Forgotten says how many calls left the journal, and whether there may be more.
type Forgotten struct {
	Calls  int    `json:"calls"`
	Digest string `json:"digest,omitempty"` // of the rows, the oldest first; also in the record
	More   bool   `json:"more"`
}

const (
	leastKept   = 30   // days; what is younger is still asked for
	forgetBatch = 2000 // rows of one transaction
)

// forget removes the oldest settled calls. The entry says how many and their digest, so that
// an export made before can be held against it; what is not settled stays whatever its age.
func forget(ctx context.Context, c *op.Call, s Store, in ForgetIn) (Forgotten, error) {
	if in.Days < leastKept {
		return Forgotten{}, naru.NewError(naru.Invalid, "provision.kept_too_short", "days", fmt.Sprint(in.Days), "least", fmt.Sprint(leastKept))
	}
	before := c.Now.Add(-time.Duration(in.Days) * 24 * time.Hour)
	rows, err := s.ForgetCalls(ctx, before, forgetBatch)
	if err != nil {
		return Forgotten{}, err
	}
	if len(rows) == 0 {
		c.Record(nil, "calls", "0", "before", before.UTC().Format(time.RFC3339))
		return Forgotten{}, nil
	}
	parts := make([]string, 0, len(rows)*2)
	for n := range rows {
		parts = append(parts, rows[n].words()...)
	}
	out := Forgotten{Calls: len(rows), Digest: digestOf(parts...), More: len(rows) == forgetBatch}
	c.Record(nil, "calls", fmt.Sprint(out.Calls), "digest", out.Digest, "before", before.UTC().Format(time.RFC3339),
		"first", rows[0].ID, "last", rows[len(rows)-1].ID)
	return out, nil
}

// words are the fields of a call, each as the journal shows it.
func (k *BrokerCall) words() []string {
	at := func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
	return []string{
		k.ID, string(k.Instance), string(k.Binding), string(k.Provider), string(k.Institution), string(k.Step), k.Digest, string(k.State),
		string(k.Code), fmt.Sprint(k.Status), k.BrokerCode, k.BrokerWords, at(k.IntendedAt), at(k.SentAt), at(k.AnsweredAt), at(k.SettledAt),
	}
}
