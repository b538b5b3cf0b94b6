// Package messaging is the reference broker of message streams (기준 메시징 중개자): a NATS server with
// JetStream inside the broker's process.
//
// Before it stands broker/kit; after it nothing. An instance is an account of its own: no other account
// sees its messages. The server enforces the plan's limits of storage, streams, consumers and connections;
// each binding is a user with a password of its own, whose connections end with the binding.
//
// Invariants: streams lie on disk and survive a kill of the process; the port stays the same over
// restarts, so that bindings keep working; deleting an instance removes its streams from disk.
package messaging
