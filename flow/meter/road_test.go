package meter_test

import (
	"testing"
	"time"

	"naru"
	"naru/base/op"
	"naru/flow/catalog"
	"naru/flow/contract"
	"naru/flow/meter"
	"naru/flow/provision"
	"naru/internal/testdb"
	"naru/internal/testroad"
	"naru/link/provider"
	"naru/store"
)

// A plan change at a real broker: what it counted before belongs to the old order, what it
// counts afterwards to the new one, and no stretch is a gap.
func TestUsageFollowsAPlanChangeAtTheBroker(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		r := testroad.New(t, db, testroad.OneClock)
		r.Work.Handlers = append(r.Work.Handlers, meter.Handlers(provider.Metered{Link: r.Link})...)
		r.Work.Followers = []op.Follower{meter.Follower()}
		priced := func(o *contract.Order) {
			o.Prices = []catalog.Price{{Meter: "requests", Unit: "request", Rate: naru.MustDecimal("10"), From: "2026-01-01"}}
		}
		old, next := r.Order("sync", priced), r.Order("bigger", priced)
		i := testroad.Do(r, r.Officer(r.A), r.Ops.Create, provision.CreateIn{Order: old})
		r.Drain()
		r.Advance(90 * time.Minute)
		testroad.Do(r, r.Officer(r.A), r.Ops.Update, provision.UpdateIn{InstanceRef: provision.InstanceRef{ID: i.ID}, Order: next})
		r.Drain()
		changed := r.Now()
		r.Advance(45 * time.Minute)
		testroad.Do(r, testroad.Operator(), meter.Collect, meter.CollectIn{})
		r.Drain()
		seen := map[contract.OrderID]int{}
		for _, u := range testroad.Do(r, testroad.Operator(), meter.ListUsage, meter.ListUsageIn{}).Rows {
			seen[u.Order]++
			if (u.Order == next) != u.From.Add(time.Second).After(changed) {
				t.Errorf("a line from %v to %v is charged to %s; the plan changed at %v", u.From, u.To, u.Order, changed)
			}
		}
		if seen[old] == 0 || seen[next] == 0 {
			t.Errorf("lines by order: %v", seen)
		}
		gaps := testroad.Do(r, testroad.Operator(), meter.Gaps, meter.MonthIn{Month: "2026-03"})
		if len(gaps.Gaps) != 0 || gaps.Windows != 1 {
			t.Errorf("gaps: %+v", gaps)
		}
	})
}
