// Package fault is a broker that fails on demand (고장 브로커): a small, correct broker of the whole API in
// memory, behind a switch that makes any operation fail in any of the ways real brokers do.
//
// Platforms are tried against it: `naru broker fault` runs it as a process, its modes are switched while it
// runs over an admin address of its own, which listens on loopback only. Without a mode it passes the
// conformance suite; with one it breaks exactly what the mode says.
//
// Its plans are "small" and "large", which are created at once, and "slow" and "slow-large", whose instances
// and bindings take the configured time. It keeps nothing on disk and reaches nothing outside of itself.
package fault
