// Package policy turns legal instruments written as data into verdicts (정책 판정): a
// pack of rules in CEL is checked, lowered to elementary conditions over typed
// facts, and answers what applies on a date, with citations.
//
// It stands under flow/decide, which stores and explains the verdicts. Invariants:
// a missing fact is unknown and never false (Kleene logic); every rule in force on
// the date applies and the strictest wins; a rule without a citation does not load.
package policy
