// Package identity says who acts (행위자), in which role (역할), and which rights
// (권한) a role has: one table, read by every operation and printed as a page.
//
// It stands under base/op, which checks the permission before anything else runs.
// Invariants: a role without a right is refused and the refusal is recorded; an
// actor bound to an institution sees that institution only; passwords are kept as
// argon2id hashes and never logged.
package identity
