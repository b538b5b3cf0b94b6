// Package locale words everything naru says (문안): one text per message key in Korean
// and in English, with named arguments and with Korean particles that follow the
// sound of the word before them.
//
// Steps hold no prose: they return keys and arguments ([naru.Message]). Doors ask
// this package for the sentence. It imports the root only. Invariants: every key is
// in both languages with the same arguments; a missing key shows as itself and never
// as an empty line.
package locale
