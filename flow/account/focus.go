package account

import (
	"context"
	"fmt"
	"time"

	"naru"
	"naru/base/op"
)

// FocusRow is a charge in the terms of FOCUS, the FinOps Open Cost and Usage
// Specification: package wire/focus writes it.
type FocusRow struct {
	BillingAccount     string       `json:"billing_account"` // institution
	BillingAccountName string       `json:"billing_account_name"`
	PeriodStart        time.Time    `json:"period_start"` // of the bill
	PeriodEnd          time.Time    `json:"period_end"`
	ChargeStart        time.Time    `json:"charge_start"`
	ChargeEnd          time.Time    `json:"charge_end"`
	Category           string       `json:"category"` // Usage or Adjustment
	Correction         bool         `json:"correction"`
	Description        string       `json:"description"`
	Cost               naru.Decimal `json:"cost"`
	UnitPrice          naru.Decimal `json:"unit_price"`
	Quantity           naru.Decimal `json:"quantity"`
	Unit               string       `json:"unit"`
	Provider           string       `json:"provider"`
	Service            string       `json:"service"`
	ServiceCategory    string       `json:"service_category"`
	Region             string       `json:"region"`
	Resource           string       `json:"resource"` // instance
	SubAccount         string       `json:"sub_account"`
	SubAccountName     string       `json:"sub_account_name"` // system
	Sku                string       `json:"sku"`              // plan
	Meter              string       `json:"meter"`
	Order              string       `json:"order"`
	Synthetic          bool         `json:"synthetic"`
}

// FocusOut is a statement as rows. Their costs sum to the statement's amount exactly: a
// row per order carries what rounding to the won added or took.
type FocusOut struct {
	Rows []FocusRow `json:"rows"`
}

func focusRows(ctx context.Context, c *op.Call, s Store, in StatementIn) (FocusOut, error) {
	st, err := getStatement(ctx, c, s, in)
	if err != nil {
		return FocusOut{}, err
	}
	var out FocusOut
	for _, l := range st.Lines {
		base, err := focusBase(ctx, s, st, l)
		if err != nil {
			return out, err
		}
		for _, charge := range l.Charges {
			out.Rows = append(out.Rows, base.of(charge))
		}
		if rest := naru.DecimalOf(int64(l.Amount)).Sub(l.Cost.Decimal()); rest.Sign() != 0 {
			row := base
			row.Category, row.Description, row.Cost = "Adjustment", "rounding to the won", rest
			out.Rows = append(out.Rows, row)
		}
	}
	return out, nil
}

// focusBase is what the rows of a line share.
func focusBase(ctx context.Context, s Store, st Statement, l Line) (FocusRow, error) {
	o, err := s.OrderRow(ctx, l.Order)
	if err != nil {
		return FocusRow{}, fmt.Errorf("line of %s: %w", l.Order, err)
	}
	offer, err := s.Offer(ctx, l.Service)
	if err != nil {
		return FocusRow{}, fmt.Errorf("service of %s: %w", l.Order, err)
	}
	from, to := st.Month.Range()
	return FocusRow{
		BillingAccount: string(st.Institution), BillingAccountName: st.Name, PeriodStart: from, PeriodEnd: to, ChargeStart: from, ChargeEnd: to,
		Provider: o.ProviderName.In("ko"), Service: o.ServiceName.In("ko"), ServiceCategory: offer.Category, Region: offer.Region,
		SubAccount: string(l.System), SubAccountName: o.SystemName, Sku: string(l.Plan), Order: string(l.Order),
		Synthetic: o.Synthetic,
	}, nil
}

func (base FocusRow) of(c Charge) FocusRow {
	row := base
	row.Category, row.Cost, row.UnitPrice, row.Quantity, row.Unit = "Usage", c.Cost.Decimal(), c.Rate, c.Quantity, c.Unit
	row.Resource, row.Meter, row.Description = string(c.Instance), c.Meter, c.Meter
	row.Correction = c.Late
	if !c.From.IsZero() {
		row.ChargeStart, row.ChargeEnd = c.From, c.To
	}
	if c.Adjustment != "" {
		row.Category, row.Correction, row.Description = "Adjustment", true, c.Reason
		row.ChargeStart, row.ChargeEnd = c.For.Range()
	}
	return row
}
