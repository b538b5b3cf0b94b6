// Package decide says where every component of government may run (정책 판정): it asks
// the instruments in force on a date, keeps the outcome per venue, and explains any
// of them with its articles whenever somebody asks.
//
// Before it: inventory holds the facts, packs the law. After it: match looks only
// where a component may go. Invariants: a stored decision names the digests of the law
// and of the facts it rests on, so that it can be computed again and compared; every
// instrument in force applies; what is unknown stays undecided and says what is missing.
package decide
