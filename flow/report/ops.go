package report

import (
	"context"
	"fmt"
	"slices"

	"naru"
	"naru/base/op"
	"naru/flow/inventory"
)

// Store is what this step needs of a transaction.
type Store interface {
	AllInstitutions(ctx context.Context) ([]inventory.Institution, error)
	// SystemCounts counts systems and their yearly cost by institution and site.
	SystemCounts(ctx context.Context) ([]Count, error)
	// PaidCounts sums approved statements of some months by institution and the venue of
	// the provider.
	PaidCounts(ctx context.Context, from, to naru.Month) ([]Count, error)
}

// ByDate returns the adoption table with its figures and their definitions.
var ByDate = op.Read("report.adoption", "report.read",
	naru.Text{Ko: "클라우드 전환 현황과 공표된 목표", En: "Report adoption against published targets"}, adoption)

// Table returns the rows of the adoption table, for a sheet.
var Table = op.Read("report.table", "report.read",
	naru.Text{Ko: "기관 유형별 클라우드 전환 현황표", En: "List adoption by kind of institution"}, table)

// Operations lists the operations of this step.
func Operations() []op.Any { return []op.Any{ByDate, Table} }

// In chooses a report.
type In struct {
	AsOf naru.Date `json:"as_of,omitempty" doc:"date as YYYY-MM-DD; empty means today"`
	Kind string    `json:"kind,omitempty" doc:"kind of institution the figures are for; empty means all"`
}

func adoption(ctx context.Context, c *op.Call, s Store, in In) (Adoption, error) {
	asOf, err := dateOf(c, in.AsOf)
	if err != nil {
		return Adoption{}, err
	}
	insts, err := s.AllInstitutions(ctx)
	if err != nil {
		return Adoption{}, err
	}
	counts, err := s.SystemCounts(ctx)
	if err != nil {
		return Adoption{}, err
	}
	paid, err := s.PaidCounts(ctx, naru.Month(asOf.Month().Year()+"-01"), asOf.Month())
	if err != nil {
		return Adoption{}, err
	}
	out := adopt(asOf, insts, append(counts, paid...))
	out.FactsAt = c.Now
	row, err := chosen(out.Rows, in.Kind)
	if err != nil {
		return Adoption{}, err
	}
	out.Measures = measures(row)
	out.Digest, err = out.digest()
	return out, err
}

// dateOf refuses a date to come: what will be is not counted.
func dateOf(c *op.Call, d naru.Date) (naru.Date, error) {
	if d == "" {
		return c.Today(), nil
	}
	if _, err := naru.ParseDate(string(d)); err != nil || d > c.Today() {
		return "", naru.NewError(naru.Invalid, "report.bad_date", "date", fmt.Sprintf("%.20s", string(d)))
	}
	return d, nil
}

// chosen returns the row of a kind; a kind that no institution has is an empty row.
func chosen(rows []Row, kind string) (Row, error) {
	if kind == "" {
		kind = "total"
	}
	if i := slices.IndexFunc(rows, func(r Row) bool { return r.Kind == kind }); i >= 0 {
		return rows[i], nil
	}
	for _, k := range inventory.InstitutionKinds() {
		if k.Key == kind {
			return Row{Kind: kind}, nil
		}
	}
	return Row{}, naru.NewError(naru.Invalid, "report.unknown_kind", "kind", fmt.Sprintf("%.40s", kind))
}

func table(ctx context.Context, c *op.Call, s Store, in In) (naru.List[Row], error) {
	a, err := adoption(ctx, c, s, in)
	return naru.List[Row]{Rows: a.Rows}, err
}
