// Package osb is the door for e-government platforms (전자정부 플랫폼): naru as an Open Service
// Broker 2.17 broker. A platform signs in with its own user and password (HTTP basic), is bound
// to one institution, and sees as its catalogue exactly the services that approved orders of that
// institution cover, each plan with those orders in its metadata.
//
// Before it stand wire/osb, which decodes and checks every request, and the platform's sign-in,
// given by cmd; after it come the operations of flow/provision. The door decides nothing.
//
// # Which order
//
// One order carries one instance of one plan for one component. A platform names the order of a
// new instance in the parameters ("order": "ord_…") or in the context ("naru_order": "ord_…").
// It may leave it out when exactly one order of its institution for that plan is free; otherwise
// the refusal names those to choose from. The word "order" is naru's and is not handed on; all
// other parameters reach the provider's broker as they are.
//
// # Synchronous and asynchronous
//
// With accepts_incomplete=true a change waits a short while (Config.AsyncWait) for the
// provider's first answer: what that settled is answered 201 or 200, the rest 202 and polled.
// Without it the door waits
// for the outcome. When it does not come within Config.SyncWait, what was begun is taken back and
// the answer is 422 AsyncRequired, so that nothing is left behind a 4xx; a deletion cannot be
// taken back, goes on, and is answered 422 ConcurrencyError.
//
// Updates of plan or parameters are refused (422): another plan is another order. The originating
// identity is kept with the instance or binding as its end user and stands in the record as a
// digest.
package osb
