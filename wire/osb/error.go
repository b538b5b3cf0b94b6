package osb

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// The error codes the specification fixes.
const (
	CodeAsyncRequired           = "AsyncRequired"
	CodeConcurrencyError        = "ConcurrencyError"
	CodeRequiresApp             = "RequiresApp"
	CodeMaintenanceInfoConflict = "MaintenanceInfoConflict"
)

// Error is a refusal as the specification words it (section "Service Broker Errors").
type Error struct {
	// Status is the HTTP status; a 4xx promises that nothing changed.
	Status int
	// Code is machine-readable, e.g. AsyncRequired; may be empty.
	Code string
	// Description is for people; may be empty.
	Description string
	// InstanceUsable is sent with failed updates and deletions only.
	InstanceUsable *bool
	// UpdateRepeatable is sent with failed updates only.
	UpdateRepeatable *bool
	// RetryAfter is sent as the Retry-After header, in whole seconds.
	RetryAfter time.Duration
}

// Error describes the refusal with its status.
func (e *Error) Error() string {
	text := http.StatusText(e.Status)
	if e.Code != "" {
		text = e.Code
	}
	if e.Description != "" {
		text += ": " + e.Description
	}
	return fmt.Sprintf("%d %s", e.Status, text)
}

// BadRequest refuses a malformed request.
func BadRequest(description string) *Error {
	return &Error{Status: http.StatusBadRequest, Description: description}
}

// NotFound says that the instance or binding is not there (yet).
func NotFound(description string) *Error {
	return &Error{Status: http.StatusNotFound, Description: description}
}

// Conflict says that the id is taken by something with other attributes.
func Conflict(description string) *Error {
	return &Error{Status: http.StatusConflict, Description: description}
}

// Gone says that what should be deleted is not known.
func Gone() *Error {
	return &Error{Status: http.StatusGone}
}

// Unprocessable refuses a well-formed request that the service cannot carry out.
func Unprocessable(code, description string) *Error {
	return &Error{Status: http.StatusUnprocessableEntity, Code: code, Description: description}
}

// AsyncRequired says that the operation is possible only with accepts_incomplete=true.
func AsyncRequired() *Error {
	return Unprocessable(CodeAsyncRequired, "This service plan requires client support for asynchronous service operations.")
}

// ConcurrencyError says that another operation on the same object is still running. The words are those of the
// specification's table: deployed platforms compare them.
func ConcurrencyError() *Error {
	return Unprocessable(CodeConcurrencyError, "The Service Broker does not support concurrent requests that mutate the same resource.")
}

// StatusOf returns the HTTP status of the refusal in err, or 0 when there is none.
func StatusOf(err error) int {
	var refusal *Error
	if errors.As(err, &refusal) {
		return refusal.Status
	}
	return 0
}

// IsGone reports whether err says that the object is not known to the broker (410).
func IsGone(err error) bool { return StatusOf(err) == http.StatusGone }

// IsCode reports whether err is a refusal with one of the specification's codes.
func IsCode(err error, code string) bool {
	var refusal *Error
	return errors.As(err, &refusal) && refusal.Code == code
}
