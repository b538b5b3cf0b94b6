// Package account prices what was used (정산): charges at the prices an order froze,
// statements (명세서) per institution with a line per order, and the month's close
// (마감) by two people.
//
// Before it: meter seals a month's usage; contract holds the money. After it: report.
//
// Invariants: a charge is usage times the frozen price, exact to a millionth of a won; a
// line is the exact sum of its charges, rounded to the won once; a statement is the exact
// sum of its lines; who proposed a close does not approve it; what was approved is paid
// from the order's hold once and never changes: a correction is an adjustment in the
// month that is closed next; the digest of every approved statement is in the record.
package account
