// Package postgres is the reference broker of shared databases (기준 데이터베이스 중개자): one PostgreSQL
// server as a child process, from binaries found on the machine.
//
// Before it stands broker/kit; after it nothing. An instance is a database with an owner role that nobody
// can sign in as; a binding is a role of its own that acts as the owner. The server enforces connections
// and temporary files. Size is enforced by the broker, which looks every kit.Config.SampleEvery: past its quota a
// database takes reads only, until what it holds fits again; a tenant may switch writing on in a session to
// delete, and who uses that to write on is shut out at a quarter above the quota, until the plan grows.
//
// Invariants: without binaries the catalogue says so and nothing can be provisioned; the server never runs
// as root; it ends with the broker, however the broker ends; the port stays the same over restarts.
package postgres
