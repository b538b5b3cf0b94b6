// Package naru is the vocabulary (어휘) that every other package speaks: who calls
// and when ([Call], [Actor]), what went wrong in words a door can translate
// ([Error], [Message], [Problem]), exact money ([Decimal], [Cost], [Money]), legal
// dates of Korea ([Date], [Month]), identifiers ([IDs]), secrets and pages.
//
// It imports nothing of naru, reads no clock, draws no randomness and does no I/O.
// Everything else is built on top: base, then flow, then wire, store, link and door.
package naru
