package focus_test

import (
	"bytes"
	"testing"
	"time"

	"naru"
	"naru/flow/account"
	"naru/flow/meter"
	"naru/internal/testdb"
	"naru/internal/testmoney"
	link "naru/link/focus"
	"naru/wire/focus"
)

// TestTheFileSumsToTheStatement closes a month and adds the file up again.
func TestTheFileSumsToTheStatement(t *testing.T) {
	t.Parallel()
	b := testmoney.New(t, testdb.SQLite(t))
	id := b.Ready(t, b.Order(t, b.A, 1000, "33.3333", "0.017"))
	b.Says(id, b.Now, "3.141592653", "77")
	b.Now = b.Now.Add(time.Hour)
	b.Collect(t)
	testmoney.Do(t, b, testmoney.Operator, meter.SealMonth, meter.SealIn{Month: "2026-03", Early: true})
	v := testmoney.Do(t, b, testmoney.Operator, account.Propose, account.MonthIn{Month: "2026-03"})
	list := testmoney.Do(t, b, testmoney.Operator, account.Statements, account.StatementsIn{})
	var file bytes.Buffer
	if err := link.Write(&file, testmoney.Do(t, b, testmoney.Operator, account.Focus, account.StatementIn{ID: list.Rows[0].ID})); err != nil {
		t.Fatal(err)
	}
	rows, err := focus.Read(&file)
	if err != nil {
		t.Fatal(err)
	}
	sum := naru.Decimal{}
	for _, r := range rows {
		sum = sum.Add(naru.MustDecimal(r["BilledCost"]))
		if r["BillingPeriodStart"] != "2026-02-28T15:00:00Z" || r["ServiceCategory"] != "Storage" || r["BillingCurrency"] != "KRW" {
			t.Errorf("row: %v", r)
		}
	}
	if len(rows) != 3 || v.Amount != 106 || sum.Cmp(naru.DecimalOf(106)) != 0 { // 104.719750… + 1.309, and the rounding
		t.Errorf("%d rows sum to %s, the close is %d", len(rows), sum, v.Amount)
	}
}

func TestChargesOfExamplesAreTagged(t *testing.T) {
	t.Parallel()
	for _, synthetic := range []bool{true, false} {
		var file bytes.Buffer
		out := account.FocusOut{Rows: []account.FocusRow{{BillingAccount: "inst_1", Category: "Adjustment", Provider: "공급", Service: "저장소", Synthetic: synthetic}}}
		if err := link.Write(&file, out); err != nil {
			t.Fatal(err)
		}
		rows, err := focus.Read(&file)
		if err != nil {
			t.Fatal(err)
		}
		if got := rows[0]["Tags"] == `{"synthetic":"true"}`; got != synthetic {
			t.Errorf("an example %t is tagged %q", synthetic, rows[0]["Tags"])
		}
	}
}
