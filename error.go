package naru

import (
	"errors"
	"strings"
)

// Kind says what sort of refusal an [Error] is. Every door has one table from
// Kind to its own code (HTTP status, OSB error, exit code).
type Kind string

// The kinds of refusal.
const (
	Invalid     Kind = "invalid"     // the request is wrong; nothing happened
	Denied      Kind = "denied"      // the caller may not
	NotFound    Kind = "not_found"   // no such object, or not visible to the caller
	Conflict    Kind = "conflict"    // the object is in another state than assumed
	Exhausted   Kind = "exhausted"   // a quota, a budget or a limit is used up
	Unavailable Kind = "unavailable" // something outside does not answer; try again
	Internal    Kind = "internal"    // a fault of naru itself
)

// Problem is one fault in the input: where it is and what is wrong.
// Row counts from 1 as the spreadsheet shows it; 0 means no row.
type Problem struct {
	Row     int     `json:"row,omitempty"`
	Column  string  `json:"column,omitempty"` // letter in a sheet
	Field   string  `json:"field,omitempty"`  // heading or JSON name
	Message Message `json:"message"`
}

// Error is a refusal that a door can show: its kind, a sentence, and the single
// faults behind it. Err is the cause for the log and is never shown to a user.
type Error struct {
	Kind     Kind      `json:"kind"`
	Message  Message   `json:"message"`
	Problems []Problem `json:"problems,omitempty"`
	Err      error     `json:"-"`
}

// Error implements error for logs; users see Message through package locale.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Kind))
	b.WriteString(": ")
	b.WriteString(e.Message.Key)
	for k, v := range e.Message.Args {
		b.WriteString(" " + k + "=" + v)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// NewError makes an Error of a kind with a message key and name, value pairs.
func NewError(kind Kind, key string, pairs ...string) *Error {
	return &Error{Kind: kind, Message: Msg(key, pairs...)}
}

// WithProblems returns e with the single faults attached.
func (e *Error) WithProblems(ps []Problem) *Error {
	c := *e
	c.Problems = ps
	return &c
}

// WithCause returns e with the cause for the log attached.
func (e *Error) WithCause(err error) *Error {
	c := *e
	c.Err = err
	return &c
}

// KindOf returns the kind of the first [Error] in err's chain, Internal when there
// is none, and "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}
