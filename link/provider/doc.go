// Package provider speaks to the providers' brokers (공급자 연계) with the Open Service Broker
// client of wire/osb, on behalf of the steps: it is the port of catalog, provision and meter.
//
// Before it stand flow/catalog, flow/provision and flow/meter with their wishes; after it the
// brokers, in other processes and other houses, which may be down, slow or lying.
//
// Invariants:
//   - every call comes to one of provision's outcomes; the table is in answer.go;
//   - only the registered address is called: no redirect is followed, no proxy of the
//     environment is used, and the address that a name resolves to is checked at the moment
//     of the connection, so that a name cannot lead to metadata services or, unless the
//     configuration allows it, to this machine;
//   - credentials travel over TLS, except to this machine;
//   - a call is bounded in time, its answer in size.
package provider
