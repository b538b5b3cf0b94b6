// Package osb speaks Open Service Broker API 2.17, both ends of it: the types of
// the specification, one Broker interface, an HTTP handler that serves any Broker,
// and an HTTP client that is itself a Broker (서비스 중개 규약).
//
// The specification's section names are used as they stand: service instance
// 서비스 인스턴스, binding 연결정보, plan 이용상품, orphan mitigation 고아 자원 정리.
//
// Before it stand providers' brokers (southwards) and platforms (northwards); after
// it come naru's provision step and the reference brokers. It imports nothing of naru.
//
// Invariants:
//   - a request is refused before the Broker sees it when it is not authenticated, not of
//     a supported version, too large or malformed;
//   - an answer that breaks the specification is never passed on as a success: the client
//     returns a *CallError whose Outcome says whether anything can have happened;
//   - unknown fields are ignored in both directions, and those of a catalogue are kept and written
//     again (section "Vendor Extension Fields");
//   - a Client with an older Profile sends what that version of the API knows, and no more.
package osb
