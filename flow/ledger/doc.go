// Package ledger reads and proves the record (기록 열람과 증명): entries for the auditor,
// inclusion proofs, the signed checkpoint and the export that anyone verifies offline.
//
// The record itself is written by every operation through base/op; this step never
// changes an entry. It stands first on the road because every later page links to it.
// Invariants: an export ends with a checkpoint over exactly the entries it holds; a
// proof is given against a signed checkpoint, never against an unsigned size.
package ledger
