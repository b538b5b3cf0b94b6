// Package record is the append-only memory of everything naru did or refused
// (감사·투명성 기록): entries as leaves of an RFC 6962 Merkle tree, signed checkpoints,
// and the verifier that anybody can run on a copy.
//
// Every step writes to it through base/op, in the transaction of the change itself;
// auditors and followers read it. Invariants: entries are dense and never change;
// they carry ids and digests, never personal data or secrets; a checkpoint signs the
// size and root of the tree, so an edit behind naru's back cannot be hidden.
package record
