// Package kit is what naru's reference brokers share (기준 서비스 중개자): the OSB life cycle
// over a small Engine interface, durable state, asynchronous operations, and exact metering.
//
// Before it stands wire/osb; after it come broker/objects, broker/messaging and
// broker/postgres, each a process of its own that a provider (공급자) could run.
//
// Invariants:
//   - intent is on disk before the engine is touched, so a kill at any step is resumed at the
//     next start and no instance (서비스 인스턴스) is lost;
//   - a repeated identical request has one effect; while an operation runs, every other request
//     about the instance is answered, not queued behind it;
//   - an update (변경) moves plan, parameters and version together or not at all; a line of usage ends where
//     the plan changes;
//   - a rotation (교체) makes credentials beside those of its predecessor, which stay valid;
//   - usage (사용량) lines are written once and never change; the sum of an instance's lines is
//     its exact total rounded down once.
package kit
