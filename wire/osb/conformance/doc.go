// Package conformance judges any broker against Open Service Broker API 2.17 (적합성 시험): it behaves as a
// platform over real HTTP, takes instances and bindings through their lives, sends what is malformed,
// repeated, concurrent and cut off, and says of every rule whether it held, with what was sent and seen.
//
// It stands on the types of wire/osb and raw HTTP only, so that a fault of naru's own client cannot hide a
// fault of a broker. After it come the command `naru conformance` and the admission of providers.
//
// Invariants:
//   - a rule is passed, failed or skipped with a reason; it is never silently left out;
//   - at most one instance per plan lives at a time, except while lost answers are tried, so that a broker
//     with a quota of one can be judged;
//   - whatever was created is removed at the end, also after an interruption, or named as left over;
//   - the report holds no password and no credentials.
package conformance
