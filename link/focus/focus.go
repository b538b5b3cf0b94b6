// Package focus hands statements on to cost tools (비용 명세 내보내기): the rows of
// account.focus written as FOCUS 1.0 CSV by wire/focus.
//
// Before it stands flow/account, which sees to it that the rows sum to the statement.
// What naru does not know, such as a list price before the contract, is not invented: the
// contracted price stands for it, since nothing else was ever offered.
package focus

import (
	"io"

	"naru"
	"naru/flow/account"
	"naru/wire/focus"
)

// Write writes a statement's rows as CSV.
func Write(w io.Writer, out account.FocusOut) error {
	rows := make([]focus.Row, len(out.Rows))
	for i, r := range out.Rows {
		rows[i] = row(r)
	}
	return focus.Write(w, rows)
}

func row(r account.FocusRow) focus.Row {
	cost := r.Cost.String()
	out := focus.Row{
		"BilledCost": cost, "ContractedCost": cost, "EffectiveCost": cost, "ListCost": cost,
		"BillingAccountId": r.BillingAccount, "BillingAccountName": r.BillingAccountName, "BillingCurrency": naru.Won,
		"BillingPeriodStart": focus.Time(r.PeriodStart), "BillingPeriodEnd": focus.Time(r.PeriodEnd),
		"ChargePeriodStart": focus.Time(r.ChargeStart), "ChargePeriodEnd": focus.Time(r.ChargeEnd),
		"ChargeCategory": r.Category, "ChargeDescription": r.Description, "ChargeFrequency": "Usage-Based",
		"InvoiceIssuerName": r.Provider, "ProviderName": r.Provider, "PublisherName": r.Provider,
		"ServiceName": r.Service, "ServiceCategory": category(r.ServiceCategory), "RegionId": r.Region, "RegionName": r.Region,
		"ResourceId": r.Resource, "SubAccountId": r.SubAccount, "SubAccountName": r.SubAccountName,
	}
	if r.Synthetic {
		out["Tags"] = `{"synthetic":"true"}`
	}
	if r.Correction {
		out["ChargeClass"] = "Correction"
	}
	if r.Category != "Usage" {
		out["ChargeFrequency"] = "One-Time"
		return out
	}
	price, quantity := r.UnitPrice.String(), r.Quantity.String()
	out["ListUnitPrice"], out["ContractedUnitPrice"] = price, price
	out["ConsumedQuantity"], out["PricingQuantity"] = quantity, quantity
	out["ConsumedUnit"], out["PricingUnit"] = r.Unit, r.Unit
	out["PricingCategory"] = "Standard"
	out["SkuId"], out["SkuPriceId"] = r.Sku, r.Sku+"/"+r.Meter
	return out
}

// category turns naru's category of a service into one of FOCUS 1.0.
func category(of string) string {
	known := map[string]string{
		"object-storage": "Storage", "block-storage": "Storage", "database": "Databases", "messaging": "Integration",
		"compute": "Compute", "security": "Security", "analytics": "Analytics",
	}
	if c, ok := known[of]; ok {
		return c
	}
	return "Other"
}
