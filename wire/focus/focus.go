// Package focus writes and reads FOCUS 1.0 (클라우드 비용 명세 표준), the FinOps Open Cost
// and Usage Specification, as CSV: https://focus.finops.org.
//
// Invariants: every column of the specification is there, in its order by name; what is
// not known is null and never made up; numbers are plain decimals; times are UTC; a text
// that a spreadsheet would run as a formula is disarmed.
package focus

import (
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Columns returns the columns of FOCUS 1.0, in the order of their names.
func Columns() []string {
	return []string{
		"AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd",
		"BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd",
		"ChargePeriodStart", "CommitmentDiscountCategory", "CommitmentDiscountId", "CommitmentDiscountName",
		"CommitmentDiscountStatus", "CommitmentDiscountType", "ConsumedQuantity", "ConsumedUnit", "ContractedCost",
		"ContractedUnitPrice", "EffectiveCost", "InvoiceIssuerName", "ListCost", "ListUnitPrice", "PricingCategory",
		"PricingQuantity", "PricingUnit", "ProviderName", "PublisherName", "RegionId", "RegionName", "ResourceId",
		"ResourceName", "ResourceType", "ServiceCategory", "ServiceName", "SkuId", "SkuPriceId", "SubAccountId",
		"SubAccountName", "Tags",
	}
}

// Null is how a value that is not there is written: an empty field.
const Null = ""

// Row is a charge by column name; a column that is missing is null.
type Row map[string]string

// Time writes an instant as FOCUS wants it.
func Time(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// mandatory are the columns FOCUS 1.0 does not allow to be null.
func mandatory() []string {
	return []string{
		"BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory",
		"ChargePeriodEnd", "ChargePeriodStart", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost",
		"ProviderName", "PublisherName", "ServiceCategory", "ServiceName",
	}
}

// categories are the charges FOCUS 1.0 knows, and the service categories naru can name.
func categories() (charges, services []string) {
	return []string{"Usage", "Purchase", "Tax", "Credit", "Adjustment"}, []string{
		"AI and Machine Learning", "Analytics", "Business Applications", "Compute", "Databases", "Developer Tools",
		"Multicloud", "Identity", "Integration", "Internet of Things", "Management and Governance", "Media",
		"Migration", "Mobile", "Networking", "Security", "Storage", "Web", "Other",
	}
}

var plain = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// Check tells why a row is not FOCUS 1.0, or nil.
func (r Row) Check() error {
	for _, c := range mandatory() {
		if r[c] == Null {
			return fmt.Errorf("column %s is null", c)
		}
	}
	for name := range r {
		if !slices.Contains(Columns(), name) {
			return fmt.Errorf("column %s is not of FOCUS 1.0", name)
		}
	}
	charges, services := categories()
	switch {
	case !slices.Contains(charges, r["ChargeCategory"]):
		return fmt.Errorf("charge category %q is not of FOCUS 1.0", r["ChargeCategory"])
	case !slices.Contains(services, r["ServiceCategory"]):
		return fmt.Errorf("service category %q is not of FOCUS 1.0", r["ServiceCategory"])
	case r["ChargeClass"] != Null && r["ChargeClass"] != "Correction":
		return fmt.Errorf("charge class %q is not of FOCUS 1.0", r["ChargeClass"])
	}
	for name, v := range r {
		numeric := strings.HasSuffix(name, "Cost") || strings.HasSuffix(name, "Quantity") || strings.HasSuffix(name, "UnitPrice")
		if numeric && v != Null && !plain.MatchString(v) {
			return fmt.Errorf("column %s: %q is not a plain decimal", name, v)
		}
	}
	return nil
}

// Write writes the head and the rows. A row that is not FOCUS stops the writing.
func Write(w io.Writer, rows []Row) error {
	out := csv.NewWriter(w)
	columns := Columns()
	if err := out.Write(columns); err != nil {
		return err
	}
	record := make([]string, len(columns))
	for n, r := range rows {
		if err := r.Check(); err != nil {
			return fmt.Errorf("row %d: %w", n+1, err)
		}
		for i, c := range columns {
			record[i] = disarm(r[c])
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// disarm keeps a spreadsheet from running a text as a formula; a number is no formula.
func disarm(v string) string {
	if v != "" && strings.ContainsRune("=+-@\t\r", rune(v[0])) && !plain.MatchString(v) {
		return "'" + v
	}
	return v
}

// Read reads FOCUS 1.0 CSV: columns by their head, in any order, others left out; the
// text NULL is null.
func Read(r io.Reader) ([]Row, error) {
	in := csv.NewReader(r)
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("head of a FOCUS file: %w", err)
	}
	for _, c := range mandatory() {
		if !slices.Contains(head, c) {
			return nil, fmt.Errorf("column %s is missing", c)
		}
	}
	known := Columns()
	var rows []Row
	for {
		record, err := in.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", len(rows)+1, err)
		}
		row := Row{}
		for i, v := range record {
			if v != Null && v != "NULL" && slices.Contains(known, head[i]) {
				row[head[i]] = v
			}
		}
		rows = append(rows, row)
	}
}
