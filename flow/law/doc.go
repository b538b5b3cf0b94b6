// Package law keeps the instruments (법령·고시·지침) that decide: those that ship with
// naru and those a ministry publishes here. A draft is text with its own cases; it is
// refused with file, line and column while it has a fault, one person proposes it when
// all its cases hold, another publishes it, and it binds from its date.
//
// Before it: catalog. After it: decide, match, contract and provision ask the book for
// the law of a date. Invariants: what was published is never changed, only succeeded;
// nothing is published for a day that has passed; two people stand behind every
// publication, and one may take it back before its day.
package law
