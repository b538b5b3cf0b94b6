package provider_test

import (
	"context"
	"testing"
	"time"

	"naru"
	"naru/base/op"
	"naru/broker/kit"
	"naru/flow/account"
	"naru/flow/catalog"
	"naru/flow/meter"
	"naru/internal/testbroker"
	"naru/internal/testdb"
	"naru/internal/testmoney"
	"naru/link/provider"
	"naru/store"
)

// TestUsageOfARealBrokerBecomesAStatement meters an instance at a broker over HTTP, seals
// the month early, closes it, and finds what is used later in the next month.
func TestUsageOfARealBrokerBecomesAStatement(t *testing.T) {
	t.Parallel()
	clock := testbroker.NewClock()
	start, _ := naru.MonthOf(clock.Now()).Next().Range()
	clock.Advance(start.AddDate(0, 0, 9).Sub(clock.Now())) // far from both ends of a month
	broker := testbroker.Serve(t, testbroker.Folders, kit.Config{Now: clock.Now})
	link := provider.New(provider.Config{Timeout: 10 * time.Second, Loopback: true})
	t.Cleanup(link.Close)
	b := testmoney.New(t, testdb.SQLite(t))
	b.Source = provider.Metered{Link: link}
	b.Meters = [2]catalog.Meter{{Name: "storage_gib_hours", Unit: "GiB-h"}, {Name: "requests", Unit: "request"}}
	b.Change(t, func(ctx context.Context, c *op.Call, tx *store.Tx) error {
		c.Record(nil)
		p, err := tx.Provider(ctx, testmoney.Provider)
		if err != nil {
			return err
		}
		p.BrokerURL, p.BrokerUser, p.BrokerPassword = broker.URL, broker.Config.User, naru.NewSecret(broker.Config.Password.Reveal())
		return tx.PutProvider(ctx, p)
	})

	pass := func(d time.Duration) { clock.Advance(d); b.Now = clock.Now().UTC() }
	pass(0)
	id := b.Ready(t, b.Order(t, b.A, 1000, "100", "2.5"))
	broker.Provision(t, string(id), "sync")
	pass(150 * time.Minute)
	first := b.Collect(t)
	if first.Fault.Key != "" || first.Aside != 0 || first.Added < 6 || first.Late != 0 {
		t.Fatalf("first collection: %+v", first)
	}
	month := naru.MonthOf(b.Now)
	testmoney.Do(t, b, testmoney.Operator, meter.SealMonth, meter.SealIn{Month: month, Early: true})
	if v := testmoney.Do(t, b, testmoney.Operator, account.Propose, account.MonthIn{Month: month}); v.Statements != 1 || v.Amount != 2 { // one request: 2.5
		t.Errorf("close: %+v", v)
	}
	pass(time.Hour)
	later := b.Collect(t)
	if later.Repeated != first.Added || later.Added == 0 || later.Late != later.Added || later.Aside != 0 {
		t.Errorf("second collection: %+v after %+v", later, first)
	}
}
