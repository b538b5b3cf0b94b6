// Package rest is the REST door (프로그램 연계 창구): it turns a request into an
// operation and its answer into JSON, described as OpenAPI 3.1 from the same list.
//
// cmd gives it the runner, the operations, who a request comes from, and the wording.
// It holds no rule: permission, transaction and record are the operation's. Errors are
// problem documents (RFC 9457) in the language asked for; they never repeat a value of
// the input that the operation itself did not choose to quote.
package rest
