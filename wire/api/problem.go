package api

import "strings"

// Problem is the error document of the interface (RFC 9457, application/problem+json).
type Problem struct {
	Type     string  `json:"type"`             // "urn:naru:error:<kind>"
	Title    string  `json:"title"`            // the kind in words
	Status   int     `json:"status"`           // HTTP status
	Detail   string  `json:"detail"`           // the sentence: what is wrong and what to do next
	Instance string  `json:"instance"`         // "urn:naru:call:<id>", to be told to the operator
	Kind     string  `json:"kind"`             // invalid, denied, not_found, conflict, exhausted, unavailable, internal
	Key      string  `json:"key"`              // message key, stable across languages
	Errors   []Fault `json:"errors,omitempty"` // the single faults behind it
}

// Fault is one fault in the input.
type Fault struct {
	Row     int    `json:"row,omitempty"`    // as the spreadsheet shows it
	Column  string `json:"column,omitempty"` // letter in a sheet
	Field   string `json:"field,omitempty"`  // heading or JSON name
	Message string `json:"message"`
	Key     string `json:"key"`
}

// ProblemType is the media type of the error document.
const ProblemType = "application/problem+json"

// Error implements error with the sentence for the user.
func (p *Problem) Error() string {
	if p.Detail == "" {
		return p.Title
	}
	return p.Detail
}

// CallID returns the id of the failed call.
func (p *Problem) CallID() string { return strings.TrimPrefix(p.Instance, "urn:naru:call:") }
