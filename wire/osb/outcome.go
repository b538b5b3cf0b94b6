package osb

import "fmt"

// Operation names a call of the API.
type Operation string

// The calls of the API, and the vendor extensions at the end.
const (
	OpCatalog              Operation = "catalog"
	OpProvision            Operation = "provision"
	OpGetInstance          Operation = "get instance"
	OpUpdate               Operation = "update"
	OpDeprovision          Operation = "deprovision"
	OpLastOperation        Operation = "last operation"
	OpBind                 Operation = "bind"
	OpGetBinding           Operation = "get binding"
	OpUnbind               Operation = "unbind"
	OpLastBindingOperation Operation = "last binding operation"
	OpUsage                Operation = "usage"
	OpList                 Operation = "list instances"
)

// Outcome says what a failed call can have done at the broker.
type Outcome int

// The outcomes, in rising order of what may have happened.
const (
	// NotSent: the request never left this side; nothing happened there.
	NotSent Outcome = iota + 1
	// Rejected: the broker answered 4xx; it promises that nothing changed.
	Rejected
	// Invalid: the call failed with an answer that asks for no clean-up (a malformed 200, a redirect).
	Invalid
	// Unknown: the call may or may not have had its effect (timeout, lost answer, 5xx,
	// malformed 201 or 202, another 2xx).
	Unknown
)

// String names the outcome.
func (o Outcome) String() string {
	switch o {
	case NotSent:
		return "not sent"
	case Rejected:
		return "rejected"
	case Invalid:
		return "invalid answer"
	case Unknown:
		return "unknown"
	}
	return fmt.Sprintf("outcome(%d)", int(o))
}

// CallError is the error of every Client method. Err is an *Error when the broker refused.
type CallError struct {
	Op      Operation
	Outcome Outcome
	// Status is the HTTP status answered, or 0.
	Status int
	// Mitigate is set when the caller owes orphan mitigation: delete the instance or binding, until
	// that succeeds (section "Orphan Mitigation").
	Mitigate bool
	Err      error
}

// Error describes the call, its outcome and why; it never holds credentials or bodies.
func (e *CallError) Error() string {
	if e.Status == 0 {
		return fmt.Sprintf("%s: %s: %v", e.Op, e.Outcome, e.Err)
	}
	return fmt.Sprintf("%s: %s (HTTP %d): %v", e.Op, e.Outcome, e.Status, e.Err)
}

// Unwrap gives errors.As the refusal or the transport error.
func (e *CallError) Unwrap() error { return e.Err }

// classify is the orphan-mitigation table for an answer that is not a well-formed success.
func classify(op Operation, status int) (outcome Outcome, mitigate bool) {
	creates := op == OpProvision || op == OpBind
	deletes := op == OpDeprovision || op == OpUnbind
	switch {
	case status == 200:
		return Invalid, false
	case status == 201 && creates, status == 202 && (creates || deletes || op == OpUpdate):
		return Unknown, creates
	case status >= 201 && status < 300, status >= 500:
		return Unknown, creates || deletes
	case status >= 400:
		return Rejected, false
	}
	return Invalid, false
}

// lost is the row "timeout" of the table: sent, but no answer came.
func lost(op Operation) (outcome Outcome, mitigate bool) {
	return Unknown, op == OpProvision || op == OpBind
}

// MitigateAfterFailure reports whether a last operation that came back failed leaves something to
// clean up: yes after a failed creation or deletion, no after a failed update.
func MitigateAfterFailure(op Operation) bool {
	switch op {
	case OpProvision, OpBind, OpDeprovision, OpUnbind:
		return true
	}
	return false
}
