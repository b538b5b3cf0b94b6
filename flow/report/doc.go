// Package report counts how far the cloud has come (전환 현황): institutions, systems and
// budget by venue and kind of institution, beside the figures government published.
//
// Before it: inventory, contract and account, whose rows it counts and never copies.
// After it: pages, open data and the evaluation of institutions (경영평가). Invariants:
// every figure names its definition, its numerator and denominator, and how many objects
// had the fact missing; a share is exact to two decimals; published figures carry their
// date, scope and source, and are never mixed with counted ones, because the published
// series count different things; the digest is that of the figures, so that anyone who
// counts again can compare.
package report
