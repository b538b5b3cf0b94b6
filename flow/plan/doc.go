// Package plan says when what moves (전환 계획): waves per year under a budget, in the
// order that dependencies allow; whether stated recovery times meet the announced
// targets (복구 목표); and what is hit, and what to do first, when a centre, a provider or
// a certificate is lost (피해 범위).
//
// Before it: inventory holds the facts and the needs, decide the standing verdicts. After
// it: match and contract buy for the year's wave. Invariants: a plan is computed, from
// the decisions that stand, and may be kept with its inputs and a digest that tells
// whether it would come out the same today; in no year is more planned than the budget;
// nothing is planned before what it needs; what cannot be planned says why, and a missing
// fact is never guessed; a cost, a target and a mapping that no source gives are
// configuration and say so.
package plan
