package store

import (
	"context"

	"naru"
	"naru/flow/report"
)

// SystemCounts implements report.Store. A yearly cost of 0 is one that nobody entered.
func (tx *Tx) SystemCounts(ctx context.Context) ([]report.Count, error) {
	const q = `SELECT institution, site, COUNT(*), CAST(SUM(yearly_cost) AS BIGINT), CAST(SUM(CASE WHEN yearly_cost = 0 THEN 1 ELSE 0 END) AS BIGINT)
		FROM system GROUP BY institution, site ORDER BY institution, site`
	return collect(ctx, tx, func(s scanner) (c report.Count, err error) {
		err = s.Scan(&c.Institution, &c.Venue, &c.Systems, &c.Cost, &c.CostUnknown)
		return c, err
	}, q)
}

// PaidCounts implements report.Store.
func (tx *Tx) PaidCounts(ctx context.Context, from, to naru.Month) ([]report.Count, error) {
	const q = `SELECT s.institution, p.venue, CAST(SUM(l.amount) AS BIGINT) FROM account_statement s
		JOIN account_line l ON l.statement = s.id JOIN provider p ON p.id = l.provider
		WHERE s.approved AND s.month >= $1 AND s.month <= $2 GROUP BY s.institution, p.venue ORDER BY s.institution, p.venue`
	return collect(ctx, tx, func(s scanner) (c report.Count, err error) {
		err = s.Scan(&c.Institution, &c.Venue, &c.Paid)
		return c, err
	}, q, from, to)
}
