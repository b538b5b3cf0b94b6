// Package admission judges a provider's broker before and after it is let in (입점 시험): a
// run of the public suite over the broker as it is registered, and the dated score that
// stands on the provider's card.
//
// Before it stands catalog, which knows the provider, its services and plans; after it
// everybody who reads the catalogue. The suite itself is outside, behind the port [Bench].
//
// Invariants: at most one run of a provider is under way; what a run will create and delete
// at the provider's is told before it is asked for; a run that was cut off is not begun
// again by itself, because it may have left something; what a provider reports of itself is
// called so and never takes the place of a tested score; the exchanges of a run are seen by
// the provider itself, the ministry, the auditor and the operator, the failed rules by all.
//
// # Entries
//
// Subjects are always the run and the provider.
//
//	admission.run      a run was asked for, began (state=running) or ended (state=done|failed)
//	admission.hand_in  a provider handed a report in
package admission
