// Package op runs the operations (업무 처리) of all steps: permission, one transaction,
// the record, and what follows. It is the only clever code of naru.
//
// Doors call [Do] with an operation that a step exports; steps see a [Call] and their
// own Store; the store gives transactions. Work that reacts to the record is a
// [Follower]; work outside the process is a [Task] in three parts, of which only the
// middle one leaves the house, without a transaction.
//
// Invariants: one operation is one transaction; a write leaves at least one entry or
// does not commit; a refusal is recorded too; a follower's effect and its cursor
// commit together; a task that was enqueued is never lost; a task settles together with its
// row in the queue.
package op
