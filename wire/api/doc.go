// Package api is naru's own REST interface as data (REST 주소표): method and path of
// every operation by its name, the error document, and a client.
//
// door/rest serves these routes and door/cli calls them. It imports nothing of naru,
// so that another program can use the client. A test proves that this table and the
// list of operations match one to one.
package api
