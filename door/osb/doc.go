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
// provider's first answer: what that settled is answered 201, 200 or, when it failed and nothing is
// left, 422; the rest 202 and polled. Without it the door waits for the outcome. When it does not come within Config.SyncWait, what was begun is taken back and
// the answer is 422 AsyncRequired, so that nothing is left behind a 4xx; a deletion cannot be
// taken back, goes on, and is answered 422 ConcurrencyError.
//
// An update cannot be taken back either. The provider is asked to finish at once, and says
// AsyncRequired itself when it cannot; one that does not end in time goes on and is answered 503, which
// promises nothing. An update that failed is a 422 when it is sure that the old values stand, else a 500.
//
// # Updates and rotation
//
// A plan change needs another approved order of the same component, named or found as for a creation. A
// rotation is found by naru's own record: service_id and plan_id may be missing. previous_values is the
// platform's memory: when it names another plan or version than the instance has, the update is refused with 422
// until the pictures agree, which asking for what the instance has already makes sure of (200).
//
// # Context
//
// Of the context naru reads platform, naru_order and instance_name, and only the name goes on. To a provider naru is
// the platform, so context.platform must be the one of its own requests, and organization_guid and space_guid are the
// institution and the information system: the customer as the provider's contracts and bills know it. What else a
// platform sends stays here: its own ids and names of places (organization_*, space_*, namespace, clusterid) mean
// nothing to a provider that must not call back there, names of places tell of systems that the contract does not
// name, annotations are free text in which people leave names and addresses, and an extension may hold
// anything. So the list is of what goes, not of what stays. The same holds of bind_resource: app_guid, route,
// backup_agent and credential_client_id go.
//
// The catalogue shows services and plans as their brokers wrote them, vendor fields and all, but for ids,
// names, texts, what naru answers itself (instances_retrievable, bindings_retrievable), the parameter
// "order" in the schemas, and the dashboard client, which stays with naru.
//
// The originating identity is kept with the instance or binding as its end user and stands in the
// record as a digest.
package osb
