// Package match finds what fits (후보 추천): every plan of the catalogue is weighed for
// one component on one date, first by the law, then by certificate, price and wish, and
// what fits is ranked by its estimated monthly cost.
//
// Before it: inventory has the facts, catalog the plans, policy the law. After it:
// contract orders a plan by the same rule, [Weigh]. Invariants: every plan is in exactly
// one of three lists, with the reason for every place and for every exclusion; what
// cannot be decided is said to be so, and never counted in or out; costs are exact; the
// same inputs give the same bytes, so a third party can run it again and compare digests.
package match
