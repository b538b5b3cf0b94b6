// Package catalog holds what may be bought (서비스 목록): providers (공급자) with their
// brokers, their certified services (인증 서비스) and plans (이용상품) with dated prices.
//
// Before it: inventory, whose systems need services; a provider's broker, whose
// catalogue is read through the port [Broker]. After it: match and contract choose
// plans, provision speaks to the broker. Invariants: a catalogue is taken over whole or
// not at all, and nothing in it is ever deleted, only marked gone; a certificate counts
// on the days it names and no other; a price that was in force is never rewritten, a
// new one closes it; a provider sees and edits only its own.
package catalog
